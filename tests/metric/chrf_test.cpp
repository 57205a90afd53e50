// chrF and chrF++ against sacreBLEU 2.6 (tools/golden/metrics.py) and the examples of its own tests.
#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/metric/chrf.h"
#include "support/corpus_case.h"

namespace grim {
namespace {

ChrfOptions options_of(const Json& json) {
  ChrfOptions o{.char_order = static_cast<int>(json.integer("char_order")), .word_order = static_cast<int>(json.integer("word_order")),
                .beta = json.real("beta")};
  if (json.boolean("lowercase")) o.letters = Case::lowered;
  if (json.boolean("whitespace")) o.blanks = ChrfOptions::Blanks::counted;
  if (json.boolean("eps_smoothing")) o.smoothing = ChrfOptions::Smoothing::epsilon;
  return o;
}

TEST(Chrf, EqualsSacrebleuOnRandomCorpora) {
  const Json all = golden_file("metrics/chrf.json");
  ASSERT_GE(all.size(), 150u);
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(all[i].dump());
    EXPECT_NEAR(Chrf(options_of(all[i].at("options"))).score_of(lines_of(all[i].at("hyps")), references_of(all[i].at("refs"))), all[i].real("score"), 1e-9);
  }
}

// Those of sacreBLEU's tests: beta 3 and chrF++.py's smoothing; then lengths without a run left out; then blanks counted; then sentences with beta 2.
TEST(Chrf, PublishedScores) {
  using Smoothing = ChrfOptions::Smoothing;
  const Chrf smoothed({.beta = 3, .smoothing = Smoothing::epsilon}), effective({.beta = 3}), blanks({.beta = 3, .blanks = ChrfOptions::Blanks::counted}),
      usual({.smoothing = Smoothing::epsilon});
  const char *expertise = "risk assessment must be made of those who are qualified and expertise in the sector - these are the scientists .",
             *expert = "risk assessment has to be undertaken by those who are qualified and expert in that area - that is the scientists .",
             *friendly = "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.";
  EXPECT_NEAR(smoothed.sentence("abcdefg", {"hijklmnop"}), 0, 1e-4);
  EXPECT_NEAR(smoothed.sentence("aa", {"ab"}), 8.3333, 1e-4);
  EXPECT_NEAR(smoothed.score_of({"a", "b"}, std::vector<Lines>{{"a", "c"}}), 8.3333, 1e-4);
  EXPECT_NEAR(smoothed.sentence("a", {"a"}), 16.6667, 1e-4);
  EXPECT_NEAR(smoothed.sentence("a b c", {"abc"}), 50, 1e-4);
  EXPECT_NEAR(smoothed.sentence(str(" {}", expertise), {expert}), 63.361730, 1e-5);
  EXPECT_NEAR(smoothed.sentence(" Die    Beziehung zwischen  Obama und Netanjahu ist nicht gerade  freundlich. ", {friendly}), 64.1302698,
              1e-4);  // 64.1302216 by sacreBLEU 2.6, whose test allows 1e-4
  EXPECT_NEAR(effective.sentence("a", {"a"}), 100, 1e-4);
  EXPECT_NEAR(effective.score_of({"a", "b"}, std::vector<Lines>{{"a", "c"}}), 50, 1e-4);
  EXPECT_NEAR(effective.sentence("aa", {"ab"}), 25, 1e-4);
  EXPECT_NEAR(blanks.sentence("Die Beziehung zwischen Obama und Netanjahu ist nicht gerade freundlich.", {friendly}), 67.3481606, 1e-6);
  EXPECT_NEAR(blanks.sentence(expertise, {expert}), 65.2414427, 1e-6);
  EXPECT_NEAR(usual.sentence("Co nás nejvíc trápí, protože lékaři si vybírají, kdo bude žít a kdo zemře.",
                             {"Nejvíce smutní jsme z toho, že musíme rozhodovat o tom, kdo bude žít a kdo zemře."}), 39.14078509, 1e-6);
  EXPECT_NEAR(usual.sentence("Nebo prostě nemají vybavení, které by jim pomohlo, uvedli lékaři.",
                             {"A někdy nemáme ani potřebný materiál, abychom jim pomohli, popsali lékaři."}), 31.22557079, 1e-6);
  EXPECT_NEAR(usual.sentence("Lapali po dechu, jejich životy skončily dřív, než skutečně začaly.",
                             {"Lapali po dechu a pak jejich život skončil - dřív, než skutečně mohl začít, připomněli."}), 57.15704367, 1e-6);
}

TEST(Chrf, NamesAndSignature) {
  EXPECT_EQ(Chrf().name(), "chrF2");
  EXPECT_EQ(Chrf({.word_order = 2, .beta = 3}).name(), "chrF3++");
  EXPECT_EQ(Chrf().signature(1).find("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:grimoire-"), 0u);
}

TEST(Chrf, CornerShapes) {
  EXPECT_EQ(Chrf().sentence("", {"a"}), 0);
  EXPECT_EQ(Chrf().sentence("a", {""}), 0);
  EXPECT_EQ(Chrf().sentence("", {""}), 0);
  EXPECT_THROW(Chrf({.char_order = 0}), Error);
  EXPECT_THROW(Chrf({.char_order = -1, .word_order = 2}), Error);
  EXPECT_THROW(Chrf({.beta = 0}), Error);
}

}  // namespace
}  // namespace grim
