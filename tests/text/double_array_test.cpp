#include "grimoire/text/double_array.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace grim {
namespace {

// Every string of a set is found in a text that begins with it, with its number, and nothing else is.
TEST(DoubleArray, FindsWhatIsThereAndNothingElse) {
  std::map<std::string, uint32_t> set;
  uint32_t state = 7;
  const auto random = [&](uint32_t n) { return ((state = state * 1664525 + 1013904223) >> 8) % n; };
  for (uint32_t i = 0; i < 20000; ++i) {
    std::string s;
    for (uint32_t n = 1 + random(9); n > 0; --n) s += i % 3 == 0 ? static_cast<char>(random(255)) : static_cast<char>('a' + random(4));
    set.emplace(std::move(s), i);
  }
  std::vector<std::string_view> strings;
  std::vector<uint32_t> numbers;
  for (const auto& [s, n] : set) {
    strings.push_back(s);
    numbers.push_back(n);
  }
  const DoubleArray array = DoubleArray::of(strings, numbers);
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (int k = 0; k < 12; ++k) text += i % 2 ? static_cast<char>(random(255)) : static_cast<char>('a' + random(4));
    std::vector<std::pair<size_t, uint32_t>> got, expected;
    array.each_prefix(text, [&](size_t bytes, uint32_t number) { got.emplace_back(bytes, number); });
    for (size_t n = 1; n <= text.size(); ++n)
      if (const auto found = set.find(text.substr(0, n)); found != set.end()) expected.emplace_back(n, found->second);
    EXPECT_EQ(got, expected);
  }
  for (const auto& [s, n] : set) EXPECT_TRUE(array.leads(s.substr(0, (s.size() + 1) / 2)));
  EXPECT_FALSE(array.leads("aaaaaaaaaaaa"));
}

TEST(DoubleArray, SaysWhatMayComeLater) {
  const std::vector<std::string_view> strings = {" a", "ab", "abc", "c d"};
  const DoubleArray array = DoubleArray::of(strings, std::vector<uint32_t>{0, 1, 2, 3});
  EXPECT_TRUE(array.goes_on_with('b'));
  EXPECT_TRUE(array.goes_on_with(' '));
  EXPECT_FALSE(array.goes_on_with('x'));
  EXPECT_FALSE(DoubleArray().goes_on_with('a'));
  EXPECT_FALSE(DoubleArray::of(std::span(strings).first(3), std::vector<uint32_t>{0, 1, 2}).goes_on_with(' '));
}

}  // namespace
}  // namespace grim
