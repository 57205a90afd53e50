// Samples of each kind of training: what is computed from which rows, and what is asked. Every draw is a function of the seed, the epoch and the place in
// the text, so that any thread can make any sample.
#pragma once

#include "grimoire/vectors/label_tree.h"
#include "grimoire/vectors/train_kernel.h"
#include "grimoire/vectors/training_text.h"

#include <array>
#include <optional>

namespace grim::vectors {

// Random words of one place: philox (base/rng.h), four at a time.
class Draws {
 public:
  Draws(uint64_t seed, uint32_t stream, int64_t epoch, int64_t place)
      : seed_(seed), stream_(stream), epoch_(static_cast<uint32_t>(epoch)), block_(static_cast<uint64_t>(place) << kBlockBits) {}
  uint32_t next();
  int64_t below(int64_t n) { return static_cast<int64_t>((static_cast<uint64_t>(next()) * static_cast<uint64_t>(n)) >> 32); }

 private:
  static constexpr int kBlockBits = 24;  // draws of one place: 4 * 2^24
  uint64_t seed_;
  uint32_t stream_, epoch_;
  uint64_t block_;
  std::array<uint32_t, 4> words_{};
  int left_ = 0;
};

// Numbers drawn by weights in constant time (Walker 1977; Vose 1991): each place keeps its own share and gives the rest to one other.
class AliasTable {
 public:
  explicit AliasTable(const std::vector<double>& weights);
  int32_t draw(uint32_t word) const {
    const uint64_t product = static_cast<uint64_t>(word) * keep_.size();
    const auto i = static_cast<size_t>(product >> 32);
    return static_cast<uint32_t>(product) < keep_[i] ? static_cast<int32_t>(i) : other_[i];
  }

 private:
  std::vector<uint32_t> keep_;
  std::vector<int32_t> other_;
};

// Words of some lines that thinning out has left (Mikolov et al. 2013b, section 2.3): one of share f stays with probability sqrt(t / f) + t / f.
struct Thinned {
  std::vector<int32_t> words;
  std::vector<int64_t> places;  // in the text
  std::vector<int64_t> lines;
};

class SampleMaker {
 public:
  SampleMaker(const TrainingSettings& settings, const Dictionary& dictionary, const TrainingText& text);

  void thin_out(int64_t epoch, int64_t first_line, int64_t last_line, Thinned& into) const;
  // Appends the sample at place `at` of the thinned words; none where no word stands around it.
  void add_skipgram(int64_t epoch, const Thinned& words, int64_t at, Samples& into) const;
  void add_cbow(int64_t epoch, const Thinned& words, int64_t at, Samples& into) const;
  void add_line(int64_t epoch, int64_t line, Samples& into) const;  // supervised; none without a label or without a word

 private:
  struct Scratch;
  void ask(int32_t target, Draws& draws, std::vector<Choice>& choices) const;
  static void finish(const std::vector<int32_t>& inputs, const std::vector<Choice>& choices, Samples& into);
  std::vector<int32_t> features(int64_t line) const;

  const TrainingSettings& settings_;
  const Dictionary& dictionary_;
  const TrainingText& text_;
  std::vector<uint32_t> stays_;  // of each word, as a share of 2^32
  std::optional<AliasTable> negatives_;
  std::optional<LabelTree> tree_;
};

}  // namespace grim::vectors
