#include <cmath>

#include "grimoire/command/numbers.h"
#include "grimoire/command/stats/families.h"
#include "grimoire/stats/summary.h"

namespace grim {
namespace {

using namespace stats;

struct Describe final : StatsTest {  // missing values are counted
  Options options() override { return in.of_list(); }
  Answer answer() override {
    const Description d = describe(in.x());
    Lines lines = {{"n", str("{}", d.n)}, {"missing", str("{}", d.missing)}};
    Json j = Json::object({{"n", d.n}, {"missing", d.missing}});
    for (const auto& [key, v] : {std::pair{"mean", d.mean},
                                 {"sd", d.sd},
                                 {"standard_error", d.standard_error},
                                 {"low", d.low},
                                 {"q1", d.q1},
                                 {"median", d.median},
                                 {"q3", d.q3},
                                 {"high", d.high},
                                 {"skewness", d.skewness},
                                 {"excess_kurtosis", d.excess_kurtosis}})
      lines.emplace_back(key, number(v)), j.set(key, value_or_null(v));
    if (std::isinf(d.sd) || std::isinf(d.standard_error)) lines.emplace_back("note", kBeyondRange), j.set("notes", Json::array({kBeyondRange}));
    return {aligned(lines), j};
  }
};

struct Means final : StatsTest {
  Options options() override { return joined({in.of_list(), {in.of_gaps()}}); }
  Answer answer() override {
    const std::vector<double> x = in.whole(in.x(), "x");
    const double a = mean(x), g = geometric_mean(x), h = harmonic_mean(x);
    return {aligned({{"arithmetic", number(a)}, {"geometric", number(g)}, {"harmonic", number(h)}}),
            Json::object({{"arithmetic", a}, {"geometric", g}, {"harmonic", h}})};
  }
};

struct MovingAverage final : StatsTest {
  double alpha = 0.5;

  Options options() override {
    return joined({in.of_list(),
                   {in.of_gaps(), {.name = "alpha", .help = "weight of the newest value", .target = &alpha, .low = 1e-300, .high = 1, .basic = true}}});
  }
  Answer answer() override {
    const std::vector<double> v = in.whole(in.x(), "x");
    const std::vector<double> plain = ema(v, alpha), corrected = ema(v, alpha, EmaForm::corrected);
    std::string text = str("  {:>14} {:>14} {:>14}\n", "x", "recursive", "bias-corrected");
    for (size_t i = 0; i < v.size(); ++i) text += str("  {:>14.8g} {:>14.8g} {:>14.8g}\n", v[i], plain[i], corrected[i]);
    return {text, Json::object({{"alpha", alpha}, {"recursive", Json::array_of(plain)}, {"corrected", Json::array_of(corrected)}})};
  }
};

constexpr StatsEntry kTests[] = {
    {"describe", "count, mean, deviation, quartiles, shape", "grimoire stats describe --x 2,4,4,4,5,5,7,9\n"
     "grimoire stats describe --data plants.csv --x weight", make_test<Describe>},
    {"means", "arithmetic, geometric, harmonic", "grimoire stats means --x 30,50", make_test<Means>},
    {"ema", "exponential moving average (--alpha)", "grimoire stats ema --x 10,12,11 --alpha .5", make_test<MovingAverage>}};

}  // namespace

const StatsFamily kDescriptions{"descriptions", kTests};

}  // namespace grim
