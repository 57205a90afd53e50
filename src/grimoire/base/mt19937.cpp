#include "grimoire/base/mt19937.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "grimoire/base/error.h"

namespace grim {
namespace {
constexpr size_t kWords = 624, kShift = 397;
}

Mt19937::Mt19937(uint32_t seed) : state_(kWords), at_(kWords) {
  state_[0] = seed;
  for (uint32_t i = 1; i < kWords; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
}

Mt19937 Mt19937::from_key(std::span<const uint32_t> key) {
  GRIM_CHECK(!key.empty(), argument, "rng", "the key is empty");
  Mt19937 mt(19650218u);
  std::vector<uint32_t>& s = mt.state_;
  size_t i = 1;
  const auto mix = [&](uint32_t factor, uint32_t extra) {
    s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * factor)) + extra;
    if (++i == kWords) {
      s[0] = s[kWords - 1];
      i = 1;
    }
  };
  for (size_t k = 0; k < std::max(kWords, key.size()); ++k) {
    const size_t j = k % key.size();
    mix(1664525u, key[j] + static_cast<uint32_t>(j));
  }
  for (size_t k = 1; k < kWords; ++k) mix(1566083941u, -static_cast<uint32_t>(i));
  s[0] = 0x80000000u;
  return mt;
}

void Mt19937::twist() {
  const auto step = [this](size_t i, size_t next, size_t far) {
    const uint32_t y = (state_[i] & 0x80000000u) | (state_[next] & 0x7fffffffu);
    state_[i] = state_[far] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0u);
  };
  for (size_t i = 0; i < kWords - kShift; ++i) step(i, i + 1, i + kShift);
  for (size_t i = kWords - kShift; i < kWords - 1; ++i) step(i, i + 1, i + kShift - kWords);
  step(kWords - 1, 0, kShift - 1);
  at_ = 0;
}

uint32_t Mt19937::next() {
  if (at_ == kWords) twist();
  uint32_t y = state_[at_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

void Mt19937::discard(uint64_t words) {
  for (uint64_t left = words; left > 0;) {
    if (at_ == kWords) twist();
    const uint64_t here = std::min<uint64_t>(left, kWords - at_);
    at_ += here;
    left -= here;
  }
}

std::vector<int64_t> python_shuffle(uint64_t seed, int64_t n) {
  GRIM_CHECK(n >= 0 && n <= INT32_MAX, argument, "python_shuffle", "got {} items", n);
  const uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  Mt19937 mt = Mt19937::from_key(std::span(key, key[1] ? 2u : 1u));
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (int64_t i = n - 1; i > 0; --i) {
    const uint32_t below = static_cast<uint32_t>(i + 1);
    const int drop = std::countl_zero(below);
    uint32_t j = mt.next() >> drop;
    while (j >= below) j = mt.next() >> drop;
    std::swap(order[static_cast<size_t>(i)], order[j]);
  }
  return order;
}

}  // namespace grim
