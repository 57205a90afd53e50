#include <algorithm>
#include <cmath>
#include <optional>

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/stats_answers.h"
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
    return {{"test", "t-test, chi-square, fisher, anova, describe, power, ...; list shows all", &test_}};
  }
  Options options() override {
    return {
        {.name = "x", .help = "numbers (groups between semicolons), or column names of --data", .target = &x_, .basic = true},
        {.name = "y", .help = "a second list or column", .target = &y_, .basic = true},
        {.name = "group", .help = "the column of --data that tells groups apart", .target = &group_, .basic = true},
        {.name = "table", .help = "counts, rows between semicolons: 90,60;30,80", .target = &table_, .basic = true},
        {.name = "data", .help = "a CSV file", .target = &data_, .basic = true},
        {.name = "alternative",
         .help = "what is looked for",
         .target = &alternative_,
         .choices = {"two-sided", "less", "greater"},
         .basic = true},
        {.name = "level", .help = "confidence of intervals", .target = &level_, .low = 0.001, .high = 0.999999},
        {.name = "missing", .help = "NaN and missing cells", .target = &missing_, .choices = {"error", "drop"}, .basic = true},
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
  }

  int run(Console& console) override {
    const std::vector<Entry>& all = entries();
    if (test_ == "list") {
      Lines lines;
      Json names = Json::array();
      for (const Entry& e : all) lines.emplace_back(e.name, e.help), names.push(e.name);
      console.data(aligned(lines));
      if (console.json()) console.result(Json::object({{"tests", names}}));
      return 0;
    }
    const auto entry = std::ranges::find(all, test_, &Entry::name);
    if (entry == all.end()) {
      std::vector<std::string> names;
      for (const Entry& e : all) names.push_back(e.name);
      const std::string near = nearest(test_, names.data(), names.size());
      throw Error(ErrorKind::usage, str("there is no test '{}'", test_),
                  near.empty() ? "grimoire stats list shows all" : str("did you mean {}?", near));
    }
    if (!data_.empty()) csv_ = read_csv(data_);
    try {
      notes_.clear();
      Answer a = (this->*entry->run)();
      add_notes(a);
      console.data(a.text);
      if (console.json()) console.result(a.json);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::numeric && e.kind() != ErrorKind::shape) throw;
      const std::string_view said = e.what();
      const bool gap = said.find("nan") != said.npos || said.find("is missing") != said.npos;
      throw Error(ErrorKind::input, e.what(), e.hint().empty() && missing_ == "error" && gap ? "--missing drop leaves missing values out" : e.hint());
    }
    return 0;
  }

 private:
  struct Entry {
    std::string name, help;
    Answer (StatsCommand::*run)();
  };
  static const std::vector<Entry>& entries();

  // Inputs.
  std::vector<double> numbers(const std::string& given, const char* flag) const {
    if (given.empty())
      throw Error(ErrorKind::usage, str("--{} is missing", flag), csv_ ? "name a column of the file" : "numbers are separated by commas");
    if (!csv_) return parse_numbers(given, flag, Gaps::missing);
    const Column& c = csv_->column(given);
    if (c.kind == ColumnKind::category)
      throw Error(ErrorKind::input, str("{}: column '{}' holds categories, expected numbers", data_, given));
    return c.values;
  }
  std::vector<double> x() const { return numbers(x_, "x"); }
  std::vector<double> y() const { return numbers(y_, "y"); }
  // For what has no policy of its own: missing values are refused, or left out with a note.
  std::vector<double> whole(std::vector<double> v, const char* flag) {
    const size_t given = v.size();
    for (size_t i = 0; i < given; ++i)
      GRIM_CHECK(std::isfinite(v[i]) || (std::isnan(v[i]) && missing() == Missing::drop), numeric, test_, "--{}: value {} is {}, expected a finite number",
                 flag, i + 1, v[i]);
    std::erase_if(v, [](double d) { return std::isnan(d); });
    if (v.size() < given) notes_.push_back(str("{} of {} values of --{} were missing and left out", given - v.size(), given, flag));
    GRIM_CHECK(!v.empty(), argument, test_, "--{}: all values are missing", flag);
    return v;
  }
  double single(const char* flag, const std::string& text, const char* what) const {
    const std::vector<double> v = parse_numbers(text, flag);
    if (v.size() != 1) throw Error(ErrorKind::usage, str("--{} holds {} numbers, expected one: {}", flag, v.size(), what));
    return v[0];
  }
  // A row of which `what` is missing: refused, or counted for a note.
  void lost_row(size_t row, const std::string& column, size_t& lost) const {
    GRIM_CHECK(missing() == Missing::drop, numeric, test_, "{}: row {} of column '{}' is missing", data_, row + 1, column);
    ++lost;
  }
  void note_lost(size_t lost, size_t rows) {
    if (lost) notes_.push_back(str("{} of {} rows had a missing cell and were left out", lost, rows));
  }
  void add_notes(Answer& a) const {
    if (notes_.empty()) return;
    Json all = Json::array_of(notes_);
    if (const Json* own = a.json.find("notes"))
      for (const Json& n : own->items()) all.push(n);
    a.json.set("notes", std::move(all));
    for (const std::string& n : notes_) a.text += "note: " + n + "\n";
  }
  Groups groups() {
    if (!csv_) {
      if (x_.empty()) throw Error(ErrorKind::usage, "--x is missing", "groups are separated by semicolons: --x \"1,2,3;2,4,6\"");
      return parse_rows(x_, "x", Gaps::missing);
    }
    if (group_.empty()) throw Error(ErrorKind::usage, "--group is missing", "name the column that tells groups apart");
    const std::vector<double> values = x();
    const Column& labels = csv_->column(group_);
    std::vector<double> seen;
    for (double v : labels.values)
      if (!std::isnan(v) && std::ranges::find(seen, v) == seen.end()) seen.push_back(v);
    std::ranges::sort(seen);
    if (seen.size() > 1000)
      throw Error(ErrorKind::input, str("{}: column '{}' has {} different values, expected groups", data_, group_, seen.size()));
    labels_.clear();
    for (double v : seen) labels_.push_back(labels.kind == ColumnKind::category ? labels.levels[static_cast<size_t>(v)] : number(v));
    Groups g(seen.size());
    size_t lost = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      if (std::isnan(labels.values[i])) lost_row(i, group_, lost);
      else g[static_cast<size_t>(std::ranges::lower_bound(seen, labels.values[i]) - seen.begin())].push_back(values[i]);
    }
    note_lost(lost, values.size());
    return g;
  }
  // Two samples: x and y, or the two groups of one column.
  std::pair<std::vector<double>, std::vector<double>> two() {
    if (y_.empty() && (csv_ ? !group_.empty() : x_.find(';') != std::string::npos)) {
      const Groups g = groups();
      if (g.size() != 2) throw Error(ErrorKind::usage, str("got {} groups, expected two", g.size()), "anova and kruskal compare more");
      return {g[0], g[1]};
    }
    return {x(), y()};
  }
  Table2d counts() {
    if (!csv_) {
      if (table_.empty()) throw Error(ErrorKind::usage, "--table is missing", "rows are separated by semicolons: --table \"90,60;30,80\"");
      return parse_rows(table_, "table");
    }
    const Column &a = csv_->column(x_), &b = csv_->column(y_);
    for (const Column* c : {&a, &b})
      if (c->kind != ColumnKind::category)
        throw Error(ErrorKind::input, str("{}: column '{}' holds numbers, expected categories", data_, c->name));
    Table2d t(a.levels.size(), std::vector<double>(b.levels.size(), 0));
    size_t lost = 0;
    for (size_t i = 0; i < a.values.size(); ++i) {
      if (std::isnan(a.values[i])) lost_row(i, x_, lost);
      else if (std::isnan(b.values[i])) lost_row(i, y_, lost);
      else t[static_cast<size_t>(a.values[i])][static_cast<size_t>(b.values[i])] += 1;
    }
    note_lost(lost, a.values.size());
    return t;
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
  Missing missing() const { return missing_ == "drop" ? Missing::drop : Missing::error; }
  // Columns of x as a matrix: categories become one column a level but the first. Rows with a missing cell are dropped on demand.
  DesignMatrix matrix(bool with_y) const;
  double total() const {
    if (n_.empty()) throw Error(ErrorKind::usage, "--n is missing", "the total, or the values a group");
    return single("n", n_, "the total, or the values a group");
  }

  // Tests, each from its own inputs to a result.
  Answer describe() { return describe_answer(x()); }
  Answer means() { return means_answer(whole(x(), "x")); }
  Answer moving_average() { return ema_answer(whole(x(), "x"), alpha_ > 0 ? alpha_ : 0.5); }
  Answer t() {
    if (!y_.empty() || !group_.empty() || x_.find(';') != std::string::npos) {
      const auto [a, b] = two();
      return show(two_sample_t_test(a, b, spread_ == "pooled" ? Spread::pooled : Spread::separate, test_options()));
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
  Answer binomial() { return show(binomial_test(single("x", x_, "the successes"), total(), p_, test_options())); }
  Answer chi_square() {
    if (table_.empty() && !csv_) return show(chi_square_fit(x(), y_.empty() ? std::vector<double>{} : y()));
    return show(chi_square_test(counts(), yates_ == "on" ? Yates::on : Yates::off));
  }
  Answer g() { return show(g_test(counts())); }
  Answer fisher() { return show(fisher_test(counts(), test_options())); }
  Answer mcnemar() { return show(mcnemar_test(counts(), test_options())); }
  Answer anova() {
    TestResult r = stats::anova(groups(), missing());
    for (size_t i = 0; i < labels_.size(); ++i) r.estimates[i].name = "mean of " + labels_[i];
    return show(r);
  }
  Answer kruskal() { return show(kruskal_test(groups(), missing())); }
  Answer levene() { return show(levene_test(groups(), Centre::median, missing())); }
  Answer bartlett() { return show(bartlett_test(groups(), missing())); }
  Answer tukey() {
    const Groups g = groups();
    return tukey_answer(g, labels_, level_, missing());
  }
  Answer mann_whitney() {
    const auto [a, b] = two();
    return show(mann_whitney_test(a, b, test_options()));
  }
  Answer wilcoxon() {
    const Zeros zeros = zeros_ == "pratt" ? Zeros::pratt : Zeros::drop;
    return show(y_.empty() ? wilcoxon_test(x(), zeros, test_options()) : wilcoxon_test(x(), y(), zeros, test_options()));
  }
  Answer ks() {
    if (against_.empty()) {
      const auto [a, b] = two();
      return show(kolmogorov_test(a, b, test_options()));
    }
    Parameters p;
    for (const std::string& s : parameters_) p.push_back(parse_setting(s, "param"));
    return show(kolmogorov_test(x(), *make_distribution(against_, p), test_options()));
  }
  Answer shapiro() { return show(shapiro_test(x(), missing())); }
  Answer pearson() { return show(pearson_test(x(), y(), test_options())); }
  Answer spearman() { return show(spearman_test(x(), y(), test_options())); }
  Answer kendall() { return show(kendall_test(x(), y(), test_options())); }
  // Both resample deviations from the mean of all, so that means far from 0 lose no digits of their differences.
  Answer permutation() {
    auto [a, b] = two();
    a = whole(std::move(a), "x"), b = whole(std::move(b), "y");
    std::vector<double> all(a);
    all.insert(all.end(), b.begin(), b.end());
    const Sample s = sample_of(all);
    const std::span<const double> about(s.deviation);
    Rng rng(RngMode::philox, static_cast<uint64_t>(seed_), "permutation");
    const auto difference = [](std::span<const double> p, std::span<const double> q) { return stats::mean(p) - stats::mean(q); };
    TestResult r = permutation_test(about.first(a.size()), about.subspan(a.size()), difference, rng,
                                    {.resamples = resamples_, .alternative = alternative_of(alternative_)});
    r.statistic = {"difference of means", moved(r.statistic.value, s.unit())};
    return show(r);
  }
  Answer bootstrap_mean() {
    return bootstrap_answer(whole(x(), "x"), {.resamples = resamples_, .level = level_}, static_cast<uint64_t>(seed_));
  }
  Answer adjusted() { return adjust_answer(x(), method_ == "automatic" ? "holm" : method_); }
  Answer power_of_t() {
    PowerQuestion q{.effect = effect_, .alpha = alpha_ > 0 ? alpha_ : 0.05, .alternative = alternative_of(alternative_)};
    if ((power_ > 0) == !n_.empty())
      throw Error(ErrorKind::usage, "power needs one of --n and --power", "grimoire stats power --effect .5 --power .8");
    q.n = power_ > 0 ? t_sample_size(q, power_) : total();
    return power_answer(q);
  }
  Answer information() { return entropy_answer(x()); }
  Answer divergence() { return divergence_answer(x(), y()); }
  Answer bayes() {
    if (prior_.empty() || likelihood_.empty())
      throw Error(ErrorKind::usage, "bayes needs --prior and --likelihood",
                  "ill or healthy after a positive test: --prior .01,.99 --likelihood .9,.09");
    return bayes_answer(parse_numbers(prior_, "prior"), parse_numbers(likelihood_, "likelihood"));
  }
  Answer interval() { return interval_answer(single("x", x_, "the successes"), total(), level_); }
  Answer regression() { return regression_answer(matrix(true), level_); }
  Answer logistic() { return generalised(Family::logistic); }
  Answer poisson() { return generalised(Family::poisson); }
  Answer generalised(Family family) { return glm_answer(family, matrix(true), level_); }
  Answer components() {
    return pca_answer(matrix(false), components_, scaling_ == "unit-variance" ? Scaling::unit_variance : Scaling::none);
  }

  std::string test_, x_, y_, group_, table_, data_, n_, against_, prior_, likelihood_;
  std::string alternative_ = "two-sided", missing_ = "error", method_ = "automatic", continuity_ = "half", spread_ = "separate",
              zeros_ = "drop", yates_ = "off", scaling_ = "none";
  double level_ = 0.95, mean_ = 0, sd_ = 0, p_ = 0.5, effect_ = 0.5, alpha_ = 0, power_ = 0;
  int64_t components_ = 0, resamples_ = 10000, seed_ = 1;
  std::vector<std::string> parameters_, labels_, notes_;  // labels_: of groups that came from a column; notes_: of what was left out
  std::optional<Table> csv_;
};

const std::vector<StatsCommand::Entry>& StatsCommand::entries() {
  using S = StatsCommand;
  static const std::vector<Entry> all = {{"describe", "count, mean, deviation, quartiles, shape", &S::describe},
                                         {"means", "arithmetic, geometric, harmonic", &S::means},
                                         {"ema", "exponential moving average (--alpha)", &S::moving_average},
                                         {"t-test", "one mean, or two (Welch; --spread pooled)", &S::t},
                                         {"paired-t-test", "mean of differences", &S::paired_t},
                                         {"z-test", "a mean with known --sd", &S::z},
                                         {"anova", "means of groups", &S::anova},
                                         {"tukey", "every pair of group means", &S::tukey},
                                         {"levene", "equal variances, from medians", &S::levene},
                                         {"bartlett", "equal variances of normal data", &S::bartlett},
                                         {"binomial", "successes --x among --n against --p, exact", &S::binomial},
                                         {"proportion", "one against --p, or several --x of --n", &S::proportion},
                                         {"interval", "confidence intervals of a proportion --x of --n", &S::interval},
                                         {"chi-square", "a --table, or counts --x against shares --y", &S::chi_square},
                                         {"g-test", "likelihood ratio of a table", &S::g},
                                         {"fisher", "exact, 2 x 2 table", &S::fisher},
                                         {"mcnemar", "paired 2 x 2 table", &S::mcnemar},
                                         {"mann-whitney", "ranks of two samples", &S::mann_whitney},
                                         {"wilcoxon", "signed ranks of differences", &S::wilcoxon},
                                         {"kruskal", "ranks of groups", &S::kruskal},
                                         {"ks", "Kolmogorov-Smirnov, two samples or --against", &S::ks},
                                         {"shapiro", "normality", &S::shapiro},
                                         {"correlation", "Pearson", &S::pearson},
                                         {"pearson", "linear correlation", &S::pearson},
                                         {"spearman", "correlation of ranks", &S::spearman},
                                         {"kendall", "tau-b", &S::kendall},
                                         {"permutation", "difference of means by exchange of labels", &S::permutation},
                                         {"bootstrap", "interval of a mean by resampling", &S::bootstrap_mean},
                                         {"adjust", "many p-values --x (--method holm, bh, by, bonferroni)", &S::adjusted},
                                         {"power", "of the t test: --effect with --n or --power", &S::power_of_t},
                                         {"entropy", "of counts or shares --x", &S::information},
                                         {"kl", "divergences between shares --x and --y", &S::divergence},
                                         {"bayes", "posterior from --prior and --likelihood", &S::bayes},
                                         {"regression", "least squares of --y on --x", &S::regression},
                                         {"logistic", "logistic regression", &S::logistic},
                                         {"poisson", "Poisson regression", &S::poisson},
                                         {"pca", "principal components", &S::components}};
  return all;
}

DesignMatrix StatsCommand::matrix(bool with_y) const {
  DesignMatrix m;
  std::vector<std::vector<double>> columns;
  if (csv_) {
    std::vector<std::string> wanted = split_names(x_);
    if (wanted.empty())
      for (const Column& c : csv_->columns)
        if (c.name != y_ && (with_y || c.kind == ColumnKind::number)) wanted.push_back(c.name);
    for (const std::string& name : wanted) {
      const Column& c = csv_->column(name);
      if (c.kind == ColumnKind::number) {
        columns.push_back(c.values), m.names.push_back(c.name);
        continue;
      }
      if (!with_y) throw Error(ErrorKind::input, str("{}: column '{}' holds categories, expected numbers", data_, name));
      for (size_t level = 1; level < c.levels.size(); ++level) {
        std::vector<double> marks;
        for (double v : c.values) marks.push_back(std::isnan(v) ? v : v == static_cast<double>(level));
        columns.push_back(std::move(marks)), m.names.push_back(c.name + "=" + c.levels[level]);
      }
    }
    if (with_y) {
      if (y_.empty()) throw Error(ErrorKind::usage, "--y is missing", "name the column to explain");
      const Column& c = csv_->column(y_);
      if (c.kind == ColumnKind::category && c.levels.size() != 2)
        throw Error(ErrorKind::input, str("{}: column '{}' has {} categories, expected numbers or two", data_, y_, c.levels.size()));
      m.y = c.values;
    }
  } else {
    if (x_.empty()) throw Error(ErrorKind::usage, "--x is missing", "columns are separated by semicolons: --x \"1,2,3;2,4,6\"");
    columns = parse_rows(x_, "x", Gaps::missing);
    for (size_t j = 0; j < columns.size(); ++j) {
      m.names.push_back(str("x{}", j + 1));
      if (columns[j].size() != columns[0].size())
        throw Error(ErrorKind::usage, str("--x: list {} has {} numbers, the first has {}", j + 1, columns[j].size(), columns[0].size()));
    }
    if (with_y) m.y = y();
  }
  if (columns.empty()) throw Error(ErrorKind::usage, "--x names no column");
  const size_t rows = columns[0].size();
  if (with_y && m.y.size() != rows)
    throw Error(ErrorKind::usage, str("--x and --y hold {} and {} rows, expected as many", rows, m.y.size()));
  std::vector<double> values, answers;
  for (size_t i = 0; i < rows; ++i) {
    bool gap = with_y && std::isnan(m.y[i]);
    for (const auto& c : columns) gap |= std::isnan(c[i]);
    if (gap && missing() == Missing::drop) continue;
    for (const auto& c : columns) values.push_back(c[i]);
    if (with_y) answers.push_back(m.y[i]);
  }
  const size_t kept = values.size() / columns.size();
  if (kept < rows) m.notes.push_back(str("{} of {} rows had a missing cell and were left out", rows - kept, rows));
  m.y = std::move(answers);
  m.x = Tensor::from(values, {static_cast<int64_t>(kept), static_cast<int64_t>(columns.size())});
  return m;
}

}  // namespace

std::unique_ptr<Command> make_stats_command() { return std::make_unique<StatsCommand>(); }

}  // namespace grim
