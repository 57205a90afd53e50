// Golden cases of metrics of corpora: {"options": {...}, "hyps": [...], "refs": [[...], ...], "score": ...}.
#pragma once

#include <vector>

#include "grimoire/metric/corpus_metric.h"
#include "support/golden.h"

namespace grim {

inline Lines lines_of(const Json& list) {
  Lines lines;
  for (const Json& line : list.items()) lines.push_back(line.as_text());
  return lines;
}
inline std::vector<Lines> references_of(const Json& list) {
  std::vector<Lines> all;
  for (const Json& lines : list.items()) all.push_back(lines_of(lines));
  return all;
}

}  // namespace grim
