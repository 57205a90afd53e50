// Minimal cost-complexity pruning (Breiman et al. 1984, section 3.3). The cost of a tree is the impurity of its leaves, each times its
// share of the weight, plus alpha a leaf. As alpha grows from 0 the best subtree loses branches one after the other: always the
// branch t whose price per leaf saved, (R(t) - R(leaves below t)) / (leaves below t - 1), is least.
#pragma once

#include <vector>

#include "grimoire/classic/tree_exact.h"

namespace grim::tree {

struct PrunePath {
  std::vector<double> alpha;     // rising; the first is 0: nothing pruned
  std::vector<double> impurity;  // of the leaves together, once the branches up to this alpha are gone
};

// The whole path; branches whose alpha is at most `alpha` become leaves of `tree`.
PrunePath prune(ExactTree& tree, double alpha);

}  // namespace grim::tree
