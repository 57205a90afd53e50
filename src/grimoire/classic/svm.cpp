#include "grimoire/classic/svm.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"
#include "grimoire/classic/class_weights.h"
#include "grimoire/classic/narrowing.h"
#include "grimoire/classic/neighbours.h"
#include "grimoire/classic/svm_problem.h"

namespace grim {
namespace {

// Variance over all cells of X, each row counted by its weight.
double variance_of_cells(const Dataset& data) {
  const Features& x = data.x;
  double cells = 0, sum = 0, square = 0;
  const auto each = [&](auto&& fn) {
    std::vector<double> row(static_cast<size_t>(x.is_sparse() ? 0 : x.width()));
    for (int64_t r = 0; r < x.rows(); ++r) {
      if (!x.is_sparse()) x.read_rows(r, r + 1, row.data());
      const std::span<const double> values = x.is_sparse() ? x.sparse().values_of(r) : std::span<const double>(row);
      for (double v : values) fn(data.weight_of(r), v);
    }
  };
  for (int64_t r = 0; r < x.rows(); ++r) cells += data.weight_of(r) * static_cast<double>(x.width());
  each([&](double w, double v) { sum += w * v; });
  const double mean = sum / cells;
  double absent = cells;
  each([&](double w, double v) { square += w * (v - mean) * (v - mean), absent -= w; });
  return (square + absent * mean * mean) / cells;
}

// Kernels add up squares of columns: one on a much wider scale than the others drowns them.
std::string scale_warning(const Features& x) {
  if (x.is_sparse() || x.width() < 2) return "";
  const int64_t P = x.width();
  std::vector<double> row(static_cast<size_t>(P)), mean(row.size(), 0.0), square(row.size(), 0.0);
  for (int64_t r = 0; r < x.rows(); ++r) {
    x.read_rows(r, r + 1, row.data());
    for (int64_t j = 0; j < P; ++j) {
      const double d = row[j] - mean[j];
      mean[j] += d / static_cast<double>(r + 1);
      square[j] += d * (row[j] - mean[j]);
    }
  }
  size_t wide = 0, narrow = 0;
  for (size_t j = 0; j < square.size(); ++j) {
    if (square[j] > square[wide]) wide = j;
    if (square[j] > 0 && (square[narrow] == 0 || square[j] < square[narrow])) narrow = j;
  }
  const double ratio = square[narrow] > 0 ? std::sqrt(square[wide] / square[narrow]) : 1.0,
               deviation = std::sqrt(square[wide] / static_cast<double>(x.rows()));
  if (ratio < 100 || deviation < 10) return "";
  return str(
      "the columns are on different scales ('{}' varies {:.6g} times as much as '{}'): the kernel sees little but the widest. Scale them "
      "first",
      x.columns()[wide].name, ratio, x.columns()[narrow].name);
}

}  // namespace

void KernelMachine::set_kernel(KernelFunction function) {
  kernel_name_ = "custom";
  kernel_.function = std::move(function);
}

double KernelMachine::typed_gamma() const {
  double gamma = 0;
  const auto [end, error] = std::from_chars(gamma_text_.data(), gamma_text_.data() + gamma_text_.size(), gamma);
  GRIM_CHECK(error == std::errc() && end == gamma_text_.data() + gamma_text_.size() && gamma > 0, argument, name(),
             "gamma: got '{}', expected 'scale', 'auto' or a number above 0", gamma_text_);
  return gamma;
}

void KernelMachine::check_params() const {
  if (gamma_text_ != "auto" && gamma_text_ != "scale") typed_gamma();
}

void KernelMachine::choose_kernel(const Dataset& data) {
  kernel_.kind =
      static_cast<Kernel::Kind>(std::find(std::begin(Kernel::kNames), std::end(Kernel::kNames), kernel_name_) - std::begin(Kernel::kNames));
  kernel_.coef0 = coef0_;
  kernel_.degree = degree_;
  GRIM_CHECK(kernel_.kind != Kernel::Kind::custom || kernel_.function, state, name(),
             "kernel=custom without a kernel: call set_kernel() first");
  GRIM_CHECK(kernel_.kind != Kernel::Kind::precomputed || data.x.width() == data.rows(), shape, name(),
             "a precomputed kernel has as many columns as training rows: got {} rows of {}", data.rows(), data.x.width());
  const double P = static_cast<double>(data.x.width());
  if (gamma_text_ == "auto")
    kernel_.gamma = 1 / P;
  else if (gamma_text_ == "scale") {
    const double variance = kernel_.kind == Kernel::Kind::precomputed ? 1.0 : variance_of_cells(data);
    kernel_.gamma = variance > 0 ? 1 / (P * variance) : 1.0;
  } else {
    kernel_.gamma = typed_gamma();
  }
  if (kernel_.kind != Kernel::Kind::precomputed && kernel_.kind != Kernel::Kind::custom) {
    const std::string warning = scale_warning(data.x);
    if (!warning.empty()) report_.warnings.push_back(warning);
  }
}

// Machines of differences do not see an offset of the columns, nor do linear ones with a constant: it is taken off where it is large, also
// from the variance that gamma=scale asks for.
void KernelMachine::choose_offset(const Features& x) {
  offset_.clear();
  if (kernel_name_ == "rbf" || (kernel_name_ == "linear" && machine() != Form::one_class)) offset_ = large_offsets(x);
}

// Floats are left where they make one number of several, leave their range, be it by gamma or coef0, or make all kernel values 1.
void KernelMachine::choose_numbers(const Features& x) {
  constexpr double kLargest = 1e15, kLeast = 1e-15, kFlat = 0x1p-10, kSteepest = 1e30;
  const double largest = largest_value(x);
  doubles_ = precision_ == "double" || floats_lose(x) || largest > kLargest || (largest > 0 && largest < kLeast) ||
             kernel_.gamma > kSteepest || std::abs(kernel_.coef0) > kSteepest ||
             (kernel_.kind == Kernel::Kind::rbf && kernel_.gamma * mean_square_distance(x) < kFlat);
}

void KernelMachine::fit_on(const Dataset& given) {
  choose_offset(given.x);
  Dataset data = given;
  if (!offset_.empty()) data.x = less_offsets(given.x, offset_);
  choose_kernel(data);
  choose_numbers(data.x);
  start_over(report_.warnings);
  const std::vector<std::string> said = report_.warnings;
  if (!doubles_) fit_in<float>(data);
  // What rounding leaves in the gradient must lie below the violation that is reported: large coefficients ask for doubles.
  if (!doubles_ && noise_ > tolerance_) doubles_ = true, start_over(said);
  if (doubles_) fit_in<double>(data);
  if (!offset_.empty()) vectors_ = given.x.pick_rows(rows_);
  report_.stopped = str("{} steps, largest violation {:.2g}", report_.iterations, violation_);
  // Small violations times large coefficients may be a large gap.
  constexpr double kLoose = 0.1;
  if (report_.converged && report_.gap > kLoose * std::abs(report_.objective)) {
    report_.converged = false;
    report_.stopped += str(", duality gap {:.2g} of the objective", report_.gap / std::abs(report_.objective));
    if (report_.warnings.size() == said.size())  // else doubt_spread() told the cause
      report_.warnings.push_back("not converged: the violations are below the tolerance, and yet the duality gap is not small beside the objective; "
                               "scale the columns, or use a smaller C or a smaller tolerance");
  } else if (!report_.converged)
    report_.warnings.push_back("not converged: the step limit was reached; scale the columns, or use a smaller C or a larger tolerance");
  make_engine();
}

void KernelMachine::start_over(std::vector<std::string> warnings) {
  report_ = {};
  report_.objective = report_.gap = violation_ = 0;
  report_.warnings = std::move(warnings);
  bounded_ = 0;
  square_ = 0;
  noise_ = 0;
  rho_.clear();
}

// Of F = K b with every kernel value rounded by 2^-24 of the largest.
template <class T> void KernelMachine::add_noise(const KernelSet<T>& set, const std::vector<double>& dual) {
  double squares = 0, largest = 0;
  for (double b : dual) squares += b * b;
  for (int64_t r = 0; r < set.rows(); ++r) largest = std::max(largest, std::abs(static_cast<double>(set.diagonal(r))));
  noise_ = std::max(noise_, 0x1p-24 * std::sqrt(squares) * largest);
}

template <class T> void KernelMachine::fit_in(const Dataset& data) {
  if (data.classifies())
    fit_pairs<T>(data);
  else
    fit_one<T>(data);
}

void KernelMachine::add_report(const SvmAnswer& s, double unit) {
  report_.iterations += s.iterations;
  report_.objective += s.objective / unit / unit;
  report_.gap += s.gap / unit / unit;
  violation_ = std::max(violation_, s.violation / unit);
  report_.converged &= s.converged;
}

template <class T> void KernelMachine::check_values(const KernelSet<T>& set) const {
  for (int64_t r = 0; r < set.rows(); ++r)
    if (!std::isfinite(set.diagonal(r)))
      throw Error(ErrorKind::numeric, str("[{}] a kernel value is beyond the range of numbers", name()), "scale the columns, or take a smaller gamma");
}

template <class T> void KernelMachine::fit_pairs(const Dataset& data) {
  const int64_t K = data.class_count(), N = data.rows();
  const SvmSettings settings{.C = c_,
                             .nu = nu_,
                             .epsilon = epsilon_,
                             .tolerance = tolerance_,
                             .most_iterations = most_,
                             .cache_bytes = static_cast<int64_t>(cache_mb_ * 1048576),
                             .shrinking = shrinking_};
  const std::vector<double> weight = rows_with_class_weights(data, class_weight_, name());
  std::vector<std::vector<double>> dual(static_cast<size_t>(std::max<int64_t>(K - 1, 1)), std::vector<double>(static_cast<size_t>(N), 0.0));
  for (int64_t a = 0; a < K; ++a)
    for (int64_t b = a + 1; b < K; ++b) {
      std::vector<int64_t> rows;
      std::vector<double> sign, some_weight;
      for (int64_t own : {a, b})
        for (int64_t r = 0; r < N; ++r)
          if (data.y[r] == static_cast<double>(own)) {
            rows.push_back(r);
            sign.push_back(own == a ? 1 : -1);
            some_weight.push_back(weight[r]);
          }
      const bool precomputed = kernel_.kind == Kernel::Kind::precomputed;
      KernelSet<T> set(kernel_, precomputed ? data.x.pick_rows(rows).pick_columns(rows) : data.x.pick_rows(rows));
      check_values(set);
      const SvmAnswer s =
          machine() == Form::c_svc ? solve_c_svc(settings, set, sign, some_weight) : solve_nu_svc(settings, set, sign, some_weight);
      for (size_t i = 0; i < rows.size(); ++i) dual[static_cast<size_t>(sign[i] > 0 ? b - 1 : a)][rows[i]] = s.dual[i];
      rho_.push_back(s.rho);
      bounded_ += s.bounded;
      // obj = |w|^2 / 2 - sum alpha of C-SVC; of nu-SVC |w|^2 / 2.
      double alphas = 0;
      for (double v : s.dual) alphas += std::abs(v);
      square_ = machine() == Form::c_svc ? 2 * (s.objective + alphas) : 2 * s.objective;
      add_report(s, 1);
      add_noise(set, s.dual);
    }
  keep(data, dual);
}

// Targets far from 0 are taken about a centre, which the constant term takes up: violations would lose their digits. Where their squares
// would leave the range of a double, another unit, a power of two, makes the same problem of C, epsilon, tolerance and answers in it.
template <class T> void KernelMachine::fit_one(const Dataset& data) {
  constexpr int kReach = 200;
  const double centre = large_offset(data.y);
  std::vector<double> y = data.y;
  for (double& v : y) v -= centre;
  const double unit = binary_scale(largest_magnitude(y), kReach);
  for (double& v : y) v *= unit;
  const SvmSettings settings{.C = c_ * unit,
                             .nu = nu_,
                             .epsilon = epsilon_ * unit,
                             .tolerance = tolerance_ * unit,
                             .most_iterations = most_,
                             .cache_bytes = static_cast<int64_t>(cache_mb_ * 1048576),
                             .shrinking = shrinking_};
  std::vector<double> weight = data.weight;
  if (weight.empty()) weight.assign(static_cast<size_t>(data.rows()), 1.0);
  KernelSet<T> set(kernel_, data.x);
  check_values(set);
  SvmAnswer s = machine() == Form::svr      ? solve_svr(settings, set, y, weight)
                : machine() == Form::nu_svr ? solve_nu_svr(settings, set, y, weight)
                                            : solve_one_class(settings, set, weight);
  add_noise(set, s.dual);
  noise_ /= unit;
  for (double& v : s.dual) v /= unit;
  rho_ = {s.rho / unit - centre};
  if (regresses()) doubt_spread(data.y);
  bounded_ = s.bounded;
  add_report(s, unit);
  keep(data, {s.dual});
}

// Violations, and the tube, are of the unit of the target.
void KernelMachine::doubt_spread(const std::vector<double>& y) {
  const auto [low, high] = std::minmax_element(y.begin(), y.end());
  const double half = *high / 2 - *low / 2;
  const bool tube = machine() == Form::svr && epsilon_ >= half;
  if (!tube && tolerance_ < half) return;
  report_.warnings.push_back(str("every row gets about the same answer: {} {:g} is no less than half the range of the target, {:g}; scale the "
                                 "target, or give a smaller one",
                                 tube ? "epsilon" : "tolerance", tube ? epsilon_ : tolerance_, half));
}

// Rows with a coefficient anywhere stay, class by class.
void KernelMachine::keep(const Dataset& data, const std::vector<std::vector<double>>& dual) {
  const int64_t K = std::max<int64_t>(data.class_count(), 1);
  rows_.clear();
  counts_.assign(static_cast<size_t>(K), 0);
  for (int64_t k = 0; k < K; ++k)
    for (int64_t r = 0; r < data.rows(); ++r) {
      if (data.classifies() && data.y[r] != static_cast<double>(k)) continue;
      if (std::none_of(dual.begin(), dual.end(), [&](const std::vector<double>& d) { return d[r] != 0; })) continue;
      rows_.push_back(r);
      ++counts_[static_cast<size_t>(k)];
    }
  dual_.clear();
  for (const std::vector<double>& d : dual)
    for (int64_t r : rows_) dual_.push_back(d[r]);
  vectors_ = data.x.pick_rows(rows_);
}

}  // namespace grim
