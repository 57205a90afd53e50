// Fitted trees as flat arrays: the one shape that a decision tree, a forest and boosted trees are kept, walked and saved in.
//
// A node is 16 bytes and siblings lie side by side, breadth first, so that a walk needs one load a level and the right child needs no
// index of its own. A leaf points at itself (x <= +inf, missing left): several rows can then walk in lockstep without asking who
// has arrived, which hides the latency of each other's loads.
//
// Rows are compared as float32. Where float32 would lose what they say (values that fall together or leave its range, seen when the trees
// are grown), the thresholds are kept as doubles beside the nodes, and rows are walked as doubles.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "grimoire/classic/state.h"
#include "grimoire/data/features.h"

namespace grim::tree {

struct Node {
  static constexpr uint32_t kMissingLeft = 1u << 31, kCategory = 1u << 30, kColumn = kCategory - 1;
  uint32_t flags = 0;    // column and the two flags above
  uint32_t left = 0;     // the right child is left + 1; a leaf: itself
  uint32_t split = 0;    // a number column: bits of the float threshold, x <= threshold goes left; a category: start of its level set
  uint32_t payload = 0;  // an inner node: bits of its float gain; a leaf: the place of its value

  uint32_t column() const { return flags & kColumn; }
  bool missing_left() const { return flags & kMissingLeft; }
  bool category() const { return flags & kCategory; }
  float threshold() const { return std::bit_cast<float>(split); }
  float gain() const { return std::bit_cast<float>(payload); }
};
static_assert(sizeof(Node) == 16);

// A node while its tree grows.
struct Draft {
  int32_t column = -1;  // -1: a leaf
  double threshold = 0;
  bool missing_left = false;
  std::vector<uint64_t> left_levels = {};  // of a category: bit l is set when level l goes left
  uint32_t left = 0, right = 0;            // places in the list of drafts
  double gain = 0;
  uint32_t value = 0;  // of a leaf
  bool leaf() const { return column < 0; }
};

class Trees {
 public:
  Trees() = default;
  explicit Trees(const std::vector<ColumnInfo>& columns, bool in_doubles = false);

  size_t count() const { return roots_.size(); }
  uint32_t root(size_t tree) const { return roots_[tree]; }
  size_t end(size_t tree) const { return tree + 1 < roots_.size() ? roots_[tree + 1] : nodes_.size(); }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(size_t i) const { return nodes_[i]; }
  Node& node(size_t i) { return nodes_[i]; }
  bool is_leaf(size_t i) const { return nodes_[i].left == i; }
  bool any_split() const { return nodes_.size() > roots_.size(); }
  bool in_doubles() const { return in_doubles_; }
  double threshold(size_t i) const { return in_doubles_ ? thresholds_[i] : nodes_[i].threshold(); }
  bool level_goes_left(const Node& node, int64_t level) const;
  int64_t levels(size_t column) const { return levels_[column]; }

  // Adds drafts[0] and all below it, breadth first. Returns which draft each new node came from.
  std::vector<uint32_t> append(const std::vector<Draft>& drafts);
  void join(const Trees& other);  // its trees after these
  void truncate(size_t trees);    // keeps the first ones

  // Where a row ends. `row` has one number a column, NaN where missing; a level never seen counts as missing. T is double when the trees
  // are in_doubles(), else float.
  template <class T> uint32_t leaf_of(size_t tree, const T* row) const {
    return categories_ ? walk<true>(roots_[tree], row) : walk<false>(roots_[tree], row);
  }
  uint32_t leaf_of(size_t tree, const Features& x, int64_t row) const;
  template <class T> std::vector<uint32_t> path_of(size_t tree, const T* row) const;  // from the root to the leaf
  // out[i] is the leaf of the i-th of 8 rows, or of one row in each of 8 trees.
  template <class T> void leaves_of_rows(size_t tree, const T* const* rows, uint32_t* out) const;
  void leaves_of_trees(size_t first_tree, const float* row, uint32_t* out) const;
  static constexpr int kLanes = 8;

  // f(row, tree, leaf) for every row and tree; rows in blocks and in parallel, trees of one row in rising order and by one thread.
  template <class F> void for_each_leaf(const Features& x, F&& f) const;
  // f(tree, leaf), trees rising.
  template <class F> void for_each_leaf_of(const float* row, F&& f) const;

  std::vector<double> gains(int64_t width, bool count_splits = false) const;  // summed by column
  int depth(size_t tree) const;
  size_t bytes() const { return nodes_.size() * sizeof(Node) + (sets_.size() + thresholds_.size()) * 8 + roots_.size() * 4; }

  void write(State& state) const;
  // `values`: how many leaf values there are. throws: input, unless every index lies inside and every walk ends
  void read(const State& state, const std::vector<ColumnInfo>& columns, int64_t values);

 private:
  template <bool kCategories, class T> uint32_t next(uint32_t i, const T* row) const {
    const Node& n = nodes_[i];
    const T x = row[n.column()];
    if constexpr (kCategories) {
      if (n.category()) return n.left + (level_goes_left_or_missing(n, x) ? 0 : 1);
    }
    const T threshold = sizeof(T) == 8 ? static_cast<T>(thresholds_[i]) : n.threshold();
    const uint32_t left = static_cast<uint32_t>(x <= threshold) | (static_cast<uint32_t>(x != x) & (n.flags >> 31));
    return n.left + 1 - left;
  }
  template <bool kCategories, class T> uint32_t walk(uint32_t i, const T* row) const {
    for (uint32_t to = next<kCategories>(i, row); to != i; to = next<kCategories>(i, row)) i = to;
    return i;
  }
  template <bool kCategories, class Start, class Row> void walk_lanes(Start start, Row row, uint32_t* out) const;
  template <class T, class F> void for_each_leaf_in(const Features& x, F& f) const;
  bool level_goes_left_or_missing(const Node& node, double x) const;
  static int64_t rows_a_block(int64_t width);
  template <class T>
  static void for_blocks(const Features& x, int64_t block, void* context,
                         void (*fn)(void* context, const T* rows, int64_t begin, int64_t end));

  std::vector<Node> nodes_;
  std::vector<uint32_t> roots_;
  std::vector<uint64_t> sets_;    // of category splits: (levels + 63) / 64 words each
  std::vector<uint32_t> levels_;  // of each column; 0: numbers
  std::vector<double> thresholds_;  // of every node, when in_doubles_
  bool categories_ = false;         // any column has levels
  bool in_doubles_ = false;
};

// For a report of trees that are leaves alone, which give every row the same answer: why, and what to change.
std::string why_no_split(const Dataset& data, double min_samples_leaf, double min_samples_split = 0);

template <class F> void Trees::for_each_leaf(const Features& x, F&& f) const {
  in_doubles_ ? for_each_leaf_in<double>(x, f) : for_each_leaf_in<float>(x, f);
}

template <class T, class F> void Trees::for_each_leaf_in(const Features& x, F& each) const {
  struct Context {
    const Trees* trees;
    F* f;
    int64_t width;
  } context{this, &each, x.width()};
  for_blocks<T>(x, rows_a_block(x.width()), &context, [](void* p, const T* rows, int64_t begin, int64_t end) {
    auto& [trees, f, width] = *static_cast<Context*>(p);
    const T* lane[kLanes];
    uint32_t leaf[kLanes];
    for (size_t t = 0; t < trees->count(); ++t) {
      int64_t r = begin;
      for (; r + kLanes <= end; r += kLanes) {
        for (int i = 0; i < kLanes; ++i) lane[i] = rows + (r - begin + i) * width;
        trees->leaves_of_rows(t, lane, leaf);
        for (int i = 0; i < kLanes; ++i) (*f)(r + i, t, leaf[i]);
      }
      for (; r < end; ++r) (*f)(r, t, trees->leaf_of(t, rows + (r - begin) * width));
    }
  });
}

template <class F> void Trees::for_each_leaf_of(const float* row, F&& f) const {
  size_t t = 0;
  uint32_t leaf[kLanes];
  for (; t + kLanes <= count(); t += kLanes) {
    leaves_of_trees(t, row, leaf);
    for (int i = 0; i < kLanes; ++i) f(t + static_cast<size_t>(i), leaf[i]);
  }
  for (; t < count(); ++t) f(t, leaf_of(t, row));
}

}  // namespace grim::tree
