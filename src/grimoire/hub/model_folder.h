// A model folder in the Hugging Face layout: config.json, weights, tokenizer.json, tokenizer_config.json, generation_config.json, together and checked
// against each other. The weights are model.safetensors, else model.safetensors.index.json and its shards, else pytorch_model.bin, else its index.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "grimoire/base/fault.h"
#include "grimoire/hub/adapter_config.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/tensor_file.h"
#include "grimoire/model/pretrained.h"
#include "grimoire/nn/products.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

struct ModelFolder {
  std::unique_ptr<Pretrained> model;
  std::shared_ptr<const Tokenizer> tokenizer;  // null where the folder holds none
  Json config = {}, generation = {};           // generation: null without a generation_config.json
  std::optional<int64_t> begin = {};           // the token that stands before a text, as generation says, else config
  std::vector<int64_t> ends = {};              // the tokens that end one, likewise
  WeightType products = WeightType::f32;       // how its matrices are held: never automatic
};

// Of a folder, or of a file that holds a whole model (hub/whole_file.h), with the matrices it multiplies by as `products` says (nn/products.h), rounded as
// they are loaded. throws: input, what is missing, malformed or contradicts the rest, naming the file; argument, no matrix to round
ModelFolder open_model_folder(const std::string& path, WeightType products = WeightType::f32);
// Of an adapter's folder (hub/adapter.h), with the adapters beside their layers, where open_model_folder adds them to the layers' numbers. `base` stands in
// for the folder that it names. throws: as open_model_folder; argument, as attach_adapter
struct AdaptedFolder {
  ModelFolder opened;
  AdapterConfig adapter;
};
AdaptedFolder open_adapted(const std::string& path, const std::string& base = "");
// All that opening such a folder could say, and not only the first. throws: resource
std::vector<Fault> faults_of_folder(const std::string& path);
Json model_config(const std::string& path);  // the config.json of such a folder, or what such a file says in its place. throws: input

// What such a folder holds. Items begin and end with the tokenizer's boundary, running text as tokenizer_config.json says. `tokenizer` may be null. With
// `shard_bytes` the weights are split into shards of at most that many bytes (io/shards.h).
std::vector<CheckpointFile> model_files(const Pretrained& model, const Tokenizer* tokenizer, int64_t shard_bytes = 0);

// The first of the weights that the folder holds. throws: input, none (naming those that are expected), or as open_tensor_file
std::unique_ptr<TensorFile> open_weights(const std::string& folder);
bool holds_weights(const std::string& folder);
// Each tensor of a model folder or file, under the name that models have for it; they are read while this lives. throws: input
class WeightSources {
 public:
  explicit WeightSources(const std::string& path);
  std::vector<TensorSource> all;

 private:
  std::unique_ptr<TensorFile> file_;
  std::unique_ptr<Pretrained> merged_;  // of an adapter's folder
};
std::vector<std::string> weight_names(const std::string& path);  // of all that such a folder, or such a file, holds. throws: input
bool is_weights_file(std::string_view name);  // by its name, of whatever format, and the manifest beside it

// The tokenizer of a folder, of its own file, or of a file that is a whole model, which may be all of a folder.
// throws: input, there is none, or as load_tokenizer
std::shared_ptr<const Tokenizer> open_tokenizer(const std::string& path);
std::shared_ptr<const Tokenizer> find_tokenizer(const std::string& path);  // null: there is none

// The weights of a folder, or of a file that is a whole model, but those that `model` holds in few bits. throws: input, as open_weights and Pretrained::load
void load_weights(Pretrained& model, const std::string& path);

}  // namespace grim
