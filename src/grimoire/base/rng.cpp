#include "grimoire/base/rng.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <numeric>

#include "grimoire/base/box_muller.h"
#include "grimoire/base/error.h"

namespace grim {

// --- words -----------------------------------------------------------------------------------------------------------

Rng::Rng(RngMode mode, uint64_t seed, uint32_t stream, uint32_t step)
    : mode_(mode), seed_(seed), stream_(stream), step_(step) {
  if (mode == RngMode::torch) twister_ = Mt19937(static_cast<uint32_t>(seed));
}

Rng::Rng(RngMode mode, uint64_t seed, std::string_view stream, uint32_t step)
    : Rng(mode, seed, stream_id(stream), step) {}

uint32_t Rng::next_u32() {
  if (mode_ == RngMode::torch) {
    ++at_;
    return twister_.next();
  }
  const uint64_t block = at_ / 4;
  if (block != block_index_) {
    block_ = philox4x32(seed_, stream_, step_, block);
    block_index_ = block;
  }
  return block_[at_++ % 4];
}

uint64_t Rng::next_u64() {
  const uint64_t high = next_u32();
  return high << 32 | next_u32();
}

Rng Rng::at_step(int64_t step) const {
  GRIM_CHECK(mode_ == RngMode::philox, state, "rng", "a torch generator cannot be placed at a step: it runs in order");
  GRIM_CHECK(step >= 0 && step <= UINT32_MAX, argument, "rng", "step: got {}, expected 0 to 2^32 - 1", step);
  return Rng(mode_, seed_, stream_, static_cast<uint32_t>(step));
}

void Rng::discard(uint64_t words) {
  if (mode_ == RngMode::torch) twister_.discard(words);
  at_ += words;
}

void Rng::align() {
  if (mode_ == RngMode::philox) at_ = (at_ + 3) / 4 * 4;
}

// --- distributions: the lines marked torch follow tools/golden/rng.py ------------------------------------------------

float Rng::uniform() {
  const uint32_t word = next_u32();
  return mode_ == RngMode::torch ? static_cast<float>(word & 0xffffffu) * 0x1p-24f : unit_float(word);
}

double Rng::uniform_double() {
  const uint64_t word = next_u64();
  return static_cast<double>(mode_ == RngMode::torch ? word & ((uint64_t{1} << 53) - 1) : word >> 11) * 0x1p-53;
}

double Rng::normal() {
  double first, second;
  if (mode_ == RngMode::philox) {
    align();
    const double u1 = uniform_double(), u2 = uniform_double();
    box_muller(&u1, &u2, 0, 1, &first, &second, 1);
    return first;
  }
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double u1 = uniform_double(), u2 = uniform_double();
  const double radius = std::sqrt(-2.0 * std::log1p(-u2)), theta = 6.283185307179586 * u1;
  spare_ = radius * std::sin(theta);
  has_spare_ = true;
  return radius * std::cos(theta);
}

int64_t Rng::randint(int64_t low, int64_t high) {
  GRIM_CHECK(low < high, argument, "randint", "empty range: got [{}, {})", low, high);
  const uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  uint64_t offset;
  if (mode_ == RngMode::torch)
    offset = (span < uint64_t{1} << 28 ? next_u32() : next_u64()) % span;
  else
    offset = static_cast<uint64_t>(static_cast<unsigned __int128>(next_u64()) * span >> 64);
  return static_cast<int64_t>(static_cast<uint64_t>(low) + offset);
}

bool Rng::bernoulli(double p) {
  GRIM_CHECK(p >= 0 && p <= 1, argument, "bernoulli", "probability: got {}, expected 0 to 1", p);
  return uniform_double() < p;
}

std::vector<int64_t> Rng::permutation(int64_t n) {
  GRIM_CHECK(n >= 0, argument, "permutation", "got {}, expected 0 or more", n);
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (int64_t i = 0; i + 1 < n; ++i) {
    const int64_t left = n - i;
    int64_t z;
    if (mode_ == RngMode::philox)
      z = randint(0, left);
    else  // torch: words of 64 bits once the whole range passes 2^32 / 20
      z = static_cast<int64_t>((n < 0xffffffff / 20 ? next_u32() : next_u64()) % static_cast<uint64_t>(left));
    std::swap(order[static_cast<size_t>(i)], order[static_cast<size_t>(i + z)]);
  }
  return order;
}

int64_t Rng::multinomial(std::span<const float> weights, MultinomialForm form) {
  float total = 0;
  for (float w : weights) {
    GRIM_CHECK(std::isfinite(w) && w >= 0, argument, "multinomial", "weight: got {}, expected finite and not negative",
               w);
    total += w;
  }
  GRIM_CHECK(total > 0 && std::isfinite(total), argument, "multinomial", "the weights add up to {}", total);
  const size_t n = weights.size();
  if (form == MultinomialForm::race) {
    size_t best = 0;
    float best_ratio = -1;
    for (size_t i = 0; i < n; ++i) {
      const float ratio = weights[i] / static_cast<float>(-std::log1p(-uniform_double()));
      if (ratio > best_ratio && weights[i] > 0) {
        best_ratio = ratio;
        best = i;
      }
    }
    return static_cast<int64_t>(best);
  }
  const double u = uniform_double();
  float running = 0;
  size_t last = 0;
  for (size_t i = 0; i < n; ++i) {
    running += weights[i];
    if (weights[i] > 0) last = i;
    if (static_cast<double>(running / total) >= u && weights[i] > 0) return static_cast<int64_t>(i);
  }
  return static_cast<int64_t>(last);
}

// --- blocks ----------------------------------------------------------------------------------------------------------

template <class T> void Rng::fill_uniform_as(std::span<T> out, T low, T high) {
  const bool unit = low == T{0} && high == T{1};
  for (T& x : out) {
    if constexpr (std::is_same_v<T, float>) x = uniform();
    else x = uniform_double();
    if (!unit) x = std::fma(x, high - low, low);
    if (x == high) x = low;
  }
}
void Rng::fill_uniform(std::span<float> out, float low, float high) { fill_uniform_as(out, low, high); }
void Rng::fill_uniform(std::span<double> out, double low, double high) { fill_uniform_as(out, low, high); }

// Blocks of 16 uniforms in place, pairs (j, j + 8); a ragged tail draws its last 16 places anew. Under 16: one by one.
template <class T> void Rng::fill_normal_torch(std::span<T> out, T mean, T deviation) {
  if (out.size() < 16) {
    for (T& x : out) x = static_cast<T>(normal() * deviation + mean);
    return;
  }
  const auto transform = [&](std::span<T> x) {
    box_muller(x.data(), x.data() + 8, mean, deviation, x.data(), x.data() + 8, 8);
  };
  fill_uniform_as(out, T{0}, T{1});
  for (size_t i = 0; i + 16 <= out.size(); i += 16) transform(out.subspan(i, 16));
  if (out.size() % 16) {
    const std::span<T> tail = out.last(16);
    fill_uniform_as(tail, T{0}, T{1});
    transform(tail);
  }
}

void Rng::fill_normal(std::span<float> out, float mean, float deviation) {
  if (mode_ == RngMode::torch) return fill_normal_torch(out, mean, deviation);
  align();
  constexpr size_t kPairs = 128;
  float u1[kPairs], u2[kPairs], first[kPairs], second[kPairs];
  for (size_t begin = 0; begin < out.size(); begin += 2 * kPairs) {
    const size_t n = std::min(out.size() - begin, 2 * kPairs), pairs = (n + 3) / 4 * 2;
    for (size_t p = 0; p < pairs; p += 2, at_ += 4) {  // a block of four words makes two pairs
      const std::array<uint32_t, 4> w = philox4x32(seed_, stream_, step_, at_ / 4);
      u1[p] = unit_float(w[0]);
      u2[p] = unit_float(w[1]);
      u1[p + 1] = unit_float(w[2]);
      u2[p + 1] = unit_float(w[3]);
    }
    box_muller(u1, u2, mean, deviation, first, second, pairs);
    for (size_t i = 0; i < n; ++i) out[begin + i] = i % 2 ? second[i / 2] : first[i / 2];
  }
}

void Rng::fill_normal(std::span<double> out, double mean, double deviation) {
  if (mode_ == RngMode::torch) return fill_normal_torch(out, mean, deviation);
  align();
  for (size_t i = 0; i < out.size(); i += 2) {
    const double u1 = uniform_double(), u2 = uniform_double();
    double x[2];
    box_muller(&u1, &u2, mean, deviation, &x[0], &x[1], 1);
    for (size_t k = 0; k < 2 && i + k < out.size(); ++k) out[i + k] = x[k];
  }
}

// --- state -----------------------------------------------------------------------------------------------------------

std::string Rng::state() const {
  if (mode_ == RngMode::philox) return str("philox {} {} {} {}", seed_, stream_, step_, at_);
  return str("torch {} {} {} {}", seed_, at_, has_spare_ ? 1 : 0, std::bit_cast<uint64_t>(has_spare_ ? spare_ : 0.0));
}

Rng Rng::from_state(std::string_view text) {
  const auto refuse = [&] {
    fail(ErrorKind::input, "rng", str("not a generator's state: got '{}'", text.substr(0, 80)));
  };
  const RngMode mode = text.starts_with("torch ") ? RngMode::torch : RngMode::philox;
  if (mode == RngMode::philox && !text.starts_with("philox ")) refuse();
  const char* at = text.data() + text.find(' ');
  const char* const end = text.data() + text.size();
  uint64_t field[4] = {};
  for (uint64_t& value : field) {
    if (at == end || *at != ' ') refuse();
    const auto [next, error] = std::from_chars(at + 1, end, value);
    if (error != std::errc() || next == at + 1) refuse();
    at = next;
  }
  if (at != end) refuse();
  if (mode == RngMode::philox) {
    if (field[1] > UINT32_MAX || field[2] > UINT32_MAX) refuse();
    Rng rng(mode, field[0], static_cast<uint32_t>(field[1]), static_cast<uint32_t>(field[2]));
    rng.at_ = field[3];
    return rng;
  }
  if (field[1] >= uint64_t{1} << 42 || field[2] > 1) refuse();
  Rng rng(mode, field[0]);
  rng.discard(field[1]);
  rng.has_spare_ = field[2] == 1;
  rng.spare_ = std::bit_cast<double>(field[3]);
  return rng;
}

}  // namespace grim
