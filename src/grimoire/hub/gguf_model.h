// A whole model in one GGUF file, turned into what a model folder of Hugging Face holds: config, tensors under their names there, tokenizer.
// Read are the architecture `llama`, and the vocabularies `gpt2` (byte-level BPE), `bert` (WordPiece) and `llama` (SentencePiece).
#pragma once

#include <memory>
#include <vector>

#include "grimoire/io/gguf.h"
#include "grimoire/nn/module.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

// throws: input, a key that is missing, or an architecture or vocabulary that is not read
Json config_in(const GgufFile& file);                                  // config.json
std::vector<NamedTensor> tensors_in(const GgufFile& file);             // model.safetensors; quantised ones as f32
std::shared_ptr<const Tokenizer> tokenizer_in(const GgufFile& file);   // null where the file holds none
bool is_whole_model(const GgufFile& file);                             // of an architecture that is read

}  // namespace grim
