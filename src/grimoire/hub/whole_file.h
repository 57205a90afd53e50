// Files that hold a whole model each, turned into what a model folder of Hugging Face holds: GGUF (hub/gguf_model.h), and the checkpoints of llama2.c and
// llm.c, which have no names for their tensors.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/io/tensor_file.h"
#include "grimoire/io/tensor_source.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

// Such a file: the one that `path` is, or that its folder holds in the place of a model's other files; else "".
std::string whole_file_at(const std::string& path);
bool is_whole_model(const TensorFile& file);  // of an architecture that is read

// Of a file that is. throws: input, what is missing or not read
Json config_of(const TensorFile& file);                                                     // config.json
std::vector<TensorSource> tensors_of(const TensorFile& file, const Json& config);           // model.safetensors; `file` outlives them
std::shared_ptr<const Tokenizer> tokenizer_of(const TensorFile& file);                      // in it, else beside it; null: there is none

}  // namespace grim
