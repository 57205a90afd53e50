#include "grimoire/adapt/merge_model.h"

#include <algorithm>

#include "grimoire/base/files.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/hub/weights.h"
#include "grimoire/hub/whole_file.h"

namespace grim {

std::optional<LayerName> layer_name(std::string_view tensor) {
  for (size_t at = 0; at < tensor.size();) {
    const size_t end = std::min(tensor.find('.', at), tensor.size());
    const std::string_view word = tensor.substr(at, end - at);
    if (at > 0 && end < tensor.size() && word.size() < 7 && word.find_first_not_of("0123456789") == word.npos)
      return LayerName{std::string(tensor.substr(0, at - 1)), std::string(tensor.substr(end + 1)), std::stoll(std::string(word))};
    at = end + 1;
  }
  return std::nullopt;
}

bool before_layers(std::string_view tensor) {
  constexpr std::string_view kWords[] = {"embed", "wte", "wpe", "shared"};
  return std::ranges::any_of(kWords, [&](std::string_view w) { return tensor.find(w) != tensor.npos; });
}

MergeModel::MergeModel(const std::string& name) : name_(name), folder_(model_at(name)) {
  if (is_run_folder(folder_)) folder_ = model_folder_in(folder_);
  if (is_adapter_folder(folder_)) {
    ModelFolder opened = open_model_folder(folder_);
    adapted_ = std::move(opened.model);
    config_ = std::move(opened.config);
    tensors_ = sources_of(adapted_->checkpoint());
  } else {
    file_ = open_weights_at(folder_);
    if (is_whole_model(*file_)) {
      config_ = config_of(*file_);
      tensors_ = tensors_of(*file_, config_);
    } else {
      tensors_ = sources_of(*file_);
      if (const std::string path = join_path(folder_, "config.json"); files().kind(folder_) == FileKind::folder && exists(path))
        config_ = Json::parse(read_file(path), path);
    }
  }
  for (size_t i = 0; i < tensors_.size(); ++i) {
    index_[tensors_[i].name] = i;
    if (const auto layer = layer_name(tensors_[i].name)) stacks_[layer->stack] = std::max(stacks_[layer->stack], layer->layer + 1);
  }
}

MergeModel::~MergeModel() = default;

const TensorSource* MergeModel::find(const std::string& tensor) const {
  if (const auto at = index_.find(tensor); at != index_.end()) return &tensors_[at->second];
  const auto same = std::ranges::find_if(tensors_, [&](const TensorSource& t) { return same_tensor(t.name, tensor); });
  return same == tensors_.end() ? nullptr : &*same;
}

int64_t MergeModel::vocabulary() const { return config_.is_object() ? config_.integer("vocab_size", 0) : 0; }

}  // namespace grim
