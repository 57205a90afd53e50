// Whether an adapter is what it is taken for: outputs of two forms of a model, side by side.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "grimoire/hub/model_folder.h"

namespace grim {

// What a model is asked to compare its outputs on: texts as token ids.
using Prompts = std::vector<std::vector<int64_t>>;
// `texts` as the tokenizer has them; without any, so many of drawn ids, the same each time. Cut to the model's context.
// throws: input, texts and no tokenizer, a text without ids
Prompts prompts_for(const ModelFolder& opened, std::span<const std::string> texts);

// All that it says of them, one tensor a prompt: logits; of an encoder what its head makes of the texts, without one their hidden rows. throws: argument,
// a model that reads no texts
std::vector<Tensor> outputs_on(const Pretrained& model, const Prompts& prompts);
struct OutputGap {
  double largest = 0;  // |a - b|
  double size = 0;     // largest |a|
  double relative() const { return size > 0 ? largest / size : largest; }
};
OutputGap gap_of(const std::vector<Tensor>& a, const std::vector<Tensor>& b);

struct MergedAdapter {
  ModelFolder merged = {};
  int64_t layers = 0;
  OutputGap beside_and_merged = {};
};
// The adapter's model with what was learned in its numbers, and how far its outputs are from those with the adapter beside it.
// throws: as open_adapted; input, an adapter of an output layer that has no matrix of its own
MergedAdapter merge_adapter_folder(const std::string& folder, const std::string& base, std::span<const std::string> texts);

struct UnmergedAdapter {
  ModelFolder base = {};
  int64_t layers = 0;
  double largest_weight = 0;            // of those taken back
  double error = 0;                     // the largest difference from the base's own numbers, where its folder is there; NaN elsewhere
  std::vector<std::string> kept = {};   // modules that learned whole, which stay as they are: what they were is nowhere
};
// A merged model's numbers without what the adapter learned. Modules that learned whole are the base's, where its folder is there and has them.
// throws: input, as open_adapted; argument, DoRA, or IA3 with zeros
UnmergedAdapter unmerge_adapter_folder(const std::string& merged, const std::string& folder, const std::string& base);

struct AdapterVerdict {
  AdapterConfig adapter = {};
  size_t prompts = 0;
  int64_t layers = 0, silent = 0;  // silent: those that change nothing
  bool silent_at_first = false;    // a fresh one of its kind leaves every output as it is, to the bit
  OutputGap effect = {};                 // without it and with it
  OutputGap beside_and_merged = {};
};
// throws: input and argument, as open_adapted: it does not fit its base
AdapterVerdict verify_adapter(const std::string& folder, const std::string& base, std::span<const std::string> texts);

}  // namespace grim
