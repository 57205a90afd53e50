#include "grimoire/hub/adapter_fit.h"

#include <algorithm>
#include <set>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/model/label_keys.h"
#include "grimoire/model/text_encoder.h"

namespace grim {
namespace {

constexpr const char* kGrown = "give the base whose table was enlarged with it, by " GRIM_SETTING("base");

const Tensor* like(const std::vector<NamedTensor>& tensors, const std::string& name) {
  const auto found = std::ranges::find_if(tensors, [&](const NamedTensor& t) { return same_tensor(t.name, name); });
  return found == tensors.end() ? nullptr : &found->tensor;
}

NewHead head_of(const std::string& task_type) {
  return task_type == "TOKEN_CLS" ? NewHead::tokens : task_type == "QUESTION_ANS" ? NewHead::answers : NewHead::texts;
}

}  // namespace

void check_tokenizer(const ModelFolder& opened, const std::string& folder) {
  const int64_t V = opened.config.integer("vocab_size", 0);
  if (opened.tokenizer && V > 0 && opened.tokenizer->vocab_size() > V)
    fail(ErrorKind::input, "adapter", str("{}: its tokenizer has {} tokens, the base's config a vocabulary of {}: it has grown since", folder,
                                          opened.tokenizer->vocab_size(), V), kGrown);
}

void check_rows(const ModelFolder& opened, const std::string& folder, const std::vector<NamedTensor>& adapter) {
  const int64_t V = opened.config.integer("vocab_size", 0);
  const std::vector<NamedTensor> own = opened.model->checkpoint();
  for (const NamedTensor& t : adapter) {
    const Tensor* const base = is_adapter_tensor(t.name) ? nullptr : like(own, t.name);
    if (base && base->ndim() > 0 && t.tensor.ndim() > 0 && base->dim(0) == V && t.tensor.dim(0) != V)
      fail(ErrorKind::input, "adapter", str("{}: '{}' has {} rows, the base's {}: its vocabulary has {} since", join_path(folder, kAdapterWeights), t.name,
                                            t.tensor.dim(0), V, t.tensor.dim(0) > V ? "grown" : "shrunk"), kGrown);
  }
}

std::unique_ptr<Pretrained> with_trained_head(const ModelFolder& opened, const AdapterConfig& config, const std::vector<NamedTensor>& adapter) {
  if (!dynamic_cast<const TextEncoder*>(opened.model.get())) return nullptr;
  std::vector<NamedTensor> head;
  std::set<int64_t> rows;  // of its matrices: of the last of them as many as there are labels, fewer than of others
  const std::vector<NamedTensor> own = opened.model->checkpoint();
  for (const NamedTensor& t : adapter) {
    if (is_adapter_tensor(t.name) || like(own, t.name)) continue;
    head.push_back(t);
    if (t.tensor.ndim() == 2) rows.insert(t.tensor.dim(0));
  }
  if (rows.empty()) return nullptr;
  const std::unique_ptr<Pretrained> base = open_model_folder(config.base).model;
  Rng rng(RngMode::philox, 1, "head");
  for (const int64_t K : rows) {
    std::unique_ptr<Pretrained> made = dynamic_cast<const TextEncoder&>(*base).with_head(
        head_of(config.task_type), {.names = label_names({}, K)}, rng);
    const std::vector<NamedTensor> all = made->checkpoint();
    if (std::ranges::all_of(head, [&](const NamedTensor& t) {
          const Tensor* const place = like(all, t.name);
          return place && place->shape() == t.tensor.shape();
        }))
      return made;
  }
  return nullptr;
}

}  // namespace grim
