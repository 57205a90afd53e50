#include "grimoire/classic/knn.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

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
          {.name = "metric",
           .help = "distance between rows",
           .target = &metric,
           .choices = {"l2", "l1", "lp", "cosine", "hamming", "haversine"}},
          {.name = "p", .help = "exponent of the metric", .target = &p, .low = 1, .with = "metric=lp"},
          {.name = "search", .help = "how neighbours are found", .target = &index.search, .choices = {"auto", "brute", "kdtree", "hnsw"}},
          {.name = "hnsw-m", .help = "links of a row in the graph", .target = &index.hnsw_m, .low = 2, .high = 256, .with = "search=hnsw"},
          {.name = "hnsw-build", .help = "width of the search while building", .target = &index.hnsw_build, .low = 1, .with = "search=hnsw"},
          {.name = "hnsw-search", .help = "width of the search", .target = &index.hnsw_search, .low = 1, .with = "search=hnsw"}};
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
  return typed_k();
}

int64_t Knn::typed_k() const {
  if (k == "log" || k == "sqrt" || k == "cv") return 0;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(k.data(), k.data() + k.size(), value);
  GRIM_CHECK(error == std::errc() && end == k.data() + k.size() && value >= 1, argument, "knn",
             "k '{}', expected a number from 1, log, sqrt or cv", k);
  return value;
}

void Knn::make_searcher() { searcher_ = make_index(kept_.x, metric_now(), index); }

void Knn::fit_on(const Dataset& data) {
  k_ = chosen_k(data);
  if (k_ >= data.rows()) {
    report_.warnings.push_back(str("k is {} and there are {} rows: all of them vote{}", k_, data.rows(),
                                   vote == "uniform" ? ", and every row gets the same answer; take a smaller k" : ""));
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
    double sum = 0, total = 0, low = INFINITY, high = -INFINITY;
    for (size_t j = 0; j < votes.size(); ++j) {
      const double y = kept_.y[static_cast<size_t>(rows[j])];
      sum += votes[j] * y, total += votes[j];
      if (votes[j] > 0) low = std::min(low, y), high = std::max(high, y);
    }
    out[i] = std::clamp(sum / total, low, high);  // a mean, whatever rounding says
  });
}

void Knn::proba_on(const Features& x, double* out) const {
  const int64_t K = class_count();
  for_votes(x, [&](int64_t i, const int64_t* rows, const std::vector<double>& votes) {
    double* row = out + i * K;
    std::fill(row, row + K, 0.0);
    double total = 0;
    for (size_t j = 0; j < votes.size(); ++j)
      row[static_cast<size_t>(kept_.y[static_cast<size_t>(rows[j])])] += votes[j], total += votes[j];
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
  const auto check_finite = [&](const std::vector<double>& values) {
    for (double v : values) GRIM_CHECK(std::isfinite(v), input, "model", "the rows '{}' hold a value that is missing or infinite", name);
  };
  if (state.holds(name)) {
    const Tensor dense = state.tensor(name);
    GRIM_CHECK(dense.ndim() == 2 && dense.dim(1) == static_cast<int64_t>(columns.size()), input, "model",
               "the rows '{}' have shape {}, expected {} columns", name, dense.shape(), columns.size());
    if (is_float(dense.dtype())) check_finite(dense.to_vector<double>());
    return Features(dense, columns);
  }
  auto rows = std::make_shared<SparseRows>();
  rows->columns = static_cast<int64_t>(columns.size());
  rows->row_start = state.integers(name + ".rows");
  rows->column = state.tensor(name + ".columns", Dtype::i32, 1).to_vector<int32_t>();
  rows->value = state.numbers(name + ".values", static_cast<int64_t>(rows->column.size()));
  bool sound = !rows->row_start.empty() && rows->row_start.front() == 0 &&
               rows->row_start.back() == static_cast<int64_t>(rows->column.size()) &&
               std::is_sorted(rows->row_start.begin(), rows->row_start.end());
  for (size_t r = 0; sound && r + 1 < rows->row_start.size(); ++r)
    for (int64_t k = rows->row_start[r]; k < rows->row_start[r + 1]; ++k)
      sound &=
          rows->column[k] >= 0 && rows->column[k] < rows->columns && (k == rows->row_start[r] || rows->column[k] > rows->column[k - 1]);
  GRIM_CHECK(sound, input, "model", "the sparse rows '{}' do not fit together", name);
  check_finite(rows->value);
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
  const int64_t N = kept_.x.rows();
  const double most = std::numeric_limits<double>::max();
  kept_.y = is_classifier() ? state.numbers("y", N, 0, static_cast<double>(class_count() - 1), true) : state.numbers("y", N, -most, most);
  kept_.weight = state.numbers("weight").empty() ? std::vector<double>{} : state.numbers("weight", N, 0, most);
  k_ = state.value("k").as_integer();
  GRIM_CHECK(N > 0 && k_ >= 1 && k_ <= N, input, "knn", "k {} for {} rows", k_, N);
  make_searcher();
}

}  // namespace grim
