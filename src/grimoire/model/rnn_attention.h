// Sequence to sequence with recurrent networks and attention: the decoder looks back at all of the source before, or behind, each of its steps.
//   Bahdanau, Cho and Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate" (additive)
//   Luong, Pham and Manning 2015, "Effective Approaches to Attention-based Neural Machine Translation" (dot, general, concat)
// Notable: the encoder reads both ways, so that the state at each token knows what stands before and behind it; the decoder begins with a layer over the two
// states that the ways end with. Bahdanau's looks with the state before a step, reads what it saw in that step, and writes out of state, sight and word;
// Luong's looks with the state behind the step, joins both into one vector, writes out of that, and reads it in the next step (input feeding, section 3.3).
// What is looked at are the alignments of the words: a Tap sees them (SiteKind::attention), a step at a time.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/writer_tokens.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/recurrent.h"

namespace grim {

enum class AlignmentScore : uint8_t { additive, dot, general, concat };

struct RnnAttentionConfig {
  Cell cell = Cell::gru;
  AlignmentScore attention = AlignmentScore::additive;
  int64_t vocab_size = 10000;
  int64_t source_vocab_size = 0;  // 0: the same tokens on both sides
  int64_t context = 256;          // the most tokens of a target that is written
  int64_t n_embd = 256;           // E
  int64_t n_hidden = 512;         // C, of the decoder and of the space in which states are compared
  int64_t n_encoder_hidden = 0;   // of either way; 0: C, or for dot, which compares states as they are, C / 2
  double dropout = 0.5;           // of embeddings and of what is written out of
  WriterTokens tokens = {};

  static RnnAttentionConfig from_json(const Json& config);  // throws: input, a key or value without a meaning here
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  void check() const;  // throws: argument, dot with states of other widths
  int64_t encoder_hidden() const { return n_encoder_hidden > 0 ? n_encoder_hidden : attention == AlignmentScore::dot ? n_hidden / 2 : n_hidden; }
  int64_t memory() const { return 2 * encoder_hidden(); }  // D
  bool looks_first() const { return attention == AlignmentScore::additive; }
  bool compares_by_network() const { return attention == AlignmentScore::additive || attention == AlignmentScore::concat; }
};

class RnnAttention final : public Seq2Seq {
 public:
  static constexpr const char* kTokenTable = "embedding.weight";
  RnnAttention(const RnnAttentionConfig& config, Rng& rng);

  int64_t vocabulary() const override { return config_.vocab_size; }
  int64_t start() const override { return config_.tokens.start; }
  void take_tokens(const SpecialTokens& tokens) override { config_.tokens.take(tokens); }
  bool looks_back() const override { return false; }
  SourceMemory read(const TokenBatch& sources, Pass& pass) const override;
  void prepare(SourceMemory& memory) const override;
  Tensor written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const override;
  Tensor logits(const Tensor& written) const override { return decoder_.out(written); }
  Tensor loss_of(const Tensor& written, const Tensor& next) const override { return head_cross_entropy(decoder_.out, written, next); }
  std::unique_ptr<DecodeCache> decode_cache() const override;
  Json config() const override { return config_.to_json(); }

 private:
  struct Encoder : Module {
    Encoder(Module& parent, const RnnAttentionConfig& c, Rng& rng);
    Embedding embedding;
    RecurrentStack rnn;
  };
  // The sources of some texts in rows of one length, and which of it is there.
  struct Sight {
    Tensor keys, values, hidden;  // (B, S, A), (B, S, D), bool (B, S): where no token is
    Sight first(int64_t texts) const;
  };
  struct Step {
    RecurrentState state;
    Tensor fed;  // (B, C): what Luong's joins and reads again
    Tensor row;  // (B, width of out): what is written out of
  };
  struct Decoder : Module {
    Decoder(Module& parent, const RnnAttentionConfig& c, Rng& rng);
    const RnnAttentionConfig& config;
    Embedding embedding;
    Linear bridge;
    std::unique_ptr<Linear> query, key, v, combine;
    RecurrentCell step;
    Linear out;
    Tensor keys(const Tensor& memory) const;                                // (N, D) -> (N, A), as they are compared
    Tensor look(const Tensor& state, const Sight& sight) const;             // (B, C) -> (B, D)
    Step next(const Tensor& word, const Step& before, const Sight& sight) const;
  };
  Sight sight_of(const SourceMemory& memory, const Tensor& sources) const;
  Step first_step(const SourceMemory& memory, const Tensor& sources) const;

  RnnAttentionConfig config_;
  Encoder encoder_;
  Decoder decoder_;
};

Architecture rnn_attention_architecture();

}  // namespace grim
