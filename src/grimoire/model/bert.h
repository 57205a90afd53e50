// BERT: an encoder-only transformer that is trained to fill in masked words.
//   Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding"
// Notable: a norm behind each sub-layer instead of before it, learned positions, exact GELU, segments for two sentences, a pooler over [CLS], output
// layer tied to the token embedding behind a transform of its own. Its relatives are the same encoder:
//   RoBERTa (Liu et al. 2019)      one segment, positions counted from behind the padding's id, no next-sentence head
//   DistilBERT (Sanh et al. 2019)  no segments, no pooler
//   ELECTRA (Clark et al. 2020)    an embedding narrower than the encoder, for its generator
// Checkpoints carry Hugging Face's names of each and load in transformers.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>

#include "grimoire/model/register.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"

namespace grim {

enum class BertKind : uint8_t { bert, roberta, distilbert, electra };

// As the ending of the class in config.json's "architectures" says it.
enum class BertHead : uint8_t {
  none,         // Model
  masked,       // ForMaskedLM
  pretraining,  // ForPreTraining: masked words and next sentence; of ELECTRA, was the token replaced?
  next,         // ForNextSentencePrediction
  sequence,     // ForSequenceClassification: K numbers a text
  token,        // ForTokenClassification: K numbers a token
  question,     // ForQuestionAnswering: where the answer begins and ends, two numbers a token
  choice,       // ForMultipleChoice: one number a text
};

struct BertConfig {
  int64_t vocab_size = 30522;
  int64_t context = 512;
  int64_t n_embd = 768;        // C
  int64_t embedding_size = 0;  // of the tables; 0: C
  int64_t n_layer = 12;        // L
  int64_t n_head = 12;         // H
  int64_t n_inner = 0;         // F; 0: 4 C
  int64_t segments = 2;        // 0: without
  int64_t first_position = 0;  // the row of the first token's position
  double dropout = 0.1;        // of embeddings and residuals
  double attention_dropout = -1, head_dropout = -1;  // of attention weights, and before a classifier; below 0: as `dropout`
  double layer_norm_epsilon = 1e-12;
  std::string activation = "gelu";  // its Hugging Face name
  BertHead head = BertHead::pretraining;
  int64_t labels = 2;          // K
  bool mean = false;           // of a sequence's head: it reads the mean over all tokens, without a pooler, instead of the first
  Labels label_set = {};       // no names: LABEL_0, LABEL_1, ...
  BertKind kind = BertKind::bert;

  static BertConfig from_json(const Json& config);  // throws: input, a key or value without a meaning here
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  void check() const;
  std::vector<SizeAxis> axes() const;
  int64_t inner() const { return n_inner > 0 ? n_inner : 4 * n_embd; }
  // Of first weights. BERT's 0.02 belongs to a width of 768, where a product keeps 0.55 of its input's spread; narrower models keep as much. With 0.02 what
  // attention adds to the stream of a BERT-tiny is lost in it, and the model is slow to learn more than how common words are.
  double initial_std() const { return 0.02 * std::sqrt(std::max(1.0, 768 / static_cast<double>(n_embd))); }
  int64_t table_width() const { return embedding_size > 0 ? embedding_size : n_embd; }
  bool is(BertKind other) const { return kind == other; }
  const char* model_type() const;
};

struct BertNames;  // what a family calls its parts (bert.cpp)

class Bert final : public TextEncoder {
 public:
  static constexpr const char* kTokenTable = "word_embeddings.weight";
  static constexpr bool kRecomputes = true;
  Bert(const BertConfig& config, Rng& rng);
  ~Bert() override;

  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  int64_t width() const override { return config_.n_embd; }
  Tensor hidden(const TokenBatch& texts, Pass& pass) const override { return hidden_behind(config_.n_layer, texts, pass); }
  Tensor hidden_behind(int64_t blocks, const TokenBatch& texts, Pass& pass) const override;
  bool has(EncoderPart part) const override;
  Labels label_set() const override;
  std::unique_ptr<TextEncoder> with_head(NewHead head, const Labels& labels, Rng& rng) const override;
  Tensor pooled(const Tensor& hidden, const TokenBatch& texts) const override;
  Tensor masked_logits(const Tensor& rows) const override;
  Tensor masked_loss(const Tensor& rows, const Tensor& targets) const override;
  Tensor next_sentence_logits(const Tensor& hidden, const TokenBatch& texts) const override;
  Tensor labels(const Tensor& hidden, const TokenBatch& texts, Pass& pass) const override;
  Tensor token_labels(const Tensor& hidden, Pass& pass) const override;
  Json config() const override { return config_.to_json(); }
  std::vector<NamedTensor> checkpoint() const override;
  void load(const std::vector<NamedTensor>& tensors, const std::string& source = "weights") override;

 private:
  struct Embeddings : Module {
    Embeddings(Module& parent, const BertConfig& c, Rng& rng);
    Tensor operator()(const TokenBatch& texts, Pass& pass) const;  // (1, N, E)
    int64_t first_position;
    double dropout;
    Embedding words, positions;
    std::unique_ptr<Embedding> segments;
    LayerNorm norm;
  };
  struct Block : Module {
    Block(int64_t layer, Module& parent, const BertConfig& c, const BertNames& names, Rng& rng);
    Tensor operator()(const Tensor& x, const std::vector<int64_t>& offsets, Pass& pass) const;
    int64_t heads;
    double dropout, attention_dropout;
    Activation activation;
    Linear query, key, value, attention_out;
    LayerNorm attention_norm;
    Linear inner, out;
    LayerNorm out_norm;
  };
  struct Encoder : Module {
    Encoder(Module& parent, const BertConfig& c, const BertNames& names, Rng& rng);
    Embeddings embeddings;
    std::unique_ptr<Linear> widen;  // of a table narrower than the encoder
    std::vector<std::unique_ptr<Block>> layers;
    std::unique_ptr<Linear> pooler;
  };
  Tensor masked_rows(const Tensor& rows) const;  // (M, C) -> (M, E), what the output layer reads
  Tensor classified(const Tensor& rows, Pass& pass) const;

  BertConfig config_;
  Encoder encoder_;
  std::unique_ptr<Linear> transform_, decoder_;  // masked
  std::unique_ptr<LayerNorm> transform_norm_;
  std::unique_ptr<Linear> next_;                 // next sentence
  std::unique_ptr<Linear> before_, classifier_;  // labels, of texts or tokens
  bool pooler_came_ = true;  // headless folders may lack it
};

Architecture bert_architecture();
Architecture roberta_architecture();
Architecture distilbert_architecture();
Architecture electra_architecture();

}  // namespace grim
