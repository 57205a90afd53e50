#include "grimoire/data/split.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {
namespace {
void check_count(int64_t items) {
  if (items < 10)
    fail(ErrorKind::input, "split", str("got {} items, expected 10 or more to split", items),
         "add data, or train without a split");
}
}  // namespace

Split split_shuffled(int64_t items, uint64_t seed) {
  check_count(items);
  const std::vector<int64_t> order = python_shuffle(seed, items);
  const auto first = static_cast<int64_t>(0.8 * static_cast<double>(items));  // as Python's int(0.8 * n)
  const auto second = static_cast<int64_t>(0.9 * static_cast<double>(items));
  return {{order.begin(), order.begin() + first},
          {order.begin() + first, order.begin() + second},
          {order.begin() + second, order.end()}};
}

Split split_makemore(int64_t items, Rng& rng) {
  check_count(items);
  const auto test = std::min<int64_t>(1000, static_cast<int64_t>(static_cast<double>(items) * 0.1));
  const std::vector<int64_t> order = rng.permutation(items);
  return {{order.begin(), order.end() - test}, {}, {order.end() - test, order.end()}};
}

int64_t split_point(int64_t tokens) { return static_cast<int64_t>(static_cast<double>(tokens) * 0.9); }

}  // namespace grim
