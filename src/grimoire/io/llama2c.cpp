#include "grimoire/io/llama2c.h"

#include <algorithm>
#include <cstdlib>

#include "grimoire/base/error.h"

namespace grim {
namespace {

constexpr uint64_t kHeader = 7 * sizeof(int32_t);
constexpr int32_t kMostWidth = 1 << 20, kMostVocabulary = 1 << 24, kMostLayers = 1024;
constexpr int64_t kOnce = -1;  // of a part that is not repeated

Llama2cConfig read_config(Reader& reader, std::string_view file) {
  Llama2cConfig c;
  c.dim = reader.read_between<int32_t>(1, kMostWidth, "dim");
  c.hidden_dim = reader.read_between<int32_t>(1, kMostWidth, "hidden_dim");
  c.n_layers = reader.read_between<int32_t>(1, kMostLayers, "n_layers");
  c.n_heads = reader.read_between<int32_t>(1, kMostWidth, "n_heads");
  c.n_kv_heads = reader.read_between<int32_t>(1, kMostWidth, "n_kv_heads");
  const auto vocabulary = reader.read_between<int32_t>(-kMostVocabulary, kMostVocabulary, "vocab_size");
  c.seq_len = reader.read_between<int32_t>(1, kMostVocabulary, "seq_len");
  c.tied = vocabulary > 0;
  c.vocab_size = std::abs(vocabulary);
  GRIM_CHECK(c.vocab_size > 0, input, "llama2.c", "{}: vocab_size is 0", file);
  GRIM_CHECK(c.dim % c.n_heads == 0 && c.dim / c.n_heads % 2 == 0, input, "llama2.c", "{}: dim {} does not split into {} heads of an even width", file, c.dim,
             c.n_heads);
  GRIM_CHECK(c.n_heads % c.n_kv_heads == 0, input, "llama2.c", "{}: {} heads do not share {} pairs of keys and values", file, c.n_heads, c.n_kv_heads);
  return c;
}

// Every part in the order of the file: visit(name, shape, layers), of one that each layer has all after each other; of others `layers` is kOnce.
template <class Visit> void visit_parts(const Llama2cConfig& c, Visit visit) {
  const int64_t head = c.dim / c.n_heads, kv = c.n_kv_heads * head;
  const auto layers = [&](const char* part, const Shape& shape) { visit(part, shape, c.n_layers); };
  visit("tok_embeddings.weight", Shape{c.vocab_size, c.dim}, kOnce);
  layers("attention_norm", {c.dim});
  layers("attention.wq", {c.dim, c.dim});
  layers("attention.wk", {kv, c.dim});
  layers("attention.wv", {kv, c.dim});
  layers("attention.wo", {c.dim, c.dim});
  layers("ffn_norm", {c.dim});
  layers("feed_forward.w1", {c.hidden_dim, c.dim});
  layers("feed_forward.w2", {c.dim, c.hidden_dim});
  layers("feed_forward.w3", {c.hidden_dim, c.dim});
  visit("norm.weight", Shape{c.dim}, kOnce);
  visit("freqs_cos", Shape{c.seq_len, head / 2}, kOnce);
  visit("freqs_sin", Shape{c.seq_len, head / 2}, kOnce);
  if (!c.tied) visit("output.weight", Shape{c.vocab_size, c.dim}, kOnce);
}

uint64_t described_bytes(const Llama2cConfig& config) {
  uint64_t bytes = kHeader;
  visit_parts(config, [&](const char*, const Shape& shape, int64_t layers) {
    bytes += static_cast<uint64_t>(shape.numel()) * sizeof(float) * static_cast<uint64_t>(std::max<int64_t>(layers, 1));
  });
  return bytes;
}

}  // namespace

Llama2cHeader parse_llama2c_header(Reader& reader, std::string_view file) {
  const uint64_t size = reader.remaining();
  Llama2cHeader header;
  header.config = read_config(reader, file);
  const uint64_t described = described_bytes(header.config);
  GRIM_CHECK(described == size, input, "llama2.c", "{}: got {} bytes, expected {} for what its header describes", file, size, described);
  uint64_t at = kHeader;
  visit_parts(header.config, [&](const char* part, const Shape& shape, int64_t layers) {
    for (int64_t l = 0; l < std::max<int64_t>(layers, 1); ++l) {
      TensorEntry e{.name = layers == kOnce ? part : str("layers.{}.{}.weight", l, part), .type = stored_type("F32"), .shape = shape, .at = at};
      stored_bytes(*e.type, shape, e.bytes);
      at += e.bytes;
      header.tensors.push_back(std::move(e));
    }
  });
  return header;
}

std::optional<uint64_t> llama2c_bytes(std::string_view first_bytes) {
  Reader reader(first_bytes, "");
  try {
    return described_bytes(read_config(reader, ""));
  } catch (const Error&) {
    return std::nullopt;
  }
}

bool begins_llama2c(std::string_view first_bytes, uint64_t file_size) { return llama2c_bytes(first_bytes) == file_size; }

Llama2cFile::Llama2cFile(const std::string& path, std::unique_ptr<InFile> file) : TensorFile(path, "llama2.c") {
  Reader reader(*file, path);
  Llama2cHeader header = parse_llama2c_header(reader, path);
  config_ = header.config;
  add_part(path, std::move(file));
  const std::pair<const char*, int64_t> fields[] = {{"dim", config_.dim},           {"hidden_dim", config_.hidden_dim}, {"n_layers", config_.n_layers},
                                                    {"n_heads", config_.n_heads},   {"n_kv_heads", config_.n_kv_heads}, {"vocab_size", config_.vocab_size},
                                                    {"seq_len", config_.seq_len}};
  for (const auto& [name, value] : fields) metadata_.emplace(name, std::to_string(value));
  for (TensorEntry& e : header.tensors) add(std::move(e));
}

}  // namespace grim
