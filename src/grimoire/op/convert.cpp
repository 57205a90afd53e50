#include "grimoire/op/convert.h"

#include "grimoire/autograd/tape.h"

namespace grim {

Tensor convert(const Tensor& x, Dtype dtype) {
  GRIM_CHECK(is_float(x.dtype()) && is_float(dtype), dtype, "convert", "got {} to {}, expected two of f32, f64, bf16", name_of(x.dtype()), name_of(dtype));
  if (x.dtype() == dtype) return x;
  return record(cast(x, dtype), {x}, [from = x.dtype()](const Tensor& dy, Grads dx) { dx.add(0, cast(dy, from)); });
}

}  // namespace grim
