#include "grimoire/classic/logistic_loss.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/softmax.h"
#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/linear_model.h"
#include "grimoire/classic/linear_moments.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {

MeanLoss::MeanLoss(const Features& x, const std::vector<double>& y, std::vector<double> weight, int64_t classes, LinearLoss kind,
                   bool intercept)
    : x_(x),
      y_(y),
      share_(std::move(weight)),
      classes_(classes),
      outputs_(kind == LinearLoss::multinomial ? classes : 1),
      kind_(kind),
      intercept_(intercept) {
  if (share_.empty()) share_.assign(static_cast<size_t>(x.rows()), 1.0);
  for (double s : share_) total_ += s;
  for (double& s : share_) s /= total_;
  kept_.resize(static_cast<size_t>(x.rows() * outputs_));
}

// The loss of row r with scores z; slope: its derivatives by them.
double MeanLoss::row(int64_t r, const double* z, double* slope, bool curved) {
  const double share = share_[r];
  if (kind_ == LinearLoss::multinomial) {
    const int64_t K = classes_, own = static_cast<int64_t>(y_[r]);
    const double loss = share * (softmax_row(z, slope, K) - z[own]);
    for (int64_t k = 0; k < K; ++k) {
      const double p = slope[k];
      if (curved) kept_[r * K + k] = p;
      slope[k] = share * (p - (k == own));
    }
    return loss;
  }
  const double sign = y_[r] > 0 ? 1 : -1, m = sign * z[0];
  if (kind_ == LinearLoss::squared_hinge) {
    const double short_of = std::max(0.0, 1 - m);
    slope[0] = -2 * share * sign * short_of;
    if (curved) kept_[r] = short_of > 0 ? 2 * share : 0.0;
    return share * short_of * short_of;
  }
  const double e = std::exp(-std::abs(m)), wrong = (m >= 0 ? e : 1.0) / (1 + e);  // 1 / (1 + e^m)
  slope[0] = -share * sign * wrong;
  if (curved) kept_[r] = share * wrong * (1 - wrong);
  return share * (std::log1p(e) + std::max(0.0, -m));
}

double MeanLoss::piece(int64_t begin, int64_t end, const double* w, double* gradient, bool curved) {
  const int64_t P = x_.width(), W = width(), D = outputs();
  constexpr int64_t kRows = 128;
  std::vector<double> z(static_cast<size_t>(kRows * D)), slope(z.size());
  double loss = 0;
  const auto start = [&](double* zr) {
    for (int64_t d = 0; d < D; ++d) zr[d] = intercept_ ? w[d * W + P] : 0.0;
  };
  if (x_.is_sparse()) {
    for (int64_t r = begin; r < end; ++r) {
      const auto columns = x_.sparse().columns_of(r);
      const auto values = x_.sparse().values_of(r);
      if (D == 1) {
        double score = intercept_ ? w[P] : 0.0, by = 0;
        for (size_t k = 0; k < columns.size(); ++k) score += values[k] * w[columns[k]];
        loss += row(r, &score, &by, curved);
        for (size_t k = 0; k < columns.size(); ++k) gradient[columns[k]] += by * values[k];
        if (intercept_) gradient[P] += by;
        continue;
      }
      start(z.data());
      for (size_t k = 0; k < columns.size(); ++k)
        for (int64_t d = 0; d < D; ++d) z[d] += values[k] * w[d * W + columns[k]];
      loss += row(r, z.data(), slope.data(), curved);
      for (size_t k = 0; k < columns.size(); ++k)
        for (int64_t d = 0; d < D; ++d) gradient[d * W + columns[k]] += slope[d] * values[k];
      for (int64_t d = 0; d < D && intercept_; ++d) gradient[d * W + P] += slope[d];
    }
    return loss;
  }
  for_row_blocks(x_, begin, end, [&](int64_t first, int64_t count, const double* rows, int64_t stride) {
    for (int64_t at = 0; at < count; at += kRows) {
      const int64_t many = std::min(kRows, count - at);
      const double* block = rows + at * stride;
      for (int64_t i = 0; i < many; ++i) start(&z[i * D]);
      if (D == 1) {
        for (int64_t i = 0; i < many; ++i) {
          z[i] += cpu::dot(block + i * stride, w, P);
          loss += row(first + at + i, &z[i], &slope[i], curved);
          cpu::axpy(slope[i], block + i * stride, gradient, P);
          if (intercept_) gradient[P] += slope[i];
        }
        continue;
      }
      device::small_gemm(
          {.M = many, .N = D, .K = P, .a = block, .a_row = stride, .b = w, .b_row = 1, .b_col = W, .c = z.data(), .c_row = D, .beta = 1});
      for (int64_t i = 0; i < many; ++i) {
        loss += row(first + at + i, &z[i * D], &slope[i * D], curved);
        for (int64_t d = 0; d < D && intercept_; ++d) gradient[d * W + P] += slope[i * D + d];
      }
      device::small_gemm({.M = D,
                          .N = P,
                          .K = many,
                          .a = slope.data(),
                          .a_row = 1,
                          .a_col = D,
                          .b = block,
                          .b_row = stride,
                          .c = gradient,
                          .c_row = W,
                          .beta = 1});
    }
  });
  return loss;
}

double MeanLoss::value(const double* w, double* gradient, bool curved) {
  const int64_t N = x_.rows(), pieces = row_pieces(N, x_.width() * outputs(), 32);
  std::vector<std::vector<double>> sums(static_cast<size_t>(pieces));
  std::vector<double> loss(static_cast<size_t>(pieces), 0.0);
  device::for_chunks(pieces, [&](int64_t p) {
    sums[p].assign(static_cast<size_t>(dims()), 0.0);
    loss[p] = piece(N * p / pieces, N * (p + 1) / pieces, w, sums[p].data(), curved);
  });
  std::fill(gradient, gradient + dims(), 0.0);
  double total = 0;
  for (int64_t p = 0; p < pieces; ++p) {
    cpu::axpy(1, sums[p].data(), gradient, dims());
    total += loss[p];
  }
  return total;
}

// Two classes: sum_i h_i x_i x_i'. More: block (k, l) is sum_i share_i p_ik ([k = l] - p_il) x_i x_i'.
void MeanLoss::hessian(const Features& columns, double* out) const {
  const int64_t W = columns.width() + intercept_, D = outputs(), n = D * W;
  if (D == 1) return weighted_gram(columns, kept_, intercept_, out, n);
  std::vector<double> h(static_cast<size_t>(x_.rows())), block(static_cast<size_t>(W * W));
  for (int64_t k = 0; k < D; ++k)
    for (int64_t l = 0; l <= k; ++l) {
      for (int64_t r = 0; r < x_.rows(); ++r) h[r] = share_[r] * kept_[r * D + k] * ((k == l) - kept_[r * D + l]);
      weighted_gram(columns, h, intercept_, block.data(), W);
      for (int64_t i = 0; i < W; ++i)
        for (int64_t j = 0; j <= i; ++j) out[(k * W + i) * n + l * W + j] = out[(k * W + j) * n + l * W + i] = block[i * W + j];
    }
}

std::vector<double> MeanLoss::along(const double* d) const {
  const int64_t N = x_.rows(), P = x_.width(), W = width(), D = outputs();
  std::vector<double> z(static_cast<size_t>(N * D)), row(static_cast<size_t>(P));
  for (int64_t r = 0; r < N; ++r) {
    x_.read_rows(r, r + 1, row.data());
    for (int64_t k = 0; k < D; ++k) z[r * D + k] = cpu::dot(row.data(), d + k * W, P) + (intercept_ ? d[k * W + P] : 0.0);
  }
  return z;
}

}  // namespace grim
