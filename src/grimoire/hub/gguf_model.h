// A whole model in one GGUF file, turned into what a model folder of Hugging Face holds (config, tensors under their names there, tokenizer), and back.
// The architectures are `llama`, which Mistral is to llama.cpp too, and `qwen2`; the vocabularies `gpt2` (byte-level BPE) and `llama` (SentencePiece), and
// `bert` (WordPiece), which is read alone.
#pragma once

#include <memory>
#include <vector>

#include "grimoire/io/gguf.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

// throws: input, a key that is missing, or an architecture or vocabulary that is not read
Json config_in(const GgufFile& file);                                  // config.json
// model.safetensors, with this config.json; biases that only some of their kind have, which there all have or none, are zeros. `file` outlives them
std::vector<TensorSource> tensors_in(const GgufFile& file, const Json& config);
std::shared_ptr<const Tokenizer> tokenizer_in(const GgufFile& file);   // null where the file holds none
bool is_whole_model(const GgufFile& file);                             // of an architecture that is read

// The way back, under llama.cpp's names and in its order of rows.
// throws: input, a setting, tensor or kind of tokenizer that has no place in such a file, naming it
bool has_gguf_form(const Json& config);                                // of an architecture that is written
std::string gguf_name(const std::string& tensor);                      // that llama.cpp has for one of Hugging Face's; the same where it has none
std::vector<GgufPair> gguf_pairs(const Json& config, const std::string& name);
std::vector<TensorSource> gguf_tensors(const Json& config, const std::vector<TensorSource>& tensors);
// `tokens`: of the model, which the file's list is filled up to.
std::vector<GgufPair> gguf_pairs(const Tokenizer& tokenizer, int64_t tokens);
// bos_token_id, eos_token_id (of which up to three are held) and pad_token_id of `settings` put into `pairs`, which hold the tokenizer's already: what a text
// is encoded with stays the tokenizer's. Gives what is not written, in sentences.
std::vector<std::string> add_token_ids(const Json& settings, std::vector<GgufPair>& pairs);
// What of a model, or of a tokenizer, such a file does not say to llama.cpp, in sentences.
std::vector<std::string> unsaid_of(const Json& config);
std::vector<std::string> unsaid_of(const Tokenizer& tokenizer);

}  // namespace grim
