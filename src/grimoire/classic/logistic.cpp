#include "grimoire/classic/logistic.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/softmax.h"
#include "grimoire/classic/class_weights.h"
#include "grimoire/classic/lbfgs.h"
#include "grimoire/classic/narrowing.h"
#include "grimoire/classic/newton.h"

namespace grim {
namespace {

// Multiply-adds of a Newton step against those of the passes that L-BFGS would take in its place.
bool newton_pays(const MeanLoss& loss) {
  const double N = static_cast<double>(loss.x().rows()), n = static_cast<double>(loss.dims());
  const double entries =
      loss.x().is_sparse() ? static_cast<double>(loss.x().sparse().value.size()) / N + 1 : static_cast<double>(loss.width());
  const double outputs = static_cast<double>(loss.outputs());
  const double step = N * entries * entries / 2 * outputs * outputs / 2 + n * n * n / 6 + n * n;
  return n <= 5000 && 6 * step <= 400 * N * entries * outputs;
}

// Classes that a hyperplane separates let the likelihood rise for ever: Newton's steps then keep a length of about 1 in the scores
// (Albert and Anderson 1984). The last step tells the direction; which rows it moves tells the kind.
std::string separation(const MeanLoss& loss, const std::vector<double>& y, const std::vector<double>& step,
                       const std::vector<ColumnInfo>& columns) {
  const std::vector<double> z = loss.along(step.data());
  const int64_t N = loss.x().rows(), D = loss.outputs(), P = loss.x().width();
  double most = 0, least = INFINITY;
  for (int64_t r = 0; r < N; ++r) {
    const int64_t own = static_cast<int64_t>(y[r]);
    for (int64_t k = 0; k < std::max<int64_t>(D, 2); ++k) {
      if (k == own) continue;
      const double gain = D == 1 ? (own ? z[r] : -z[r]) : z[r * D + own] - z[r * D + k];
      most = std::max(most, gain);
      least = std::min(least, gain);
    }
  }
  if (most < 0.3 || least < -1e-3 * most) return "";
  int64_t strongest = 0;
  for (int64_t i = 0; i < loss.dims(); ++i)
    if (i % loss.width() < P && std::abs(step[i]) > std::abs(step[strongest])) strongest = i;
  return str("{} separation: {}; the likelihood has no maximum and the coefficients grow without bound, '{}' first. Use a penalty",
             least > 1e-3 * most ? "perfect" : "quasi-complete",
             least > 1e-3 * most ? "a hyperplane tells the classes apart without error"
                                 : "a hyperplane tells them apart but for rows that lie on it",
             columns[strongest % loss.width()].name);
}

// Of every coefficient the inverse unit of its column, or less where the penalty bends more than the column; empty when all are 1.
std::vector<double> units_of(const MeanLoss& loss, double l2) {
  std::vector<double> column = column_units(loss.x());
  if (column.empty()) return {};
  if (l2 > 0)
    for (double& unit : column) unit = std::min(unit, std::ldexp(1.0, -std::ilogb(l2) / 2));
  std::vector<double> unit(static_cast<size_t>(loss.dims()), 1.0);
  for (int64_t d = 0; d < loss.outputs(); ++d) std::copy(column.begin(), column.end(), unit.begin() + d * loss.width());
  return unit;
}

bool all_right(const MeanLoss& loss, const std::vector<double>& y, const std::vector<double>& w) {
  const std::vector<double> z = loss.along(w.data());
  const int64_t D = loss.outputs();
  for (int64_t r = 0; r < loss.x().rows(); ++r) {
    const int64_t own = static_cast<int64_t>(y[r]);
    if (D == 1 && (own ? z[r] : -z[r]) <= 0) return false;
    for (int64_t k = 0; k < D && D > 1; ++k)
      if (k != own && z[r * D + k] >= z[r * D + own]) return false;
  }
  return true;
}

}  // namespace

Options Logistic::params() {
  return {{.name = "C", .help = "weight of the loss against the penalty", .target = &c_, .low = 1e-300, .basic = true, .without = {"alpha"}},
          {.name = "alpha",
           .help = "instead of C: weight of the penalty against the mean loss; 0: no penalty; -1: use C",
           .target = &alpha_,
           .low = -1,
           .basic = true},
          {.name = "l1-ratio",
           .help = "share of |w| in the penalty, the rest being |w|^2 / 2",
           .target = &l1_ratio_,
           .low = 0,
           .high = 1,
           .basic = true,
           .without = {"alpha=0"}},
          {.name = "class-weight", .help = "'balanced', or NAME=WEIGHT with commas between", .target = &class_weight_, .basic = true},
          {.name = "solver", .help = "how an L2 penalty is solved", .target = &solver_, .choices = {"auto", "newton", "lbfgs"}, .with = "l1-ratio=0"},
          {.name = "tolerance", .help = "distance to the minimum of the mean loss to stop at", .target = &tolerance_, .low = 0},
          {.name = "max-iter", .help = "steps at most", .target = &most_, .low = 1},
          {.name = "intercept", .help = "fit a constant term", .target = &intercept_wanted_},
          {.name = "penalise-intercept", .help = "penalise the constant term too, as liblinear does", .target = &penalise_intercept_, .with = "intercept"}};
}

void Logistic::fit_on(const Dataset& given) {
  Dataset moved;
  offset_.clear();
  // A free intercept takes up any offset of a column; what is fitted is then the same, with all its digits. A penalised one of two classes
  // too, when the penalty knows the offsets.
  const bool known = penalise_intercept_ && given.class_count() == 2 && l1_ratio_ == 0;
  const bool movable = intercept_wanted_ && (!penalise_intercept_ || known);
  const Dataset& data = movable ? less_offsets_of(given, moved) : given;
  const int64_t K = data.class_count(), P = data.x.width();
  const LinearLoss kind = K == 2 ? LinearLoss::logistic : LinearLoss::multinomial;
  const std::vector<double> weight = rows_with_class_weights(data, class_weight_, name());
  MeanLoss loss(data.x, data.y, weight, K, kind, intercept_wanted_);
  const double alpha = alpha_ >= 0 ? alpha_ : 1 / (c_ * loss.total_weight());
  PenalisedLoss f{.loss = loss, .l1 = alpha * l1_ratio_, .l2 = alpha * (1 - l1_ratio_), .penalise_intercept = penalise_intercept_};
  if (penalise_intercept_) f.offset = offset_;
  std::vector<double> w(static_cast<size_t>(loss.dims()), 0.0);

  const bool use_newton = f.l1 == 0 && (solver_ == "newton" || (solver_ == "auto" && newton_pays(loss)));
  if (f.l1 > 0 || use_newton) {
    // A start from every eighth row: full passes then begin near the end.
    constexpr int64_t kStep = 8, kRowsForStart = 2000;
    if (data.rows() / kStep > std::max<int64_t>(kRowsForStart, 20 * loss.dims())) {
      std::vector<int64_t> rows;
      std::vector<double> some_weight;
      for (int64_t r = 0; r < data.rows(); r += kStep) rows.push_back(r), some_weight.push_back(weight[r]);
      const Dataset some = data.pick(rows);
      MeanLoss part(some.x, some.y, some_weight, K, kind, intercept_wanted_);
      PenalisedLoss start{.loss = part, .l1 = f.l1, .l2 = f.l2, .penalise_intercept = penalise_intercept_, .offset = f.offset};
      if (f.l1 > 0) proximal_newton(start, w, 1e-3, 10);
      else newton(start, w, 1e-3, 10);
    }
    const NewtonResult found = f.l1 > 0 ? proximal_newton(f, w, tolerance_, most_) : newton(f, w, tolerance_, most_);
    report_.converged = found.converged;
    report_.iterations = found.iterations;
    report_.objective = found.value;
    report_.gap = found.gap;
    report_.stopped = str("{}, {} {} {:.2g}", f.l1 > 0 ? "coordinate descent in Newton steps" : "Newton",
                          found.converged ? "gap below" : "stopped at its limit, gap", found.converged ? "tolerance:" : "is", found.gap);
    if (f.l1 > 0) report_.stopped += str("; largest violation of the optimality conditions {:.2g}", found.violation);
    if (alpha == 0) {
      const std::string kind_of = separation(loss, data.y, found.step, data.x.columns());
      if (!kind_of.empty()) report_.warnings.push_back(kind_of), report_.converged = false;
    }
  } else {
    const LbfgsResult found =
        lbfgs([&](const double* v, double* g) { return f.value(v, g, false); }, w, std::max(tolerance_, 1e-14), most_,
              units_of(loss, f.l2));
    report_.converged = found.converged;
    report_.iterations = found.iterations;
    report_.objective = found.value;
    report_.gap = found.gradient;
    report_.stopped = str("L-BFGS, gradient {:.2g}", found.gradient);
  }
  if (report_.warnings.empty() && alpha * loss.total_weight() < 1e-3 && all_right(loss, data.y, w)) {
    report_.warnings.push_back(
        "perfect separation: a hyperplane tells the classes apart without error; only the penalty keeps the coefficients finite");
    if (alpha == 0) report_.converged = false;
  }
  if (!movable) doubt_offsets(data.x, intercept_wanted_);
  if (!report_.converged && report_.warnings.empty())
    report_.warnings.push_back("not converged: scale the columns, allow more steps, or use a smaller C");
  if (alpha_ < 0) report_.objective *= c_ * loss.total_weight();

  const int64_t D = loss.outputs(), W = loss.width();
  coef_.resize(static_cast<size_t>(D * P));
  intercept_.assign(static_cast<size_t>(D), 0.0);
  for (int64_t d = 0; d < D; ++d) {
    std::copy_n(&w[d * W], P, &coef_[d * P]);
    if (intercept_wanted_) intercept_[d] = w[d * W + P];
  }
  if (D > 1 && intercept_wanted_ && !penalise_intercept_) {  // they are determined up to a constant: their sum is 0
    double mean = 0;
    for (double b : intercept_) mean += b / static_cast<double>(D);
    for (double& b : intercept_) b -= mean;
  }
  put_back();
}

void Logistic::proba_on(const Features& x, double* out) const {
  const int64_t N = x.rows(), D = outputs(), K = std::max<int64_t>(D, 2);
  std::vector<double> z(static_cast<size_t>(N * D));
  scores(x, z.data());
  for (int64_t r = 0; r < N; ++r) {
    double* p = out + r * K;
    if (D == 1) {
      const double e = std::exp(-std::abs(z[r])), less = e / (1 + e);
      p[1] = z[r] >= 0 ? 1 - less : less;
      p[0] = z[r] >= 0 ? less : 1 - less;
      continue;
    }
    softmax_row(&z[r * D], p, K);
  }
}

}  // namespace grim
