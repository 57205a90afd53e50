// GPT-NeoX: a decoder-only transformer, of which the Pythia suite is made.
//   Black et al. 2022, "GPT-NeoX-20B: An Open-Source Autoregressive Language Model", section 2.1; Biderman et al. 2023 for Pythia
// Notable: attention and feed-forward read the same stream side by side, x + attention(norm(x)) + feed_forward(norm'(x)), instead of one behind the
// other; rotary positions on a quarter of each head; one projection in which each head has its query, key and value side by side; output layer untied.
// Its relative from the same training program:
//   BLOOM (Le Scao et al. 2022)  no positions but ALiBi's slopes, a norm behind the embedding, one part behind the other, output layer tied
// Checkpoints carry Hugging Face's names of each and load in transformers.
#pragma once

#include <memory>

#include "grimoire/model/register.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"
#include "grimoire/nn/rotary.h"

namespace grim {

enum class GptNeoxKind : uint8_t { gpt_neox, bloom };

struct GptNeoxConfig {
  int64_t vocab_size = 50432;
  int64_t context = 2048;
  int64_t n_embd = 6144;  // C
  int64_t n_layer = 44;   // L
  int64_t n_head = 64;    // H
  int64_t n_inner = 0;    // F; 0: 4 C
  bool parallel = true;   // attention and feed-forward side by side
  double rotary_pct = 0.25;  // of a head's numbers, those that are turned
  RotaryOptions rotary = {};   // its size follows from the share
  double dropout = 0, attention_dropout = -1;  // of embeddings and residuals; of attention weights, below 0: as `dropout`
  double layer_norm_epsilon = 1e-5;
  std::string activation = "gelu";  // its Hugging Face name
  bool attention_biases = true;
  bool tied = false;                // output layer = token embedding
  GptNeoxKind kind = GptNeoxKind::gpt_neox;

  static GptNeoxConfig from_json(const Json& config);  // throws: input, a key or value without a meaning here
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  void check() const;
  std::vector<SizeAxis> axes() const;
  int64_t inner() const { return n_inner > 0 ? n_inner : 4 * n_embd; }
  int64_t turned() const { return static_cast<int64_t>(static_cast<double>(n_embd / n_head) * rotary_pct); }  // numbers of a head
  bool is_bloom() const { return kind == GptNeoxKind::bloom; }
  const char* model_type() const;
};

struct GptNeoxNames;  // what a family calls its parts (gpt_neox.cpp)

class GptNeox final : public CausalLm {
 public:
  static constexpr bool kRecomputes = true;
  GptNeox(const GptNeoxConfig& config, Rng& rng);

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
  // How attention knows where tokens stand: the one or the other is there.
  struct Places {
    Turns turns;
    Tensor bias;  // (H, S)
  };
  Places places(const Pass& pass, int64_t T) const;  // of the next T tokens

  struct Attention : Module {
    Attention(Module& parent, const GptNeoxConfig& c, int64_t layer, Rng& rng);
    Tensor operator()(const Tensor& x, const Places& places, Pass& pass) const;
    int64_t layer, heads;
    double dropout;
    Linear query_key_value, dense;
  };
  struct FeedForward : Module {
    FeedForward(Module& parent, const GptNeoxConfig& c, Rng& rng);
    Tensor operator()(const Tensor& x) const;
    Activation activation;
    Linear dense_h_to_4h, dense_4h_to_h;
  };
  struct Block : Module {
    Block(int64_t layer, Module& parent, const GptNeoxConfig& c, Rng& rng);
    Tensor operator()(const Tensor& x, const Places& places, Pass& pass) const;
    bool parallel;
    double dropout;
    LayerNorm input_layernorm;
    Attention attention;
    LayerNorm post_attention_layernorm;
    FeedForward mlp;
  };
  struct Decoder : Module {
    Decoder(Module& parent, const GptNeoxConfig& c, Rng& rng);
    static std::vector<std::unique_ptr<Block>> blocks(Module& parent, const GptNeoxConfig& c, Rng& rng);
    Embedding words;
    std::unique_ptr<LayerNorm> words_norm;
    std::vector<std::unique_ptr<Block>> layers;
    LayerNorm norm;
  };
  Tensor hidden(const Tensor& tokens, Pass& pass) const;  // (B, T, C) after the last norm

  GptNeoxConfig config_;
  Decoder decoder_;
  Linear head_;
};

Architecture gpt_neox_architecture();
Architecture bloom_architecture();

}  // namespace grim
