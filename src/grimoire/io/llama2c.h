// Checkpoints of llama2.c (github.com/karpathy/llama2.c, export.py, version 0): seven i32, then f32 weights in a fixed order without names. The tensors
// bear those of its model.py, one a layer: tok_embeddings.weight, layers.0.attention.wq.weight, ..., norm.weight, freqs_cos, freqs_sin, output.weight.
#pragma once

#include <optional>

#include "grimoire/base/reader.h"
#include "grimoire/io/tensor_file.h"

namespace grim {

struct Llama2cConfig {
  int64_t dim = 0, hidden_dim = 0, n_layers = 0, n_heads = 0, n_kv_heads = 0, vocab_size = 0, seq_len = 0;
  bool tied = true;  // the output layer is the embedding: there is no output.weight. In the file: vocab_size below 0 where it is not
};

// How long a file is that begins with these bytes; nothing: their numbers do not fit each other.
std::optional<uint64_t> llama2c_bytes(std::string_view first_bytes);
// Whether a file of this size that begins so is one: filled to its last byte.
bool begins_llama2c(std::string_view first_bytes, uint64_t file_size);
struct Llama2cHeader {
  Llama2cConfig config;
  std::vector<TensorEntry> tensors;
};
Llama2cHeader parse_llama2c_header(Reader& reader, std::string_view file);  // throws: input

class Llama2cFile : public TensorFile {
 public:
  Llama2cFile(const std::string& path, std::unique_ptr<InFile> file);  // throws: input
  const Llama2cConfig& config() const { return config_; }

 private:
  Llama2cConfig config_;
};

}  // namespace grim
