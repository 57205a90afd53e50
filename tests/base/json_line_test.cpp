// Parts end to end are what dump() makes of the whole, and none of them is long.
#include "grimoire/base/json_line.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace grim {
namespace {

struct Written {
  std::string all;
  size_t parts = 0, longest = 0;
  JsonLine line() {
    return JsonLine([this](const std::string& part) {
      all += part;
      ++parts;
      longest = std::max(longest, part.size());
    });
  }
};

TEST(JsonLine, IsTheDumpOfTheTree) {
  const std::vector<std::string> texts = {"plain", "\"quoted\"\n", "", "h\xc3\xa4", "cut \xc3", std::string("\0\x1f", 2)};
  const std::vector<double> reals = {1, 0.1, -1e300, std::numeric_limits<double>::infinity()};
  Written w;
  JsonLine line = w.line();
  line.list("texts", texts.size(), [&](size_t i) { return texts[i]; });
  line.member("a \"key\"", Json::object({{"b", 1}, {"c", Json::array({true, Json()})}}));
  line.list("none", 0, [](size_t) { return Json(); });
  line.list("pairs", reals.size(), [&](size_t i) { return Json::array({i, reals[i]}); });
  line.member("last", -5);
  line.end();
  Json pairs = Json::array();
  for (size_t i = 0; i < reals.size(); ++i) pairs.push(Json::array({i, reals[i]}));
  const Json tree = Json::object({{"texts", Json::array_of(texts)}, {"a \"key\"", Json::object({{"b", 1}, {"c", Json::array({true, Json()})}})},
                                  {"none", Json::array()}, {"pairs", pairs}, {"last", -5}});
  EXPECT_EQ(w.all, tree.dump() + "\n");
}

TEST(JsonLine, AnEmptyObjectIsOne) {
  Written w;
  w.line().end();
  EXPECT_EQ(w.all, "{}\n");
}

TEST(JsonLine, LongListsComeInParts) {
  Written w;
  JsonLine line = w.line();
  line.list("n", 300000, [](size_t i) { return i; });
  line.end();
  std::vector<size_t> n(300000);
  for (size_t i = 0; i < n.size(); ++i) n[i] = i;
  EXPECT_EQ(w.all, Json::object({{"n", Json::array_of(n)}}).dump() + "\n");
  EXPECT_GT(w.parts, 20u);
  EXPECT_LT(w.longest, 70000u);
}

}  // namespace
}  // namespace grim
