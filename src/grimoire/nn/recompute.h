// Less memory for more time: of a layer only what goes into it is kept, and its inside is computed again in the backward pass.
#pragma once

#include <functional>

#include "grimoire/nn/module.h"

namespace grim {

// block(pass); where the pass says so, by recomputed() of autograd/tape.h, with the same dropouts both times and the same gradients to the bit. Whatever
// `block` captures must live until the backward pass: tensors by value. Taps see the first time alone, and may look but not answer.
Tensor recomputed(Pass& pass, const std::function<Tensor(Pass&)>& block);

}  // namespace grim
