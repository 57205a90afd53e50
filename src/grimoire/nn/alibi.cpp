#include "grimoire/nn/alibi.h"

#include <bit>
#include <cmath>

#include "grimoire/tensor/copy.h"

namespace grim {

std::vector<double> alibi_slopes(int64_t heads) {
  GRIM_CHECK(heads > 0, argument, "alibi", "heads: got {}, expected at least 1", heads);
  const auto power = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(heads)));
  const auto slope = [](int64_t i, int64_t of) { return std::exp2(-8.0 * static_cast<double>(i) / static_cast<double>(of)); };
  std::vector<double> slopes;
  for (int64_t i = 1; i <= power; ++i) slopes.push_back(slope(i, power));
  for (int64_t i = 1; static_cast<int64_t>(slopes.size()) < heads; i += 2) slopes.push_back(slope(i, 2 * power));
  return slopes;
}

Tensor alibi_bias(int64_t heads, int64_t keys, Dtype dtype) {
  const std::vector<double> slopes = alibi_slopes(heads);
  std::vector<double> bias;
  for (const double slope : slopes)
    for (int64_t distance = keys - 1; distance >= 0; --distance) bias.push_back(-slope * static_cast<double>(distance));
  return cast(Tensor::from<double>(bias, {heads, keys}), dtype);
}

}  // namespace grim
