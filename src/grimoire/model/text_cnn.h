// A convolutional network over the words of a text that labels it.
//   Kim 2014, "Convolutional Neural Networks for Sentence Classification"
// Notable: kernels of several widths side by side over the embedded words, of each channel the largest value in the text, dropout on these, one linear layer.
// A text shorter than a kernel counts as if words of all zeros stood before it. What a text becomes does not depend on those beside it.
#pragma once

#include "grimoire/model/register.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"

namespace grim {

struct TextCnnConfig {
  int64_t vocab_size = 10000;
  int64_t context = 512;                         // tokens of the longest text
  int64_t n_embd = 300;                          // E
  int64_t n_filters = 100;                       // F, of each width
  std::string kernel_sizes = "3,4,5";            // words that the filters see
  int64_t labels = 2;                            // K
  Labels label_set = {};                         // no names: LABEL_0, LABEL_1, ...
  double dropout = 0.5;

  static TextCnnConfig from_json(const Json& config);  // throws: input
  Options options();
  Json to_json() const;
  ConfigShapes shapes() const;
  double parameter_count() const;
  std::vector<int64_t> widths() const;  // of the kernels. throws: argument, no numbers from 1 on, with commas between them
  void check() const { widths(); }
};

class TextCnn final : public TextEncoder {
 public:
  static constexpr const char* kTokenTable = "embedding.weight";
  TextCnn(const TextCnnConfig& config, Rng& rng);
  int64_t context() const override { return config_.context; }
  int64_t vocabulary() const override { return config_.vocab_size; }
  int64_t width() const override { return config_.n_embd; }
  Tensor hidden(const TokenBatch& texts, Pass& pass) const override;  // the words' vectors
  bool has(EncoderPart part) const override { return part == EncoderPart::pooler || part == EncoderPart::labels; }
  Labels label_set() const override;
  std::unique_ptr<TextEncoder> with_head(NewHead head, const Labels& labels, Rng& rng) const override;  // throws also: argument, another one than for texts
  Tensor pooled(const Tensor& hidden, const TokenBatch& texts) const override;  // (texts, 3 F), or as many as there are widths
  Tensor labels(const Tensor& hidden, const TokenBatch& texts, Pass& pass) const override;
  Tensor masked_logits(const Tensor& rows) const override;
  Tensor masked_loss(const Tensor& rows, const Tensor& targets) const override;
  Tensor next_sentence_logits(const Tensor& hidden, const TokenBatch& texts) const override;
  Tensor token_labels(const Tensor& hidden, Pass& pass) const override;
  Json config() const override { return config_.to_json(); }

 private:
  TextCnnConfig config_;
  Embedding embedding_;
  std::vector<std::unique_ptr<Linear>> convs_;  // (width E, F) over the rows of a window
  Linear out_;
};

Architecture text_cnn_architecture();

}  // namespace grim
