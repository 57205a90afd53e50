#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/classic/coordinate_descent.h"
#include "grimoire/classic/elastic_net.h"
#include "grimoire/classic/elastic_net_columns.h"
#include "grimoire/classic/linear_kernel.h"
#include "grimoire/classic/linear_moments.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kWholeGram =
    8000;  // with at least as many rows as columns, and no more columns than this, all inner products are made first

// Least quadratic solver for one path. The columns at work are a subset W that only grows; G, q, b are theirs.
struct Path {
  int64_t columns = 0;
  double square = 0;  // y'y
  std::vector<double> mean = {}, scale = {};
  double target_mean = 0;
  std::vector<double> alphas = {};

  std::vector<int64_t> member = {};  // W
  std::vector<double> gram = {}, q = {}, b = {};
  int64_t stride = 0;

  PathPoint point(const PathOptions& o, double alpha, double gap, int64_t sweeps) const {
    PathPoint p{.alpha = alpha, .intercept = target_mean, .gap = gap, .sweeps = sweeps};
    for (size_t k = 0; k < member.size(); ++k)
      if (b[k] != 0) p.column.push_back(member[k]);
    std::sort(p.column.begin(), p.column.end());
    std::vector<double> whole(static_cast<size_t>(columns), 0.0);
    for (size_t k = 0; k < member.size(); ++k) whole[member[k]] = b[k] * scale[member[k]];
    for (int64_t j : p.column) {
      p.value.push_back(whole[j]);
      p.intercept -= mean[j] * whole[j];
    }
    const double rss = residual_square();
    p.objective = rss / 2 + penalty(o, alpha);
    p.explained = square > 0 ? 1 - rss / square : 0;
    p.converged = gap <= o.tolerance * square / 2;
    return p;
  }
  // |y - X b|^2 = y'y - b'(c + q) with c = q + G b.
  double residual_square() const {
    double s = square;
    for (size_t k = 0; k < b.size(); ++k)
      if (b[k] != 0) s -= b[k] * (2 * q[k] + cpu::dot(&gram[k * stride], b.data(), static_cast<int64_t>(b.size())));
    return std::max(s, 0.0);
  }
  double penalty(const PathOptions& o, double alpha) const {
    double l1 = 0, l2 = 0;
    for (double v : b) l1 += std::abs(v), l2 += v * v;
    return alpha * (o.l1_ratio * l1 + (1 - o.l1_ratio) / 2 * l2);
  }
  // The dual point is the residual, shrunk by t until no column's product exceeds l1; the elastic net's second part acts as rows added to X
  // (Zou and Hastie 2005, lemma 1). gap = 1/2 (1 + t^2) (|r|^2 + l2 |b|^2) + l1 |b|_1 - t r'y, or less.
  double gap(const PathOptions& o, double alpha) const {
    const double l1 = alpha * o.l1_ratio, l2 = alpha * (1 - o.l1_ratio);
    double largest = 0, sum = 0, squares = 0, along = 0;
    for (size_t k = 0; k < b.size(); ++k) {
      largest = std::max(largest, std::abs(q[k] - l2 * b[k]));
      sum += std::abs(b[k]);
      squares += b[k] * b[k];
      along += b[k] * q[k];  // b'X'r
    }
    const double rss = residual_square(), t = largest > l1 ? l1 / largest : 1.0;
    const double ry = rss + along;  // r'y = |r|^2 + r'X b
    return 0.5 * (1 + t * t) * (rss + l2 * squares) + l1 * sum - t * ry;
  }
  // With l2 > 0 the residual itself will do too; with l1 = 0 nothing else does.
  double proven(const PathOptions& o, double alpha, double shrunk) const {
    const double l1 = alpha * o.l1_ratio, l2 = alpha * (1 - o.l1_ratio);
    if (l2 <= 0) return shrunk;
    double sum = 0;
    for (size_t k = 0; k < b.size(); ++k) sum += unshrunk_gap(q[k], b[k], l1, l2);
    return std::min(shrunk, sum);
  }
  // Descent to a gap that is small enough; tightens its own threshold as needed.
  int64_t solve(const PathOptions& o, double alpha, double& reached) {
    GramDescent descent{.count = static_cast<int64_t>(b.size()),
                        .gram = gram.data(),
                        .stride = stride,
                        .l1 = alpha * o.l1_ratio,
                        .l2 = alpha * (1 - o.l1_ratio),
                        .q = q.data(),
                        .b = b.data()};
    int64_t sweeps = 0;
    for (double threshold = 1e-2 * o.tolerance;; threshold *= 1e-2) {
      sweeps += descent.run(threshold * square, o.most_sweeps - sweeps);
      reached = gap(o, alpha);
      if (reached <= o.tolerance * square / 2 || sweeps >= o.most_sweeps || threshold < 1e-32) break;
    }
    reached = proven(o, alpha, reached);
    return sweeps;
  }
};

void choose_alphas(Path& path, const PathOptions& o, double top) {
  path.alphas = o.alphas;
  if (!path.alphas.empty()) return;
  for (int64_t i = 0; i < o.count; ++i)
    path.alphas.push_back(top * std::pow(o.ratio, static_cast<double>(i) / static_cast<double>(std::max<int64_t>(1, o.count - 1))));
}

bool ends_path(const PathOptions& o, const std::vector<PathPoint>& points) {
  if (o.least_gain <= 0 || points.size() < 5) return false;
  const double now = points.back().explained;
  return now - points[points.size() - 2].explained < o.least_gain * now || now > .999;
}

// All columns at work from the start.
Path with_whole_gram(const Dataset& data, const PathOptions& o) {
  Moments m = column_moments(data.x, data.y, data.weight, o.intercept);
  const int64_t P = data.x.width(), width = P + 1;
  Path path{.columns = P,
            .square = m.gram[P * width + P] / m.weight,
            .mean = m.mean,
            .scale = std::vector<double>(static_cast<size_t>(P), 1.0),
            .target_mean = m.mean[P],
            .stride = P};
  if (o.standardise)
    for (int64_t j = 0; j < P; ++j) path.scale[j] = m.row(j)[j] > 0 ? 1 / std::sqrt(m.row(j)[j] / m.weight) : 0;
  path.gram.resize(static_cast<size_t>(P * P));
  path.b.assign(static_cast<size_t>(P), 0.0);
  for (int64_t i = 0; i < P; ++i) {
    path.member.push_back(i);
    path.q.push_back(m.gram[P * width + i] / m.weight * path.scale[i]);
    for (int64_t j = 0; j <= i; ++j) path.gram[i * P + j] = path.gram[j * P + i] = m.row(i)[j] / m.weight * path.scale[i] * path.scale[j];
  }
  return path;
}

// Columns join W when the sequential strong rule (Tibshirani et al. 2012) cannot leave them out, |x_j'r| >= l1 (2 alpha_k - alpha_k-1), or
// when they break the optimality conditions |x_j'r| <= l1 alpha after W is solved; so no column is left out wrongly.
class WorkingSet {
 public:
  WorkingSet(const RegressionColumns& columns, Path& path) : c_(columns), path_(path), inside_(static_cast<size_t>(columns.count), 0) {
    product_.resize(static_cast<size_t>(c_.count));
    slack_.resize(static_cast<size_t>(c_.count));
    residual_ = c_.target;
    c_.screen(residual_, product_.data(), slack_.data());
  }

  double largest_product() {
    double largest = 0;
    for (int64_t j = 0; j < c_.count; ++j)
      if (std::abs(product_[j]) + slack_[j] > largest) largest = std::max(largest, std::abs(product_[j] = exact(j)));
    return largest;
  }

  // W grows by all columns outside whose product may exceed `bound`; `certain`: only by those that do. How many joined.
  size_t admit(double bound, bool certain) {
    std::vector<int64_t> fresh;
    for (int64_t j = 0; j < c_.count; ++j) {
      if (inside_[j] || std::abs(product_[j]) + slack_[j] <= bound) continue;
      if (certain && std::abs(product_[j] = exact(j)) <= bound) continue;
      fresh.push_back(j);
    }
    if (!fresh.empty()) join(fresh);
    return fresh.size();
  }

  void update_residual() {
    const int64_t m = static_cast<int64_t>(path_.member.size());
    if (m == 0) return;
    device::parallel_for(c_.rows, std::max<int64_t>(1, 65536 / (m + 1)), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) residual_[r] = c_.target[r] - cpu::dot(rows_of_w() + r * path_.stride, path_.b.data(), m);
    });
    c_.screen(residual_, product_.data(), slack_.data());
  }

 private:
  double exact(int64_t j) {
    slack_[j] = 0;
    return c_.product(j, residual_);
  }
  double* rows_of_w() const { return w_.data<double>(); }

  void grow(int64_t needed) {
    const int64_t m = static_cast<int64_t>(path_.member.size()),
                  stride = std::min((c_.count + 7) / 8 * 8, std::max<int64_t>(2 * needed, 256));
    GRIM_CHECK(stride < 40000, resource, "elastic-net", "more than {} columns are in the model at once", needed);
    const Tensor wider = Tensor::zeros({c_.rows, stride}, Dtype::f64);
    for (int64_t r = 0; r < c_.rows && m > 0; ++r) std::copy_n(rows_of_w() + r * path_.stride, m, wider.data<double>() + r * stride);
    std::vector<double> gram(static_cast<size_t>(stride * stride), 0.0);
    for (int64_t k = 0; k < m; ++k) std::copy_n(&path_.gram[k * path_.stride], m, &gram[k * stride]);
    w_ = wider;
    path_.gram = std::move(gram);
    path_.stride = stride;
  }

  // The new columns beside the old in rows, and their inner products with all as one matrix product.
  void join(const std::vector<int64_t>& fresh) {
    const int64_t m = static_cast<int64_t>(path_.member.size()), f = static_cast<int64_t>(fresh.size()), all = m + f;
    if (all > path_.stride) grow(all);
    for (int64_t k = 0; k < f; ++k) {
      c_.read(fresh[k], rows_of_w() + m + k, path_.stride);
      inside_[fresh[k]] = 1;
      path_.member.push_back(fresh[k]);
    }
    double* g = path_.gram.data();
    device::gemm({.M = f,
                  .N = all,
                  .K = c_.rows,
                  .a = rows_of_w() + m,
                  .a_row = 1,
                  .a_col = path_.stride,
                  .b = rows_of_w(),
                  .b_row = path_.stride,
                  .c = g + m * path_.stride,
                  .c_row = path_.stride});
    for (int64_t k = m; k < all; ++k)
      for (int64_t l = 0; l < k; ++l) g[l * path_.stride + k] = g[k * path_.stride + l];
    path_.b.resize(static_cast<size_t>(all), 0.0);
    path_.q.resize(static_cast<size_t>(all));
    std::fill(path_.q.begin() + m, path_.q.end(), 0.0);
    for (int64_t r = 0; r < c_.rows; ++r) cpu::axpy(residual_[r], rows_of_w() + r * path_.stride + m, &path_.q[m], f);
  }

  const RegressionColumns& c_;
  Path& path_;
  std::vector<char> inside_;
  std::vector<double> product_, slack_, residual_;
  Tensor w_;  // (rows, stride): the columns of W
};

std::vector<PathPoint> by_working_set(const Dataset& data, const PathOptions& o) {
  const std::unique_ptr<RegressionColumns> columns = regression_columns(data, o.intercept, o.standardise);
  Path path{.columns = columns->count,
            .square = columns->target_square,
            .mean = columns->mean,
            .scale = columns->scale,
            .target_mean = columns->target_mean};
  WorkingSet set(*columns, path);
  const double top = set.largest_product() / o.l1_ratio;
  choose_alphas(path, o, top);
  std::vector<PathPoint> points;
  double before = std::max(top, path.alphas.empty() ? top : path.alphas[0]);
  for (double alpha : path.alphas) {
    const double l1 = alpha * o.l1_ratio;
    set.admit(std::min(l1, o.l1_ratio * (2 * alpha - before)), false);
    double gap = 0;
    int64_t sweeps = 0;
    do {
      sweeps += path.solve(o, alpha, gap);
      set.update_residual();
    } while (set.admit(l1 * (1 + 1e-10), true) > 0);
    points.push_back(path.point(o, alpha, gap, sweeps));
    before = alpha;
    if (ends_path(o, points)) break;
  }
  return points;
}

// With no |w|_1 in the penalty every column is in the model.
bool whole_gram_pays(const Dataset& data, const PathOptions& o) {
  const int64_t N = data.rows(), P = data.x.width();
  return P <= 1000 || (P <= N && P <= kWholeGram) || o.l1_ratio < 1e-3;
}

}  // namespace

std::vector<PathPoint> elastic_net_path(const Dataset& data, const PathOptions& o) {
  for (size_t i = 1; i < o.alphas.size(); ++i)
    GRIM_CHECK(o.alphas[i] <= o.alphas[i - 1], argument, "elastic-net", "alphas must fall: {:g} follows {:g}", o.alphas[i],
               o.alphas[i - 1]);
  if (!whole_gram_pays(data, o)) return by_working_set(data, o);
  Path path = with_whole_gram(data, o);
  double top = 0;
  for (double v : path.q) top = std::max(top, std::abs(v));
  choose_alphas(path, o, top / std::max(o.l1_ratio, 1e-3));
  std::vector<PathPoint> points;
  for (double alpha : path.alphas) {
    double gap = 0;
    const int64_t sweeps = path.solve(o, alpha, gap);
    points.push_back(path.point(o, alpha, gap, sweeps));
    if (ends_path(o, points)) break;
  }
  return points;
}

double elastic_net_alpha_max(const Dataset& data, const PathOptions& o) {
  PathOptions one = o;
  one.alphas.clear();
  one.count = 1;
  return elastic_net_path(data, one)[0].alpha;
}

}  // namespace grim
