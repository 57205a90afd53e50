#include "grimoire/text/double_array.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {

// Nodes are placed one after the other, breadth first: a node's children go where all their cells are free, in one of the last blocks of 256 cells.
class DoubleArrayBuilder {
 public:
  DoubleArrayBuilder(std::span<const std::string_view> strings, std::span<const uint32_t> numbers) : strings_(strings), numbers_(numbers) {
    add_block();
    take(0);
    units_[0] = 0;
    std::vector<Range> level = {{0, strings.size(), 0}}, below;
    for (size_t depth = 0; !level.empty(); ++depth, std::swap(level, below)) {
      below.clear();
      for (const Range& r : level) place_children(r, depth, below);
    }
  }
  std::vector<uint32_t> units() { return std::move(units_); }

 private:
  static constexpr size_t kBlock = 256, kOpen = 16;  // cells; blocks that are looked through
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Range {
    size_t begin, end;  // of the strings that go through the node
    uint32_t node;
  };
  struct Cell {
    uint32_t before, after;  // free ones are a list
    bool taken, is_base;     // no two nodes have their children on the same base, or labels alone would not tell whose a child is
  };

  int label(size_t string, size_t depth) const { return depth < strings_[string].size() ? DoubleArray::label(strings_[string][depth]) : 0; }

  void place_children(const Range& r, size_t depth, std::vector<Range>& below) {
    if (r.begin == r.end) return;
    labels_.clear();
    for (size_t i = r.begin; i < r.end; ++i)
      if (const int l = label(i, depth); labels_.empty() || labels_.back() != l) labels_.push_back(l);
    const uint32_t base = find_base(r.node), far = r.node ^ base;
    cells_[base].is_base = true;
    units_[r.node] |= far < (1u << 21) ? far << 10 : far << 2 | DoubleArray::kFar;
    for (size_t i = r.begin; i < r.end;) {
      const int l = label(i, depth);
      size_t end = i + 1;
      while (end < r.end && label(end, depth) == l) ++end;
      const uint32_t child = base ^ static_cast<uint32_t>(l);
      take(child);
      if (l == 0) {
        units_[r.node] |= DoubleArray::kEnds;
        units_[child] = numbers_[i] | DoubleArray::kNumber;
      } else {
        units_[child] = static_cast<uint32_t>(l);
        below.push_back({i, end, child});
      }
      i = end;
    }
  }

  uint32_t find_base(uint32_t node) {
    for (uint32_t cell = first_; cell != kNone; cell = cells_[cell].after) {
      const uint32_t base = cell ^ static_cast<uint32_t>(labels_[0]), far = node ^ base;
      if (cells_[base].is_base || (far >= (1u << 21) && (far & 0xff))) continue;
      if (std::ranges::none_of(labels_, [&](int l) { return cells_[base ^ static_cast<uint32_t>(l)].taken; })) return base;
    }
    const auto block = static_cast<uint32_t>(cells_.size());
    add_block();
    return block | (node & 0xff);
  }

  void add_block() {
    const auto begin = static_cast<uint32_t>(cells_.size());
    GRIM_CHECK(begin < (1u << 29), input, "tokenizer", "the vocabulary is too large: more than {} nodes in the tree of its tokens", 1u << 29);
    cells_.resize(begin + kBlock);
    units_.resize(begin + kBlock, DoubleArray::kNumber);  // no byte leads there
    for (uint32_t i = begin; i < begin + kBlock; ++i) {
      cells_[i] = {last_, kNone, false, false};
      (last_ == kNone ? first_ : cells_[last_].after) = i;
      last_ = i;
    }
    if (begin < kOpen * kBlock) return;
    for (uint32_t i = begin - kOpen * kBlock; i < begin - (kOpen - 1) * kBlock; ++i)
      if (!cells_[i].taken) take(i);
  }
  void take(uint32_t cell) {
    const Cell c = cells_[cell];
    (c.before == kNone ? first_ : cells_[c.before].after) = c.after;
    (c.after == kNone ? last_ : cells_[c.after].before) = c.before;
    cells_[cell].taken = true;
  }

  std::span<const std::string_view> strings_;
  std::span<const uint32_t> numbers_;
  std::vector<uint32_t> units_;
  std::vector<Cell> cells_;
  std::vector<int> labels_;
  uint32_t first_ = kNone, last_ = kNone;
};

bool DoubleArray::goes_on_with(char byte) const {
  std::vector<bool> bears(units_.size());
  for (size_t i = 0; i < units_.size(); ++i) bears[i] = (units_[i] & (kNumber | 0xff)) == label(byte);
  for (size_t node = 1; node < units_.size(); ++node) {
    const size_t child = node ^ offset(units_[node]) ^ label(byte);
    if (!(units_[node] & kNumber) && offset(units_[node]) != 0 && child < units_.size() && bears[child]) return true;
  }
  return false;
}

DoubleArray DoubleArray::of(std::span<const std::string_view> strings, std::span<const uint32_t> numbers) {
  std::vector<size_t> order;
  for (size_t i = 0; i < strings.size(); ++i)
    if (!strings[i].empty()) order.push_back(i);
  if (order.empty()) return {};
  std::ranges::sort(order, [&](size_t a, size_t b) {
    return std::ranges::lexicographical_compare(strings[a], strings[b], {}, label, label);
  });
  std::vector<std::string_view> sorted;
  std::vector<uint32_t> theirs;
  for (const size_t i : order) {
    sorted.push_back(strings[i]);
    theirs.push_back(numbers[i]);
  }
  return DoubleArray(DoubleArrayBuilder(sorted, theirs).units());
}

}  // namespace grim
