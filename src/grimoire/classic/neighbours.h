// Who is near: exact search by matrix products or by a KD tree, approximate search by a small-world graph. Distances are
// computed in float64 at the end, and equal ones are ordered by row.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "grimoire/classic/distance.h"
#include "grimoire/classic/state.h"
#include "grimoire/data/features.h"

namespace grim {

struct NeighbourLists {  // query after query, k each, rising distance; fewer rows than k: k is the number of rows
  int64_t k = 0;
  std::vector<int64_t> row;
  std::vector<double> distance;
};

struct Near {
  double distance;
  int64_t row;
  bool operator<(const Near& o) const { return distance != o.distance ? distance < o.distance : row < o.row; }
};

class NeighbourIndex {
 public:
  virtual ~NeighbourIndex() = default;
  virtual const char* kind() const = 0;  // "brute", "kdtree", "hnsw"
  virtual NeighbourLists search(const Features& queries, int64_t k) const = 0;
  // All rows within the radius (inclusive), by row number.
  virtual std::vector<std::vector<Near>> within(const Features& queries, double radius) const = 0;
};

struct IndexOptions {
  std::string search = "auto";  // auto, brute, kdtree, hnsw
  int64_t hnsw_m = 16, hnsw_build = 200, hnsw_search = 50;
  uint64_t seed = 0;
};

// `rows` is shared, not copied, where the index can read it as it is.
// auto: the KD tree where it can be built (axis metrics, at most 20 columns, dense) and, tried on some of the rows, answers faster.
// throws: argument, a search that cannot serve the metric
std::unique_ptr<NeighbourIndex> make_index(const Features& rows, const Metric& metric, const IndexOptions& options);

std::unique_ptr<NeighbourIndex> make_brute_index(const Features& rows, const Metric& metric);
std::unique_ptr<NeighbourIndex> make_kd_tree(const Features& rows, const Metric& metric);
std::unique_ptr<NeighbourIndex> make_hnsw(const Features& rows, const Metric& metric, const IndexOptions& options);

// The largest magnitude in the rows. Squares of what lies above kLargestFloat do not fit floats, above kLargest not even doubles.
inline constexpr double kLargestFloat = 1e17, kLargest = 1e150;
double largest_value(const Features& x);
void check_reach(const Features& x);  // throws: input, a value above kLargest, naming its column

// The k nearest other rows of each row.
NeighbourLists neighbours_of_rows(const NeighbourIndex& index, const Features& rows, int64_t k);

// Keeps the k smallest; the list is always sorted.
class NearestList {
 public:
  explicit NearestList(int64_t k) : k_(static_cast<size_t>(k)) { items_.reserve(k_ + 1); }
  double worst() const { return items_.size() < k_ ? INFINITY : items_.back().distance; }
  void offer(Near n) {
    if (items_.size() == k_ && !(n < items_.back())) return;
    size_t at = items_.size();
    items_.push_back(n);
    for (; at > 0 && n < items_[at - 1]; --at) items_[at] = items_[at - 1];
    items_[at] = n;
    if (items_.size() > k_) items_.pop_back();
  }
  const std::vector<Near>& items() const { return items_; }
  void clear() { items_.clear(); }

 private:
  size_t k_;
  std::vector<Near> items_;
};

}  // namespace grim
