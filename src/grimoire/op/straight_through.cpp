#include "grimoire/op/straight_through.h"

#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/gather.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

// z_i = f(x_i, y_i); y may be x.
template <class F> Tensor map(const char* op, const Tensor& x_any, const Tensor& y_any, F f) {
  const Tensor x = contiguous(x_any), y = contiguous(y_any), z = x.like();
  visit_float(op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    device::parallel_for(x.numel(), 32768, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) z.data<T>()[i] = static_cast<T>(f(x.data<T>()[i], y.data<T>()[i]));
    });
  });
  return z;
}

// y = step(x), and dx = dy in its place.
Tensor straight_through(const Tensor& y, const Tensor& x) {
  return record(y, {x}, [](const Tensor& dy, Grads dx) { dx.add(0, dy); });
}

}  // namespace

Tensor round_ste(const Tensor& x) {
  if (is_narrow(x)) return narrowed(round_ste(widened(x)));
  return straight_through(map("round_ste", x, x, [](auto v, auto) { return std::nearbyint(v); }), x);
}

Tensor sign_ste(const Tensor& x, SignGradient gradient) {
  if (is_narrow(x)) return narrowed(sign_ste(widened(x), gradient));
  const Tensor y = map("sign_ste", x, x, [](auto v, auto) {
    return v >= 0 ? decltype(v)(1) : v < 0 ? decltype(v)(-1) : v;
  });
  if (gradient == SignGradient::identity) return straight_through(y, x);
  return record(y, {x}, [x = saved(x)](const Tensor& dy, Grads dx) {
    dx.add(0, map("sign_ste", x, dy, [](auto v, auto d) { return std::abs(v) <= 1 ? d : decltype(d)(0); }));
  });
}

Tensor argmax_one_hot_ste(const Tensor& p, int axis_any) {
  if (is_narrow(p)) return narrowed(argmax_one_hot_ste(widened(p), axis_any));
  const int axis = normalize_axis("argmax_one_hot_ste", axis_any, p.ndim());
  visit_float("argmax_one_hot_ste", p.dtype(), [](auto) {});
  const Tensor last = one_hot(argmax(saved(p), axis), p.dim(axis), p.dtype());  // K at the end
  Tensor y = last;
  for (int i = last.ndim() - 1; i > axis; --i) y = view::transpose(y, i - 1, i);
  return straight_through(contiguous(y), p);
}

}  // namespace grim
