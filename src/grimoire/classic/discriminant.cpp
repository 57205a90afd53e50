#include "grimoire/classic/discriminant.h"

#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/softmax.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"
#include "grimoire/stats/linalg.h"

namespace grim {
namespace {

Tensor numbers(const Dataset& data) {
  const Tensor x = Tensor::empty({data.rows(), data.x.width()}, Dtype::f64);
  data.x.read_rows(0, data.rows(), x.data<double>());
  return x;
}

bool varies(const Tensor& rows, int64_t column) {
  for (int64_t r = 0; r < rows.dim(0); ++r)
    if (rows.at({r, column}) != 0) return true;
  return false;
}

// A block of rows of x less `origin`: what every decision begins with.
template <class F> void for_blocks(const Features& x, const std::vector<double>& origin, F&& f) {
  const int64_t P = x.width(), block = std::clamp<int64_t>(65536 / std::max<int64_t>(1, P), 1, 256);
  device::parallel_for(x.rows(), block, [&](int64_t begin, int64_t end) {
    std::vector<double> rows(static_cast<size_t>((end - begin) * P));
    x.read_rows(begin, end, rows.data());
    for (int64_t i = 0; i < (end - begin) * P; ++i) rows[static_cast<size_t>(i)] -= origin[static_cast<size_t>(i % P)];
    f(begin, end, rows.data());
  });
}

}  // namespace

Option Discriminant::priors_option() {
  return {.name = "priors", .help = "how often each class comes: as in the rows, or all alike", .target = by_choice(&priors), .choices = {"data", "equal"}};
}

// Means about the first row, which large origins do not round; then deviations about them.
Discriminant::Centred Discriminant::centre(const Dataset& data) {
  const int64_t N = data.rows(), P = data.x.width(), K = data.class_count();
  Centred c{numbers(data), data.class_totals()};
  double* const x = c.rows.data<double>();
  origin_.assign(x, x + P);
  means_ = Tensor::zeros({K, P}, Dtype::f64);
  double* const means = means_.data<double>();
  const auto mean_of = [&](int64_t r) { return means + static_cast<int64_t>(data.y[static_cast<size_t>(r)]) * P; };
  for (int64_t r = 0; r < N; ++r)
    for (int64_t j = 0; j < P; ++j) mean_of(r)[j] += data.weight_of(r) * (x[r * P + j] -= origin_[static_cast<size_t>(j)]);
  for (int64_t i = 0; i < K * P; ++i) means[i] /= c.weights[static_cast<size_t>(i / P)];
  const double total = data.total_weight();
  deviation_.assign(static_cast<size_t>(P), 0.0);
  for (int64_t r = 0; r < N; ++r)
    for (int64_t j = 0; j < P; ++j) {
      const double d = x[r * P + j] -= mean_of(r)[j];
      deviation_[static_cast<size_t>(j)] += data.weight_of(r) * d * d / total;
    }
  for (double& d : deviation_) d = d > 0 ? std::sqrt(d) : 1.0;
  for (int64_t i = 0; i < N * P; ++i) x[i] /= deviation_[static_cast<size_t>(i % P)];
  log_prior_.clear();
  for (double w : c.weights) log_prior_.push_back(priors == ClassPriors::equal ? -std::log(static_cast<double>(K)) : std::log(w / total));
  return c;
}

void Discriminant::proba_on(const Features& x, double* out) const {
  const Tensor scores = decision_on(x);
  const int64_t K = scores.dim(1);
  for (int64_t r = 0; r < x.rows(); ++r) softmax_row(scores.data<double>() + r * K, out + r * K, K);
}

std::string Discriminant::describe() const {
  constexpr int64_t kShown = 20;
  const int64_t K = means_.dim(0), P = means_.dim(1);
  std::string text;
  for (int64_t k = 0; k < K; ++k) {
    text += str("class {}: prior {:.4g}\n", class_name(k), std::exp(log_prior_[static_cast<size_t>(k)]));
    for (int64_t j = 0; j < std::min(kShown, P); ++j)
      text += str("  {:<24} mean {:>12.6g}\n", columns()[static_cast<size_t>(j)].name,
                  means_.data<double>()[k * P + j] + origin_[static_cast<size_t>(j)]);
    if (P > kShown) text += str("  and {} more\n", P - kShown);
  }
  return text;
}

void Discriminant::write(State& state) const {
  state.set("origin", origin_);
  state.set("deviation", deviation_);
  state.set("log_prior", log_prior_);
  state.set("means", means_);
}

void Discriminant::read(const State& state) {
  const int64_t K = class_count(), P = static_cast<int64_t>(columns().size());
  origin_ = state.numbers("origin", P);
  deviation_ = state.numbers("deviation", P);
  log_prior_ = state.numbers("log_prior", K);
  means_ = state.tensor("means", Dtype::f64, 2);
  GRIM_CHECK(K > 0 && means_.dim(0) == K && means_.dim(1) == P, input, "model", "'means': got {}", means_.shape());
}

// --- one covariance for all ------------------------------------------------------------------------------------------

Options Lda::params() {
  return {priors_option(),
          {.name = "tolerance", .help = "directions that deviate less within the classes, columns scaled to 1, are left out", .target = &tolerance, .low = 0}};
}

// With the rows about their means Z = U diag(s) V', each times sqrt(weight / sum of weights) and its columns scaled, S = V diag(s^2) V'.
// W = V diag(1 / s) turns columns into ones with S = I, in which f_k is a product with the class's mean:
//   f_k(x) = (W' x)' (W' m_k) - |W' m_k|^2 / 2 + log p_k,  means about the mean of all, m = sum_k p_k m_k.
void Lda::fit_on(const Dataset& data) {
  const int64_t N = data.rows(), P = data.x.width(), K = data.class_count();
  const Centred c = centre(data);
  const double total = data.total_weight();
  double* const z = c.rows.data<double>();
  for (int64_t i = 0; i < N * P; ++i) z[i] *= std::sqrt(data.weight_of(i / P) / total);
  const stats::Svd svd = stats::svd(c.rows);
  int64_t rank = 0;
  while (rank < svd.s.numel() && svd.s.data<double>()[rank] > tolerance) ++rank;
  GRIM_CHECK(rank > 0, input, name(), "no column varies within a class: every row is the mean of its class");
  std::vector<double> mean(static_cast<size_t>(P), 0.0), whitened(static_cast<size_t>(K * rank));
  const double* const m = means_.data<double>();
  for (int64_t i = 0; i < K * P; ++i) mean[static_cast<size_t>(i % P)] += std::exp(log_prior_[static_cast<size_t>(i / P)]) * m[i];
  const auto direction = [&](int64_t i, int64_t j) {
    return svd.vt.data<double>()[i * P + j] / (svd.s.data<double>()[i] * deviation_[static_cast<size_t>(j)]);
  };
  coefficients_ = Tensor::zeros({K, P}, Dtype::f64);
  intercept_ = log_prior_;
  for (int64_t k = 0; k < K; ++k) {
    double* const w = coefficients_.data<double>() + k * P;
    for (int64_t i = 0; i < rank; ++i) {
      double along = 0;
      for (int64_t j = 0; j < P; ++j) along += direction(i, j) * (m[k * P + j] - mean[static_cast<size_t>(j)]);
      for (int64_t j = 0; j < P; ++j) w[j] += along * direction(i, j);
      intercept_[static_cast<size_t>(k)] -= 0.5 * along * along;
    }
    for (int64_t j = 0; j < P; ++j) intercept_[static_cast<size_t>(k)] -= mean[static_cast<size_t>(j)] * w[j];
  }
  report_.stopped = str("in one pass, {} of {} directions vary within the classes", rank, P);
}

Tensor Lda::decision_on(const Features& x) const {
  const int64_t K = means_.dim(0), P = x.width();
  const Tensor out = Tensor::empty({x.rows(), K}, Dtype::f64);
  for_blocks(x, origin_, [&](int64_t begin, int64_t end, const double* rows) {
    double* const scores = out.data<double>() + begin * K;
    for (int64_t i = 0; i < (end - begin) * K; ++i) scores[i] = intercept_[static_cast<size_t>(i % K)];
    device::small_gemm({.M = end - begin, .N = K, .K = P, .a = rows, .a_row = P, .b = coefficients_.data<double>(), .b_row = 1, .b_col = P,
                        .c = scores, .c_row = K, .beta = 1});
  });
  return out;
}

void Lda::write(State& state) const {
  Discriminant::write(state);
  state.set("coefficients", coefficients_);
  state.set("intercept", intercept_);
}

void Lda::read(const State& state) {
  Discriminant::read(state);
  coefficients_ = state.tensor("coefficients", Dtype::f64, 2);
  GRIM_CHECK(coefficients_.shape() == means_.shape(), input, "model", "'coefficients': got {}", coefficients_.shape());
  intercept_ = state.numbers("intercept", means_.dim(0));
}

// --- one covariance a class ------------------------------------------------------------------------------------------

Options Qda::params() {
  return {priors_option(),
          {.name = "shrink", .help = "share of the identity in each covariance, columns scaled to deviation 1 within the classes", .target = &shrink,
           .low = 0, .high = 1},
          {.name = "tolerance", .help = "least variance in any direction, of scaled columns", .target = &tolerance, .low = 0}};
}

// W_k = diag(1 / s) V' diag(1 / deviation) from the rows of class k alone, and log |S_k| = 2 sum_j log(s_j deviation_j). Columns that vary in no
// class are the last singular directions of each, and left out.
void Qda::fit_on(const Dataset& data) {
  const int64_t P = data.x.width(), K = data.class_count();
  const Centred c = centre(data);
  int64_t varying = 0;
  for (int64_t j = 0; j < P; ++j) varying += varies(c.rows, j);
  GRIM_CHECK(varying > 0, input, name(), "no column varies within a class: every row is the mean of its class");
  whitening_ = Tensor::zeros({K, P, P}, Dtype::f64);
  constant_ = log_prior_;
  for (int64_t k = 0; k < K; ++k) {
    std::vector<double> own;
    for (int64_t r = 0; r < data.rows(); ++r)
      if (data.y[static_cast<size_t>(r)] == static_cast<double>(k))
        for (int64_t j = 0; j < P; ++j)
          own.push_back(c.rows.data<double>()[r * P + j] * std::sqrt(data.weight_of(r) / c.weights[static_cast<size_t>(k)]));
    const int64_t n = static_cast<int64_t>(own.size()) / P;
    own.resize(static_cast<size_t>(std::max(n, P) * P), 0.0);  // rows of zeros add nothing, and the singular values are P then
    const stats::Svd svd = stats::svd(Tensor::from(own, {std::max(n, P), P}));
    for (double d : deviation_) constant_[static_cast<size_t>(k)] -= std::log(d);
    for (int64_t i = 0; i < varying; ++i) {
      const double s = svd.s.data<double>()[i], variance = (1 - shrink) * s * s + shrink;
      if (!(variance > tolerance))
        throw Error(ErrorKind::input,
                    str("[{}] class '{}' varies in {} of {} directions: its covariance has no inverse", name(), data.classes[static_cast<size_t>(k)], i,
                        varying),
                    "mix in some of the identity (" GRIM_SETTING("param=shrink=0.1") "), leave columns out, or take lda");
      constant_[static_cast<size_t>(k)] -= 0.5 * std::log(variance);
      for (int64_t j = 0; j < P; ++j)
        whitening_.data<double>()[(k * P + i) * P + j] = svd.vt.data<double>()[i * P + j] / (std::sqrt(variance) * deviation_[static_cast<size_t>(j)]);
    }
  }
  report_.stopped = "in one pass" + (varying < P ? str(", without {} columns that vary in no class", P - varying) : std::string());
}

Tensor Qda::decision_on(const Features& x) const {
  const int64_t K = means_.dim(0), P = x.width();
  const Tensor out = Tensor::empty({x.rows(), K}, Dtype::f64);
  for_blocks(x, origin_, [&](int64_t begin, int64_t end, const double* rows) {
    std::vector<double> about(static_cast<size_t>((end - begin) * P)), z(about.size());
    for (int64_t k = 0; k < K; ++k) {
      for (size_t i = 0; i < about.size(); ++i) about[i] = rows[i] - means_.data<double>()[k * P + static_cast<int64_t>(i) % P];
      device::small_gemm({.M = end - begin, .N = P, .K = P, .a = about.data(), .a_row = P, .b = whitening_.data<double>() + k * P * P, .b_row = 1,
                          .b_col = P, .c = z.data(), .c_row = P});
      for (int64_t r = begin; r < end; ++r) {
        double squares = 0;
        for (int64_t j = 0; j < P; ++j) squares += z[static_cast<size_t>((r - begin) * P + j)] * z[static_cast<size_t>((r - begin) * P + j)];
        out.data<double>()[r * K + k] = constant_[static_cast<size_t>(k)] - 0.5 * squares;
      }
    }
  });
  return out;
}

void Qda::write(State& state) const {
  Discriminant::write(state);
  state.set("whitening", whitening_);
  state.set("constant", constant_);
}

void Qda::read(const State& state) {
  Discriminant::read(state);
  const int64_t K = means_.dim(0), P = means_.dim(1);
  whitening_ = state.tensor("whitening", Dtype::f64, 3);
  GRIM_CHECK(whitening_.shape() == Shape({K, P, P}), input, "model", "'whitening': got {}", whitening_.shape());
  constant_ = state.numbers("constant", K);
}

}  // namespace grim
