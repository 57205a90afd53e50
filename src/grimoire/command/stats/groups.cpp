#include "grimoire/base/error.h"
#include "grimoire/command/stats/families.h"
#include "grimoire/stats/means.h"
#include "grimoire/stats/ranks.h"

namespace grim {
namespace {

using namespace stats;

template <TestResult (*test)(const Groups&, Missing)> struct OfGroups : StatsTest {
  Options options() override { return joined({in.of_groups(), {in.of_gaps()}}); }
  Answer answer() override { return show(test(in.groups(), in.policy())); }
};

struct Anova final : OfGroups<anova> {  // shows the mean of each group, which has a name where it came from a file
  Answer answer() override {
    TestResult r = anova(in.groups(), in.policy());
    in.name_groups(r);
    return show(r);
  }
};

TestResult levene_of_medians(const Groups& groups, Missing missing) { return levene_test(groups, Centre::median, missing); }

struct EveryPair final : StatsTest {
  double level = 0.95;

  Options options() override { return joined({in.of_groups(), {in.of_gaps(), option_of_level(level)}}); }
  Answer answer() override {
    const Groups groups = in.groups();
    const auto label = [&](int i) { return in.labels.empty() ? str("{}", i + 1) : in.labels[static_cast<size_t>(i)]; };
    Json pairs = Json::array();
    std::string text = str("Tukey's honest significant differences, {:.4g} % simultaneous intervals\n  {:<24} {:>14} {:>14} {:>14} {:>12}\n",
                           100 * level, "groups", "difference", "low", "high", "p-value");
    const Tukey tukey = tukey_hsd(groups, level, in.policy());
    for (const PairDifference& p : tukey.pairs) {
      text += str("  {:<24} {:>14.8g} {:>14.8g} {:>14.8g} {:>12.6g}\n", label(p.second) + " - " + label(p.first), p.difference, p.low, p.high,
                  p.p_value);
      pairs.push(Json::object({{"first", label(p.first)},
                               {"second", label(p.second)},
                               {"difference", p.difference},
                               {"low", p.low},
                               {"high", p.high},
                               {"p_value", p.p_value}}));
    }
    for (const std::string& n : tukey.notes) text += "note: " + n + "\n";
    return {text, Json::object({{"method", "Tukey HSD"}, {"level", level}, {"pairs", pairs}, {"notes", Json::array_of(tukey.notes)}})};
  }
};

constexpr StatsEntry kTests[] = {
    {"anova", "means of groups", "grimoire stats anova --data plants.csv --x weight --group treatment\ngrimoire stats anova --x \"4,5,6;6,7,9;5,5,8\"",
     make_test<Anova>},
    {"tukey", "every pair of group means", "grimoire stats tukey --data plants.csv --x weight --group treatment", make_test<EveryPair>},
    {"levene", "equal variances, from medians", "grimoire stats levene --x \"4,5,6;6,7,9;5,5,8\"", make_test<OfGroups<levene_of_medians>>},
    {"bartlett", "equal variances of normal data", "grimoire stats bartlett --x \"4,5,6;6,7,9;5,5,8\"", make_test<OfGroups<bartlett_test>>},
    {"kruskal", "ranks of groups", "grimoire stats kruskal --x \"4,5,6;6,7,9;5,5,8\"", make_test<OfGroups<kruskal_test>>}};

}  // namespace

const StatsFamily kGroups{"groups", kTests};

}  // namespace grim
