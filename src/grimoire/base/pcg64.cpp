#include "grimoire/base/pcg64.h"

#include <array>
#include <bit>
#include <cstddef>

namespace grim {
namespace {

using Wide = unsigned __int128;
constexpr Wide wide(uint64_t high, uint64_t low) { return Wide{high} << 64 | low; }
constexpr Wide kMultiplier = wide(2549297995355413924ULL, 4865540595714422341ULL);

// numpy's SeedSequence, after O'Neill's seed_seq_fe: a seed of at most two words stirred into a pool of four, and eight words drawn from it.
std::array<uint32_t, 8> seed_words(uint64_t seed) {
  uint32_t factor = 0x43b0d7e5u;
  const auto hashed = [&factor](uint32_t v) {
    v ^= factor;
    factor *= 0x931e8875u;
    v *= factor;
    return v ^ v >> 16;
  };
  const uint32_t given[4] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32), 0, 0};
  std::array<uint32_t, 4> pool{};
  for (std::size_t i = 0; i < 4; ++i) pool[i] = hashed(given[i]);
  for (std::size_t from = 0; from < 4; ++from)
    for (std::size_t to = 0; to < 4; ++to) {
      if (from == to) continue;
      const uint32_t mixed = 0xca01f9ddu * pool[to] - 0x4973f715u * hashed(pool[from]);
      pool[to] = mixed ^ mixed >> 16;
    }
  std::array<uint32_t, 8> words{};
  factor = 0x8b51f9ddu;
  for (std::size_t i = 0; i < 8; ++i) {
    uint32_t v = pool[i % 4] ^ factor;
    factor *= 0x58f38dedu;
    v *= factor;
    words[i] = v ^ v >> 16;
  }
  return words;
}

}  // namespace

Pcg64::Pcg64(uint64_t seed) {
  const std::array<uint32_t, 8> w = seed_words(seed);
  const auto word = [&w](std::size_t i) { return uint64_t{w[2 * i + 1]} << 32 | w[2 * i]; };
  const Wide step = wide(word(2), word(3)) << 1 | 1, state = (step + wide(word(0), word(1))) * kMultiplier + step;
  state_high_ = static_cast<uint64_t>(state >> 64), state_low_ = static_cast<uint64_t>(state);
  step_high_ = static_cast<uint64_t>(step >> 64), step_low_ = static_cast<uint64_t>(step);
}

uint64_t Pcg64::next() {
  const Wide state = wide(state_high_, state_low_) * kMultiplier + wide(step_high_, step_low_);
  state_high_ = static_cast<uint64_t>(state >> 64), state_low_ = static_cast<uint64_t>(state);
  return std::rotr(state_high_ ^ state_low_, static_cast<int>(state_high_ >> 58));
}

uint32_t Pcg64::next32() {
  if (has_half_) {
    has_half_ = false;
    return half_;
  }
  const uint64_t both = next();
  half_ = static_cast<uint32_t>(both >> 32), has_half_ = true;
  return static_cast<uint32_t>(both);
}

uint32_t Pcg64::below(uint32_t bound) {
  if (bound == 1) return 0;  // nothing is drawn
  uint64_t product = uint64_t{next32()} * bound;
  if (static_cast<uint32_t>(product) < bound) {
    const uint32_t least = (0u - bound) % bound;
    while (static_cast<uint32_t>(product) < least) product = uint64_t{next32()} * bound;
  }
  return static_cast<uint32_t>(product >> 32);
}

bool Pcg64::coin() {
  if (bits_left_ == 0) bits_ = next32(), bits_left_ = 32;
  const bool bit = bits_ & 1;
  bits_ >>= 1, --bits_left_;
  return bit;
}

}  // namespace grim
