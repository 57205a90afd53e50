// A model that is merged: what it holds by names and shapes, whatever it is, and its numbers one tensor at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/io/tensor_file.h"
#include "grimoire/io/tensor_source.h"

namespace grim {

class Pretrained;

// "model.layers.3.mlp.up_proj.weight": the stack "model.layers", its layer 3, and the rest.
struct LayerName {
  std::string stack, rest;
  int64_t layer;
  std::string at(int64_t other_layer) const { return stack + "." + std::to_string(other_layer) + "." + rest; }
};
std::optional<LayerName> layer_name(std::string_view tensor);  // nothing: it stands in no layer
bool before_layers(std::string_view tensor);  // of one in no layer: a table of embeddings, and what belongs to it; else it stands behind them

class MergeModel {
 public:
  // A model or run folder, a file that is a whole model, a published model's name, or an adapter's folder, which is added to its base and held in memory.
  // throws: input, as model_at, model_folder_in and open_weights_at
  explicit MergeModel(const std::string& name);
  ~MergeModel();
  MergeModel(const MergeModel&) = delete;
  MergeModel& operator=(const MergeModel&) = delete;

  const std::string& name() const { return name_; }
  const std::string& folder() const { return folder_; }
  const std::vector<TensorSource>& tensors() const { return tensors_; }
  const TensorSource* find(const std::string& tensor) const;  // also where names have the word of the body before them ("bert."), or lack it
  const std::map<std::string, int64_t>& stacks() const { return stacks_; }  // and how many layers each has
  const Json& config() const { return config_; }  // config.json; null: there is none
  int64_t vocabulary() const;                     // that it says; 0: nothing

 private:
  std::string name_, folder_;
  std::unique_ptr<TensorFile> file_;
  std::unique_ptr<Pretrained> adapted_;
  std::vector<TensorSource> tensors_;
  std::map<std::string, size_t> index_;
  std::map<std::string, int64_t> stacks_;
  Json config_;
};

}  // namespace grim
