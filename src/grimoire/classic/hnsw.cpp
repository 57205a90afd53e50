// HNSW: approximate search by walking a graph of near rows, layer under layer.
//   Malkov and Yashunin 2016, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small world
//   graphs". Algorithm 1 (insert), 2 (search a layer), 4 (choose neighbours by the heuristic), 5 (search).
// A row's layer is drawn from (seed, row), so the graph is a function of the rows and the seed alone. Rows are inserted in batches:
// each row of a batch searches the graph as it stood before, in parallel, then the links of the batch are made in order, which gives
// the same graph for any number of threads.
#include <algorithm>
#include <cmath>
#include <queue>

#include "grimoire/base/binary_scale.h"
#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/narrowing.h"
#include "grimoire/classic/neighbours.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

struct Hop {
  float distance;
  int32_t row;
  bool operator<(const Hop& o) const { return distance != o.distance ? distance < o.distance : row < o.row; }
  bool operator>(const Hop& o) const { return o < *this; }
};

// Which rows a search has met: a stamp for each row, so that nothing is cleared between searches.
class Visited {
 public:
  explicit Visited(size_t rows) : stamp_(rows, 0) {}
  void next() {
    if (++now_ == 0) std::fill(stamp_.begin(), stamp_.end(), 0), now_ = 1;
  }
  bool first_time(int32_t row) {
    if (stamp_[static_cast<size_t>(row)] == now_) return false;
    stamp_[static_cast<size_t>(row)] = now_;
    return true;
  }

 private:
  std::vector<uint16_t> stamp_;
  uint16_t now_ = 0;
};

class Hnsw final : public NeighbourIndex {
 public:
  Hnsw(const Features& rows, const Metric& metric, const IndexOptions& o)
      : rows_(rows), metric_(metric), N_(rows.rows()), P_(rows.width()), M_(o.hnsw_m), wide_(o.hnsw_build), ef_(o.hnsw_search) {
    GRIM_CHECK(metric.kind == Metric::Kind::l2 || metric.kind == Metric::Kind::cosine, argument, "hnsw",
               "the graph serves the metrics l2 and cosine only");
    GRIM_CHECK(M_ >= 2 && wide_ >= 1 && ef_ >= 1, argument, "hnsw", "got m {}, build {}, search {}, expected at least 2, 1, 1", M_, wide_,
               ef_);
    GRIM_CHECK(N_ < (int64_t{1} << 31), argument, "hnsw", "got {} rows, expected fewer than 2^31", N_);
    if (const double largest = largest_value(rows); metric.kind == Metric::Kind::l2)
      if (largest > kLargestFloat || (largest > 0 && largest < 1 / kLargestFloat) || floats_lose(rows)) take_offset();
    read_floats();
    draw_layers(o.seed);
    build();
  }
  const char* kind() const override { return "hnsw"; }

  NeighbourLists search(const Features& queries, int64_t k) const override {
    if (metric_.kind == Metric::Kind::l2 && largest_value(queries) * unit_ > kLargestFloat) return make_brute_index(rows_, metric_)->search(queries, k);
    NeighbourLists lists{.k = std::min(k, N_), .row = {}, .distance = {}};
    lists.row.assign(static_cast<size_t>(queries.rows() * lists.k), 0);
    lists.distance.assign(lists.row.size(), 0);
    const int64_t wide = std::max(ef_, lists.k);
    device::parallel_for(queries.rows(), 32, [&](int64_t begin, int64_t end) {
      std::vector<float> q(static_cast<size_t>(P_));
      std::vector<double> exact_q(q.size()), exact_x(q.size());
      Visited visited(static_cast<size_t>(N_));
      for (int64_t i = begin; i < end; ++i) {
        queries.read_rows(i, i + 1, exact_q.data());
        as_floats(exact_q.data(), q.data());
        std::vector<Hop> found = walk_down(q.data(), 0, wide, visited);
        // a graph may hold a row nobody points to: then the list is filled up by looking at all of them
        if (static_cast<int64_t>(found.size()) < lists.k) found = all_by_distance(q.data());
        NearestList nearest(lists.k);
        found.resize(std::min(found.size(), static_cast<size_t>(2 * lists.k + 8)));  // floats err in the last digits only
        for (const Hop& h : found) {
          rows_.read_rows(h.row, h.row + 1, exact_x.data());
          nearest.offer({metric_(exact_q.data(), exact_x.data(), P_), h.row});
        }
        for (int64_t j = 0; j < lists.k; ++j) {
          lists.row[static_cast<size_t>(i * lists.k + j)] = nearest.items()[static_cast<size_t>(j)].row;
          lists.distance[static_cast<size_t>(i * lists.k + j)] = nearest.items()[static_cast<size_t>(j)].distance;
        }
      }
    });
    return lists;
  }

  std::vector<std::vector<Near>> within(const Features& queries, double radius) const override {
    return make_brute_index(rows_, metric_)->within(queries, radius);  // a graph has no answer to "all within"
  }

 private:
  const float* floats(int32_t row) const { return &data_[static_cast<size_t>(row * stride_)]; }
  float distance(const float* a, const float* b) const {
    return metric_.kind == Metric::Kind::l2 ? squared_l2(a, b, stride_) : 1 - dot(a, b, stride_);
  }

  void as_floats(const double* row, float* out) const {
    double scale = 1;
    if (metric_.kind == Metric::Kind::cosine) {
      double squares = 0;
      for (int64_t c = 0; c < P_; ++c) squares += row[c] * row[c];
      scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    }
    for (int64_t c = 0; c < P_; ++c)
      out[c] = static_cast<float>((offset_.empty() ? row[c] : (row[c] - offset_[static_cast<size_t>(c)]) * unit_) * scale);
  }
  // Distances are those of rows about any point, in any unit.
  void take_offset() {
    offset_ = large_offsets(rows_);
    offset_.resize(static_cast<size_t>(P_));
    const Features about = less_offsets(rows_, offset_);
    constexpr int kReach = 40;
    unit_ = binary_scale(largest_value(about), kReach);
    const Features in_units = unit_ == 1 ? about : in_units_of(about);
    GRIM_CHECK(!floats_lose(in_units), input, "hnsw", "the graph's floats cannot tell some rows apart: scale the columns, or search by {}",
               "brute or kdtree");
  }
  Features in_units_of(const Features& x) const {
    const Tensor t = Tensor::empty({N_, P_}, Dtype::f64);
    for (int64_t i = 0; i < t.numel(); ++i) t.data<double>()[i] = x.dense().data<double>()[i] * unit_;
    return Features(t, x.columns());
  }
  void read_floats() {
    stride_ = P_;
    data_.resize(static_cast<size_t>(N_ * stride_));
    device::parallel_for(N_, 1024, [&](int64_t begin, int64_t end) {
      std::vector<double> row(static_cast<size_t>(P_));
      for (int64_t r = begin; r < end; ++r) {
        rows_.read_rows(r, r + 1, row.data());
        as_floats(row.data(), &data_[static_cast<size_t>(r * stride_)]);
      }
    });
  }

  // P(layer >= l) = M^-l.
  void draw_layers(uint64_t seed) {
    layer_.resize(static_cast<size_t>(N_));
    const double scale = 1 / std::log(static_cast<double>(M_));
    for (int64_t r = 0; r < N_; ++r) {
      const auto words = philox4x32(seed, stream_id("hnsw"), 0, static_cast<uint64_t>(r));
      const double u = (static_cast<double>(words[0]) + 0.5) * 0x1p-32;
      layer_[static_cast<size_t>(r)] = static_cast<uint8_t>(std::min(30.0, -std::log(u) * scale));
    }
    ground_.assign(static_cast<size_t>(N_ * (2 * M_ + 1)), 0);
    upper_at_.resize(static_cast<size_t>(N_));
    size_t upper = 0;
    for (int64_t r = 0; r < N_; ++r)
      upper_at_[static_cast<size_t>(r)] = upper, upper += static_cast<size_t>(layer_[static_cast<size_t>(r)] * (M_ + 1));
    upper_.assign(upper, 0);
  }

  // The links of a row on a layer: their count, then the rows.
  int32_t* links(int32_t row, int layer) {
    return layer == 0 ? &ground_[static_cast<size_t>(row * (2 * M_ + 1))]
                      : &upper_[upper_at_[static_cast<size_t>(row)] + static_cast<size_t>((layer - 1) * (M_ + 1))];
  }
  const int32_t* links(int32_t row, int layer) const { return const_cast<Hnsw*>(this)->links(row, layer); }
  int64_t most_links(int layer) const { return layer == 0 ? 2 * M_ : M_; }

  Hop greedy(const float* q, Hop at, int layer) const {
    for (bool moved = true; moved;) {
      moved = false;
      const int32_t* l = links(at.row, layer);
      for (int32_t i = 1; i <= l[0]; ++i) {
        const Hop next{distance(q, floats(l[i])), l[i]};
        if (next < at) at = next, moved = true;
      }
    }
    return at;
  }

  // The `wide` nearest that a best-first walk from `start` meets, rising.
  std::vector<Hop> search_layer(const float* q, const std::vector<Hop>& start, int64_t wide, int layer, Visited& visited) const {
    visited.next();
    std::priority_queue<Hop, std::vector<Hop>, std::greater<Hop>> ahead;
    std::priority_queue<Hop> best;
    for (const Hop& h : start) {
      visited.first_time(h.row);
      ahead.push(h);
      best.push(h);
    }
    while (!ahead.empty()) {
      const Hop at = ahead.top();
      if (static_cast<int64_t>(best.size()) >= wide && at > best.top()) break;
      ahead.pop();
      const int32_t* l = links(at.row, layer);
      for (int32_t i = 1; i <= l[0]; ++i) __builtin_prefetch(floats(l[i]));
      for (int32_t i = 1; i <= l[0]; ++i) {
        if (!visited.first_time(l[i])) continue;
        const Hop next{distance(q, floats(l[i])), l[i]};
        if (static_cast<int64_t>(best.size()) >= wide && next > best.top()) continue;
        ahead.push(next);
        best.push(next);
        if (static_cast<int64_t>(best.size()) > wide) best.pop();
      }
    }
    std::vector<Hop> found(best.size());
    for (size_t i = found.size(); i-- > 0; best.pop()) found[i] = best.top();
    return found;
  }

  std::vector<Hop> walk_down(const float* q, int layer, int64_t wide, Visited& visited) const {
    Hop at{distance(q, floats(entry_)), entry_};
    for (int l = top_; l > layer; --l) at = greedy(q, at, l);
    return search_layer(q, {at}, wide, layer, visited);
  }

  std::vector<Hop> all_by_distance(const float* q) const {
    std::vector<Hop> all;
    for (int64_t r = 0; r < N_; ++r) all.push_back({distance(q, floats(static_cast<int32_t>(r))), static_cast<int32_t>(r)});
    std::sort(all.begin(), all.end());
    return all;
  }

  // Algorithm 4: a candidate is kept when it is nearer to the row than to any kept one, so that links point in different directions.
  std::vector<Hop> choose(const std::vector<Hop>& candidates, int64_t most) const {
    std::vector<Hop> kept;
    for (const Hop& c : candidates) {
      if (static_cast<int64_t>(kept.size()) >= most) break;
      const bool apart =
          std::all_of(kept.begin(), kept.end(), [&](const Hop& k) { return distance(floats(c.row), floats(k.row)) >= c.distance; });
      if (apart) kept.push_back(c);
    }
    return kept;
  }

  struct Found {  // a row's chosen neighbours, layer 0 first
    std::vector<std::vector<Hop>> layers;
  };

  Found look_around(int32_t row, Visited& visited) const {
    const float* q = floats(row);
    const int mine = layer_[static_cast<size_t>(row)];
    Found found;
    found.layers.resize(static_cast<size_t>(std::min(mine, top_) + 1));
    Hop at{distance(q, floats(entry_)), entry_};
    for (int l = top_; l > mine; --l) at = greedy(q, at, l);
    std::vector<Hop> start{at};
    for (int l = std::min(mine, top_); l >= 0; --l) {
      start = search_layer(q, start, wide_, l, visited);
      found.layers[static_cast<size_t>(l)] = choose(start, M_);
    }
    return found;
  }

  void connect(int32_t row, const Found& found) {
    for (size_t l = 0; l < found.layers.size(); ++l) {
      const int layer = static_cast<int>(l);
      int32_t* mine = links(row, layer);
      for (const Hop& h : found.layers[l]) {
        mine[++mine[0]] = h.row;
        add_link(h.row, {h.distance, row}, layer);
      }
    }
    if (layer_[static_cast<size_t>(row)] > top_) top_ = layer_[static_cast<size_t>(row)], entry_ = row;
  }

  void add_link(int32_t row, Hop to, int layer) {
    int32_t* l = links(row, layer);
    if (l[0] < most_links(layer)) {
      l[++l[0]] = to.row;
      return;
    }
    std::vector<Hop> candidates{to};
    for (int32_t i = 1; i <= l[0]; ++i) candidates.push_back({distance(floats(row), floats(l[i])), l[i]});
    std::sort(candidates.begin(), candidates.end());
    const std::vector<Hop> kept = choose(candidates, most_links(layer));
    l[0] = 0;
    for (const Hop& h : kept) l[++l[0]] = h.row;
  }

  void build() {
    entry_ = 0;
    top_ = layer_[0];
    std::vector<Found> found;
    for (int64_t done = 1; done < N_;) {
      // rows of a batch do not see each other: a batch is a small share of what stands already
      const int64_t batch = std::min({N_ - done, std::max<int64_t>(1, done / 64), int64_t{256}});
      found.assign(static_cast<size_t>(batch), {});
      device::parallel_for(batch, 8, [&](int64_t begin, int64_t end) {
        Visited visited(static_cast<size_t>(N_));
        for (int64_t i = begin; i < end; ++i) found[static_cast<size_t>(i)] = look_around(static_cast<int32_t>(done + i), visited);
      });
      for (int64_t i = 0; i < batch; ++i) connect(static_cast<int32_t>(done + i), found[static_cast<size_t>(i)]);
      done += batch;
    }
  }

  Features rows_;
  Metric metric_;
  int64_t N_, P_, M_, wide_, ef_, stride_ = 0;
  std::vector<float> data_;  // (N, P)
  std::vector<double> offset_;  // of the rows as floats; empty: none
  double unit_ = 1;
  std::vector<uint8_t> layer_;
  std::vector<int32_t> ground_, upper_;
  std::vector<size_t> upper_at_;
  int32_t entry_ = 0;
  int top_ = 0;
};

}  // namespace

std::unique_ptr<NeighbourIndex> make_hnsw(const Features& rows, const Metric& metric, const IndexOptions& options) {
  return std::make_unique<Hnsw>(rows, metric, options);
}

}  // namespace grim
