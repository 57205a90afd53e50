// Is one system better than another, or does it only seem so on these lines? Both tests score the corpus anew many times, from the counts of its lines.
// With the seed of sacreBLEU their answers are sacreBLEU's.
#pragma once

#include "grimoire/metric/corpus_metric.h"

namespace grim {

struct Resampling {
  int64_t samples = 1000;
  uint64_t seed = 12345;  // sacreBLEU's default
};

struct Spread {
  double mean, half_width;  // of the scores of samples; mean +- half_width holds 95 % of them
};
// Lines are drawn with repetition (Efron 1979; Koehn 2004, section 3.2). throws: argument, no line or no sample; here and below
Spread bootstrap_spread(const CorpusMetric& metric, const LineCounts& counts, const Resampling& how);

struct PairedResult {
  double p;       // how often a difference at least as large comes about by chance, (1 + hits) / (1 + samples)
  Spread system;  // of the system's score; approximate randomisation draws no samples and leaves it NaN
};
// Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation", section 4: the same lines are drawn for both. A hit is a sample whose
// difference exceeds the mean of all differences by more than the real one (the shift of Riezler and Maxwell 2005, section 4).
// throws: shape, other numbers of lines
PairedResult paired_bootstrap(const CorpusMetric& metric, const LineCounts& baseline, const LineCounts& system, const Resampling& how);
// Riezler and Maxwell 2005, "On Some Pitfalls in Automatic Evaluation and Significance Testing for MT", section 4: a coin for each line says whether the
// systems exchange what they wrote there. A hit is a difference larger than the real one.
PairedResult approximate_randomisation(const CorpusMetric& metric, const LineCounts& baseline, const LineCounts& system, const Resampling& how);

}  // namespace grim
