// Models made of models: their weights averaged, turned into each other, added up as task vectors, or their layers put one behind the other, as a file in
// mergekit's YAML says. What belongs together is told by names and shapes; no architecture is known here. The numbers are read, merged and written one
// tensor at a time.
#pragma once

#include <string>
#include <vector>

#include "grimoire/adapt/interference.h"
#include "grimoire/adapt/merge_config.h"

namespace grim {

struct MergeOptions {
  uint64_t seed = 1337;     // of methods that drop at random; each tensor draws by itself
  int64_t shard_bytes = 0;  // of the files of weights at most; 0: one file
};
struct MergedModel {
  int64_t tensors = 0, numbers = 0, layers = 0;  // layers: of the longest stack
  std::vector<std::string> models = {};          // that were merged, without the base
  std::string base = {};
  std::vector<std::string> notes = {};           // what was left out or has no effect, in sentences
  Interference interference = {};                // of methods with a base, and two models or more beside it; else empty
};
// Writes a model folder `to`: weights, config.json, the tokenizer's files, and the YAML as mergekit_config.yml.
// throws: input, as parse_merge_config, MergeModel and check_new_folder; a method, a parameter or a model that does not fit, tensors that are missing or
// of different shapes; all of it before anything is written
MergedModel merge_models(const MergeConfig& config, const std::string& to, const MergeOptions& options = {});

}  // namespace grim
