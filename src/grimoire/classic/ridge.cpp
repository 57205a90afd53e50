#include "grimoire/classic/ridge.h"

#include <charconv>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/classic/cholesky.h"
#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/ridge_solve.h"
#include "grimoire/device/threads.h"

namespace grim {

std::vector<double> numbers_of(const std::string& text, std::string_view who, std::string_view what) {
  std::vector<double> numbers;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    double v = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + end, v);
    GRIM_CHECK(error == std::errc() && stop == text.data() + end && v >= 0 && std::isfinite(v), argument, who,
               "{}: got '{}', expected numbers from 0 with commas between", what, text.substr(at, end - at));
    numbers.push_back(v);
    at = end + 1;
  }
  return numbers;
}

Options Ridge::params() {
  return {{.name = "alpha", .help = "strength of the penalty alpha |w|^2; 0: least squares", .target = &alpha_, .low = 0, .basic = true,
           .without = {"alphas"}},
          {.name = "alphas", .help = "choose among these by leave-one-out error, as 0.01,0.1,1", .target = &alphas_, .basic = true},
          {.name = "intercept", .help = "fit a constant term", .target = &intercept_wanted_}};
}
Options LinearRegression::params() { return {{.name = "intercept", .help = "fit a constant term", .target = &intercept_wanted_}}; }

void Ridge::check_params() const {
  if (!alphas_.empty()) numbers_of(alphas_, name(), "alphas");
}

void Ridge::fit_on(const Dataset& given) {
  Dataset moved;
  offset_.clear();
  const Dataset& data = intercept_wanted_ ? less_offsets_of(given, moved) : given;
  chosen_ = alpha_;
  if (!alphas_.empty()) {
    const LeaveOneOut tried = ridge_leave_one_out(data, numbers_of(alphas_, name(), "alphas"), intercept_wanted_);
    chosen_ = tried.alphas[tried.best];
    if (tried.alphas.size() > 1 && (chosen_ == *std::min_element(tried.alphas.begin(), tried.alphas.end()) ||
                                    chosen_ == *std::max_element(tried.alphas.begin(), tried.alphas.end())))
      report_.warnings.push_back(str("the best alpha, {:g}, is at the end of the range that was tried", chosen_));
  }
  const RidgeProblem problem{.x = data.x, .y = data.y, .weight = data.weight, .alpha = chosen_, .intercept = intercept_wanted_};
  RidgeSolution s = solve_ridge(problem);
  coef_ = std::move(s.coef);
  intercept_ = {s.intercept};
  report_.iterations = s.steps;
  report_.gap = s.gradient;
  report_.stopped = s.method;
  report_.converged = s.gradient < 1e-6;
  if (s.rank >= 0)
    report_.warnings.push_back(
        str("the columns are linearly dependent (rank {} of {}): of many least-squares solutions this is the shortest", s.rank,
            data.x.width()));
  put_back();
  std::vector<double> z(static_cast<size_t>(data.rows()));
  scores(given.x, z.data());
  double objective = chosen_ * cpu::dot(coef_.data(), coef_.data(), data.x.width());
  for (int64_t r = 0; r < data.rows(); ++r) objective += data.weight_of(r) * (data.y[r] - z[r]) * (data.y[r] - z[r]);
  report_.objective = objective;
}

void Ridge::write(State& state) const {
  LinearModel::write(state);
  state.set("chosen_alpha", Json(chosen_));
}
void Ridge::read(const State& state) {
  LinearModel::read(state);
  chosen_ = state.value("chosen_alpha").as_real();
}

// With rows u_i = root(w_i) (x_i - mean) the hat matrix is H = U (U'U + alpha)^-1 U' + root(w_i w_j) / sum w. For more columns than rows,
// with G = (U U' + alpha)^-1: H = 1 - alpha G + ..., and the residuals are alpha G y.
LeaveOneOut ridge_leave_one_out(const Dataset& data, const std::vector<double>& alphas, bool intercept) {
  GRIM_CHECK(!alphas.empty(), argument, "ridge", "no alphas to choose among");
  const int64_t N = data.rows(), P = data.x.width(), width = P + 1;
  const RidgeProblem base{.x = data.x, .y = data.y, .weight = data.weight, .alpha = 0, .intercept = intercept};
  const bool wide = P > N;
  const std::vector<double> mean = ridge_means(base);
  const Moments moments = wide ? Moments{} : column_moments(data.x, data.y, data.weight, intercept);
  const std::vector<double> products = wide ? row_products(base, mean) : std::vector<double>{};
  const double total = data.total_weight();
  LeaveOneOut result{.alphas = alphas, .mse = {}};
  for (double alpha : alphas) {
    const int64_t n = wide ? N : P;
    std::vector<double> a(static_cast<size_t>(n * n)), inverse(a.size()), error(static_cast<size_t>(N));
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j <= i; ++j) a[i * n + j] = wide ? products[i * n + j] : moments.row(i)[j];
      a[i * n + i] += alpha;
    }
    GRIM_CHECK(cholesky(a.data(), n, n, 1e-15), numeric, "ridge", "alpha {:g} leaves the equations singular: take a larger one", alpha);
    cholesky_inverse(a.data(), n, n, inverse.data());
    const auto left_out = [&](int64_t r, double residual, double leverage) {
      const double h = leverage + (intercept ? data.weight_of(r) / total : 0.0);
      error[r] = residual / (1 - h);
    };
    if (wide) {
      std::vector<double> y(static_cast<size_t>(N));
      for (int64_t r = 0; r < N; ++r) y[r] = std::sqrt(data.weight_of(r)) * (data.y[r] - mean[P]);
      for (int64_t r = 0; r < N; ++r)
        left_out(r, alpha * cpu::dot(&inverse[r * N], y.data(), N) / std::sqrt(data.weight_of(r)), 1 - alpha * inverse[r * N + r]);
    } else {
      std::vector<double> w(&moments.gram[P * width], &moments.gram[P * width] + P);
      cholesky_solve(a.data(), P, P, w.data());
      const int64_t pieces = row_pieces(N, P * P, 1 << 20);
      device::for_chunks(pieces, [&](int64_t piece) {
        std::vector<double> row(static_cast<size_t>(P));
        for (int64_t r = N * piece / pieces; r < N * (piece + 1) / pieces; ++r) {
          data.x.read_rows(r, r + 1, row.data());
          if (intercept) cpu::axpy(-1, mean.data(), row.data(), P);
          double h = 0;
          for (int64_t i = 0; i < P; ++i) h += row[i] * cpu::dot(&inverse[i * P], row.data(), P);
          left_out(r, data.y[r] - mean[P] - cpu::dot(row.data(), w.data(), P), data.weight_of(r) * h);
        }
      });
    }
    double sum = 0;
    for (int64_t r = 0; r < N; ++r) sum += data.weight_of(r) * error[r] * error[r];
    result.mse.push_back(sum / total);
    if (result.mse.back() < result.mse[result.best]) result.best = result.mse.size() - 1;
  }
  return result;
}

}  // namespace grim
