// LIBSVM's sparse text: "label index:value index:value ...", one row a line, indices rising from 1 (from 0 when one is 0).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grimoire/data/features.h"

namespace grim {

struct LibsvmFile {
  std::shared_ptr<const SparseRows> rows;
  std::vector<std::string> labels;  // as written
  bool zero_based = false;
};

// `columns`: of a fitted model, 0 when not known; more are refused. throws: input, "FILE: line 3: ..."
LibsvmFile parse_libsvm(std::string_view text, const std::string& source, int64_t columns = 0);
bool looks_like_libsvm(std::string_view text);

}  // namespace grim
