// T5: an encoder and a decoder that turn every task into text to text.
//   Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer"; v1.1 as its authors published it
// Notable: no positions but a bias for how far apart query and key stand, in buckets that widen with the distance and are learned once for all layers;
// scores are not scaled; norms before each sub-layer, without centring; no biases; output layer tied to the embedding and scaled by C^-1/2 (v1.1: its own,
// unscaled, and a gated feed-forward).
// Checkpoints carry Hugging Face's names and load in transformers.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"
#include "grimoire/op/attention.h"

namespace grim {

struct T5Config {
  int64_t vocab_size = 32128;
  int64_t n_embd = 512;             // C
  int64_t head_size = 64;           // D, whatever C / H is
  int64_t n_head = 8;               // H
  int64_t n_inner = 2048;           // F
  int64_t n_layer = 6;              // of the encoder
  int64_t n_decoder_layer = 0;      // 0: as many
  int64_t buckets = 32;             // of distances
  int64_t max_distance = 128;       // all that is further is one bucket
  double dropout = 0.1;
  double rms_norm_epsilon = 1e-6;
  std::string feed_forward = "relu";  // or gated-gelu, gated-silu: its Hugging Face name
  bool tied = true;
  bool scale_output = true;         // by C^-1/2
  int64_t pad_token = 0, end_token = 1, start_token = 0;

  static T5Config from_json(const Json& config);  // throws: input, a key or value without a meaning here
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  void check() const;
  int64_t decoder_layers() const { return n_decoder_layer > 0 ? n_decoder_layer : n_layer; }
};

// The bucket of a key that stands `distance` places behind its query (below 0: before it) (Raffel et al. 2020, section 2.1; its published program).
// Of `buckets`, half are for keys behind the query where it may see them; of the rest, half hold one distance each and half grow with its logarithm.
enum class Sight : uint8_t { both, before };
int64_t t5_bucket(int64_t distance, Sight sight, int64_t buckets, int64_t max_distance);

class T5 final : public Seq2Seq {
 public:
  static constexpr const char* kTokenTable = "shared.weight";
  static constexpr bool kRecomputes = true;
  T5(const T5Config& config, Rng& rng);

  int64_t vocabulary() const override { return config_.vocab_size; }
  int64_t start() const override { return config_.start_token; }
  void take_tokens(const SpecialTokens& tokens) override;
  SourceMemory read(const TokenBatch& sources, Pass& pass) const override;
  void prepare(SourceMemory& memory) const override;
  Tensor written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const override;
  Tensor logits(const Tensor& written) const override;
  Tensor loss_of(const Tensor& written, const Tensor& next) const override;
  std::unique_ptr<DecodeCache> decode_cache() const override;
  Json config() const override { return config_.to_json(); }
  void load(const std::vector<NamedTensor>& tensors, const std::string& source = "weights") override;

 private:
  struct Attention : Module {
    Attention(const std::string& name, Module& parent, const T5Config& c, Rng& rng);
    Tensor operator()(const Tensor& x, const DecodeCache::KeysAndValues& memory, const AttentionOptions& options) const;
    DecodeCache::KeysAndValues keys_and_values(const Tensor& x) const;
    int64_t heads;
    Linear q, k, v, o;
  };
  struct FeedForward : Module {
    FeedForward(const std::string& name, Module& parent, const T5Config& c, Rng& rng);
    Tensor operator()(const Tensor& x, Pass& pass) const;
    Activation activation;
    double dropout;
    Linear wi;
    std::unique_ptr<Linear> gated;  // what the activated part is multiplied with
    Linear wo;
  };
  struct Block : Module {
    Block(int64_t index, Module& parent, const T5Config& c, bool decodes, Rng& rng);
    Attention self;
    RmsNorm self_norm;
    std::unique_ptr<Attention> cross;  // of the decoder
    std::unique_ptr<RmsNorm> cross_norm;
    FeedForward feed_forward;
    RmsNorm feed_forward_norm;
  };
  struct Stack : Module {
    Stack(const std::string& name, Module& parent, const T5Config& c, int64_t layers, bool decodes, Rng& rng);
    std::vector<std::unique_ptr<Block>> block;
    Embedding bias;  // (buckets, H)
    RmsNorm final_layer_norm;
  };
  AttentionOptions unscaled(Pass& pass) const;
  Tensor distance_bias(const Stack& stack, Sight sight, int64_t longest) const;
  Tensor before_head(const Tensor& written) const;

  T5Config config_;
  Embedding shared_;
  Stack encoder_, decoder_;
  Linear lm_head_;
};

Architecture t5_architecture();
Architecture t5_seq2seq_architecture();  // the same on parallel text

}  // namespace grim
