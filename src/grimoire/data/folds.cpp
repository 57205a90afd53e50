#include "grimoire/data/folds.h"

#include <algorithm>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"

namespace grim {
namespace {

void check_count(int64_t k, int64_t n) {
  GRIM_CHECK(n >= 2, input, "folds", "got {} row(s), expected two or more: one to learn from, one to judge by", n);
  GRIM_CHECK(k >= 2 && k <= n, argument, "folds", "got {} folds for {} rows, expected 2 to {}", k, n, n);
}

// From the fold of each row.
std::vector<Fold> folds_of(const std::vector<int64_t>& fold, int64_t k) {
  std::vector<Fold> folds(static_cast<size_t>(k));
  for (size_t r = 0; r < fold.size(); ++r)
    for (int64_t f = 0; f < k; ++f) (fold[r] == f ? folds[f].test : folds[f].train).push_back(static_cast<int64_t>(r));
  return folds;
}

std::vector<int64_t> block_of_rows(int64_t rows, int64_t k) {
  std::vector<int64_t> fold;
  for (int64_t f = 0; f < k; ++f) fold.insert(fold.end(), static_cast<size_t>(rows / k + (f < rows % k)), f);
  return fold;
}

std::vector<int64_t> strata_of_rows(const std::vector<double>& y, int64_t k) {
  std::map<double, size_t> number;  // of the class, by first appearance
  std::vector<size_t> label;
  for (double v : y) label.push_back(number.try_emplace(v, number.size()).first->second);
  std::vector<size_t> sorted = label;
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::vector<int64_t>> quota(number.size(), std::vector<int64_t>(static_cast<size_t>(k), 0));
  for (size_t place = 0; place < sorted.size(); ++place) ++quota[sorted[place]][place % static_cast<size_t>(k)];
  std::vector<int64_t> at(number.size(), 0), fold;
  for (size_t c : label) {
    while (quota[c][at[c]] == 0) ++at[c];
    --quota[c][at[c]];
    fold.push_back(at[c]);
  }
  return fold;
}

}  // namespace

std::vector<Fold> k_folds(int64_t rows, int64_t k) {
  check_count(k, rows);
  return folds_of(block_of_rows(rows, k), k);
}

std::vector<Fold> stratified_folds(const std::vector<double>& y, int64_t k) {
  check_count(k, static_cast<int64_t>(y.size()));
  return folds_of(strata_of_rows(y, k), k);
}

std::vector<Fold> grouped_folds(const std::vector<double>& groups, int64_t k) {
  std::map<double, std::vector<int64_t>> rows;
  for (size_t r = 0; r < groups.size(); ++r) rows[groups[r]].push_back(static_cast<int64_t>(r));
  GRIM_CHECK(rows.size() >= 2, input, "folds", "all rows belong to one group: none is left to judge by");
  GRIM_CHECK(k >= 2 && k <= static_cast<int64_t>(rows.size()), argument, "folds", "got {} folds for {} groups, expected 2 to {}", k,
             rows.size(), rows.size());
  std::vector<const std::vector<int64_t>*> order;
  for (const auto& [group, of_group] : rows) order.push_back(&of_group);
  std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->size() > b->size(); });
  std::vector<size_t> filled(static_cast<size_t>(k), 0);
  std::vector<int64_t> fold(groups.size());
  for (const auto* group : order) {
    const size_t f = static_cast<size_t>(std::min_element(filled.begin(), filled.end()) - filled.begin());
    filled[f] += group->size();
    for (int64_t r : *group) fold[static_cast<size_t>(r)] = static_cast<int64_t>(f);
  }
  return folds_of(fold, k);
}

std::vector<Fold> leave_one_out(int64_t rows) { return k_folds(rows, rows); }

std::vector<Fold> shuffled_folds(const std::vector<double>& y, int64_t rows, int64_t k, uint64_t seed) {
  check_count(k, rows);
  Rng rng(RngMode::philox, seed);
  const std::vector<int64_t> order = rng.permutation(rows);
  std::vector<double> strata;
  for (const int64_t r : order) strata.push_back(y.empty() ? 0.0 : y[static_cast<size_t>(r)]);
  const std::vector<int64_t> placed = y.empty() ? block_of_rows(rows, k) : strata_of_rows(strata, k);
  std::vector<int64_t> fold(order.size());
  for (size_t i = 0; i < order.size(); ++i) fold[static_cast<size_t>(order[i])] = placed[i];
  return folds_of(fold, k);
}

}  // namespace grim
