#include "grimoire/classic/linear_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/narrowing.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {

int64_t row_pieces(int64_t rows, int64_t width, int64_t most) {
  const int64_t grain = std::max<int64_t>(1, 65536 / std::max<int64_t>(1, width));  // some 50 microseconds
  return std::clamp<int64_t>((rows + grain - 1) / grain, 1, most);
}

const Dataset& LinearModel::less_offsets_of(const Dataset& data, Dataset& storage) {
  at_offset_.clear();
  offset_ = large_offsets(data.x);
  if (offset_.empty()) return data;
  storage = data;
  storage.x = less_offsets(data.x, offset_);
  return storage;
}

void LinearModel::doubt_offsets(const Features& x, bool constant) {
  if (!offset_.empty()) return;
  const std::vector<double> offset = large_offsets(x);
  const auto far = [](double o) { return o != 0; };
  if (std::count_if(offset.begin(), offset.end(), far) + constant < 2) return;
  const auto first = static_cast<size_t>(std::find_if(offset.begin(), offset.end(), far) - offset.begin());
  report_.converged = false;
  report_.warnings.push_back(str("column '{}' lies far from 0 beside its spread, as if it were another constant: the minimum may be far from "
                                 "here; subtract its mean, or scale the columns first",
                                 x.columns()[first].name));
}

void LinearModel::put_back() {
  if (offset_.empty()) return;
  const int64_t P = static_cast<int64_t>(offset_.size());
  at_offset_ = intercept_;
  for (size_t d = 0; d < intercept_.size(); ++d) intercept_[d] -= cpu::dot(&coef_[d * offset_.size()], offset_.data(), P);
}

void LinearModel::scores(const Features& x, double* out) const {
  if (!offset_.empty()) {
    constexpr int64_t kBlock = 8192;
    const Features* rows = &x;
    Features some;
    for (int64_t first = 0; first < x.rows(); first += kBlock) {
      const int64_t count = std::min(kBlock, x.rows() - first);
      if (x.rows() > kBlock) {
        std::vector<int64_t> which(static_cast<size_t>(count));
        std::iota(which.begin(), which.end(), first);
        some = x.pick_rows(which), rows = &some;
      }
      plain_scores(less_offsets(*rows, offset_), at_offset_, out + first * outputs());
    }
    return;
  }
  plain_scores(x, intercept_, out);
}

void LinearModel::plain_scores(const Features& x, const std::vector<double>& intercept, double* out) const {
  const int64_t N = x.rows(), P = x.width(), D = outputs(), pieces = row_pieces(N, P, 1 << 20);
  device::for_chunks(pieces, [&](int64_t piece) {
    const int64_t begin = N * piece / pieces, end = N * (piece + 1) / pieces;
    for (int64_t r = begin; r < end; ++r) std::copy(intercept.begin(), intercept.end(), out + r * D);
    if (x.is_sparse()) {
      const SparseRows& s = x.sparse();
      for (int64_t r = begin; r < end; ++r)
        for (int64_t d = 0; d < D; ++d)
          for (int64_t k = s.row_start[r]; k < s.row_start[r + 1]; ++k) out[r * D + d] += s.value[k] * coef_[d * P + s.column[k]];
      return;
    }
    for_row_blocks(x, begin, end, [&](int64_t first, int64_t count, const double* rows, int64_t stride) {
      if (D == 1)
        for (int64_t i = 0; i < count; ++i) out[first + i] += cpu::dot(rows + i * stride, coef_.data(), P);
      else
        device::small_gemm({.M = count,
                            .N = D,
                            .K = P,
                            .a = rows,
                            .a_row = stride,
                            .b = coef_.data(),
                            .b_row = 1,
                            .b_col = P,
                            .c = out + first * D,
                            .c_row = D,
                            .beta = 1});
    });
  });
}

Tensor LinearModel::decision_on(const Features& x) const {
  const Tensor t = Tensor::empty({x.rows(), outputs()}, Dtype::f64);
  scores(x, t.data<double>());
  return t;
}

void LinearModel::predict_on(const Features& x, double* out) const {
  const int64_t N = x.rows(), D = outputs();
  if (D == 1) {
    scores(x, out);
    if (is_classifier())
      for (int64_t r = 0; r < N; ++r) out[r] = out[r] > 0 ? 1 : 0;
    return;
  }
  std::vector<double> s(static_cast<size_t>(N * D));
  scores(x, s.data());
  for (int64_t r = 0; r < N; ++r) out[r] = static_cast<double>(std::max_element(&s[r * D], &s[r * D] + D) - &s[r * D]);
}

void LinearModel::write(State& state) const {
  state.set("coefficients", Tensor::from(coef_, {outputs(), static_cast<int64_t>(columns().size())}));
  state.set("intercepts", intercept_);
  if (offset_.empty()) return;
  state.needs(2);
  state.set("offset", offset_);
  state.set("at_offset", at_offset_);
}

void LinearModel::read(const State& state) {
  const Tensor coef = state.tensor("coefficients", Dtype::f64, 2);
  const int64_t K = class_count(), D = coef.dim(0), P = static_cast<int64_t>(columns().size());
  GRIM_CHECK(coef.dim(1) == P && (D == 1 ? K == 0 || K == 2 : D == K), input, "model", "'coefficients': got {}, expected {} columns",
             coef.shape(), P);
  coef_ = coef.to_vector<double>();
  intercept_ = state.numbers("intercepts", D);
  if (!state.holds("offset")) return;
  offset_ = state.numbers("offset", P);
  at_offset_ = state.numbers("at_offset", D);
}

std::string LinearModel::describe() const {
  constexpr int64_t kShown = 20;
  const int64_t P = static_cast<int64_t>(columns().size());
  std::string text;
  for (int64_t d = 0; d < outputs(); ++d) {
    if (outputs() > 1) text += str("class {}:\n", class_name(d));
    const double* w = &coef_[d * P];
    std::vector<int64_t> order;
    for (int64_t j = 0; j < P; ++j)
      if (w[j] != 0) order.push_back(j);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return std::abs(w[a]) > std::abs(w[b]); });
    text += str("  {:<24} {:>14.6g}\n", "intercept", intercept_[d]);
    const int64_t nonzero = static_cast<int64_t>(order.size());
    for (int64_t i = 0; i < std::min(kShown, nonzero); ++i) text += str("  {:<24} {:>14.6g}\n", columns()[order[i]].name, w[order[i]]);
    if (nonzero > kShown) text += str("  and {} more\n", nonzero - kShown);
    if (nonzero < P) text += str("  {} of {} coefficients are 0\n", P - nonzero, P);
  }
  return text;
}

}  // namespace grim
