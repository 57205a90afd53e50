// Methods that look at the models as vectors, or at their numbers one by one.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include "grimoire/adapt/merge_method.h"

namespace grim {
namespace {

using Numbers = std::span<float>;
Numbers numbers(const Tensor& x) { return {x.data<float>(), static_cast<size_t>(x.numel())}; }

// n numbers, `stride` apart: a whole tensor, a row or a column of it.
struct Line {
  float* at;
  int64_t n, stride = 1;
  double operator[](int64_t i) const { return static_cast<double>(at[i * stride]); }
  void set(int64_t i, double v) const { at[i * stride] = static_cast<float>(v); }
};
Line line(const Tensor& x) { return {x.data<float>(), x.numel()}; }

double dot(const Line& x, const Line& y) {
  double sum = 0;
  for (int64_t i = 0; i < x.n; ++i) sum += x[i] * y[i];
  return sum;
}
double norm(const Line& x) { return std::sqrt(dot(x, x)); }
// x = p x + q y
void combine(const Line& x, double p, const Line& y, double q) {
  for (int64_t i = 0; i < x.n; ++i) x.set(i, p * x[i] + q * y[i]);
}
double cosine(const Line& x, const Line& y) {
  const double lengths = norm(x) * norm(y);
  return lengths > 0 ? std::clamp(dot(x, y) / lengths, -1.0, 1.0) : 0;
}

void subtract(const Tensor& x, const Tensor& base) { combine(line(x), 1, line(base), -1); }
void add(const Tensor& x, const Tensor& base) { combine(line(x), 1, line(base), 1); }

// x becomes the point at t of the arc from x to y; where its sine is below `least`, that of the straight line.
void along_arc(const Line& x, const Line& y, double t, double least) {
  const double angle = std::acos(cosine(x, y)), sine = std::sin(angle);
  if (sine < least) combine(x, 1 - t, y, t);
  else combine(x, std::sin(angle - t * angle) / sine, y, std::sin(t * angle) / sine);
}

// Directions of the models, the lengths that they had, and their weights as shares of 1.
struct Directions {
  std::vector<Line> all = {};
  std::vector<double> lengths = {}, shares = {};
  double length() const { return std::inner_product(shares.begin(), shares.end(), lengths.begin(), 0.0); }  // on the weighted average
};
Directions directions_of(const MergeCase& c, const std::vector<double>& weights, double total) {
  Directions d;
  for (size_t k = 0; k < c.models.size(); ++k) {
    d.all.push_back(line(c.models[k])), d.lengths.push_back(norm(d.all[k])), d.shares.push_back(weights[k] / total);
    if (d.lengths[k] > 0) combine(d.all[k], 1 / d.lengths[k], d.all[k], 0);
  }
  return d;
}

// Into `step` the weighted mean of the directions as they are seen from `at`, in the plane that touches the sphere there:
//   log_u(v) = a (v - cos a u) / sin a,  a = arccos <u, v>
// or of their shadows there, v - cos a u alone. Its length is given.
enum class Seen : uint8_t { at_their_angles, as_shadows };
double mean_seen_from(const Line& at, const Directions& d, const Line& step, Seen how) {
  constexpr double kLeast = 1e-12;
  for (int64_t i = 0; i < step.n; ++i) step.set(i, 0);
  for (size_t k = 0; k < d.all.size(); ++k) {
    const double cos = std::clamp(dot(at, d.all[k]), -1.0, 1.0), angle = std::acos(cos), sine = std::sin(angle);
    if (d.lengths[k] == 0 || sine <= kLeast) continue;
    const double scale = d.shares[k] * (how == Seen::as_shadows ? 1 : angle / sine);
    for (int64_t i = 0; i < step.n; ++i) step.set(i, step[i] + scale * (d.all[k][i] - cos * at[i]));
  }
  return norm(step);
}
// u becomes exp_u(step) = cos |s| u + sin |s| s / |s|.
void walk(const Line& u, const Line& step, double length) {
  if (length > 0) combine(u, std::cos(length), step, std::sin(length) / length);
}

// The weighted mean of the directions, of length 1; 0 where they cancel out.
Tensor mean_direction(const Directions& d, const Shape& shape) {
  const Tensor mean = Tensor::zeros(shape);
  for (size_t k = 0; k < d.all.size(); ++k) combine(line(mean), 1, d.all[k], d.shares[k]);
  const double length = norm(line(mean));
  if (length > 0) combine(line(mean), 1 / length, line(mean), 0);
  return mean;
}

}  // namespace

Tensor merge_linear(MergeCase& c) {
  const std::vector<double> weights = c.each("weight");
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0), divisor = c.value("normalize") != 0 && total != 0 ? total : 1;
  const Tensor y = c.models[0];  // place by place
  for (int64_t i = 0; i < y.numel(); ++i) {
    double sum = 0;
    for (size_t k = 0; k < weights.size(); ++k) sum += weights[k] * static_cast<double>(c.models[k].data<float>()[i]);
    y.data<float>()[i] = static_cast<float>(sum / divisor);
  }
  return y;
}

Tensor merge_fisher(MergeCase& c) {
  const std::vector<double> weights = c.each("weight");
  const Tensor y = c.models[0];  // place by place
  for (int64_t i = 0; i < y.numel(); ++i) {
    double sum = 0, total = 0, plain = 0, plain_total = 0;
    for (size_t k = 0; k < weights.size(); ++k) {
      const double x = static_cast<double>(c.models[k].data<float>()[i]);
      const double w = weights[k] * (c.information[k].defined() ? static_cast<double>(c.information[k].data<float>()[i]) : 1);
      sum += w * x, total += w, plain += weights[k] * x, plain_total += weights[k];
    }
    y.data<float>()[i] = static_cast<float>(total != 0 ? sum / total : plain_total != 0 ? plain / plain_total : 0);
  }
  return y;
}

Tensor merge_passthrough(MergeCase& c) {
  if (const double scale = c.value("scale", 0); scale != 1)
    for (float& v : numbers(c.models[0])) v = static_cast<float>(scale * static_cast<double>(v));
  return c.models[0];
}

Tensor merge_slerp(MergeCase& c) {
  constexpr double kStraight = 0.9995;
  const Line x = line(c.models[0]), y = line(c.models[1]);
  along_arc(x, y, c.value("t"), std::sqrt(1 - kStraight * kStraight));
  return c.models[0];
}

Tensor merge_nuslerp(MergeCase& c) {
  constexpr double kLeast = 1e-8;
  const Tensor &x = c.models[0], &y = c.models[1];
  const double w = c.value("weight", 0), v = c.value("weight", 1), t = w + v != 0 ? v / (w + v) : 0.5;
  if (c.base.defined()) subtract(x, c.base), subtract(y, c.base);
  const bool whole = c.value("nuslerp_flatten") != 0 || x.ndim() < 2, rows = c.value("nuslerp_row_wise") == 0;
  const int64_t width = whole ? x.numel() : x.dim(-1), height = width > 0 ? x.numel() / width : 0;
  for (int64_t i = 0, n = whole ? 1 : rows ? height : width; i < n; ++i) {
    const auto part = [&](const Tensor& of) { return rows || whole ? Line{of.data<float>() + i * width, width} : Line{of.data<float>() + i, height, width}; };
    along_arc(part(x), part(y), t, kLeast);
  }
  if (c.base.defined()) add(x, c.base);
  return x;
}

Tensor merge_karcher(MergeCase& c) {
  const std::vector<double> equal(c.models.size(), 1.0);
  const Directions d = directions_of(c, equal, static_cast<double>(equal.size()));
  const Tensor mean = mean_direction(d, c.models[0].shape()), step = mean.like();
  for (int i = 0; i < static_cast<int>(c.value("max_iter")); ++i) {
    const double length = mean_seen_from(line(mean), d, line(step), Seen::at_their_angles);
    if (length < c.value("tol")) break;
    walk(line(mean), line(step), length);
  }
  combine(line(mean), d.length(), line(mean), 0);
  return mean;
}

Tensor merge_multislerp(MergeCase& c) {
  const std::vector<double> weights = c.each("weight");
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (const Tensor& x : c.models)
    if (c.base.defined()) subtract(x, c.base);
  const Directions d = directions_of(c, weights, c.value("normalize_weights") != 0 && total != 0 ? total : 1);
  const Tensor mean = mean_direction(d, c.models[0].shape()), step = mean.like();
  if (const double length = mean_seen_from(line(mean), d, line(step), Seen::as_shadows); length > c.value("eps")) walk(line(mean), line(step), length);
  combine(line(mean), d.length(), line(mean), 0);
  if (c.base.defined()) add(mean, c.base);
  return mean;
}

Tensor merge_nearswap(MergeCase& c) {
  const Numbers base = numbers(c.base), x = numbers(c.models[0]);
  const double t = c.value("t");
  for (size_t i = 0; i < x.size(); ++i) {
    const double b = static_cast<double>(base[i]), d = static_cast<double>(x[i]) - b, far = std::abs(d);
    if (far > t) x[i] = static_cast<float>(b + t / far * d);
  }
  return c.models[0];
}

// An angle for the whole tensor, or for each of its rows.
Tensor merge_model_stock(MergeCase& c) {
  const auto n = static_cast<double>(c.models.size());
  for (const Tensor& x : c.models) subtract(x, c.base);
  const bool by_rows = c.value("filter_wise") != 0 && c.base.ndim() > 1;
  const int64_t width = by_rows ? c.base.dim(-1) : c.base.numel();
  for (int64_t at = 0; at < c.base.numel(); at += width) {
    const auto part = [&](const Tensor& of) { return Line{of.data<float>() + at, width}; };
    double cosines = 0, pairs = 0;
    for (size_t i = 0; i < c.models.size(); ++i)
      for (size_t j = i + 1; j < c.models.size(); ++j) cosines += cosine(part(c.models[i]), part(c.models[j])), ++pairs;
    const double cos = cosines / pairs, t = n * cos / (1 + (n - 1) * cos);
    for (int64_t i = at; i < at + width; ++i) {
      double mean = 0;
      for (const Tensor& d : c.models) mean += static_cast<double>(d.data<float>()[i]) / n;
      c.models[0].data<float>()[i] = static_cast<float>(static_cast<double>(c.base.data<float>()[i]) + t * mean);
    }
  }
  return c.models[0];
}

}  // namespace grim
