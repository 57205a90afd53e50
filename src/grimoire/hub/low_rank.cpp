#include "grimoire/hub/low_rank.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/hub/sparsify.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/stats/linalg.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

Tensor wide(const Tensor& x) { return cast(x, Dtype::f64); }
Tensor turned(const Tensor& x) { return transpose(x, 0, 1); }

// The first r of the singular values in `all`, as b = (left U) S, a = V' right; rows and columns beyond them are zeros.
Nearest cut(const stats::Svd& all, int64_t rank, const Tensor& left, const Tensor& right) {
  GRIM_CHECK(rank >= 1, argument, "low-rank", "rank: got {}, expected 1 or more", rank);
  const int64_t r = std::min(rank, all.s.numel());
  const Tensor s = slice(all.s, 0, 0, r), u = slice(all.u, 1, 0, r) * s, vt = slice(all.vt, 0, 0, r);
  const Tensor thin_b = left.defined() ? matmul(left, u) : u, thin_a = right.defined() ? matmul(vt, right) : vt;
  Nearest found{.update = {Tensor::zeros({rank, thin_a.dim(1)}, Dtype::f64), Tensor::zeros({thin_b.dim(0), rank}, Dtype::f64)}, .kept = 1};
  copy_into(slice(found.update.a, 0, 0, r), thin_a);
  copy_into(slice(found.update.b, 1, 0, r), thin_b);
  if (const double whole = sum(square(all.s)).item(); whole > 0) found.kept = sum(square(s)).item() / whole;
  return found;
}

}  // namespace

Tensor product_of(const LowRank& x) { return matmul(wide(x.b), wide(x.a)) * x.scale; }

double norm_of(const LowRank& x) {
  const Tensor a = wide(x.a), b = wide(x.b);
  return std::abs(x.scale) * std::sqrt(std::max(0.0, sum(matmul(a, turned(a)) * matmul(turned(b), b)).item()));
}

Nearest nearest_of_rank(const Tensor& matrix, int64_t rank) { return cut(stats::svd(matrix), rank, {}, {}); }

// B = P S Q', A = U T V': B A = P (S Q' U T) V', where the middle is r x r and its singular values are those of B A.
Nearest nearest_of_rank(const LowRank& matrix, int64_t rank) {
  const stats::Svd b = stats::svd(wide(matrix.b) * matrix.scale), a = stats::svd(wide(matrix.a));
  const Tensor middle = matmul(unsqueeze(b.s, 1) * b.vt, a.u * a.s);
  return cut(stats::svd(middle), rank, b.u, a.vt);
}

Tensor combined(std::span<const Tensor> tensors, std::span<const double> weights, Combination how, double density, Rng& rng) {
  GRIM_CHECK(!tensors.empty() && tensors.size() == weights.size(), argument, "low-rank", "got {} tensors and {} weights, expected one for each",
             tensors.size(), weights.size());
  GRIM_CHECK(density >= 0 && density <= 1, argument, "low-rank", "density: got {}, expected 0 to 1", density);
  std::vector<std::vector<double>> all;
  for (const Tensor& t : tensors) {
    GRIM_CHECK(t.shape() == tensors[0].shape(), shape, "low-rank", "got {} and {}, expected one shape", tensors[0].shape(), t.shape());
    std::vector<double> x = t.to_vector<double>();
    if (how == Combination::ties || how == Combination::prune) keep_largest(std::span(x), static_cast<int64_t>(density * static_cast<double>(x.size())));
    else if (how != Combination::sum) drop_at_random(std::span(x), density, rng);
    all.push_back(std::move(x));
  }
  const bool elects = how == Combination::ties || how == Combination::dare_ties;
  const Tensor result = Tensor::zeros(tensors[0].shape(), Dtype::f64);
  for (int64_t i = 0; i < result.numel(); ++i) {
    double total = 0, count = 0, y = 0;
    for (const std::vector<double>& x : all) total += x[static_cast<size_t>(i)];
    for (size_t k = 0; k < all.size(); ++k)
      if (const double v = all[k][static_cast<size_t>(i)]; !elects || agrees(v, total)) y += weights[k] * v, ++count;  // elected before there are weights
    result.data<double>()[i] = elects ? y / std::max(count, 1.0) : y;
  }
  return result;
}

}  // namespace grim
