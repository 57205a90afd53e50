#include "grimoire/nn/tap.h"

#include <utility>

#include "grimoire/autograd/tape.h"

namespace grim {
namespace {
thread_local Tap* innermost = nullptr;
}  // namespace

Tap::Tap(See see, Attention attention) : see_(std::move(see)), attention_(attention) {
  GRIM_CHECK(see_, argument, "tap", "got an empty function");
  before_ = std::exchange(innermost, this);
}
Tap::~Tap() { innermost = before_; }
NoTaps::NoTaps() : before_(std::exchange(innermost, nullptr)) {}
NoTaps::~NoTaps() { innermost = before_; }
bool Tap::looks() { return innermost != nullptr; }
bool Tap::wants_attention() { return innermost && innermost->attention_ == Attention::weights; }

Tensor tapped(const Module& layer, Tensor y, SiteKind kind) {
  if (!innermost) return y;
  Tensor answer = innermost->see_({layer, kind}, y);
  if (!answer.defined()) return y;
  GRIM_CHECK(!recomputed_later(), state, "tap", "an answer in a layer that is computed again in the backward pass, where it cannot be given: "
             "expected a tap that only looks, or a pass that does not recompute");
  GRIM_CHECK(answer.shape() == y.shape() && answer.dtype() == y.dtype(), shape, "tap", "the answer: got {} {}, expected {} {}",
             name_of(answer.dtype()), answer.shape(), name_of(y.dtype()), y.shape());
  return answer;
}

}  // namespace grim
