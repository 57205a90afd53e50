// TER: how many edits of words and shifts of runs a translation is away from its reference, for every hundred words of it. Lower is better.
//   Snover et al. 2006; the line itself is metric/edit_rate.h's. Scores are sacreBLEU's.
//
//   TER = 100 edits / reference words, over all lines together; of several references the fewest edits, and the mean of their lengths
#pragma once

#include "grimoire/metric/corpus_metric.h"

namespace grim {

struct TerOptions {
  Case letters = Case::lowered;
  enum class Marks : uint8_t { kept, removed } marks = Marks::kept;              // . , ? : ; ! " ( )
  enum class Cut : uint8_t { at_blanks, normalized } cut = Cut::at_blanks;     // normalized: marks apart, as Tercom's -N
  enum class Asian : uint8_t { as_any, special } asian = Asian::as_any;  // with either of these: ideographs apart, wide marks removed
};

class Ter final : public CorpusMetric {
 public:
  explicit Ter(const TerOptions& options = {}) : options_(options) {}
  std::string name() const override { return "TER"; }
  double score(std::span<const double> sums) const override;

 private:
  std::string settings() const override;
  size_t width() const override { return 2; }  // edits, words of the reference
  void count_lines(const Lines& hypotheses, std::span<const Lines> references, std::span<double> out) const override;
  std::string words_of(std::string_view line) const;

  TerOptions options_;
};

}  // namespace grim
