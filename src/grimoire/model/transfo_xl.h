// Transformer-XL: a decoder-only transformer that reads a long text in segments and remembers the one before.
//   Dai et al. 2019, "Transformer-XL: Attentive Language Models beyond a Fixed-Length Context", sections 3.2 and 3.3; its published program
// Notable: each layer sees its own input at the last M places before the segment as well, through which no gradient flows back, so that L layers reach
// L M tokens; no positions but the distance of query and key, in the score itself,
//   score(t, s) = (q_t + u) . k_s + (q_t + v) . W_r R_(t - s)
// with sinusoids R and learned u and v of each head and layer; norms behind each sub-layer (or before it), output layer tied, with a bias.
// What comes before a text is M states of zeros, as the program has it.
// Not here: its adaptive softmax, in which rare tokens have narrower vectors (config.json: cutoffs, div_val).
// Checkpoints carry the names of Hugging Face's transfo-xl (transformers up to 4.35) and load there.
#pragma once

#include <functional>
#include <memory>

#include "grimoire/model/register.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"

namespace grim {

struct TransfoXlConfig {
  int64_t vocab_size = 65;
  int64_t context = 512;    // of a row of training, and of a block that is judged: segments that follow each other
  int64_t segment = 64;     // T
  int64_t memory = 64;      // M; 0: a segment sees itself alone
  bool same_length = true;  // every token sees M places, itself among them; else all of the memory and all before it in the segment
  int64_t clamp = 0;        // distances beyond are as this one; 0: none
  int64_t n_embd = 128;     // C
  int64_t n_layer = 4;      // L
  int64_t n_head = 4;       // H
  int64_t head_size = 0;    // D; 0: C / H
  int64_t n_inner = 0;      // F; 0: 4 C
  bool pre_norm = false;    // norms before the sub-layers instead of behind
  double dropout = 0, attention_dropout = 0;
  double layer_norm_epsilon = 1e-5;
  bool tied = true;         // output layer = token embedding

  static TransfoXlConfig from_json(const Json& config);  // throws: input, a key or value without a meaning here
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  std::vector<std::string> warnings() const;
  double parameter_count() const;
  void check() const;
  int64_t inner() const { return n_inner > 0 ? n_inner : 4 * n_embd; }
  int64_t head() const { return head_size > 0 ? head_size : n_embd / n_head; }
};

class TransfoXl final : public CausalLm {
 public:
  static constexpr bool kRecomputes = true;
  TransfoXl(const TransfoXlConfig& config, Rng& rng);

  Reading reading() const override { return Reading::sequence; }
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  // Of any length: segment by segment, each with the memory of those before.
  Tensor logits(const Tensor& tokens, Pass& pass) const override;
  Tensor last_logits(const Tensor& tokens, Pass& pass) const override;
  // Of texts longer than the context: what falls out of the memory is not looked at again. Without a memory there is none.
  std::unique_ptr<DecodeCache> decode_cache() const override;
  Tensor loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const override;
  Json config() const override { return config_.to_json(); }
  void load(const std::vector<NamedTensor>& tensors, const std::string& source = "weights") override;

 private:
  // What all layers see alike of a segment of T tokens whose keys are S, the last of them its own.
  struct Places {
    Tensor distances;     // (1, S, C): R of the key's distance from the last query
    Tensor columns = {};  // (1, 1, C, S): the same, where a cache is read on
    Tensor hidden;        // bool (T, S): keys that a query may not see
    int64_t past = 0;     // tokens that a cache has read
  };
  Places places(int64_t T, int64_t remembered, int64_t past) const;

  struct Attention : Module {
    Attention(Module& parent, const TransfoXlConfig& c, int64_t layer, Rng& rng);
    Tensor operator()(const Tensor& x, const Tensor& memory, const Places& places, Pass& pass) const;
    Tensor weights(const Tensor& q, const Tensor& k, const Places& places, Pass& pass) const;
    Tensor by_distance(const Tensor& asked, const Places& places) const;
    int64_t layer, heads, memory_length;
    bool pre_norm;
    double dropout, attention_dropout;
    Tensor r_w_bias, r_r_bias;  // u and v, (H, D)
    Linear qkv_net, o_net, r_net;
    LayerNorm layer_norm;
  };
  struct FeedForward : Module {
    FeedForward(Module& parent, const TransfoXlConfig& c, Rng& rng);
    Tensor operator()(const Tensor& x, Pass& pass) const;
    bool pre_norm;
    double dropout;
    Linear in, out;
    LayerNorm layer_norm;
  };
  struct Block : Module {
    Block(int64_t layer, Module& parent, const TransfoXlConfig& c, Rng& rng);
    Tensor operator()(const Tensor& x, const Tensor& memory, const Places& places, Pass& pass) const;
    Attention dec_attn;
    FeedForward pos_ff;
  };
  struct Decoder : Module {
    Decoder(Module& parent, const TransfoXlConfig& c, Rng& rng);
    Embedding words;
    std::vector<std::unique_ptr<Block>> layers;
  };
  Tensor read(const Tensor& tokens, const Places& at, const std::function<Tensor(const Tensor& x)>& before, Pass& pass) const;
  Tensor read_on(const Tensor& tokens, Pass& pass) const;
  Tensor hidden(const Tensor& tokens, Pass& pass) const;  // (B, T, C), of any number of segments

  TransfoXlConfig config_;
  Tensor sinusoids_;  // (distances, C) f64: R of the nearest, which are all where the memory is not very long
  Decoder transformer_;
  Linear head_;
};

Architecture transfo_xl_architecture();

}  // namespace grim
