#include "grimoire/classic/forest_grow.h"

#include <array>
#include <bit>
#include <numeric>

#include "grimoire/classic/forest_scan.h"

namespace grim::tree {
namespace {

// Which of 256 bins occurred, walked in rising order.
struct BinSet {
  std::array<uint64_t, 4> bits{};
  void add(uint32_t bin) { bits[bin / 64] |= uint64_t{1} << (bin % 64); }
  void remove(uint32_t bin) { bits[bin / 64] &= ~(uint64_t{1} << (bin % 64)); }
  bool has(uint32_t bin) const { return bits[bin / 64] >> (bin % 64) & 1; }
  template <class F> void each(F&& f) const {
    for (uint32_t w = 0; w < 4; ++w)
      for (uint64_t left = bits[w]; left != 0; left &= left - 1) f(w * 64 + static_cast<uint32_t>(std::countr_zero(left)));
  }
};

struct Split {
  double gain = -INFINITY;
  int64_t column = -1;
  int last_left = 0;
  bool missing_left = false, category = false;
  bool known_missing = false;  // the node has missing cells, so missing_left was chosen
  BinSet left = {};  // of a category
};

template <class Tally> class Grower {
 public:
  Grower(const Bins& bins, std::vector<ForestRow>& rows, const ForestGrow& o, uint32_t tree)
      : bins_(bins),
        rows_(rows),
        o_(o),
        rng_(RngMode::philox, o.seed, "forest-tree", tree),
        total_(std::accumulate(rows.begin(), rows.end(), 0.0, [](double sum, const ForestRow& r) { return sum + r.weight; })),
        tally_(o, total_),
        cells_(256 * tally_.cell()),
        bin_(rows.size()),
        spare_(rows.size()),
        columns_(static_cast<size_t>(bins.width())),
        constant_(columns_.size()),
        small_(static_cast<uint32_t>(std::min<size_t>(next_.size(), 64 * tally_.cell()))) {
    std::iota(columns_.begin(), columns_.end(), 0u);
  }

  ForestTree grow() {
    struct Open {
      uint32_t node, begin, end;
      int64_t depth;
    };
    tree_.nodes.emplace_back();
    std::vector<Open> stack{{0, 0, static_cast<uint32_t>(rows_.size()), 0}};
    while (!stack.empty()) {
      const Open n = stack.back();
      stack.pop_back();
      tally_.set_total(rows_.data() + n.begin, n.end - n.begin);
      Split split;
      if (!tally_.pure() && (o_.max_depth == 0 || n.depth < o_.max_depth) && tally_.weight() >= o_.min_split &&
          tally_.weight() >= 2 * o_.min_leaf)
        split = find(n.begin, n.end);
      if (split.column < 0) {
        close(n.node, n.begin, n.end);
        continue;
      }
      const uint32_t middle = partition(split, n.begin, n.end);
      if (!split.known_missing) {  // a missing cell where none was seen goes with the majority
        split.missing_left = middle - n.begin >= n.end - middle;
        if (split.category && split.missing_left)
          split.left.add(static_cast<uint32_t>(bins_.columns[static_cast<size_t>(split.column)].bins));
      }
      const auto left = static_cast<uint32_t>(tree_.nodes.size());
      Draft& draft = tree_.nodes[n.node];
      const ColumnBins& column = bins_.columns[static_cast<size_t>(split.column)];
      draft.column = static_cast<int32_t>(split.column);
      draft.missing_left = split.missing_left;
      draft.gain = split.gain / total_;
      if (split.category) {
        std::vector<bool> goes(static_cast<size_t>(column.bins) + 1);
        for (uint32_t b = 0; b < goes.size(); ++b) goes[b] = split.left.has(b);
        column.set_split(draft, goes);
      } else {
        column.set_split(draft, split.last_left);
      }
      draft.left = left;
      draft.right = left + 1;
      tree_.nodes.resize(left + 2);
      stack.push_back({left + 1, middle, n.end, n.depth + 1});
      stack.push_back({left, n.begin, middle, n.depth + 1});
    }
    return std::move(tree_);
  }

 private:
  using Cell = typename Tally::Cell;

  // Uniform in [from, to), in the type that cells are compared in.
  double between(double from, double to) {
    const float share = rng_.uniform();
    if (bins_.doubles) return from * (1 - static_cast<double>(share)) + to * static_cast<double>(share);
    const float a = static_cast<float>(from), b = static_cast<float>(to);
    return a + (b - a) * share;
  }

  void close(uint32_t node, uint32_t begin, uint32_t end) {
    if constexpr (Tally::kClasses) {
      const std::vector<float>& total = tally_.total();
      if (tally_.pure()) {
        tree_.nodes[node].value = rows_[begin].label;
        return;
      }
      tree_.nodes[node].value = static_cast<uint32_t>(total.size() + tree_.shares.size() / total.size());
      for (float c : total) tree_.shares.push_back(static_cast<float>(c / tally_.weight()));
    } else {
      double w = 0, sum = 0;
      for (uint32_t i = begin; i < end; ++i) w += rows_[i].weight, sum += static_cast<double>(rows_[i].weight) * tally_.target(rows_[i]);
      tree_.nodes[node].value = static_cast<uint32_t>(tree_.numbers.size());
      tree_.numbers.push_back(sum / w);
    }
  }

  Split find(uint32_t begin, uint32_t end) {
    Split best;
    const double least = o_.min_gain > 0 ? o_.min_gain * total_ : -1e-9 * tally_.scale();
    const auto P = static_cast<int64_t>(columns_.size());
    for (int64_t drawn = 0; drawn < P && (drawn < o_.max_features || best.column < 0); ++drawn) {
      // Fisher-Yates: the columns not drawn yet lie behind `drawn`.
      const auto other = drawn + static_cast<int64_t>((uint64_t{rng_.next_u32()} * static_cast<uint64_t>(P - drawn)) >> 32);
      std::swap(columns_[static_cast<size_t>(drawn)], columns_[static_cast<size_t>(other)]);
      const int64_t c = columns_[static_cast<size_t>(drawn)];
      const ColumnBins& column = bins_.columns[static_cast<size_t>(c)];
      if (column.total() < 2) continue;
      Split s;
      if (o_.extra) try_random(c, column, begin, end, s);
      else try_all(c, column, begin, end, s);
      if (s.column >= 0 && s.gain >= least && s.gain > best.gain) best = s;
    }
    return best;
  }

  bool allowed() const { return tally_.left() >= least_leaf_ && tally_.right() >= least_leaf_; }
  void offer(Split& best, int64_t c, int last_left, bool missing_left) const {
    if (!allowed()) return;
    const double gain = tally_.gain();
    if (gain > best.gain) best = {gain, c, last_left, missing_left, false, false, {}};
  }

  // The bins of the node's rows into bin_. False when they are all alike: no split here, nor in any part of this node.
  bool gather(int64_t c, uint32_t begin, uint32_t end) {
    Span& constant = constant_[static_cast<size_t>(c)];
    if (begin >= constant.begin && end <= constant.end) return false;
    const uint32_t n = end - begin;
    const ForestRow* rows = rows_.data() + begin;
    if (uint64_t{n} * 16 > static_cast<uint64_t>(bins_.rows)) {
      const uint8_t* bin = bins_.column(c);
      for (uint32_t i = 0; i < n; ++i) bin_[i] = bin[rows[i].row];
    } else {  // the cache lines of few rows stay warm from column to column and from node to node
      const uint8_t* bin = bins_.by_row.data<uint8_t>() + c;
      const auto stride = static_cast<size_t>(bins_.width());
      for (uint32_t i = 0; i < n; ++i) bin_[i] = bin[rows[i].row * stride];
    }
    uint8_t differs = 0;
    for (uint32_t i = 1; i < n; ++i) differs |= bin_[i] ^ bin_[0];
    if (differs == 0) constant = {begin, end};
    return differs != 0;
  }

  void try_all(int64_t c, const ColumnBins& column, uint32_t begin, uint32_t end, Split& best) {
    if (!gather(c, begin, end)) return;
    if (!column.category && !column.has_missing && end - begin <= small_) return try_few(c, begin, end, best);
    const size_t cell = tally_.cell();
    Cell* cells = cells_.data();
    BinSet present;
    for (uint32_t i = begin; i < end; ++i) {
      const uint32_t b = bin_[i - begin];
      present.add(b);
      tally_.put(cells, cell, b, rows_[i]);
    }
    const auto missing = static_cast<uint32_t>(column.bins);
    if (column.category) {
      for (size_t order = 0; order < tally_.orders(); ++order) try_levels(c, present, missing, order, best);
    } else {
      const bool any_missing = present.has(missing) && column.has_missing;
      BinSet numbers = present;
      if (any_missing) numbers.remove(missing);
      for (int turn = 0; turn <= any_missing; ++turn) {
        tally_.clear();
        if (turn == 1) tally_.add(cells + missing * cell);
        int before = -1;
        numbers.each([&](uint32_t b) {
          if (before >= 0) offer(best, c, before, turn == 1);
          tally_.add(cells + b * cell);
          before = static_cast<int>(b);
        });
        if (any_missing && turn == 0 && before >= 0) offer(best, c, column.bins - 1, false);
      }
      if (any_missing) best.known_missing = true;
    }
    present.each([&](uint32_t b) { std::fill_n(cells + b * cell, cell, Cell(0)); });
  }

  // Few rows: each is chained to its bin and moves over by itself, so no cell of a bin is ever added up or cleared.
  void try_few(int64_t c, uint32_t begin, uint32_t end, Split& best) {
    BinSet present;
    for (uint32_t i = 0; i < end - begin; ++i) {
      const uint32_t b = bin_[i];
      next_[i] = present.has(b) ? first_[b] : kEnd;
      first_[b] = static_cast<uint16_t>(i);
      present.add(b);
    }
    tally_.clear();
    int before = -1;
    present.each([&](uint32_t b) {
      if (before >= 0) offer(best, c, before, false);
      for (uint16_t i = first_[b]; i != kEnd; i = next_[i]) tally_.add_row(rows_[begin + i]);
      before = static_cast<int>(b);
    });
  }

  void try_levels(int64_t c, const BinSet& present, uint32_t missing, size_t order, Split& best) {
    const size_t cell = tally_.cell();
    std::vector<std::pair<double, uint32_t>> ranked;
    present.each([&](uint32_t b) { ranked.emplace_back(tally_.rank(cells_.data() + b * cell, order), b); });
    std::sort(ranked.begin(), ranked.end());
    tally_.clear();
    BinSet left;
    for (size_t i = 0; i + 1 < ranked.size(); ++i) {
      tally_.add(cells_.data() + ranked[i].second * cell);
      left.add(ranked[i].second);
      if (!allowed()) continue;
      const double gain = tally_.gain();
      if (gain > best.gain) best = {gain, c, 0, left.has(missing), true, true, left};
    }
  }

  void try_random(int64_t c, const ColumnBins& column, uint32_t begin, uint32_t end, Split& best) {
    if (!gather(c, begin, end)) return;
    const uint32_t n = end - begin;
    const auto missing = static_cast<uint8_t>(column.bins);
    int low = 255, high = 0;
    for (uint32_t i = 0; i < n; ++i) low = std::min<int>(low, bin_[i]);
    for (uint32_t i = 0; i < n; ++i) high = std::max<int>(high, bin_[i]);
    Split s{.gain = 0, .column = c};
    if (column.has_missing && high == missing) {  // the largest of those present
      s.known_missing = true;
      s.missing_left = rng_.next_u32() & 1;
      high = low;
      for (uint32_t i = 0; i < n; ++i) high = std::max<int>(high, bin_[i] == missing ? low : bin_[i]);
    }
    uint8_t goes_left[256] = {};
    if (column.category) {
      s.category = true;
      for (int b = 0; b < column.bins; ++b)
        if (rng_.next_u32() & 1) s.left.add(static_cast<uint32_t>(b)), goes_left[b] = 1;
      if (s.missing_left) s.left.add(missing);
    } else {
      s.last_left = column.bins - 1;  // all that are present, against those that are missing
      if (low < high) {
        const double u = between(column.high[static_cast<size_t>(low)], column.low[static_cast<size_t>(high)]);
        const auto edge = std::upper_bound(column.upper.begin(), column.upper.end(), u) - column.upper.begin();
        s.last_left = std::clamp(static_cast<int>(edge) - 1, low, high - 1);
      } else {
        s.missing_left = false;
      }
      std::fill_n(goes_left, s.last_left + 1, uint8_t{1});
    }
    if (column.has_missing) goes_left[missing] = s.missing_left;
    const size_t cell = tally_.cell();
    Cell* sides = cells_.data();  // right, left
    for (uint32_t i = 0; i < n; ++i) tally_.put(sides, cell, goes_left[bin_[i]], rows_[begin + i]);
    tally_.clear();
    tally_.add(sides + cell);
    std::fill_n(sides, 2 * cell, Cell(0));
    if (!allowed()) return;
    s.gain = tally_.gain();
    if (s.gain > best.gain) best = s;
  }

  uint32_t partition(const Split& split, uint32_t begin, uint32_t end) {
    const ColumnBins& column = bins_.columns[static_cast<size_t>(split.column)];
    const uint8_t* bin = bins_.column(split.column);
    uint32_t goes_left[256];
    for (uint32_t b = 0; b < 256; ++b) goes_left[b] = split.category ? split.left.has(b) : static_cast<int>(b) <= split.last_left;
    if (column.has_missing) goes_left[column.bins] = split.missing_left;
    uint32_t left = begin, right = 0;
    for (uint32_t i = begin; i < end; ++i) {
      const ForestRow row = rows_[i];
      const uint32_t goes = goes_left[bin[row.row]];
      rows_[left] = row;
      spare_[right] = row;
      left += goes;
      right += 1 - goes;
    }
    std::copy_n(spare_.begin(), right, rows_.begin() + left);
    return left;
  }

  const Bins& bins_;
  std::vector<ForestRow>& rows_;
  const ForestGrow& o_;
  Rng rng_;
  double total_;
  double least_leaf_ = std::max(o_.min_leaf, 1e-12);
  Tally tally_;
  std::vector<Cell> cells_;  // bins by cell, zero between columns
  std::vector<uint8_t> bin_;
  std::vector<ForestRow> spare_;
  struct Span {
    uint32_t begin = 0, end = 0;
  };
  static constexpr uint16_t kEnd = 0xffff;
  std::vector<uint32_t> columns_;
  std::vector<Span> constant_;  // rows in which a column is known to be constant
  std::array<uint16_t, 256> first_;
  std::array<uint16_t, 1024> next_;
  uint32_t small_;
  ForestTree tree_;
};

}  // namespace

ForestTree grow_forest_tree(const Bins& bins, std::vector<ForestRow>& rows, const ForestGrow& options, uint32_t tree) {
  if (options.classes > 0) return Grower<ClassTally>(bins, rows, options, tree).grow();
  if (options.exact) return Grower<SumTally<double>>(bins, rows, options, tree).grow();
  return Grower<SumTally<float>>(bins, rows, options, tree).grow();
}

}  // namespace grim::tree
