// Against numpy.random.default_rng (tools/golden/metrics.py).
#include <gtest/gtest.h>

#include "grimoire/base/pcg64.h"
#include "support/golden.h"

namespace grim {
namespace {

TEST(Pcg64, EqualsNumpysGenerator) {
  const Json all = golden_file("metrics/pcg64.json");
  ASSERT_GE(all.size(), 3u);
  for (const Json& g : all.items()) {
    SCOPED_TRACE(g.text("seed"));
    const uint64_t seed = std::stoull(g.text("seed"));
    Pcg64 one(seed), other(seed), third(seed);
    for (const Json& v : g.at("below_3004").items()) EXPECT_EQ(one.below(3004), v.as_integer());
    for (const Json& v : g.at("then_below_7").items()) EXPECT_EQ(one.below(7), v.as_integer());
    for (const Json& v : g.at("coins").items()) EXPECT_EQ(other.coin(), v.as_integer() == 1);
    for (const Json& v : g.at("words").items()) EXPECT_EQ(std::to_string(third.next()), v.as_text());
  }
}

TEST(Pcg64, OneOfOneDrawsNothing) {
  Pcg64 a(1), b(1);
  EXPECT_EQ(a.below(1), 0u);
  EXPECT_EQ(a.next(), b.next());
}

}  // namespace
}  // namespace grim
