// Methods that join what models learned beyond a base: task vectors, thinned out, then summed or elected by sign.
#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

#include "grimoire/adapt/merge_method.h"
#include "grimoire/hub/sparsify.h"

namespace grim {
namespace {

using Numbers = std::span<float>;
Numbers numbers(const Tensor& x) { return {x.data<float>(), static_cast<size_t>(x.numel())}; }

void become_task_vectors(const MergeCase& c) {
  const Numbers base = numbers(c.base);
  for (const Tensor& x : c.models)
    std::ranges::transform(numbers(x), base, numbers(x).begin(), std::minus());
}

int64_t share_of(const Tensor& x, double share) { return static_cast<int64_t>(share * static_cast<double>(x.numel())); }

enum class Join : uint8_t { sum, elect };

// b + lambda sum w d / divisor. Elected are, place by place, the task vectors whose sign is that of sum w d.
Tensor joined_task_vectors(MergeCase& c, Join how) {
  constexpr double kNone = 1e-8;  // weights that cancel out divide nothing
  const std::vector<double> weights = c.each("weight");
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0), lambda = c.value("lambda");
  const bool normalizes = c.value("normalize") != 0;
  const Tensor y = c.base;  // place by place
  std::vector<double> here(weights.size());
  for (int64_t i = 0; i < y.numel(); ++i) {
    for (size_t k = 0; k < here.size(); ++k) here[k] = static_cast<double>(c.models[k].data<float>()[i]);
    double sum = std::inner_product(here.begin(), here.end(), weights.begin(), 0.0), weight = total;
    if (how == Join::elect) {
      const double elected = std::exchange(sum, 0);
      weight = 0;
      for (size_t k = 0; k < here.size(); ++k)
        if (agrees(weights[k] * here[k], elected)) sum += weights[k] * here[k], weight += weights[k];
    }
    const double divisor = normalizes && std::abs(weight) >= kNone ? weight : 1;
    y.data<float>()[i] = static_cast<float>(static_cast<double>(y.data<float>()[i]) + lambda * sum / divisor);
  }
  return y;
}

template <class Thin> Tensor thinned(MergeCase& c, Join how, Thin&& thin) {
  become_task_vectors(c);
  for (size_t k = 0; k < c.models.size(); ++k) thin(k, c.models[k]);
  return joined_task_vectors(c, how);
}

double sum_of_sizes(const Tensor& x) {
  double sum = 0;
  for (const float v : numbers(x)) sum += std::abs(static_cast<double>(v));
  return sum;
}
// What `drop` leaves of d is scaled so that its magnitudes sum up to what they did. (Without it what DARE leaves would be scaled by 1 / density, which is
// what this is to be expected to be.)
template <class Drop> void drop_and_rescale(const MergeCase& c, const Tensor& d, Drop&& drop) {
  const double before = sum_of_sizes(d);
  drop();
  const double left = sum_of_sizes(d);
  if (c.value("rescale") != 0 && left > 0)
    for (float& v : numbers(d)) v = static_cast<float>(static_cast<double>(v) * before / left);
}

Tensor dare(MergeCase& c, Join how) {
  return thinned(c, how, [&](size_t k, const Tensor& d) {
    if (c.value("density", k) < 1) drop_and_rescale(c, d, [&] { drop_at_random(numbers(d), c.value("density", k), c.rng, Rescale::no); });
  });
}

// The share `gamma` of the largest goes, and so many of the smallest that `density` is left.
Tensor breadcrumbs(MergeCase& c, Join how) {
  return thinned(c, how, [&](size_t k, const Tensor& d) {
    const int64_t n = d.numel(), left = share_of(d, c.value("density", k)), top = std::min(share_of(d, c.value("gamma", k)), n - left);
    const Tensor largest = d.like();
    std::ranges::copy(numbers(d), numbers(largest).begin());
    keep_largest(numbers(largest), top);
    keep_largest(numbers(d), left + top);
    for (int64_t i = 0; i < n; ++i)
      if (largest.data<float>()[i] != 0) d.data<float>()[i] = 0;
  });
}

// In a row of n numbers the one of rank r, 0 the smallest, stays with probability density + epsilon (2 r / (n - 1) - 1).
void drop_small_ones(const Tensor& d, double density, double epsilon, Rng& rng) {
  const int64_t n = d.ndim() > 0 ? d.dim(-1) : 1;
  std::vector<int64_t> order(static_cast<size_t>(n));
  for (int64_t row = 0; row < d.numel(); row += n) {
    float* const x = d.data<float>() + row;
    std::iota(order.begin(), order.end(), int64_t{0});
    std::ranges::stable_sort(order, std::less(), [&](int64_t i) { return std::abs(x[i]); });
    for (int64_t r = 0; r < n; ++r) {
      const double rank = n > 1 ? 2 * static_cast<double>(r) / static_cast<double>(n - 1) - 1 : 0;
      if (static_cast<double>(rng.uniform()) >= density + epsilon * rank) x[order[static_cast<size_t>(r)]] = 0;
    }
  }
}
Tensor della(MergeCase& c, Join how) {
  return thinned(c, how, [&](size_t k, const Tensor& d) {
    const double density = c.value("density", k), epsilon = c.value("epsilon", k);
    if (density < 1) drop_and_rescale(c, d, [&] { drop_small_ones(d, density, epsilon, c.rng); });
  });
}

}  // namespace

Tensor merge_task_arithmetic(MergeCase& c) {
  return thinned(c, Join::sum, [](size_t, const Tensor&) {});
}
Tensor merge_ties(MergeCase& c) {
  return thinned(c, Join::elect, [&](size_t k, const Tensor& d) { keep_largest(numbers(d), share_of(d, c.value("density", k))); });
}
Tensor merge_dare_linear(MergeCase& c) { return dare(c, Join::sum); }
Tensor merge_dare_ties(MergeCase& c) { return dare(c, Join::elect); }
Tensor merge_breadcrumbs(MergeCase& c) { return breadcrumbs(c, Join::sum); }
Tensor merge_breadcrumbs_ties(MergeCase& c) { return breadcrumbs(c, Join::elect); }
Tensor merge_della(MergeCase& c) { return della(c, Join::elect); }
Tensor merge_della_linear(MergeCase& c) { return della(c, Join::sum); }

// Select: the places of the largest variance over the models. Calculate: of each model the mean of its squares there is its weight. Erase: at a place
// those count whose sign is that of the sum.
Tensor merge_sce(MergeCase& c) {
  become_task_vectors(c);
  const auto n = static_cast<double>(c.models.size());
  if (const int64_t kept = share_of(c.base, c.value("select_topk")); c.models.size() > 1 && kept < c.base.numel()) {
    const Tensor variance = c.base.like();
    for (int64_t i = 0; i < c.base.numel(); ++i) {
      double mean = 0, squares = 0;
      for (const Tensor& d : c.models) mean += static_cast<double>(d.data<float>()[i]) / n;
      for (const Tensor& d : c.models) squares += std::pow(static_cast<double>(d.data<float>()[i]) - mean, 2);
      variance.data<float>()[i] = static_cast<float>(squares / n);
    }
    keep_largest(numbers(variance), kept);
    for (const Tensor& d : c.models)
      for (int64_t i = 0; i < d.numel(); ++i)
        if (variance.data<float>()[i] == 0) d.data<float>()[i] = 0;
  }
  std::vector<double> weights;
  for (const Tensor& d : c.models) {
    double squares = 0;
    for (const float v : numbers(d)) squares += static_cast<double>(v) * static_cast<double>(v);
    weights.push_back(squares);
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& w : weights) w = total > 0 ? w / total : 1 / n;
  const Tensor y = c.base;
  for (int64_t i = 0; i < y.numel(); ++i) {
    double elected = 0, sum = 0, weight = 0;
    for (const Tensor& d : c.models) elected += static_cast<double>(d.data<float>()[i]);
    for (size_t k = 0; k < weights.size(); ++k)
      if (const double v = static_cast<double>(c.models[k].data<float>()[i]); agrees(v, elected)) sum += weights[k] * v, weight += weights[k];
    y.data<float>()[i] = static_cast<float>(static_cast<double>(c.base.data<float>()[i]) + (weight > 0 ? sum / weight : 0));
  }
  return y;
}

}  // namespace grim
