#include "grimoire/nn/tap.h"

#include <utility>

namespace grim {
namespace {
thread_local Tap* innermost = nullptr;
}  // namespace

Tap::Tap(Look look) : look_(std::move(look)), before_(std::exchange(innermost, this)) {}
Tap::~Tap() { innermost = before_; }

Tensor tapped(const Module& layer, Tensor output) {
  if (innermost) innermost->look_(layer, output);
  return output;
}

}  // namespace grim
