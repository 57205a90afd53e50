// Llama: the decoder-only transformer that most open models are.
//   Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models", section 2.2; Dubey et al. 2024 for grouped queries and long contexts.
// Notable: RMS norms before each sub-layer and one after the last (Zhang and Sennrich 2019), rotary positions on queries and keys in every layer, a
// feed-forward of three matrices, down(silu(gate(x)) up(x)) (Shazeer 2020, "GLU Variants"), fewer heads of keys and values than of queries, no biases.
// Options cover its relatives: Mistral (each token sees a window of those before it), Qwen2 (biases of q, k and v), SmolLM (tied), Mixtral (a mixture of
// experts in the place of each feed-forward: nn/experts.h).
// Checkpoints carry Hugging Face's llama names and load in transformers.
#pragma once

#include <optional>

#include "grimoire/model/register.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/experts.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"
#include "grimoire/nn/rotary.h"

namespace grim {

enum class LlamaKind : uint8_t { llama, mistral, qwen2, mixtral };

struct LlamaConfig {
  int64_t vocab_size = 32000;
  int64_t context = 2048;
  int64_t n_embd = 4096;       // C
  int64_t n_inner = 0;         // F; 0: 8/3 C, rounded up to a multiple of 32, which makes three matrices as large as GPT-2's two
  int64_t n_layer = 32;        // L
  int64_t n_head = 32;         // H
  int64_t n_kv_head = 0;       // G; 0: H
  int64_t head_size = 0;       // D; 0: C / H
  double rms_norm_epsilon = 1e-6;
  RotaryOptions rotary = {};   // its size is D
  int64_t window = 0;          // tokens that one sees, itself among them; 0: all before it
  bool tied = false;           // output layer = token embedding
  bool qkv_biases = false, out_bias = false, feed_forward_biases = false;
  ExpertOptions experts = {};  // each as wide as the one feed-forward; with some it is written as Mixtral's
  LlamaKind kind = LlamaKind::llama;  // as whose config.json it is written

  static LlamaConfig from_json(const Json& config);  // throws: input, a key or value without a meaning here
  static std::optional<LlamaKind> kind_in(const Json& config);  // nothing: of another family
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  double work() const;
  void check() const;
  std::vector<SizeAxis> axes() const;
  std::vector<std::string> warnings() const;
  int64_t inner() const { return n_inner > 0 ? n_inner : (8 * n_embd / 3 + 31) / 32 * 32; }
  int64_t kv_heads() const { return n_kv_head > 0 ? n_kv_head : n_head; }
  LlamaKind written_kind() const { return experts.any() ? LlamaKind::mixtral : kind; }
  const char* model_type() const;
  int64_t head() const { return head_size > 0 ? head_size : n_embd / n_head; }
};

class Llama final : public CausalLm {
 public:
  static constexpr const char* kTokenTable = "embed_tokens.weight";
  static constexpr bool kRecomputes = true;
  Llama(const LlamaConfig& config, Rng& rng);

  Reading reading() const override { return Reading::sequence; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Tensor last_logits(const Tensor& tokens, Pass& pass) const override;
  std::unique_ptr<DecodeCache> decode_cache() const override;
  Tensor loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const override;
  Json config() const override { return config_.to_json(); }
  void load(const std::vector<NamedTensor>& tensors, const std::string& source = "weights") override;

 private:
  struct Attention : Module {
    Attention(Module& parent, const LlamaConfig& c, int64_t layer, Rng& rng);
    Tensor operator()(const Tensor& x, const Turns& turns, Pass& pass) const;
    int64_t layer, heads, kv_heads, window;
    Linear q_proj, k_proj, v_proj, o_proj;
  };
  struct Gated : FeedForward {
    struct Names {
      const char *gate, *up, *down;
    };
    Gated(const std::string& name, Module& parent, const LlamaConfig& c, const Names& names, int64_t inner, Rng& rng);
    Tensor operator()(const Tensor& x, Pass& pass) const override;
    Linear gate_proj, up_proj, down_proj;
  };
  struct Block : Module {
    Block(int64_t layer, Module& parent, const LlamaConfig& c, Rng& rng);
    Tensor operator()(Tensor x, const Turns& turns, Pass& pass) const;
    RmsNorm input_layernorm;
    Attention self_attn;
    RmsNorm post_attention_layernorm;
    std::unique_ptr<FeedForward> mlp;

   private:
    static std::unique_ptr<FeedForward> feed_forward(Module& parent, const LlamaConfig& c, Rng& rng);
  };
  struct Decoder : Module {
    Decoder(Module& parent, const LlamaConfig& c, Rng& rng);
    static std::vector<std::unique_ptr<Block>> blocks(Module& parent, const LlamaConfig& c, Rng& rng);
    Embedding embed_tokens;
    std::vector<std::unique_ptr<Block>> layers;
    RmsNorm norm;
  };
  Tensor hidden(const Tensor& tokens, Pass& pass) const;  // (B, T, C) after the last norm

  LlamaConfig config_;
  Decoder model_;
  Linear lm_head_;
};

Architecture llama_architecture();
Architecture mistral_architecture();
Architecture qwen2_architecture();
Architecture mixtral_architecture();

}  // namespace grim
