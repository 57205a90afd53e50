// Sequence to sequence with recurrent networks: an encoder reads the source into one vector, a decoder writes the target from it.
//   Sutskever, Vinyals and Le 2014, "Sequence to Sequence Learning with Neural Networks" (lstm, several layers; the source may be read from its end)
//   Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation" (gru)
// Notable: the bottleneck. However long the source is, what the decoder gets is the state that the encoder ends with, a row of SourceMemory for each text.
// With `every_step`, Cho's, the decoder reads that vector beside each of its tokens, and the output layer reads both beside the state: without it the decoder
// only begins with it. There is no attention: model/rnn_attention.h.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/writer_tokens.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/recurrent.h"

namespace grim {

struct RnnSeq2SeqConfig {
  Cell cell = Cell::lstm;
  int64_t vocab_size = 10000;
  int64_t source_vocab_size = 0;  // 0: the same tokens on both sides; each side has a table of its own in any case
  int64_t context = 256;          // the most tokens of a target that is written; the network itself has no limit
  int64_t n_embd = 256;           // E
  int64_t n_hidden = 512;         // C
  int64_t n_layer = 2;            // L, of either side
  double dropout = 0.5;           // of embeddings and between layers
  bool every_step = false;
  bool reverse_source = false;
  WriterTokens tokens = {};

  static RnnSeq2SeqConfig from_json(const Json& config);  // throws: input, a key or value without a meaning here
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  void check() const;  // throws: argument, every_step with several layers, whose states are no one vector
};

class RnnSeq2Seq final : public Seq2Seq {
 public:
  static constexpr const char* kTokenTable = "embedding.weight";
  RnnSeq2Seq(const RnnSeq2SeqConfig& config, Rng& rng);

  int64_t vocabulary() const override { return config_.vocab_size; }
  int64_t start() const override { return config_.tokens.start; }
  void take_tokens(const SpecialTokens& tokens) override { config_.tokens.take(tokens); }
  bool looks_back() const override { return false; }
  SourceMemory read(const TokenBatch& sources, Pass& pass) const override;  // hidden: a row a text, its states (all h, then all c of an lstm) side by side
  void prepare(SourceMemory&) const override {}
  Tensor written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const override;
  Tensor logits(const Tensor& written) const override { return out_(written); }
  Tensor loss_of(const Tensor& written, const Tensor& next) const override { return head_cross_entropy(out_, written, next); }
  std::unique_ptr<DecodeCache> decode_cache() const override;
  Json config() const override { return config_.to_json(); }

 private:
  struct Side : Module {
    Side(const std::string& name, Module& parent, const RnnSeq2SeqConfig& c, int64_t vocabulary, int64_t context_width, Rng& rng);
    Embedding embedding;
    RecurrentStack rnn;
  };
  std::vector<RecurrentState> first_states(const SourceMemory& memory, const Tensor& texts) const;

  RnnSeq2SeqConfig config_;
  Side encoder_, decoder_;
  Linear out_;
};

Architecture rnn_seq2seq_architecture();

}  // namespace grim
