#include "grimoire/vectors/label_tree.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim::vectors {

LabelTree::LabelTree(const std::vector<int64_t>& counts) : leaves_(static_cast<int64_t>(counts.size())), nodes_(std::max<size_t>(counts.size() * 2, 1) - 1) {
  GRIM_CHECK(leaves_ >= 1, argument, "vectors", "a tree needs a leaf");
  // The two rarest nodes become one. Leaves are sorted and inner nodes are made in rising order: the rarest is the next of one of the two rows.
  constexpr int64_t kNotYet = int64_t{1000000000000000};
  int64_t left_over = kNotYet;
  for (const int64_t c : counts) {
    GRIM_CHECK(c >= 0 && c < left_over, input, "vectors", "a count of {}: expected numbers from 0 on that add up to less than {}", c, kNotYet);
    left_over -= c;
  }
  std::vector<int64_t> count(nodes_.size(), kNotYet);
  std::copy(counts.begin(), counts.end(), count.begin());
  int64_t leaf = leaves_ - 1, inner = leaves_;
  for (int64_t made = leaves_; made < static_cast<int64_t>(nodes_.size()); ++made) {
    const auto rarest = [&] { return leaf >= 0 && count[static_cast<size_t>(leaf)] < count[static_cast<size_t>(inner)] ? leaf-- : inner++; };
    const int64_t left = rarest(), right = rarest();
    nodes_[static_cast<size_t>(made)].left = static_cast<int32_t>(left);
    nodes_[static_cast<size_t>(made)].right = static_cast<int32_t>(right);
    count[static_cast<size_t>(made)] = count[static_cast<size_t>(left)] + count[static_cast<size_t>(right)];
    nodes_[static_cast<size_t>(left)].parent = nodes_[static_cast<size_t>(right)].parent = static_cast<int32_t>(made);
    nodes_[static_cast<size_t>(right)].is_right = true;
  }
}

}  // namespace grim::vectors
