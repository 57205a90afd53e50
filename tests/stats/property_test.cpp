// What holds of every test that the command stats knows, whatever the numbers: the table below says for each what a change of scale, an
// offset, another order and repeated rows do to its answer, and what is refused. A test that is new to the list fails until it has a row.
//
// Scale: multiplied by 2^k, k from -900 to 900, an answer keeps its bits, and what has a unit is multiplied by it, exactly.
// Offset: values that are whole numbers are moved by 2^40 and to the neighbours of 2^52, where they still are exact. Answers agree to 1e-12:
// means are rounded to doubles and differences are not, the last digits of both sides differ.
// Order: sums in twice the digits are rounded once, so answers agree to 1e-13 and rank statistics to the bit.
#include <algorithm>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/command/command.h"
#include "stats/captured.h"
#include "stats/golden.h"

namespace grim::stats {
namespace {

Captured run(const std::string& test, const Settings& settings) {
  for (const auto& c : all_commands()) {
    if (c->name() != "stats") continue;
    *c->positionals()[0].target = test;
    c->set(settings);
    Captured console;
    EXPECT_EQ(c->run(console), 0);
    return console;
  }
  throw Error(ErrorKind::state, "no such command");
}

// "a.b" and "a.0" for members and entries; text is left out but for the names of numbers that JSON cannot hold.
using Numbers = std::map<std::string, double>;
void flatten(const Json& j, const std::string& path, Numbers& out) {
  if (j.is_object())
    for (size_t i = 0; i < j.size(); ++i) flatten(j.items()[i], path + (path.empty() ? "" : ".") + j.keys()[i], out);
  else if (j.is_array())
    for (size_t i = 0; i < j.size(); ++i) flatten(j[i], path + "." + std::to_string(i), out);
  else if (j.kind() == Json::Kind::integer || j.kind() == Json::Kind::real) out[path] = j.as_real();
  else if (j.kind() == Json::Kind::text && (j.as_text() == "NaN" || j.as_text().ends_with("Infinity"))) out[path] = j.as_real();
}
Numbers numbers_of(const std::string& test, const Settings& settings) {
  Numbers n;
  flatten(run(test, settings).json_, "", n);
  return n;
}

using Values = std::vector<std::vector<double>>;
Values parse(const std::string& text) {
  Values v(1);
  for (size_t at = 0; at < text.size();) {
    size_t used = 0;
    v.back().push_back(std::stod(text.substr(at), &used));
    at += used;
    if (at < text.size() && text[at] == ';') v.emplace_back();
    ++at;
  }
  return v;
}
std::string print(const Values& v) {
  std::string s;
  for (const auto& row : v) {
    if (!s.empty()) s += ";";
    for (size_t i = 0; i < row.size(); ++i) s += (i ? "," : "") + str("{:.17g}", row[i]);
  }
  return s;
}
template <class F> Settings changed(Settings settings, const std::vector<std::string>& flags, F f) {
  for (auto& [key, text] : settings)
    if (std::ranges::find(flags, key) != flags.end()) {
      Values v = parse(text);
      f(v);
      text = print(v);
    }
  return settings;
}

struct Expected {
  std::string test;
  Settings settings;
  std::vector<std::string> units = {};   // flags whose numbers are multiplied together
  std::map<std::string, int> degree = {};  // of answers by the end of their path: 2^(k degree); 0 where not named
  std::vector<std::string> offset = {};  // flags that may be moved together by as much
  std::vector<std::string> moves = {};   // answers that move with them; all others stay. "-": not compared
  std::vector<std::string> repeated = {};  // answers that stay when every row of x and y is there twice
  bool constant = false;                 // whether it answers where all values are equal; else it refuses
};

const std::string kX = "2,3,1,5,4,7,6,8", kY = "3,1,4,6,5,9,7,10", kGroups = "1,2,3,4;2,4,3,6;5,7,6,8", kTable = "12,5;3,14";

const std::vector<Expected>& expectations() {
  using S = std::vector<std::string>;
  const S xy = {"x", "y"}, x = {"x"};
  const std::map<std::string, int> means = {{"mean of x", 1}, {"mean of y", 1}, {"low", 1}, {"high", 1}};
  static const std::vector<Expected> all = {
      {"describe", {{"x", kX}}, x,
       {{"mean", 1}, {"sd", 1}, {"standard_error", 1}, {"low", 1}, {"q1", 1}, {"median", 1}, {"q3", 1}, {"high", 1}}, x,
       {"mean", "low", "q1", "median", "q3", "high"}, {"mean", "low", "high", "median", "skewness", "excess_kurtosis"}, true},
      {"means", {{"x", kX}}, x, {{"arithmetic", 1}, {"geometric", 1}, {"harmonic", 1}}, x, {"arithmetic", "geometric-", "harmonic-"},
       {"arithmetic", "geometric", "harmonic"}, true},
      {"ema", {{"x", kX}}, x, {{"recursive", 1}, {"corrected", 1}}, x, {"recursive", "corrected"}, {}, true},
      {"t-test", {{"x", kX}, {"y", kY}}, xy, means, xy, {"mean of x", "mean of y"}, {"mean of x", "mean of y"}},
      {"paired-t-test", {{"x", kX}, {"y", kY}}, xy, {{"mean difference", 1}, {"sd of differences", 1}, {"low", 1}, {"high", 1}}, xy, {},
       {"mean difference"}},
      {"z-test", {{"x", kX}, {"sd", "2"}, {"mean", "3"}}, {"x", "sd", "mean"}, {{"estimates.mean", 1}, {"low", 1}, {"high", 1}}, {"x", "mean"},
       {"estimates.mean", "low", "high"}, {"estimates.mean", "effect.value"}, true},
      {"anova", {{"x", kGroups}}, x, {{"mean of group 1", 1}, {"mean of group 2", 1}, {"mean of group 3", 1}}, x,
       {"mean of group 1", "mean of group 2", "mean of group 3"}, {"mean of group 1", "effect.value"}},
      {"tukey", {{"x", kGroups}}, x, {{"difference", 1}, {"low", 1}, {"high", 1}}, x, {}, {"difference"}},
      {"levene", {{"x", kGroups}}, x, {}, x, {}, {}},
      {"bartlett", {{"x", kGroups}}, x, {}, x, {}, {}},
      {"binomial", {{"x", "14"}, {"n", "20"}}, {}, {}, {}, {}, {}, true},
      {"proportion", {{"x", "83,90"}, {"n", "86,93"}}, {}, {}, {}, {}, {}, true},
      {"interval", {{"x", "8"}, {"n", "10"}}, {}, {}, {}, {}, {}, true},
      {"chi-square", {{"x", kX}, {"y", kY}}, {"y"}, {}, {}, {}, {}, true},
      {"g-test", {{"table", kTable}}, {}, {}, {}, {}, {}, true},
      {"fisher", {{"table", kTable}}, {}, {}, {}, {}, {}, true},
      {"mcnemar", {{"table", kTable}}, {}, {}, {}, {}, {}, true},
      {"mann-whitney", {{"x", kX}, {"y", kY}}, xy, {}, xy, {}, {"effect.value"}},
      {"wilcoxon", {{"x", kX}, {"y", kY}}, xy, {}, xy, {}, {}},
      {"kruskal", {{"x", kGroups}}, x, {}, x, {}, {}},
      {"ks", {{"x", kX}, {"y", kY}}, xy, {}, xy, {}, {"statistic"}, true},
      {"shapiro", {{"x", kX}}, x, {}, x, {}, {}},
      {"correlation", {{"x", kX}, {"y", kY}}, xy, {}, xy, {}, {"statistic", "effect.value"}},
      {"pearson", {{"x", kX}, {"y", kY}}, xy, {}, xy, {}, {"statistic", "effect.value"}},
      {"spearman", {{"x", kX}, {"y", kY}}, xy, {}, xy, {}, {"statistic"}},
      {"kendall", {{"x", kX}, {"y", kY}}, xy, {}, xy, {}, {}},
      {"permutation", {{"x", kX}, {"y", kY}, {"resamples", "300"}}, xy, {{"statistic", 1}}, xy, {}, {"statistic"}, true},
      {"bootstrap", {{"x", kX}, {"resamples", "300"}}, x, {{"mean", 1}, {"bias", 1}, {"standard_error", 1}, {"percentile", 1}, {"bca", 1}}, x,
       {"mean", "percentile", "bca"}, {"mean"}, true},
      {"adjust", {{"x", ".01,.02,.5"}}, {}, {}, {}, {}, {}, true},
      {"power", {{"power", ".8"}}, {}, {}, {}, {}, {}, true},
      {"entropy", {{"x", "4,2,1,1"}}, x, {}, {}, {}, {}, true},
      {"kl", {{"x", "4,2,1,1"}, {"y", "1,1,1,1"}}, xy, {}, {}, {}, {}, true},
      {"bayes", {{"prior", ".25,.75"}, {"likelihood", ".9,.09"}}, {"likelihood"}, {{"likelihood", 1}}, {}, {}, {}, true},
      {"regression", {{"x", kX}, {"y", kY}}, xy,
       {{"coefficients.0.estimate", 1}, {"coefficients.0.standard_error", 1}, {"coefficients.0.low", 1}, {"coefficients.0.high", 1}, {"sigma", 1},
        {"log_likelihood", 99}, {"aic", 99}, {"bic", 99}},
       x, {"coefficients.0-"}, {"coefficients.1.estimate", "coefficients.0.estimate", "r_squared"}},
      {"logistic", {{"x", kX}, {"y", "0,0,1,0,1,0,1,1"}}, x,
       {{"coefficients.1.estimate", -1}, {"coefficients.1.standard_error", -1}, {"coefficients.1.low", -1}, {"coefficients.1.high", -1}}, x,
       {"coefficients.0-"}, {"coefficients.1.estimate", "coefficients.0.estimate"}},
      {"poisson", {{"x", kX}, {"y", "1,0,2,3,2,5,4,6"}}, x,
       {{"coefficients.1.estimate", -1}, {"coefficients.1.standard_error", -1}, {"coefficients.1.low", -1}, {"coefficients.1.high", -1}}, x,
       {"coefficients.0-"}, {"coefficients.1.estimate", "coefficients.0.estimate"}},
      {"pca", {{"x", kX + ";" + kY}}, x, {{"sd", 1}}, x, {}, {"ratio", "components"}}};
  return all;
}

// The answer's place in a list of path ends: 1 when it is named, -1 when it is named with a minus (not compared), else 0.
int named(const std::vector<std::string>& ends, const std::string& path) {
  for (const std::string& e : ends) {
    const bool left_out = e.ends_with('-');
    const std::string end = left_out ? e.substr(0, e.size() - 1) : e;
    const size_t at = path.rfind(end);
    if (at == std::string::npos || (at > 0 && path[at - 1] != '.')) continue;
    const char next = at + end.size() < path.size() ? path[at + end.size()] : '.';
    if (next == '.') return left_out ? -1 : 1;
  }
  return 0;
}
int degree_of(const Expected& e, const std::string& path) {
  for (const auto& [end, d] : e.degree)
    if (named({end}, path)) return d;
  return 0;
}
bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }
::testing::AssertionResult close(double got, double expected, double tolerance) {
  if (same(got, expected) || std::abs(got - expected) <= tolerance * std::max({std::abs(got), std::abs(expected), 1e-3}))
    return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << str("got {:.17g}, expected {:.17g}", got, expected);
}

TEST(Properties, EveryTestOfTheListHasItsRow) {
  std::vector<std::string> rows;
  for (const Expected& e : expectations()) rows.push_back(e.test);
  for (const Json& name : run("list", {}).json_.list("tests"))
    EXPECT_EQ(std::ranges::count(rows, name.as_text()), 1) << "no row for " << name.as_text();
}

TEST(Properties, AnswersExist) {
  for (const Expected& e : expectations()) {
    SCOPED_TRACE(e.test);
    const Captured c = run(e.test, e.settings);
    EXPECT_EQ(c.text_.find("nan"), std::string::npos) << c.text_;
    if (const Json* p = c.json_.find("p_value")) {
      EXPECT_GT(p->as_real(), 0);
      EXPECT_LE(p->as_real(), 1);
    }
  }
}

TEST(Properties, Scale) {
  for (const Expected& e : expectations()) {
    if (e.units.empty()) continue;
    const Numbers base = numbers_of(e.test, e.settings);
    for (const int k : {-900, -601, -300, -1, 1, 300, 600, 900}) {
      SCOPED_TRACE(e.test + str(" at 2^{}", k));
      const auto times = [k](Values& v) {
        for (auto& row : v)
          for (double& d : row) d = std::ldexp(d, k);
      };
      const Numbers there = numbers_of(e.test, changed(e.settings, e.units, times));
      ASSERT_EQ(there.size(), base.size());
      for (const auto& [path, v] : base) {
        const int degree = degree_of(e, path);
        if (degree == 99) {  // a likelihood of densities: - n ln 2^k, rounded
          const double n = 8;
          EXPECT_TRUE(close(there.at(path), v - (path == "log_likelihood" ? 1 : -2) * n * k * M_LN2, 1e-13)) << path;
        } else {
          EXPECT_TRUE(same(there.at(path), std::ldexp(v, degree * k))) << path << str(": {:.17g}, at 1 {:.17g}", there.at(path), v);
        }
      }
    }
  }
}

// Next to the largest and the least double: what a double holds is right, and what none holds is said or refused.
TEST(Properties, EdgesOfTheRange) {
  for (const Expected& e : expectations()) {
    if (e.units.empty()) continue;
    // Between the two ends of the range, where values may be negative: differences and deviations are larger than any double.
    const auto alternate = [](Values& v) {
      for (auto& row : v)
        for (size_t i = 1; i < row.size(); i += 2) row[i] = -row[i];
    };
    const Settings wide = e.offset.empty() || e.test == "means" ? e.settings : changed(e.settings, e.offset, alternate);
    const Numbers base = numbers_of(e.test, wide);
    for (const int k : {-1074, -1060, 1019, 1020}) {
      if (e.test == "bayes" && k < 0) continue;  // of shares, whose digits are lost there
      SCOPED_TRACE(e.test + str(" at 2^{}", k));
      const auto times = [k](Values& v) {
        for (auto& row : v)
          for (double& d : row) d = std::ldexp(d, k);
      };
      std::optional<Captured> c;
      try {
        c = run(e.test, changed(wide, e.units, times));
      } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("range of a double"), std::string::npos) << error.what();
        continue;
      }
      Numbers there;
      flatten(c->json_, "", there);
      bool beyond = false;
      for (const auto& [path, v] : base) {
        const int degree = degree_of(e, path);
        if (degree == 99) continue;
        const double expected = std::ldexp(v, degree * k);
        beyond |= std::isinf(expected);
        const bool last_unit = degree == 1 && std::abs(there.at(path) - expected) <= 0x1p-1074;  // sums of two that were rounded there
        EXPECT_TRUE(same(there.at(path), expected) || last_unit) << path << str(": {:.17g}, at 1 {:.17g}", there.at(path), v);
      }
      EXPECT_EQ(c->text_.find("beyond the range of a double") != std::string::npos, beyond) << c->text_;
    }
  }
}

// Deviations larger than any double: statistics and p are those of values a power of two smaller, and so is every number that exists.
TEST(Properties, BeyondTheRange) {
  const std::vector<std::pair<std::string, Settings>> cases = {{"describe", {{"x", "-1.5,1.75"}}},
                                                               {"t-test", {{"x", "1.5,-1.5"}}},
                                                               {"t-test", {{"x", "1.5,1.25"}, {"y", "-1.75,-1.5"}}},
                                                               {"t-test", {{"x", "1.5,-1.5"}, {"alternative", "less"}}},
                                                               {"z-test", {{"x", "1.5,1.5"}, {"sd", "1.5"}}},
                                                               {"tukey", {{"x", "1.5,-1.5;-1.25,1.5"}}},
                                                               {"regression", {{"x", "1,2,3"}, {"y", "1,-1,1"}}},
                                                               {"pca", {{"x", "1.5,-1.5,1.75;1.75,-1.5,1.25"}}}};
  for (const auto& [test, settings] : cases) {
    SCOPED_TRACE(test);
    const auto times = [](Values& v) {
      for (auto& row : v)
        for (double& d : row) d = std::ldexp(d, 1023);
    };
    std::vector<std::string> units = {"x", "y", "sd"};
    if (test == "regression") units = {"y"};
    std::erase_if(units, [&](const std::string& key) { return std::ranges::none_of(settings, [&](const auto& s) { return s.first == key; }); });
    const Numbers base = numbers_of(test, settings);
    const Captured c = run(test, changed(settings, units, times));
    Numbers there;
    flatten(c.json_, "", there);
    for (const auto& [path, v] : base) {
      if (path.starts_with("log_") || path.ends_with("aic") || path.ends_with("bic")) continue;
      const double got = there.at(path);
      EXPECT_TRUE(same(got, v) || same(got, std::ldexp(v, 1023))) << path << str(": {:.17g}, at 1 {:.17g}", got, v);
    }
    EXPECT_NE(c.text_.find("beyond the range of a double"), std::string::npos) << c.text_;
  }
  const Json interval = run("bootstrap", {{"x", "1.5e308,-1.5e308,1.5e308"}}).json_;
  EXPECT_EQ(interval.list("percentile")[0].as_real(), -1.5e308);
  const Numbers fit = numbers_of("regression", {{"x", "1,2,3"}, {"y", "1e308,-1e308,1e308"}});
  EXPECT_GE(fit.at("r_squared"), 0);
  EXPECT_NEAR(fit.at("r_squared"), 0, 1e-30);
  EXPECT_GE(fit.at("f"), 0);
  EXPECT_REL(fit.at("coefficients.1.standard_error"), 2 / std::sqrt(3) * 1e308, 1e-15);
}

TEST(Properties, Offset) {
  for (const Expected& e : expectations()) {
    if (e.offset.empty()) continue;
    const Numbers base = numbers_of(e.test, e.settings);
    for (const double by : {1.0, 0x1p40, 1e12, 0x1p52, -0x1p52}) {
      SCOPED_TRACE(e.test + str(" moved by {}", by));
      const auto plus = [by](Values& v) {
        for (auto& row : v)
          for (double& d : row) d += by;
      };
      if (by < 0 && e.test == "means") continue;
      const Numbers there = numbers_of(e.test, changed(e.settings, e.offset, plus));
      for (const auto& [path, v] : base) {
        const int moves = named(e.moves, path);
        if (moves < 0) continue;
        // Where the answer moves it is rounded to a double of that size.
        EXPECT_TRUE(moves ? std::abs(there.at(path) - by - v) <= 0x1p-52 * std::abs(by) + 1e-12 : close(there.at(path), v, 1e-12)) << path;
      }
    }
  }
}

TEST(Properties, Order) {
  for (const Expected& e : expectations()) {
    if (e.units.empty() || e.test == "ema" || e.test == "bootstrap" || e.test == "permutation" || e.test == "bayes") continue;  // order is part of them
    SCOPED_TRACE(e.test);
    const auto turn = [](Values& v) {  // the same for all lists of one length, so that pairs stay together
      for (auto& row : v) std::ranges::rotate(row, row.begin() + static_cast<int64_t>(row.size() / 3)), std::swap(row[0], row[2]);
    };
    std::vector<std::string> lists;
    for (const auto& [key, text] : e.settings)
      if (text.find(',') != std::string::npos) lists.push_back(key);
    const Numbers base = numbers_of(e.test, e.settings), there = numbers_of(e.test, changed(e.settings, lists, turn));
    for (const auto& [path, v] : base) EXPECT_TRUE(close(there.at(path), v, 1e-13)) << path;
  }
}

TEST(Properties, RepeatedRows) {
  for (const Expected& e : expectations()) {
    if (e.repeated.empty()) continue;
    SCOPED_TRACE(e.test);
    const auto twice = [](Values& v) {
      for (auto& row : v) {
        const std::vector<double> once = row;
        row.insert(row.end(), once.begin(), once.end());
      }
    };
    const Numbers base = numbers_of(e.test, e.settings), there = numbers_of(e.test, changed(e.settings, {"x", "y"}, twice));
    for (const auto& [path, v] : base) {
      if (named(e.repeated, path) == 1) {
        EXPECT_TRUE(close(there.at(path), v, 1e-12)) << path;
      }
    }
  }
}

// An answer, or nothing and one sentence.
std::optional<Captured> attempt(const std::string& test, const Settings& settings) {
  try {
    return run(test, settings);
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
    EXPECT_NE(e.kind(), ErrorKind::state) << e.what();
    return std::nullopt;
  }
}
void expect_sane(const Captured& c) {
  EXPECT_EQ(c.text_.find("nan"), std::string::npos) << c.text_;
  EXPECT_EQ(c.text_.find("e+inf"), std::string::npos) << c.text_;
  if (const Json* p = c.json_.find("p_value"); p && !std::isnan(p->as_real())) {
    const bool beyond = std::abs(c.json_.real("statistic")) > 38;  // standard errors: the tail itself is below the least double
    EXPECT_TRUE(p->as_real() > 0 || beyond) << c.text_;
  }
}

TEST(Properties, Constant) {
  for (const Expected& e : expectations()) {
    for (const double value : {0.1, 0.7, 3.0, 1e300, 1e-300, 0x1p53}) {
      SCOPED_TRACE(e.test + str(", all {}", value));
      const bool counts = e.test == "chi-square" || e.offset.empty();
      if (counts && (e.test == "adjust" || e.units.empty())) continue;  // no values but counts
      std::vector<std::string> lists = {"x", "y"};
      if (e.test == "chi-square") lists = {"y"};
      if (e.test == "logistic" || e.test == "poisson") lists = {"x"};
      const auto flat = [&](Values& v) {
        for (auto& row : v) std::ranges::fill(row, value);
      };
      const auto c = attempt(e.test, changed(e.settings, lists, flat));
      EXPECT_EQ(c.has_value(), e.constant) << (c ? c->text_ : "refused");
      if (c) expect_sane(*c);
    }
  }
}

TEST(Properties, OneValueAndOneGroup) {
  for (const Expected& e : expectations()) {
    SCOPED_TRACE(e.test);
    const auto first = [](Values& v) {
      for (auto& row : v) row.resize(1);
    };
    const auto alone = [](Values& v) { v.resize(1); };
    for (const auto& c : {attempt(e.test, changed(e.settings, {"x", "y"}, first)), attempt(e.test, changed(e.settings, {"x"}, alone))})
      if (c) expect_sane(*c);
  }
}

TEST(Properties, EmptyEntriesAreNeverSkipped) {
  for (const Expected& e : expectations())
    for (const auto& [key, text] : e.settings) {
      const size_t comma = text.find(',');
      if (comma == std::string::npos) continue;
      for (const std::string& gap : {text.substr(0, comma) + "," + text.substr(comma), "," + text, text + ","}) {
        SCOPED_TRACE(e.test + " --" + key + " " + gap);
        Settings with = e.settings;
        for (auto& [k, t] : with)
          if (k == key) t = gap;
        if (const auto c = attempt(e.test, with)) {
          ASSERT_NE(c->json_.find("missing"), nullptr);  // describe counts them
          EXPECT_EQ(c->json_.integer("missing"), 1);
        }
        with.emplace_back("missing", "drop");
        const auto dropped = attempt(e.test, with);
        if (!dropped || dropped->json_.find("missing")) continue;
        EXPECT_NE(dropped->text_.find("left out"), std::string::npos) << dropped->text_;
        const Json* notes = dropped->json_.find("notes");
        ASSERT_NE(notes, nullptr) << dropped->text_;
        EXPECT_TRUE(std::ranges::any_of(notes->items(), [](const Json& n) { return n.as_text().find("left out") != std::string::npos; }))
            << dropped->text_;
      }
    }
}

TEST(Properties, InfinitiesAreRefused) {
  for (const Expected& e : expectations())
    for (const auto& [key, text] : e.settings) {
      const size_t comma = text.find(',');
      if (comma == std::string::npos) continue;
      for (const char* what : {"inf", "-inf"}) {
        SCOPED_TRACE(e.test + " --" + key);
        Settings with = e.settings;
        for (auto& [k, t] : with)
          if (k == key) t = what + text.substr(comma);
        EXPECT_FALSE(attempt(e.test, with).has_value());
      }
    }
}

}  // namespace
}  // namespace grim::stats
