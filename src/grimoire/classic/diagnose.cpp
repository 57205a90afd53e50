#include "grimoire/classic/diagnose.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/classic/preprocess.h"
#include "grimoire/classic/registry.h"
#include "grimoire/io/hash.h"
#include "grimoire/stats/correlation.h"
#include "grimoire/stats/sample.h"

namespace grim {
namespace {

constexpr int64_t kMostRows = 5000, kMostColumns = 300, kFolds = 5;
constexpr double kTellsAll = 0.99, kWithout = 0.02;  // leakage: one column alone scores this, the others this much less
constexpr double kRare = 0.1, kUneven = 100;         // share of a class; ratio of column deviations
constexpr double kNoticed = 0.005;                   // of a score: less is the luck of the folds
constexpr double kWideGap = 0.04;                    // between own and held-back scores

Dataset thinned(const Dataset& data) {
  if (data.rows() <= kMostRows) return data;
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < kMostRows; ++i) rows.push_back(i * data.rows() / kMostRows);
  return data.pick(rows);
}

double held_back_score(const Estimator& e, const Dataset& data) {
  return cross_validate(e, data, shuffled(data, std::min(kFolds, data.rows()), 0)).mean();
}

std::unique_ptr<Estimator> small_tree() {
  auto tree = make_estimator("tree");
  set_params(*tree, {"max-depth=6", "min-samples-leaf=3"});
  return tree;
}

std::string row_text(const Dataset& d, int64_t row, std::vector<double>& buffer) {
  d.x.read_rows(row, row + 1, buffer.data());
  return {reinterpret_cast<const char*>(buffer.data()), buffer.size() * sizeof(double)};
}

class Doctor {
 public:
  Doctor(const Estimator& learner, const Dataset& data, const FitProgress& progress)
      : learner_(learner), all_(data), data_(thinned(data)), progress_(progress) {}

  TableDiagnosis run() {
    GRIM_CHECK(!all_.y.empty(), argument, "diagnose", "the table has no target");
    if (constant_target()) return std::move(d_);
    balance();
    columns();
    copies();
    leaks();
    scales();
    fit();
    if (d_.findings.empty())
      add("healthy",
          str("Nothing stands out: {:.3f} on rows held back, {:.3f} on its own, {:.3f} for the simplest guess.", d_.test, d_.train,
              d_.baseline),
          "");
    sort_by_gravity();
    return std::move(d_);
  }

 private:
  void add(std::string kind, std::string text, std::string advice) {
    d_.findings.push_back({std::move(kind), std::move(text), std::move(advice)});
  }
  void tell(int64_t step) { GRIM_CHECK(!progress_ || progress_(step, 6), state, "diagnose", "stopped"); }

  // With one answer for every row, scores are perfect and say nothing: no other finding is looked for.
  bool constant_target() {
    if (std::ranges::any_of(all_.y, [&](double y) { return y != all_.y[0]; })) return false;
    add("constant-target",
        all_.classifies() ? str("Every row is of class '{}': there is nothing to learn.", all_.classes[static_cast<size_t>(all_.y[0])])
                          : str("The target is {} in every row: there is nothing to learn.", all_.y[0]),
        "check the target's name, and that rows with other answers were not left out");
    d_.train = d_.test = d_.baseline = NAN;
    return true;
  }

  void balance() {
    tell(0);
    if (!all_.classifies()) return;
    const std::vector<int64_t> rows = all_.class_counts();
    const std::vector<double> count(rows.begin(), rows.end());
    const double n = static_cast<double>(all_.rows());
    const size_t most = static_cast<size_t>(std::max_element(count.begin(), count.end()) - count.begin());
    size_t least = most;
    for (size_t k = 0; k < count.size(); ++k)
      if (count[k] > 0 && count[k] < count[least]) least = k;
    d_.baseline = count[most] / n;
    const double fair = 1 / static_cast<double>(count.size());
    if (count[least] / n < kRare * 2 * fair && count[least] > 0)
      add("imbalance",
          str("Class '{}' has {:.0f} of {} rows ({:.1f} %); saying '{}' every time is right in {:.1f} %.", all_.classes[least],
              count[least], all_.rows(), 100 * count[least] / n, all_.classes[most], 100 * d_.baseline),
          "judge by AUC, recall or log loss, not by accuracy; try weights that make the classes equal (" GRIM_SETTING("class-weight=balanced") ")");
  }

  void columns() {
    const int64_t N = data_.rows();
    std::vector<std::string> constant, identifier;
    std::vector<double> v(static_cast<size_t>(N));
    for (int64_t c = 0; c < std::min(data_.x.width(), kMostColumns); ++c) {
      data_.x.read_column(c, v.data());
      const ColumnInfo& info = data_.x.columns()[c];
      const int64_t missing = std::count_if(v.begin(), v.end(), [](double x) { return std::isnan(x); });
      std::vector<double> different;
      for (double x : v)
        if (!std::isnan(x)) different.push_back(x);
      std::sort(different.begin(), different.end());
      different.erase(std::unique(different.begin(), different.end()), different.end());
      if (missing * 2 > N)
        add("missing",
            str("Column '{}' is empty in {:.0f} % of the rows.", info.name, 100.0 * static_cast<double>(missing) / static_cast<double>(N)),
            "leave it out, or ask why it is empty: that may tell more than its values");
      if (different.size() <= 1 && !data_.x.is_sparse()) constant.push_back(info.name);
      const bool whole = std::all_of(different.begin(), different.end(), [](double x) { return x == std::floor(x); });
      const bool counts_up = info.kind == ColumnKind::number && whole && different.size() == static_cast<size_t>(N) && N > 50 &&
                             std::is_sorted(v.begin(), v.end());
      const bool names_rows = info.kind == ColumnKind::category && different.size() * 10 > static_cast<size_t>(N) * 9 && N > 50;
      if (counts_up || names_rows) identifier.push_back(info.name);
    }
    if (!constant.empty())
      add("constant", listed(constant) + (constant.size() > 1 ? " have one value only." : " has one value only."),
          "leave out: " + as_settings(constant));
    if (!identifier.empty())
      add("identifier",
          listed(identifier) + str(" {} another value in every row or nearly so: {} rows and say{} nothing of new ones.",
                                   identifier.size() > 1 ? "have" : "has", identifier.size() > 1 ? "they name" : "it names",
                                   identifier.size() > 1 ? "" : "s"),
          "leave out: " + as_settings(identifier));
  }
  static std::string listed(const std::vector<std::string>& names) {
    std::string text = names.size() > 1 ? str("{} columns (", names.size()) : "Column ";
    for (size_t i = 0; i < std::min<size_t>(names.size(), 8); ++i) text += str("{}'{}'", i ? ", " : "", names[i]);
    return text + (names.size() > 8 ? ", ..." : "") + (names.size() > 1 ? ")" : "");
  }
  static std::string as_settings(const std::vector<std::string>& names) {
    std::string text;
    for (size_t i = 0; i < std::min<size_t>(names.size(), 8); ++i) text += str("{}" GRIM_SETTING("drop={}"), i ? " " : "", names[i]);
    return text + (names.size() > 8 ? " ..." : "");
  }

  void copies() {
    tell(1);
    std::map<std::string, std::pair<int64_t, double>> seen;  // rows and the first one's target
    std::vector<double> buffer(static_cast<size_t>(all_.x.width()));
    int64_t copies = 0, conflicts = 0;
    for (int64_t r = 0; r < all_.rows(); ++r) {
      const std::string row = row_text(all_, r, buffer);
      const auto [at, fresh] = seen.try_emplace(row.size() > 64 ? hash_of(row) : row, 0, all_.y[r]);
      if (!fresh) (at->second.second == all_.y[r] ? copies : conflicts) += 1;
    }
    const double n = static_cast<double>(all_.rows());
    if (copies > 0.02 * n && copies >= 5)
      add("duplicates",
          str("{} of {} rows ({:.1f} %) stand there already with the same answer: copies on both sides of a split make scores look better than they are.",
              copies, all_.rows(), 100 * static_cast<double>(copies) / n),
          "remove the copies, or keep them on one side (" GRIM_SETTING("group") ")");
    if (conflicts > 0.02 * n && conflicts >= 5)
      add("conflicts", str("{} rows equal another row and have a different answer: no learner can be right on all of them.", conflicts),
          "look for a missing column, or for wrong labels");
  }

  void leaks() {
    tell(2);
    const int64_t P = std::min(data_.x.width(), kMostColumns);
    if (data_.x.width() < 2 || data_.rows() < 20) return;
    const auto tree = small_tree();
    for (int64_t c = 0; c < P; ++c) {
      Dataset alone = data_;
      alone.x = data_.x.pick_columns(std::vector<int64_t>{c});
      const double by_itself = held_back_score(*tree, alone);
      if (by_itself < kTellsAll && !mirrors_target(c)) continue;
      std::vector<int64_t> others;
      for (int64_t o = 0; o < data_.x.width(); ++o)
        if (o != c) others.push_back(o);
      Dataset rest = data_;
      rest.x = data_.x.pick_columns(others);
      const double without = held_back_score(*tree, rest);
      if (without < kTellsAll - kWithout)
        add("leakage",
            str("Column '{}' alone tells the target ({:.3f} held back); all other columns together reach {:.3f}.",
                data_.x.columns()[c].name, by_itself, without),
            "ask whether it is known before the answer is; if not, leave it out");
    }
  }
  // A number that is the target times a constant: a tree of depth 6 sees only its steps.
  bool mirrors_target(int64_t column) const {
    if (data_.classifies()) return false;
    std::vector<double> v(static_cast<size_t>(data_.rows())), x, y;
    data_.x.read_column(column, v.data());
    for (size_t i = 0; i < v.size(); ++i)
      if (!std::isnan(v[i])) x.push_back(v[i]), y.push_back(data_.y[i]);
    if (x.size() < 2) return false;
    const double r = stats::pearson(x, y);
    return r * r > 0.998;
  }

  // Learners that measure distances or penalise weights see large columns first.
  bool minds_scale() const {
    const Estimator* e = &learner_;
    if (const auto* p = dynamic_cast<const Pipeline*>(e)) {
      for (const auto& step : p->steps())
        if (step->name() == "scaler") return false;
      e = &p->last();
    }
    const LearnerEntry* const known = learner_entry(e->name());
    return known && known->minds_scale;
  }

  void scales() {
    tell(3);
    if (!minds_scale() || data_.x.is_sparse()) return;
    double low = INFINITY, high = 0;
    int64_t smallest = 0, largest = 0;
    std::vector<double> v(static_cast<size_t>(data_.rows()));
    for (int64_t c = 0; c < data_.x.width(); ++c) {
      if (data_.x.columns()[c].kind == ColumnKind::category) continue;
      data_.x.read_column(c, v.data());
      std::vector<double> known;
      for (double x : v)
        if (!std::isnan(x)) known.push_back(x);
      const double deviation = known.empty() ? 0 : stats::sample_of(known).deviation_of(0);
      if (deviation <= 0) continue;
      if (deviation < low) low = deviation, smallest = c;
      if (deviation > high) high = deviation, largest = c;
    }
    if (!(high > kUneven * low)) return;
    std::vector<std::unique_ptr<Estimator>> steps;
    steps.push_back(std::make_unique<Scaler>());
    steps.push_back(learner_.clone());
    auto pipeline = std::make_unique<Pipeline>(std::move(steps));
    const double raw = held_back_score(learner_, data_), scaled = held_back_score(*pipeline, data_);
    if (scaled < raw + kNoticed) return;
    scaled_ = std::move(pipeline);
    add("unscaled",
        str("Columns differ in scale {:.0f} times ('{}' against '{}'), and {} weighs them by it: {:.3f} as they are, {:.3f} scaled.",
            high / low, data_.x.columns()[largest].name, data_.x.columns()[smallest].name,
            learner_.name() == "pipeline" ? "the learner" : learner_.name(), raw, scaled),
        "scale the columns first: " GRIM_SETTING("scale=standard"));
  }

  void fit() {
    tell(4);
    const std::vector<Fold> folds = shuffled(data_, std::min(kFolds, data_.rows()), 0);
    const FoldScores own = cross_validate(learner_, data_, folds);
    for (const std::string& w : own.warnings)
      if (w.find("separat") != std::string::npos) {
        add("separation", "The classes can be told apart without an error: " + w,
            "weights grow without bound; keep a penalty (smaller C), or ask whether a column leaks");
        break;
      }
    d_.curve = learning_curve(learner_, data_, folds, {0.25, 0.5, 1.0}, RowOrder::shuffled);
    CurveVerdict v = judge_learning_curve(d_.curve, data_.classifies());
    d_.train = v.train, d_.test = v.test;
    if (scaled_)
      v = judge_learning_curve(learning_curve(*scaled_, data_, folds, {0.25, 0.5, 1.0}, RowOrder::shuffled),
                               data_.classifies());  // what scaling mends is said already
    const std::string it = scaled_ ? "Scaled, it" : "It";
    tell(5);
    if ((v.kind == "variance" || v.kind == "both") && v.gap > kWideGap)
      add("overfitting", str("{} scores {:.3f} on its own rows and {:.3f} on rows held back.", it, v.train, v.test),
          (v.slope > 0.005 ? "more rows still help; else simplify: " : "simplify: ") + simpler());
    if (v.kind == "bias" || v.kind == "both") {
      const auto forest = make_flexible();
      const double other = held_back_score(*forest, data_);
      if (other > v.test + 0.03)
        add("underfitting",
            str("{} scores {:.3f} on its own rows and {:.3f} held back; a forest reaches {:.3f} held back on the same folds.", it, v.train,
                v.test, other),
            "take a more flexible learner, or add columns that bend (products, powers, kernels)");
      else if (v.kind == "bias")
        add("noise", str("{} scores {:.3f} held back, and a forest no more ({:.3f}): the columns do not tell more.", it, v.test, other),
            "look for better columns or cleaner labels");
    }
  }
  // What makes this learner simpler, in its own parameters.
  std::string simpler() const {
    const auto* pipeline = dynamic_cast<const Pipeline*>(&learner_);
    const LearnerEntry* const known = learner_entry(pipeline ? pipeline->last().name() : learner_.name());
    return known ? known->simpler : LearnerEntry{}.simpler;
  }
  std::unique_ptr<Estimator> make_flexible() const {
    auto forest = make_estimator("forest");
    set_params(*forest, {"trees=50"});
    return forest;
  }

  void sort_by_gravity() {
    const std::vector<std::string> order = {"leakage",     "duplicates", "conflicts", "unscaled", "separation", "imbalance", "underfitting",
                                            "overfitting", "identifier", "noise",     "missing",  "constant",   "healthy"};
    const auto rank = [&](const Finding& f) { return std::find(order.begin(), order.end(), f.kind) - order.begin(); };
    std::stable_sort(d_.findings.begin(), d_.findings.end(), [&](const Finding& a, const Finding& b) { return rank(a) < rank(b); });
  }

  const Estimator& learner_;
  const Dataset& all_;
  Dataset data_;
  const FitProgress& progress_;
  std::unique_ptr<Estimator> scaled_;  // the learner behind a scaler, when that does better
  TableDiagnosis d_;
};

}  // namespace

TableDiagnosis diagnose_table(const Estimator& learner, const Dataset& data, const FitProgress& progress) {
  return Doctor(learner, data, progress).run();
}

}  // namespace grim
