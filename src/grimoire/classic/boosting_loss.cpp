#include "grimoire/classic/boosting_loss.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/sigmoid.h"
#include "grimoire/base/softmax.h"
#include "grimoire/device/threads.h"

namespace grim::tree {
namespace {

constexpr int64_t kGrain = 4096;

double weight_of(const std::vector<double>& weight, size_t i) { return weight.empty() ? 1.0 : weight[i]; }
double log1p_exp(double s) { return std::max(s, 0.0) + std::log1p(std::exp(-std::abs(s))); }

// f(i, minus gradient, hessian) for rows [begin, end), unweighted.
template <class F>
void each_derivative(const LossSpec& spec, const double* score, size_t rows, const std::vector<double>& y, int64_t k, size_t begin,
                     size_t end, F&& f) {
  const double* s = score + static_cast<size_t>(k) * rows;
  switch (spec.loss) {
    case Loss::log_loss:
      if (spec.outputs() == 1) {
        for (size_t i = begin; i < end; ++i) {
          const double p = sigmoid(s[i]);
          f(i, y[i] - p, p * (1 - p));
        }
        return;
      }
      for (size_t i = begin; i < end; ++i) {
        const double p = Softmax(&score[i], spec.classes, static_cast<int64_t>(rows)).of(s[i]), K = static_cast<double>(spec.classes);
        f(i, (y[i] == static_cast<double>(k)) - p, p * (1 - p) * K / (K - 1));
      }
      return;
    case Loss::squared:
      for (size_t i = begin; i < end; ++i) f(i, y[i] - s[i], 1.0);
      return;
    case Loss::absolute:
      for (size_t i = begin; i < end; ++i) f(i, static_cast<double>((y[i] > s[i]) - (y[i] < s[i])), 1.0);
      return;
    case Loss::quantile:
      for (size_t i = begin; i < end; ++i) f(i, spec.quantile - (s[i] >= y[i]), 1.0);
      return;
    case Loss::poisson:
      for (size_t i = begin; i < end; ++i) {
        const double mean = std::exp(s[i]);
        f(i, y[i] - mean, mean);
      }
      return;
  }
}

double loss_of(const LossSpec& spec, const std::vector<double>& score, size_t rows, double y, size_t i) {
  const double s = score[i], e = y - s;
  switch (spec.loss) {
    case Loss::log_loss: {
      if (spec.outputs() == 1) return log1p_exp(s) - y * s;
      return Softmax(&score[i], spec.classes, static_cast<int64_t>(rows)).log_sum() - score[static_cast<size_t>(y) * rows + i];
    }
    case Loss::squared: return 0.5 * e * e;
    case Loss::absolute: return std::abs(e);
    case Loss::quantile: return std::max(spec.quantile * e, (spec.quantile - 1) * e);
    case Loss::poisson: return std::exp(s) - y * s;
  }
  return 0;
}

}  // namespace

double weighted_quantile(std::vector<std::pair<double, double>>& value_weight, double q) {
  std::sort(value_weight.begin(), value_weight.end());
  double total = 0, here = 0;
  for (const auto& vw : value_weight) total += vw.second;
  for (size_t i = 0; i < value_weight.size(); ++i) {
    here += value_weight[i].second;
    if (here > q * total) return value_weight[i].first;
    if (here == q * total && i + 1 < value_weight.size()) return 0.5 * (value_weight[i].first + value_weight[i + 1].first);
  }
  return value_weight.empty() ? 0 : value_weight.back().first;
}

std::vector<double> start_scores(const LossSpec& spec, const std::vector<double>& y, const std::vector<double>& weight,
                                 const std::vector<uint32_t>& rows) {
  if (spec.renews_leaves()) {
    std::vector<std::pair<double, double>> all;
    for (uint32_t r : rows) all.emplace_back(y[r], weight_of(weight, r));
    return {weighted_quantile(all, spec.loss == Loss::absolute ? 0.5 : spec.quantile)};
  }
  double total = 0, sum = 0, low = INFINITY, high = -INFINITY;
  std::vector<double> share(static_cast<size_t>(spec.classes));
  for (uint32_t r : rows) {
    const double w = weight_of(weight, r);
    total += w;
    if (w > 0) low = std::min(low, y[r]), high = std::max(high, y[r]);
    sum += w * y[r];
    if (spec.loss == Loss::log_loss) share[static_cast<size_t>(y[r])] += w;
  }
  switch (spec.loss) {
    case Loss::log_loss:
      for (double& s : share) s = std::log(std::max(s / total, 1e-12));
      if (spec.outputs() == 1) return {share[1] - share[0]};
      return share;
    case Loss::poisson: return {std::log(std::max(std::clamp(sum / total, low, high), 1e-12))};
    default: return {std::clamp(sum / total, low, high)};  // the mean of equal numbers is that number
  }
}

void derivatives(const LossSpec& spec, const std::vector<double>& score, const std::vector<double>& y, const std::vector<double>& weight,
                 int64_t k, std::vector<double>& g, std::vector<double>& h) {
  g.resize(y.size());
  h.resize(y.size());
  device::parallel_for(static_cast<int64_t>(y.size()), kGrain, [&](int64_t begin, int64_t end) {
    each_derivative(spec, score.data(), y.size(), y, k, static_cast<size_t>(begin), static_cast<size_t>(end),
                    [&](size_t i, double gi, double hi) {
                      const double w = weight_of(weight, i);
                      g[i] = w * gi;
                      h[i] = w * hi;
                    });
  });
}

void derivative_pairs(const LossSpec& spec, const std::vector<double>& score, const std::vector<double>& y,
                      const std::vector<double>& weight, float* gh, size_t step) {
  const size_t N = y.size(), outputs = static_cast<size_t>(spec.outputs());
  const auto put = [&](size_t k, size_t i, double gi, double hi) {
    const double w = weight_of(weight, i);
    gh[k * step + 2 * i] = static_cast<float>(w * gi);
    gh[k * step + 2 * i + 1] = static_cast<float>(w * hi);
  };
  device::parallel_for(static_cast<int64_t>(N), kGrain, [&](int64_t begin, int64_t end) {
    if (outputs == 1) {
      each_derivative(spec, score.data(), N, y, 0, static_cast<size_t>(begin), static_cast<size_t>(end),
                      [&](size_t i, double gi, double hi) { put(0, i, gi, hi); });
      return;
    }
    std::vector<double> p(outputs);  // one softmax a row for all its classes
    const double K = static_cast<double>(outputs);
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      softmax_row(&score[i], p.data(), spec.classes, static_cast<int64_t>(N));
      for (size_t k = 0; k < outputs; ++k) put(k, i, (y[i] == static_cast<double>(k)) - p[k], p[k] * (1 - p[k]) * K / (K - 1));
    }
  });
}

double mean_loss(const LossSpec& spec, const std::vector<double>& score, const std::vector<double>& y, const std::vector<double>& weight,
                 const std::vector<uint32_t>& rows) {
  double total = 0, sum = 0;
  for (uint32_t r : rows) {
    const double w = weight_of(weight, r);
    total += w;
    sum += w * loss_of(spec, score, y.size(), y[r], r);
  }
  return total > 0 ? sum / total : 0;
}

}  // namespace grim::tree
