// Permutation importance (Breiman 2001; Fisher, Rudin, Dominici 2019): how much the score on rows held back falls when one column is
// shuffled. Unlike a tree's own importances it is measured on new rows and does not favour columns with many values. Of two columns
// that say the same, either alone may look useless.
#pragma once

#include "grimoire/classic/validate.h"

namespace grim {

struct Importance {
  std::string column;
  double mean, std;  // fall of the score over folds and repeats
};
// Highest first.
std::vector<Importance> permutation_importance(const Estimator& prototype, const Dataset& data, const std::vector<Fold>& folds,
                                               int64_t repeats, uint64_t seed, const FitProgress& progress = {});

}  // namespace grim
