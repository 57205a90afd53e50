#include "grimoire/classic/svm.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/classic/logistic.h"
#include "grimoire/classic/svm_problem.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr const char* kKernelNames[] = {"linear", "poly", "rbf", "sigmoid", "precomputed", "custom"};

// Mean and variance over all cells of X.
double variance_of_cells(const Features& x) {
  double sum = 0, square = 0;
  const double cells = static_cast<double>(x.rows()) * static_cast<double>(x.width());
  const auto each = [&](auto&& fn) {
    if (x.is_sparse()) {
      for (double v : x.sparse().value) fn(v);
      return;
    }
    std::vector<double> row(static_cast<size_t>(x.width()));
    for (int64_t r = 0; r < x.rows(); ++r) {
      x.read_rows(r, r + 1, row.data());
      for (double v : row) fn(v);
    }
  };
  each([&](double v) { sum += v; });
  const double mean = sum / cells;
  double absent = cells;
  each([&](double v) { square += (v - mean) * (v - mean), absent -= 1; });
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
  const double ratio = square[narrow] > 0 ? std::sqrt(square[wide] / square[narrow]) : 1.0, deviation = std::sqrt(square[wide] / static_cast<double>(x.rows()));
  if (ratio < 100 || deviation < 10) return "";
  return str("the columns are on different scales ('{}' varies {:.0f} times as much as '{}'): the kernel sees little but the widest. Scale them first",
             x.columns()[wide].name, ratio, x.columns()[narrow].name);
}

}  // namespace

// Support vectors ready for kernel values.
struct KernelMachine::Engine {
  virtual ~Engine() = default;
  // out (N, pairs) = f of every pair; begin: where each class's support vectors begin.
  virtual void run(const Features& x, const std::vector<double>& dual, const std::vector<double>& rho, const std::vector<int64_t>& begin, double* out) const = 0;
};

template <class T> struct KernelMachine::EngineOf : Engine {
  EngineOf(const Kernel& k, const Features& v, const std::vector<int64_t>& rows) : kernel(k), vectors(v), set(k, v) {
    if (k.kind == Kernel::Kind::precomputed) set.set_columns(rows);
  }
  void run(const Features& x, const std::vector<double>& dual, const std::vector<double>& rho, const std::vector<int64_t>& begin, double* out) const override {
    constexpr int64_t kRows = 2048;
    const bool bits = set.form() == KernelSet<T>::Form::bits && KernelSet<T>::fits_bits(x);
    if (set.form() == KernelSet<T>::Form::bits && !bits) {
      const KernelSet<T> plain(kernel, vectors, x.is_sparse() ? KernelSet<T>::Form::sparse : KernelSet<T>::Form::dense);
      return run_with(plain, x, kRows, dual, rho, begin, out);
    }
    run_with(set, x, kRows, dual, rho, begin, out);
  }
  void run_with(const KernelSet<T>& base, const Features& x, int64_t step, const std::vector<double>& dual, const std::vector<double>& rho, const std::vector<int64_t>& begin,
                double* out) const {
    const int64_t S = base.rows(), K = static_cast<int64_t>(begin.size()) - 1, pairs = static_cast<int64_t>(rho.size()), N = x.rows();
    constexpr int64_t kBlock = 48;
    for (int64_t first = 0; first < N; first += step) {
      std::vector<int64_t> some(static_cast<size_t>(std::min(step, N - first)));
      std::iota(some.begin(), some.end(), first);
      const Features rows = N <= step ? x : x.pick_rows(some);
      const KernelSet<T> queries(kernel, rows, base.form(), &base);
      const int64_t blocks = (rows.rows() + kBlock - 1) / kBlock;
      device::for_chunks(blocks, [&](int64_t b) {
        const int64_t from = b * kBlock, many = std::min(kBlock, rows.rows() - from);
        std::vector<T> k(static_cast<size_t>(many * S));
        std::vector<T*> at;
        std::vector<int64_t> ids;
        for (int64_t i = 0; i < many; ++i) at.push_back(&k[i * S]), ids.push_back(from + i);
        base.values(queries, ids, 0, S, at.data());
        for (int64_t i = 0; i < many; ++i) decide(at[i], dual, rho, begin, K, pairs, S, out + (first + from + i) * pairs);
      });
    }
  }
  // LIBSVM's layout: with classes a < b, row b - 1 of `dual` holds class a's coefficients against b, row a class b's against a.
  static void decide(const T* k, const std::vector<double>& dual, const std::vector<double>& rho, const std::vector<int64_t>& begin, int64_t K, int64_t pairs, int64_t S, double* out) {
    const auto part = [&](int64_t row, int64_t from, int64_t to) {
      double even = 0, odd = 0;
      for (int64_t s = from; s + 1 < to; s += 2) {
        even += dual[row * S + s] * static_cast<double>(k[s]);
        odd += dual[row * S + s + 1] * static_cast<double>(k[s + 1]);
      }
      if ((to - from) % 2) even += dual[row * S + to - 1] * static_cast<double>(k[to - 1]);
      return even + odd;
    };
    if (pairs == 1) {
      out[0] = part(0, 0, S) - rho[0];
      return;
    }
    for (int64_t a = 0, p = 0; a < K; ++a)
      for (int64_t b = a + 1; b < K; ++b, ++p) out[p] = part(b - 1, begin[a], begin[a + 1]) + part(a, begin[b], begin[b + 1]) - rho[p];
  }
  Kernel kernel;
  Features vectors;
  KernelSet<T> set;
};

KernelMachine::KernelMachine() = default;
KernelMachine::~KernelMachine() = default;

void KernelMachine::set_kernel(KernelFunction function) {
  kernel_name_ = "custom";
  kernel_.function = std::move(function);
}

Options KernelMachine::kernel_params() {
  return {{.name = "kernel", .help = "similarity of two rows", .target = &kernel_name_, .choices = {"linear", "poly", "rbf", "sigmoid", "precomputed", "custom"}, .basic = true},
          {.name = "gamma", .help = "of poly, rbf, sigmoid: a number, 'scale' = 1 / (columns * variance of all cells), or 'auto' = 1 / columns", .target = &gamma_text_, .basic = true},
          {.name = "coef0", .help = "constant of poly and sigmoid", .target = &coef0_},
          {.name = "degree", .help = "of poly", .target = &degree_, .low = 1, .high = 60},
          {.name = "tolerance", .help = "largest violation of the optimality conditions to stop at", .target = &tolerance_, .low = 1e-14},
          {.name = "max-iter", .help = "steps at most; 0: 10 million, or 100 times the rows", .target = &most_, .low = 0},
          {.name = "cache", .help = "megabytes for kernel rows", .target = &cache_mb_, .low = 1},
          {.name = "shrinking", .help = "leave rows at their bound out for a while", .target = &shrinking_},
          {.name = "precision", .help = "of kernel values; float is enough for scaled columns", .target = &precision_, .choices = {"float", "double"}}};
}

void KernelMachine::choose_kernel(const Dataset& data) {
  kernel_.kind = static_cast<Kernel::Kind>(std::find(std::begin(kKernelNames), std::end(kKernelNames), kernel_name_) - std::begin(kKernelNames));
  kernel_.coef0 = coef0_;
  kernel_.degree = degree_;
  GRIM_CHECK(kernel_.kind != Kernel::Kind::custom || kernel_.function, state, name(), "kernel=custom without a kernel: call set_kernel() first");
  GRIM_CHECK(kernel_.kind != Kernel::Kind::precomputed || data.x.width() == data.rows(), shape, name(),
             "a precomputed kernel has as many columns as training rows: got {} rows of {}", data.rows(), data.x.width());
  const double P = static_cast<double>(data.x.width());
  if (gamma_text_ == "auto") kernel_.gamma = 1 / P;
  else if (gamma_text_ == "scale") {
    const double variance = kernel_.kind == Kernel::Kind::precomputed ? 1.0 : variance_of_cells(data.x);
    kernel_.gamma = variance > 0 ? 1 / (P * variance) : 1.0;
  } else {
    const auto [end, error] = std::from_chars(gamma_text_.data(), gamma_text_.data() + gamma_text_.size(), kernel_.gamma);
    GRIM_CHECK(error == std::errc() && end == gamma_text_.data() + gamma_text_.size() && kernel_.gamma > 0, argument, name(),
               "gamma: got '{}', expected 'scale', 'auto' or a number above 0", gamma_text_);
  }
  if (kernel_.kind != Kernel::Kind::precomputed && kernel_.kind != Kernel::Kind::custom) {
    const std::string warning = scale_warning(data.x);
    if (!warning.empty()) report_.warnings.push_back(warning);
  }
}

void KernelMachine::fit_on(const Dataset& data) {
  choose_kernel(data);
  report_.objective = 0;
  report_.gap = 0;
  bounded_ = 0;
  square_ = 0;
  rho_.clear();
  if (precision_ == "double") fit_in<double>(data);
  else fit_in<float>(data);
  report_.stopped = str("{} steps, largest violation {:.2g}", report_.iterations, report_.gap);
  if (!report_.converged) report_.warnings.push_back("not converged: the step limit was reached; scale the columns, or use a smaller C or a larger tolerance");
  make_engine();
}

template <class T> void KernelMachine::fit_in(const Dataset& data) {
  if (data.classifies()) fit_pairs<T>(data);
  else fit_one<T>(data);
}

void KernelMachine::add_report(int64_t iterations, double objective, double violation, bool converged) {
  report_.iterations += iterations;
  report_.objective += objective;
  report_.gap = std::max(report_.gap, violation);
  report_.converged &= converged;
}

template <class T> void KernelMachine::fit_pairs(const Dataset& data) {
  const int64_t K = data.class_count(), N = data.rows();
  const SvmSettings settings{.C = c_, .nu = nu_, .epsilon = epsilon_, .tolerance = tolerance_, .most_iterations = most_,
                             .cache_bytes = static_cast<int64_t>(cache_mb_ * 1048576), .shrinking = shrinking_};
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
      const SvmAnswer s = machine() == Form::c_svc ? solve_c_svc(settings, set, sign, some_weight) : solve_nu_svc(settings, set, sign, some_weight);
      for (size_t i = 0; i < rows.size(); ++i) dual[static_cast<size_t>(sign[i] > 0 ? b - 1 : a)][rows[i]] = s.dual[i];
      rho_.push_back(s.rho);
      bounded_ += s.bounded;
      // obj = |w|^2 / 2 - sum alpha of C-SVC; of nu-SVC |w|^2 / 2.
      double alphas = 0;
      for (double v : s.dual) alphas += std::abs(v);
      square_ = machine() == Form::c_svc ? 2 * (s.objective + alphas) : 2 * s.objective;
      add_report(s.iterations, s.objective, s.violation, s.converged);
    }
  keep(data, dual);
}

template <class T> void KernelMachine::fit_one(const Dataset& data) {
  const SvmSettings settings{.C = c_, .nu = nu_, .epsilon = epsilon_, .tolerance = tolerance_, .most_iterations = most_,
                             .cache_bytes = static_cast<int64_t>(cache_mb_ * 1048576), .shrinking = shrinking_};
  std::vector<double> weight = data.weight;
  if (weight.empty()) weight.assign(static_cast<size_t>(data.rows()), 1.0);
  KernelSet<T> set(kernel_, data.x);
  const SvmAnswer s = machine() == Form::svr      ? solve_svr(settings, set, data.y, weight)
                      : machine() == Form::nu_svr ? solve_nu_svr(settings, set, data.y, weight)
                                                  : solve_one_class(settings, set, weight);
  rho_ = {s.rho};
  bounded_ = s.bounded;
  add_report(s.iterations, s.objective, s.violation, s.converged);
  keep(data, {s.dual});
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

void KernelMachine::make_engine() {
  if (precision_ == "double") engine_ = std::make_unique<EngineOf<double>>(kernel_, vectors_, rows_);
  else engine_ = std::make_unique<EngineOf<float>>(kernel_, vectors_, rows_);
}

std::vector<double> KernelMachine::pair_values(const Features& x) const {
  std::vector<int64_t> begin{0};
  for (int64_t c : counts_) begin.push_back(begin.back() + c);
  std::vector<double> f(static_cast<size_t>(x.rows()) * rho_.size());
  engine_->run(x, dual_, rho_, begin, f.data());
  return f;
}

Tensor KernelMachine::decision_on(const Features& x) const {
  std::vector<double> f = pair_values(x);
  if (is_classifier() && rho_.size() == 1)
    for (double& v : f) v = -v;
  return Tensor::from(f, {x.rows(), static_cast<int64_t>(rho_.size())});
}

void KernelMachine::predict_on(const Features& x, double* out) const {
  const std::vector<double> f = pair_values(x);
  const int64_t K = static_cast<int64_t>(counts_.size()), pairs = static_cast<int64_t>(rho_.size());
  for (int64_t r = 0; r < x.rows(); ++r) {
    if (!is_classifier()) {
      out[r] = machine() == Form::one_class ? (f[r] > 0 ? 1 : -1) : f[r];
      continue;
    }
    std::vector<int64_t> votes(static_cast<size_t>(K), 0);
    for (int64_t a = 0, p = 0; a < K; ++a)
      for (int64_t b = a + 1; b < K; ++b, ++p) ++votes[static_cast<size_t>(f[r * pairs + p] > 0 ? a : b)];
    out[r] = static_cast<double>(std::max_element(votes.begin(), votes.end()) - votes.begin());
  }
}

double KernelMachine::margin() const {
  GRIM_CHECK(rho_.size() == 1 && is_classifier() && square_ > 0, state, name(), "a margin belongs to two classes");
  return 2 / std::sqrt(square_);
}

std::string KernelMachine::describe() const {
  std::string text = str("  kernel {}", kKernelNames[static_cast<size_t>(kernel_.kind)]);
  if (kernel_.kind == Kernel::Kind::rbf || kernel_.kind == Kernel::Kind::poly || kernel_.kind == Kernel::Kind::sigmoid) text += str(", gamma {:.6g}", kernel_.gamma);
  text += str("\n  {} support vectors, {} coefficients at their bound\n", rows_.size(), bounded_);
  for (size_t k = 0; k < classes().size() && k < counts_.size(); ++k) text += str("    class {}: {}\n", classes()[k], counts_[k]);
  if (rho_.size() == 1 && is_classifier() && square_ > 0) text += str("  margin {:.6g}, rho {:.6g}\n", margin(), rho_[0]);
  if (kernel_.kind != Kernel::Kind::linear || rho_.size() != 1 || vectors_.rows() == 0) return text;
  std::vector<double> w(columns().size(), 0.0), row(columns().size());
  for (int64_t s = 0; s < vectors_.rows(); ++s) {
    vectors_.read_rows(s, s + 1, row.data());
    for (size_t j = 0; j < w.size(); ++j) w[j] += (is_classifier() ? -dual_[s] : dual_[s]) * row[j];
  }
  for (size_t j = 0; j < w.size() && j < 20; ++j) text += str("  {:<24} {:>14.6g}\n", columns()[j].name, w[j]);
  return text;
}

void KernelMachine::write(State& state) const {
  GRIM_CHECK(kernel_.kind != Kernel::Kind::custom, state, name(), "a machine with a kernel of the user's own cannot be saved: its code is not in the file");
  state.set("kernel", Json::object({{"kind", static_cast<int64_t>(kernel_.kind)}, {"gamma", kernel_.gamma}, {"coef0", kernel_.coef0}, {"degree", kernel_.degree},
                                    {"bounded", bounded_}, {"square", square_}, {"sparse", vectors_.is_sparse()}}));
  state.set("rho", rho_);
  state.set("dual", dual_);
  state.set("rows", rows_);
  state.set("counts", counts_);
  if (vectors_.is_sparse()) {
    const SparseRows& s = vectors_.sparse();
    state.set("vectors.start", s.row_start);
    state.set("vectors.column", std::vector<int64_t>(s.column.begin(), s.column.end()));
    state.set("vectors.value", s.value);
  } else {
    state.set("vectors", vectors_.dense());
  }
}

void KernelMachine::read(const State& state) {
  const Json& k = state.value("kernel");
  const int64_t kind = k.integer("kind"), P = static_cast<int64_t>(columns().size());
  GRIM_CHECK(kind >= 0 && kind < static_cast<int64_t>(Kernel::Kind::custom) && k.integer("degree") >= 1, input, "model", "kernel {} of degree {}", kind, k.integer("degree"));
  kernel_ = {.kind = static_cast<Kernel::Kind>(kind), .gamma = k.real("gamma"), .coef0 = k.real("coef0"), .degree = k.integer("degree")};
  bounded_ = k.integer("bounded");
  square_ = k.real("square");
  rho_ = state.numbers("rho");
  rows_ = state.integers("rows");
  counts_ = state.integers("counts");
  const int64_t S = static_cast<int64_t>(rows_.size()), K = static_cast<int64_t>(counts_.size());
  GRIM_CHECK(K >= 1 && (classes().empty() ? K == 1 : K >= 2 && K <= static_cast<int64_t>(classes().size())) &&
                 static_cast<int64_t>(rho_.size()) == (classes().empty() ? 1 : K * (K - 1) / 2), input, "model", "'counts' and 'rho' do not fit the classes");
  int64_t sum = 0;
  for (int64_t c : counts_) {
    GRIM_CHECK(c >= 0 && c <= S, input, "model", "'counts': {} of {} support vectors", c, S);
    sum += c;
  }
  GRIM_CHECK(sum == S, input, "model", "'counts' add up to {}, expected {}", sum, S);
  dual_ = state.numbers("dual", std::max<int64_t>(K - 1, 1) * S);
  for (int64_t r : rows_) GRIM_CHECK(r >= 0 && (kernel_.kind != Kernel::Kind::precomputed || r < P), input, "model", "'rows': row {}", r);
  if (k.boolean("sparse")) {
    auto s = std::make_shared<SparseRows>();
    s->columns = P;
    s->row_start = state.integers("vectors.start");
    const std::vector<int64_t> column = state.integers("vectors.column");
    s->value = state.numbers("vectors.value", static_cast<int64_t>(column.size()));
    GRIM_CHECK(static_cast<int64_t>(s->row_start.size()) == S + 1 && s->row_start.front() == 0 && s->row_start.back() == static_cast<int64_t>(column.size()) &&
                   std::is_sorted(s->row_start.begin(), s->row_start.end()), input, "model", "'vectors.start' does not fit {} rows", S);
    for (int64_t c : column) {
      GRIM_CHECK(c >= 0 && c < P, input, "model", "'vectors.column': {} of {}", c, P);
      s->column.push_back(static_cast<int32_t>(c));
    }
    vectors_ = Features(std::shared_ptr<const SparseRows>(std::move(s)), columns());
  } else {
    const Tensor dense = state.tensor("vectors");
    GRIM_CHECK(dense.ndim() == 2 && dense.dim(0) == S && dense.dim(1) == P && (dense.dtype() == Dtype::u8 || is_float(dense.dtype())), input, "model",
               "'vectors': got {} {}, expected ({}, {})", name_of(dense.dtype()), dense.shape(), S, P);
    vectors_ = Features(dense, columns());
  }
  make_engine();
}

namespace {
Options with(Options own, const Options& shared) {
  own.insert(own.end(), shared.begin(), shared.end());
  return own;
}
}  // namespace

Options Svc::params() {
  return with({{.name = "C", .help = "weight of errors against the margin", .target = &c_, .low = 1e-300, .basic = true},
               {.name = "class-weight", .help = "'balanced', or NAME=WEIGHT with commas between", .target = &class_weight_, .basic = true}}, kernel_params());
}
Options NuSvc::params() {
  return with({{.name = "nu", .help = "at most this share of rows on the wrong side of the margin", .target = &nu_, .low = 1e-6, .high = 1, .basic = true},
               {.name = "class-weight", .help = "'balanced', or NAME=WEIGHT with commas between", .target = &class_weight_, .basic = true}}, kernel_params());
}
Options Svr::params() {
  return with({{.name = "C", .help = "weight of errors against flatness", .target = &c_, .low = 1e-300, .basic = true},
               {.name = "epsilon", .help = "errors up to here cost nothing", .target = &epsilon_, .low = 0, .basic = true}}, kernel_params());
}
Options NuSvr::params() {
  return with({{.name = "C", .help = "weight of errors against flatness", .target = &c_, .low = 1e-300, .basic = true},
               {.name = "nu", .help = "at most this share of rows outside the tube", .target = &nu_, .low = 1e-6, .high = 1, .basic = true}}, kernel_params());
}
Options OneClassSvm::params() {
  return with({{.name = "nu", .help = "at most this share of training rows outside", .target = &nu_, .low = 1e-6, .high = 1, .basic = true}}, kernel_params());
}

}  // namespace grim
