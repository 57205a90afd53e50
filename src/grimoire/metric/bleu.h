// BLEU: how many runs of one to four words of a translation stand in a reference too.
//   Papineni, Roukos, Ward and Zhu 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation", section 2
//   Post 2018, "A Call for Clarity in Reporting BLEU Scores": the signature, and sacreBLEU, whose scores these are
//
//   BLEU = BP exp(1/N sum_n ln p_n),   p_n = matched runs of n words / runs of n words,   BP = min(1, exp(1 - r / c))
//
// over all lines together; a run is matched as often as that reference has it that has it most. c: words of the system; r: words of the reference that
// is nearest in length, the shorter one of two.
#pragma once

#include <array>

#include "grimoire/metric/bleu_tokens.h"
#include "grimoire/metric/corpus_metric.h"

namespace grim {

// What stands for a p_n without a match. Chen and Cherry 2014, "A Systematic Comparison of Smoothing Techniques for Sentence-Level BLEU", section 3.
enum class BleuSmoothing : uint8_t {
  exponential,  // method 3, as NIST: 1/2, then 1/4, ... of a match
  floor,        // method 1: `smooth_value` of a match
  add_k,        // method 2: `smooth_value` more matches and runs of every length above 1
  none,         // the score is 0
};
const char* name_of(BleuSmoothing smoothing);  // "exp", "floor", "add-k", "none"

enum class NgramOrder : uint8_t {
  full,       // runs of up to four words always count
  effective,  // only lengths of which the system has a run: for single sentences
};

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::mteval13a;
  BleuSmoothing smoothing = BleuSmoothing::exponential;
  double smooth_value = -1;  // below 0: 0.1 for floor, 1 for add_k
  NgramOrder order = NgramOrder::full;
  Case letters = Case::kept;
};

class Bleu final : public CorpusMetric {
 public:
  static constexpr int kOrder = 4;
  struct Score {
    double bleu, brevity_penalty;        // bleu from 0 to 100
    std::array<double, kOrder> precision;  // of 100
    int64_t hypothesis_length, reference_length;  // words
  };

  explicit Bleu(const BleuOptions& options = {});  // throws: argument, a smoothing value that is NaN or infinite
  std::string name() const override { return "BLEU"; }
  double score(std::span<const double> sums) const override { return explain(sums).bleu; }
  Score explain(std::span<const double> sums) const;

 private:
  std::string settings() const override;
  size_t width() const override { return 2 + 2 * kOrder; }  // words, words of the reference, matches by length, runs by length
  void count_lines(const Lines& hypotheses, std::span<const Lines> references, std::span<double> out) const override;

  BleuOptions options_;
};

}  // namespace grim
