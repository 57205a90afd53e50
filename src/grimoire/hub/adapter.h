// What learns beside a model that stays as it is: put into it, and written to a folder of its own, as Hugging Face's peft lays it out
// (adapter_config.json beside adapter_model.safetensors), which others load and whose own are loaded here.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/hub/adapter_config.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/tensor_file.h"

namespace grim {

struct Linear;

inline constexpr const char* kAdapterWeights = "adapter_model.safetensors";

bool is_adapter_folder(const std::string& path);
// Of such a folder, or of the best weights of a run's. throws: input, it is neither
std::string adapter_folder_in(const std::string& path);
// The base found from here or from the folder; `base` stands in for what it names. throws: input
AdapterConfig read_adapter_config(const std::string& folder, const std::string& base = "");

// Puts adapters beside the layers that `config` targets, and holds matrices as config.base_dtype says (few_bits.h). From now on they alone are
// parameters of the model, they and the modules it saves.
// throws: argument, no layer of these names, with the nearest that there are
void attach_adapter(Pretrained& model, const AdapterConfig& config, Rng& rng);
// The same of a run that begins with the model of `folder`: parts of `model` that it holds no numbers of, a head that was put on it, learn whole. Gives the
// adapter as it is. throws: likewise, also of a pattern that fits no layer
AdapterConfig attach_adapter_of_run(Pretrained& model, const AdapterConfig& asked, const std::string& folder, Rng& rng);
// Adds what they learned to the model's own numbers, and takes them out. Their number.
int64_t merge_adapters(Module& model);
// f(path, layer) of each layer that has an adapter.
void each_adapted(Module& model, const std::function<void(const std::string& path, Linear& layer)>& f);

// While this lives, adapters drop some of what goes into them, as `pass` of a batch in training says.
class AdapterDropout {
 public:
  AdapterDropout(Module& model, double p, Pass& pass);
  ~AdapterDropout();
  AdapterDropout(const AdapterDropout&) = delete;
  AdapterDropout& operator=(const AdapterDropout&) = delete;

 private:
  Module* model_;  // null: nothing is dropped
};

// The files of the adapter, and of `whole`, those of the model with it, all that are not weights.
std::vector<CheckpointFile> adapter_files(const Pretrained& model, const AdapterConfig& config, std::vector<CheckpointFile> whole);
// Those of one that stands beside no model: `learned` under the names that the model has for them.
std::vector<CheckpointFile> adapter_files(const AdapterConfig& config, std::vector<NamedTensor> learned);
// What the adapter's file holds, under the names that the model has for them. throws: input
std::vector<NamedTensor> adapter_tensors(const std::string& folder);
// Is it one of an adapter, and no part of the model that learned whole?
bool is_adapter_tensor(std::string_view name);
// Output layers look the same everywhere: an adapter beside one has to be asked for by name.
bool is_output_layer(const std::string& path, const Linear& layer);
// "bert.encoder.x" and "encoder.x" are the same tensor: folders without a head lack the name of the body.
bool same_tensor(std::string_view a, std::string_view b);

}  // namespace grim
