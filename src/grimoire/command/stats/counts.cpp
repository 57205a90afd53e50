#include "grimoire/base/error.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/stats/families.h"
#include "grimoire/stats/counts.h"

namespace grim {
namespace {

using namespace stats;

// Successes among tries.
struct OfShare : StatsTest {
  std::string n;
  double level = 0.95;

  Options counted(const char* x = "successes") {
    return {{.name = "x", .help = x, .target = &in.x_names, .basic = true, .required = true},
            {.name = "n", .help = "how many there were in all", .target = &n, .basic = true, .required = true}};
  }
  double successes() const { return single_number("x", in.x_names, "the successes"); }
  double total() {
    in.note_rounded(n, "--n");
    return single_number("n", n, "the total");
  }
};

struct AgainstShare : OfShare {
  double p = 0.5;
  std::string alternative = "two-sided";

  Options null() {
    return {{.name = "p", .help = "the proportion to test against", .target = &p, .low = 0, .high = 1, .basic = true},
            option_of_alternative(alternative), option_of_level(level)};
  }
  TestOptions how() const { return {.alternative = alternative_of(alternative), .level = level}; }
};

struct Binomial final : AgainstShare {
  Options options() override { return joined({counted(), null()}); }
  Answer answer() override { return show(binomial_test(successes(), total(), p, how())); }
};

struct Proportion final : AgainstShare {
  Options options() override {
    return joined({in.of_list("successes, of one proportion or of several; or a column of --data"),
                   {{.name = "n", .help = "as many totals", .target = &n, .basic = true, .required = true}}, null()});
  }
  Answer answer() override {
    const std::vector<double> k = in.x();
    if (k.size() == 1) return show(proportion_test(k[0], total(), p, how()));
    refuse_with("several proportions", {"p", "alternative", "level"});
    in.note_rounded(n, "--n");
    return show(proportions_test(k, parse_numbers(n, "n")));
  }
};

struct IntervalOfShare final : OfShare {
  Options options() override { return joined({counted(), {option_of_level(level)}}); }
  Answer answer() override {
    const double k = successes(), tries = total();
    Lines lines;
    Json j = Json::object({{"level", level}});
    for (const auto& [key, form] : {std::pair{"wilson", ProportionInterval::wilson},
                                    {"clopper_pearson", ProportionInterval::clopper_pearson},
                                    {"jeffreys", ProportionInterval::jeffreys}}) {
      const Interval i = proportion_interval(k, tries, form, level);
      lines.emplace_back(key, str("{} to {}", number(i.low), number(i.high)));
      j.set(key, Json::array({i.low, i.high}));
    }
    return {aligned(lines), j};
  }
};

// A table of counts, given as such or counted from two columns of categories.
struct OfTable : StatsTest {
  std::string alternative = "two-sided";
  double level = 0.95;

  Options table() {
    Option gaps = in.of_gaps();
    gaps.with = "data";
    return joined({in.of_table(), {gaps}});
  }
  TestOptions how() const { return {.alternative = alternative_of(alternative), .level = level}; }
};

struct ChiSquare final : OfTable {
  std::string yates = "off";

  Options options() override {
    Options all = joined({table(), {{.name = "yates", .help = "Yates' correction of 2 x 2 tables", .target = &yates, .choices = {"off", "on"}}}});
    for (Option& o : all)
      if (o.name == "x" || o.name == "y") o.with.clear();
    all[1].help = "counts; or a column of --data: the rows of the table";
    all[2].help = "the shares expected of them, equal ones by themselves; or a column of --data: the columns of the table";
    return all;
  }
  Answer answer() override {
    if (!in.table.empty() || in.from_file()) return show(chi_square_test(in.counts(), yates == "on" ? Yates::on : Yates::off));
    refuse_with("counts of one kind: it is for a --table", {"yates"});
    return show(chi_square_fit(in.x(), in.y_names.empty() ? std::vector<double>{} : in.y()));
  }
};

struct LikelihoodRatio final : OfTable {
  Options options() override { return table(); }
  Answer answer() override { return show(g_test(in.counts())); }
};

struct Fisher final : OfTable {
  Options options() override { return joined({table(), {option_of_alternative(alternative), option_of_level(level)}}); }
  Answer answer() override { return show(fisher_test(in.counts(), how())); }
};

struct McNemar final : OfTable {
  std::string method = "automatic", continuity = "half";

  Options options() override {
    Options own = {option_of_method(method), option_of_continuity(continuity), option_of_alternative(alternative), option_of_level(level)};
    for (size_t i : {2, 3}) own[i].with = "method=exact";
    return joined({table(), own});
  }
  Answer answer() override {
    if (method == "exact") refuse_with("--method exact", {"continuity"});
    TestOptions o = how();
    o.method = method_of(method), o.continuity = continuity_of(continuity);
    return show(mcnemar_test(in.counts(), o));
  }
};

constexpr StatsEntry kTests[] = {
    {"binomial", "successes --x among --n against --p, exact", "grimoire stats binomial --x 8 --n 10 --p .5", make_test<Binomial>},
    {"proportion", "one against --p, or several --x of --n", "grimoire stats proportion --x 60 --n 100 --p .5\n"
     "grimoire stats proportion --x 60,45 --n 100,90", make_test<Proportion>},
    {"interval", "confidence intervals of a proportion --x of --n", "grimoire stats interval --x 9 --n 10", make_test<IntervalOfShare>},
    {"chi-square", "a --table, or counts --x against shares --y", "grimoire stats chi-square --table \"30,10;20,20\"\n"
     "grimoire stats chi-square --x 18,22,20\ngrimoire stats chi-square --data titanic.csv --x Sex --y Survived", make_test<ChiSquare>},
    {"g-test", "likelihood ratio of a table", "grimoire stats g-test --table \"30,10;20,20\"", make_test<LikelihoodRatio>},
    {"fisher", "exact, 2 x 2 table", "grimoire stats fisher --table \"3,1;1,3\"", make_test<Fisher>},
    {"mcnemar", "paired 2 x 2 table", "grimoire stats mcnemar --table \"30,12;5,40\" --method exact", make_test<McNemar>}};

}  // namespace

const StatsFamily kCounts{"proportions and counts", kTests};

}  // namespace grim
