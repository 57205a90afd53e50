#include "grimoire/base/utf8.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {

TEST(Utf8, EveryCodePointSurvivesTheRoundTrip) {
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string s;
    append_utf8(s, c);
    size_t at = 0;
    ASSERT_EQ(next_code_point(s, at), c);
    ASSERT_EQ(at, s.size());
    ASSERT_FALSE(find_utf8_fault(s)) << static_cast<uint32_t>(c);
  }
}

// All strings of one and two bytes against the rule of the standard: ASCII alone, or C2..DF with one continuation byte.
TEST(Utf8, EveryOneAndTwoByteString) {
  const auto ascii = [](int b) { return b < 0x80; };
  for (int a = 0; a < 256; ++a) {
    EXPECT_EQ(find_utf8_fault(std::string(1, static_cast<char>(a))).has_value(), !ascii(a)) << a;
    for (int b = 0; b < 256; ++b) {
      const bool good = (ascii(a) && ascii(b)) || (a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf);
      const std::string s{static_cast<char>(a), static_cast<char>(b)};
      ASSERT_EQ(!find_utf8_fault(s).has_value(), good) << a << " " << b;
      size_t at = 0;
      while (at < s.size()) next_code_point(s, at);  // ends
    }
  }
}

TEST(Utf8, NamesTheFault) {
  const struct {
    std::string text;
    size_t byte;
    int64_t line, column;
    const char* what;
  } cases[] = {
      {"ab\xff", 2, 1, 3, "byte 0xff cannot begin a character"},
      {"\x80", 0, 1, 1, "byte 0x80 cannot begin a character"},
      {"a\n\xc3\xa9\xc3", 4, 2, 2, "byte 0xc3 begins a character that is cut off by the end"},
      {"\n\n\xe2\x82z", 2, 3, 1, "byte 0xe2 begins a character that does not go on"},
      {"\xc0\xaf", 0, 1, 1, "byte 0xc0 cannot begin a character"},
      {"\xe0\x80\xaf", 0, 1, 1, "byte 0xe0 begins a character written longer than allowed"},
      {"\xf0\x80\x80\xaf", 0, 1, 1, "byte 0xf0 begins a character written longer than allowed"},
      {"\xed\xa0\x80", 0, 1, 1, "byte 0xed begins half of a surrogate pair"},
      {"\xf4\x90\x80\x80", 0, 1, 1, "byte 0xf4 begins a character beyond U+10FFFF"},
      {"\xf5\x80\x80\x80", 0, 1, 1, "byte 0xf5 cannot begin a character"},
  };
  for (const auto& c : cases) {
    const auto fault = find_utf8_fault(c.text);
    ASSERT_TRUE(fault) << c.what;
    EXPECT_EQ(fault->byte, c.byte) << c.what;
    EXPECT_EQ(fault->line, c.line) << c.what;
    EXPECT_EQ(fault->column, c.column) << c.what;
    EXPECT_EQ(fault->what, c.what);
  }
  try {
    check_utf8("x\n\xfe", "f.txt");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "[text] f.txt: line 2, column 1 (byte 2): not UTF-8: byte 0xfe cannot begin a character");
    EXPECT_EQ(e.kind(), ErrorKind::input);
  }
}

TEST(Utf8, CountsAndPlaces) {
  EXPECT_EQ(code_points("aé€😀"), (std::vector<char32_t>{U'a', U'é', U'€', U'😀'}));
  EXPECT_EQ(count_code_points("aé€😀"), 4);
  EXPECT_EQ(count_code_points(""), 0);
  EXPECT_EQ(code_points("\xff" "a"), (std::vector<char32_t>{0xfffd, U'a'}));
  const TextPlace p = place_of("é\nééx", 7);
  EXPECT_EQ(p.line, 2);
  EXPECT_EQ(p.column, 3);
  std::string s;
  append_utf8(s, 0xd800);
  append_utf8(s, 0x110000);
  EXPECT_EQ(s, "\xef\xbf\xbd\xef\xbf\xbd");
}

// As U+FFFD stands in Python's errors="replace" and Rust's from_utf8_lossy: one for each longest part that could begin a character.
TEST(Utf8, FaultsBecomeReplacementCharacters) {
  const std::string r = "\ufffd";
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"aé€😀", "aé€😀"}, {"a\xf0\x9f\x98", "a" + r}, {"a\xf0\x9f\x98z", "a" + r + "z"}, {"\xe2\x82\xe2\x82\xac", r + "€"},
           {"\xff\xfe", r + r}, {"\x80\x80", r + r}, {"\xf0\x80\x80", r + r + r}, {"\xed\xa0\x80", r + r + r}, {"\xc3", r}, {r, r}})
    EXPECT_EQ(well_formed(text), expected);
  EXPECT_EQ(part_at_end("a\xf0\x9f\x98"), 3u);
  EXPECT_EQ(part_at_end("a\xc3"), 1u);
  EXPECT_EQ(part_at_end("é"), 0u);
  EXPECT_EQ(part_at_end("\xff"), 0u);
}

TEST(Utf8, TheFrontOfATextEndsBehindACharacter) {
  EXPECT_EQ(whole_characters("a€b", 5), "a€b");
  EXPECT_EQ(whole_characters("a€b", 4), "a€");
  EXPECT_EQ(whole_characters("a€b", 3), "a");
  EXPECT_EQ(whole_characters("a€b", 2), "a");
  EXPECT_EQ(whole_characters("€", 2), "");
  EXPECT_EQ(whole_characters("\x80\x80\x80\x80\x80\x80", 5), "\x80\x80") << "no text has so many";
}

TEST(Utf8, TakesAByteOrderMarkOffOnce) {
  static_assert(without_byte_order_mark("\xef\xbb\xbf" "a") == "a");
  EXPECT_EQ(without_byte_order_mark("a"), "a");
  EXPECT_EQ(without_byte_order_mark(""), "");
  EXPECT_EQ(without_byte_order_mark("\xef\xbb"), "\xef\xbb");
  EXPECT_EQ(without_byte_order_mark("\xef\xbb\xbf\xef\xbb\xbf"), "\xef\xbb\xbf");
  EXPECT_EQ(without_byte_order_mark("a\xef\xbb\xbf"), "a\xef\xbb\xbf");
}

TEST(Utf8, DescribesCharacters) {
  EXPECT_EQ(describe(U'é'), "'é' (U+00E9)");
  EXPECT_EQ(describe(7), "U+0007");
  EXPECT_EQ(describe(U' '), "U+0020");
  EXPECT_EQ(describe(0x202e), "U+202E");
}

}  // namespace
}  // namespace grim
