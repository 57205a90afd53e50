// The commands stats and distribution: every test of the list runs, answers are JSON, bad input is one sentence with its kind.
#include <algorithm>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/command/command.h"
#include "grimoire/command/numbers.h"
#include "stats/captured.h"
#include "stats/golden.h"

namespace grim::stats {
namespace {

Captured run(const std::string& command, const std::string& positional, const Settings& settings) {
  for (const auto& c : all_commands()) {
    if (c->name() != command) continue;
    *c->positionals()[0].target = positional;
    c->take_form(positional);
    c->set(settings);
    Captured console;
    EXPECT_EQ(c->run(console), 0);
    return console;
  }
  throw Error(ErrorKind::state, "no such command");
}

TEST(StatsCommand, EveryTestOfTheListRuns) {
  const std::string x = "2,3,1,5,4,7,6.5,8", y = "3,1,4,6,5.5,9,7,10", groups = "1,2,3,4.5;2,4,3,6;5,7,6,8.5", table = "12,5;3,14";
  const std::vector<std::pair<std::string, Settings>> cases = {{"describe", {{"x", x}}},
                                                               {"means", {{"x", x}}},
                                                               {"ema", {{"x", x}}},
                                                               {"t-test", {{"x", x}, {"y", y}}},
                                                               {"paired-t-test", {{"x", x}, {"y", y}}},
                                                               {"z-test", {{"x", x}, {"sd", "2"}}},
                                                               {"anova", {{"x", groups}}},
                                                               {"tukey", {{"x", groups}}},
                                                               {"levene", {{"x", groups}}},
                                                               {"bartlett", {{"x", groups}}},
                                                               {"binomial", {{"x", "14"}, {"n", "20"}}},
                                                               {"proportion", {{"x", "83,90"}, {"n", "86,93"}}},
                                                               {"interval", {{"x", "8"}, {"n", "10"}}},
                                                               {"chi-square", {{"table", table}}},
                                                               {"g-test", {{"table", table}}},
                                                               {"fisher", {{"table", table}}},
                                                               {"mcnemar", {{"table", table}}},
                                                               {"mann-whitney", {{"x", x}, {"y", y}}},
                                                               {"wilcoxon", {{"x", x}, {"y", y}}},
                                                               {"kruskal", {{"x", groups}}},
                                                               {"ks", {{"x", x}, {"against", "normal"}}},
                                                               {"shapiro", {{"x", x}}},
                                                               {"correlation", {{"x", x}, {"y", y}}},
                                                               {"pearson", {{"x", x}, {"y", y}}},
                                                               {"spearman", {{"x", x}, {"y", y}}},
                                                               {"kendall", {{"x", x}, {"y", y}}},
                                                               {"permutation", {{"x", x}, {"y", y}, {"resamples", "200"}}},
                                                               {"bootstrap", {{"x", x}, {"resamples", "200"}}},
                                                               {"adjust", {{"x", ".01,.02,.5"}}},
                                                               {"power", {{"power", ".8"}}},
                                                               {"entropy", {{"x", "4,2,1,1"}}},
                                                               {"kl", {{"x", "4,2,1,1"}, {"y", "1,1,1,1"}}},
                                                               {"bayes", {{"prior", ".01,.99"}, {"likelihood", ".9,.09"}}},
                                                               {"regression", {{"x", x}, {"y", y}}},
                                                               {"logistic", {{"x", x}, {"y", "0,0,1,0,1,0,1,1"}}},
                                                               {"poisson", {{"x", x}, {"y", "1,0,2,3,2,5,4,6"}}},
                                                               {"pca", {{"x", x + ";" + y}}}};
  std::set<std::string> tried;
  for (const auto& [name, settings] : cases) {
    SCOPED_TRACE(name);
    const Captured c = run("stats", name, settings);
    EXPECT_FALSE(c.text_.empty());
    EXPECT_TRUE(c.json_.is_object());
    if (const Json* p = c.json_.find("p_value")) {
      EXPECT_GT(p->as_real(), 0);
      EXPECT_FALSE(c.json_.text("meaning").empty());
    }
    tried.insert(name);
  }
  const Captured list = run("stats", "list", {});
  for (const Json& name : list.json_.list("tests")) EXPECT_TRUE(tried.contains(name.as_text())) << name.as_text();
}

TEST(StatsCommand, ReadsColumns) {
  test::TempFolder folder;
  const std::string csv = folder.put("plants.csv", "weight,kind,light\n4.2,a,1\n5.1,b,2\n3.9,a,1.5\n6.0,b,2.5\n4.4,a,NA\n5.6,b,3\n");
  const Captured two = run("stats", "t-test", {{"data", csv}, {"x", "weight"}, {"group", "kind"}});
  EXPECT_NEAR(two.json_.at("estimates").real("mean of a"), 12.5 / 3, 1e-12);
  EXPECT_THROW(run("stats", "pearson", {{"data", csv}, {"x", "weight"}, {"y", "light"}}), Error);
  const Captured kept = run("stats", "pearson", {{"data", csv}, {"x", "weight"}, {"y", "light"}, {"missing", "drop"}});
  EXPECT_EQ(kept.json_.list("notes")[0].as_text(), "1 of 6 pairs had a missing value and were left out");
  const Captured fit = run("stats", "regression", {{"data", csv}, {"x", "light,kind"}, {"y", "weight"}, {"missing", "drop"}});
  EXPECT_EQ(fit.json_.list("coefficients")[2].text("name"), "kind=b");
}

ErrorKind kind_of(const std::string& command, const std::string& positional, const Settings& settings) {
  try {
    run(command, positional, settings);
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    return e.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::state;
}

TEST(StatsCommand, BadInputIsNamed) {
  EXPECT_EQ(kind_of("stats", "t-tset", {}), ErrorKind::usage);
  EXPECT_EQ(kind_of("stats", "t-test", {}), ErrorKind::usage);
  EXPECT_EQ(kind_of("stats", "t-test", {{"x", "1,b"}}), ErrorKind::usage);
  EXPECT_EQ(kind_of("stats", "t-test", {{"x", "1,2,nan"}}), ErrorKind::usage);
  EXPECT_EQ(kind_of("stats", "t-test", {{"x", "1"}}), ErrorKind::usage);
  EXPECT_EQ(kind_of("stats", "describe", {{"data", "/no/such.csv"}, {"x", "a"}}), ErrorKind::input);
  EXPECT_EQ(kind_of("stats", "power", {}), ErrorKind::usage);
  EXPECT_EQ(kind_of("distribution", "gama", {}), ErrorKind::argument);
  EXPECT_EQ(kind_of("distribution", "gamma", {{"param", "shape"}}), ErrorKind::usage);
  EXPECT_EQ(kind_of("distribution", "normal", {{"quantile", "2"}}), ErrorKind::argument);
}

TEST(StatsCommand, PlainKeys) {
  const Json j = run("stats", "t-test", {{"x", "1,2,3,4"}, {"mean", "2"}}).json_;
  EXPECT_12(j.real("statistic"), 0.7745966692414834);
  EXPECT_EQ(j.text("statistic_name"), "t");
  EXPECT_12(j.real("df"), 3);
  EXPECT_12(j.real("p_value"), 0.4950253460597109);
}

std::string notes_of(const Json& j) { return j.find("notes") ? j.at("notes").dump() : ""; }

// Whole numbers that no double holds are said, wherever they come from; the first is named.
TEST(StatsCommand, RoundedWholeNumbersAreSaid) {
  test::TempFolder folder;
  const std::string big = "9007199254740993", csv = folder.put("ids.csv", "a,b\n1,2\n2," + big + "\n3,4\n");
  const std::vector<std::pair<std::string, Settings>> cases = {{"describe", {{"x", "1,2," + big}}},
                                                               {"pearson", {{"x", "1,2,4"}, {"y", "3,+" + big + ",-" + big}}}};
  for (const auto& [name, settings] : cases) {
    const std::string notes = notes_of(run("stats", name, settings).json_);
    EXPECT_NE(notes.find(big + " is beyond 2^53 and no double: it is rounded to 9007199254740992"), std::string::npos) << name << notes;
  }
  for (const Settings& of_file : {Settings{{"data", csv}, {"x", "b"}}, Settings{{"data", csv}, {"y", "b"}, {"x", "a"}}}) {
    const std::string notes = notes_of(run("stats", of_file.size() == 2 ? "describe" : "regression", of_file).json_);
    EXPECT_NE(notes.find("beyond 2^53 that no number here holds exactly, as '" + big + "' in row 2 (line 3)"), std::string::npos) << notes;
  }
  EXPECT_EQ(notes_of(run("stats", "describe", {{"data", csv}, {"x", "a"}}).json_), "");
  for (const char* exact : {"1,9007199254740992", "1,18014398509481984", "1,9.007199254740993e15", "1,00000000000000000000000000000000000000000000007"})
    EXPECT_EQ(notes_of(run("stats", "describe", {{"x", exact}}).json_), "") << exact;
}

// Two writings of different numbers that a double makes one: said, as for whole numbers; writings of one number are none.
TEST(StatsCommand, DigitsThatADoubleLosesAreSaid) {
  test::TempFolder folder;
  for (const char* column : {"1\n1.00000000000000000001\n", "0.1\n0.10000000000000000555\n0.3\n0.1000000000000000056\n"}) {
    const std::string csv = folder.put("lost.csv", std::string("a\n") + column);
    EXPECT_NE(notes_of(run("stats", "describe", {{"data", csv}, {"x", "a"}}).json_).find("read as"), std::string::npos) << column;
  }
  for (const char* column :
       {"1\n1.00000000000000000000\n2\n", "0\n0e5\n-0.0\n", "0.30000000000000004\n0.3\n", "5e-324\n0\n", "0.1\n.1\n1e-1\n0.10000000000000001\n"}) {
    const std::string csv = folder.put("kept.csv", std::string("a\n") + column);
    EXPECT_EQ(notes_of(run("stats", "describe", {{"data", csv}, {"x", "a"}}).json_), "") << column;
  }
  EXPECT_NE(notes_of(run("stats", "describe", {{"x", "1,1.00000000000000000001,3"}}).json_).find("read as the same number"), std::string::npos);
}

TEST(StatsCommand, LayoutIsGuessedAloudOrTold) {
  test::TempFolder folder;
  const std::string years = folder.put("years.csv", "2020,2021\n1,2\n3,4\n5,9\n"), commas = folder.put("commas.csv", "a;b\n1,5;2\n2,5;3\n");
  const Json guessed = run("stats", "describe", {{"data", years}, {"x", "0"}}).json_;
  EXPECT_EQ(guessed.integer("n"), 4);
  EXPECT_NE(notes_of(guessed).find("header"), std::string::npos);
  EXPECT_EQ(run("stats", "describe", {{"data", years}, {"x", "0"}, {"header", "yes"}}).json_.integer("n"), 3);
  EXPECT_EQ(run("stats", "describe", {{"data", years}, {"x", "x0"}, {"header", "no"}}).json_.integer("n"), 4);
  EXPECT_EQ(run("stats", "describe", {{"data", commas}, {"x", "a"}, {"decimal", "comma"}, {"delimiter", ";"}}).json_.real("mean"), 2);
  EXPECT_EQ(run("distribution", "normal", {{"data", years}, {"fit", "0"}, {"header", "yes"}}).json_.at("fit").integer("n"), 3);
}

// Groups are names: what a double makes one number stays two groups, with the digits of the file.
TEST(StatsCommand, GroupsAreNames) {
  test::TempFolder folder;
  const std::string text = "v,id\n1,9007199254740992\n2,9007199254740993\n1.5,9007199254740992\n3,9007199254740993\n";
  const std::string numbers = folder.put("ids.csv", text);
  for (const char* name : {"t-test", "anova"}) {
    const std::string shown = run("stats", name, {{"data", numbers}, {"x", "v"}, {"group", "id"}}).text_;
    for (const char* label : {"mean of 9007199254740992", "mean of 9007199254740993"}) EXPECT_NE(shown.find(label), std::string::npos) << name << shown;
  }
  const std::string words = folder.put("words.csv", "v,kind\n1,oak\n2,elm\n1.5,oak\n3,elm\n");
  const std::string shown = run("stats", "t-test", {{"data", words}, {"x", "v"}, {"group", "kind"}}).text_;
  for (const char* label : {"mean of oak", "mean of elm", "mean of elm less mean of oak"}) EXPECT_NE(shown.find(label), std::string::npos) << shown;
}

// A column of numbers that repeat is one of classes, for the tests that compare groups and for those that count.
TEST(StatsCommand, NumbersThatRepeatAreClasses) {
  test::TempFolder folder;
  std::string numbers = "v,a,b\n", texts = numbers, measures = "v,a,b\n";
  for (int i = 0; i < 30; ++i) {
    numbers += str("{},{},{}\n", i * 7 % 30, 10 - i % 2, i / 2 % 2), texts += str("{},{},k{}\n", i * 7 % 30, i % 2 ? "i" : "j", i / 2 % 2);
    measures += str("{},{:.2f},{}\n", i, i / 3.0, i % 2);
  }
  const std::string of_numbers = folder.put("numbers.csv", numbers), of_texts = folder.put("texts.csv", texts), of_measures = folder.put("m.csv", measures);
  const auto answer = [](const char* test, const std::string& csv) { return run("stats", test, {{"data", csv}, {"x", "a"}, {"y", "b"}}).json_.dump(); };
  for (const char* test : {"chi-square", "g-test", "fisher", "mcnemar"}) EXPECT_EQ(answer(test, of_numbers), answer(test, of_texts)) << test;
  EXPECT_EQ(run("stats", "t-test", {{"data", of_numbers}, {"x", "v"}, {"group", "a"}}).json_.real("p_value"),
            run("stats", "t-test", {{"data", of_texts}, {"x", "v"}, {"group", "a"}}).json_.real("p_value"));
  EXPECT_EQ(kind_of("stats", "chi-square", {{"data", of_measures}, {"x", "a"}, {"y", "b"}}), ErrorKind::input);
  EXPECT_EQ(kind_of("stats", "anova", {{"data", of_measures}, {"x", "v"}, {"group", "a"}}), ErrorKind::input);
  EXPECT_EQ(kind_of("stats", "chi-square", {{"data", of_numbers}, {"x", "a"}}), ErrorKind::usage);
}

// Rows before it may be left out, and groups number their own: a bad cell is named by its row in the file all the same.
TEST(StatsCommand, BadCellsAreNamedByTheirRow) {
  test::TempFolder folder;
  const std::string infinite = folder.put("inf.csv", "x,y,g\n1,2,a\n,3,b\n3,4,a\n4,inf,b\n5,6,b\n2,2,a\n");
  const std::string gap = folder.put("gap.csv", "x,y,g\n1,2,a\n2,3,b\n3,4,a\n4,,b\n5,6,b\n2,2,a\n");
  const std::vector<std::pair<std::string, Settings>> tests = {
      {"describe", {{"x", "y"}}},       {"regression", {{"x", "x"}, {"y", "y"}}}, {"pca", {}},
      {"pearson", {{"x", "x"}, {"y", "y"}}}, {"t-test", {{"x", "y"}, {"group", "g"}}},  {"anova", {{"x", "y"}, {"group", "g"}}}};
  const auto refusal = [](const std::string& name, Settings settings) -> std::string {
    try {
      run("stats", name, settings);
    } catch (const Error& e) {
      return e.what();
    }
    return "nothing was thrown";
  };
  for (const auto& [name, columns] : tests) {
    Settings settings = columns;
    settings.push_back({"data", infinite});
    if (name != "describe") settings.push_back({"missing", "drop"});  // it counts them
    EXPECT_NE(refusal(name, settings).find("row 4 of column 'y' is inf"), std::string::npos) << name << refusal(name, settings);
  }
  for (const char* name : {"t-test", "anova", "kruskal", "mann-whitney"}) {
    const std::string said = refusal(name, {{"data", gap}, {"x", "y"}, {"group", "g"}});
    EXPECT_NE(said.find("row 4 of column 'y' is missing"), std::string::npos) << name << said;
  }
}

// What a test would not look at is refused, not dropped.
TEST(StatsCommand, UnusedInputIsRefused) {
  const std::vector<std::pair<std::string, Settings>> cases = {{"shapiro", {{"x", "1,2,4,3"}, {"y", "1,2"}}},
                                                               {"describe", {{"x", "1,2"}, {"y", "1,2"}}},
                                                               {"pearson", {{"x", "1,2,4"}, {"y", "1,3,2"}, {"group", "g"}}},
                                                               {"power", {{"power", ".8"}, {"x", "1"}}},
                                                               {"t-test", {{"x", "1,2,4"}, {"table", "1,2;3,4"}}},
                                                               {"anova", {{"x", "1,2;3,5"}, {"sd", "2"}}},
                                                               {"t-test", {{"x", "1,2,4"}, {"y", "1,3,2"}, {"mean", "2"}}},
                                                               {"proportion", {{"x", "1,2"}, {"n", "5,6"}, {"p", ".2"}}},
                                                               {"ks", {{"x", "1,2,4"}, {"y", "1,3,2"}, {"against", "normal"}}},
                                                               {"ks", {{"x", "1,2,4"}, {"y", "1,3,2"}, {"param", "sd=2"}}},
                                                               {"chi-square", {{"x", "1,2,4"}, {"table", "1,3;2,4"}}},
                                                               {"anova", {{"x", "1,2;3,5"}, {"group", "g"}}}};
  for (const auto& [name, settings] : cases) EXPECT_EQ(kind_of("stats", name, settings), ErrorKind::usage) << name;
}

// Bad numbers that are typed are usage, whatever the test makes of them; those of a file are input.
TEST(StatsCommand, BadNumbersTypedAreUsage) {
  const std::vector<std::string> tests = {"describe", "means", "ema", "t-test", "z-test", "shapiro", "bootstrap", "adjust",
                                          "entropy", "chi-square", "wilcoxon"};
  for (const std::string& name : tests)
    for (const char* bad : {"0.1,inf,0.3,0.2", "0.1,nan,0.3,0.2", "0.1,-inf,0.3,0.2"}) {
      Settings settings = {{"x", bad}};
      if (name == "z-test") settings.push_back({"sd", "1"});
      if (name == "describe" && std::string(bad).find("nan") != std::string::npos) continue;  // it counts them
      EXPECT_EQ(kind_of("stats", name, settings), ErrorKind::usage) << name << " " << bad;
    }
  EXPECT_EQ(kind_of("stats", "pca", {{"x", "1;2"}}), ErrorKind::usage);
  EXPECT_EQ(kind_of("stats", "pca", {{"x", "1,1,1;2,2,2"}}), ErrorKind::usage);
  EXPECT_EQ(kind_of("stats", "ks", {{"x", "1,2,3"}, {"against", "gamma"}, {"param", "shape=-1"}}), ErrorKind::usage);
  EXPECT_EQ(kind_of("stats", "power", {{"effect", "0"}, {"power", ".8"}}), ErrorKind::argument);
  EXPECT_EQ(run("stats", "adjust", {{"x", ".01,nan,.5"}, {"missing", "drop"}}).json_.list("adjusted").size(), 2u);
  EXPECT_NE(run("stats", "power", {{"effect", ".5"}, {"n", "1e19"}}).text_.find("10000000000000000000"), std::string::npos);
}

// A line through all points leaves no error, wherever the points lie; rounding is not taken for one.
TEST(StatsCommand, PerfectFitsAreSaid) {
  const std::vector<std::pair<std::string, std::string>> lines = {{"1,2,3", "1,2,3"},          {"1,2,3,4,5", "2,4,6,8,10"}, {"1,3,4,8", "2,6,8,16"},
                                                                  {"1,2,3,4,5", "-1,-2,-3,-4,-5"}, {"0,0,1,5", "7,7,8,12"},     {"1e12,2e12,4e12", "1,2,4"},
                                                                  {"3,1,2,9", "1e-9,3e-9,2e-9,-5e-9"}};
  for (const auto& [x, y] : lines) {
    const Json j = run("stats", "regression", {{"x", x}, {"y", y}}).json_;
    EXPECT_TRUE(j.at("f").is_null()) << y << j.dump();
    EXPECT_NE(notes_of(j).find("perfect"), std::string::npos) << y;
  }
  // A line in decimals, which no double is, far from 0: only last digits are left.
  for (const char* name : {"regression", "pearson"})
    EXPECT_NE(notes_of(run("stats", name, {{"x", "1,2,4,7"}, {"y", "1000.1,1000.2,1000.4,1000.7"}}).json_).find("last digits"), std::string::npos) << name;
  for (const auto& [name, x] : std::vector<std::pair<std::string, std::string>>{
           {"t-test", "0.3,0.30000000000000004,0.3"}, {"t-test", "0.3,0.30000000000000004;0.1,0.1"}, {"anova", "0.3,0.30000000000000004;0.1,0.1"}})
    EXPECT_NE(notes_of(run("stats", name, {{"x", x}}).json_).find("last digits"), std::string::npos) << name << " " << x;
  EXPECT_EQ(notes_of(run("stats", "regression", {{"x", "1,2,3,4"}, {"y", "1,2,3,4.0000001"}}).json_), "[]");
}

TEST(StatsCommand, ImpossibleIsZeroAndSmallIsSmall) {
  const Captured never = run("stats", "binomial", {{"x", "3"}, {"n", "10"}, {"p", "0"}});
  EXPECT_NE(never.text_.find("  0 (two-sided)"), std::string::npos) << never.text_;
  EXPECT_NE(never.json_.text("meaning").find("no such result at all"), std::string::npos);
  const Captured outside = run("stats", "ks", {{"x", "2,3"}, {"against", "uniform"}});
  EXPECT_NE(outside.text_.find("  0 (two-sided)"), std::string::npos) << outside.text_;
  const Captured small = run("stats", "binomial", {{"x", "4000"}, {"n", "4000"}, {"p", "0.5"}, {"alternative", "greater"}});
  EXPECT_EQ(small.json_.real("p_value"), 0);
  EXPECT_NE(small.text_.find("below 5e-324"), std::string::npos) << small.text_;
  EXPECT_NE(small.json_.text("meaning").find("with probability below 5e-324"), std::string::npos);
}

TEST(StatsCommand, WhatDoesNotExistIsNull) {
  const Json one = run("stats", "describe", {{"x", "5"}}).json_;
  for (const char* key : {"sd", "standard_error", "skewness", "excess_kurtosis"}) EXPECT_TRUE(one.at(key).is_null()) << key;
  EXPECT_EQ(one.real("mean"), 5);
  const Json perfect = run("stats", "regression", {{"x", "1,2,3,4"}, {"y", "2,4,6,8"}}).json_;
  for (const char* key : {"f", "f_p_value", "log_likelihood"}) EXPECT_TRUE(perfect.at(key).is_null()) << key;
  EXPECT_EQ(perfect.dump().find("NaN"), std::string::npos);
}

TEST(StatsCommand, ColumnsOfFarUnitsAreSaid) {
  const std::string y = "1,2,3.5,3,6", far = "1e-270,3e-270,2e-270,5e-270,4e-270;1e270,5e270,4e270,2e270,3e270", near = "1,3,2,5,4;1e9,5e9,4e9,2e9,3e9";
  EXPECT_NE(notes_of(run("stats", "regression", {{"x", far}, {"y", y}}).json_).find("columns x1 and x2 differ 2^17"), std::string::npos);
  EXPECT_EQ(notes_of(run("stats", "regression", {{"x", near}, {"y", y}}).json_), "[]");
}

TEST(DistributionCommand, Answers) {
  const Captured c =
      run("distribution", "gamma", {{"param", "shape=2.5"}, {"param", "scale=1"}, {"cdf", "3"}, {"log-sf", "3,2000"}, {"sample", "5"}});
  EXPECT_12(c.json_.real("cdf"), 0.6937810815867216);
  EXPECT_LT(c.json_.list("log_sf")[1].as_real(), -1900);
  EXPECT_EQ(c.json_.list("sample").size(), 5u);
  const Captured f = run("distribution", "poisson", {{"fit", "3,1,4,1,5"}});
  EXPECT_12(f.json_.at("parameters").real("mean"), 2.8);
  EXPECT_EQ(run("distribution", "list", {}).json_.list("distributions").size(), 16u);
}

TEST(DistributionCommand, SaysTheRealBoundOfACount) {
  try {
    run("distribution", "binomial", {{"param", "n=1e18"}, {"param", "p=0.5"}, {"cdf", "3"}});
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("expected a whole number from 0 to 9e15"), std::string::npos) << e.what();
  }
}

TEST(Numbers, ScoresKeepFourDigits) {
  const auto shown = [](std::string_view metric, double v) { return str(score_format(metric, v), v); };
  EXPECT_EQ(shown("r2", 0.98765), "0.9877");
  EXPECT_EQ(shown("log_loss", 12.34567), "12.3457");
  EXPECT_EQ(shown("r2", -1e300), "-1.000e+300");
  EXPECT_EQ(shown("rmse", 2.7264e-7), "2.726e-07");
  EXPECT_EQ(shown("mae", 0.5), "0.5000");
  EXPECT_EQ(shown("mae", 123.456), "123.5");
  EXPECT_EQ(shown("rmse", 73873.0784), "73873");
  EXPECT_EQ(shown("rmse", 2.6e270), "2.600e+270");
}

}  // namespace
}  // namespace grim::stats
