#include "grimoire/classic/estimator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/classic/narrowing.h"
#include "grimoire/metric/classification.h"
#include "grimoire/metric/regression.h"

namespace grim {
namespace {

[[noreturn]] void refuse_cell(const std::string& learner, const Features& x, int64_t row, int64_t column, const char* what,
                              const char* hint) {
  throw Error(ErrorKind::input, str("[{}] column '{}', row {}: {}", learner, x.columns()[column].name, x.row_number(row), what), hint);
}

constexpr const char* kRescale = "rescale the column (a scaler: " GRIM_SETTING("scale=standard") "), or use trees";
constexpr double kLargest = 1e150, kLeast = 1e-150;  // beyond, a square is infinite or 0; only trees, which compare, take such numbers

// The first cell that is infinite or nearly so, or missing where it may not be.
void check_cells(const std::string& learner, const Features& x, bool missing_allowed, const char* too_large) {
  const auto check = [&](double v, int64_t row, int64_t column) {
    if (std::abs(v) <= (missing_allowed ? std::numeric_limits<double>::max() : kLargest) || (missing_allowed && std::isnan(v))) return;
    if (std::isnan(v))
      refuse_cell(learner, x, row, column, "the value is missing, and this learner needs every one",
                  "fill it in first (an imputer: " GRIM_SETTING("impute=median") "), or use trees");
    if (std::isfinite(v))
      refuse_cell(learner, x, row, column, "the value is beyond 1e150, and its square is infinite", too_large);
    refuse_cell(learner, x, row, column, "the value is infinite", "replace it by a number, or leave the row out");
  };
  if (x.is_sparse()) {
    const SparseRows& s = x.sparse();
    for (int64_t r = 0; r < s.rows(); ++r)
      for (int64_t k = s.row_start[r]; k < s.row_start[r + 1]; ++k) check(s.value[k], r, s.column[k]);
    return;
  }
  if (x.width() == 0 || x.dense().dtype() == Dtype::u8) return;
  const int64_t P = x.width(), n = x.rows() * P;
  const auto scan = [&](const auto* p) {
    constexpr int64_t kBlock = 1024;  // counted without a branch, so that the loop runs on vectors
    for (int64_t begin = 0; begin < n; begin += kBlock) {
      const int64_t end = std::min(n, begin + kBlock);
      int64_t odd = 0;
      for (int64_t i = begin; i < end; ++i) odd += !(std::abs(static_cast<double>(p[i])) <= kLargest);
      for (int64_t i = begin; odd > 0 && i < end; ++i) check(p[i], i / P, i % P);
    }
  };
  if (x.dense().dtype() == Dtype::f32)
    scan(x.dense().data<float>());
  else
    scan(x.dense().data<double>());
}

void check_columns(const Estimator& e, const Features& x, const char* too_large) {
  if (!e.takes_categories())
    for (const ColumnInfo& c : x.columns())
      if (c.kind == ColumnKind::category)
        throw Error(ErrorKind::input, str("[{}] column '{}' is a category, and this learner needs numbers", e.name(), c.name),
                    "encode it first (an encoder: " GRIM_SETTING("encode=onehot") "), or use trees");
  check_cells(e.name(), x, e.takes_missing(), too_large);
}

// Rows of weight 0 are as good as absent; leaving them out makes that exact for every learner.
Dataset without_zero_weights(const Dataset& data) {
  std::vector<int64_t> kept;
  for (int64_t r = 0; r < data.rows(); ++r)
    if (data.weight[r] > 0) kept.push_back(r);
  return data.pick(kept);
}

}  // namespace

void Estimator::fit(const Dataset& given) {
  const std::string who = name();
  const size_t N = static_cast<size_t>(given.rows());
  GRIM_CHECK(N > 0 && given.x.width() > 0, input, who, "got {} rows of {} columns, expected at least one of each", N, given.x.width());
  GRIM_CHECK(given.weight.empty() || given.weight.size() == N, shape, who, "got {} weights for {} rows", given.weight.size(), N);
  bool zeros = false;
  double weight_sum = 0;
  for (size_t r = 0; r < given.weight.size(); ++r) {
    GRIM_CHECK(given.weight[r] >= 0 && std::isfinite(given.weight[r]), input, who, "row {}: weight {}, expected a number from 0",
               given.x.row_number(static_cast<int64_t>(r)), given.weight[r]);
    zeros |= given.weight[r] == 0;
    weight_sum += given.weight[r];
  }
  GRIM_CHECK(given.weight.empty() || weight_sum > 0, input, who, "all weights are 0");
  constexpr double kMostWeight = 1e30;  // sums and floats stay in range
  if (const double most = largest_magnitude(given.weight); !given.weight.empty() && (most > kMostWeight || most < 1 / kMostWeight))
    throw Error(ErrorKind::input, str("[{}] the largest weight is {:g}, expected one from 1e-30 to 1e30", who, most),
                "multiply the weights by a common number: 1 is one row");
  GRIM_CHECK(given.weight.empty() || takes_weights(), argument, who, "weights are not possible with this learner");
  Dataset changed;  // only if it must be: a copy of a large target takes longer than some fits
  if (zeros) changed = without_zero_weights(given);
  if (!needs_target()) {  // no learner without a target may be swayed by one
    if (!zeros) changed = given;
    changed.y.clear(), changed.classes.clear();
  }
  const Dataset& data = zeros || !needs_target() ? changed : given;
  if (needs_target()) {
    GRIM_CHECK(given.y.size() == N, shape, who, "got {} targets for {} rows", given.y.size(), N);
    if (data.classifies() && !classifies())
      throw Error(ErrorKind::argument,
                  str("[{}] this learner predicts numbers, and the target holds classes ({})", who, joined(data.classes)),
                  "use a classifier, or take the target as a number (" GRIM_SETTING("as=number") ")");
    if (!data.classifies() && !regresses())
      throw Error(ErrorKind::argument, str("[{}] this learner tells classes apart, and the target is a number", who),
                  "use a learner for numbers, or take the target as classes (" GRIM_SETTING("as=classes") ")");
  }
  check_columns(*this, data.x, kRescale);
  if (!takes_missing())
    if (const int64_t tiny = tiny_column(data.x, kLeast); tiny >= 0)
      throw Error(ErrorKind::input,
                  str("[{}] column '{}': every value is below 1e-150, and its square is 0", who, data.x.columns()[static_cast<size_t>(tiny)].name),
                  kRescale);
  columns_ = data.x.columns();
  classes_.clear();
  present_.clear();
  Dataset present;
  const Dataset& fitted = needs_target() ? remember_target(data, present) : data;
  report_ = {};
  fitted_ = false;
  fit_on(fitted);
  fitted_ = true;
}

// Classes without rows (a fold may lack one) are taken out for the learner and come back with probability 0.
const Dataset& Estimator::remember_target(const Dataset& data, Dataset& storage) {
  for (size_t r = 0; r < data.y.size(); ++r) {
    const auto number = [&] { return data.x.row_number(static_cast<int64_t>(r)); };
    GRIM_CHECK(std::isfinite(data.y[r]), input, name(), "row {}: the target is {}", number(), std::isnan(data.y[r]) ? "missing" : "infinite");
    GRIM_CHECK(!data.classifies() ||
                   (data.y[r] >= 0 && data.y[r] < static_cast<double>(data.classes.size()) && data.y[r] == std::floor(data.y[r])),
               input, name(), "row {}: class number {}, expected 0 to {}", number(), data.y[r], data.classes.size() - 1);
  }
  if (!data.classifies()) return data;
  classes_ = data.classes;
  const std::vector<int64_t> count = data.class_counts();
  for (size_t k = 0; k < count.size(); ++k)
    if (count[k]) present_.push_back(static_cast<int64_t>(k));
  GRIM_CHECK(present_.size() > 1, input, name(), "every row is of class '{}': there is nothing to tell apart",
             classes_[static_cast<size_t>(present_[0])]);
  if (present_.size() == classes_.size()) return data;
  storage = data;
  std::vector<double> number(classes_.size(), 0);
  storage.classes.clear();
  for (size_t i = 0; i < present_.size(); ++i) {
    number[static_cast<size_t>(present_[i])] = static_cast<double>(i);
    storage.classes.push_back(classes_[static_cast<size_t>(present_[i])]);
  }
  for (double& y : storage.y) y = number[static_cast<size_t>(y)];
  return storage;
}

void Estimator::check_ready(const Features& x) const {
  GRIM_CHECK(fitted_, state, name(), "not fitted yet: call fit() first");
  const size_t expected = columns_.size(), got = static_cast<size_t>(x.width());
  if (got != expected) {
    size_t differs = 0;
    while (differs < std::min(expected, got) && x.columns()[differs].name == columns_[differs].name) ++differs;
    fail(ErrorKind::shape, name(),
         str("got {} columns, expected {}; the first that differs is number {}: {}", got, expected, differs,
             differs < expected ? str("'{}' was fitted here", columns_[differs].name)
                                : str("'{}' was not fitted", x.columns()[differs].name)));
  }
  check_columns(*this, x, "mend the cell or leave the row out, or fit anew with a scaler (" GRIM_SETTING("scale=standard") ") or with trees");
}

std::vector<double> Estimator::predict(const Features& x) const {
  check_ready(x);
  std::vector<double> y(static_cast<size_t>(x.rows()));
  predict_on(x, y.data());
  for (size_t r = 0; r < y.size(); ++r)
    if (std::isnan(y[r]))
      fail(ErrorKind::numeric, name(), str("the prediction of row {} is no number (NaN): sums beyond the range of numbers met", r + 1),
           "scale the columns and the target, or take parameters nearer to 1, and fit again");
  if (is_classifier())
    for (double& v : y) {
      GRIM_CHECK(v >= 0 && v < static_cast<double>(present_.size()) && v == std::floor(v), input, name(),
                 "the model answers class number {} of {}: it is damaged", v, present_.size());
      v = static_cast<double>(present_[static_cast<size_t>(v)]);
    }
  return y;
}

Tensor Estimator::predict_proba(const Features& x) const {
  check_ready(x);
  GRIM_CHECK(has_proba() && is_classifier(), state, name(), "this learner gives no probabilities{}",
             is_classifier() ? "; calibrate it" : "");
  const int64_t N = x.rows(), K = static_cast<int64_t>(classes_.size()), present = static_cast<int64_t>(present_.size());
  const Tensor p = Tensor::zeros({N, present}, Dtype::f64);
  proba_on(x, p.data<double>());
  if (present == K) return p;
  const Tensor all = Tensor::zeros({N, K}, Dtype::f64);
  for (int64_t r = 0; r < N; ++r)
    for (int64_t k = 0; k < present; ++k) all.data<double>()[r * K + present_[k]] = p.data<double>()[r * present + k];
  return all;
}

Tensor Estimator::decision(const Features& x) const {
  check_ready(x);
  return decision_on(x);
}

Features Estimator::transform(const Features& x) const {
  check_ready(x);
  return transform_on(x).number_as(x);
}

double Estimator::score(const Dataset& data) const {
  const std::vector<double> predicted = predict(data.x);
  GRIM_CHECK(data.y.size() == predicted.size(), shape, name(), "got {} targets for {} rows", data.y.size(), predicted.size());
  return is_classifier() ? accuracy(data.y, predicted, data.weight) : regression_scores(data.y, predicted, data.weight).r2;
}

void Estimator::predict_on(const Features& x, double* out) const {
  const int64_t K = static_cast<int64_t>(present_.size());
  if (K == 0) fail(ErrorKind::state, name(), "this learner predicts nothing", "ask for its decision values (" GRIM_SETTING("decision") ")");
  std::vector<double> p(static_cast<size_t>(x.rows() * K));
  proba_on(x, p.data());
  for (int64_t r = 0; r < x.rows(); ++r) out[r] = static_cast<double>(std::max_element(&p[r * K], &p[r * K] + K) - &p[r * K]);
}
void Estimator::proba_on(const Features&, double*) const { fail(ErrorKind::state, name(), "this learner gives no probabilities"); }
Tensor Estimator::decision_on(const Features&) const { fail(ErrorKind::state, name(), "this learner has no decision values"); }
Features Estimator::transform_on(const Features&) const { fail(ErrorKind::state, name(), "this learner does not transform"); }

// --- keeping ---------------------------------------------------------------------------------------------------------

std::unique_ptr<Estimator> Estimator::clone_empty() const { return make_estimator(name()); }

std::unique_ptr<Estimator> Estimator::clone() const {
  std::unique_ptr<Estimator> copy = clone_empty();
  State params;
  write_params(params);
  copy->read_params(params);
  return copy;
}

void Estimator::write_params(State& state) const { state.set("params", to_json(const_cast<Estimator*>(this)->params())); }
void Estimator::read_params(const State& state) { from_json(params(), state.value("params")); }

State Estimator::to_state() const {
  GRIM_CHECK(fitted_, state, name(), "not fitted yet: there is nothing to keep");
  State state;
  state.set("model", Json(name()));
  write_params(state);
  state.set("classes", Json::array_of(classes_));
  Json columns = Json::array();
  for (const ColumnInfo& c : columns_) {
    Json column = Json::object({{"name", c.name}});
    if (c.kind == ColumnKind::category) column.set("levels", Json::array_of(c.levels));
    columns.push(std::move(column));
  }
  state.set("columns", std::move(columns));
  state.set("present", Json::array_of(present_));
  write(state);
  return state;
}

std::unique_ptr<Estimator> Estimator::from_state(const State& state) {
  std::unique_ptr<Estimator> e = make_estimator(state.value("model").as_text());
  e->read_params(state);
  for (const Json& c : state.value("classes").items()) e->classes_.push_back(c.as_text());
  for (const Json& k : state.value("present").items()) e->present_.push_back(k.as_integer());
  const int64_t classes = static_cast<int64_t>(e->classes_.size());
  int64_t before = -1;
  for (int64_t k : e->present_) {
    GRIM_CHECK(k > before && k < classes, input, "model", "class number {} after {} of {} classes", k, before, classes);
    before = k;
  }
  GRIM_CHECK(classes == 0 || e->present_.size() >= 2, input, "model", "{} of {} classes had rows", e->present_.size(), classes);
  for (const Json& c : state.value("columns").items()) {
    ColumnInfo column{c.text("name")};
    if (const Json* levels = c.find("levels")) {
      column.kind = ColumnKind::category;
      for (const Json& level : levels->items()) column.levels.push_back(level.as_text());
    }
    e->columns_.push_back(std::move(column));
  }
  GRIM_CHECK(!e->columns_.empty(), input, "model", "no columns");
  e->read(state);
  GRIM_CHECK(classes == 0 ? !e->classifies() || e->regresses() : e->classifies(), input, "model", "{} with {} classes", e->name(), classes);
  e->fitted_ = true;
  return e;
}

void Estimator::save(const std::string& path) const { to_state().save(path); }

std::unique_ptr<Estimator> Estimator::load(const std::string& path) { return load(State::load(path), path); }

std::unique_ptr<Estimator> Estimator::load(const State& state, const std::string& path) {
  try {
    return from_state(state);
  } catch (const Error& e) {
    throw Error(ErrorKind::input, str("{}: {}", path, e.what()), e.hint());
  }
}

void set_params(Estimator& estimator, const std::vector<std::string>& assignments) {
  const Options params = estimator.params();
  std::map<std::string, std::string> given;
  for (const std::string& assignment : assignments) {
    const size_t equals = assignment.find('=');
    const std::string key = assignment.substr(0, equals);
    if (const auto [before, first] = given.emplace(key, assignment); !first)
      throw Error(ErrorKind::usage, str("'{}' is given twice: {} and {}", key, before->second, assignment), "a parameter takes one value");
    if (equals == std::string::npos) throw Error(ErrorKind::usage, str("parameter '{}': expected NAME=VALUE", assignment));
    const Option* option = find(params, key);
    if (!option) {
      std::vector<std::string> known;
      for (const Option& o : params) known.push_back(o.key());
      throw Error(ErrorKind::usage, str("{} has no such parameter: '{}'", estimator.name(), key),
                  did_you_mean(key, params, "its parameters: " + (known.empty() ? "none" : joined(known))));
    }
    option->set(assignment.substr(equals + 1), str("parameter '{}'", key));
  }
  estimator.check_params();
}

}  // namespace grim
