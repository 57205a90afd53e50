// White space and small letters against Python's str (tools/golden/metrics.py).
#include <gtest/gtest.h>

#include "grimoire/metric/plain_text.h"
#include "support/golden.h"

namespace grim {
namespace {

TEST(PlainText, BlanksArePythons) {
  const Json g = golden_file("metrics/text.json").at("blank");
  std::vector<int64_t> ours, theirs;
  for (char32_t c = 0; c <= 0x10ffff; ++c)
    if (is_blank(c)) ours.push_back(c);
  for (const Json& c : g.items()) theirs.push_back(c.as_integer());
  EXPECT_EQ(ours, theirs);
}

TEST(PlainText, LinesAreCutAndLoweredAsPythonDoes) {
  const Json g = golden_file("metrics/text.json").at("lines");
  ASSERT_GE(g.size(), 150u);
  for (const Json& line : g.items()) {
    const std::string& text = line[0].as_text();
    EXPECT_EQ(lower_case(text), line[1].as_text());
    EXPECT_EQ(Json::array_of(blank_separated(text)).dump(), line[2].dump());
    EXPECT_EQ(without_blanks_behind(text), line[3].as_text());
  }
}

TEST(PlainText, Corners) {
  EXPECT_TRUE(blank_separated("").empty());
  EXPECT_TRUE(blank_separated(" \u3000\t").empty());
  EXPECT_EQ(without_blanks_before(" \u3000a b "), "a b ");
  EXPECT_EQ(replaced("aaa", "aa", "b"), "ba");
  EXPECT_EQ(replaced("", "x", "y"), "");
}

}  // namespace
}  // namespace grim
