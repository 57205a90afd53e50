// What is to be merged with what: for each tensor of the model that is made those it is made of, checked before a number is read.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "grimoire/adapt/merge_config.h"
#include "grimoire/adapt/merge_method.h"
#include "grimoire/adapt/merge_model.h"

namespace grim {

struct PlannedTensor {
  std::string name, part;              // part: "layer 3", or its own name
  const TensorSource* base = nullptr;  // null: the method has none
  std::vector<const TensorSource*> models = {};
  std::vector<size_t> of = {};         // which of MergePlan::models each belongs to
  size_t base_of = 0;
  std::map<std::string, double> values = {};  // as MergeCase has them
  std::vector<std::map<std::string, double>> of_models = {};
  const TensorSource& first() const { return base ? *base : *models[0]; }
};

struct MergePlan {
  const MergeMethod* method = nullptr;
  std::vector<std::unique_ptr<MergeModel>> models = {};  // as MergeConfig::models has them
  const MergeModel* like = nullptr;  // whose config and tokenizer the new model has: the base, else the first
  std::vector<PlannedTensor> tensors = {};
  int64_t layers = 0;                // of the new model; 0: there are none
  std::vector<std::pair<size_t, int64_t>> layers_from = {};  // of slices: which model's layer each layer is first made of
  std::vector<std::string> notes = {};
};

// Rows of a vocabulary may differ where `vocabularies` are joined later. throws: input, as merge_models
MergePlan plan_merge(const MergeConfig& config, bool joins_vocabularies);
// A table with a row for each token: in no layer, with as many rows as its model's vocabulary.
bool is_vocabulary(const TensorSource& tensor, const MergeModel& model);

}  // namespace grim
