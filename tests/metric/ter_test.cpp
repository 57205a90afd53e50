// TER against sacreBLEU 2.6 (tools/golden/metrics.py), and by hand.
#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/metric/edit_rate.h"
#include "grimoire/metric/ter.h"
#include "support/corpus_case.h"

namespace grim {
namespace {

TerOptions options_of(const Json& json) {
  return {.letters = json.boolean("case_sensitive") ? Case::kept : Case::lowered,
          .marks = json.boolean("no_punct") ? TerOptions::Marks::removed : TerOptions::Marks::kept,
          .cut = json.boolean("normalized") ? TerOptions::Cut::normalized : TerOptions::Cut::at_blanks,
          .asian = json.boolean("asian_support") ? TerOptions::Asian::special : TerOptions::Asian::as_any};
}

TEST(Ter, EqualsSacrebleuOnRandomCorpora) {
  const Json all = golden_file("metrics/ter.json");
  ASSERT_GE(all.size(), 200u);
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(all[i].dump());
    EXPECT_NEAR(Ter(options_of(all[i].at("options"))).score_of(lines_of(all[i].at("hyps")), references_of(all[i].at("refs"))), all[i].real("score"), 1e-9);
  }
}

TEST(Ter, ARunThatMovedIsOneEdit) {
  EXPECT_EQ(translation_edits(std::vector<uint32_t>{4, 5, 1, 2, 3}, std::vector<uint32_t>{1, 2, 3, 4, 5}), 1);
  EXPECT_EQ(translation_edits(std::vector<uint32_t>{1, 2, 3}, std::vector<uint32_t>{1, 9, 3, 4}), 2);
  EXPECT_EQ(translation_edits(std::vector<uint32_t>{}, std::vector<uint32_t>{1, 2}), 2);
  EXPECT_EQ(translation_edits(std::vector<uint32_t>{1, 2}, std::vector<uint32_t>{}), 2);
  EXPECT_EQ(translation_edits(std::vector<uint32_t>{}, std::vector<uint32_t>{}), 0);
}

// Lengths so different that the band about the diagonal must widen; a word far from it is not found, as in sacreBLEU.
TEST(Ter, OneWordAgainstHundreds) {
  std::vector<uint32_t> long_one(300);
  for (uint32_t i = 0; i < 300; ++i) long_one[i] = i;
  EXPECT_EQ(translation_edits(std::vector<uint32_t>{7}, long_one), 300);
  EXPECT_EQ(translation_edits(std::vector<uint32_t>{250}, long_one), 299);
  EXPECT_EQ(translation_edits(long_one, std::vector<uint32_t>{7}), 299);
}

TEST(Ter, CornerShapes) {
  EXPECT_EQ(Ter().sentence("", {""}), 0);
  EXPECT_EQ(Ter().sentence("a b", {""}), 100);
  EXPECT_EQ(Ter().sentence("", {"a b"}), 100);
  EXPECT_EQ(Ter().sentence("A", {"a"}), 0);
  EXPECT_EQ(Ter({.letters = Case::kept}).sentence("A", {"a"}), 100);
  EXPECT_EQ(Ter().signature(1).find("nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:grimoire-"), 0u);
  EXPECT_THROW(Ter().score_of({"a"}, std::vector<Lines>{}), Error);
}

}  // namespace
}  // namespace grim
