#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/classic/density.h"
#include "grimoire/classic/knn.h"

namespace grim {
namespace {

// Groups that merge (Tarjan 1975): the root of a group is its smallest member.
class Groups {
 public:
  explicit Groups(int64_t n) : parent_(static_cast<size_t>(n)) { std::iota(parent_.begin(), parent_.end(), int64_t{0}); }
  int64_t root(int64_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(int64_t a, int64_t b) {
    a = root(a), b = root(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<int64_t> parent_;
};

std::string sizes_in_words(const std::vector<double>& labels) {
  std::vector<int64_t> size;
  int64_t noise = 0;
  for (double l : labels) {
    if (l < 0) {
      ++noise;
      continue;
    }
    if (static_cast<size_t>(l) >= size.size()) size.resize(static_cast<size_t>(l) + 1, 0);
    ++size[static_cast<size_t>(l)];
  }
  std::string text = str("{} clusters of", size.size());
  for (size_t i = 0; i < std::min<size_t>(size.size(), 12); ++i) text += str("{} {}", i ? "," : "", size[i]);
  return text + (size.size() > 12 ? ", ..." : "") + " rows" + (noise ? str("; {} rows are noise", noise) : "") + "\n";
}

// Of every row, the rows that are as near as its k-th, by number: of those that tie for the last place none goes before another. Copies of a
// row that has k of them are left at k; and so are ties in lists that would take gigabytes.
struct Neighbourhoods {
  std::vector<std::vector<Near>> near;
  std::vector<double> radius;

  Neighbourhoods(int64_t k, const NeighbourIndex& index, const Features& x) {
    constexpr int64_t kMostEntries = int64_t{1} << 27;
    const int64_t N = x.rows();
    near.resize(static_cast<size_t>(N)), radius.resize(static_cast<size_t>(N));
    bool ties = true;
    for (int64_t asked = std::min(k + 1, N - 1); ties; asked = std::min(2 * asked, N - 1)) {
      const NeighbourLists lists = neighbours_of_rows(index, x, asked);
      ties = false;
      for (int64_t i = 0; i < N; ++i) {
        near[i].clear();
        radius[i] = lists.distance[i * lists.k + k - 1];
        for (int64_t j = i * lists.k; j < (i + 1) * lists.k && lists.distance[j] <= radius[i]; ++j) near[i].push_back({lists.distance[j], lists.row[j]});
        ties |= radius[i] > 0 && static_cast<int64_t>(near[i].size()) == lists.k;
        std::ranges::sort(near[i], {}, &Near::row);
      }
      ties = ties && asked < N - 1 && 2 * asked * N <= kMostEntries;
    }
  }
};

}  // namespace

Options Dbscan::params() {
  return {
      {.name = "eps", .help = "radius of a neighbourhood", .target = &eps, .low = 0},
      {.name = "least", .help = "rows in the neighbourhood of a core, itself included", .target = &least, .low = 1},
      {.name = "metric", .help = "distance between rows", .target = &metric, .choices = {"l2", "l1", "cosine", "hamming", "haversine"}}};
}

void Dbscan::fit_on(const Dataset& data) {
  const int64_t N = data.rows();
  const auto index = make_index(data.x, Metric::parse(metric, 2), {});
  const std::vector<std::vector<Near>> near = index->within(data.x, eps);
  std::vector<char> core(static_cast<size_t>(N));
  for (int64_t i = 0; i < N; ++i) {
    double weight = 0;
    for (const Near& n : near[i]) weight += data.weight_of(n.row);
    core[i] = weight >= static_cast<double>(least);
  }
  Groups groups(N);
  for (int64_t i = 0; i < N; ++i)
    if (core[i])
      for (const Near& n : near[i])
        if (core[n.row]) groups.join(i, n.row);
  // A border row belongs to the first cluster that reaches it: clusters are numbered by their first core.
  std::vector<double> number(static_cast<size_t>(N), -1);
  double clusters = 0;
  for (int64_t i = 0; i < N; ++i)
    if (core[i] && number[groups.root(i)] < 0) number[groups.root(i)] = clusters++;
  labels_.assign(static_cast<size_t>(N), -1);
  std::vector<int64_t> core_rows;
  core_labels_.clear();
  for (int64_t i = 0; i < N; ++i) {
    if (core[i]) {
      labels_[i] = number[groups.root(i)];
      core_rows.push_back(i);
      core_labels_.push_back(labels_[i]);
      continue;
    }
    for (const Near& n : near[i])
      if (core[n.row] && (labels_[i] < 0 || number[groups.root(n.row)] < labels_[i])) labels_[i] = number[groups.root(n.row)];
  }
  cores_ = data.x.pick_rows(core_rows);
  if (core_rows.empty()) report_.warnings.push_back("every row is noise: eps is too small, or `least` too large");
  report_.stopped = str("{} clusters", clusters);
}

void Dbscan::predict_on(const Features& x, double* out) const {
  if (cores_.rows() == 0) return std::fill(out, out + x.rows(), -1.0);
  const NeighbourLists nearest = make_index(cores_, Metric::parse(metric, 2), {})->search(x, 1);
  for (int64_t i = 0; i < x.rows(); ++i) out[i] = nearest.distance[i] <= eps ? core_labels_[nearest.row[i]] : -1;
}

std::string Dbscan::describe() const { return sizes_in_words(labels_); }

void Dbscan::write(State& state) const {
  write_features(state, "cores", cores_);
  state.set("core_labels", core_labels_);
  state.set("labels", labels_);
}
void Dbscan::read(const State& state) {
  cores_ = read_features(state, "cores", columns());
  const int64_t rows = static_cast<int64_t>(state.numbers("labels").size());
  core_labels_ = state.numbers("core_labels", cores_.rows(), 0, static_cast<double>(rows), true);
  labels_ = state.numbers("labels", rows, -1, static_cast<double>(rows), true);
}

Options NeighbourClusters::params() {
  return {{.name = "k", .help = "neighbours", .target = &k, .low = 1},
          {.name = "shared",
           .help = "neighbours that two rows must share; 0: each must be among the other's neighbours",
           .target = &shared,
           .low = 0}};
}

void NeighbourClusters::fit_on(const Dataset& data) {
  const int64_t N = data.rows();
  GRIM_CHECK(k < N, argument, "knn-clusters", "k {} for {} rows, expected fewer than the rows", k, N);
  rows_ = data.x;
  index_ = make_index(rows_, {}, {});
  const Neighbourhoods of(k, *index_, rows_);
  Groups groups(N);
  std::vector<Near> common;
  for (int64_t i = 0; i < N; ++i)
    for (const auto& [distance, j] : of.near[i]) {
      if (distance > of.radius[j]) continue;
      common.clear();
      if (shared) std::ranges::set_intersection(of.near[i], of.near[j], std::back_inserter(common), {}, &Near::row, &Near::row);
      if (static_cast<int64_t>(common.size()) >= shared) groups.join(i, j);
    }
  std::vector<double> number(static_cast<size_t>(N), -1);
  double clusters = 0;
  labels_.clear();
  for (int64_t i = 0; i < N; ++i) {
    double& n = number[groups.root(i)];
    if (n < 0) n = clusters++;
    labels_.push_back(n);
  }
  report_.stopped = str("{} clusters", clusters);
}

void NeighbourClusters::predict_on(const Features& x, double* out) const {
  const NeighbourLists nearest = index_->search(x, 1);
  for (int64_t i = 0; i < x.rows(); ++i) out[i] = labels_[nearest.row[i]];
}

std::string NeighbourClusters::describe() const { return sizes_in_words(labels_); }

void NeighbourClusters::write(State& state) const {
  write_features(state, "x", rows_);
  state.set("labels", labels_);
}
void NeighbourClusters::read(const State& state) {
  rows_ = read_features(state, "x", columns());
  labels_ = state.numbers("labels", rows_.rows(), 0, static_cast<double>(rows_.rows()), true);
  GRIM_CHECK(rows_.rows() > 0, input, "knn-clusters", "no rows");
  index_ = make_index(rows_, {}, {});
}

}  // namespace grim
