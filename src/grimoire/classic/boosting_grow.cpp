#include "grimoire/classic/boosting_grow.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/classic/boosting_kernel.h"
#include "grimoire/device/threads.h"

namespace grim::tree {

int BoostGrower::take_histogram() {
  if (free_.empty()) {
    pool_.emplace_back(hist_.size());
    return static_cast<int>(pool_.size()) - 1;
  }
  const int i = free_.back();
  free_.pop_back();
  return i;
}

bool BoostGrower::may_split(const NodeInfo& n) const {
  return (o_.max_depth == 0 || n.depth < o_.max_depth) && n.end - n.begin >= 2 && n.sums.h >= 2 * o_.min_child_weight &&
         (least_weight_ <= 0 || n.sums.w >= 2 * least_weight_);
}

uint32_t BoostGrower::open(uint32_t begin, uint32_t end, uint32_t others_begin, uint32_t others_end, int64_t depth, const Sums& sums,
                           double low, double high) {
  nodes_.push_back({begin, end, others_begin, others_end, depth, sums, std::clamp(worth(sums), low, high), low, high, -1, {}, {}});
  return static_cast<uint32_t>(nodes_.size()) - 1;
}

std::vector<Draft> BoostGrower::grow(const float* gh, const std::vector<uint32_t>& rows, const std::vector<uint32_t>& others) {
  rows_ = rows;
  others_ = others;
  nodes_.clear();
  pending_.clear();
  leaves_.clear();
  least_weight_ = hist_.width() == 4 || o_.hessian_is_weight ? o_.min_samples_leaf : 0;
  std::vector<Draft> drafts(1);
  Sums root;
  const auto cell = static_cast<size_t>(hist_.width());
  for (uint32_t r : rows_) {
    root.g += gh[r * cell];
    root.h += gh[r * cell + 1];
    root.w += cell == 4 ? gh[r * cell + 2] : gh[r * cell + 1];
  }
  open(0, static_cast<uint32_t>(rows_.size()), 0, static_cast<uint32_t>(others_.size()), 0, root, -INFINITY, INFINITY);
  const auto count = [&](uint32_t node) {
    NodeInfo& n = nodes_[node];
    n.histogram = take_histogram();
    hist_.build(gh, std::span<const uint32_t>(rows_).subspan(n.begin, n.end - n.begin), *n.slots,
                pool_[static_cast<size_t>(n.histogram)].data());
  };
  if (may_split(nodes_[0]) && o_.max_leaves != 1) {
    std::vector<int64_t> all(static_cast<size_t>(hist_.columns()));
    std::iota(all.begin(), all.end(), int64_t{0});
    nodes_[0].slots = std::make_shared<const std::vector<int64_t>>(std::move(all));
    count(0);
    find(0);
  }
  int64_t leaves = 1;
  while (!pending_.empty() && (o_.max_leaves == 0 || leaves < o_.max_leaves)) {
    auto next = pending_.end() - 1;  // the last one: fewest histograms are alive
    if (o_.max_leaves > 0)
      next = std::max_element(pending_.begin(), pending_.end(), [&](uint32_t a, uint32_t b) {
        return nodes_[a].split.gain != nodes_[b].split.gain ? nodes_[a].split.gain < nodes_[b].split.gain : a > b;
      });
    const uint32_t parent = *next;
    pending_.erase(next);
    if (!divide(parent, drafts)) {
      free_.push_back(nodes_[parent].histogram);
      continue;
    }
    const bool last = ++leaves == o_.max_leaves;
    const uint32_t left = drafts[parent].left, right = drafts[parent].right;
    const bool left_smaller = nodes_[left].end - nodes_[left].begin <= nodes_[right].end - nodes_[right].begin;
    const uint32_t small = left_smaller ? left : right, large = left_smaller ? right : left;
    const int whole = nodes_[parent].histogram;
    const bool small_goes_on = !last && may_split(nodes_[small]), large_goes_on = !last && may_split(nodes_[large]);
    if (small_goes_on || large_goes_on) count(small);
    if (large_goes_on) {
      nodes_[large].histogram = whole;
      hist_.subtract(pool_[static_cast<size_t>(whole)].data(), pool_[static_cast<size_t>(nodes_[small].histogram)].data(),
                     *nodes_[large].slots);
    } else {
      free_.push_back(whole);
    }
    if (small_goes_on) find(small);
    else if (nodes_[small].histogram >= 0) free_.push_back(nodes_[small].histogram);
    if (large_goes_on) find(large);
  }
  for (uint32_t p : pending_) free_.push_back(nodes_[p].histogram);
  for (uint32_t i = 0; i < nodes_.size(); ++i)
    if (const NodeInfo& n = nodes_[i]; drafts[i].leaf())
      leaves_.push_back({i, std::span<const uint32_t>(rows_).subspan(n.begin, n.end - n.begin),
                         std::span<const uint32_t>(others_).subspan(n.others_begin, n.others_end - n.others_begin)});
  // The sums of a leaf once more, row by row in double: what histograms rounded away does not reach the values.
  device::for_chunks(static_cast<int64_t>(leaves_.size()), [&](int64_t i) {
    const Leaf& leaf = leaves_[static_cast<size_t>(i)];
    Sums s;
    for (uint32_t r : leaf.rows) s.g += gh[r * cell], s.h += gh[r * cell + 1];
    NodeInfo& n = nodes_[leaf.node];
    n.value = std::clamp(worth(s), n.low, n.high);
  });
  return drafts;
}

void BoostGrower::find(uint32_t node) {
  NodeInfo& n = nodes_[node];
  const std::vector<int64_t>& slots = *n.slots;
  constexpr int64_t kSlots = 16;  // a task: its best gain so far spares it a closer look at most others
  const int64_t count = static_cast<int64_t>(slots.size()), tasks = (count + kSlots - 1) / kSlots;
  std::vector<Split> found(static_cast<size_t>(tasks));
  // One side of a split is without the usual bin. When the others together are too little for a leaf, the column cannot be split here
  // or further down, and nobody looks at it there.
  std::vector<uint8_t> alive(slots.size());
  const double* histogram = pool_[static_cast<size_t>(n.histogram)].data();
  device::for_chunks(tasks, [&](int64_t task) {
    const int64_t end = std::min(count, (task + 1) * kSlots);
    for (auto i = static_cast<size_t>(task * kSlots); i < static_cast<size_t>(end); ++i)
      if ((alive[i] = hist_.has_least(histogram, slots[i], o_.min_child_weight, least_weight_)))
        find_in(slots[i], n, found[static_cast<size_t>(task)]);
  });
  const double v = n.value, least = std::max({o_.min_gain, 1e-12, 1e-9 * n.sums.g * worth(n.sums)});
  const double whole = o_.monotone.empty() ? n.sums.g * worth(n.sums) : 2 * n.sums.g * v - (n.sums.h + o_.lambda) * v * v;
  for (Split& s : found) {
    s.gain -= whole;
    if (s.slot >= 0 && s.gain > least && s.gain > n.split.gain) n.split = std::move(s);
  }
  if (n.split.slot >= 0) {
    pending_.push_back(node);
    std::vector<int64_t> rest;
    for (size_t i = 0; i < slots.size(); ++i)
      if (alive[i]) rest.push_back(slots[i]);
    if (rest.size() < slots.size()) n.slots = std::make_shared<const std::vector<int64_t>>(std::move(rest));
  } else {
    free_.push_back(n.histogram);
    n.histogram = -1;
  }
}

// Without bounds the parts simplify to G^2 / (H + lambda); a value v off the best one is worth 2 G v - (H + lambda) v^2.
double BoostGrower::gain_of(const NodeInfo& node, const Sums& left, const Sums& right, int direction) const {
  if (o_.monotone.empty()) {
    return left.g * left.g / (left.h + o_.lambda) + right.g * right.g / (right.h + o_.lambda);
  }
  const double l = std::clamp(worth(left), node.low, node.high), r = std::clamp(worth(right), node.low, node.high);
  if (direction * (r - l) < 0) return -INFINITY;
  return 2 * left.g * l - (left.h + o_.lambda) * l * l + 2 * right.g * r - (right.h + o_.lambda) * r * r;
}

void BoostGrower::find_in(int64_t slot, const NodeInfo& node, Split& best) const {
  const ColumnBins& column = bins_.columns[static_cast<size_t>(hist_.column(slot))];
  if (column.category) {
    scan_levels(slot, node, best);
  } else {
    const double* missing = hist_.cells(pool_[static_cast<size_t>(node.histogram)].data(), slot) + column.bins * hist_.width();
    const bool any_missing = column.has_missing && missing[1] > 1e-12 * node.sums.h;
    scan_numbers(slot, node, false, best);
    if (any_missing) scan_numbers(slot, node, true, best);
    else if (best.slot == slot) best.missing_left = best.h_left >= 0.5 * node.sums.h;  // none seen here: with the majority
  }
}

void BoostGrower::scan_numbers(int64_t slot, const NodeInfo& node, bool missing_left, Split& best) const {
  const int64_t c = hist_.column(slot);
  const ColumnBins& column = bins_.columns[static_cast<size_t>(c)];
  const double* cells = hist_.cells(pool_[static_cast<size_t>(node.histogram)].data(), slot);
  const int width = hist_.width(), direction = o_.monotone.empty() ? 0 : o_.monotone[static_cast<size_t>(c)];
  const bool free = o_.monotone.empty(), weighed = least_weight_ > 0;
  const double lambda = o_.lambda, all_g = node.sums.g, all_h = node.sums.h, least_h = std::max(o_.min_child_weight, 1e-12);
  const double* missing = cells + column.bins * width;
  const Sums start = missing_left ? Sums{missing[0], missing[1], weight_in(missing)} : Sums{};
  const int end = column.has_missing && !missing_left ? column.bins : column.bins - 1;
  ScanSums sums;
  uint8_t candidates[256];
  const int count = scan_bins({cells, width, end, start.g, start.h, start.w, all_g, all_h, node.sums.w, lambda, least_h, all_h - least_h,
                               least_weight_, weighed, free, best.gain}, sums, candidates);
  for (int i = 0; i < count; ++i) {
    const int b = candidates[i];
    const double g = sums.g[b], h = sums.h[b], w = width == 4 ? sums.w[b] : h;
    const Sums left{g, h, w}, right{all_g - g, all_h - h, node.sums.w - w};
    const double gain = gain_of(node, left, right, direction);
    if (gain > best.gain) best = {gain, slot, b, missing_left, {}, g, h, w};
  }
}

void BoostGrower::scan_levels(int64_t slot, const NodeInfo& node, Split& best) const {
  const ColumnBins& column = bins_.columns[static_cast<size_t>(hist_.column(slot))];
  const double* cells = hist_.cells(pool_[static_cast<size_t>(node.histogram)].data(), slot);
  const int width = hist_.width();
  std::vector<std::pair<double, int>> ranked;
  for (int b = 0; b < column.total(); ++b)
    if (cells[b * width + 1] > 1e-9) ranked.emplace_back(cells[b * width] / (cells[b * width + 1] + o_.smoothing), b);
  std::sort(ranked.begin(), ranked.end());
  Sums left;
  size_t best_end = 0;
  for (size_t i = 0; i + 1 < ranked.size(); ++i) {
    const double* cell = cells + ranked[i].second * width;
    left.g += cell[0];
    left.h += cell[1];
    left.w += weight_in(cell);
    const Sums right{node.sums.g - left.g, node.sums.h - left.h, node.sums.w - left.w};
    if (!allowed(left)) continue;
    if (!allowed(right)) break;
    const double gain = gain_of(node, left, right, 0);
    if (!(gain > best.gain)) continue;
    best = {gain, slot, 0, false, {}, left.g, left.h, left.w};
    best_end = i + 1;
  }
  if (best_end == 0) return;
  const bool majority = best.h_left >= 0.5 * node.sums.h;  // levels that no row here has, and unseen ones
  best.bin_left.assign(static_cast<size_t>(column.bins) + 1, majority);
  for (size_t i = 0; i < ranked.size(); ++i) best.bin_left[static_cast<size_t>(ranked[i].second)] = i < best_end;
  best.missing_left = best.bin_left[static_cast<size_t>(column.bins)];
}

uint32_t BoostGrower::partition(const uint8_t* bin, const uint8_t* goes_left, std::vector<uint32_t>& rows, uint32_t begin, uint32_t end,
                                std::vector<uint32_t>& scratch) {
  constexpr int64_t kChunk = 16384;
  const int64_t n = end - begin, chunks = (n + kChunk - 1) / kChunk;
  if (scratch.size() < static_cast<size_t>(2 * n)) scratch.resize(static_cast<size_t>(2 * n));
  uint32_t *left = scratch.data(), *right = scratch.data() + n, *all = rows.data() + begin;
  std::vector<uint32_t> lefts(static_cast<size_t>(chunks));
  device::for_chunks(chunks, [&](int64_t c) {
    const int64_t from = c * kChunk, to = std::min(n, from + kChunk);
    uint32_t *l = left + from, *r = right + from;
    for (int64_t i = from; i < to; ++i) {  // both are written, one moves on: no branch to guess
      const uint32_t row = all[i], goes = goes_left[bin[row]];
      *l = row;
      *r = row;
      l += goes;
      r += 1 - goes;
    }
    lefts[static_cast<size_t>(c)] = static_cast<uint32_t>(l - (left + from));
  });
  uint32_t total = 0;
  for (uint32_t l : lefts) total += l;
  uint32_t *to_left = all, *to_right = all + total;
  for (int64_t c = 0; c < chunks; ++c) {
    const int64_t from = c * kChunk, size = std::min(n, from + kChunk) - from, l = lefts[static_cast<size_t>(c)];
    to_left = std::copy_n(left + from, l, to_left);
    to_right = std::copy_n(right + from, size - l, to_right);
  }
  return begin + total;
}

bool BoostGrower::divide(uint32_t parent, std::vector<Draft>& drafts) {
  const NodeInfo n = nodes_[parent];
  const int64_t c = hist_.column(n.split.slot);
  const ColumnBins& column = bins_.columns[static_cast<size_t>(c)];
  Draft draft;
  draft.column = static_cast<int32_t>(c);
  draft.missing_left = n.split.missing_left;
  draft.gain = n.split.gain;
  uint8_t goes_left[256] = {};
  if (column.category) {
    column.set_split(draft, n.split.bin_left);
    for (int b = 0; b <= column.bins; ++b) goes_left[b] = n.split.bin_left[static_cast<size_t>(b)];
  } else {
    column.set_split(draft, n.split.last_left);
    for (int b = 0; b < column.bins; ++b) goes_left[b] = b <= n.split.last_left;
    goes_left[column.bins] = n.split.missing_left;
  }
  const uint32_t middle = partition(bins_.column(c), goes_left, rows_, n.begin, n.end, scratch_);
  if (middle == n.begin || middle == n.end) return false;  // one side was rounding left over by the subtraction of histograms
  const uint32_t others = partition(bins_.column(c), goes_left, others_, n.others_begin, n.others_end, scratch_);
  const Sums left{n.split.g_left, n.split.h_left, n.split.w_left}, right{n.sums.g - left.g, n.sums.h - left.h, n.sums.w - left.w};
  double low[2] = {n.low, n.low}, high[2] = {n.high, n.high};
  if (const int direction = o_.monotone.empty() ? 0 : o_.monotone[static_cast<size_t>(c)]; direction != 0) {
    const double middle_value = 0.5 * (std::clamp(worth(left), n.low, n.high) + std::clamp(worth(right), n.low, n.high));
    (direction > 0 ? high[0] : low[0]) = middle_value;
    (direction > 0 ? low[1] : high[1]) = middle_value;
  }
  const uint32_t l = open(n.begin, middle, n.others_begin, others, n.depth + 1, left, low[0], high[0]);
  const uint32_t r = open(middle, n.end, others, n.others_end, n.depth + 1, right, low[1], high[1]);
  nodes_[l].slots = nodes_[r].slots = n.slots;  // no others can
  draft.left = l;
  draft.right = r;
  drafts[parent] = std::move(draft);
  drafts.resize(nodes_.size());
  return true;
}

}  // namespace grim::tree
