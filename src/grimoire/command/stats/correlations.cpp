#include "grimoire/command/stats/families.h"
#include "grimoire/stats/correlation.h"

namespace grim {
namespace {

using namespace stats;

struct OfCorrelation : StatsTest {
  std::string alternative = "two-sided";

  Options common() { return joined({in.of_pairs(), {in.of_gaps(), option_of_alternative(alternative)}}); }
};

struct Pearson final : OfCorrelation {
  double level = 0.95;

  Options options() override { return joined({common(), {option_of_level(level)}}); }
  Answer answer() override {
    return show(pearson_test(in.x(), in.y(), {.alternative = alternative_of(alternative), .level = level, .missing = in.policy()}));
  }
};

template <TestResult (*test)(Values, Values, const TestOptions&)> struct OfRanks final : OfCorrelation {
  std::string method = "automatic";

  Options options() override { return joined({common(), {option_of_method(method)}}); }
  Answer answer() override {
    return show(test(in.x(), in.y(), {.alternative = alternative_of(alternative), .missing = in.policy(), .method = method_of(method)}));
  }
};

constexpr StatsEntry kTests[] = {
    {"correlation", "Pearson", "grimoire stats correlation --x 1,2,3,4,5 --y 2,1,4,3,7", make_test<Pearson>},
    {"pearson", "linear correlation", "grimoire stats pearson --x 1,2,3,4,5 --y 2,1,4,3,7", make_test<Pearson>},
    {"spearman", "correlation of ranks", "grimoire stats spearman --x 1,2,3,4,5 --y 2,1,4,3,7", make_test<OfRanks<spearman_test>>},
    {"kendall", "tau-b", "grimoire stats kendall --x 1,2,3,4,5 --y 2,1,4,3,7", make_test<OfRanks<kendall_test>>}};

}  // namespace

const StatsFamily kCorrelations{"correlation", kTests};

}  // namespace grim
