#include "grimoire/base/error.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/stats/families.h"
#include "grimoire/stats/distribution.h"
#include "grimoire/stats/ranks.h"

namespace grim {
namespace {

using namespace stats;

struct OfRanks : StatsTest {
  std::string alternative = "two-sided", method = "automatic", continuity = "half";

  Options common() { return {in.of_gaps(), option_of_alternative(alternative), option_of_method(method)}; }
  TestOptions how() const {
    if (method == "exact") refuse_with("--method exact", {"continuity"});
    return {.alternative = alternative_of(alternative), .missing = in.policy(), .method = method_of(method), .continuity = continuity_of(continuity)};
  }
};

struct MannWhitney final : OfRanks {
  Options options() override { return joined({in.of_two(), common(), {option_of_continuity(continuity)}}); }
  Answer answer() override {
    const auto [a, b] = in.two();
    return show(mann_whitney_test(a, b, how()));
  }
};

struct Wilcoxon final : OfRanks {
  std::string zeros = "drop";

  Options options() override {
    Options pairs = in.of_pairs("differences, or the first of each pair; numbers, or a column of --data", "the second of each pair");
    pairs[1].required = false;
    return joined({pairs, common(),
                   {option_of_continuity(continuity), {.name = "zeros", .help = "differences of 0", .target = &zeros, .choices = {"drop", "pratt"}}}});
  }
  Answer answer() override {
    const Zeros with = zeros == "pratt" ? Zeros::pratt : Zeros::drop;
    return show(in.y_names.empty() ? wilcoxon_test(in.x(), with, how()) : wilcoxon_test(in.x(), in.y(), with, how()));
  }
};

struct Kolmogorov final : OfRanks {
  std::string against;
  std::vector<std::string> parameters;

  Options options() override {
    const Options own = {{.name = "against", .help = "a distribution in place of a second sample: grimoire distribution list", .target = &against,
                          .basic = true, .without = {"y", "group"}},
                         {.name = "param", .help = "a parameter of it, as sd=2; may be given again", .target = &parameters, .basic = true, .with = "against"}};
    return joined({in.of_two(), own, common()});
  }
  Answer answer() override {
    if (!against.empty()) return show(kolmogorov_test(in.x(), *reference(), how()));
    const auto [a, b] = in.two();
    return show(kolmogorov_test(a, b, how()));
  }
  std::unique_ptr<Distribution> reference() const {
    Parameters p;
    for (const std::string& s : parameters) p.push_back(parse_setting(s, "param"));
    try {
      return make_distribution(against, p);
    } catch (const Error& e) {  // of the flags, not of the data
      throw Error(ErrorKind::usage, e.what(), e.hint());
    }
  }
};

struct Shapiro final : StatsTest {
  Options options() override { return joined({in.of_list(), {in.of_gaps()}}); }
  Answer answer() override { return show(shapiro_test(in.x(), in.policy())); }
};

constexpr StatsEntry kTests[] = {
    {"mann-whitney", "ranks of two samples", "grimoire stats mann-whitney --x 1.1,2.3,0.7 --y 3.1,2.9,4.4", make_test<MannWhitney>},
    {"wilcoxon", "signed ranks of differences", "grimoire stats wilcoxon --x 1.1,-0.3,0.7,2.2", make_test<Wilcoxon>},
    {"ks", "Kolmogorov-Smirnov, two samples or --against", "grimoire stats ks --x .1,.4,.35,.8 --against uniform\n"
     "grimoire stats ks --x 1.1,2.3,0.7 --y 3.1,2.9,4.4", make_test<Kolmogorov>},
    {"shapiro", "normality", "grimoire stats shapiro --x 4.1,5.2,4.8,6.0,5.5", make_test<Shapiro>}};

}  // namespace

const StatsFamily kRanks{"ranks and orders", kTests};

}  // namespace grim
