#include "grimoire/classic/knn.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/classic/validate.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kCvNeighbours[] = {1, 3, 5, 7, 9, 11, 15, 21, 31, 51};

}  // namespace

Options Knn::params() {
  return {{.name = "k", .help = "neighbours: a number, log (ln n), sqrt, or cv (by cross-validation)", .target = &k},
          {.name = "vote", .help = "how neighbours count", .target = &vote, .choices = {"uniform", "distance"}},
          {.name = "metric", .help = "distance between rows", .target = &metric, .choices = {"l2", "l1", "lp", "cosine", "hamming", "haversine"}},
          {.name = "p", .help = "exponent of metric lp", .target = &p, .low = 1},
          {.name = "search", .help = "how neighbours are found", .target = &index.search, .choices = {"auto", "brute", "kdtree", "hnsw"}},
          {.name = "hnsw-m", .help = "links of a row in the graph", .target = &index.hnsw_m, .low = 2, .high = 256},
          {.name = "hnsw-build", .help = "width of the search while building", .target = &index.hnsw_build, .low = 1},
          {.name = "hnsw-search", .help = "width of the search", .target = &index.hnsw_search, .low = 1}};
}

int64_t Knn::chosen_k(const Dataset& data) const {
  const double n = static_cast<double>(data.rows());
  if (k == "log") return std::max<int64_t>(1, std::lround(std::log(n)));
  if (k == "sqrt") return std::max<int64_t>(1, std::lround(std::sqrt(n)));
  if (k == "cv") {
    const int64_t folds = std::min<int64_t>(5, data.rows());
    GRIM_CHECK(folds >= 2, input, "knn", "k=cv needs at least 2 rows");
    Grid grid;
    grid.axes.emplace_back("k", std::vector<std::string>{});
    for (int64_t candidate : kCvNeighbours)
      if (candidate < data.rows() - data.rows() / folds) grid.axes[0].second.push_back(std::to_string(candidate));
    const auto prototype = clone();
    const GridSearch search = grid_search(*prototype, data, grid, folds_for(data, folds));
    return std::stoll(search.points[search.best].params[0].substr(2));
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(k.data(), k.data() + k.size(), value);
  GRIM_CHECK(error == std::errc() && end == k.data() + k.size() && value >= 1, argument, "knn", "k '{}', expected a number from 1, log, sqrt or cv", k);
  return value;
}

void Knn::make_searcher() { searcher_ = make_index(kept_.x, metric_now(), index); }

void Knn::fit_on(const Dataset& data) {
  k_ = chosen_k(data);
  if (k_ > data.rows()) {
    report_.warnings.push_back(str("k is {} and there are {} rows: all of them vote", k_, data.rows()));
    k_ = data.rows();
  }
  kept_ = data;
  make_searcher();
  report_.stopped = str("{} rows kept, k = {}, search by {}", data.rows(), k_, searcher_->kind());
}

// A row of weight w takes w of the k places, as w equal rows would; the last one takes what is left. By distance: rows at distance 0
// vote alone when there are any.
template <class F> void Knn::for_votes(const Features& x, F&& fn) const {
  const NeighbourLists lists = searcher_->search(x, k_);
  device::parallel_for(x.rows(), 256, [&](int64_t begin, int64_t end) {
    std::vector<double> votes;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t* rows = &lists.row[static_cast<size_t>(i * lists.k)];
      const double* distance = &lists.distance[static_cast<size_t>(i * lists.k)];
      votes.assign(static_cast<size_t>(lists.k), 0.0);
      double places = static_cast<double>(k_);
      const bool touching = vote == "distance" && distance[0] == 0;
      for (int64_t j = 0; j < lists.k && places > 0; ++j) {
        const double taken = std::min(places, kept_.weight_of(rows[j]));
        places -= taken;
        votes[static_cast<size_t>(j)] = vote == "uniform" ? taken : touching ? (distance[j] == 0 ? taken : 0.0) : taken / distance[j];
      }
      fn(i, rows, votes);
    }
  });
}

void Knn::predict_on(const Features& x, double* out) const {
  if (is_classifier()) return Estimator::predict_on(x, out);
  for_votes(x, [&](int64_t i, const int64_t* rows, const std::vector<double>& votes) {
    double sum = 0, total = 0;
    for (size_t j = 0; j < votes.size(); ++j) sum += votes[j] * kept_.y[static_cast<size_t>(rows[j])], total += votes[j];
    out[i] = sum / total;
  });
}

void Knn::proba_on(const Features& x, double* out) const {
  const int64_t K = class_count();
  for_votes(x, [&](int64_t i, const int64_t* rows, const std::vector<double>& votes) {
    double* row = out + i * K;
    std::fill(row, row + K, 0.0);
    double total = 0;
    for (size_t j = 0; j < votes.size(); ++j) row[static_cast<size_t>(kept_.y[static_cast<size_t>(rows[j])])] += votes[j], total += votes[j];
    for (int64_t c = 0; c < K; ++c) row[c] /= total;
  });
}

std::string Knn::describe() const { return str("k = {}, {} rows, search by {}\n", k_, kept_.rows(), searcher_->kind()); }

void write_features(State& state, const std::string& name, const Features& x) {
  if (!x.is_sparse()) return state.set(name, x.dense());
  const SparseRows& s = x.sparse();
  state.set(name + ".rows", s.row_start);
  state.set(name + ".columns", Tensor::from(s.column, {static_cast<int64_t>(s.column.size())}));
  state.set(name + ".values", s.value);
}

Features read_features(const State& state, const std::string& name, const std::vector<ColumnInfo>& columns) {
  if (state.holds(name)) return Features(state.tensor(name), columns);
  auto rows = std::make_shared<SparseRows>();
  rows->columns = static_cast<int64_t>(columns.size());
  rows->row_start = state.integers(name + ".rows");
  rows->column = state.tensor(name + ".columns", Dtype::i32, 1).to_vector<int32_t>();
  rows->value = state.numbers(name + ".values", static_cast<int64_t>(rows->column.size()));
  bool sound = !rows->row_start.empty() && rows->row_start.front() == 0 && rows->row_start.back() == static_cast<int64_t>(rows->column.size()) &&
               std::is_sorted(rows->row_start.begin(), rows->row_start.end());
  for (int32_t c : rows->column) sound &= c >= 0 && c < rows->columns;
  GRIM_CHECK(sound, input, "model", "the sparse rows '{}' do not fit together", name);
  return Features(std::move(rows), columns);
}

void Knn::write(State& state) const {
  GRIM_CHECK(!custom_.custom, state, "knn", "a model with a distance of one's own cannot be kept in a file");
  state.set("k", Json(k_));
  write_features(state, "x", kept_.x);
  state.set("y", kept_.y);
  state.set("weight", kept_.weight);
}

void Knn::read(const State& state) {
  kept_.x = read_features(state, "x", columns());
  kept_.y = state.numbers("y", kept_.x.rows());
  kept_.weight = state.numbers("weight");
  k_ = state.value("k").as_integer();
  GRIM_CHECK(kept_.x.rows() > 0 && k_ >= 1 && k_ <= kept_.x.rows() && (kept_.weight.empty() || static_cast<int64_t>(kept_.weight.size()) == kept_.x.rows()), input,
             "knn", "k {}, {} weights for {} rows", k_, kept_.weight.size(), kept_.x.rows());
  for (double y : kept_.y) GRIM_CHECK(!is_classifier() || (y >= 0 && y < static_cast<double>(class_count())), input, "knn", "class number {}", y);
  make_searcher();
}

}  // namespace grim
