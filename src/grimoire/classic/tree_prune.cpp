#include "grimoire/classic/tree_prune.h"

#include <algorithm>
#include <set>

namespace grim::tree {

PrunePath prune(ExactTree& tree, double alpha) {
  const size_t n = tree.nodes.size();
  std::vector<double> own(n), below(n), leaves(n, 1), price(n);
  std::vector<uint32_t> parent(n, UINT32_MAX);
  for (size_t i = n; i-- > 0;) {  // children come after their parent
    own[i] = below[i] = tree.weight[i] * tree.impurity[i] / tree.weight[0];
    const Draft& node = tree.nodes[i];
    if (node.leaf()) continue;
    below[i] = below[node.left] + below[node.right];
    leaves[i] = leaves[node.left] + leaves[node.right];
    parent[node.left] = parent[node.right] = static_cast<uint32_t>(i);
  }
  std::set<std::pair<double, uint32_t>> branches;
  const auto enter = [&](uint32_t i) {
    price[i] = (own[i] - below[i]) / (leaves[i] - 1);
    branches.emplace(price[i], i);
  };
  for (uint32_t i = 0; i < n; ++i)
    if (!tree.nodes[i].leaf()) enter(i);
  PrunePath path{{0.0}, {below[0]}};
  std::vector<uint32_t> gone;
  while (!branches.empty()) {
    const auto [least, t] = *branches.begin();
    if (least <= alpha) gone.push_back(t);
    std::vector<uint32_t> stack{t};
    while (!stack.empty()) {
      const uint32_t i = stack.back();
      stack.pop_back();
      if (tree.nodes[i].leaf() || branches.erase({price[i], i}) == 0) continue;
      stack.push_back(tree.nodes[i].left);
      stack.push_back(tree.nodes[i].right);
    }
    const double more = own[t] - below[t], fewer = leaves[t] - 1;
    for (uint32_t i = t; i != UINT32_MAX; i = parent[i]) {
      if (i != t) branches.erase({price[i], i});
      below[i] += more;
      leaves[i] -= fewer;
      if (i != t) enter(i);
    }
    path.alpha.push_back(std::max(least, path.alpha.back()));
    path.impurity.push_back(below[0]);
  }
  for (uint32_t t : gone) tree.nodes[t] = {.value = t};
  return path;
}

}  // namespace grim::tree
