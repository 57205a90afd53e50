// What every model answers to that predicts the next token: a capability beside others, with nothing of training loops, files or the
// command line in it.
#pragma once

#include <memory>

#include "grimoire/data/windows.h"  // kIgnore
#include "grimoire/model/pretrained.h"
#include "grimoire/nn/decode_cache.h"

namespace grim {

// window: tokens (N, context) predict the one token that follows each row: logits (N, V).
// sequence: tokens (B, T), T <= context, predict at every place the token that follows: logits (B, T, V).
enum class Reading { window, sequence };

class CausalLm : public Pretrained {
 public:
  using Pretrained::Pretrained;
  virtual Reading reading() const = 0;
  virtual int64_t context() const = 0;     // tokens it looks back on
  virtual int64_t vocabulary() const = 0;

  virtual Tensor logits(const Tensor& tokens, Pass& pass) const = 0;
  virtual Tensor last_logits(const Tensor& tokens, Pass& pass) const;  // of the last place alone: (B, V)
  // Of the context's size, for passes that go on where the one before ended; nullptr: every pass begins anew.
  virtual std::unique_ptr<DecodeCache> decode_cache() const;
  // Mean negative log-likelihood in nats of the targets that are not kIgnore; targets (N,) or (B, T) i64.
  virtual Tensor loss(const Tensor& tokens, const Tensor& targets, Pass& pass) const;
};

// One that is not trained by steps: it sees every example once and is done.
class CountingLm : public CausalLm {
 public:
  using CausalLm::CausalLm;
  virtual void count(const Tensor& tokens, const Tensor& targets) = 0;  // (N, context), (N,), i64
};

}  // namespace grim
