// What learns beside a model that stays as it is: put into it, and written to a folder of its own, as Hugging Face's peft lays it out
// (adapter_config.json beside adapter_model.safetensors), which others load and whose own are loaded here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/base/option.h"
#include "grimoire/base/rng.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/tensor_file.h"
#include "grimoire/model/pretrained.h"

namespace grim {

inline constexpr const char* kAdapterConfig = "adapter_config.json";
inline constexpr const char* kAdapterWeights = "adapter_model.safetensors";

enum class AdapterKind : uint8_t { none, lora };

struct AdapterConfig {
  AdapterKind kind = AdapterKind::none;
  int64_t rank = 8;
  double alpha = 16;             // what is learned counts alpha / rank times
  bool rank_stabilised = false;  // alpha / sqrt(rank)
  // Layers beside which it learns: names, of which one stands for all paths that end in it; "all-linear", all but the output layer; or one regular
  // expression that matches whole paths. Empty: what attention asks for and shows, as peft has it (queries and values), else all-linear.
  std::vector<std::string> targets = {};
  std::vector<std::string> saved = {};  // modules that learn whole beside it, by the same names: a new head
  std::string base = {};                // the folder of the model

  Options options();
  double scale() const;
  bool adapts() const { return kind != AdapterKind::none; }

  static AdapterConfig from_json(const Json& json, const std::string& source);  // throws: input, what is not understood
  Json to_json(const Pretrained& adapted) const;
};

bool is_adapter_folder(const std::string& path);
AdapterConfig read_adapter_config(const std::string& folder);  // its base found from here or from the folder. throws: input

// Puts adapters beside the layers that `config` targets. From now on they alone are parameters of the model, they and the modules it saves.
// throws: argument, no layer of these names, with the nearest that there are
void attach_adapter(Pretrained& model, const AdapterConfig& config, Rng& rng);
// Adds what they learned to the model's own numbers, and takes them out. Their number.
int64_t merge_adapters(Module& model);

// The adapter of a run that begins with the model of `folder`: parts of `model` that it holds no numbers of, a head that was put on it, learn whole.
AdapterConfig adapter_of_run(const Pretrained& model, const AdapterConfig& asked, const std::string& folder);

// The files of the adapter, and of `whole`, those of the model with it, all that are not weights.
std::vector<CheckpointFile> adapter_files(const Pretrained& model, const AdapterConfig& config, std::vector<CheckpointFile> whole);
// What the adapter's file holds, under the names that the model has for them. throws: input
std::vector<NamedTensor> adapter_tensors(const std::string& folder);

}  // namespace grim
