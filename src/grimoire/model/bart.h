// The transformer as it began: an encoder reads one text, a decoder writes another and looks at what was read.
//   Vaswani et al. 2017, "Attention Is All You Need"
// Notable: a norm behind each sub-layer's sum instead of before it, biases everywhere, one table for sources, targets and the output layer, whose
// scores get a bias that is not trained. Three names are this model:
//   transformer  the paper's: positions are sines and cosines, the embedding is scaled by sqrt(C), relu. Its folders are Marian's
//   marian       Junczys-Dowmunt et al. 2018, "Marian: Fast Neural Machine Translation in C++": the same with any activation
//   bart         Lewis et al. 2019, "BART: Denoising Sequence-to-Sequence Pre-training": positions are learned, and two rows of their table reserved;
//                a norm behind the embedding; gelu
// Checkpoints carry Hugging Face's names and load in transformers.
#pragma once

#include <optional>

#include "grimoire/model/register.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"
#include "grimoire/op/attention.h"

namespace grim {

enum class BartKind : uint8_t { bart, marian };

struct BartConfig {
  int64_t vocab_size = 50265;
  int64_t context = 1024;         // the most tokens of a source, and of a target
  int64_t n_embd = 768;           // C
  int64_t n_layer = 6;            // of the encoder
  int64_t n_decoder_layer = 0;    // 0: as many; likewise the two below
  int64_t n_head = 12;            // H, of the encoder
  int64_t n_decoder_head = 0;
  int64_t n_inner = 0;            // F, of the encoder; 0: 4 C
  int64_t n_decoder_inner = 0;
  double dropout = 0.1;           // of embeddings and residuals
  double attention_dropout = 0;   // of attention weights
  double activation_dropout = 0;  // inside the feed-forward
  std::string activation = "gelu";  // its Hugging Face name
  bool scale_embedding = false;   // by sqrt(C)
  int64_t pad_token = 1, begin_token = 0, end_token = 2;
  int64_t start_token = 2;        // that a target is read behind
  std::vector<int64_t> forced_begin = {}, forced_end = {};  // what is always written first, and last of a text that becomes too long; kept for who writes
  BartKind kind = BartKind::bart;

  static BartConfig from_json(const Json& config);  // throws: input, a key or value without a meaning here
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  double buffer_bytes() const;
  void check() const;
  int64_t decoder_layers() const { return n_decoder_layer > 0 ? n_decoder_layer : n_layer; }
  int64_t decoder_heads() const { return n_decoder_head > 0 ? n_decoder_head : n_head; }
  int64_t inner() const { return n_inner > 0 ? n_inner : 4 * n_embd; }
  int64_t decoder_inner() const { return n_decoder_inner > 0 ? n_decoder_inner : inner(); }
  bool learns_positions() const { return kind == BartKind::bart; }
  const char* model_type() const;
  int64_t position_rows() const { return context + (learns_positions() ? 2 : 0); }
};

// (rows, C): sin(p / 10000^(2i / C)) in the first half of row p, i = 0, 1, ..., and the cosines of the same in the second (Vaswani et al. 2017,
// section 3.5, where the two take turns; Marian's order).
Tensor sinusoids(int64_t rows, int64_t C);

class Bart final : public Seq2Seq {
 public:
  static constexpr const char* kTokenTable = "shared.weight";
  static constexpr bool kRecomputes = true;
  Bart(const BartConfig& config, Rng& rng);

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
    Attention(const std::string& name, Module& parent, const BartConfig& c, int64_t heads, Rng& rng);
    Tensor operator()(const Tensor& x, const DecodeCache::KeysAndValues& memory, const AttentionOptions& options) const;
    DecodeCache::KeysAndValues keys_and_values(const Tensor& x) const;
    int64_t heads;
    Linear k_proj, v_proj, q_proj, out_proj;
  };
  struct Block : Module {
    Block(int64_t index, Module& parent, const BartConfig& c, bool decodes, Rng& rng);
    Tensor feed_forward(const Tensor& x, const BartConfig& c, Pass& pass) const;  // with the sum and its norm
    Attention self_attn;
    LayerNorm self_attn_layer_norm;
    std::unique_ptr<Attention> encoder_attn;  // of the decoder
    std::unique_ptr<LayerNorm> encoder_attn_layer_norm;
    Linear fc1, fc2;
    LayerNorm final_layer_norm;
  };
  struct Positions : Module {
    Positions(Module& parent, const BartConfig& c, Rng& rng);
    int64_t first;  // row
    Tensor weight;
  };
  struct Stack : Module {
    Stack(const std::string& name, Module& parent, const BartConfig& c, int64_t layers, bool decodes, Rng& rng);
    Positions embed_positions;
    std::vector<std::unique_ptr<Block>> layers;
    std::unique_ptr<LayerNorm> layernorm_embedding;
  };
  Tensor words(const Tensor& ids) const;
  Tensor embedded(const Stack& stack, const TokenBatch& texts, int64_t past, Pass& pass) const;  // (1, N, C)

  BartConfig config_;
  Embedding shared_;
  Stack encoder_, decoder_;
  Linear lm_head_;
  Tensor final_logits_bias_;  // (1, V)
  bool biased_ = false;       // is one of them not 0?
};

Architecture bart_architecture();
Architecture marian_architecture();
Architecture transformer_architecture();
// The same on parallel text: bart-seq2seq, marian-seq2seq, transformer-seq2seq.
Architecture bart_seq2seq_architecture();
Architecture marian_seq2seq_architecture();
Architecture transformer_seq2seq_architecture();

}  // namespace grim
