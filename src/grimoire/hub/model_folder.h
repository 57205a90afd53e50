// A model folder in the Hugging Face layout: config.json, model.safetensors, tokenizer.json, tokenizer_config.json, generation_config.json,
// together and checked against each other.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/io/checkpoint.h"
#include "grimoire/model/pretrained.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

struct ModelFolder {
  std::unique_ptr<Pretrained> model;
  std::shared_ptr<const Tokenizer> tokenizer;  // null where the folder holds none
  Json config, generation;                     // generation: null without a generation_config.json
};

// throws: input, what is missing, malformed or contradicts the rest, naming the file
ModelFolder open_model_folder(const std::string& folder);

// What such a folder holds. Items begin and end with the tokenizer's boundary; running text has no token that ends it. `tokenizer` may be null.
std::vector<CheckpointFile> model_files(const Pretrained& model, const Tokenizer* tokenizer);

// model.safetensors of a folder. throws: input, as Pretrained::load
void load_weights(Pretrained& model, const std::string& folder);

}  // namespace grim
