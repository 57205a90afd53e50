#include "grimoire/op/fake_quantise.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/op/fake_quantise_cpu.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"

namespace grim {

bool fits_fake_blocks(FakeBits bits, int64_t in) { return in % 32 == 0 || bits == FakeBits::ternary || bits == FakeBits::binary; }

// y = q d:  dy/dw is 0 almost everywhere, which teaches nothing. It is taken for 1 where q follows w, and for 0 where q stays at its end.
Tensor fake_quantise(const Tensor& w, FakeBits bits) {
  GRIM_CHECK(w.ndim() == 2 && is_float(w.dtype()), shape, "fake_quantise", "got {} {}, expected a matrix (out, in) of floats", name_of(w.dtype()), w.shape());
  GRIM_CHECK(fits_fake_blocks(bits, w.dim(1)), shape, "fake_quantise", "rows of {} do not fill whole blocks of 32", w.dim(1));
  const Tensor from = contiguous(cast(saved(w), Dtype::f32)), rounded = from.like();
  const Tensor inside = grad_enabled() && tracked(w) ? from.like() : Tensor();  // 1, and 0 where w was clipped
  GRIM_RUN(fake_quantise, bits, from, rounded, inside);
  return record(cast(rounded, w.dtype()), {w}, [inside](const Tensor& dy, Grads dx) { dx.add(0, dy * cast(inside, dy.dtype())); });
}

}  // namespace grim
