#include "grimoire/classic/calibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"
#include "grimoire/classic/validate.h"

namespace grim {
namespace {

double at(std::span<const double> weight, size_t i) { return weight.empty() ? 1.0 : weight[i]; }

// One score for each map: log-odds where there are probabilities (a sigmoid of log-odds is linear in them), else decision values.
// Two classes need one score, that of class 1.
Tensor scores_of(const Estimator& e, const Features& x, int64_t classes) {
  const int64_t maps = classes == 2 ? 1 : classes, N = x.rows();
  const Tensor out = Tensor::empty({N, maps}, Dtype::f64);
  if (e.has_proba()) {
    const Tensor p = e.predict_proba(x);
    for (int64_t r = 0; r < N; ++r)
      for (int64_t k = 0; k < maps; ++k) {
        const double v = std::clamp(p.data<double>()[r * classes + (maps == 1 ? 1 : k)], 1e-15, 1 - 1e-15);
        out.data<double>()[r * maps + k] = std::log(v) - std::log1p(-v);
      }
    return out;
  }
  const Tensor d = e.decision(x);
  if (d.ndim() == 2 && d.dim(1) == maps) return d;
  GRIM_CHECK(d.ndim() == 2 && d.dim(1) == classes * (classes - 1) / 2, state, "calibrated",
             "{} gives decision values of shape {} for {} classes", e.name(), d.shape(), classes);
  for (int64_t r = 0; r < N; ++r) {  // one against one: a class's score is the sum of its duels
    double* row = out.data<double>() + r * maps;
    std::fill(row, row + maps, 0.0);
    const double* duel = d.data<double>() + r * d.dim(1);
    for (int64_t i = 0; i < classes; ++i)
      for (int64_t j = i + 1; j < classes; ++j, ++duel) row[i] += *duel, row[j] -= *duel;
  }
  return out;
}

}  // namespace

double SigmoidMap::operator()(double s) const {
  const double f = a * s + b;
  return f >= 0 ? std::exp(-f) / (1 + std::exp(-f)) : 1 / (1 + std::exp(f));
}

namespace {

// Scores about their mean in a unit, a power of two, so that neither a large offset nor tiny differences stop the steps too early.
struct ScoreUnit {
  double centre = 0, unit = 1;
  explicit ScoreUnit(std::span<const double> score) {
    double mean = 0, most = 0;
    for (double s : score) mean += s / static_cast<double>(score.size());
    for (double s : score) most = std::max(most, std::abs(s - mean));
    constexpr double kLargeOffset = 1024;
    constexpr int kReach = 10;
    if (std::abs(mean) > kLargeOffset * most) centre = mean;
    unit = binary_scale(centre == 0 ? largest_magnitude(score) : most, kReach);
  }
};

SigmoidMap fit_sigmoid_in_unit(std::span<const double> score, std::span<const double> y, std::span<const double> weight);

}  // namespace

// Minimises the cross entropy between P and targets t+ = (N+ + 1)/(N+ + 2), t- = 1/(N- + 2) by Newton steps with backtracking.
SigmoidMap fit_sigmoid(std::span<const double> score, std::span<const double> y, std::span<const double> weight) {
  GRIM_CHECK(!score.empty() && score.size() == y.size(), shape, "fit_sigmoid", "got {} scores and {} targets", score.size(), y.size());
  if (const ScoreUnit scale(score); scale.centre != 0 || scale.unit != 1) {
    std::vector<double> moved;
    for (double s : score) moved.push_back((s - scale.centre) * scale.unit);
    SigmoidMap m = fit_sigmoid_in_unit(moved, y, weight);
    m.a *= scale.unit;
    m.b -= m.a * scale.centre;
    return m;
  }
  return fit_sigmoid_in_unit(score, y, weight);
}

namespace {

SigmoidMap fit_sigmoid_in_unit(std::span<const double> score, std::span<const double> y, std::span<const double> weight) {
  double positives = 0, negatives = 0;
  for (size_t i = 0; i < y.size(); ++i) (y[i] > 0 ? positives : negatives) += at(weight, i);
  const double high = (positives + 1) / (positives + 2), low = 1 / (negatives + 2);
  SigmoidMap m{0, std::log((negatives + 1) / (positives + 1))};
  const auto loss = [&](const SigmoidMap& c) {
    double sum = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      const double t = y[i] > 0 ? high : low, f = c.a * score[i] + c.b;
      sum += at(weight, i) * (f >= 0 ? t * f + std::log1p(std::exp(-f)) : (t - 1) * f + std::log1p(std::exp(f)));
    }
    return sum;
  };
  double now = loss(m);
  for (int iteration = 0; iteration < 100; ++iteration) {
    double haa = 1e-12, hbb = 1e-12, hab = 0, ga = 0, gb = 0;
    for (size_t i = 0; i < y.size(); ++i) {
      const double p = m(score[i]), w = at(weight, i), d = (y[i] > 0 ? high : low) - p, h = w * p * (1 - p);
      haa += score[i] * score[i] * h, hbb += h, hab += score[i] * h;
      ga += w * score[i] * d, gb += w * d;
    }
    if (std::abs(ga) < 1e-9 && std::abs(gb) < 1e-9) break;
    const double det = haa * hbb - hab * hab, da = -(hbb * ga - hab * gb) / det, db = -(haa * gb - hab * ga) / det,
                 slope = ga * da + gb * db;
    double step = 1;
    for (; step > 1e-10; step /= 2) {
      const SigmoidMap next{m.a + step * da, m.b + step * db};
      const double then = loss(next);
      if (then < now + 1e-4 * step * slope) {
        m = next, now = then;
        break;
      }
    }
    if (step <= 1e-10) break;
  }
  return m;
}

}  // namespace

double IsotonicMap::operator()(double s) const {
  if (!(s > x.front())) return y.front();
  if (s >= x.back()) return y.back();
  const size_t i = static_cast<size_t>(std::upper_bound(x.begin(), x.end(), s) - x.begin());
  return y[i - 1] + (y[i] - y[i - 1]) * (s - x[i - 1]) / (x[i] - x[i - 1]);
}

IsotonicMap fit_isotonic(std::span<const double> x, std::span<const double> y, std::span<const double> weight) {
  GRIM_CHECK(!x.empty() && x.size() == y.size(), shape, "fit_isotonic", "got {} and {} numbers", x.size(), y.size());
  std::vector<size_t> order(x.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return x[a] < x[b]; });
  struct Block {
    double low, high, sum, weight;  // of x; of w y
    double mean() const { return sum / weight; }
  };
  std::vector<Block> blocks;
  for (size_t i = 0; i < order.size();) {
    Block next{x[order[i]], x[order[i]], 0, 0};  // equal x are one point
    for (; i < order.size() && x[order[i]] == next.low; ++i)
      next.sum += at(weight, order[i]) * y[order[i]], next.weight += at(weight, order[i]);
    blocks.push_back(next);
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() >= blocks.back().mean()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back().high = last.high, blocks.back().sum += last.sum, blocks.back().weight += last.weight;
    }
  }
  IsotonicMap m;
  for (const Block& b : blocks) {
    m.x.push_back(b.low), m.y.push_back(b.mean());
    if (b.high > b.low) m.x.push_back(b.high), m.y.push_back(b.mean());
  }
  return m;
}

const Estimator& Calibrated::base() const {
  GRIM_CHECK(base_ != nullptr, state, "calibrated", "there is no classifier inside: give one when it is made, or load it");
  return *base_;
}

Options Calibrated::params() {
  Options all = base_ ? base_->params() : Options{};
  all.push_back({.name = "method", .help = "how scores become probabilities", .target = &method, .choices = {"sigmoid", "isotonic"}});
  all.push_back({.name = "folds", .help = "parts of the rows, each held back once", .target = &folds, .low = 2});
  return all;
}

void Calibrated::write_params(State& state) const { state.set("params", Json::object({{"method", method}, {"folds", folds}})); }
void Calibrated::read_params(const State& state) {
  method = state.value("params").text("method");
  folds = state.value("params").integer("folds");
  GRIM_CHECK(method == "sigmoid" || method == "isotonic", input, "calibrated", "method '{}'", method);
}

void Calibrated::fit_on(const Dataset& data) {
  GRIM_CHECK(base_ && base_->classifies(), argument, "calibrated", "got {}, expected a classifier inside",
             base_ ? base_->name() : "nothing");
  const std::vector<int64_t> count = data.class_counts();
  const size_t rarest = static_cast<size_t>(std::min_element(count.begin(), count.end()) - count.begin());
  GRIM_CHECK(count[rarest] >= folds, input, "calibrated", "class '{}' has {} rows, fewer than the {} folds", data.classes[rarest],
             count[rarest], folds);
  const int64_t K = data.class_count(), D = K == 2 ? 1 : K;
  std::vector<std::vector<double>> score(static_cast<size_t>(D), std::vector<double>(static_cast<size_t>(data.rows())));
  for (const Fold& fold : stratified_folds(data.y, folds)) {
    const auto part = base_->clone();
    part->fit(data.pick(fold.train));
    const Tensor s = scores_of(*part, data.x.pick_rows(fold.test), K);
    for (size_t i = 0; i < fold.test.size(); ++i)
      for (int64_t k = 0; k < D; ++k) score[k][fold.test[i]] = s.data<double>()[static_cast<int64_t>(i) * D + k];
  }
  sigmoid_.clear();
  isotonic_.clear();
  std::vector<double> is_k(data.y.size());
  for (int64_t k = 0; k < D; ++k) {
    for (size_t i = 0; i < data.y.size(); ++i) is_k[i] = data.y[i] == static_cast<double>(D == 1 ? 1 : k);
    if (method == "sigmoid")
      sigmoid_.push_back(fit_sigmoid(score[k], is_k, data.weight));
    else
      isotonic_.push_back(fit_isotonic(score[k], is_k, data.weight));
  }
  base_->fit(data);
  report_ = base_->report();
}

void Calibrated::proba_on(const Features& x, double* out) const {
  const int64_t K = class_count(), D = static_cast<int64_t>(maps());
  const Tensor s = scores_of(*base_, x, K);
  for (int64_t r = 0; r < x.rows(); ++r) {
    double* p = out + r * K;
    const double* row = s.data<double>() + r * D;
    if (K == 2) {
      p[1] = map(0, row[0]);
      p[0] = 1 - p[1];
      continue;
    }
    double sum = 0;
    for (int64_t k = 0; k < K; ++k) sum += p[k] = map(static_cast<size_t>(k), row[k]);
    for (int64_t k = 0; k < K; ++k) p[k] = sum > 0 ? p[k] / sum : 1.0 / static_cast<double>(K);
  }
}

void Calibrated::write(State& state) const {
  state.set("base", base_->to_state());
  for (size_t k = 0; k < maps(); ++k) {
    state.set(str("x{}", k), method == "sigmoid" ? std::vector<double>{sigmoid_[k].a} : isotonic_[k].x);
    state.set(str("y{}", k), method == "sigmoid" ? std::vector<double>{sigmoid_[k].b} : isotonic_[k].y);
  }
}

void Calibrated::read(const State& state) {
  base_ = from_state(state.child("base"));
  GRIM_CHECK(class_count() >= 2 && static_cast<int64_t>(base_->classes().size()) == class_count(), input, "calibrated",
             "{} around {} with {} classes", class_count(), base_->name(), base_->classes().size());
  for (size_t k = 0; k < maps(); ++k) {
    std::vector<double> x = state.numbers(str("x{}", k)), y = state.numbers(str("y{}", k), static_cast<int64_t>(x.size()));
    bool sound = !x.empty();
    for (size_t i = 0; i < x.size(); ++i)
      sound &=
          std::isfinite(x[i]) && std::isfinite(y[i]) && (method == "sigmoid" || ((i == 0 || x[i] > x[i - 1]) && y[i] >= 0 && y[i] <= 1));
    GRIM_CHECK(sound, input, "calibrated", "map {} is no map", k);
    if (method == "sigmoid")
      sigmoid_.push_back({x[0], y[0]});
    else
      isotonic_.push_back({std::move(x), std::move(y)});
  }
}

}  // namespace grim
