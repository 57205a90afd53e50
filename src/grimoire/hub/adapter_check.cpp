#include "grimoire/hub/adapter_check.h"

#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/adapter_parts.h"
#include "grimoire/hub/module_names.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/nn/adapter.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

struct Reads {
  int64_t vocabulary, context;
  bool exactly = false;  // no fewer tokens than the context
};
Reads reads(const Pretrained& model) {
  if (const auto* const lm = dynamic_cast<const CausalLm*>(&model)) return {lm->vocabulary(), lm->context(), lm->reading() == Reading::window};
  if (const auto* const encoder = dynamic_cast<const TextEncoder*>(&model)) return {encoder->vocabulary(), encoder->context()};
  if (const auto* const writer = dynamic_cast<const Seq2Seq*>(&model)) return {writer->vocabulary(), model.config().integer("max_position_embeddings", 512)};
  fail(ErrorKind::argument, "adapter", "the model reads no texts: expected one of texts");
}

Tensor output_of(const TextEncoder& encoder, const TokenBatch& texts) {
  Pass pass;
  const Tensor hidden = encoder.hidden(texts, pass);
  if (encoder.has(EncoderPart::labels) || encoder.has(EncoderPart::choices)) return encoder.labels(hidden, texts, pass);
  if (encoder.has(EncoderPart::token_labels) || encoder.has(EncoderPart::answers)) return encoder.token_labels(hidden, pass);
  return encoder.has(EncoderPart::masked) ? encoder.masked_logits(hidden) : hidden;
}

Tensor output_of(const Pretrained& model, const std::vector<int64_t>& prompt) {
  Pass pass;
  if (const auto* const lm = dynamic_cast<const CausalLm*>(&model)) return lm->logits(Tensor::from(prompt, {1, std::ssize(prompt)}), pass);
  const TokenBatch text = TokenBatch::of({{prompt}});
  if (const auto* const encoder = dynamic_cast<const TextEncoder*>(&model)) return output_of(*encoder, text);
  const auto& writer = dynamic_cast<const Seq2Seq&>(model);
  return writer.logits(writer.written(shifted_right(text, writer.start()), writer.read(text, pass), pass));
}

// A head that shares the embedding's table has no numbers of its own that could be written.
void check_own_weights(Pretrained& model) {
  each_adapted(model, [](const std::string& path, Linear& layer) {
    if (!Adapter::of(layer)->base().owns_weight())
      fail(ErrorKind::input, "adapter", str("layer '{}' shares its matrix with the embedding: what was learned beside it cannot be put into it", path),
           "use the adapter's folder as it is: every command opens it as a model");
  });
}

std::vector<Tensor> evaluated(const Pretrained& model, const Prompts& prompts) {
  const NoGrad no_history;
  return outputs_on(model, prompts);
}

}  // namespace

Prompts prompts_for(const ModelFolder& opened, std::span<const std::string> texts) {
  constexpr int64_t kDrawn = 8, kTokens = 16;
  const auto [vocabulary, context, exactly] = reads(*opened.model);
  Prompts prompts;
  if (texts.empty()) {
    Rng rng(RngMode::philox, 1, "prompts");
    for (int64_t i = 0; i < kDrawn; ++i) {
      prompts.emplace_back(static_cast<size_t>(exactly ? context : std::min(kTokens, context)));
      for (int64_t& id : prompts.back()) id = rng.randint(0, vocabulary);
    }
    return prompts;
  }
  GRIM_CHECK(opened.tokenizer, input, "adapter", "there is no tokenizer: expected no texts, for which ids are drawn");
  for (const std::string& text : texts) {
    std::vector<int64_t> ids = opened.tokenizer->encode(text);
    GRIM_CHECK(!ids.empty() && (!exactly || std::ssize(ids) >= context), input, "adapter", "the text '{}' has {} tokens, expected {} or more", text, ids.size(),
               exactly ? context : 1);
    ids.resize(std::min(ids.size(), static_cast<size_t>(context)));
    prompts.push_back(std::move(ids));
  }
  return prompts;
}

std::vector<Tensor> outputs_on(const Pretrained& model, const Prompts& prompts) {
  std::vector<Tensor> all;
  for (const std::vector<int64_t>& prompt : prompts) all.push_back(output_of(model, prompt));
  return all;
}

OutputGap gap_of(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  OutputGap gap;
  for (size_t i = 0; i < a.size(); ++i) {
    gap.largest = std::max(gap.largest, max(abs(a[i] - b[i])).item());
    gap.size = std::max(gap.size, max(abs(a[i])).item());
  }
  return gap;
}

MergedAdapter merge_adapter_folder(const std::string& folder, const std::string& base, std::span<const std::string> texts) {
  MergedAdapter made{.merged = open_adapted(folder, base).opened};
  check_own_weights(*made.merged.model);
  const Prompts prompts = prompts_for(made.merged, texts);
  const std::vector<Tensor> beside = evaluated(*made.merged.model, prompts);
  made.layers = merge_adapters(*made.merged.model);
  made.beside_and_merged = gap_of(beside, evaluated(*made.merged.model, prompts));
  return made;
}

UnmergedAdapter unmerge_adapter_folder(const std::string& merged, const std::string& folder, const std::string& base) {
  const NoGrad no_history;
  UnmergedAdapter made{.base = open_model_folder(merged), .error = NAN};
  Pretrained& model = *made.base.model;
  const AdapterParts parts = read_adapter_parts(folder);
  Rng nothing_drawn(RngMode::unset, 0);
  attach_adapter(model, parts.config, nothing_drawn);
  check_own_weights(model);
  std::vector<NamedTensor> all;
  for (const NamedTensor& t : adapter_tensors(folder))
    if (is_adapter_tensor(t.name)) all.push_back(t);
  for (const NamedTensor& t : model.checkpoint())
    if (!is_adapter_tensor(t.name)) all.push_back(t);
  model.load(all, folder);
  each_adapted(model, [&](const std::string&, Linear& layer) {
    remove_adapter(layer);
    made.largest_weight = std::max(made.largest_weight, max(abs(layer.product().dense())).item());
    ++made.layers;
  });
  const std::vector<NamedTensor> now = model.checkpoint();
  std::ranges::copy_if(parts.config.saved, std::back_inserter(made.kept), [&](const std::string& module) {
    return std::ranges::any_of(now, [&](const NamedTensor& t) { return is_of(t.name, {module}); });
  });
  const std::string place = base.empty() ? parts.config.base : base;
  if (!exists(place)) return made;
  made.error = 0;
  const std::vector<NamedTensor> own = open_model_folder(place).model->checkpoint();
  for (const NamedTensor& t : now) {
    const auto found = std::ranges::find_if(own, [&](const NamedTensor& o) { return same_tensor(o.name, t.name) && o.tensor.shape() == t.tensor.shape(); });
    if (found == own.end()) continue;
    if (is_of(t.name, parts.config.saved)) {
      copy_into(t.tensor, found->tensor);
      std::erase_if(made.kept, [&](const std::string& module) { return is_of(t.name, {module}); });
    }
    made.error = std::max(made.error, max(abs(t.tensor - found->tensor)).item());
  }
  return made;
}

AdapterVerdict verify_adapter(const std::string& folder, const std::string& base, std::span<const std::string> texts) {
  AdaptedFolder with = open_adapted(folder, base), without = open_adapted(folder, base);
  AdapterVerdict verdict{.adapter = with.adapter};
  const Prompts prompts = prompts_for(with.opened, texts);
  verdict.prompts = prompts.size();
  each_adapted(*with.opened.model, [&](const std::string&, Linear& layer) {
    ++verdict.layers, verdict.silent += Adapter::of(layer)->changes_nothing();
  });
  each_adapted(*without.opened.model, [](const std::string&, Linear& layer) { take_off_adapter(layer); });
  const std::vector<Tensor> beside = evaluated(*with.opened.model, prompts), bare = evaluated(*without.opened.model, prompts);
  verdict.effect = gap_of(bare, beside);
  Rng rng(RngMode::philox, 1, "verify");
  attach_adapter(*without.opened.model, with.adapter, rng);
  verdict.silent_at_first = gap_of(bare, evaluated(*without.opened.model, prompts)).largest == 0;
  merge_adapters(*with.opened.model);
  verdict.beside_and_merged = gap_of(beside, evaluated(*with.opened.model, prompts));
  return verdict;
}

}  // namespace grim
