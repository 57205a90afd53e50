// Random numbers. Two generators behind one class:
//   philox  counter-based (Salmon et al. 2011): a number is a function of (seed, stream, step, place), so a run resumes
//           exactly from four integers, chunks are filled in parallel, and a mask is made again instead of stored;
//   torch   the Mersenne Twister with the distributions of PyTorch's CPU generator, value for value
//           (tools/golden/rng.py), so that published notebooks replay.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/mt19937.h"

namespace grim {

// Philox4x32-10: four random words for one block. Key: seed; counter: block (two words), stream, step. Kernels call it
// inline.
constexpr std::array<uint32_t, 4> philox4x32(uint64_t seed, uint32_t stream, uint32_t step, uint64_t block) {
  uint32_t c0 = static_cast<uint32_t>(block), c1 = static_cast<uint32_t>(block >> 32), c2 = stream, c3 = step;
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * c0, b = uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<uint32_t>(b >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(b);
    c2 = static_cast<uint32_t>(a >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(a);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return {c0, c1, c2, c3};
}

// [0, 1) in steps of 2^-24 from the upper bits of a word.
constexpr float unit_float(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

// The number of a named stream ("init", "batch", "dropout", ...): FNV-1a of the name.
constexpr uint32_t stream_id(std::string_view name) {
  uint32_t hash = 2166136261u;
  for (char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619u;
  return hash;
}

// unset: where a tensor would be drawn its numbers are whatever is there, and its memory is not touched: of a model whose numbers are loaded next.
enum class RngMode : uint8_t { philox, torch, unset };

// How one index is drawn by weights.
enum class MultinomialForm : uint8_t {
  race,        // arg max of weight / exponential: torch since 2022-23
  cumulative,  // first entry of the float32 running sum not below one double: older torch, and several draws at once
};

// One stream of random numbers. Not safe for use by two threads at once.
class Rng {
 public:
  // In torch mode the seed counts mod 2^32 and stream and step are ignored, as torch knows neither.
  Rng(RngMode mode, uint64_t seed, uint32_t stream, uint32_t step = 0);
  Rng(RngMode mode, uint64_t seed, std::string_view stream = "", uint32_t step = 0);

  RngMode mode() const { return mode_; }
  uint64_t seed() const { return seed_; }
  uint32_t stream() const { return stream_; }
  uint64_t words_drawn() const { return at_; }  // 32-bit words since the start

  uint32_t next_u32();
  uint64_t next_u64();    // two words, the first one high
  float uniform();        // [0, 1), 24 bits, one word
  double uniform_double();  // [0, 1), 53 bits, two words
  double normal();        // mean 0, deviation 1
  int64_t randint(int64_t low, int64_t high);  // [low, high). throws: argument, empty range
  bool bernoulli(double p);                    // true with probability p; two words
  std::vector<int64_t> permutation(int64_t n);  // 0 .. n-1 shuffled
  // An index into `weights` (finite, not negative, not all zero; they need not sum to 1). throws: argument
  int64_t multinomial(std::span<const float> weights, MultinomialForm form = MultinomialForm::race);

  // Whole blocks, as torch fills a contiguous tensor: in torch mode the numbers depend on the size of the block. In
  // philox mode fill_normal begins at a multiple of four words; filling in pieces of a multiple of four gives the same.
  void fill_uniform(std::span<float> out, float low = 0, float high = 1);  // [low, high)
  void fill_uniform(std::span<double> out, double low = 0, double high = 1);
  void fill_normal(std::span<float> out, float mean = 0, float deviation = 1);
  void fill_normal(std::span<double> out, double mean = 0, double deviation = 1);

  // philox: this stream at another step, from its start, so that step s needs nothing of the steps before.
  // throws: state, in torch mode
  Rng at_step(int64_t step) const;
  void discard(uint64_t words);  // philox: at once; torch: draws them
  void align();                  // philox: to the next multiple of four words; torch: nothing

  // The whole state as a short line of text, e.g. "philox 42 17 0 128". In torch mode coming back costs about a second
  // for each 10^9 words drawn before. throws: input, not such a line.
  std::string state() const;
  static Rng from_state(std::string_view text);

 private:
  template <class T> void fill_uniform_as(std::span<T> out, T low, T high);
  template <class T> void fill_normal_torch(std::span<T> out, T mean, T deviation);

  RngMode mode_;
  uint64_t seed_;
  uint32_t stream_, step_;
  uint64_t at_ = 0;                    // words drawn
  std::array<uint32_t, 4> block_{};    // philox: the block that holds the last word
  uint64_t block_index_ = ~uint64_t{0};
  Mt19937 twister_;
  double spare_ = 0;                   // torch: the second normal of a pair, kept for the next call
  bool has_spare_ = false;
};

}  // namespace grim
