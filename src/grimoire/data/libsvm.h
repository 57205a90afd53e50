// LIBSVM's sparse text: "label index:value index:value ...", one row a line, indices rising from 1, or from 0 when one is 0 and nothing
// else was told. Blanks may stand behind the colon. "qid:7", the query of ranking files, is read over and counted. Of several labels
// (multilabel files), or none, nothing can be learned here: such lines are refused.
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
  int64_t with_query = 0;  // rows with a qid
};

// `columns`: of a fitted model, 0 when not known; more are refused. `base`: 0 or 1 where the first index is known, -1 to find it out.
// throws: input, "FILE: line 3: ..."
LibsvmFile parse_libsvm(std::string_view text, const std::string& source, int64_t columns = 0, int base = -1);
// By the first line that says anything: an index:value, or a qid, behind the first word. Where none does, because every line is one number
// (a label without features, or a CSV file of one column), it is `likely`.
bool looks_like_libsvm(std::string_view text, bool likely = false);

}  // namespace grim
