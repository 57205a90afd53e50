#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/stats_answers.h"
#include "grimoire/command/stats_inputs.h"
#include "grimoire/stats/correlation.h"
#include "grimoire/stats/counts.h"
#include "grimoire/stats/means.h"
#include "grimoire/stats/ranks.h"
#include "grimoire/stats/sample.h"
#include "grimoire/stats/summary.h"

namespace grim {
namespace {

using namespace stats;

class StatsCommand final : public Command {
 public:
  std::string name() const override { return "stats"; }
  std::string summary() const override {
    return "hypothesis tests, descriptions, correlation, regression and more on numbers or CSV columns";
  }
  std::vector<std::string> examples() const override {
    return {"grimoire stats t-test --x 5.1,4.9,6.2,5.7 --y 6.3,6.8,5.9,7.1", "grimoire stats fisher --table \"3,1;1,3\"",
            "grimoire stats anova --data plants.csv --x weight --group treatment",
            "grimoire stats regression --data cars.csv --y mpg --x weight,power --json", "grimoire stats list"};
  }
  std::vector<Positional> positionals() override {
    return {{"test", "t-test, chi-square, fisher, anova, describe, power, ...; list shows all", &in_.test}};
  }
  Options options() override {
    Options all = {
        {.name = "x", .help = "numbers (groups between semicolons), or column names of --data", .target = &in_.x_names, .basic = true},
        {.name = "y", .help = "a second list or column", .target = &in_.y_names, .basic = true},
        {.name = "group", .help = "the column of --data that tells groups apart", .target = &in_.group, .basic = true},
        {.name = "table", .help = "counts, rows between semicolons: 90,60;30,80", .target = &in_.table, .basic = true},
        {.name = "data", .help = "a CSV file", .target = &in_.data, .basic = true},
        {.name = "alternative",
         .help = "what is looked for",
         .target = &alternative_,
         .choices = {"two-sided", "less", "greater"},
         .basic = true},
        {.name = "level", .help = "confidence of intervals", .target = &level_, .low = 0.001, .high = 0.999999},
        {.name = "missing", .help = "NaN and missing cells", .target = &in_.missing, .choices = {"error", "drop"}, .basic = true},
        {.name = "method",
         .help = "of the p-value, or of the adjustment",
         .target = &method_,
         .choices = {"automatic", "exact", "asymptotic", "bonferroni", "holm", "bh", "by"}},
        {.name = "continuity", .help = "correction of normal approximations", .target = &continuity_, .choices = {"half", "none"}},
        {.name = "spread", .help = "variances in the two-sample t test", .target = &spread_, .choices = {"separate", "pooled"}},
        {.name = "zeros", .help = "zero differences in the Wilcoxon test", .target = &zeros_, .choices = {"drop", "pratt"}},
        {.name = "yates", .help = "Yates' correction of 2 x 2 tables", .target = &yates_, .choices = {"off", "on"}},
        {.name = "scaling", .help = "of principal components", .target = &scaling_, .choices = {"none", "unit-variance"}},
        {.name = "mean", .help = "the mean to test against", .target = &mean_},
        {.name = "sd", .help = "known deviation (z-test)", .target = &sd_, .low = 0},
        {.name = "p", .help = "the proportion to test against", .target = &p_, .low = 0, .high = 1},
        {.name = "n", .help = "totals of proportions; values a group (power)", .target = &n_},
        {.name = "effect", .help = "Cohen's d (power)", .target = &effect_},
        {.name = "alpha", .help = "level of the test (power), weight of the newest value (ema)", .target = &alpha_, .low = 0, .high = 1},
        {.name = "power", .help = "power wanted: the answer is then n", .target = &power_, .low = 0, .high = 1},
        {.name = "against", .help = "distribution for the ks test, with --param", .target = &against_},
        {.name = "param", .help = "a parameter of it, as sd=2; may be given again", .target = &parameters_},
        {.name = "prior", .help = "prior probabilities (bayes)", .target = &prior_},
        {.name = "likelihood", .help = "probability of the evidence under each hypothesis (bayes)", .target = &likelihood_},
        {.name = "components", .help = "principal components; 0 for all", .target = &components_, .low = 0},
        {.name = "resamples", .help = "of permutation and bootstrap", .target = &resamples_, .low = 1, .high = 1e8},
        {.name = "seed", .help = "of permutation and bootstrap", .target = &seed_, .low = 0}};
    for (Option& o : in_.layout.options()) all.push_back(std::move(o));
    return all;
  }

  int run(Console& console) override {
    const std::vector<Entry>& all = entries();
    if (in_.test == "list") {
      Lines lines;
      Json names = Json::array();
      for (const Entry& e : all) lines.emplace_back(e.name, e.help), names.push(e.name);
      console.data(aligned(lines));
      if (console.json()) console.result(Json::object({{"tests", names}}));
      return 0;
    }
    const auto entry = std::ranges::find(all, in_.test, &Entry::name);
    if (entry == all.end()) {
      std::vector<std::string> names;
      for (const Entry& e : all) names.push_back(e.name);
      const std::string near = nearest(in_.test, names.data(), names.size());
      throw Error(ErrorKind::usage, str("there is no test '{}'", in_.test),
                  near.empty() ? "grimoire stats list shows all" : str("did you mean {}?", near));
    }
    refuse_unused(*entry);
    refuse_mixed_forms();
    in_.open();
    for (const auto& [text, where] : {std::pair{n_, "--n"}, {prior_, "--prior"}, {likelihood_, "--likelihood"}}) in_.note_rounded(text, where);
    try {
      Answer a = (this->*entry->run)();
      in_.add_notes(a);
      console.data(a.text);
      if (console.json()) console.result(a.json);
    } catch (const Error& e) {
      const bool on_data = entry->takes.find("x") != std::string::npos || entry->takes.find("prior") != std::string::npos;
      const bool about_values = e.kind() == ErrorKind::numeric || e.kind() == ErrorKind::shape || e.kind() == ErrorKind::argument;
      if (!on_data || !about_values) throw;
      const std::string_view said = e.what();
      const bool gap = said.find("nan") != said.npos || said.find("is missing") != said.npos;
      throw Error(ErrorKind::input, e.what(), e.hint().empty() && missing() == Missing::error && gap ? "--missing drop leaves missing values out" : e.hint());
    }
    return 0;
  }

 private:
  struct Entry {
    std::string name, help;
    std::string takes;  // flags that bring numbers; --data goes with --x
    Answer (StatsCommand::*run)();
  };
  static const std::vector<Entry>& entries();

  // What a test would not look at is not dropped without a word.
  void refuse_unused(const Entry& test) {
    StatsCommand fresh;
    const Options given = options(), plain = fresh.options();
    for (const char* name : {"x", "y", "group", "table", "data", "mean", "sd", "p", "n", "effect", "power", "against", "param", "prior", "likelihood",
                             "components"}) {
      const std::vector<std::string> takes = split_names(test.takes);
      if (find(given, name)->json().dump() == find(plain, name)->json().dump() || std::ranges::find(takes, name) != takes.end()) continue;
      std::string list;
      for (const std::string& t : takes) list += (list.empty() ? "--" : ", --") + t;
      throw Error(ErrorKind::usage, str("{} takes no --{}", test.name, name), "it takes " + list);
    }
  }

  // Nor is what one form of a test takes and another does not.
  void refuse_together(bool form, const char* of, bool given, const char* flag) const {
    if (form && given) throw Error(ErrorKind::usage, str("{}: --{} is of no use with {}", in_.test, flag, of), "leave one of them out");
  }
  void refuse_mixed_forms() const {
    const bool two = !in_.y_names.empty() || !in_.group.empty() || in_.x_names.find(';') != std::string::npos;
    refuse_together(in_.test == "t-test" && two, "two samples", mean_ != 0, "mean");
    refuse_together(in_.test == "proportion" && in_.x_names.find(',') != std::string::npos, "several proportions", p_ != 0.5, "p");
    refuse_together(!against_.empty(), "--against", two, in_.group.empty() ? "y" : "group");
    refuse_together(against_.empty(), "two samples (--against names the distribution)", !parameters_.empty(), "param");
    refuse_together(!in_.table.empty(), "--table", !in_.x_names.empty(), "x");
    refuse_together(!in_.table.empty(), "--table", !in_.data.empty(), "data");
    refuse_together(!in_.y_names.empty(), "--y", !in_.group.empty(), "group");
    refuse_together(in_.data.empty(), "numbers on the command line: it is a column of --data", !in_.group.empty(), "group");
  }

  TestOptions test_options() const {
    return {.alternative = alternative_of(alternative_),
            .level = level_,
            .missing = missing(),
            .method = method_ == "exact"        ? PMethod::exact
                      : method_ == "asymptotic" ? PMethod::asymptotic
                                                : PMethod::automatic,
            .continuity = continuity_ == "none" ? Continuity::none : Continuity::half};
  }
  Missing missing() const { return in_.policy(); }
  std::vector<double> x() const { return in_.x(); }
  std::vector<double> y() const { return in_.y(); }
  double total() const {
    if (n_.empty()) throw Error(ErrorKind::usage, "--n is missing", "the total, or the values a group");
    return single_number("n", n_, "the total, or the values a group");
  }

  // Tests, each from its own inputs to a result.
  Answer describe() { return describe_answer(x()); }
  Answer means() { return means_answer(in_.whole(x(), "x")); }
  Answer moving_average() { return ema_answer(in_.whole(x(), "x"), alpha_ > 0 ? alpha_ : 0.5); }
  Answer t() {
    if (!in_.y_names.empty() || !in_.group.empty() || in_.x_names.find(';') != std::string::npos) {
      const auto [a, b] = in_.two();
      TestResult r = two_sample_t_test(a, b, spread_ == "pooled" ? Spread::pooled : Spread::separate, test_options());
      in_.name_groups(r);
      return show(r);
    }
    return show(t_test(x(), mean_, test_options()));
  }
  Answer paired_t() { return show(paired_t_test(x(), y(), test_options())); }
  Answer z() { return show(z_test(x(), sd_, mean_, test_options())); }
  Answer proportion() {
    const std::vector<double> k = x();
    if (k.size() == 1) return show(proportion_test(k[0], total(), p_, test_options()));
    if (n_.empty()) throw Error(ErrorKind::usage, "--n is missing", "as many totals as --x has successes");
    return show(proportions_test(k, parse_numbers(n_, "n")));
  }
  Answer binomial() { return show(binomial_test(single_number("x", in_.x_names, "the successes"), total(), p_, test_options())); }
  Answer chi_square() {
    if (in_.table.empty() && !in_.from_file()) return show(chi_square_fit(x(), in_.y_names.empty() ? std::vector<double>{} : y()));
    return show(chi_square_test(in_.counts(), yates_ == "on" ? Yates::on : Yates::off));
  }
  Answer g() { return show(g_test(in_.counts())); }
  Answer fisher() { return show(fisher_test(in_.counts(), test_options())); }
  Answer mcnemar() { return show(mcnemar_test(in_.counts(), test_options())); }
  Answer anova() {
    TestResult r = stats::anova(in_.groups(), missing());
    in_.name_groups(r);
    return show(r);
  }
  Answer kruskal() { return show(kruskal_test(in_.groups(), missing())); }
  Answer levene() { return show(levene_test(in_.groups(), Centre::median, missing())); }
  Answer bartlett() { return show(bartlett_test(in_.groups(), missing())); }
  Answer tukey() {
    const Groups g = in_.groups();
    return tukey_answer(g, in_.labels, level_, missing());
  }
  Answer mann_whitney() {
    const auto [a, b] = in_.two();
    return show(mann_whitney_test(a, b, test_options()));
  }
  Answer wilcoxon() {
    const Zeros zeros = zeros_ == "pratt" ? Zeros::pratt : Zeros::drop;
    return show(in_.y_names.empty() ? wilcoxon_test(x(), zeros, test_options()) : wilcoxon_test(x(), y(), zeros, test_options()));
  }
  Answer ks() {
    if (against_.empty()) {
      const auto [a, b] = in_.two();
      return show(kolmogorov_test(a, b, test_options()));
    }
    Parameters p;
    for (const std::string& s : parameters_) p.push_back(parse_setting(s, "param"));
    return show(kolmogorov_test(x(), *reference(p), test_options()));
  }
  std::unique_ptr<Distribution> reference(const Parameters& parameters) const {
    try {
      return make_distribution(against_, parameters);
    } catch (const Error& e) {  // of the flags, not of the data
      throw Error(ErrorKind::usage, e.what(), e.hint());
    }
  }
  Answer shapiro() { return show(shapiro_test(x(), missing())); }
  Answer pearson() { return show(pearson_test(x(), y(), test_options())); }
  Answer spearman() { return show(spearman_test(x(), y(), test_options())); }
  Answer kendall() { return show(kendall_test(x(), y(), test_options())); }
  // Both resample deviations from the mean of all, so that means far from 0 lose no digits of their differences.
  Answer permutation() {
    auto [a, b] = in_.two();
    a = in_.whole(std::move(a), "x"), b = in_.whole(std::move(b), "y");
    std::vector<double> all(a);
    all.insert(all.end(), b.begin(), b.end());
    const Sample s = sample_of(all);
    const std::span<const double> about(s.deviation);
    Rng rng(RngMode::philox, static_cast<uint64_t>(seed_), "permutation");
    const auto difference = [](std::span<const double> p, std::span<const double> q) { return stats::mean(p) - stats::mean(q); };
    TestResult r = permutation_test(about.first(a.size()), about.subspan(a.size()), difference, rng,
                                    {.resamples = resamples_, .alternative = alternative_of(alternative_)});
    r.statistic = {"difference of means", std::ldexp(r.statistic.value, s.unit())};
    return show(r);
  }
  Answer bootstrap_mean() {
    return bootstrap_answer(in_.whole(x(), "x"), {.resamples = resamples_, .level = level_}, static_cast<uint64_t>(seed_));
  }
  Answer adjusted() { return adjust_answer(in_.whole(x(), "x"), method_ == "automatic" ? "holm" : method_); }
  Answer power_of_t() {
    PowerQuestion q{.effect = effect_, .alpha = alpha_ > 0 ? alpha_ : 0.05, .alternative = alternative_of(alternative_)};
    if ((power_ > 0) == !n_.empty())
      throw Error(ErrorKind::usage, "power needs one of --n and --power", "grimoire stats power --effect .5 --power .8");
    q.n = power_ > 0 ? t_sample_size(q, power_) : total();
    return power_answer(q);
  }
  Answer information() { return entropy_answer(in_.whole(x(), "x")); }
  Answer divergence() { return divergence_answer(x(), y()); }
  Answer bayes() {
    if (prior_.empty() || likelihood_.empty())
      throw Error(ErrorKind::usage, "bayes needs --prior and --likelihood",
                  "ill or healthy after a positive test: --prior .01,.99 --likelihood .9,.09");
    return bayes_answer(parse_numbers(prior_, "prior"), parse_numbers(likelihood_, "likelihood"));
  }
  Answer interval() { return interval_answer(single_number("x", in_.x_names, "the successes"), total(), level_); }
  Answer regression() { return regression_answer(in_.matrix(true), level_); }
  Answer logistic() { return generalised(Family::logistic); }
  Answer poisson() { return generalised(Family::poisson); }
  Answer generalised(Family family) { return glm_answer(family, in_.matrix(true), level_); }
  Answer components() {
    return pca_answer(in_.matrix(false), components_, scaling_ == "unit-variance" ? Scaling::unit_variance : Scaling::none);
  }

  StatsInputs in_;
  std::string n_, against_, prior_, likelihood_;
  std::string alternative_ = "two-sided", method_ = "automatic", continuity_ = "half", spread_ = "separate",
              zeros_ = "drop", yates_ = "off", scaling_ = "none";
  double level_ = 0.95, mean_ = 0, sd_ = 0, p_ = 0.5, effect_ = 0.5, alpha_ = 0, power_ = 0;
  int64_t components_ = 0, resamples_ = 10000, seed_ = 1;
  std::vector<std::string> parameters_;
};

const std::vector<StatsCommand::Entry>& StatsCommand::entries() {
  using S = StatsCommand;
  static const std::vector<Entry> all = {{"describe", "count, mean, deviation, quartiles, shape", "x,data", &S::describe},
                                         {"means", "arithmetic, geometric, harmonic", "x,data", &S::means},
                                         {"ema", "exponential moving average (--alpha)", "x,data", &S::moving_average},
                                         {"t-test", "one mean, or two (Welch; --spread pooled)", "x,y,group,data,mean", &S::t},
                                         {"paired-t-test", "mean of differences", "x,y,data", &S::paired_t},
                                         {"z-test", "a mean with known --sd", "x,data,mean,sd", &S::z},
                                         {"anova", "means of groups", "x,group,data", &S::anova},
                                         {"tukey", "every pair of group means", "x,group,data", &S::tukey},
                                         {"levene", "equal variances, from medians", "x,group,data", &S::levene},
                                         {"bartlett", "equal variances of normal data", "x,group,data", &S::bartlett},
                                         {"binomial", "successes --x among --n against --p, exact", "x,n,p", &S::binomial},
                                         {"proportion", "one against --p, or several --x of --n", "x,n,p,data", &S::proportion},
                                         {"interval", "confidence intervals of a proportion --x of --n", "x,n", &S::interval},
                                         {"chi-square", "a --table, or counts --x against shares --y", "x,y,table,data", &S::chi_square},
                                         {"g-test", "likelihood ratio of a table", "x,y,table,data", &S::g},
                                         {"fisher", "exact, 2 x 2 table", "x,y,table,data", &S::fisher},
                                         {"mcnemar", "paired 2 x 2 table", "x,y,table,data", &S::mcnemar},
                                         {"mann-whitney", "ranks of two samples", "x,y,group,data", &S::mann_whitney},
                                         {"wilcoxon", "signed ranks of differences", "x,y,data", &S::wilcoxon},
                                         {"kruskal", "ranks of groups", "x,group,data", &S::kruskal},
                                         {"ks", "Kolmogorov-Smirnov, two samples or --against", "x,y,group,data,against,param", &S::ks},
                                         {"shapiro", "normality", "x,data", &S::shapiro},
                                         {"correlation", "Pearson", "x,y,data", &S::pearson},
                                         {"pearson", "linear correlation", "x,y,data", &S::pearson},
                                         {"spearman", "correlation of ranks", "x,y,data", &S::spearman},
                                         {"kendall", "tau-b", "x,y,data", &S::kendall},
                                         {"permutation", "difference of means by exchange of labels", "x,y,group,data", &S::permutation},
                                         {"bootstrap", "interval of a mean by resampling", "x,data", &S::bootstrap_mean},
                                         {"adjust", "many p-values --x (--method holm, bh, by, bonferroni)", "x,data", &S::adjusted},
                                         {"power", "of the t test: --effect with --n or --power", "effect,n,power", &S::power_of_t},
                                         {"entropy", "of counts or shares --x", "x,data", &S::information},
                                         {"kl", "divergences between shares --x and --y", "x,y,data", &S::divergence},
                                         {"bayes", "posterior from --prior and --likelihood", "prior,likelihood", &S::bayes},
                                         {"regression", "least squares of --y on --x", "x,y,data", &S::regression},
                                         {"logistic", "logistic regression", "x,y,data", &S::logistic},
                                         {"poisson", "Poisson regression", "x,y,data", &S::poisson},
                                         {"pca", "principal components", "x,data,components", &S::components}};
  return all;
}

}  // namespace

std::unique_ptr<Command> make_stats_command() { return std::make_unique<StatsCommand>(); }

}  // namespace grim
