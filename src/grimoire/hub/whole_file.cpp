#include "grimoire/hub/whole_file.h"

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/hub/rotary_rows.h"
#include "grimoire/io/llama2c.h"
#include "grimoire/io/llmc.h"
#include "grimoire/text/tokenizer_files.h"

namespace grim {
namespace {

// --- llama2.c --------------------------------------------------------------------------------------------------------

// What its run.c computes with: rotary positions of base 10000, an epsilon of 1e-5, and token 1 before a text, whose coming again ends it.
Json config_of(const Llama2cConfig& c) {
  return Json::object({{"architectures", Json::array({"LlamaForCausalLM"})},
                       {"model_type", "llama"},
                       {"vocab_size", c.vocab_size},
                       {"hidden_size", c.dim},
                       {"intermediate_size", c.hidden_dim},
                       {"num_hidden_layers", c.n_layers},
                       {"num_attention_heads", c.n_heads},
                       {"num_key_value_heads", c.n_kv_heads},
                       {"max_position_embeddings", c.seq_len},
                       {"rms_norm_eps", 1e-5},
                       {"rope_theta", 10000.0},
                       {"hidden_act", "silu"},
                       {"tie_word_embeddings", c.tied},
                       {"bos_token_id", 1},
                       {"eos_token_id", Json::array({2, 1})},
                       {"torch_dtype", "float32"}});
}

// Hugging Face's name of a tensor of model.py; empty: it is worked out again.
std::string llama_name(const std::string& name) {
  constexpr std::pair<std::string_view, std::string_view> kParts[] = {
      {"attention_norm", "input_layernorm"}, {"ffn_norm", "post_attention_layernorm"}, {"attention.wq", "self_attn.q_proj"},
      {"attention.wk", "self_attn.k_proj"},  {"attention.wv", "self_attn.v_proj"},     {"attention.wo", "self_attn.o_proj"},
      {"feed_forward.w1", "mlp.gate_proj"},  {"feed_forward.w2", "mlp.down_proj"},     {"feed_forward.w3", "mlp.up_proj"}};
  if (name == "tok_embeddings.weight") return "model.embed_tokens.weight";
  if (name == "norm.weight") return "model.norm.weight";
  if (name == "output.weight") return "lm_head.weight";
  for (const auto& [there, here] : kParts)
    if (const size_t at = name.find(str(".{}.weight", there)); at != std::string::npos) return str("model.{}.{}.weight", name.substr(0, at), here);
  return "";
}

std::vector<TensorSource> llama_tensors(const TensorFile& file, const Json& config) {
  std::vector<TensorSource> all;
  for (const TensorSource& x : sources_of(file))
    if (const std::string name = llama_name(x.name); !name.empty()) all.push_back(rotary_halves(x.named(name), config, file.path()));
  return all;
}

// --- llm.c -----------------------------------------------------------------------------------------------------------

Json config_of(const LlmcConfig& c) {
  return Json::object({{"architectures", Json::array({"GPT2LMHeadModel"})},
                       {"model_type", "gpt2"},
                       {"vocab_size", c.vocab_size},
                       {"n_positions", c.max_seq_len},
                       {"n_embd", c.channels},
                       {"n_layer", c.num_layers},
                       {"n_head", c.num_heads},
                       {"activation_function", "gelu_new"},
                       {"layer_norm_epsilon", 1e-5},
                       {"tie_word_embeddings", true},
                       {"torch_dtype", c.bf16 ? "bfloat16" : "float32"}});
}

bool may_be_whole(const std::string& path) {
  return path.ends_with(".gguf") || (path.ends_with(".bin") && !is_tokenizer_file(file_name(path)) && is_unnamed_checkpoint(path));
}

}  // namespace

std::string whole_file_at(const std::string& path) {
  const FileKind kind = files().kind(path);
  if (kind != FileKind::folder) return may_be_whole(path) ? path : "";
  if (exists(join_path(path, "config.json"))) return "";
  std::vector<std::string> names = files().list(path);
  std::erase_if(names, [&](const std::string& name) { return !may_be_whole(join_path(path, name)); });
  return names.size() == 1 ? join_path(path, names[0]) : "";
}

bool is_whole_model(const TensorFile& file) {
  if (const auto* const gguf = dynamic_cast<const GgufFile*>(&file)) return is_whole_model(*gguf);
  return dynamic_cast<const Llama2cFile*>(&file) || dynamic_cast<const LlmcFile*>(&file);
}

Json config_of(const TensorFile& file) {
  if (const auto* const gguf = dynamic_cast<const GgufFile*>(&file)) return config_in(*gguf);
  if (const auto* const llama = dynamic_cast<const Llama2cFile*>(&file)) return config_of(llama->config());
  return config_of(dynamic_cast<const LlmcFile&>(file).config());
}

std::vector<TensorSource> tensors_of(const TensorFile& file, const Json& config) {
  if (const auto* const gguf = dynamic_cast<const GgufFile*>(&file)) return tensors_in(*gguf, config);
  return dynamic_cast<const Llama2cFile*>(&file) ? llama_tensors(file, config) : sources_of(file);
}

std::shared_ptr<const Tokenizer> tokenizer_of(const TensorFile& file) {
  if (const auto* const gguf = dynamic_cast<const GgufFile*>(&file)) return tokenizer_in(*gguf);
  const std::string folder = parent_folder(file.path());
  if (const auto* const llama = dynamic_cast<const Llama2cFile*>(&file)) {
    const std::string own = join_path(folder, str("tok{}.bin", llama->config().vocab_size));  // as llama2.c's tokenizer.py calls it
    if (exists(own)) return load_tokenizer(own);
  }
  const std::string beside = tokenizer_file_in(folder);
  return beside.empty() ? nullptr : load_tokenizer(beside);
}

}  // namespace grim
