// What stays the same when the data only change their unit, their origin, their order or their copies: for every learner of the register.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/estimator.h"
#include "support/learners.h"

namespace grim {
namespace {

enum class How {
  exact,    // the same numbers
  near,     // within 1e-6: sums are rounded elsewhere
  loose,    // within 1e-2: the solver stops at a tolerance
  alike,    // at least 95 of 100 predictions: ties, or draws that lie at a border
  refused,  // with an error that names what is wrong
  parts,    // the same rows together: clusters are numbered by their first row
  other,    // another problem by definition; answered with finite numbers and labels that there are, or refused
};

struct Promise {
  How scale;        // columns times 2^-140 to 2^140, parameters in their unit along with them
  How far_scale;    // columns times 2^-900 and 2^900
  How shift;        // columns plus 1e7, 1700000040822, -3e9
  How rows;         // in another order
  How columns;      // in another order
  How twice;        // every row twice, against weight 2
  How constant;     // a constant column more
  How one_row;
  How gap;          // an empty cell
  How neighbours;   // whole numbers from 2^53 on, next to each other: learned as well as small ones
};

constexpr How E = How::exact, N = How::near, L = How::loose, A = How::alike, R = How::refused, P = How::parts, O = How::other;

// Trees compare, and so bear any number; their draws go by the place of rows and columns. What squares refuses numbers beyond 1e150 and
// below 1e-150. A penalty on the constant term (linear-svc), penalties of two units (elastic-net), a floor or a share of all columns' variance
// (naive-bayes, svm with a further column), and draws by place (k-means, forests) make another problem of the same data.
const std::map<std::string, Promise> kPromises = {
    // learner             scale far shift rows columns twice constant one gap 2^53
    {"tree",              {E, E, E, E, A, E, E, R, E, E}},
    {"forest",            {E, E, E, O, O, O, O, R, E, E}},
    {"extra-trees",       {A, A, A, O, O, O, O, R, E, E}},
    {"boosting",          {E, E, E, N, A, N, E, R, E, E}},
    {"adaboost",          {E, E, E, N, A, N, E, R, E, E}},
    {"knn",               {E, R, E, E, E, O, E, R, R, E}},
    {"knn-clusters",      {E, R, E, P, E, P, E, R, R, P}},
    {"knn-density",       {N, R, N, N, N, N, O, R, R, O}},
    {"lof",               {N, R, N, N, N, O, E, R, R, O}},
    {"dbscan",            {E, R, E, P, E, P, E, O, R, O}},
    {"kde",               {N, R, N, N, N, N, O, O, R, O}},
    {"k-means",           {E, R, A, O, O, O, E, R, R, O}},
    {"pca",               {N, R, N, N, O, N, O, R, R, O}},
    {"scaler",            {E, E, N, N, O, N, O, O, E, E}},
    {"imputer",           {E, E, O, E, O, E, O, O, E, E}},
    {"encoder",           {E, E, O, E, O, E, O, O, E, E}},
    {"pipeline",          {N, N, N, N, N, N, N, R, R, E}},
    {"calibrated",        {E, E, E, O, O, O, E, R, E, E}},
    {"linear",            {N, R, N, N, N, N, N, O, R, E}},
    {"ridge",             {N, R, N, N, N, N, N, O, R, E}},
    {"lasso",             {N, R, N, N, N, N, N, O, R, E}},
    {"elastic-net",       {O, R, N, N, N, N, N, O, R, E}},
    {"logistic",          {N, R, N, N, N, N, N, R, R, E}},
    {"linear-svc",        {O, R, O, L, L, L, O, R, R, O}},
    {"svc",               {L, R, L, L, L, L, O, R, R, E}},
    {"nu-svc",            {L, R, L, L, L, L, O, R, R, E}},
    {"svr",               {L, R, L, L, L, L, O, O, R, E}},
    {"nu-svr",            {L, R, L, L, L, L, O, O, R, E}},
    {"one-class",         {L, R, L, L, L, L, O, O, R, O}},
    {"lda",               {N, R, N, N, N, N, N, R, R, E}},
    {"qda",               {N, R, N, N, N, N, N, R, R, E}},
    {"naive-bayes",       {N, R, N, N, N, N, O, R, R, E}},
};

// Of those that learn numbers: what their predictions, back in the old unit or origin, promise when the target changes.
struct TargetPromise {
  How scale;      // times 2^-140 to 2^140, penalties in its unit along with it
  How far_scale;  // times 2^-600 and 2^600
  How shift;      // plus 1e7, 1e12, -3e9: within the rounding of such numbers
};
const std::map<std::string, TargetPromise> kTargetPromises = {
    // learner      scale far shift
    {"tree",        {E, E, N}},
    {"forest",      {E, E, N}},
    {"extra-trees", {E, E, N}},
    {"boosting",    {E, E, N}},
    {"knn",         {E, E, N}},
    {"linear",      {N, N, N}},
    {"ridge",       {N, N, N}},
    {"lasso",       {N, N, N}},
    {"elastic-net", {N, N, N}},
    {"svr",         {L, L, L}},
    {"nu-svr",      {L, L, L}},
};

constexpr int64_t kRows = 90, kColumns = 3;

// Numbers with ten bits behind the point: shifts and powers of two lose none of them.
double grid(double v) { return std::round(v * 1024) / 1024; }

Dataset example(bool classes, bool target) {
  Rng rng(RngMode::philox, 11);
  const Tensor x = Tensor::empty({kRows, kColumns}, Dtype::f64);
  Dataset d;
  for (int64_t r = 0; r < kRows; ++r) {
    double sum = 0;
    for (int64_t c = 0; c < kColumns; ++c) {
      double& v = x.data<double>()[r * kColumns + c];
      v = grid(rng.normal() + (r % 3 == c ? 3 : 0));
      sum += static_cast<double>(c + 1) * v + (c == 1 ? v * v / 4 : 0);
    }
    d.y.push_back(classes ? static_cast<double>(r % 3) : grid(sum));
  }
  d.x = Features(x);
  if (classes) d.classes = {"a", "b", "c"};
  if (!target) d.y.clear(), d.classes.clear();
  return d;
}

// A learner whose parameters fit columns that were multiplied by 2^k, and a target that was multiplied by 2^target_k.
std::unique_ptr<Estimator> learner(const std::string& name, int k = 0, int target_k = 0) {
  auto e = test::small_learner(name);
  const auto set = [&](const char* param, double value) { test::set_if_there(*e, param, value); };
  const double s = std::ldexp(1.0, k), t = std::ldexp(1.0, target_k);
  if (name == "boosting") set("min-samples-leaf", 3);
  if (name == "pca") set("k", 0);
  if (name == "dbscan") set("eps", 1.2 * s);
  if (name == "kde") set("bandwidth", s);
  if (std::abs(k) > 400) return e;  // such columns are refused before any parameter counts
  if (name == "ridge") set("alpha", s * s);
  if (name == "lasso") set("alpha", 0.25 * s * t);
  if (name == "elastic-net") set("alpha", 0.25 * s * t + 0.25 * s * s), set("l1-ratio", s * t / (s * t + s * s));
  if (name == "logistic") set("C", 1 / (s * s)), set("tolerance", 1e-14);
  if (name == "nu-svc") set("nu", 0.3);
  if (name.find("sv") != std::string::npos) set("tolerance", 1e-6);
  if (name == "svr" || name == "nu-svr") set("C", t);
  if (name == "svr") set("epsilon", 0.1 * t);
  if (name == "svr" || name == "nu-svr") set("tolerance", 1e-6 * t);  // of the violations, which are residuals
  return e;
}

Dataset with(const Dataset& d, const std::function<double(double, int64_t)>& f) {
  Dataset out = d;
  const Tensor x = Tensor::empty({d.rows(), d.x.width()}, Dtype::f64);
  d.x.read_rows(0, d.rows(), x.data<double>());
  for (int64_t i = 0; i < x.numel(); ++i) x.data<double>()[i] = f(x.data<double>()[i], i % d.x.width());
  out.x = Features(x, d.x.columns());
  return out;
}

struct Answers {
  std::vector<double> label;   // classes, clusters, outliers: equal or not
  std::vector<double> number;  // compared by size
};

// On columns that were multiplied by 2^k.
Answers answers(const Estimator& e, const Features& x, int k = 0) {
  Answers a;
  const auto add = [&](const Tensor& t, double factor, double summand) {
    for (double v : t.to_vector<double>()) a.number.push_back(v * factor + summand);
  };
  const double by_columns = static_cast<double>(kColumns) * k * std::log(2.0);
  if (e.transforms()) add(e.transform(x).to_tensor(Dtype::f64), e.name() == "scaler" ? 1 : std::ldexp(1.0, -k), 0);
  else if (e.name() == "kde" || e.name() == "knn-density") add(e.decision(x), 1, by_columns);
  else if (e.name() == "one-class" || e.name() == "lof") add(e.decision(x), 1, 0);
  else if (e.is_classifier() && e.has_proba()) add(e.predict_proba(x), 1, 0);
  if (e.transforms() || !a.number.empty()) return a;
  (e.is_classifier() || !e.needs_target() ? a.label : a.number) = e.predict(x);
  return a;
}

bool finite(const Answers& a) {
  return std::all_of(a.number.begin(), a.number.end(), [](double v) { return std::isfinite(v); });
}

// The numbers of one clustering as those of the other, where each stands for one; else as they are.
std::vector<double> renamed(const std::vector<double>& labels, const std::vector<double>& as) {
  std::map<double, double> name, back;
  for (size_t i = 0; i < labels.size(); ++i)
    if (name.emplace(labels[i], as[i]).first->second != as[i] || back.emplace(as[i], labels[i]).first->second != labels[i]) return labels;
  return as;
}

// Classes of the model, or clusters: whole numbers from -1, which is noise or an outlier.
bool labels_exist(const Estimator& e, const Answers& a, int64_t rows) {
  const double low = e.is_classifier() ? 0 : -1, high = static_cast<double>(e.is_classifier() ? e.class_count() : rows);
  return std::ranges::all_of(a.label, [&](double v) { return v >= low && v < high && v == std::floor(v); });
}

// `rounding`: of the cells themselves, which a mean among them cannot escape.
void compare(How how, const Answers& a, const Answers& b, const std::string& what, double rounding) {
  ASSERT_EQ(a.label.size(), b.label.size()) << what;
  ASSERT_EQ(a.number.size(), b.number.size()) << what;
  size_t wrong = 0;
  double worst = 0;
  const std::vector<double> label = how == How::parts ? renamed(b.label, a.label) : b.label;
  for (size_t i = 0; i < a.label.size(); ++i) wrong += a.label[i] != label[i];
  const double limit = how == How::exact ? 0 : how == How::near ? std::max(1e-6, rounding) : 1e-2;
  for (size_t i = 0; i < a.number.size(); ++i) {
    const double d = std::abs(a.number[i] - b.number[i]) / (1 + std::abs(a.number[i]));
    if (!(d <= limit)) ++wrong;
    if (!(d <= worst)) worst = d;
  }
  const size_t all = a.label.size() + a.number.size();
  EXPECT_LE(wrong, how == How::alike ? all / 20 : 0u) << what << ": " << wrong << " of " << all << " differ, by " << worst;
}

class Property : public ::testing::TestWithParam<std::string> {
 protected:
  void twice_without_weights() const;
  Promise promise() const {
    const auto found = kPromises.find(GetParam());
    if (found == kPromises.end()) throw Error(ErrorKind::state, "say in kPromises what " + GetParam() + " promises");
    return found->second;
  }
  Dataset data() const {
    const auto e = learner(GetParam());
    return example(e->classifies(), e->needs_target());
  }
  // Fits on `changed` and compares with the answers of `plain`; `back`: from the changed order of rows to the plain one.
  void check(How how, const Dataset& plain, const Dataset& changed, const std::string& what, int k = 0,
             const std::vector<int64_t>& asked = {}, double rounding = 0) const {
    const auto base = learner(GetParam()), e = learner(GetParam(), k);
    base->fit(plain);
    const Features rows = asked.empty() ? changed.x : changed.x.pick_rows(asked);
    if (how == How::refused || how == How::other) {
      try {
        e->fit(changed);
        const Answers a = answers(*e, rows, k);
        EXPECT_TRUE(finite(a) && labels_exist(*e, a, changed.rows())) << what;
        EXPECT_FALSE(a.label.empty() && a.number.empty()) << what << ": no answers";
        EXPECT_NE(how, How::refused) << what << " was taken";
      } catch (const Error& error) {
        EXPECT_TRUE(error.kind() == ErrorKind::input || error.kind() == ErrorKind::argument || error.kind() == ErrorKind::numeric)
            << what << ": " << error.what();
        EXPECT_GT(std::string(error.what()).size(), 15u) << what << ": it does not say why";
      }
      return;
    }
    ASSERT_NO_THROW(e->fit(changed)) << what;
    compare(how, answers(*base, plain.x), answers(*e, rows, k), what, rounding);
    const FitReport &was = base->report(), &is = e->report();
    if (k == 0 && how != How::alike && was.converged && is.converged && std::isfinite(was.objective) && plain.rows() == changed.rows()) {
      EXPECT_NEAR(is.objective, was.objective, (how == How::loose ? 1e-3 : 1e-5) * (1 + std::abs(was.objective))) << what << ": objective";
    }
  }
};

TEST(Properties, EveryLearnerHasAPromise) {
  std::vector<std::string> promised;
  for (const auto& [name, promise] : kPromises) promised.push_back(name);
  std::vector<std::string> known = estimator_names();
  std::sort(known.begin(), known.end());
  EXPECT_EQ(promised, known);
}

TEST_P(Property, Scale) {
  const Dataset d = data();
  for (int k : {-140, -60, -3, 60, 140})
    check(promise().scale, d, with(d, [k](double v, int64_t) { return std::ldexp(v, k); }), str("times 2^{}", k), k);
  for (int k : {-900, 900})
    check(promise().far_scale, d, with(d, [k](double v, int64_t) { return std::ldexp(v, k); }), str("times 2^{}", k), k);
}

TEST_P(Property, Shift) {
  const Dataset d = data();
  for (double by : {1e7, 1700000040822.0, -3e9})
    check(promise().shift, d, with(d, [by](double v, int64_t) { return v + by; }), str("plus {}", by), 0, {},
          4 * (std::nextafter(std::abs(by), INFINITY) - std::abs(by)));
}

// f(y) is learned; back(prediction) is compared.
void check_target(How how, const std::string& name, const std::function<double(double)>& f, const std::function<double(double)>& back,
                  const std::string& what, int k, double rounding) {
  const Dataset d = example(false, true);
  Dataset changed = d;
  for (double& y : changed.y) y = f(y);
  const auto base = learner(name), e = learner(name, 0, k);
  base->fit(d);
  try {
    e->fit(changed);
  } catch (const Error& error) {
    EXPECT_EQ(how, How::refused) << what << ": " << error.what();
    return;
  }
  std::vector<double> got = e->predict(d.x);
  for (double& v : got) v = back(v);
  compare(how, {{}, base->predict(d.x)}, {{}, got}, what, rounding);
  EXPECT_FALSE(std::isnan(e->report().gap) && !std::isnan(base->report().gap)) << what << ": no gap";
  EXPECT_EQ(e->report().converged, base->report().converged) << what;
}

// The l1_ratio of an elastic net would be 1 within rounding; the tolerance of a support vector machine, a residual, is at least 1e-14.
bool can_be_asked_for(const std::string& name, int k) {
  if (name == "elastic-net") return k < 53;
  return (name != "svr" && name != "nu-svr") || k > -26;
}

TEST_P(Property, ScaleOfTheTarget) {
  const auto found = kTargetPromises.find(GetParam());
  ASSERT_EQ(found != kTargetPromises.end(), learner(GetParam())->regresses()) << "say in kTargetPromises what it promises";
  if (found == kTargetPromises.end()) return;
  for (int k : {-600, -140, -60, -3, 60, 140, 600})
    if (can_be_asked_for(GetParam(), k))
      check_target(std::abs(k) > 140 ? found->second.far_scale : found->second.scale, GetParam(), [k](double y) { return std::ldexp(y, k); },
                   [k](double y) { return std::ldexp(y, -k); }, str("target times 2^{}", k), k, 0);
}

TEST_P(Property, ShiftOfTheTarget) {
  const auto found = kTargetPromises.find(GetParam());
  if (found == kTargetPromises.end()) return;
  for (double by : {1e7, 1e12, -3e9})
    check_target(found->second.shift, GetParam(), [by](double y) { return y + by; }, [by](double y) { return y - by; }, str("target plus {}", by), 0,
                 4 * (std::nextafter(std::abs(by), INFINITY) - std::abs(by)));
}

TEST_P(Property, OrderOfRows) {
  const Dataset d = data();
  std::vector<int64_t> order, back(static_cast<size_t>(kRows));
  for (int64_t r = 0; r < kRows; ++r) order.push_back((r * 37 + 5) % kRows);
  for (int64_t r = 0; r < kRows; ++r) back[static_cast<size_t>(order[static_cast<size_t>(r)])] = r;
  check(promise().rows, d, d.pick(order), "rows in another order", 0, back);
}

TEST_P(Property, OrderOfColumns) {
  const Dataset d = data();
  Dataset turned = d;
  turned.x = d.x.pick_columns(std::vector<int64_t>{2, 0, 1});
  check(promise().columns, d, turned, "columns in another order");
}

TEST_P(Property, EveryRowTwice) {
  Dataset weighted = data();
  if (!learner(GetParam())->takes_weights()) return twice_without_weights();
  weighted.weight.assign(static_cast<size_t>(kRows), 2);
  std::vector<int64_t> twice, once(static_cast<size_t>(kRows));
  for (int64_t r = 0; r < 2 * kRows; ++r) twice.push_back(r / 2);
  for (int64_t r = 0; r < kRows; ++r) once[static_cast<size_t>(r)] = 2 * r;
  Dataset repeated = weighted;
  repeated.weight.clear();
  check(promise().twice, weighted, repeated.pick(twice), "every row twice", 0, once);
}

// Learners of neighbours see every row twice among them when they look at twice as many, and at the row's own copy.
void Property::twice_without_weights() const {
  const Dataset d = data();
  std::vector<int64_t> twice;
  for (int64_t r = 0; r < 2 * kRows; ++r) twice.push_back(r / 2);
  const auto base = learner(GetParam()), e = learner(GetParam());
  for (const Option& o : e->params())
    if (o.name == "k" && o.json().as_integer() > 0) o.set(str("{}", 2 * o.json().as_integer() + (GetParam() == "knn-clusters")));
  base->fit(d);
  e->fit(d.pick(twice));
  const Answers a = answers(*e, d.x);
  if (promise().twice == How::other) EXPECT_TRUE(finite(a) && labels_exist(*e, a, kRows));
  else compare(promise().twice, answers(*base, d.x), a, "every row twice, twice as many neighbours", 0);
}

TEST_P(Property, AConstantColumnMore) {
  const Dataset d = data();
  Dataset wider = d;
  const Tensor x = Tensor::full({kRows, kColumns + 1}, 5.0, Dtype::f64);
  for (int64_t r = 0; r < kRows; ++r)
    for (int64_t c = 0; c < kColumns; ++c) x.data<double>()[r * (kColumns + 1) + c] = d.x.at(r, c);
  wider.x = Features(x);
  check(promise().constant, d, wider, "a constant column more");
}

// Nothing tells the rows apart: all get the same answer, or the learner says what is wrong.
TEST_P(Property, AConstantTable) {
  const Dataset d = data();
  for (double value : {0.0, 0.1, 5.0}) {
    const Dataset flat = with(d, [value](double, int64_t) { return value; });
    const auto e = learner(GetParam());
    try {
      e->fit(flat);
    } catch (const Error& error) {
      EXPECT_TRUE(error.kind() == ErrorKind::input || error.kind() == ErrorKind::argument || error.kind() == ErrorKind::numeric) << error.what();
      EXPECT_GT(std::string(error.what()).size(), 15u);
      continue;
    }
    const Answers a = answers(*e, flat.x);
    EXPECT_TRUE(labels_exist(*e, a, kRows));
    for (double v : a.label) EXPECT_EQ(v, a.label[0]) << value;
    const size_t width = a.number.size() / static_cast<size_t>(kRows);
    for (size_t i = width; i < a.number.size(); ++i) ASSERT_EQ(a.number[i], a.number[i % width]) << value;
    for (double v : a.number) ASSERT_FALSE(std::isnan(v)) << value;
  }
}

// The mean of equal numbers is that number.
TEST_P(Property, AConstantTarget) {
  Dataset d = example(false, true);
  const auto e = learner(GetParam());
  if (!e->regresses()) return;
  for (double value : {0.1, -7.3, 1e12 + 0.1, 1e-300, 0.0}) {
    d.y.assign(static_cast<size_t>(kRows), value);
    for (bool weighted : {false, true}) {
      d.weight.assign(weighted && e->takes_weights() ? static_cast<size_t>(kRows) : 0, 0.3);
      e->fit(d);
      const bool in_tube = GetParam() == "svr" && std::abs(value) < 0.1;  // 0 is as good, and flatter
      for (double p : e->predict(d.x)) ASSERT_NEAR(p, value, in_tube ? 0.1 : 0) << str("{:.17g} for {:.17g}", p, value);
      if (!in_tube) EXPECT_EQ(e->score(d), 1) << value;
    }
  }
}

TEST_P(Property, OneRow) {
  const Dataset d = data();
  check(promise().one_row, d, d.pick(std::vector<int64_t>{0}), "one row");
}

TEST_P(Property, OneColumn) {
  Dataset d = data();
  d.x = d.x.pick_columns(std::vector<int64_t>{0});
  const auto e = learner(GetParam());
  ASSERT_NO_THROW(e->fit(d));
  EXPECT_TRUE(finite(answers(*e, d.x)));
}

TEST_P(Property, EmptyCells) {
  const Dataset d = data();
  const Dataset gap = with(d, [n = 0](double v, int64_t) mutable { return n++ % 50 == 7 ? NAN : v; });
  const auto e = learner(GetParam());
  if (promise().gap == How::refused) {
    try {
      e->fit(gap);
      FAIL() << "an empty cell was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      EXPECT_NE(std::string(error.what()).find("column 'x1', row 3"), std::string::npos) << error.what();
    }
    return;
  }
  ASSERT_NO_THROW(e->fit(gap));
  EXPECT_TRUE(e->transforms() || finite(answers(*e, gap.x)));
}

TEST_P(Property, InfiniteCellsAreRefused) {
  const Dataset d = data();
  for (double bad : {INFINITY, -INFINITY}) {
    const Dataset infinite = with(d, [n = 0, bad](double v, int64_t) mutable { return n++ == 7 ? bad : v; });
    try {
      learner(GetParam())->fit(infinite);
      FAIL() << "an infinite cell was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input);
      EXPECT_NE(std::string(error.what()).find("column 'x1', row 3"), std::string::npos) << error.what();
    }
  }
}

// A fold, a sample of a fold and rows beside others of weight 0 name a cell by its row in the table.
TEST_P(Property, BadCellsAreNamedByTheirRowInTheTable) {
  const Dataset infinite = with(data(), [n = 0](double v, int64_t) mutable { return n++ == 3 * 20 + 1 ? INFINITY : v; });
  std::vector<int64_t> back;
  for (int64_t r = infinite.rows() - 1; r > 10; --r) back.push_back(r);
  const Dataset part = infinite.pick(back);
  Dataset weighed = part;
  weighed.weight.assign(back.size(), 1), weighed.weight[0] = 0;
  std::vector<int64_t> again(back.size() - 5);
  std::iota(again.begin(), again.end(), 5);
  for (const Dataset& d : {infinite, part, part.pick(again), weighed}) {
    const auto e = learner(GetParam());
    if (!d.weight.empty() && !e->takes_weights()) continue;
    try {
      e->fit(d);
      FAIL() << "an infinite cell was taken";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("column 'x1', row 21:"), std::string::npos) << error.what();
    }
  }
}

// Rows 2^53, 2^53 + 2, ...: floats make one number of them all, and a mean rounds to a whole one.
TEST_P(Property, NeighboursBeyond2To53) {
  constexpr int64_t kCount = 60;
  const auto from = [&](double first) {
    const auto e = learner(GetParam());
    const Tensor x = Tensor::empty({kCount, 1}, Dtype::f64);
    Dataset d;
    for (int64_t r = 0; r < kCount; ++r) {
      x.data<double>()[r] = first + 2 * static_cast<double>(r);
      d.y.push_back(e->classifies() ? r >= kCount / 2 : static_cast<double>(r));
    }
    d.x = Features(x);
    if (e->classifies()) d.classes = {"low", "high"};
    if (!e->needs_target()) d.y.clear(), d.classes.clear();
    e->fit(d);
    EXPECT_TRUE(finite(answers(*e, d.x)));
    return e->needs_target() ? e->score(d) : 1;
  };
  const double small = from(-60), large = from(0x1p53);
  EXPECT_TRUE(promise().neighbours != How::exact || large > small - 0.01) << large << " against " << small;
}

INSTANTIATE_TEST_SUITE_P(All, Property, ::testing::ValuesIn(estimator_names()), [](const auto& info) {
  std::string name = info.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace grim
