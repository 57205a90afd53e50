#include "grimoire/theory/satisfiability.h"

#include <cstdlib>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"

namespace grim {
namespace {

bool holds(int literal, const Assignment& a) { return a[static_cast<size_t>(std::abs(literal))] == (literal > 0); }

class Dpll {
 public:
  Dpll(const Cnf& cnf, int64_t most) : cnf_(cnf), most_(most), value_(static_cast<size_t>(cnf.variables) + 1, kOpen) {}

  Solved run() {
    Solved s;
    const bool found = search();
    s.steps = steps_;
    s.finished = steps_ < most_;
    if (found) {
      for (char& v : value_) v = v == 1;
      s.model = value_;
    }
    return s;
  }

 private:
  static constexpr char kOpen = 2;
  enum class State { satisfied, conflict, open };

  char of(int literal) const {
    const char v = value_[static_cast<size_t>(std::abs(literal))];
    return v == kOpen ? kOpen : static_cast<char>(v == (literal > 0));
  }
  void set(int literal) {
    value_[static_cast<size_t>(std::abs(literal))] = literal > 0;
    trail_.push_back(literal);
    ++steps_;
  }
  void back_to(size_t mark) {
    while (trail_.size() > mark) {
      value_[static_cast<size_t>(std::abs(trail_.back()))] = kOpen;
      trail_.pop_back();
    }
  }

  // Sets what single-literal clauses force until nothing is forced; then counts open clauses to branch on.
  State propagate() {
    for (bool forced = true; forced;) {
      forced = false;
      bool all = true;
      for (const auto& clause : cnf_.clauses) {
        int open = 0, last = 0;
        bool satisfied = false;
        for (int literal : clause) {
          const char v = of(literal);
          satisfied |= v == 1;
          if (v == kOpen) ++open, last = literal;
        }
        if (satisfied) continue;
        if (open == 0) return State::conflict;
        all = false;
        if (open == 1) set(last), forced = true;
        if (steps_ >= most_) return State::conflict;
      }
      if (all) return State::satisfied;
    }
    return State::open;
  }

  int branch_literal() const {
    std::vector<int> score(2 * value_.size(), 0);
    size_t shortest = SIZE_MAX;
    for (const auto& clause : cnf_.clauses) {
      size_t open = 0;
      bool satisfied = false;
      for (int literal : clause) satisfied |= of(literal) == 1, open += of(literal) == kOpen;
      if (satisfied || open > shortest) continue;
      if (open < shortest) shortest = open, score.assign(score.size(), 0);
      for (int literal : clause)
        if (of(literal) == kOpen) ++score[2 * static_cast<size_t>(std::abs(literal)) + (literal > 0)];
    }
    size_t best = 2;
    for (size_t i = 2; i < score.size(); ++i)
      if (score[i] > score[best]) best = i;
    return best % 2 ? static_cast<int>(best / 2) : -static_cast<int>(best / 2);
  }

  bool search() {
    const size_t mark = trail_.size();
    const State state = propagate();
    if (state == State::satisfied) return true;
    if (state == State::conflict || steps_ >= most_) return back_to(mark), false;
    const int literal = branch_literal();
    for (int choice : {literal, -literal}) {
      const size_t before = trail_.size();
      set(choice);
      if (search()) return true;
      back_to(before);
    }
    return back_to(mark), false;
  }

  const Cnf& cnf_;
  int64_t most_, steps_ = 0;
  Assignment value_;
  std::vector<int> trail_;
};

}  // namespace

Checked verify(const Cnf& cnf, const Assignment& a) {
  GRIM_CHECK(a.size() == static_cast<size_t>(cnf.variables) + 1, argument, "verify", "got values for {} variables, expected {}",
             a.size() - 1, cnf.variables);
  int64_t steps = 0;
  for (const auto& clause : cnf.clauses) {
    bool satisfied = false;
    for (int literal : clause) ++steps, satisfied |= holds(literal, a);
    if (!satisfied) return {false, steps};
  }
  return {true, steps};
}

Solved solve_dpll(const Cnf& cnf, int64_t most) { return Dpll(cnf, most).run(); }

Tried try_everything(const Cnf& cnf) {
  GRIM_CHECK(cnf.variables <= 30, argument, "try_everything", "got {} variables, expected at most 30", cnf.variables);
  Tried c;
  Assignment a(static_cast<size_t>(cnf.variables) + 1, 0);
  for (int64_t bits = 0; bits < int64_t{1} << cnf.variables; ++bits, ++c.steps) {
    for (int v = 1; v <= cnf.variables; ++v) a[static_cast<size_t>(v)] = static_cast<char>(bits >> (v - 1) & 1);
    c.models += verify(cnf, a).satisfied;
  }
  return c;
}

Cnf random_3sat(int variables, int clauses, uint64_t seed) {
  GRIM_CHECK(variables >= 3, argument, "random_3sat", "got {} variables, expected at least 3", variables);
  Rng rng(RngMode::philox, seed, "3sat");
  Cnf cnf{variables, {}};
  for (int c = 0; c < clauses; ++c) {
    std::vector<int> clause;
    while (clause.size() < 3) {
      const int v = static_cast<int>(rng.randint(1, variables + 1));
      bool fresh = true;
      for (int literal : clause) fresh &= std::abs(literal) != v;
      if (fresh) clause.push_back(rng.bernoulli(0.5) ? v : -v);
    }
    cnf.clauses.push_back(clause);
  }
  return cnf;
}

Cnf pigeonhole(int holes) {
  const int pigeons = holes + 1;
  Cnf cnf{pigeons * holes, {}};
  const auto sits = [&](int pigeon, int hole) { return pigeon * holes + hole + 1; };
  for (int p = 0; p < pigeons; ++p) {
    std::vector<int> somewhere;
    for (int h = 0; h < holes; ++h) somewhere.push_back(sits(p, h));
    cnf.clauses.push_back(somewhere);
  }
  for (int h = 0; h < holes; ++h)
    for (int p = 0; p < pigeons; ++p)
      for (int q = p + 1; q < pigeons; ++q) cnf.clauses.push_back({-sits(p, h), -sits(q, h)});
  return cnf;
}

Cnf queens(int n) {
  Cnf cnf{n * n, {}};
  const auto at = [&](int row, int column) { return row * n + column + 1; };
  for (int r = 0; r < n; ++r) {
    std::vector<int> in_row;
    for (int c = 0; c < n; ++c) in_row.push_back(at(r, c));
    cnf.clauses.push_back(in_row);
  }
  for (int r = 0; r < n; ++r)
    for (int c = 0; c < n; ++c)
      for (int s = r; s < n; ++s)
        for (int d = 0; d < n; ++d)
          if ((s > r || d > c) && (s == r || c == d || std::abs(c - d) == s - r)) cnf.clauses.push_back({-at(r, c), -at(s, d)});
  return cnf;
}

namespace {
int64_t place_queens(int n, int row, uint32_t columns, uint32_t rising, uint32_t falling) {
  if (row == n) return 1;
  int64_t count = 0;
  for (int c = 0; c < n; ++c) {
    const uint32_t column = 1u << c, up = 1u << (row + c), down = 1u << (row - c + n - 1);
    if (!(columns & column) && !(rising & up) && !(falling & down))
      count += place_queens(n, row + 1, columns | column, rising | up, falling | down);
  }
  return count;
}
}  // namespace

int64_t count_queens(int n) {
  GRIM_CHECK(n >= 1 && n <= 14, argument, "count_queens", "got {}, expected 1 to 14", n);
  return place_queens(n, 0, 0, 0, 0);
}

int64_t count_subset_sums(const std::vector<int64_t>& numbers, int64_t sum) {
  GRIM_CHECK(numbers.size() <= 30, argument, "count_subset_sums", "got {} numbers, expected at most 30", numbers.size());
  int64_t count = 0;
  for (uint32_t subset = 0; subset < 1u << numbers.size(); ++subset) {
    int64_t total = 0;
    for (size_t i = 0; i < numbers.size(); ++i) total += subset >> i & 1 ? numbers[i] : 0;
    count += total == sum;
  }
  return count;
}

}  // namespace grim
