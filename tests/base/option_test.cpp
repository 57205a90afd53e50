#include "grimoire/base/option.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/shape.h"
#include "grimoire/base/str.h"

namespace grim {
namespace {

struct Settings {
  std::string kind = "a";
  int64_t count = 3;
  double rate = 0.5;
  bool on = false;
  Options options() {
    return {{.name = "kind", .help = "", .target = &kind, .choices = {"a", "bee"}}, {.name = "count", .help = "", .target = &count, .low = 1, .high = 9},
            {.name = "learn-rate", .help = "", .target = &rate, .low = 0}, {.name = "on", .help = "", .target = &on}};
  }
};

TEST(Option, SetsFromTextAndJsonAndBack) {
  Settings s;
  const Options o = s.options();
  find(o, "learn_rate")->set("1e-3");
  find(o, "count")->set("9");
  EXPECT_EQ(to_json(o).dump(), R"({"kind": "a", "count": 9, "learn_rate": 0.001, "on": false})");
  from_json(o, Json::parse(R"({"kind": "bee", "on": true, "count": 2})"));
  EXPECT_EQ(s.kind, "bee");
  EXPECT_TRUE(s.on);
  EXPECT_EQ(s.count, 2);
}

TEST(Option, RefusesWithOneSentence) {
  Settings s;
  const Options o = s.options();
  const auto message = [&](const char* name, const char* value) -> std::string {
    try {
      find(o, name)->set(value);
    } catch (const Error& e) {
      return std::string(e.what()) + "|" + e.hint();
    }
    return "taken";
  };
  EXPECT_EQ(message("count", "x"), "--count: got 'x', expected an integer from 1 to 9|");
  EXPECT_EQ(message("count", "10"), "--count: got '10', expected an integer from 1 to 9|");
  EXPECT_EQ(message("count", "2x"), "--count: got '2x', expected an integer from 1 to 9|");
  EXPECT_EQ(message("learn-rate", "-1"), "--learn-rate: got '-1', expected a number from 0|");
  EXPECT_EQ(message("learn-rate", "inf"), "--learn-rate: got 'inf', expected a number from 0|");
  EXPECT_EQ(message("learn-rate", "nan"), "--learn-rate: got 'nan', expected a number from 0|");
  EXPECT_EQ(message("kind", "be"), "--kind: got 'be', expected one of a, bee|did you mean 'bee'?");
  EXPECT_THROW(from_json(o, Json::parse(R"({"cuont": 2})")), Error);
  EXPECT_THROW(from_json(o, Json::parse("[2]")), Error);
  EXPECT_EQ(s.count, 3);
}

TEST(Option, AFileSaysEachSettingOnceAndInItsOwnKind) {
  Settings s;
  const Options o = s.options();
  const auto said = [&](const char* json) -> std::string {
    try {
      from_json(o, Json::parse(json), "s.json");
    } catch (const Error& e) {
      return std::string(e.what()) + "|" + e.hint();
    }
    return "taken";
  };
  EXPECT_EQ(said(R"({"learn-rate": 1, "count": 2, "learn_rate": 1})"),
            "s.json: 'learn-rate' and 'learn_rate' are one setting, given twice|leave one of them out");
  EXPECT_EQ(said(R"({"learn_rate": "0.1"})"),
            R"(s.json: key 'learn_rate': got the text "0.1", expected a number from 0|write it without quotes: "learn_rate": 0.1)");
  EXPECT_EQ(said(R"({"on": "true"})"), R"(s.json: key 'on': got the text "true", expected true or false|write it without quotes: "on": true)");
  EXPECT_EQ(said(R"({"kind": null})"), "s.json: key 'kind': got 'null', expected one of a, bee|");
  EXPECT_EQ(said(R"({"kind": ["a"]})"), "s.json: key 'kind': got '[\"a\"]', expected one of a, bee|");
}

TEST(Option, AnOpenBoundIsSaidSo) {
  double share = 0.5;
  Option o{.name = "share", .help = "", .target = &share, .low = 1e-300, .high = 1};
  EXPECT_EQ(o.takes(), "a number above 0, at most 1");
  EXPECT_THROW(o.set("0"), Error);
  o.set("1e-20");
  EXPECT_EQ(share, 1e-20);
  o.low = 1e-6;
  EXPECT_EQ(o.takes(), "a number from 1e-06 to 1");
}

TEST(Option, AListGrows) {
  std::vector<std::string> params;
  const Options o = {{.name = "param", .help = "", .target = &params}};
  o[0].set("a=1");
  o[0].set("b=2,3");
  EXPECT_EQ(params, (std::vector<std::string>{"a=1", "b=2,3"}));
  EXPECT_EQ(o[0].json().dump(), R"(["a=1", "b=2,3"])");
  o[0].set_json(Json::parse(R"(["c=4"])"));
  EXPECT_EQ(params.size(), 3u);
}

TEST(Str, FormatsAndFindsTheNearest) {
  EXPECT_EQ(str("{} {:.2f} {}", 1, 2.0, Shape{2, 3}), "1 2.00 (2, 3)");
  EXPECT_EQ(with_commas(-1234567), "-1,234,567");
  EXPECT_EQ(with_commas(999), "999");
  const std::vector<std::string> models = {"mlp", "gpt", "rnn"}, flags = {"temperature", "top-k"};
  EXPECT_EQ(nearest("gtp", models.data(), models.size()), "gpt");
  EXPECT_EQ(did_you_mean("temprature", flags), "did you mean 'temperature'?");
  EXPECT_EQ(did_you_mean("zzz", flags, "one of " + joined(flags)), "one of temperature, top-k");
  EXPECT_EQ(did_you_mean("zzz", flags), "");
  EXPECT_EQ(nearest("temp", flags.data(), flags.size()), "temperature");  // the only one that begins so
  EXPECT_EQ(nearest("t", flags.data(), flags.size()), "");
  EXPECT_EQ(joined(models, ""), "mlpgptrnn");
  EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrapped("incomprehensible", 5), "incomprehensible");
}

}  // namespace
}  // namespace grim
