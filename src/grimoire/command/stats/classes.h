// A column of a table as names: groups, or the rows and columns of a table of counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grimoire/data/table.h"

namespace grim {

// A column as classes: texts in the order of its levels, numbers in theirs. Rows of equal names belong together.
struct Classes {
  std::vector<std::string> names;
  std::vector<std::optional<size_t>> of_row;  // places in `names`; none where the cell is missing
};
// throws: input, a column that measures rather than tells apart: more than 20 values, most of them there once, or more than 1000
Classes classes_of(const Column& column, const std::string& source);

}  // namespace grim
