// What writes one text from another: an encoder reads the source, a decoder writes the target and looks at what was read. A capability, as CausalLm is one.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "grimoire/data/token_batch.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/nn/decode_cache.h"
#include "grimoire/op/attention.h"
#include "grimoire/op/view.h"

namespace grim {

// The tokens that a model has to know by their numbers. What is not said, follows from the others as the model's family has it.
struct SpecialTokens {
  int64_t end = 0;  // of a text
  std::optional<int64_t> begin = {}, pad = {}, start = {};
};

// What the encoder made of the sources.
struct SourceMemory {
  Tensor hidden;                 // (N, C): texts one behind the other
  std::vector<int64_t> offsets;  // of its texts
  std::vector<DecodeCache::KeysAndValues> layers = {};  // (1, H, N, D) of each layer of the decoder, once prepared
  std::optional<DecodeCache::KeysAndValues> layer(size_t i) const { return layers.empty() ? std::nullopt : std::optional(layers[i]); }
};

class Seq2Seq : public Pretrained {
 public:
  using Pretrained::Pretrained;
  virtual int64_t vocabulary() const = 0;
  virtual int64_t start() const = 0;  // the token that a target is read behind
  virtual void take_tokens(const SpecialTokens& tokens) = 0;  // those of the vocabulary that it is trained with

  // Does the decoder look back by attention on what it has written, in each layer before it looks at the source?
  virtual bool looks_back() const { return true; }

  virtual SourceMemory read(const TokenBatch& sources, Pass& pass) const = 0;
  // Keeps the keys and values that every step of writing would work out again. Not while gradients are recorded.
  virtual void prepare(SourceMemory& memory) const = 0;
  // (M, C): a row for each token of the targets, which begin with start(). As many targets, one behind the other, go with each source: one, or those that
  // are tried. With a cache in `pass`, the targets are what is new of each, all of one length, and go with the sources that they began with; of some all
  // may have ended. throws: shape; argument, a number of targets that is no multiple of that of the sources, or not in their order
  virtual Tensor written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const = 0;
  virtual Tensor logits(const Tensor& written) const = 0;  // (M, C) -> (M, V)
  virtual Tensor loss_of(const Tensor& written, const Tensor& next) const = 0;  // mean cross-entropy of the tokens (M,) that come behind each
  virtual std::unique_ptr<DecodeCache> decode_cache() const = 0;

  // Mean negative log-likelihood in nats of the targets, which stand as they are, without start(), each with its end.
  Tensor loss(const TokenBatch& sources, const TokenBatch& targets, Pass& pass) const;
};

// What the model writes from sources, as a language model whose texts begin with start(): all that writes texts can write with it, and those that begin
// together go with the sources in their order. The model must outlive it. throws: argument, no source
std::unique_ptr<CausalLm> writer_from(const Seq2Seq& model, const TokenBatch& sources);

// Where the attention of targets to sources begins and ends: the targets of a source are one run of queries. What begins in a cache is written down there.
// throws: argument, they do not divide, or the cache's do not stand by source
std::vector<int64_t> by_source(const TokenBatch& targets, const SourceMemory& memory, const Pass& pass);

// i64 (offsets.back(),): of each row the number of the run that it is in; of by_source(), the source that a target's token is written from.
Tensor runs_of(const std::vector<int64_t>& offsets);

// What an attention makes of the targets' rows y (1, M, C) when each looks back on those of its own text, in `pass`'s cache as `layer` or, without one, in y.
template <class Attention> Tensor look_back(const Attention& attention, const Tensor& y, const TokenBatch& targets, int64_t layer, AttentionOptions options,
                                            Pass& pass) {
  options.mask = AttentionMask::causal;
  if (!pass.cache) {
    options.offsets = targets.offsets;
    return attention(y, attention.keys_and_values(y), options);
  }
  const int64_t texts = targets.texts(), M = targets.tokens();
  GRIM_CHECK(M == texts * targets.longest(), shape, "seq2seq", "{} tokens for {} texts: with a cache, expected as many for each", M, texts);
  const Tensor rows = reshape(y, {texts, M / texts, y.dim(2)});
  const DecodeCache::KeysAndValues now = attention.keys_and_values(rows);
  return reshape(attention(rows, pass.cache->extend(layer, now.k, now.v), options), y.shape());
}

// The targets as they are read: behind `start`, without the last token of each. throws: argument, one is empty
TokenBatch shifted_right(const TokenBatch& targets, int64_t start);

}  // namespace grim
