// What writes one text from another: an encoder reads the source, a decoder writes the target and looks at what was read. A capability, as CausalLm is one.
#pragma once

#include <memory>
#include <vector>

#include "grimoire/data/token_batch.h"
#include "grimoire/model/causal_lm.h"
#include "grimoire/nn/decode_cache.h"

namespace grim {

// What the encoder made of the sources.
struct SourceMemory {
  Tensor hidden;                 // (N, C): texts one behind the other
  std::vector<int64_t> offsets;  // of its texts
  std::vector<DecodeCache::KeysAndValues> layers = {};  // (1, H, N, D) of each layer of the decoder, once prepared
};

class Seq2Seq : public Pretrained {
 public:
  using Pretrained::Pretrained;
  virtual int64_t vocabulary() const = 0;
  virtual int64_t start() const = 0;  // the token that a target is read behind

  virtual SourceMemory read(const TokenBatch& sources, Pass& pass) const = 0;
  // Keeps the keys and values that every step of writing would work out again. Not while gradients are recorded.
  virtual void prepare(SourceMemory& memory) const = 0;
  // (M, C): a row for each token of the targets, which begin with start(). As many targets, one behind the other, go with each source: one, or those that
  // are tried. With a cache in `pass`, the targets are what is new of each, all of one length.
  // throws: shape; argument, a number of targets that is no multiple of that of the sources
  virtual Tensor written(const TokenBatch& targets, const SourceMemory& memory, Pass& pass) const = 0;
  virtual Tensor logits(const Tensor& written) const = 0;  // (M, C) -> (M, V)
  virtual Tensor loss_of(const Tensor& written, const Tensor& next) const = 0;  // mean cross-entropy of the tokens (M,) that come behind each
  virtual std::unique_ptr<DecodeCache> decode_cache() const = 0;

  // Mean negative log-likelihood in nats of the targets, which stand as they are, without start(), each with its end.
  Tensor loss(const TokenBatch& sources, const TokenBatch& targets, Pass& pass) const;
};

// What the model writes from one source, as a language model whose texts begin with start(): all that writes texts can write with it. The model must
// outlive it. throws: argument, more sources than one
std::unique_ptr<CausalLm> writer_from(const Seq2Seq& model, const TokenBatch& source);

// Where the attention of targets to sources begins and ends: the targets of a source are one run of queries. throws: argument, they do not divide
std::vector<int64_t> by_source(const TokenBatch& targets, const SourceMemory& memory);

// The targets as they are read: behind `start`, without the last token of each. throws: argument, one is empty
TokenBatch shifted_right(const TokenBatch& targets, int64_t start);

}  // namespace grim
