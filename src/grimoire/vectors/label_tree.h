// The Huffman tree of hierarchical softmax (Morin and Bengio 2005; Mikolov et al. 2013b, section 2.1): leaves are words or labels, frequent ones near the
// root, and every inner node has a row of the output table, by which it is decided where to go. Built in fastText's order (src/loss.cc), for its files
// hold the rows by these numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace grim::vectors {

class LabelTree {
 public:
  // counts of the leaves, falling, as a dictionary has them; at least one
  explicit LabelTree(const std::vector<int64_t>& counts);

  struct Node {
    int32_t parent = -1, left = -1, right = -1;
    bool is_right = false;  // of its parent
  };
  // Leaf i is node i; the inner ones are behind the leaves, the root last.
  const std::vector<Node>& nodes() const { return nodes_; }
  int64_t leaves() const { return leaves_; }
  int64_t root() const { return static_cast<int64_t>(nodes_.size()) - 1; }
  int64_t row_of(int64_t node) const { return node - leaves_; }  // of the output table
  // f(row, goes right?) for every decision from leaf to root.
  template <class F> void each_step(int64_t leaf, F&& f) const {
    for (int64_t node = leaf; nodes_[static_cast<size_t>(node)].parent >= 0; node = nodes_[static_cast<size_t>(node)].parent)
      f(row_of(nodes_[static_cast<size_t>(node)].parent), nodes_[static_cast<size_t>(node)].is_right);
  }

 private:
  int64_t leaves_;
  std::vector<Node> nodes_;
};

}  // namespace grim::vectors
