// Choice between two tensors. Declared in op/pointwise.h.
#include "grimoire/autograd/tape.h"
#include "grimoire/op/broadcast.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/pointwise_kernel.h"

namespace grim {
namespace {

// An unsigned integer as wide as an element: choosing only moves bits.
template <class F> void visit_width(int64_t bytes, F&& f) {
  switch (bytes) {
    case 8: return f(uint64_t{});
    case 4: return f(uint32_t{});
    case 2: return f(uint16_t{});
    default: return f(uint8_t{});
  }
}

Tensor choose(const char* name, const Tensor& condition, const Tensor& a, const Tensor& b) {
  GRIM_CHECK(condition.dtype() == Dtype::boolean, dtype, name, "condition: got {}, expected bool", name_of(condition.dtype()));
  GRIM_CHECK(a.dtype() == b.dtype(), dtype, name, "got {} and {}, expected one dtype", name_of(a.dtype()),
             name_of(b.dtype()));
  const Shape shape = broadcast_shapes(name, condition.shape(), broadcast_shapes(name, a.shape(), b.shape()));
  const Tensor y = a.like(shape);
  const auto* const c = reinterpret_cast<const uint8_t*>(condition.data<bool>());
  visit_width(size_of(a.dtype()), [&](auto zero) {
    using U = decltype(zero);
    const auto *const pa = reinterpret_cast<const U*>(a.raw()), *const pb = reinterpret_cast<const U*>(b.raw());
    auto* const to = reinterpret_cast<U*>(y.raw());
    walk_rows<4>(
        shape, {broadcast_strides(condition, shape), broadcast_strides(a, shape), broadcast_strides(b, shape), y.strides()},
        [&](const auto& at, const auto& step, int64_t n) {
          if constexpr (sizeof(U) >= 4)
            if (step[0] == 1 && step[1] <= 1 && step[2] <= 1)
              return cpu::select(c + at[0], pa + at[1], step[1], pb + at[2], step[2], to + at[3], n);
          for (int64_t i = 0; i < n; ++i)
            to[at[3] + i] = c[at[0] + i * step[0]] ? pa[at[1] + i * step[1]] : pb[at[2] + i * step[2]];
        });
  });
  return y;
}

}  // namespace

// da = dy where the condition holds, db = dy where it does not.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  if (is_narrow(a) != is_narrow(b) && is_float(a.dtype()) && is_float(b.dtype())) return where(condition, narrowed(a), narrowed(b));
  return record(choose("where", condition, a, b), {a, b},
                [condition, sa = a.shape(), sb = b.shape()](const Tensor& dy, Grads dx) {
                  const Tensor none = Tensor::zeros({}, dy.dtype());
                  if (dx.wants(0)) dx.add(0, sum_to(choose("where", condition, dy, none), sa));
                  if (dx.wants(1)) dx.add(1, sum_to(choose("where", condition, none, dy), sb));
                });
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, double value) {
  GRIM_CHECK(broadcast_shapes("masked_fill", x.shape(), mask.shape()) == x.shape(), shape, "masked_fill",
             "mask {} does not broadcast to {}", mask.shape(), x.shape());
  return record(choose("masked_fill", mask, Tensor::scalar(value, x.dtype()), x), {x},
                [mask](const Tensor& dy, Grads dx) {
                  dx.add(0, choose("masked_fill", mask, Tensor::zeros({}, dy.dtype()), dy));
                });
}

}  // namespace grim
