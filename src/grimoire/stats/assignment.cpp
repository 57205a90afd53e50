#include "grimoire/stats/assignment.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "grimoire/base/error.h"

namespace grim::stats {
namespace {

// Rows are taken in one after the other. u_i + v_j <= cost_ij holds throughout, with equality on the pairs, which proves that no other pairing of the rows
// taken in is cheaper. A new row looks for a free column along the way of least slack cost_ij - u_i - v_j (Dijkstra over columns); pairs on it change over.
std::vector<int64_t> pair_up(const std::vector<double>& cost, int64_t n) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  const auto N = static_cast<size_t>(n);
  std::vector<double> u(N), v(N), slack(N);
  std::vector<int64_t> row_of(N, -1), from(N);  // of columns: their row, and the column before them on the way
  std::vector<char> done(N);
  for (int64_t row = 0; row < n; ++row) {
    std::ranges::fill(slack, kFar);
    std::ranges::fill(done, 0);
    std::vector<size_t> seen;     // columns on which the search stands already
    int64_t at = row, last = -1;  // the row it looks from, and the column through which it came there
    while (at >= 0) {
      const double* const c = cost.data() + at * n;
      const double own = u[static_cast<size_t>(at)];
      size_t nearest = 0;
      double least = kFar;
      for (size_t j = 0; j < N; ++j) {
        if (done[j]) continue;
        if (const double s = c[j] - own - v[j]; s < slack[j]) slack[j] = s, from[j] = last;
        if (slack[j] < least) least = slack[j], nearest = j;
      }
      // All rows on the way go up by `least` and their columns down, so that the nearest column has no slack left.
      u[static_cast<size_t>(row)] += least;
      for (size_t j : seen) u[static_cast<size_t>(row_of[j])] += least, v[j] -= least;
      for (size_t j = 0; j < N; ++j)
        if (!done[j]) slack[j] -= least;
      done[nearest] = 1, seen.push_back(nearest);
      last = static_cast<int64_t>(nearest), at = row_of[nearest];
    }
    for (int64_t j = last; j >= 0;) {
      const int64_t before = from[static_cast<size_t>(j)];
      row_of[static_cast<size_t>(j)] = before >= 0 ? row_of[static_cast<size_t>(before)] : row;
      j = before;
    }
  }
  std::vector<int64_t> column(N);
  for (size_t j = 0; j < N; ++j) column[static_cast<size_t>(row_of[j])] = static_cast<int64_t>(j);
  return column;
}

Assignment assignment(const Tensor& given, double sign) {
  GRIM_CHECK(given.ndim() == 2 && given.dim(0) == given.dim(1), shape, "assignment", "got {}, expected (N, N)", given.shape());
  std::vector<double> cost = given.to_vector<double>();
  for (double& c : cost) {
    GRIM_CHECK(std::isfinite(c), numeric, "assignment", "got a cost of {}, expected finite ones", c);
    c *= sign;
  }
  Assignment a{.column = pair_up(cost, given.dim(0))};
  for (size_t i = 0; i < a.column.size(); ++i) a.cost += sign * cost[i * a.column.size() + static_cast<size_t>(a.column[i])];
  return a;
}

}  // namespace

Assignment least_assignment(const Tensor& cost) { return assignment(cost, 1); }
Assignment greatest_assignment(const Tensor& gain) { return assignment(gain, -1); }

}  // namespace grim::stats
