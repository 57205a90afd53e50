// chrF: the F score of runs of characters, and in chrF++ of words too.
//   Popovic 2015, "chrF: character n-gram F-score for automatic MT evaluation"; 2017, "chrF++: words helping character n-grams"
//
//   chrF = (1 + b^2) P R / (b^2 P + R),   P, R: precision and recall of runs of one length, their means over 1 to 6 characters (and 1 to 2 words)
//
// over all lines together, lengths of which either side has no run left out; b = 2 counts recall twice. Of several references each line takes the one
// by which it scores best. White space is no character, unless asked for. Scores are sacreBLEU's.
#pragma once

#include "grimoire/metric/corpus_metric.h"

namespace grim {

struct ChrfOptions {
  int char_order = 6, word_order = 0;  // word_order 2 is chrF++
  double beta = 2;
  Case letters = Case::kept;
  enum class Blanks : uint8_t { left_out, counted } blanks = Blanks::left_out;
  // Lengths without a run, as chrF++.py has them: they count as next to nothing instead of being left out, and F is averaged instead of P and R.
  enum class Smoothing : uint8_t { effective_order, epsilon } smoothing = Smoothing::effective_order;
};

class Chrf final : public CorpusMetric {
 public:
  explicit Chrf(const ChrfOptions& options = {});  // throws: argument, an order below 0, both 0, beta not above 0
  std::string name() const override;               // "chrF2", "chrF2++"
  double score(std::span<const double> sums) const override;

 private:
  std::string settings() const override;
  size_t width() const override { return 3 * static_cast<size_t>(options_.char_order + options_.word_order); }  // runs, runs of the reference, shared
  void count_lines(const Lines& hypotheses, std::span<const Lines> references, std::span<double> out) const override;

  ChrfOptions options_;
};

}  // namespace grim
