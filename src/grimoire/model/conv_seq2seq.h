// Sequence to sequence by convolutions: every layer sees a few tokens more of either side, and nothing is read one after the other.
//   Gehring et al. 2017, "Convolutional Sequence to Sequence Learning"
// Notable: gated linear units (Dauphin et al. 2017), half of whose channels say how much of the other half passes; positions are learned; sums of two are
// scaled by sqrt(1/2), so that their variance stays (section 3.4); every layer of the decoder attends to the source, comparing with what the encoder's last
// layer gives and taking that with the word's own embedding added (equation 2). A layer of width C reads and hands on C channels; the embedding is E wide.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/writer_tokens.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"

namespace grim {

struct ConvSeq2SeqConfig {
  int64_t vocab_size = 10000;
  int64_t source_vocab_size = 0;  // 0: the same tokens on both sides
  int64_t context = 256;          // the most tokens of a source, and of a target
  int64_t n_embd = 256;           // E
  int64_t n_hidden = 512;         // C
  int64_t n_layer = 10;           // of either side
  int64_t kernel_size = 3;        // K, odd
  double dropout = 0.25;
  WriterTokens tokens = {};

  static ConvSeq2SeqConfig from_json(const Json& config);  // throws: input, a key or value without a meaning here
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  void check() const;  // throws: argument, an even kernel
};

class ConvSeq2Seq final : public Seq2Seq {
 public:
  static constexpr const char* kTokenTable = "embedding.weight";
  static constexpr bool kRecomputes = true;
  ConvSeq2Seq(const ConvSeq2SeqConfig& config, Rng& rng);

  int64_t vocabulary() const override { return config_.vocab_size; }
  int64_t start() const override { return config_.tokens.start; }
  void take_tokens(const SpecialTokens& tokens) override { config_.tokens.take(tokens); }
  bool looks_back() const override { return false; }
  SourceMemory read(const TokenBatch& sources, Pass& pass) const override;  // hidden: (N, 2 E), what is compared beside what is taken
  void prepare(SourceMemory&) const override {}
  Tensor written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const override;
  Tensor logits(const Tensor& written) const override { return out_(written); }
  Tensor loss_of(const Tensor& written, const Tensor& next) const override { return head_cross_entropy(out_, written, next); }
  std::unique_ptr<DecodeCache> decode_cache() const override;
  Json config() const override { return config_.to_json(); }

 private:
  struct Side : Module {
    Side(const std::string& name, Module& parent, const ConvSeq2SeqConfig& c, int64_t vocabulary, Rng& rng);
    Tensor words(const TokenBatch& texts, int64_t past, const ConvSeq2SeqConfig& c, Pass& pass) const;  // (N, E)
    Embedding embedding, positions;
    Linear in, out;
    std::vector<std::unique_ptr<Linear>> convs;  // (K C, 2 C) over the rows of a window
  };
  struct Decoder : Side {
    Decoder(Module& parent, const ConvSeq2SeqConfig& c, Rng& rng);
    Tensor look(const Tensor& y, const Tensor& words, const SourceMemory& memory, const std::vector<int64_t>& queries) const;  // (M, C) -> (M, C)
    Linear query, attended;
  };
  // The rows that a layer of the decoder sees: of each text, or in a cache those before it too.
  Tensor seen(const Tensor& x, const TokenBatch& targets, int64_t layer, Pass& pass) const;

  ConvSeq2SeqConfig config_;
  Side encoder_;
  Decoder decoder_;
  Linear out_;
};

Architecture conv_seq2seq_architecture();

}  // namespace grim
