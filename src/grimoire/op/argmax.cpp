#include "grimoire/op/argmax.h"

#include "grimoire/device/threads.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/reduce_kernel.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

constexpr int64_t kGrain = 32768;

// The value by the fast kernel, then its first place.
template <class T> int64_t first_place(const cpu::Reducer<T>& k, const T* x, int64_t n) {
  const T best = static_cast<T>(k.row(x, n));
  int64_t i = 0;
  if (best != best)
    while (x[i] == x[i]) ++i;
  else
    while (x[i] != best) ++i;
  return i;
}

Tensor places(const char* name, const cpu::Reducers& op, const Tensor& x_any, int axis, KeepDims keep) {
  axis = normalize_axis(name, axis, x_any.ndim());
  GRIM_CHECK(x_any.shape()[axis] > 0 || x_any.numel() > 0, shape, name, "axis {} of {} is empty", axis, x_any.shape());
  Shape shape = x_any.shape();
  shape[axis] = 1;
  if (keep == KeepDims::no) shape.erase(axis);
  const Tensor y = x_any.like(shape, Dtype::i64);
  const Tensor typed = cast(x_any, is_float(x_any.dtype()) ? computed_in(x_any.dtype()) : Dtype::i64);
  const Tensor x = contiguous(view::transpose(typed, axis, -1));
  // With the axis last, the other axes hold their order but for the one that changed places with it.
  const Tensor found = x.like(view::select(x, -1, 0).shape(), Dtype::i64);
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    const int64_t n = x.shape().back();
    const T* const from = x.data<T>();
    int64_t* const to = found.data<int64_t>();
    device::parallel_for(found.numel(), std::max<int64_t>(1, kGrain / n), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) to[r] = first_place(op.of<T>(), from + r * n, n);
    });
  };
  if (x.dtype() == Dtype::i64) run(int64_t{});
  else visit_float(name, x.dtype(), run);
  const Tensor back = view::transpose(view::unsqueeze(found, -1), axis, -1);
  copy_into(y, keep == KeepDims::yes ? back : view::squeeze(back, axis));
  return y;
}

}  // namespace

Tensor argmax(const Tensor& x, int axis, KeepDims keep) { return places("argmax", cpu::reduce().max, x, axis, keep); }
Tensor argmin(const Tensor& x, int axis, KeepDims keep) { return places("argmin", cpu::reduce().min, x, axis, keep); }

}  // namespace grim
