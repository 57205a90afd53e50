// Taps: a look at what every layer computes, in the ordinary forward pass. While a Tap is alive on this thread, each layer
// hands it its result; otherwise the cost is one comparison. Diagnosis and inspection hang on here.
#pragma once

#include <functional>

#include "grimoire/tensor/tensor.h"

namespace grim {

class Module;

class Tap {
 public:
  using Look = std::function<void(const Module& layer, const Tensor& output)>;
  explicit Tap(Look look);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

 private:
  friend Tensor tapped(const Module& layer, Tensor output);
  Look look_;
  Tap* before_;
};

// What a layer returns: `output`, shown to the innermost Tap.
Tensor tapped(const Module& layer, Tensor output);

}  // namespace grim
