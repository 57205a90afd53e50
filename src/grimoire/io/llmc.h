// Checkpoints of GPT-2 by llm.c (github.com/karpathy/llm.c, train_gpt2.py: write_model): a header of 256 i32 (magic 20240326; version 3: f32, 5: bf16;
// sizes), then the weights in a fixed order without names, all layers of one part after each other. The tensors bear transformers' GPT-2 names. Linear
// weights stand there as (out, in) and are turned into GPT-2's (in, out); rows that pad the vocabulary are left out; the output layer is the embedding.
#pragma once

#include "grimoire/base/reader.h"
#include "grimoire/io/tensor_file.h"

namespace grim {

struct LlmcConfig {
  int64_t max_seq_len = 0, vocab_size = 0, num_layers = 0, num_heads = 0, channels = 0;
  int64_t padded_vocab_size = 0;  // rows of the embedding in the file
  bool bf16 = false;
};

bool begins_llmc(std::string_view first_bytes);  // by the magic, that of llm.c's other files too
struct LlmcHeader {
  LlmcConfig config;
  std::vector<TensorEntry> tensors;
};
LlmcHeader parse_llmc_header(Reader& reader, std::string_view file);  // throws: input

class LlmcFile : public TensorFile {
 public:
  LlmcFile(const std::string& path, std::unique_ptr<InFile> file);  // throws: input
  const LlmcConfig& config() const { return config_; }

 private:
  LlmcConfig config_;
};

}  // namespace grim
