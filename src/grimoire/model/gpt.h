// GPT-2: a decoder-only transformer.
//   Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; Vaswani et al. 2017 for the parts.
// Notable: norms before each sub-layer and one after the last, learned positions, tanh-form GELU, one projection for q, k, v,
// residual projections initialised smaller by sqrt(2 L), output layer tied to the token embedding. Options cover its small
// relatives: makemore's transformer (untied head) and nanoGPT (no biases), and a mixture of experts in the place of each feed-forward
// (nn/experts.h), of which transformers' gpt2 knows nothing.
// Checkpoints carry Hugging Face's gpt2 names and load in transformers.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/nn/attention.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/experts.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"

namespace grim {

enum class GptInit : uint8_t {
  gpt2,   // N(0, 0.02^2), zero biases, residual projections smaller by sqrt(2 L)
  torch,  // PyTorch's layer defaults, which makemore keeps: embeddings N(0, 1), linear U(+-1 / sqrt(fan_in)), biases too
};

struct GptConfig {
  int64_t vocab_size = 50257;
  int64_t n_positions = 1024;  // context
  int64_t n_embd = 768;        // C
  int64_t n_layer = 12;        // L
  int64_t n_head = 12;         // H
  HeadWidth heads = HeadWidth::narrow;  // wide: D = C, of which transformers' gpt2 knows nothing
  double dropout = 0.0;        // residual
  double embedding_dropout = -1, attention_dropout = -1;  // below 0: as `dropout`
  double layer_norm_epsilon = 1e-5;
  int64_t n_inner = 0;         // F; 0: 4 C
  std::string activation = "gelu_new";  // its Hugging Face name
  bool scale_by_width = true;  // attention scores over sqrt(D)
  bool scale_by_layer = false; // and over the number of the layer, from 1
  bool tied = true;            // output layer = token embedding
  bool biases = true;          // in linear layers and norms
  GptInit init = GptInit::gpt2;
  ExpertOptions experts = {};  // each as wide as the one feed-forward

  static GptConfig gpt2();           // 124M
  static GptConfig makemore();       // 4 layers of 64, untied: about 200K parameters
  static GptConfig nanogpt_cpu();    // 4 layers of 128, context 64, no biases
  static GptConfig nanogpt_char();   // 6 layers of 384, context 256, dropout 0.2, no biases
  static GptConfig from_json(const Json& config);  // throws: input, a key or value without a meaning here
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  double work() const;
  void check() const;
  std::vector<SizeAxis> axes() const;
  std::vector<std::string> warnings() const;
  int64_t head_size() const { return heads == HeadWidth::wide ? n_embd : n_embd / n_head; }  // D
  int64_t all_heads() const { return n_head * head_size(); }                                 // H D
  int64_t inner() const { return n_inner > 0 ? n_inner : 4 * n_embd; }
};

class Gpt final : public CausalLm {
 public:
  static constexpr const char* kTokenTable = "wte.weight";
  static constexpr bool kRecomputes = true;
  Gpt(const GptConfig& config, Rng& rng);

  Reading reading() const override { return Reading::sequence; }
  int64_t context() const override { return config_.n_positions; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Tensor last_logits(const Tensor& tokens, Pass& pass) const override;
  std::unique_ptr<DecodeCache> decode_cache() const override;
  Tensor loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const override;
  Json config() const override;
  std::vector<NamedTensor> checkpoint() const override;
  void load(const std::vector<NamedTensor>& tensors, const std::string& source = "weights") override;

 private:
  struct Attention : Module {
    Attention(Module& parent, const GptConfig& c, int64_t layer, Rng& rng);
    Tensor operator()(const Tensor& x, Pass& pass) const;
    int64_t layer, heads;
    double dropout, scale;
    Linear c_attn, c_proj;
  };
  struct Mlp : FeedForward {
    Mlp(const std::string& name, Module& parent, const GptConfig& c, int64_t inner, Rng& rng);
    Tensor operator()(const Tensor& x, Pass& pass) const override;
    Activation activation;
    Linear c_fc, c_proj;
  };
  struct Block : Module {
    Block(int64_t layer, Module& parent, const GptConfig& c, Rng& rng);
    Tensor operator()(Tensor x, Pass& pass) const;
    double dropout;
    LayerNorm ln_1;
    Attention attn;
    LayerNorm ln_2;
    std::unique_ptr<FeedForward> mlp;

   private:
    static std::unique_ptr<FeedForward> feed_forward(Module& parent, const GptConfig& c, Rng& rng);
  };
  struct Transformer : Module {
    Transformer(Module& parent, const GptConfig& c, Rng& rng);
    Embedding wte, wpe;
    static std::vector<std::unique_ptr<Block>> blocks(Module& parent, const GptConfig& c, Rng& rng);
    std::vector<std::unique_ptr<Block>> h;
    LayerNorm ln_f;
  };
  Tensor positions(const Pass& pass, int64_t T) const;
  Tensor hidden(const Tensor& tokens, Pass& pass) const;  // (B, T, C) after the last norm

  GptConfig config_;
  Linear lm_head_;
  Transformer transformer_;
};

Architecture gpt_architecture();

}  // namespace grim
