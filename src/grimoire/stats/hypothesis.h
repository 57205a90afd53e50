// What every test answers with. A p-value alone is half an answer: the estimate, its interval, the size of the effect and what
// the data made doubtful stand beside it.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/stats/distribution.h"

namespace grim::stats {

enum class Alternative : uint8_t { two_sided, less, greater };
enum class Missing : uint8_t { error, drop };             // NaN: refuse, naming the position, or leave out with a note
enum class PMethod : uint8_t { automatic, exact, asymptotic };
enum class Continuity : uint8_t { none, half };

struct Named {
  std::string name = {};
  double value = std::numeric_limits<double>::quiet_NaN();
};

struct Interval {
  std::string of;  // "difference of means"
  double low, high, level;
};

struct TestResult {
  std::string method = {};
  Named statistic = {};
  std::vector<double> df = {};
  double p_value = std::numeric_limits<double>::quiet_NaN();  // 0 where it is below the least double, unless `impossible`
  bool impossible = false;  // the null allows no such result at all: p is exactly 0
  Alternative alternative = Alternative::two_sided;
  std::vector<Named> estimates = {};
  std::optional<Interval> interval = {};
  std::optional<Named> effect = {};
  std::vector<std::string> notes = {};
  std::string meaning = {};  // what p does and does not say, in one sentence
};

struct TestOptions {
  Alternative alternative = Alternative::two_sided;
  double level = 0.95;  // of the interval
  Missing missing = Missing::error;
  PMethod method = PMethod::automatic;
  Continuity continuity = Continuity::half;  // of normal approximations to rank and sign statistics
};

using Groups = std::vector<std::vector<double>>;

Json to_json(const TestResult& result);
const char* name_of(Alternative alternative);
Alternative alternative_of(std::string_view name);  // "two-sided", "less", "greater". throws: argument

// For the tests themselves.
// The finite numbers of a sample; NaN as the policy says, infinities refused. throws: numeric
std::vector<double> checked(std::span<const double> x, std::string_view what, Missing missing, std::vector<std::string>& notes);
struct Pairs {
  std::vector<double> x, y;
};
// The same for values that belong together: a pair of which one is missing is left out whole. throws: argument, unequal lengths
Pairs checked_pairs(std::span<const double> x, std::span<const double> y, std::string_view what, Missing missing,
                    std::vector<std::string>& notes);
// x - y, with this note where they differ from each other by no more than rounding of x and y. throws: numeric, beyond a double's range
inline constexpr std::string_view kEqualDifferences = "the differences are equal but for the last digits of the values: they may be rounding alone";
std::vector<double> differences_of(const Pairs& pairs, std::string_view what, std::vector<std::string>& notes);
// Whether values that are not all equal differ by no more than rounding of the largest; and what is said of a test on such values.
bool differ_in_last_digits(std::span<const double> x);
inline constexpr std::string_view kLastDigits = "the values differ in their last digits alone: that may be rounding, and the test made of it";
// What is said of a number that is shown as infinite.
inline constexpr const char* kBeyondRange = "what is shown as inf is beyond the range of a double: divide the values by a power of ten";
void check_level(double level);
// The p-value of a statistic whose distribution is symmetric about 0.
double symmetric_p(const Distribution& d, double statistic, Alternative alternative);
// "If <null>, a result at least this far from it would come with probability p; p is not the probability that <null>."
std::string meaning_of(double p, std::string_view null);
void mark_impossible(TestResult& result, std::string_view null);  // p = 0, and its meaning
// Middle ranks from 1, and the sum of t^3 - t over groups of t equal values.
struct Ranks {
  std::vector<double> rank;
  double tie_sum = 0;
};
Ranks ranks_of(std::span<const double> x);

}  // namespace grim::stats
