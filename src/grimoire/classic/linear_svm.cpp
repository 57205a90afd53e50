#include "grimoire/classic/linear_svm.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/classic/lbfgs.h"
#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/class_weights.h"
#include "grimoire/classic/narrowing.h"
#include "grimoire/classic/newton.h"

namespace grim {
namespace {

constexpr int64_t kNewtonColumns = 4000;

// A row's product with w, and w += by row, whatever form the rows have.
class Rows {
 public:
  Rows(const Features& x, bool constant) : x_(x), constant_(constant) {
    if (!x.is_sparse()) dense_ = x.to_tensor(Dtype::f64);
  }
  double dot(int64_t r, const std::vector<double>& w) const {
    const int64_t P = x_.width();
    double z = constant_ ? w[P] : 0.0;
    if (!x_.is_sparse()) return z + cpu::dot(dense_.data<double>() + r * P, w.data(), P);
    const SparseRows& s = x_.sparse();
    for (int64_t k = s.row_start[r]; k < s.row_start[r + 1]; ++k) z += s.value[k] * w[s.column[k]];
    return z;
  }
  void add(int64_t r, double by, std::vector<double>& w) const {
    const int64_t P = x_.width();
    if (constant_) w[P] += by;
    if (!x_.is_sparse()) return cpu::axpy(by, dense_.data<double>() + r * P, w.data(), P);
    const SparseRows& s = x_.sparse();
    for (int64_t k = s.row_start[r]; k < s.row_start[r + 1]; ++k) w[s.column[k]] += by * s.value[k];
  }
  double square(int64_t r) const {
    if (!x_.is_sparse())
      return constant_ + cpu::dot(dense_.data<double>() + r * x_.width(), dense_.data<double>() + r * x_.width(), x_.width());
    double sum = constant_;
    for (double v : x_.sparse().values_of(r)) sum += v * v;
    return sum;
  }

 private:
  const Features& x_;
  bool constant_;
  Tensor dense_;
};

}  // namespace

// min a'Qa / 2 - sum a, 0 <= a <= bound, with w = sum a y x at hand: one coordinate costs one row. Coordinates at a bound whose gradient
// points outwards beyond the last sweep's extremes are left out until the rest has converged (section 3.2 of the paper).
DualDescent dual_hinge(const Features& x, const std::vector<double>& sign, const std::vector<double>& bound, bool constant,
                       double tolerance, int64_t most) {
  const int64_t N = x.rows();
  const Rows rows(x, constant);
  DualDescent d{.w = std::vector<double>(static_cast<size_t>(x.width() + constant), 0.0)};
  std::vector<double> a(static_cast<size_t>(N), 0.0), square(static_cast<size_t>(N));
  std::vector<int64_t> all;
  for (int64_t r = 0; r < N; ++r) {
    square[r] = rows.square(r);
    all.push_back(r);
  }
  const auto gap = [&] {
    double loss = 0, alphas = 0;
    for (int64_t r = 0; r < N; ++r) {
      loss += bound[r] * std::max(0.0, 1 - sign[r] * rows.dot(r, d.w));
      alphas += a[r];
    }
    const double half = cpu::dot(d.w.data(), d.w.data(), static_cast<int64_t>(d.w.size())) / 2;
    d.primal = half + loss;
    return d.primal - (alphas - half);
  };
  const Rng stream(RngMode::philox, 0, "linear-svc");
  std::vector<int64_t> order = all;
  double upper = INFINITY, lower = -INFINITY, slack = 1e-1;
  for (d.gap = INFINITY; d.sweeps < most;) {
    Rng rng = stream.at_step(d.sweeps);
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[static_cast<size_t>(rng.randint(0, static_cast<int64_t>(i)))]);
    double most_up = -INFINITY, most_down = INFINITY;
    size_t kept = 0;
    for (const int64_t r : order) {
      const double g = sign[r] * rows.dot(r, d.w) - 1;
      if ((a[r] == 0 && g > upper) || (a[r] == bound[r] && g < lower)) continue;
      order[kept++] = r;
      const double projected = a[r] == 0 ? std::min(g, 0.0) : a[r] == bound[r] ? std::max(g, 0.0) : g;
      most_up = std::max(most_up, projected);
      most_down = std::min(most_down, projected);
      if (projected == 0 || square[r] == 0) continue;
      const double old = a[r];
      a[r] = std::clamp(old - g / square[r], 0.0, bound[r]);
      rows.add(r, (a[r] - old) * sign[r], d.w);
    }
    order.resize(kept);
    ++d.sweeps;
    if (most_up - most_down > slack && !order.empty()) {
      upper = most_up > 0 ? most_up : INFINITY;
      lower = most_down < 0 ? most_down : -INFINITY;
      continue;
    }
    d.gap = gap();
    if (d.gap <= tolerance * std::abs(d.primal)) {
      d.converged = true;
      break;
    }
    if (order.size() == all.size()) slack = std::max(slack / 10, 1e-15);
    order = all;
    upper = INFINITY;
    lower = -INFINITY;
  }
  if (!d.converged) d.gap = gap();
  for (double v : a) d.support += v > 0;
  return d;
}

Options LinearSvc::params() {
  return {{.name = "C", .help = "weight of the loss against the penalty", .target = &c_, .low = 1e-300, .basic = true},
          {.name = "penalty", .help = "l2: |w|^2 / 2; l1: |w|", .target = &penalty_, .choices = {"l2", "l1"}, .basic = true},
          {.name = "loss",
           .help = "of a row with margin m below 1: 1 - m, or its square",
           .target = &loss_,
           .choices = {"squared-hinge", "hinge"},
           .basic = true},
          {.name = "class-weight", .help = "'balanced', or NAME=WEIGHT with commas between", .target = &class_weight_, .basic = true},
          {.name = "tolerance", .help = "gap to stop at, relative to the objective", .target = &tolerance_, .low = 0},
          {.name = "max-iter", .help = "sweeps or steps at most", .target = &most_, .low = 1},
          {.name = "intercept", .help = "a constant column", .target = &intercept_wanted_}};
}

void LinearSvc::fit_smooth(const Dataset& data, const std::vector<double>& y, const std::vector<double>& weight, std::vector<double>& w) {
  MeanLoss loss(data.x, y, weight, 2, LinearLoss::squared_hinge, intercept_wanted_);
  const double alpha = 1 / (c_ * loss.total_weight()), back = c_ * loss.total_weight();
  const bool l1 = penalty_ == "l1";
  PenalisedLoss f{.loss = loss, .l1 = l1 ? alpha : 0.0, .l2 = l1 ? 0.0 : alpha, .penalise_intercept = true, .offset = offset_};
  w.assign(static_cast<size_t>(loss.dims()), 0.0);
  if (!l1 && loss.dims() > kNewtonColumns) {
    const LbfgsResult r = lbfgs([&](const double* v, double* g) { return f.value(v, g, false); }, w, tolerance_, most_);
    report_.converged &= r.converged;
    report_.iterations += r.iterations;
    report_.objective += r.value * back;
    report_.gap = std::max(report_.gap, r.gradient);
    return;
  }
  const NewtonResult r = l1 ? proximal_newton(f, w, tolerance_, most_) : newton(f, w, tolerance_, most_);
  report_.converged &= r.converged;
  report_.iterations += r.iterations;
  report_.objective += r.value * back;
  report_.gap = std::max(report_.gap, r.gap * back);
}

void LinearSvc::fit_on(const Dataset& given) {
  GRIM_CHECK(penalty_ == "l2" || loss_ == "squared-hinge", argument, name(), "penalty l1 goes with loss squared-hinge");
  Dataset moved;
  offset_.clear();
  const bool by_newton = penalty_ == "l2" && loss_ == "squared-hinge" && given.x.width() < kNewtonColumns;
  const Dataset& data = intercept_wanted_ && by_newton ? less_offsets_of(given, moved) : given;
  const int64_t K = data.class_count(), D = K == 2 ? 1 : K, P = data.x.width();
  const std::vector<double> weight = rows_with_class_weights(data, class_weight_, name());
  report_.objective = 0;
  report_.gap = 0;
  support_ = 0;
  coef_.clear();
  intercept_.clear();
  for (int64_t d = 0; d < D; ++d) {
    std::vector<double> y, w, sign, bound;
    for (int64_t r = 0; r < data.rows(); ++r) {
      y.push_back(data.y[r] == static_cast<double>(D == 1 ? 1 : d));
      sign.push_back(y.back() > 0 ? 1 : -1);
      bound.push_back(c_ * weight[r]);
    }
    if (loss_ == "hinge") {
      DualDescent found = dual_hinge(data.x, sign, bound, intercept_wanted_, tolerance_, most_);
      report_.converged &= found.converged;
      report_.iterations += found.sweeps;
      report_.objective += found.primal;
      report_.gap = std::max(report_.gap, found.gap);
      support_ += found.support;
      w = std::move(found.w);
    } else {
      fit_smooth(data, y, weight, w);
    }
    coef_.insert(coef_.end(), w.begin(), w.begin() + P);
    intercept_.push_back(intercept_wanted_ ? w[P] : 0.0);
  }
  put_back();
  if (const Features& x = given.x; intercept_wanted_ && !large_offsets(x).empty())
    report_.warnings.push_back("some columns lie far from 0 beside their spread, and the constant term that makes up for it is penalised like "
                               "the others: scale the columns first (" GRIM_SETTING("scale=standard") ")");
  if (loss_ != "hinge") doubt_offsets(data.x, intercept_wanted_);  // the hinge has its duality gap
  report_.stopped = str("{} {}, gap {:.2g}", report_.iterations, loss_ == "hinge" ? "sweeps" : "steps", report_.gap);
  if (!report_.converged)
    report_.warnings.push_back("not converged: scale the columns, allow more sweeps, or use a smaller C or a larger tolerance");
}

void LinearSvc::write(State& state) const {
  LinearModel::write(state);
  state.set("support", Json(support_));
}
void LinearSvc::read(const State& state) {
  LinearModel::read(state);
  support_ = state.value("support").as_integer();
}

}  // namespace grim
