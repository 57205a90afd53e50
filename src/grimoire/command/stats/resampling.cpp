#include <cmath>

#include "grimoire/command/numbers.h"
#include "grimoire/command/stats/families.h"
#include "grimoire/stats/resample.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/summary.h"

namespace grim {
namespace {

using namespace stats;

struct Resampling : StatsTest {
  int64_t resamples = 10000, seed = 1;
};

// Both resample deviations from the mean of all, so that means far from 0 lose no digits of their differences.
struct Permutation final : Resampling {
  std::string alternative = "two-sided";

  Options options() override {
    return joined({in.of_two(), {in.of_gaps(), option_of_alternative(alternative), option_of_resamples(resamples, 1), option_of_seed(seed)}});
  }
  Answer answer() override {
    auto [a, b] = in.two();
    a = in.whole(std::move(a), "x"), b = in.whole(std::move(b), "y");
    std::vector<double> all(a);
    all.insert(all.end(), b.begin(), b.end());
    const Sample s = sample_of(all);
    const Values about(s.deviation);
    Rng rng(RngMode::philox, static_cast<uint64_t>(seed), "permutation");
    const auto difference = [](Values p, Values q) { return mean(p) - mean(q); };
    TestResult r = permutation_test(about.first(a.size()), about.subspan(a.size()), difference, rng,
                                    {.resamples = resamples, .alternative = alternative_of(alternative)});
    r.statistic = {"difference of means", std::ldexp(r.statistic.value, s.unit())};
    return show(r);
  }
};

struct BootstrapOfMean final : Resampling {
  double level = 0.95;

  Options options() override {
    return joined({in.of_list(), {in.of_gaps(), option_of_level(level), option_of_resamples(resamples, 2), option_of_seed(seed)}});
  }
  Answer answer() override {
    Rng rng(RngMode::philox, static_cast<uint64_t>(seed), "bootstrap");
    const Sample s = sample_of(in.whole(in.x(), "x"));  // deviations are resampled: the mean of numbers far from 0 would lose their digits
    const Bootstrap b = bootstrap(
        s.deviation, [](Values v) { return mean(v); }, rng, {.resamples = resamples, .level = level});
    const auto at = [&](double v) { return s.at(v); };
    const double bias = std::ldexp(b.bias, s.unit()), error = std::ldexp(b.standard_error, s.unit());
    const auto range = [&](const Interval& i) { return str("{} to {}", number(at(i.low)), number(at(i.high))); };
    return {aligned({{"mean", number(s.mean())},
                     {"bias", number(bias)},
                     {"standard error", number(error)},
                     {"percentile interval", range(b.percentile)},
                     {"BCa interval", range(b.bca)}}),
            Json::object({{"mean", s.mean()},
                          {"bias", bias},
                          {"standard_error", error},
                          {"level", level},
                          {"percentile", Json::array({at(b.percentile.low), at(b.percentile.high)})},
                          {"bca", Json::array({at(b.bca.low), at(b.bca.high)})}})};
  }
};

constexpr StatsEntry kTests[] = {
    {"permutation", "difference of means by exchange of labels", "grimoire stats permutation --x 5.1,4.9,5.6 --y 4.3,5,4.6", make_test<Permutation>},
    {"bootstrap", "interval of a mean by resampling", "grimoire stats bootstrap --x 5.1,4.9,5.6,5.8,5.2", make_test<BootstrapOfMean>}};

}  // namespace

const StatsFamily kResampling{"resampling", kTests};

}  // namespace grim
