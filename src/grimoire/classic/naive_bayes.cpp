#include "grimoire/classic/naive_bayes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "grimoire/base/error.h"
#include "grimoire/base/softmax.h"
#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/linear_model.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {

Options NaiveBayes::params() {
  return {{.name = "kind",
           .help = "what a column holds: measurements, counts, or yes and no",
           .target = &kind_,
           .choices = {"gaussian", "multinomial", "bernoulli"},
           .basic = true},
          {.name = "alpha", .help = "added to every count", .target = &alpha_, .low = 0, .basic = true, .with = "kind=multinomial|bernoulli"},
          {.name = "threshold", .help = "above it is yes", .target = &threshold_, .with = "kind=bernoulli"},
          {.name = "variance-floor", .help = "least variance, as a share of the largest", .target = &floor_, .low = 0, .with = "kind=gaussian"}};
}

void NaiveBayes::fit_on(const Dataset& data) {
  const double total = data.total_weight();
  prior_.clear();
  for (double w : data.class_totals()) prior_.push_back(std::log(w / total));
  fitted_kind_ = kind_;
  if (kind_ == "gaussian")
    fit_gaussian(data);
  else
    fit_counts(data);
  prepare();
  report_.stopped = "in one pass";
}

// Two passes: means, then squares about them.
void NaiveBayes::fit_gaussian(const Dataset& data) {
  const int64_t K = data.class_count(), P = data.x.width(), N = data.rows();
  std::vector<double> weight(static_cast<size_t>(K), 0.0), row(static_cast<size_t>(P)), mean(row.size(), 0.0), spread(row.size(), 0.0);
  first_.assign(static_cast<size_t>(K * P), 0.0);
  second_.assign(static_cast<size_t>(K * P), 0.0);
  for (int64_t r = 0; r < N; ++r) {
    const int64_t k = static_cast<int64_t>(data.y[r]);
    data.x.read_rows(r, r + 1, row.data());
    weight[k] += data.weight_of(r);
    cpu::axpy(data.weight_of(r), row.data(), &first_[k * P], P);
  }
  double total = 0;
  for (int64_t k = 0; k < K; ++k) {
    cpu::axpy(1, &first_[k * P], mean.data(), P);
    for (int64_t j = 0; j < P; ++j) first_[k * P + j] /= weight[k];
    total += weight[k];
  }
  for (double& m : mean) m /= total;
  for (int64_t r = 0; r < N; ++r) {
    const int64_t k = static_cast<int64_t>(data.y[r]);
    const double w = data.weight_of(r);
    data.x.read_rows(r, r + 1, row.data());
    for (int64_t j = 0; j < P; ++j) {
      const double own = row[j] - first_[k * P + j], any = row[j] - mean[j];
      second_[k * P + j] += w / weight[k] * own * own;
      spread[j] += w / total * any * any;
    }
  }
  const double least = floor_ * *std::max_element(spread.begin(), spread.end());
  for (int64_t j = 0; j < P; ++j)
    if (spread[j] > 0 && least > spread[j]) {
      report_.warnings.push_back(str("the variance of column '{}' is below the floor of {:.3g} (variance-floor {:g} of the largest): it counts "
                                     "for little; scale the columns first",
                                     data.x.columns()[j].name, least, floor_));
      break;
    }
  for (double& v : second_) v += least;
  for (double v : second_)
    GRIM_CHECK(v > 0, numeric, name(), "a column is constant within a class, so its variance there is 0: raise variance-floor");
}

void NaiveBayes::fit_counts(const Dataset& data) {
  const int64_t K = data.class_count(), P = data.x.width(), N = data.rows();
  const bool bernoulli = kind_ == "bernoulli";
  // Of sparse rows only the entries are read; with a negative threshold an absent entry would count as yes.
  GRIM_CHECK(!bernoulli || !data.x.is_sparse() || threshold_ >= 0, argument, name(), "threshold {:g}: sparse rows take one from 0",
             threshold_);
  std::vector<double> count(static_cast<size_t>(K * P), 0.0), weight(static_cast<size_t>(K), 0.0), row(static_cast<size_t>(P));
  const auto add = [&](int64_t k, int64_t j, double v, double w, int64_t r) {
    GRIM_CHECK(bernoulli || v >= 0, input, name(), "column '{}', row {}: {} is negative, and counts are not", data.x.columns()[j].name,
               data.x.row_number(r), v);
    count[k * P + j] += w * (bernoulli ? (v > threshold_) : v);
  };
  for (int64_t r = 0; r < N; ++r) {
    const int64_t k = static_cast<int64_t>(data.y[r]);
    const double w = data.weight_of(r);
    weight[k] += w;
    if (data.x.is_sparse()) {
      for (size_t e = 0; e < data.x.sparse().columns_of(r).size(); ++e)
        add(k, data.x.sparse().columns_of(r)[e], data.x.sparse().values_of(r)[e], w, r);
      continue;
    }
    data.x.read_rows(r, r + 1, row.data());
    for (int64_t j = 0; j < P; ++j) add(k, j, row[j], w, r);
  }
  first_.assign(count.size(), 0.0);
  second_.assign(bernoulli ? count.size() : 0, 0.0);
  for (int64_t k = 0; k < K; ++k) {
    double all = 0;
    for (int64_t j = 0; j < P; ++j) all += count[k * P + j] + alpha_;
    for (int64_t j = 0; j < P; ++j) {
      const double c = count[k * P + j] + alpha_, of = bernoulli ? weight[k] + 2 * alpha_ : all;
      GRIM_CHECK(c > 0 && (!bernoulli || of > c), argument, name(),
                 "column '{}' is never seen (or always) in class '{}': alpha must be above 0", data.x.columns()[j].name, data.classes[k]);
      first_[k * P + j] = std::log(c / of);
      if (bernoulli) second_[k * P + j] = std::log1p(-c / of);
    }
  }
}

// The sums over columns that do not depend on x are done once. Gaussian scores are taken about the first class's means, so that large
// means do not cancel.
void NaiveBayes::prepare() {
  const int64_t K = static_cast<int64_t>(prior_.size()), P = static_cast<int64_t>(first_.size()) / K;
  constant_ = prior_;
  linear_ = first_;
  square_.clear();
  origin_.assign(static_cast<size_t>(P), 0.0);
  if (fitted_kind_ == "multinomial") return;
  if (fitted_kind_ == "gaussian") {
    origin_.assign(first_.begin(), first_.begin() + P);
    square_.resize(first_.size());
  }
  for (int64_t k = 0; k < K; ++k)
    for (int64_t j = 0; j < P; ++j) {
      const int64_t at = k * P + j;
      if (fitted_kind_ == "bernoulli") {
        constant_[k] += second_[at];
        linear_[at] = first_[at] - second_[at];
        continue;
      }
      const double mean = first_[at] - origin_[j], v = second_[at];
      constant_[k] -= 0.5 * (std::log(2 * std::numbers::pi * v) + mean * mean / v);
      linear_[at] = mean / v;
      square_[at] = -0.5 / v;
    }
}

Tensor NaiveBayes::decision_on(const Features& x) const {
  const int64_t N = x.rows(), P = x.width(), K = static_cast<int64_t>(prior_.size());
  const bool bernoulli = fitted_kind_ == "bernoulli";
  const Tensor out = Tensor::empty({N, K}, Dtype::f64);
  const int64_t block = std::clamp<int64_t>(65536 / std::max<int64_t>(1, P), 1, 256);
  device::parallel_for(N, block, [&](int64_t begin, int64_t end) {
    double* scores = out.data<double>() + begin * K;
    const int64_t count = end - begin;
    for (int64_t i = 0; i < count; ++i) std::copy(constant_.begin(), constant_.end(), scores + i * K);
    if (x.is_sparse() && square_.empty()) {
      for (int64_t i = 0; i < count; ++i)
        for (size_t e = 0; e < x.sparse().columns_of(begin + i).size(); ++e) {
          const double v = x.sparse().values_of(begin + i)[e];
          for (int64_t k = 0; k < K; ++k)
            scores[i * K + k] += (bernoulli ? (v > threshold_) : v) * linear_[k * P + x.sparse().columns_of(begin + i)[e]];
        }
      return;
    }
    std::vector<double> rows(static_cast<size_t>(count * P));
    x.read_rows(begin, end, rows.data());
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < P; ++j) {
        double& v = rows[i * P + j];
        v = bernoulli ? (v > threshold_) : v - origin_[j];
      }
    device::small_gemm({.M = count,
                        .N = K,
                        .K = P,
                        .a = rows.data(),
                        .a_row = P,
                        .b = linear_.data(),
                        .b_row = 1,
                        .b_col = P,
                        .c = scores,
                        .c_row = K,
                        .beta = 1});
    if (square_.empty()) return;
    for (double& v : rows) v *= v;
    device::small_gemm({.M = count,
                        .N = K,
                        .K = P,
                        .a = rows.data(),
                        .a_row = P,
                        .b = square_.data(),
                        .b_row = 1,
                        .b_col = P,
                        .c = scores,
                        .c_row = K,
                        .beta = 1});
  });
  return out;
}

void NaiveBayes::predict_on(const Features& x, double* out) const {
  const Tensor scores = decision_on(x);
  const int64_t K = static_cast<int64_t>(prior_.size());
  for (int64_t r = 0; r < x.rows(); ++r) {
    const double* s = scores.data<double>() + r * K;
    out[r] = static_cast<double>(std::max_element(s, s + K) - s);
  }
}

void NaiveBayes::proba_on(const Features& x, double* out) const {
  const Tensor scores = decision_on(x);
  const int64_t K = static_cast<int64_t>(prior_.size());
  for (int64_t r = 0; r < x.rows(); ++r) softmax_row(scores.data<double>() + r * K, out + r * K, K);
}

std::string NaiveBayes::describe() const {
  constexpr size_t kShown = 20;
  const size_t P = columns().size();
  std::string text = str("  {}\n", fitted_kind_);
  for (size_t k = 0; k < prior_.size(); ++k) {
    text += str("  class {}: prior {:.4g}\n", class_name(static_cast<int64_t>(k)), std::exp(prior_[k]));
    for (size_t j = 0; j < std::min(kShown, P); ++j) {
      const double a = first_[k * P + j];
      text += fitted_kind_ == "gaussian"
                  ? str("    {:<24} mean {:>12.6g} deviation {:>12.6g}\n", columns()[j].name, a, std::sqrt(second_[k * P + j]))
                  : str("    {:<24} p {:>12.6g}\n", columns()[j].name, std::exp(a));
    }
    if (P > kShown) text += str("    and {} more\n", P - kShown);
  }
  return text;
}

void NaiveBayes::write(State& state) const {
  const int64_t K = static_cast<int64_t>(prior_.size()), P = static_cast<int64_t>(first_.size()) / K;
  state.set("kind", Json(fitted_kind_));
  state.set("fitted_threshold", Json(threshold_));
  state.set("prior", prior_);
  state.set("first", Tensor::from(first_, {K, P}));
  state.set("second", second_);
}

void NaiveBayes::read(const State& state) {
  fitted_kind_ = state.value("kind").as_text();
  GRIM_CHECK(fitted_kind_ == "gaussian" || fitted_kind_ == "multinomial" || fitted_kind_ == "bernoulli", input, "model", "'kind': got '{}'",
             fitted_kind_);
  threshold_ = state.value("fitted_threshold").as_real();
  const Tensor first = state.tensor("first", Dtype::f64, 2);
  const int64_t K = first.dim(0), P = static_cast<int64_t>(columns().size());
  GRIM_CHECK(K >= 1 && K == class_count() && first.dim(1) == P, input, "model", "'first': got {}", first.shape());
  prior_ = state.numbers("prior", K);
  first_ = first.to_vector<double>();
  second_ = state.numbers("second", fitted_kind_ == "multinomial" ? 0 : K * P);
  prepare();
}

}  // namespace grim
