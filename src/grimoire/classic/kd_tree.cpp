// KD tree (Bentley 1975) by sliding midpoints (Maneewongvatana and Mount 1999): each node halves the longest side of its box, rows are
// moved along so that every node's rows lie together. Search descends to the near side first and passes over boxes that lie farther
// than the k-th neighbour; the distance to a box grows one side at a time (Arya and Mount 1993).
#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/classic/neighbours.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kLeaf = 10;
constexpr int kDeep = 48;  // beyond, nodes are halved by count, so that no arrangement of rows makes the tree a chain

struct Node {
  double low, high;    // along `axis`: largest of the left child, smallest of the right
  int32_t axis;        // -1: a leaf
  int32_t right;       // the left child follows its parent
  int64_t begin, end;  // rows of a leaf
};

class KdTree final : public NeighbourIndex {
 public:
  KdTree(const Features& rows, const Metric& metric) : P_(rows.width()), metric_(metric) {
    GRIM_CHECK(metric.by_axes(), argument, "kdtree", "a KD tree serves the metrics l2, l1 and lp only");
    points_.resize(static_cast<size_t>(rows.rows() * P_));
    rows.read_rows(0, rows.rows(), points_.data());
    id_.resize(static_cast<size_t>(rows.rows()));
    std::iota(id_.begin(), id_.end(), 0);
    nodes_.reserve(static_cast<size_t>(rows.rows() / 4 + 1));
    std::vector<double> low(static_cast<size_t>(P_)), high(low);
    box_of(0, rows.rows(), low, high);
    build(0, rows.rows(), low, high, 0);
    low_ = low, high_ = high;
  }
  const char* kind() const override { return "kdtree"; }

  NeighbourLists search(const Features& queries, int64_t k) const override {
    check_reach(queries);
    NeighbourLists lists{.k = std::min<int64_t>(k, static_cast<int64_t>(id_.size())), .row = {}, .distance = {}};
    lists.row.resize(static_cast<size_t>(queries.rows() * lists.k));
    lists.distance.resize(lists.row.size());
    device::parallel_for(queries.rows(), 64, [&](int64_t begin, int64_t end) {
      std::vector<double> q(static_cast<size_t>(P_)), side(q);
      NearestList nearest(lists.k);
      for (int64_t i = begin; i < end; ++i) {
        nearest.clear();
        queries.read_rows(i, i + 1, q.data());
        const double start = enter(q.data(), side.data());
        descend(
            0, start, q.data(), side.data(), [&](Near n) { nearest.offer(n); }, [&] { return nearest.worst(); });
        for (int64_t j = 0; j < lists.k; ++j) {
          lists.row[static_cast<size_t>(i * lists.k + j)] = nearest.items()[static_cast<size_t>(j)].row;
          lists.distance[static_cast<size_t>(i * lists.k + j)] = finished(nearest.items()[static_cast<size_t>(j)].distance);
        }
      }
    });
    return lists;
  }

  std::vector<std::vector<Near>> within(const Features& queries, double radius) const override {
    std::vector<std::vector<Near>> found(static_cast<size_t>(queries.rows()));
    const double bound = powered(radius) * (1 + 1e-12);  // the exact comparison follows, on the finished distance
    device::parallel_for(queries.rows(), 64, [&](int64_t begin, int64_t end) {
      std::vector<double> q(static_cast<size_t>(P_)), side(q);
      for (int64_t i = begin; i < end; ++i) {
        queries.read_rows(i, i + 1, q.data());
        std::vector<Near>& list = found[static_cast<size_t>(i)];
        const auto take = [&](Near n) {
          if (finished(n.distance) <= radius) list.push_back({finished(n.distance), n.row});
        };
        descend(0, enter(q.data(), side.data()), q.data(), side.data(), take, [&] { return bound; });
        std::sort(list.begin(), list.end(), [](const Near& a, const Near& b) { return a.row < b.row; });
      }
    });
    return found;
  }

 private:
  // Distances inside the tree are sums over axes, without the root.
  double term(double difference) const {
    const double d = std::abs(difference);
    return metric_.kind == Metric::Kind::l2 ? d * d : metric_.kind == Metric::Kind::l1 ? d : std::pow(d, metric_.p);
  }
  double finished(double sum) const {
    return metric_.kind == Metric::Kind::l2 ? std::sqrt(sum) : metric_.kind == Metric::Kind::l1 ? sum : std::pow(sum, 1 / metric_.p);
  }
  double powered(double distance) const { return term(distance); }

  double* point(int64_t i) { return &points_[static_cast<size_t>(i * P_)]; }
  const double* point(int64_t i) const { return &points_[static_cast<size_t>(i * P_)]; }

  void box_of(int64_t begin, int64_t end, std::vector<double>& low, std::vector<double>& high) {
    std::copy(point(begin), point(begin) + P_, low.begin());
    std::copy(point(begin), point(begin) + P_, high.begin());
    for (int64_t i = begin + 1; i < end; ++i)
      for (int64_t c = 0; c < P_; ++c) {
        low[static_cast<size_t>(c)] = std::min(low[static_cast<size_t>(c)], point(i)[c]);
        high[static_cast<size_t>(c)] = std::max(high[static_cast<size_t>(c)], point(i)[c]);
      }
  }

  void swap_rows(int64_t a, int64_t b) {
    std::swap_ranges(point(a), point(a) + P_, point(b));
    std::swap(id_[static_cast<size_t>(a)], id_[static_cast<size_t>(b)]);
  }

  // Rows below `split` along the axis first; gives where the others begin.
  int64_t part(int64_t begin, int64_t end, int64_t axis, double split) {
    int64_t left = begin, right = end - 1;
    while (true) {
      while (left <= right && point(left)[axis] < split) ++left;
      while (left <= right && point(right)[axis] >= split) --right;
      if (left >= right) return left;
      swap_rows(left++, right--);
    }
  }

  double median_along(int64_t begin, int64_t end, int64_t axis) {
    std::vector<double> values;
    for (int64_t i = begin; i < end; ++i) values.push_back(point(i)[axis]);
    std::nth_element(values.begin(), values.begin() + (end - begin) / 2, values.end());
    return values[static_cast<size_t>((end - begin) / 2)];
  }

  // low, high: the box on the way in, the tight box on the way out.
  void build(int64_t begin, int64_t end, std::vector<double>& low, std::vector<double>& high, int depth) {
    const size_t me = nodes_.size();
    nodes_.push_back({0, 0, -1, 0, begin, end});
    int64_t axis = 0;
    for (int64_t c = 1; c < P_; ++c)
      if (high[static_cast<size_t>(c)] - low[static_cast<size_t>(c)] > high[static_cast<size_t>(axis)] - low[static_cast<size_t>(axis)])
        axis = c;
    const double from = low[static_cast<size_t>(axis)], to = high[static_cast<size_t>(axis)];
    if (end - begin <= kLeaf || !(to > from)) return box_of(begin, end, low, high);
    double split = depth < kDeep ? from + (to - from) / 2 : median_along(begin, end, axis);
    int64_t middle = part(begin, end, axis, split);
    if (middle == begin || middle == end) {  // all on one side: slide to the nearest row
      const double edge = extreme(begin, end, axis, middle == begin ? -1 : 1);
      split = middle == begin ? std::nextafter(edge, INFINITY) : edge;
      middle = part(begin, end, axis, split);
      if (middle == begin || middle == end) return box_of(begin, end, low, high);  // equal along the longest side of a loose box
    }
    std::vector<double> other_low = low, other_high = high;
    high[static_cast<size_t>(axis)] = split;
    other_low[static_cast<size_t>(axis)] = split;
    build(begin, middle, low, high, depth + 1);
    nodes_[me].right = static_cast<int32_t>(nodes_.size());
    build(middle, end, other_low, other_high, depth + 1);
    nodes_[me].axis = static_cast<int32_t>(axis);
    nodes_[me].low = high[static_cast<size_t>(axis)];
    nodes_[me].high = other_low[static_cast<size_t>(axis)];
    for (size_t c = 0; c < low.size(); ++c) low[c] = std::min(low[c], other_low[c]), high[c] = std::max(high[c], other_high[c]);
  }

  double extreme(int64_t begin, int64_t end, int64_t axis, int sign) const {  // smallest for -1, largest for 1
    double v = point(begin)[axis];
    for (int64_t i = begin + 1; i < end; ++i) v = sign < 0 ? std::min(v, point(i)[axis]) : std::max(v, point(i)[axis]);
    return v;
  }

  // Distance of the query to the box of all rows, by axis in `side`.
  double enter(const double* q, double* side) const {
    double sum = 0;
    for (int64_t c = 0; c < P_; ++c) {
      const double out = std::max({low_[static_cast<size_t>(c)] - q[c], q[c] - high_[static_cast<size_t>(c)], 0.0});
      sum += side[c] = term(out);
    }
    return sum;
  }

  template <class Take, class Bound>
  void descend(size_t at, double to_box, const double* q, double* side, const Take& take, const Bound& bound) const {
    const Node& node = nodes_[at];
    if (node.axis < 0) {
      for (int64_t i = node.begin; i < node.end; ++i) {
        double sum = 0;
        const double* p = point(i);
        for (int64_t c = 0; c < P_; ++c) sum += term(q[c] - p[c]);
        if (sum <= bound()) take(Near{sum, id_[static_cast<size_t>(i)]});
      }
      return;
    }
    const double below = q[node.axis] - node.low, above = node.high - q[node.axis];
    const bool left_first = below < above;
    descend(left_first ? at + 1 : static_cast<size_t>(node.right), to_box, q, side, take, bound);
    const double gap = std::max(left_first ? above : below, 0.0), before = side[node.axis], now = std::max(before, term(gap));
    const double far = to_box - before + now;
    if (far > bound() * (1 + 1e-12)) return;
    side[node.axis] = now;
    descend(left_first ? static_cast<size_t>(node.right) : at + 1, far, q, side, take, bound);
    side[node.axis] = before;
  }

  int64_t P_;
  Metric metric_;
  std::vector<double> points_;  // (N, P), in the order of the leaves
  std::vector<int32_t> id_;     // their rows
  std::vector<Node> nodes_;
  std::vector<double> low_, high_;
};

}  // namespace

std::unique_ptr<NeighbourIndex> make_kd_tree(const Features& rows, const Metric& metric) { return std::make_unique<KdTree>(rows, metric); }

}  // namespace grim
