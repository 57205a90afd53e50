#include "grimoire/hub/gguf_model.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr const char* kLlama = "llama";

struct Renamed {
  std::string_view gguf, hugging_face;
};
constexpr Renamed kWhole[] = {
    {"token_embd.weight", "model.embed_tokens.weight"}, {"output_norm.weight", "model.norm.weight"}, {"output.weight", "lm_head.weight"}};
constexpr Renamed kOfABlock[] = {{"attn_norm", "input_layernorm"},      {"ffn_norm", "post_attention_layernorm"}, {"attn_q", "self_attn.q_proj"},
                                 {"attn_k", "self_attn.k_proj"},        {"attn_v", "self_attn.v_proj"},           {"attn_output", "self_attn.o_proj"},
                                 {"ffn_gate", "mlp.gate_proj"},         {"ffn_up", "mlp.up_proj"},                {"ffn_down", "mlp.down_proj"}};

// "blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight". throws: input, another tensor
std::string name_of_llama(const std::string& name, const std::string& path) {
  for (const Renamed& r : kWhole)
    if (name == r.gguf) return std::string(r.hugging_face);
  if (name.starts_with("blk.")) {
    const size_t number = 4, word = name.find('.', number), end = name.find('.', word + 1);
    if (word != std::string::npos && end != std::string::npos)
      for (const Renamed& r : kOfABlock)
        if (name.compare(word + 1, end - word - 1, r.gguf) == 0)
          return str("model.layers.{}.{}{}", name.substr(number, word - number), r.hugging_face, name.substr(end));
  }
  fail(ErrorKind::input, "gguf", str("{}: tensor '{}' is not one of the llama architecture", path, name));
}

// llama.cpp turns neighbouring rows of a head in the rotary embedding, Hugging Face those that are half a head apart: its rows (H, 2, D/2) are kept
// there as (H, D/2, 2), and are put back here.
Tensor rows_in_halves(const Tensor& x, int64_t heads) {
  const int64_t rows = x.dim(0), columns = x.ndim() > 1 ? x.dim(1) : 1, half = rows / heads / 2;
  const Tensor from = contiguous(cast(x, Dtype::f32));
  Tensor to = Tensor::empty(x.shape(), Dtype::f32);
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t part = 0; part < 2; ++part)
      for (int64_t i = 0; i < half; ++i)
        std::copy_n(from.data<float>() + ((h * half + i) * 2 + part) * columns, columns, to.data<float>() + ((h * 2 + part) * half + i) * columns);
  return to;
}

int64_t integer_or(const GgufFile& file, const std::string& key, int64_t fallback) { return file.value(key) ? file.integer(key) : fallback; }

void check_architecture(const GgufFile& file) {
  const std::string& architecture = file.text("general.architecture");
  if (architecture != kLlama)
    fail(ErrorKind::input, "gguf", str("{}: the architecture '{}' is not read as a model", file.path(), architecture),
         "expected llama; its tensors alone can be converted");
}

}  // namespace

bool is_whole_model(const GgufFile& file) {
  return file.value("general.architecture") && file.text("general.architecture") == kLlama && !file.entries().empty();
}

Json config_in(const GgufFile& file) {
  check_architecture(file);
  const auto size = [&](const char* key) { return file.integer(str("llama.{}", key)); };
  const int64_t width = size("embedding_length"), heads = size("attention.head_count"), kv_heads = integer_or(file, "llama.attention.head_count_kv", heads);
  GRIM_CHECK(heads > 0 && kv_heads > 0 && width % heads == 0 && heads % kv_heads == 0, input, "gguf",
             "{}: {} heads and {} of keys and values do not divide a width of {}", file.path(), heads, kv_heads, width);
  const TensorEntry* const embedding = file.find("token_embd.weight");
  GRIM_CHECK(embedding && embedding->shape.ndim() == 2, input, "gguf", "{}: there is no token_embd.weight of two axes", file.path());
  Json config = Json::object({{"architectures", Json::array({"LlamaForCausalLM"})},
                              {"model_type", kLlama},
                              {"vocab_size", embedding->shape[0]},
                              {"hidden_size", width},
                              {"intermediate_size", size("feed_forward_length")},
                              {"num_hidden_layers", size("block_count")},
                              {"num_attention_heads", heads},
                              {"num_key_value_heads", kv_heads},
                              {"head_dim", integer_or(file, "llama.rope.dimension_count", width / heads)},
                              {"max_position_embeddings", size("context_length")},
                              {"rms_norm_eps", file.real("llama.attention.layer_norm_rms_epsilon")},
                              {"rope_theta", file.value("llama.rope.freq_base") ? file.real("llama.rope.freq_base") : 10000.0},
                              {"hidden_act", "silu"},
                              {"attention_bias", file.holds("blk.0.attn_q.bias")},
                              {"tie_word_embeddings", !file.holds("output.weight")},
                              {"torch_dtype", "float32"}});
  for (const auto& [key, name] : {std::pair{"bos_token_id", "bos_token_id"}, {"eos_token_id", "eos_token_id"}, {"padding_token_id", "pad_token_id"}})
    if (const std::string whole = str("tokenizer.ggml.{}", key); file.value(whole)) config.set(name, file.integer(whole));
  return config;
}

std::vector<NamedTensor> tensors_in(const GgufFile& file) {
  const Json config = config_in(file);
  const int64_t heads = config.integer("num_attention_heads"), kv_heads = config.integer("num_key_value_heads");
  std::vector<NamedTensor> all;
  for (const TensorEntry& e : file.entries()) {
    if (e.name == "rope_freqs.weight") continue;  // worked out from the config
    const std::string name = name_of_llama(e.name, file.path());
    Tensor x = file.read(e);
    const int64_t turned = name.find(".q_proj.") != std::string::npos ? heads : name.find(".k_proj.") != std::string::npos ? kv_heads : 0;
    if (turned > 0) {
      GRIM_CHECK(x.dim(0) % (2 * turned) == 0, input, "gguf", "{}: tensor '{}' has {} rows for {} heads", file.path(), e.name, x.dim(0), turned);
      x = rows_in_halves(x, turned);
    }
    all.push_back({name, x});
  }
  return all;
}

}  // namespace grim
