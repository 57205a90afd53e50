// What reads whole texts, each token in the light of all others: a capability, as CausalLm is one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/data/token_batch.h"
#include "grimoire/model/pretrained.h"

namespace grim {

// What stands on the encoder, and so what can be asked of it.
enum class EncoderPart : uint8_t {
  pooler,         // a vector for the text, out of its first token's
  masked,         // the token that stood at a place
  next_sentence,  // does the pair follow the text?
  labels,         // numbers for the text
  token_labels,   // numbers for each token
  answers,        // those of them that say where an answer begins and ends
  choices,        // the number for the text that says how well it answers, against others
};

// What the numbers of a labelling head mean.
enum class LabelKind : uint8_t {
  one,      // logits of classes, of which one is right
  several,  // logits of classes, of which each may be right or not
  number,   // a value
};
struct Labels {
  LabelKind kind = LabelKind::one;
  std::vector<std::string> names = {};  // of the classes, or of the one value
};

// A head that can be put on an encoder in place of what stands there.
enum class NewHead : uint8_t {
  texts,      // labels(), of what the family makes of the first token
  mean,       // labels(), of the mean over all tokens
  tokens,     // token_labels()
  answers,    // token_labels() of two numbers: does the answer begin here, does it end here?
  choices,    // labels() of one number: how well does the text answer, against others?
};

class TextEncoder : public Pretrained {
 public:
  using Pretrained::Pretrained;
  virtual int64_t context() const = 0;  // tokens of the longest text
  virtual int64_t vocabulary() const = 0;
  virtual int64_t width() const = 0;    // C

  // (N, C): a row a token. throws: shape, a text longer than the context; argument, an id or type beyond the tables
  virtual Tensor hidden(const TokenBatch& texts, Pass& pass) const = 0;
  // Behind so many blocks, by a model that can stop there; by others behind all.
  virtual Tensor hidden_behind(int64_t, const TokenBatch& texts, Pass& pass) const { return hidden(texts, pass); }

  virtual bool has(EncoderPart part) const = 0;
  virtual Labels label_set() const = 0;  // of labels() or token_labels(); names empty without them
  // The same encoder, in tensors of its own, with a fresh head, drawn from `rng`: for fine-tuning. throws: argument, a head that its family has not
  virtual std::unique_ptr<TextEncoder> with_head(NewHead head, const Labels& labels, Rng& rng) const = 0;
  // What follows takes rows of hidden. throws: argument, without that part
  virtual Tensor pooled(const Tensor& hidden, const TokenBatch& texts) const = 0;                 // (texts, C)
  virtual Tensor masked_logits(const Tensor& rows) const = 0;                                     // (M, C) -> (M, V)
  virtual Tensor masked_loss(const Tensor& rows, const Tensor& targets) const = 0;                // mean cross-entropy of targets (M,) i64
  virtual Tensor next_sentence_logits(const Tensor& hidden, const TokenBatch& texts) const = 0;   // (texts, 2): it follows, it does not
  virtual Tensor labels(const Tensor& hidden, const TokenBatch& texts, Pass& pass) const = 0;     // (texts, K)
  virtual Tensor token_labels(const Tensor& hidden, Pass& pass) const = 0;                        // (N, K)
};

}  // namespace grim
