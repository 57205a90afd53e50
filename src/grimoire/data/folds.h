// Cross-validation: which rows are held back in each of several turns.
#pragma once

#include <cstdint>
#include <vector>

namespace grim {

struct Fold {
  std::vector<int64_t> train, test;  // rows, rising
};

// Contiguous blocks, the first n mod k of them one longer. throws: argument, k outside 2 .. n
std::vector<Fold> k_folds(int64_t rows, int64_t k);
// Every fold with the classes in proportion (scikit-learn's rule without shuffling): classes numbered by first appearance, labels
// sorted; fold i's quota of a class is its count at sorted places i, i + k, ...; each class fills fold 0, 1, ... in file order.
std::vector<Fold> stratified_folds(const std::vector<double>& y, int64_t k);
// Rows of one group never stand on both sides. Largest groups first, each to the emptiest fold.
std::vector<Fold> grouped_folds(const std::vector<double>& groups, int64_t k);
std::vector<Fold> leave_one_out(int64_t rows);
// Rows permuted first (seeded), then stratified by `y`; where that is empty, contiguous blocks.
std::vector<Fold> shuffled_folds(const std::vector<double>& y, int64_t rows, int64_t k, uint64_t seed);

}  // namespace grim
