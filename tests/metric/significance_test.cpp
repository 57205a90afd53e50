// Tests between systems against sacreBLEU 2.6, which draws from the same generator (tools/golden/metrics.py).
#include <cmath>
#include <memory>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/metric/bleu.h"
#include "grimoire/metric/chrf.h"
#include "grimoire/metric/significance.h"
#include "grimoire/metric/ter.h"
#include "support/corpus_case.h"

namespace grim {
namespace {

std::unique_ptr<CorpusMetric> metric_named(const std::string& name) {
  if (name == "bleu") return std::make_unique<Bleu>();
  if (name == "chrf") return std::make_unique<Chrf>(ChrfOptions{.word_order = 2});
  return std::make_unique<Ter>();
}

// sacreBLEU adds up and divides samples in float32: means and intervals agree to its digits, p to the last.
TEST(Significance, EqualsSacrebleuForItsSeed) {
  const Json g = golden_file("metrics/significance.json");
  const Lines base = lines_of(g.at("base")), hyps = lines_of(g.at("hyps"));
  const std::vector<Lines> refs = references_of(g.at("refs"));
  for (const Json& r : g.at("results").items()) {
    SCOPED_TRACE(r.dump());
    const auto metric = metric_named(r.text("metric"));
    const LineCounts a = metric->count(base, refs), b = metric->count(hyps, refs);
    EXPECT_NEAR(metric->score(a.sums()), r.real("baseline"), 1e-9);
    EXPECT_NEAR(metric->score(b.sums()), r.real("score"), 1e-9);
    const Resampling how{.samples = r.integer("samples")};
    if (r.text("test") == "ar") {
      const PairedResult p = approximate_randomisation(*metric, a, b, how);
      EXPECT_DOUBLE_EQ(p.p, r.real("p"));
      EXPECT_TRUE(std::isnan(p.system.mean));
      continue;
    }
    const PairedResult p = paired_bootstrap(*metric, a, b, how);
    EXPECT_DOUBLE_EQ(p.p, r.real("p"));
    EXPECT_NEAR(p.system.mean, r.real("mean"), 1e-4);
    EXPECT_NEAR(p.system.half_width, r.real("ci"), 1e-4);
    const Spread alone = bootstrap_spread(*metric, a, how);
    EXPECT_NEAR(alone.mean, r.real("baseline_mean"), 1e-4);
    EXPECT_NEAR(alone.half_width, r.real("baseline_ci"), 1e-4);
  }
}

TEST(Significance, ASystemAgainstItself) {
  const Bleu bleu;
  const LineCounts a = bleu.count({"a b c d e", "f g h i"}, std::vector<Lines>{{"a b c d x", "f g h i"}});
  EXPECT_EQ(approximate_randomisation(bleu, a, a, {.samples = 50}).p, 1.0 / 51);  // no difference exceeds none, as in sacreBLEU
  EXPECT_EQ(paired_bootstrap(bleu, a, a, {.samples = 50}).p, 1.0 / 51);
}

TEST(Significance, CornerShapes) {
  const Ter ter;
  const LineCounts one = ter.count({"a"}, std::vector<Lines>{{"b"}}), two = ter.count({"a", "b"}, std::vector<Lines>{{"b", "b"}}), none{2, {}};
  EXPECT_EQ(bootstrap_spread(ter, one, {.samples = 1}).half_width, 0);
  EXPECT_THROW(bootstrap_spread(ter, none, {}), Error);
  EXPECT_THROW(bootstrap_spread(ter, one, {.samples = 0}), Error);
  EXPECT_THROW(paired_bootstrap(ter, one, two, {}), Error);
  EXPECT_THROW(approximate_randomisation(ter, two, one, {}), Error);
}

}  // namespace
}  // namespace grim
