// Many tests at once: adjusted p-values, to be compared with the level itself.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace grim::stats {

enum class Adjustment : uint8_t {
  bonferroni,          // family-wise error
  holm,                // family-wise, by steps: never worse than Bonferroni
  benjamini_hochberg,  // false discovery rate, independent or positively dependent tests
  benjamini_yekutieli, // false discovery rate, any dependence
};
Adjustment adjustment_of(std::string_view name);  // "bonferroni", "holm", "bh", "by". throws: argument
// throws: argument, a value outside of [0, 1], naming its position
std::vector<double> adjust(std::span<const double> p, Adjustment how);

}  // namespace grim::stats
