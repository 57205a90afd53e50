// One vocabulary for models that have different ones: whose tokens the new model has, and for each of its rows the row of each model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grimoire/adapt/merge_plan.h"
#include "grimoire/io/checkpoint.h"

namespace grim {

struct JoinedVocabulary {
  struct Row {
    int64_t of = -1;         // a row of the model's own; < 0: it has none
    size_t stand_in = 0;     // where it has none: the model whose row stands in, of MergePlan::models ...
    int64_t stand_in_row = -1;  // ... and which; < 0: the mean of those that have the token, or zeros where none has
    bool zero = false;       // zeros, whatever there is
  };
  int64_t rows = 0, tokens = 0;        // rows: with those that fill up to a multiple
  std::vector<std::vector<Row>> of = {};  // [model][row]
  std::vector<CheckpointFile> files = {}; // the tokenizer's
};

// config.tokenizer: "union", the tokens of the base's tokenizer and behind them those that only others have; "base"; or a model's. A token that the base
// lacks begins in a model that lacks it as the mean over those that have it; where the base has it, as the base's (as mergekit's defaults are).
// throws: input, a model without a tokenizer or without a vocabulary of that size, or a rule for a token that is not there
JoinedVocabulary join_vocabularies(const MergeConfig& config, const MergePlan& plan);

// f32 (rows, ...): what model `m` has in the joined vocabulary of the tensor that `read(model)` gives for each.
Tensor in_joined_vocabulary(const JoinedVocabulary& joined, size_t m, const std::function<Tensor(size_t model)>& read, size_t models);

}  // namespace grim
