#include "grimoire/op/softmax.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/softmax_kernel.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

constexpr int64_t kGrain = 16384;  // elements; about 5 us

template <class F> void each_row_block(int64_t rows, int64_t n, F&& f) {
  device::parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(n, 1)), f);
}

// Rows along the last axis.
Tensor run_forward(const char* name, const cpu::Softmax& op, const Tensor& x) {
  const Tensor y = Tensor::empty(x.shape(), x.dtype());
  const int64_t n = x.shape().back(), rows = n ? x.numel() / n : 0;
  visit_float(name, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.data<T>();
    T* const to = y.data<T>();
    each_row_block(rows, n, [&](int64_t begin, int64_t end) {
      op.of<T>().forward(from + begin * n, to + begin * n, end - begin, n);
    });
  });
  return y;
}

void run_backward(const cpu::Softmax& op, const Tensor& y, const Tensor& dy, const Tensor& dx, float beta) {
  const int64_t n = y.shape().back(), rows = n ? y.numel() / n : 0;
  visit_float("softmax", y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const at = y.data<T>(), *const from = dy.data<T>();
    T* const to = dx.data<T>();
    each_row_block(rows, n, [&](int64_t begin, int64_t end) {
      op.of<T>().backward(at + begin * n, from + begin * n, to + begin * n, end - begin, n, static_cast<T>(beta));
    });
  });
}

Tensor apply(const char* name, const cpu::Softmax& op, const Tensor& x, int axis) {
  axis = normalize_axis(name, axis, x.ndim());
  if (axis == x.ndim() - 1) {
    const Tensor y = run_forward(name, op, contiguous(x));
    return record(y, {x}, [&op, y = saved(y)](const Tensor& dy_any, Grads dx) {
      const Tensor dy = contiguous(dy_any);
      dx.write(0, [&](const Tensor& dx0, float beta) { run_backward(op, y, dy, dx0, beta); });
    });
  }
  const auto turned = [axis](const Tensor& t) { return contiguous(view::transpose(t, axis, -1)); };
  const Tensor rows = run_forward(name, op, turned(x));
  return record(view::transpose(rows, axis, -1), {x}, [&op, axis, turned, rows](const Tensor& dy, Grads dx) {
    const Tensor d_rows = Tensor::empty(rows.shape(), rows.dtype());
    run_backward(op, rows, turned(dy), d_rows, 0);
    dx.add(0, view::transpose(d_rows, axis, -1));
  });
}

}  // namespace

Tensor softmax(const Tensor& x, int axis) { return apply("softmax", cpu::softmax().softmax, x, axis); }
Tensor log_softmax(const Tensor& x, int axis) { return apply("log_softmax", cpu::softmax().log_softmax, x, axis); }

}  // namespace grim
