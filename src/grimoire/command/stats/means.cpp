#include <limits>

#include "grimoire/command/stats/families.h"
#include "grimoire/stats/means.h"

namespace grim {
namespace {

using namespace stats;

struct OfMeans : StatsTest {
  std::string alternative = "two-sided";
  double level = 0.95;

  Options common() { return {in.of_gaps(), option_of_alternative(alternative), option_of_level(level)}; }
  TestOptions how() const { return {.alternative = alternative_of(alternative), .level = level, .missing = in.policy()}; }
};

Option option_of_mean(double& target) { return {.name = "mean", .help = "the mean to test against", .target = &target, .basic = true}; }

struct OneOrTwoMeans final : OfMeans {
  double mean = 0;
  std::string spread = "separate";

  Options options() override {
    Options own = {option_of_mean(mean),
                   {.name = "spread", .help = "variances of two samples", .target = &spread, .choices = {"separate", "pooled"}, .basic = true}};
    own[0].without = {"y", "group"};
    return joined({in.of_two(), own, common()});
  }
  Answer answer() override {
    if (!in.has_two()) {
      refuse_with("one sample", {"spread"});
      return show(t_test(in.x(), mean, how()));
    }
    refuse_with("two samples", {"mean"});
    const auto [a, b] = in.two();
    TestResult r = two_sample_t_test(a, b, spread == "pooled" ? Spread::pooled : Spread::separate, how());
    in.name_groups(r);
    return show(r);
  }
};

struct PairedMeans final : OfMeans {
  Options options() override { return joined({in.of_pairs(), common()}); }
  Answer answer() override { return show(paired_t_test(in.x(), in.y(), how())); }
};

struct MeanOfKnownSpread final : OfMeans {
  double mean = 0, sd = 1;

  Options options() override {
    constexpr double kLeast = std::numeric_limits<double>::denorm_min();
    const Option deviation = {.name = "sd", .help = "the known deviation", .target = &sd, .low = kLeast, .basic = true, .required = true};
    return joined({in.of_list(), {deviation, option_of_mean(mean)}, common()});
  }
  Answer answer() override { return show(z_test(in.x(), sd, mean, how())); }
};

constexpr StatsEntry kTests[] = {
    {"t-test", "one mean, or two (Welch; --spread pooled)", "grimoire stats t-test --x 5.1,4.9,6.2,5.7 --y 6.3,6.8,5.9,7.1\n"
     "grimoire stats t-test --x 5.1,4.9,6.2,5.7 --mean 5\ngrimoire stats t-test --data plants.csv --x weight --group sort", make_test<OneOrTwoMeans>},
    {"paired-t-test", "mean of differences", "grimoire stats paired-t-test --x 5.1,4.9,6.2 --y 5.3,5.8,6.9", make_test<PairedMeans>},
    {"z-test", "a mean with known --sd", "grimoire stats z-test --x 101,104,99 --mean 100 --sd 15", make_test<MeanOfKnownSpread>}};

}  // namespace

const StatsFamily kMeans{"means", kTests};

}  // namespace grim
