// Satisfiability of clauses: a verifier that reads each literal once, a solver that searches (Davis, Logemann, Loveland 1962), and one
// that tries everything. Steps are counted, so that their growth can be seen.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace grim {

struct Cnf {
  int variables = 0;
  std::vector<std::vector<int>> clauses;  // literal v or -v, v from 1
};
using Assignment = std::vector<char>;  // [variable], index 0 unused; 1 true, 0 false

struct Checked {
  bool satisfied;
  int64_t steps;  // literals looked at
};
Checked verify(const Cnf& cnf, const Assignment& a);

struct Solved {
  std::optional<Assignment> model;
  int64_t steps = 0;  // variables set, by decision or because a clause forced them
  bool finished = true;
};
// Unit clauses first, then the variable that stands in most open clauses of the shortest length. Stops after `most` steps.
Solved solve_dpll(const Cnf& cnf, int64_t most = INT64_MAX);

struct Tried {
  int64_t models = 0, steps = 0;  // steps: assignments tried
};
Tried try_everything(const Cnf& cnf);  // throws: argument, more than 30 variables

Cnf random_3sat(int variables, int clauses, uint64_t seed);
Cnf pigeonhole(int holes);  // holes + 1 pigeons: unsatisfiable
Cnf queens(int n);
int64_t count_queens(int n);  // placements of n queens that do not attack each other
int64_t count_subset_sums(const std::vector<int64_t>& numbers, int64_t sum);

}  // namespace grim
