#include "grimoire/classic/neighbours.h"

#include <algorithm>
#include <numeric>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"

namespace grim {
namespace {

constexpr int64_t kTreeColumns = 20, kTrialQueries = 64, kSmall = 2000;

double seconds_for(const NeighbourIndex& index, const Features& queries) {
  const double start = monotonic_seconds();
  index.search(queries, 5);
  return monotonic_seconds() - start;
}

}  // namespace

std::unique_ptr<NeighbourIndex> make_index(const Features& rows, const Metric& metric, const IndexOptions& options) {
  if (options.search == "brute") return make_brute_index(rows, metric);
  if (options.search == "kdtree") return make_kd_tree(rows, metric);
  if (options.search == "hnsw") return make_hnsw(rows, metric, options);
  GRIM_CHECK(options.search == "auto", argument, "neighbours", "search '{}', expected auto, brute, kdtree or hnsw", options.search);
  const bool tree_possible = metric.by_axes() && !rows.is_sparse() && rows.width() <= kTreeColumns;
  auto brute = make_brute_index(rows, metric);
  if (!tree_possible) return brute;
  auto tree = make_kd_tree(rows, metric);
  if (rows.rows() <= kSmall) return tree;
  std::vector<int64_t> some(static_cast<size_t>(kTrialQueries));
  for (int64_t i = 0; i < kTrialQueries; ++i) some[static_cast<size_t>(i)] = i * rows.rows() / kTrialQueries;
  const Features trial = rows.pick_rows(some);
  return seconds_for(*tree, trial) < seconds_for(*brute, trial) ? std::move(tree) : std::move(brute);
}

NeighbourLists neighbours_of_rows(const NeighbourIndex& index, const Features& rows, int64_t k) {
  const NeighbourLists with_self = index.search(rows, k + 1);
  const int64_t wide = with_self.k;
  NeighbourLists lists{.k = std::min(k, wide - 1), .row = {}, .distance = {}};
  for (int64_t i = 0; i < rows.rows(); ++i) {
    const auto first = with_self.row.begin() + i * wide;
    int64_t skip = std::find(first, first + wide, i) - first;  // among many equal rows its own may not be listed
    if (skip == wide) skip = wide - 1;
    for (int64_t j = 0; j < wide; ++j)
      if (j != skip && static_cast<int64_t>(lists.row.size()) < (i + 1) * lists.k) {
        lists.row.push_back(with_self.row[static_cast<size_t>(i * wide + j)]);
        lists.distance.push_back(with_self.distance[static_cast<size_t>(i * wide + j)]);
      }
  }
  return lists;
}

}  // namespace grim
