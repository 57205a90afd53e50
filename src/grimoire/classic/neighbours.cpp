#include "grimoire/classic/neighbours.h"

#include <algorithm>
#include <numeric>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim {
namespace {

constexpr int64_t kTreeColumns = 20, kTrialQueries = 64, kSmall = 2000;

double seconds_for(const NeighbourIndex& index, const Features& queries) {
  const double start = monotonic_seconds();
  index.search(queries, 5);
  return monotonic_seconds() - start;
}

// fn(value, row, column) for every number that is held.
template <class F> void for_values(const Features& x, F&& fn) {
  if (x.is_sparse()) {
    const SparseRows& s = x.sparse();
    for (int64_t r = 0; r < s.rows(); ++r)
      for (int64_t k = s.row_start[r]; k < s.row_start[r + 1]; ++k) fn(s.value[k], r, s.column[k]);
    return;
  }
  if (x.width() == 0 || x.dense().dtype() == Dtype::u8) return;
  const int64_t P = x.width(), n = x.rows() * P;
  const auto scan = [&](const auto* p) {
    for (int64_t i = 0; i < n; ++i) fn(static_cast<double>(p[i]), i / P, i % P);
  };
  if (x.dense().dtype() == Dtype::f32)
    scan(x.dense().data<float>());
  else
    scan(x.dense().data<double>());
}

}  // namespace

double largest_value(const Features& x) {
  double largest = 0;
  for_values(x, [&](double v, int64_t, int64_t) { largest = std::max(largest, std::abs(v)); });
  return largest;
}

void check_reach(const Features& x) {
  if (!(largest_value(x) > kLargest)) return;
  for_values(x, [&](double v, int64_t r, int64_t c) {
    if (std::abs(v) > kLargest)
      throw Error(ErrorKind::input, str("[neighbours] column '{}', row {}: {} is too large for a distance", x.columns()[c].name, x.row_number(r), v),
                  "scale the column first (" GRIM_SETTING("scale=standard") ")");
  });
}

std::unique_ptr<NeighbourIndex> make_index(const Features& rows, const Metric& metric, const IndexOptions& options) {
  check_reach(rows);
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
