// Taps: a look at what a model computes, in the ordinary forward pass, and a hand in it. While a Tap is alive on this thread, each site hands it
// its tensor and goes on with the answer; otherwise the cost is one comparison. Diagnosis looks; lenses, patching, ablation and steering answer.
#pragma once

#include <functional>

#include "grimoire/tensor/tensor.h"

namespace grim {

class Module;

enum class SiteKind : uint8_t {
  output,        // what a layer returns
  heads,         // (B, T, H D): what each attention head brings, before the output projection
  attention,     // (B, H, T, S): attention weights; only for taps that want them
  residual_mid,  // (B, T, C): the stream behind a block's attention
  residual,      // (B, T, C): the stream behind the block
  gates,         // (B, gates * C): a recurrent cell's, before their activations; r, z of a gru, i, f, g, o of an lstm; a plain cell has none
  state,         // (B, C): what a recurrent cell remembers behind a step: c of an lstm, h of the others
};
struct Site {
  const Module& layer;  // its path: Module::visit_modules
  SiteKind kind;
};

class Tap {
 public:
  using See = std::function<Tensor(const Site& site, const Tensor& y)>;  // undefined: y stays
  enum class Attention : uint8_t {
    fused,   // the fast form, in which no weights exist
    weights  // shown; attention takes its composed form for it
  };
  explicit Tap(See see, Attention attention = Attention::fused);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;
  static bool looks();            // is there one on this thread?
  static bool wants_attention();  // does the innermost one?

 private:
  friend Tensor tapped(const Module& layer, Tensor y, SiteKind kind);
  See see_;
  Attention attention_;
  Tap* before_;
};

class NoTaps {  // while it lives, only Taps that are younger are alive on this thread
 public:
  NoTaps();
  ~NoTaps();
  NoTaps(const NoTaps&) = delete;
  NoTaps& operator=(const NoTaps&) = delete;

 private:
  Tap* before_;
};

// y, shown to the innermost Tap, or what that one answered. throws: shape, an answer of another shape or dtype; state, an answer inside of what is
// recomputed (nn/recompute.h), which could not be given again
Tensor tapped(const Module& layer, Tensor y, SiteKind kind = SiteKind::output);

}  // namespace grim
