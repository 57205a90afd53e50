#include "grimoire/classic/binning.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <numeric>

#include "grimoire/base/rng.h"
#include "grimoire/classic/narrowing.h"
#include "grimoire/device/threads.h"

namespace grim::tree {
namespace {

struct Weighted {
  double value;
  double weight;
};

// Cuts at the k / bins quantiles of the weight; a heavy value takes a bin of its own and the rest share what is left.
std::vector<size_t> quantile_cuts(const std::vector<Weighted>& distinct, int bins) {
  double left = 0;
  for (const Weighted& w : distinct) left += w.weight;
  std::vector<size_t> last;  // place of the last value of each bin
  double here = 0;
  for (size_t i = 0; i < distinct.size(); ++i) {
    here += distinct[i].weight;
    const int open = bins - static_cast<int>(last.size());
    const bool must = distinct.size() - i - 1 < static_cast<size_t>(open);  // one bin a value for the rest
    const double want = left / open;
    const double next = i + 1 < distinct.size() ? distinct[i + 1].weight : 0;
    if (open > 1 && (must || here + 0.5 * next >= want)) {
      last.push_back(i);
      left -= here;
      here = 0;
    }
  }
  if (last.empty() || last.back() + 1 < distinct.size()) last.push_back(distinct.size() - 1);
  return last;
}

void add_value(std::vector<Weighted>& distinct, double value, double weight) {
  if (distinct.empty() || distinct.back().value != value) distinct.push_back({value, 0});
  distinct.back().weight += weight;
}

// The different values of the sample, rising, with their weights. `exact`: one number a row, to see whether floats lose any.
std::vector<Weighted> distinct_values(const std::vector<uint32_t>& rows, const std::vector<float>& value, const std::vector<double>& weight,
                                      const std::vector<double>& exact, bool& lost) {
  std::vector<KeyedRow> sample, scratch;
  sample.reserve(rows.size());
  for (uint32_t r : rows) sample.push_back({sort_key(value[r]), r});
  radix_sort(sample, scratch);
  std::vector<Weighted> distinct;
  for (const KeyedRow& cell : sample) {
    if (cell.key == ~uint32_t{0}) break;
    add_value(distinct, from_sort_key(cell.key), weight.empty() ? 1 : weight[cell.row]);
  }
  if (exact.empty()) return distinct;
  FloatLoss loss;
  size_t i = 0;
  for (const Weighted& w : distinct) {
    bool several = false;
    const size_t first = i;
    loss.out_of_range |= std::isinf(w.value) && std::isfinite(exact[sample[i].row]);
    for (; i < sample.size() && sample[i].key == sample[first].key; ++i) several |= exact[sample[i].row] != exact[sample[first].row];
    loss.add(i - first, several);
  }
  lost = loss.matters();
  return distinct;
}
std::vector<Weighted> distinct_values(const std::vector<uint32_t>& rows, const std::vector<double>& value, const std::vector<double>& weight,
                                      const std::vector<double>&, bool&) {
  std::vector<uint32_t> sample;
  for (uint32_t r : rows)
    if (value[r] == value[r]) sample.push_back(r);
  std::sort(sample.begin(), sample.end(), [&](uint32_t a, uint32_t b) { return value[a] < value[b]; });
  std::vector<Weighted> distinct;
  for (uint32_t r : sample) add_value(distinct, value[r], weight.empty() ? 1 : weight[r]);
  return distinct;
}

template <class T> void bin_numbers(ColumnBins& column, std::vector<Weighted> distinct, int most_bins) {
  std::erase_if(distinct, [](const Weighted& w) { return w.weight == 0; });
  if (distinct.empty()) distinct.push_back({0, 1});  // nothing but missing cells
  const std::vector<size_t> last = quantile_cuts(distinct, most_bins);
  column.bins = static_cast<int>(last.size());
  for (size_t b = 0; b < last.size(); ++b) {
    column.low.push_back(distinct[b == 0 ? 0 : last[b - 1] + 1].value);
    column.high.push_back(distinct[last[b]].value);
    if (b + 1 < last.size())
      column.upper.push_back(midpoint(static_cast<T>(distinct[last[b]].value), static_cast<T>(distinct[last[b] + 1].value)));
  }
}

// Bytes are counted instead of sorted, and looked up instead of searched.
void bin_bytes(ColumnBins& column, const Tensor& x, int64_t c, const std::vector<double>& weight, int most_bins, uint8_t* cells) {
  const uint8_t* in = x.data<uint8_t>() + c * x.strides()[1];
  const int64_t rows = x.dim(0), stride = x.strides()[0];
  std::array<double, 256> sum{};
  for (int64_t r = 0; r < rows; ++r) {
    cells[r] = in[r * stride];
    sum[cells[r]] += weight.empty() ? 1 : weight[static_cast<size_t>(r)];
  }
  std::vector<Weighted> distinct;
  for (size_t v = 0; v < sum.size(); ++v)
    if (sum[v] > 0) distinct.push_back({static_cast<double>(v), sum[v]});
  bin_numbers<float>(column, std::move(distinct), most_bins);
  std::array<uint8_t, 256> bin;
  for (size_t v = 0; v < bin.size(); ++v) bin[v] = column.bin_of(static_cast<double>(v));
  for (int64_t r = 0; r < rows; ++r) cells[r] = bin[cells[r]];
}

void bin_levels(ColumnBins& column, const std::vector<double>& share, int most_bins) {
  const size_t levels = share.size();
  column.category = true;
  column.bins = std::max(1, static_cast<int>(std::min<size_t>(levels, static_cast<size_t>(most_bins))));
  std::vector<size_t> order(levels);
  std::iota(order.begin(), order.end(), size_t{0});
  if (levels > static_cast<size_t>(most_bins))
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return share[a] > share[b]; });
  column.bin_of_level.resize(levels);
  for (size_t i = 0; i < levels; ++i)
    column.bin_of_level[order[i]] = static_cast<uint8_t>(std::min<size_t>(i, static_cast<size_t>(column.bins - 1)));
}

// The rows whose cells place the edges.
std::vector<uint32_t> sample_rows(int64_t rows) {
  std::vector<uint32_t> chosen;
  if (rows <= kBinSample) {
    chosen.resize(static_cast<size_t>(rows));
    std::iota(chosen.begin(), chosen.end(), 0u);
    return chosen;
  }
  const double step = static_cast<double>(rows) / kBinSample;  // one row at random from each of 200,000 stretches of the file
  for (int64_t i = 0; i < kBinSample; ++i) {
    const double u = unit_float(philox4x32(0, stream_id("bin-sample"), 0, static_cast<uint64_t>(i))[0]);
    chosen.push_back(static_cast<uint32_t>(std::min(static_cast<double>(rows - 1), (static_cast<double>(i) + u) * step)));
  }
  return chosen;
}

// The upper edges in the order of a complete binary tree, so that a search is eight steps without a branch.
template <class T> struct EdgeSearch {
  std::array<T, 256> edge;
  explicit EdgeSearch(const std::vector<double>& upper) {
    size_t next = 0;
    fill(1, upper, next);
  }
  void fill(size_t at, const std::vector<double>& upper, size_t& next) {
    if (at >= 256) return;
    fill(2 * at, upper, next);
    edge[at] = next < upper.size() ? static_cast<T>(upper[next]) : std::numeric_limits<T>::infinity();
    ++next;
    fill(2 * at + 1, upper, next);
  }
  uint32_t operator()(T x) const {
    uint32_t at = 1;
    for (int step = 0; step < 8; ++step) at = 2 * at + (x > edge[at] ? 1 : 0);
    return at - 256;
  }
};

struct ColumnReader {
  const Features& x;
  const SparseRows* by_column;  // the transposed rows, when sparse

  // f(row, value) for the cells that are stored; all of them when dense
  template <class F> void operator()(int64_t column, F&& f) const {
    if (by_column) {
      const auto rows = by_column->columns_of(column);
      const auto values = by_column->values_of(column);
      for (size_t i = 0; i < rows.size(); ++i) f(static_cast<int64_t>(rows[i]), values[i]);
      return;
    }
    const Tensor& t = x.dense();
    visit(t.dtype(), [&](auto zero) {
      using T = decltype(zero);
      if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, uint8_t>) {
        const T* p = t.data<T>() + column * t.strides()[1];
        const int64_t stride = t.strides()[0];
        for (int64_t r = 0; r < x.rows(); ++r) f(r, static_cast<double>(p[r * stride]));
      }
    });
  }
};

}  // namespace

uint8_t ColumnBins::bin_of(double value) const {
  if (category) {
    const bool known = value >= 0 && value < static_cast<double>(bin_of_level.size());
    return known ? bin_of_level[static_cast<size_t>(value)] : static_cast<uint8_t>(bins);
  }
  if (value != value) return static_cast<uint8_t>(bins);
  return static_cast<uint8_t>(std::lower_bound(upper.begin(), upper.end(), value) - upper.begin());
}

void ColumnBins::set_split(Draft& draft, const std::vector<bool>& bin_left) const {
  draft.left_levels.assign((bin_of_level.size() + 63) / 64, 0);
  for (size_t l = 0; l < bin_of_level.size(); ++l)
    if (bin_left[bin_of_level[l]]) draft.left_levels[l / 64] |= uint64_t{1} << (l % 64);
}

void radix_sort(std::vector<KeyedRow>& rows, std::vector<KeyedRow>& scratch) {
  constexpr int kBits = 11, kPlaces = 1 << kBits;
  scratch.resize(rows.size());
  if (rows.size() < 256) {
    std::stable_sort(rows.begin(), rows.end(), [](KeyedRow a, KeyedRow b) { return a.key < b.key; });
    return;
  }
  std::vector<uint32_t> count(3 * kPlaces);
  for (const KeyedRow r : rows)
    for (int pass = 0; pass < 3; ++pass) ++count[static_cast<size_t>(pass * kPlaces) + (r.key >> (pass * kBits) & (kPlaces - 1))];
  for (int pass = 0; pass < 3; ++pass) {
    uint32_t* at = count.data() + pass * kPlaces;
    const int shift = pass * kBits;
    if (at[rows[0].key >> shift & (kPlaces - 1)] == rows.size()) continue;  // all alike here
    std::exclusive_scan(at, at + kPlaces, at, 0u);
    for (const KeyedRow r : rows) scratch[at[r.key >> shift & (kPlaces - 1)]++] = r;
    rows.swap(scratch);
  }
}

void interleave(const uint8_t* const* in, int64_t columns, int64_t begin, int64_t end, uint8_t* out, int64_t stride) {
  constexpr int64_t kTile = 64;  // a tile of either side stays in the first-level cache
  for (int64_t r0 = begin; r0 < end; r0 += kTile)
    for (int64_t j = 0; j < columns; ++j) {
      const uint8_t* from = in[j];
      for (int64_t r = r0; r < std::min(end, r0 + kTile); ++r) out[r * stride + j] = from[r];
    }
}

void Bins::transpose() {
  by_row = Tensor::empty({rows, width()}, Dtype::u8);
  uint8_t* out = by_row.data<uint8_t>();
  constexpr int64_t kColumns = 64;
  device::parallel_for(rows, 4096, [&](int64_t begin, int64_t end) {
    const uint8_t* in[kColumns];
    for (int64_t first = 0; first < width(); first += kColumns) {
      const int64_t count = std::min(kColumns, width() - first);
      for (int64_t j = 0; j < count; ++j) in[j] = column(first + j);
      interleave(in, count, begin, end, out + first, width());
    }
  });
}

namespace {

void bin_category(ColumnBins& column, const std::vector<double>& value, size_t levels, const std::vector<double>& weight, int most_bins,
                  uint8_t* cell) {
  std::vector<double> share(levels);
  for (size_t r = 0; r < value.size(); ++r)
    if (value[r] >= 0 && value[r] < static_cast<double>(levels)) share[static_cast<size_t>(value[r])] += weight.empty() ? 1 : weight[r];
  bin_levels(column, share, most_bins);
  for (size_t r = 0; r < value.size(); ++r) {
    cell[r] = column.bin_of(value[r]);
    column.has_missing |= cell[r] == column.bins;
  }
}

// Compares cells as T. Stops being of use when a column sets `lost`: floats then lose what the bins should part.
template <class T>
Bins bins_in(const Features& x, const std::vector<double>& weight, int most_bins, const SparseRows& by_column, std::atomic<bool>& lost) {
  Bins bins{.rows = x.rows(), .doubles = sizeof(T) == 8, .columns = std::vector<ColumnBins>(static_cast<size_t>(x.width())),
            .cells = Tensor::empty({x.width(), x.rows()}, Dtype::u8),
            .by_row = {}};
  const ColumnReader read{x, x.is_sparse() ? &by_column : nullptr};
  const std::vector<uint32_t> chosen = sample_rows(x.rows());
  const bool bytes = !x.is_sparse() && x.width() > 0 && x.dense().dtype() == Dtype::u8;
  device::for_chunks(x.width(), [&](int64_t c) {
    if (lost) return;
    ColumnBins& column = bins.columns[static_cast<size_t>(c)];
    const ColumnInfo& info = x.columns()[static_cast<size_t>(c)];
    uint8_t* cell = bins.cells.data<uint8_t>() + c * bins.rows;
    if (bytes && info.kind == ColumnKind::number) return bin_bytes(column, x.dense(), c, weight, most_bins, cell);
    std::vector<T> value(static_cast<size_t>(x.rows()), T(0));
    bool missing = false, inexact = false;
    read(c, [&](int64_t r, double v) {
      value[static_cast<size_t>(r)] = static_cast<T>(v);
      missing |= v != v;
      inexact |= v == v && static_cast<double>(static_cast<T>(v)) != v;
    });
    column.has_missing = missing;
    std::vector<double> exact;
    if (inexact || info.kind == ColumnKind::category) {
      exact.assign(value.size(), 0.0);
      read(c, [&](int64_t r, double v) { exact[static_cast<size_t>(r)] = v; });
    }
    if (info.kind == ColumnKind::category) return bin_category(column, exact, info.levels.size(), weight, most_bins, cell);
    bool lost_here = false;
    bin_numbers<T>(column, distinct_values(chosen, value, weight, exact, lost_here), most_bins);
    if (lost_here) lost = true;
    const EdgeSearch<T> search(column.upper);
    for (size_t r = 0; r < value.size(); ++r) cell[r] = static_cast<uint8_t>(search(value[r]));
    if (missing)
      for (size_t r = 0; r < value.size(); ++r)
        if (value[r] != value[r]) cell[r] = static_cast<uint8_t>(column.bins);
  });
  return bins;
}

}  // namespace

Bins make_bins(const Features& x, const std::vector<double>& weight, int most_bins) {
  GRIM_CHECK(most_bins >= 2 && most_bins <= kMostBins, argument, "bins", "got {}, expected 2 to {}", most_bins, kMostBins);
  GRIM_CHECK(x.rows() < INT32_MAX, argument, "bins", "got {} rows, expected fewer than 2^31", x.rows());
  const SparseRows by_column = x.is_sparse() ? transposed(x.sparse()) : SparseRows{};
  std::atomic<bool> lost = false;
  Bins bins = bins_in<float>(x, weight, most_bins, by_column, lost);
  if (!lost) return bins;
  lost = false;
  return bins_in<double>(x, weight, most_bins, by_column, lost);
}

}  // namespace grim::tree
