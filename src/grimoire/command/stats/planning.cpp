#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/stats/families.h"
#include "grimoire/stats/multiple.h"
#include "grimoire/stats/power.h"

namespace grim {
namespace {

using namespace stats;

struct ManyTests final : StatsTest {
  std::string method = "holm";

  Options options() override {
    return joined({in.of_list("p-values, or a column of --data"),
                   {in.of_gaps(),
                    {.name = "method", .help = "of the adjustment", .target = &method, .choices = {"holm", "bonferroni", "bh", "by"}, .basic = true}}});
  }
  Answer answer() override {
    const std::vector<double> p = in.whole(in.x(), "x");
    const std::vector<double> q = adjust(p, adjustment_of(method));
    std::string text = str("  {:>14} {:>14}\n", "p", method);
    for (size_t i = 0; i < p.size(); ++i) text += str("  {:>14.8g} {:>14.8g}\n", p[i], q[i]);
    return {text, Json::object({{"method", method}, {"p", Json::array_of(p)}, {"adjusted", Json::array_of(q)}})};
  }
};

struct PowerOfT final : StatsTest {
  double effect = 0.5, alpha = 0.05, power = 0;
  std::string n, alternative = "two-sided";

  Options options() override {
    return {{.name = "effect", .help = "Cohen's d", .target = &effect, .basic = true},
            {.name = "n", .help = "values a group: the answer is the power", .target = &n, .basic = true, .without = {"power"}},
            {.name = "power", .help = "power wanted: the answer is --n", .target = &power, .low = 0, .high = 1, .basic = true},
            {.name = "alpha", .help = "level of the test", .target = &alpha, .low = 1e-300, .high = 1, .basic = true},
            option_of_alternative(alternative)};
  }
  Answer answer() override {
    PowerQuestion q{.effect = effect, .alpha = alpha, .alternative = alternative_of(alternative)};
    if ((power > 0) == !n.empty())
      throw Error(ErrorKind::usage, "power needs one of --n and --power", "grimoire stats power --effect .5 --power .8");
    in.note_rounded(n, "--n");
    q.n = power > 0 ? t_sample_size(q, power) : single_number("n", n, "the values a group");
    const double reached = t_power(q);
    return {"two-sample t test\n" + aligned({{"values a group", number(q.n)},
                                             {"whole", str("{:.0f}", std::ceil(q.n - 1e-9))},
                                             {"effect (Cohen's d)", number(q.effect)},
                                             {"alpha", number(q.alpha)},
                                             {"power", number(reached)}}),
            Json::object({{"n", q.n}, {"effect", q.effect}, {"alpha", q.alpha}, {"power", reached}, {"alternative", name_of(q.alternative)}})};
  }
};

constexpr StatsEntry kTests[] = {
    {"adjust", "many p-values --x (--method holm, bh, by, bonferroni)", "grimoire stats adjust --x .01,.02,.04,.3 --method bh", make_test<ManyTests>},
    {"power", "of the t test: --effect with --n or --power", "grimoire stats power --effect .5 --n 30\ngrimoire stats power --effect .5 --power .8",
     make_test<PowerOfT>}};

}  // namespace

const StatsFamily kPlanning{"many tests, and how many values", kTests};

}  // namespace grim
