#include "grimoire/classic/tree_exact.h"

#include <algorithm>
#include <numeric>

#include "grimoire/base/rng.h"
#include "grimoire/classic/binning.h"
#include "grimoire/classic/tree_scan.h"
#include "grimoire/device/threads.h"

namespace grim::tree {
namespace {

// The i-th of the positive floats without the subnormal ones, and back: floats that order as the numbers do.
constexpr uint32_t kFirstNormal = 0x00800000u;
float place_code(size_t i) { return std::bit_cast<float>(kFirstNormal + static_cast<uint32_t>(i)); }
size_t place_of(float code) { return std::bit_cast<uint32_t>(code) - kFirstNormal; }

struct Run {  // rows of one value, in the order of a column
  uint32_t begin, end;
};

struct Split {
  double gain = -INFINITY;
  int64_t column = -1;
  double threshold = 0;
  float last_left = 0;  // the largest cell of the node that goes left
  bool missing_left = false;
  std::vector<uint64_t> left_levels = {};
};

template <class Scan> class Grower {
 public:
  Grower(const SortedColumns& x, const ExactTarget& target, const ExactOptions& options)
      : x_(x), target_(target), o_(options), scan_(target, options) {}

  ExactTree grow() {
    order_.resize(x_.order.size());
    for (size_t c = 0; c < order_.size(); ++c)
      for (uint32_t row : x_.order[c])
        if (Scan::amount(target_, row) > 0) order_[c].push_back(row);
    GRIM_CHECK(!order_.empty() && !order_[0].empty(), input, "tree", "no column, or no row with a positive weight");
    rows_ = order_[0].size();
    goes_left_.assign(static_cast<size_t>(x_.rows), 0);
    tree_.leaf_of_row.assign(static_cast<size_t>(x_.rows), 0);
    open(0, static_cast<uint32_t>(rows_), 0);
    int64_t leaves = 1;
    while (!pending_.empty() && (o_.max_leaves == 0 || leaves < o_.max_leaves)) {
      auto next = pending_.end() - 1;
      if (o_.max_leaves > 0)
        next = std::max_element(pending_.begin(), pending_.end(), [](const Pending& a, const Pending& b) {
          return a.split.gain != b.split.gain ? a.split.gain < b.split.gain : a.node > b.node;
        });
      const Pending node = std::move(*next);
      pending_.erase(next);
      divide(node);
      ++leaves;
    }
    for (size_t i = 0; i < tree_.nodes.size(); ++i)
      if (tree_.nodes[i].leaf())
        for (uint32_t r = span_[i].begin; r < span_[i].end; ++r) tree_.leaf_of_row[order_[0][r]] = static_cast<uint32_t>(i);
    return std::move(tree_);
  }

 private:
  struct Pending {
    uint32_t node;
    int64_t depth;
    Split split;
  };
  using Totals = typename Scan::Totals;

  // A new leaf over order[begin, end) of every column; joins the waiting ones when it can be split.
  uint32_t open(uint32_t begin, uint32_t end, int64_t depth) {
    const auto id = static_cast<uint32_t>(tree_.nodes.size());
    const Totals totals = scan_.totals(order_[0].data() + begin, end - begin);
    scan_.start(totals);
    tree_.nodes.push_back({.value = id});
    span_.push_back({begin, end});
    tree_.weight.push_back(scan_.right());
    tree_.impurity.push_back(scan_.impurity(totals));
    scan_.value(totals, tree_.value);
    if (scan_.pure(totals) || (o_.max_depth > 0 && depth >= o_.max_depth) || scan_.right() < o_.min_split ||
        scan_.right() < 2 * o_.min_leaf)
      return id;
    Split split = find(begin, end, totals, id);
    if (split.column >= 0) pending_.push_back({id, depth, std::move(split)});
    return id;
  }

  Split find(uint32_t begin, uint32_t end, const Totals& totals, uint32_t id) {
    const int64_t width = static_cast<int64_t>(order_.size());
    const double total = tree_.weight[0], rounding = 1e-11 * std::abs(scan_.scale(totals));
    double least = o_.min_gain > 0 ? o_.min_gain * total - rounding : -rounding;
    if (o_.only_gaining) least = std::max(least, std::max(rounding, 1e-12));
    std::vector<int64_t> columns(static_cast<size_t>(width));
    std::iota(columns.begin(), columns.end(), int64_t{0});
    int64_t wanted = width;
    if (o_.max_features > 0 && o_.max_features < width) {
      Rng rng(RngMode::philox, o_.seed, "tree-columns", id);
      for (int64_t i = 0; i + 1 < width; ++i)
        std::swap(columns[static_cast<size_t>(i)], columns[static_cast<size_t>(rng.randint(i, width))]);
      wanted = o_.max_features;
    }
    // Columns beyond the wanted ones are looked at only while none could split, as constant columns would end the tree too early.
    Split best;
    std::vector<Split> found(static_cast<size_t>(width));
    for (int64_t from = 0; from < width && best.column < 0; from = wanted, wanted = std::min(width, wanted + 1)) {
      const int64_t grain = std::max<int64_t>(1, 20000 / static_cast<int64_t>(end - begin));
      device::parallel_for(wanted - from, grain, [&](int64_t first, int64_t last) {
        Scan scan(target_, o_);
        for (int64_t i = first; i < last; ++i) {
          const int64_t c = columns[static_cast<size_t>(from + i)];
          found[static_cast<size_t>(from + i)] = find_in(c, begin, end, totals, scan, rounding);
        }
      });
      for (int64_t i = from; i < wanted; ++i) {
        Split& s = found[static_cast<size_t>(i)];
        if (s.column >= 0 && s.gain >= least && s.gain > best.gain + (best.column >= 0 ? rounding : 0)) best = std::move(s);
      }
    }
    return best;
  }

  Split find_in(int64_t c, uint32_t begin, uint32_t end, const Totals& totals, Scan& scan, double rounding) const {
    const auto& order = order_[static_cast<size_t>(c)];
    const auto& value = x_.value[static_cast<size_t>(c)];
    const bool category = x_.columns[static_cast<size_t>(c)].kind == ColumnKind::category;
    Split best;
    if (constant_in(c, begin, end)) return best;
    uint32_t present = end;  // missing cells are last
    while (present > begin && value[order[present - 1]] != value[order[present - 1]]) --present;
    if (!category && present == begin) return best;
    if (!category) {
      scan_numbers(c, begin, present, end, false, totals, scan, rounding, best);
      if (present < end) scan_numbers(c, begin, present, end, true, totals, scan, rounding, best);
      return best;
    }
    std::vector<Run> runs;
    for (uint32_t i = begin; i < end; ++i) {
      const float v = value[order[i]];
      if (i == begin || (i < present && v != value[order[i - 1]]) || i == present) runs.push_back({i, i});
      runs.back().end = i + 1;
    }
    if (runs.size() < 2) return best;
    for (int turn = 0; turn < scan.orders(); ++turn) scan_levels(c, runs, present, end - begin, turn, totals, scan, rounding, best);
    return best;
  }

  // By its first and last cell. A constant column is not parted any more; its stale order then lists other rows of the same value.
  bool constant_in(int64_t c, uint32_t begin, uint32_t end) const {
    const auto& order = order_[static_cast<size_t>(c)];
    const float first = x_.value[static_cast<size_t>(c)][order[begin]], last = x_.value[static_cast<size_t>(c)][order[end - 1]];
    return first == last || (first != first && last != last);
  }

  bool allowed(const Scan& scan, uint32_t left, uint32_t right) const {
    const double least = o_.min_leaf * (1 - 1e-12);
    return scan.left() >= least && scan.right() >= least && left >= o_.min_rows && right >= o_.min_rows;
  }

  void scan_numbers(int64_t c, uint32_t begin, uint32_t present, uint32_t end, bool missing_left, const Totals& totals, Scan& scan,
                    double rounding, Split& best) const {
    const auto& order = order_[static_cast<size_t>(c)];
    const auto& value = x_.value[static_cast<size_t>(c)];
    scan.start(totals);
    if (missing_left)
      for (uint32_t i = present; i < end; ++i) scan.add(order[i]);
    const uint32_t extra = missing_left ? end - present : 0;
    double to_beat = best.gain + (best.column >= 0 ? rounding : 0), found = 0;
    uint32_t at = present;  // the last row on the left
    for (uint32_t i = begin; i < present; ++i) {
      scan.add(order[i]);
      const bool last = i + 1 == present;
      if (last ? missing_left || present == end : value[order[i]] == value[order[i + 1]]) continue;
      const uint32_t left = i + 1 - begin + extra;
      if (!allowed(scan, left, end - begin - left)) continue;
      const double gain = scan.gain(totals);
      if (gain > to_beat) found = gain, to_beat = gain + rounding, at = i;
    }
    if (at == present) return;
    const double threshold = at + 1 == present ? INFINITY : x_.threshold(c, value[order[at]], value[order[at + 1]]);
    best = {found, c, threshold, value[order[at]], missing_left, {}};
  }

  void scan_levels(int64_t c, const std::vector<Run>& runs, uint32_t present, uint32_t rows, int turn, const Totals& totals, Scan& scan,
                   double rounding, Split& best) const {
    const auto& order = order_[static_cast<size_t>(c)];
    const auto& value = x_.value[static_cast<size_t>(c)];
    std::vector<std::pair<double, size_t>> ranked;
    for (size_t i = 0; i < runs.size(); ++i)
      ranked.emplace_back(scan.rank(scan.totals(order.data() + runs[i].begin, runs[i].end - runs[i].begin), turn), i);
    std::sort(ranked.begin(), ranked.end());
    scan.start(totals);
    uint32_t left = 0;
    size_t best_end = 0;
    for (size_t i = 0; i + 1 < ranked.size(); ++i) {
      const Run run = runs[ranked[i].second];
      for (uint32_t r = run.begin; r < run.end; ++r) scan.add(order[r]);
      left += run.end - run.begin;
      if (!allowed(scan, left, rows - left)) continue;
      const double gain = scan.gain(totals);
      if (!(gain > best.gain + (best.column >= 0 ? rounding : 0))) continue;
      best.gain = gain;
      best.column = c;
      best_end = i + 1;
    }
    if (best_end == 0) return;
    best.missing_left = false;
    best.left_levels.assign((x_.columns[static_cast<size_t>(c)].levels.size() + 63) / 64, 0);
    for (size_t i = 0; i < best_end; ++i) {
      const Run run = runs[ranked[i].second];
      if (run.begin >= present) best.missing_left = true;
      else {
        const auto level = static_cast<size_t>(value[order[run.begin]]);
        best.left_levels[level / 64] |= uint64_t{1} << (level % 64);
      }
    }
  }

  bool row_goes_left(const Split& s, uint32_t row) const {
    const float v = x_.value[static_cast<size_t>(s.column)][row];
    if (v != v) return s.missing_left;
    if (s.left_levels.empty()) return v <= s.last_left;
    return s.left_levels[static_cast<size_t>(v) / 64] >> (static_cast<size_t>(v) % 64) & 1;
  }

  void divide(const Pending& p) {
    const uint32_t begin = span_[p.node].begin, end = span_[p.node].end;
    const auto& rows = order_[static_cast<size_t>(p.split.column)];
    bool missing = false;
    uint32_t left = 0;
    double weight_left = 0;
    for (uint32_t i = begin; i < end; ++i) {
      const float v = x_.value[static_cast<size_t>(p.split.column)][rows[i]];
      const bool goes = row_goes_left(p.split, rows[i]);
      goes_left_[rows[i]] = goes;
      missing |= v != v;
      left += goes;
      if (goes) weight_left += Scan::amount(target_, rows[i]);
    }
    const int64_t grain = std::max<int64_t>(1, 20000 / static_cast<int64_t>(end - begin));
    device::parallel_for(static_cast<int64_t>(order_.size()), grain, [&](int64_t first, int64_t last) {
      std::vector<uint32_t> right;
      for (int64_t c = first; c < last; ++c) {
        uint32_t* order = order_[static_cast<size_t>(c)].data();
        if (c != 0 && constant_in(c, begin, end)) continue;  // and so will its parts be; column 0 lists the rows of a node
        right.resize(end - begin);
        size_t to_left = begin, to_right = 0;
        for (uint32_t i = begin; i < end; ++i) {  // both are written, one moves on: no branch to guess
          const uint32_t row = order[i], goes = goes_left_[row];
          order[to_left] = row;
          right[to_right] = row;
          to_left += goes;
          to_right += 1 - goes;
        }
        std::copy_n(right.begin(), to_right, order + to_left);
      }
    });
    Draft node = tree_.nodes[p.node];
    node.column = static_cast<int32_t>(p.split.column);
    node.threshold = p.split.threshold;
    node.left_levels = p.split.left_levels;
    node.gain = p.split.gain / tree_.weight[0];
    // A missing cell where none was seen goes with the majority.
    node.missing_left = missing ? p.split.missing_left : weight_left >= 0.5 * tree_.weight[p.node];
    node.left = open(begin, begin + left, p.depth + 1);
    node.right = open(begin + left, end, p.depth + 1);
    tree_.nodes[p.node] = std::move(node);
  }

  const SortedColumns& x_;
  const ExactTarget& target_;
  const ExactOptions& o_;
  Scan scan_;
  size_t rows_ = 0;
  std::vector<std::vector<uint32_t>> order_;
  std::vector<uint8_t> goes_left_;
  std::vector<Run> span_;  // of each node
  std::vector<Pending> pending_;
  ExactTree tree_;
};

}  // namespace

SortedColumns::SortedColumns(const Features& x) : rows(x.rows()), columns(x.columns()), value(columns.size()), order(columns.size()) {
  GRIM_CHECK(x.rows() < INT32_MAX, argument, "tree", "got {} rows, expected fewer than 2^31", x.rows());
  const bool narrowed = x.is_sparse() || x.dense().dtype() == Dtype::f64;
  std::vector<uint8_t> lost(columns.size());
  const auto read = [&](int64_t c) {
    std::vector<double> exact(static_cast<size_t>(rows));
    x.read_column(c, exact.data());
    return exact;
  };
  device::for_chunks(x.width(), [&](int64_t c) {
    auto& v = value[static_cast<size_t>(c)];
    v.resize(static_cast<size_t>(rows));
    std::vector<double> exact;
    if (narrowed) {
      exact = read(c);
      for (size_t r = 0; r < v.size(); ++r) v[r] = static_cast<float>(exact[r]);
    } else {
      x.read_column(c, v.data());
    }
    std::vector<KeyedRow> keys, scratch;
    for (uint32_t r = 0; r < static_cast<uint32_t>(rows); ++r) keys.push_back({sort_key(v[r]), r});
    radix_sort(keys, scratch);
    for (const KeyedRow k : keys) order[static_cast<size_t>(c)].push_back(k.row);
    lost[static_cast<size_t>(c)] = narrowed && loses(c, exact);
  });
  doubles = std::any_of(lost.begin(), lost.end(), [](uint8_t l) { return l != 0; });
  if (!doubles) return;
  different.resize(columns.size());
  device::for_chunks(x.width(), [&](int64_t c) {
    if (columns[static_cast<size_t>(c)].kind == ColumnKind::number) number_places(c, read(c));
  });
}

// Rows that are neighbours in the order of floats and equal there, but not as doubles; or finite and infinite as a float.
bool SortedColumns::loses(int64_t c, const std::vector<double>& exact) const {
  const auto& by_value = order[static_cast<size_t>(c)];
  const auto& narrow = value[static_cast<size_t>(c)];
  for (size_t i = 0; i < by_value.size(); ++i) {
    const uint32_t row = by_value[i];
    if (std::isinf(narrow[row]) && std::isfinite(exact[row])) return true;
    if (i > 0 && narrow[row] == narrow[by_value[i - 1]] && exact[row] != exact[by_value[i - 1]]) return true;
  }
  return false;
}

void SortedColumns::number_places(int64_t c, const std::vector<double>& exact) {
  auto& by_value = order[static_cast<size_t>(c)];
  auto& place = value[static_cast<size_t>(c)];
  auto& distinct = different[static_cast<size_t>(c)];
  size_t present = by_value.size();
  while (present > 0 && std::isnan(exact[by_value[present - 1]])) --present;
  std::stable_sort(by_value.begin(), by_value.begin() + static_cast<ptrdiff_t>(present), [&](uint32_t a, uint32_t b) { return exact[a] < exact[b]; });
  for (size_t i = 0; i < present; ++i) {
    const double v = exact[by_value[i]];
    if (distinct.empty() || distinct.back() != v) distinct.push_back(v);
    place[by_value[i]] = place_code(distinct.size() - 1);
  }
}

double SortedColumns::threshold(int64_t c, float a, float b) const {
  if (!doubles) return midpoint(a, b);
  const auto& distinct = different[static_cast<size_t>(c)];
  return midpoint(distinct[place_of(a)], distinct[place_of(b)]);
}

// Entropy asks for x log2 x of whole numbers, as long as weights are whole.
ExactTree grow_exact(const SortedColumns& x, const ExactTarget& target, const ExactOptions& options) {
  if (target.classes == 0) return Grower<SumScan>(x, target, options).grow();
  std::vector<double> table;
  if (options.criterion == Criterion::entropy) {
    double total = static_cast<double>(x.rows);
    if (!target.weight->empty()) total = std::accumulate(target.weight->begin(), target.weight->end(), 0.0);
    table.resize(static_cast<size_t>(std::min(total, 1e6)) + 1);
    for (size_t i = 0; i < table.size(); ++i) table[i] = x_log2_x(static_cast<double>(i));
  }
  ExactTarget with_table = target;
  with_table.x_log2_x = &table;
  return Grower<ClassScan>(x, with_table, options).grow();
}

}  // namespace grim::tree
