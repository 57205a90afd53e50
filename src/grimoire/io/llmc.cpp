#include "grimoire/io/llmc.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {
namespace {

constexpr uint64_t kHeader = 256 * sizeof(int32_t);
constexpr int32_t kCheckpoint = 20240326, kMostWidth = 1 << 20, kMostVocabulary = 1 << 24, kMostLayers = 1024;
constexpr int64_t kOnce = -1;  // of a part that is not repeated

constexpr std::pair<int32_t, const char*> kMagics[] = {
    {kCheckpoint, "a checkpoint"}, {20240327, "a state for debugging"}, {20240328, "a tokenizer"}, {20240520, "tokens to train on"}};

const char* kind_of(int32_t magic) {
  for (const auto& [number, kind] : kMagics)
    if (number == magic) return kind;
  return nullptr;
}

LlmcConfig read_config(Reader& reader, std::string_view file) {
  const auto magic = reader.read<int32_t>("magic");
  const char* const kind = kind_of(magic);
  GRIM_CHECK(kind, input, "llm.c", "{}: got the magic number {}, expected {}", file, magic, kCheckpoint);
  GRIM_CHECK(magic == kCheckpoint, input, "llm.c", "{}: this is {} of llm.c, expected a checkpoint", file, kind);
  const auto version = reader.read<int32_t>("version");
  if (version != 3 && version != 5)
    fail(ErrorKind::input, "llm.c", str("{}: version {}, expected 3 (f32) or 5 (bf16)", file, version),
         version == 1 || version == 2 ? "it is older than llm.c's padded vocabulary: write it again with today's train_gpt2.py" : "");
  LlmcConfig c{.bf16 = version == 5};
  c.max_seq_len = reader.read_between<int32_t>(1, kMostVocabulary, "max_seq_len");
  c.vocab_size = reader.read_between<int32_t>(1, kMostVocabulary, "vocab_size");
  c.num_layers = reader.read_between<int32_t>(1, kMostLayers, "num_layers");
  c.num_heads = reader.read_between<int32_t>(1, kMostWidth, "num_heads");
  c.channels = reader.read_between<int32_t>(1, kMostWidth, "channels");
  c.padded_vocab_size = reader.read_between<int32_t>(static_cast<int32_t>(c.vocab_size), kMostVocabulary, "padded_vocab_size");
  GRIM_CHECK(c.channels % c.num_heads == 0, input, "llm.c", "{}: {} channels do not split into {} heads", file, c.channels, c.num_heads);
  reader.skip(kHeader - reader.offset(), "header");
  return c;
}

// Every part in the order of the file: visit(name, shape, rows, layers). `rows`: that many stand there, of which those of the shape are kept; below 0: it
// stands there turned, as (-rows, shape[0]). `layers`: of a part of each layer, all after each other; or kOnce.
template <class Visit> void visit_parts(const LlmcConfig& c, Visit visit) {
  const int64_t C = c.channels;
  const auto vectors = [&](const char* part, int64_t width) { visit(part, Shape{width}, width, c.num_layers); };
  const auto matrices = [&](const char* part, int64_t in, int64_t out) { visit(part, Shape{in, out}, -out, c.num_layers); };
  visit("wte.weight", Shape{c.vocab_size, C}, c.padded_vocab_size, kOnce);
  visit("wpe.weight", Shape{c.max_seq_len, C}, c.max_seq_len, kOnce);
  vectors("ln_1.weight", C);
  vectors("ln_1.bias", C);
  matrices("attn.c_attn.weight", C, 3 * C);
  vectors("attn.c_attn.bias", 3 * C);
  matrices("attn.c_proj.weight", C, C);
  vectors("attn.c_proj.bias", C);
  vectors("ln_2.weight", C);
  vectors("ln_2.bias", C);
  matrices("mlp.c_fc.weight", C, 4 * C);
  vectors("mlp.c_fc.bias", 4 * C);
  matrices("mlp.c_proj.weight", 4 * C, C);
  vectors("mlp.c_proj.bias", C);
  visit("ln_f.weight", Shape{C}, C, kOnce);
  visit("ln_f.bias", Shape{C}, C, kOnce);
}

// In the file.
uint64_t elements(const Shape& shape, int64_t rows) { return static_cast<uint64_t>(rows < 0 ? shape.numel() : shape.numel() / shape[0] * rows); }

}  // namespace

bool begins_llmc(std::string_view first_bytes) {
  int32_t magic = 0;
  if (first_bytes.size() >= sizeof magic) std::memcpy(&magic, first_bytes.data(), sizeof magic);
  return kind_of(magic) != nullptr;
}

LlmcHeader parse_llmc_header(Reader& reader, std::string_view file) {
  const uint64_t size = reader.remaining();
  LlmcHeader header;
  header.config = read_config(reader, file);
  const StoredType& type = *stored_type(header.config.bf16 ? "BF16" : "F32");
  const auto width = static_cast<uint64_t>(type.bytes);
  uint64_t described = kHeader;
  visit_parts(header.config, [&](const char*, const Shape& shape, int64_t rows, int64_t layers) {
    described += elements(shape, rows) * width * static_cast<uint64_t>(std::max<int64_t>(layers, 1));
  });
  GRIM_CHECK(described == size, input, "llm.c", "{}: got {} bytes, expected {} for what its header describes", file, size, described);
  uint64_t at = kHeader;
  visit_parts(header.config, [&](const char* part, const Shape& shape, int64_t rows, int64_t layers) {
    for (int64_t l = 0; l < std::max<int64_t>(layers, 1); ++l) {
      TensorEntry e{.name = layers == kOnce ? str("transformer.{}", part) : str("transformer.h.{}.{}", l, part), .type = &type, .shape = shape, .at = at};
      if (rows < 0) e.strides = {1, shape[0]};
      stored_bytes(type, shape, e.bytes);
      at += elements(shape, rows) * width;
      header.tensors.push_back(std::move(e));
    }
  });
  return header;
}

LlmcFile::LlmcFile(const std::string& path, std::unique_ptr<InFile> file) : TensorFile(path, "llm.c") {
  Reader reader(*file, path);
  LlmcHeader header = parse_llmc_header(reader, path);
  config_ = header.config;
  add_part(path, std::move(file));
  const std::pair<const char*, int64_t> fields[] = {{"max_seq_len", config_.max_seq_len}, {"vocab_size", config_.vocab_size},
                                                    {"num_layers", config_.num_layers},   {"num_heads", config_.num_heads},
                                                    {"channels", config_.channels},       {"padded_vocab_size", config_.padded_vocab_size}};
  for (const auto& [name, value] : fields) metadata_.emplace(name, std::to_string(value));
  for (TensorEntry& e : header.tensors) add(std::move(e));
}

}  // namespace grim
