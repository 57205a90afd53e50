#include "grimoire/op/with_loss.h"

#include "grimoire/autograd/tape.h"

namespace grim {

// J = f(y) + scale * loss, y = x:  dx = dy, dloss = scale.
Tensor with_loss(const Tensor& x, const Tensor& loss, double scale) {
  GRIM_CHECK(loss.numel() == 1, shape, "with_loss", "loss: got {}, expected one element", loss.shape());
  return record(detach(x), {x, loss}, [scale, shape = loss.shape(), dtype = loss.dtype()](const Tensor& dy, Grads dx) {
    dx.add(0, dy);
    if (dx.wants(1)) dx.add(1, Tensor::full(shape, scale, dtype));
  });
}

}  // namespace grim
