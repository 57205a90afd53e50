#include "grimoire/base/json.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {

std::string message(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    return e.what();
  }
  return "nothing was thrown";
}
std::string parse_error(std::string_view text) {
  return message([&] { Json::parse(text, "config.json"); });
}

TEST(Json, ReadsEveryKind) {
  const Json j = Json::parse(
      R"( {"a": [1, -2.5, true, null], "b": {"c": "x\u00e9\ud83d\ude00\n"}, "big": 18446744073709551615} )");
  EXPECT_EQ(j.keys(), (std::vector<std::string>{"a", "b", "big"}));
  const Json& a = j.at("a");
  EXPECT_EQ(a.size(), 4u);
  EXPECT_EQ(a[0].as_integer(), 1);
  EXPECT_EQ(a[0].as_real(), 1.0);
  EXPECT_EQ(a[1].as_real(), -2.5);
  EXPECT_TRUE(a[2].as_boolean());
  EXPECT_TRUE(a[3].is_null());
  EXPECT_EQ(j.at("b").text("c"), "x\xc3\xa9\xf0\x9f\x98\x80\n");
  EXPECT_EQ(j.at("big").kind(), Json::Kind::real);
  EXPECT_EQ(j.find("none"), nullptr);
}

TEST(Json, WrongTypesNameFileAndKey) {
  const Json j = Json::parse(R"({"n_head": "4", "layers": [1], "rate": 1.5, "nested": {"x": 1}})", "config.json");
  EXPECT_EQ(message([&] { j.integer("n_head"); }), "[json] config.json: key 'n_head': got text, expected integer");
  EXPECT_EQ(message([&] { j.integer("rate"); }), "[json] config.json: key 'rate': got real, expected integer");
  EXPECT_EQ(message([&] { j.text("layers"); }), "[json] config.json: key 'layers': got array, expected text");
  EXPECT_EQ(message([&] { j.boolean("rate"); }), "[json] config.json: key 'rate': got real, expected boolean");
  EXPECT_EQ(message([&] { j.real("n_head"); }), "[json] config.json: key 'n_head': got text, expected number");
  EXPECT_EQ(message([&] { j.list("rate"); }), "[json] config.json: key 'rate': got real, expected array");
  EXPECT_EQ(j.list("layers").size(), 1u);
  EXPECT_EQ(message([&] { j.at("nested").integer("y"); }), "[json] config.json: key 'y' is missing");
  EXPECT_EQ(message([&] { j.at("layers")[1]; }), "[json] config.json: index 1 outside an array of 1");
  EXPECT_EQ(message([&] { j.at("rate").at("x"); }), "[json] config.json: got real, expected object");
  try {
    j.integer("n_haed");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.hint(), "did you mean 'n_head'?");
  }
}

TEST(Json, FallbacksStandInForMissingAndNull) {
  const Json j = Json::parse(R"({"a": null, "b": 2, "t": "x", "f": false, "r": 0.5})");
  EXPECT_EQ(j.integer("a", 7), 7);
  EXPECT_EQ(j.integer("z", 7), 7);
  EXPECT_EQ(j.integer("b", 7), 2);
  EXPECT_EQ(j.real("b", 7), 2.0);
  EXPECT_EQ(j.real("z", 0.25), 0.25);
  EXPECT_EQ(j.text("t", "y"), "x");
  EXPECT_EQ(j.text("z", "y"), "y");
  EXPECT_FALSE(j.boolean("f", true));
  EXPECT_TRUE(j.boolean("z", true));
  EXPECT_NE(message([&] { j.integer("t", 1); }), "nothing was thrown");
}

TEST(Json, RefusesWithLineAndColumn) {
  EXPECT_TRUE(
      parse_error("{\n  \"a\": 1,\n  \"b\": oops\n}").starts_with("[json] config.json: line 3, column 8: syntax error"))
      << parse_error("{\n  \"a\": 1,\n  \"b\": oops\n}");
  for (const char* bad : {"", " ", "{", "[1,]", "{\"a\":1} x", "nul", "NaN", "01", "1e999", "\"\\ud800\"", "\"\x80\"",
                          "'a'", "{\"a\":}", "\"a", "[1 2]", "\"\t\""})
    EXPECT_TRUE(parse_error(bad).starts_with("[json] config.json: line 1, column")) << bad << ": " << parse_error(bad);
  EXPECT_EQ(parse_error(std::string_view("[1]\n \0", 6)),
            "[json] config.json: line 2, column 2: a NUL byte is not JSON");
  EXPECT_LT(parse_error(std::string(100000, 'x')).size(), 400u);
  EXPECT_EQ(parse_error(R"({"x": {"k": 1, "j": 2, "k": 3}})"), "[json] config.json: line 1, column 7: in the object that begins here, key 'k' appears twice");
}

TEST(Json, SaysWhatIsWrongAndWhere) {
  const std::pair<const char*, const char*> cases[] = {
      {"{\"a\": 1e999}", "column 7: syntax error: '1e999}' is no number of JSON, or beyond the largest"},
      {"[1,\n \"\\q\", 2]", "line 2, column 2: syntax error: the text that begins here has an escape that JSON has not"},
      {"{\"\\ud800\": 1}", "column 2: syntax error: the text that begins here has an escape"},
      {"[\"\\udc00\"]", "column 2: syntax error: the text that begins here has an escape"},
      {"[\"x\\\n\"]", "column 5: the control character 0x0a stands in a text without its escape"},
      {"{\\\"a\":1}", "column 2: syntax error: a backslash outside of a text"},
      {"{\"\xc3\xa9\": 1, x}", "column 10: syntax error at 'x}'"},
      {"{\"a\": \x1b[31mred}", "column 7: syntax error at ''"},
      {"[\"abc, 1]", "column 2: a text without its closing quote"},
      {"[1, \"\xff\"]", "column 6: not UTF-8: byte 0xff"},
      {"{\"a\": 1", "column 7: syntax error: it does not end with '}'"},
      {"{\"a\": \"}\\\"\"} hello", "column 14: syntax error: 'hello' stands behind the end of the value"},
      {"[1, 2} 5", "column 8: syntax error: it does not end with ']'"},
      {"{\"a\": 1} {}", "column 10: syntax error: '{}' stands behind the end of the value"},
      {"version https://git-lfs.github.com/spec/v1\n", "this is a Git LFS pointer, not the file itself"},
  };
  for (const auto& [text, words] : cases) EXPECT_NE(parse_error(text).find(words), std::string::npos) << text << ": " << parse_error(text);
}

TEST(Json, BlanksAroundAValue) {
  EXPECT_TRUE(Json::parse("true" + std::string(2000, ' ')).as_boolean());
  EXPECT_EQ(Json::parse("\xef\xbb\xbf \t5\r\n\n").as_integer(), 5);
  EXPECT_TRUE(Json::parse(" null  ").is_null());
  EXPECT_EQ(Json::parse(" \"a\" " + std::string(70, '\n')).as_text(), "a");
  EXPECT_EQ(Json::parse("-0.5" + std::string(1200, '\n')).as_real(), -0.5);
}

TEST(Json, DepthIsLimited) {
  const auto nested = [](size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_NO_THROW(Json::parse(nested(128)));
  EXPECT_EQ(parse_error(nested(129)), "[json] config.json: line 1, column 129: nested deeper than 128 levels");
  EXPECT_EQ(parse_error(nested(1000000)), "[json] config.json: line 1, column 129: nested deeper than 128 levels");
  EXPECT_EQ(parse_error(std::string(1000000, '[')), "[json] config.json: line 1, column 1000000: syntax error: it does not end with ']'");
}

TEST(Json, ValuesAreLimited) {
  EXPECT_NO_THROW(Json::parse("[1, 2]", "x", 3));
  EXPECT_EQ(message([] { Json::parse("[1, 2]", "x", 2); }), "[json] x: too many values");
}

TEST(Json, WritesOneLineAndPretty) {
  Json j = Json::object({{"name", "gpt"}, {"sizes", Json::array({1, 2})}, {"empty", Json::object()}});
  j.set("nested", Json::array({Json::object({{"x", 0.1}})}));
  j.set("name", "bert");
  EXPECT_EQ(j.dump(), R"({"name": "bert", "sizes": [1, 2], "empty": {}, "nested": [{"x": 0.1}]})");
  EXPECT_EQ(
      j.dump_pretty(),
      "{\n  \"name\": \"bert\",\n  \"sizes\": [1, 2],\n  \"empty\": {},\n  \"nested\": [\n    {\n      \"x\": 0.1\n"
      "    }\n  ]\n}\n");
  EXPECT_EQ(Json::array_of(std::vector<int64_t>{3, 4}).dump(), "[3, 4]");
  Json built;
  built.append("k", 1);
  built.append("l", Json());
  EXPECT_EQ(built.dump(), R"({"k": 1, "l": null})");
  EXPECT_THROW(built.push(1), Error);
  EXPECT_THROW(Json(3).set("k", 1), Error);
  EXPECT_THROW(Json(3).append("k", 1), Error);
}

TEST(Json, NumbersSurviveTheRoundTrip) {
  const double infinity = std::numeric_limits<double>::infinity();
  const Json j =
      Json::array({0.1, 1.0, -0.0, 1e300, 5e-324, 3.4028234663852886e38, int64_t{INT64_MIN}, int64_t{INT64_MAX}});
  EXPECT_EQ(Json::parse(j.dump()), j) << j.dump();
  EXPECT_TRUE(std::signbit(Json::parse(j.dump())[2].as_real()));
  const Json odd = Json::array({NAN, infinity, -infinity, -NAN, Json()});
  EXPECT_EQ(odd.dump(), R"(["NaN", "Infinity", "-Infinity", "NaN", null])");
  const Json back = Json::parse(odd.dump());
  EXPECT_TRUE(std::isnan(back[0].as_real()) && back[1].as_real() == infinity && back[2].as_real() == -infinity);
  EXPECT_EQ(Json::parse(R"({"gap": "Infinity"})").real("gap"), infinity);
  EXPECT_EQ(Json::parse(R"({"gap": "-Infinity"})").real("gap", 0.0), -infinity);
  for (const char* text : {"inf", "nan", "+Infinity", "infinity", ""}) EXPECT_THROW(Json(text).as_real(), Error) << text;
  EXPECT_FALSE(Json(1) == Json(1.0));
}

TEST(Json, BadUtf8IsReplacedWhenWritten) {
  EXPECT_EQ(Json("a\xff" "b\"\n").dump(), "\"a\xef\xbf\xbd" "b\\\"\\n\"");
  // One for each byte that begins nothing, and one for all of a character that is cut off; what is well-formed stays as it is.
  const std::string r = "\xef\xbf\xbd";
  EXPECT_EQ(Json("\xff\xc3x\xf0\x9f\x98\xe2\x82" + r + "\xe9\x80\xc3\xa9\xed\xa0\x80").dump(),
            '"' + r + r + "x" + r + r + r + r + "\xc3\xa9" + r + r + r + '"');
  EXPECT_EQ(Json(std::string_view("\0\x1f\x7f/", 4)).dump(), "\"\\u0000\\u001f\x7f/\"");
}

}  // namespace
}  // namespace grim
