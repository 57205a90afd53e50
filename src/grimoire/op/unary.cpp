#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/pointwise_kernel.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// dx = dy f'(x), where the functor's slope takes x or, when that is cheaper, y.
Tensor apply(const char* name, const cpu::Unary& op, const Tensor& x_any, cpu::Params p = {}) {
  const Tensor x = contiguous(x_any);
  const Tensor y = Tensor::empty(x.shape(), x.dtype());
  visit_float(name, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.data<T>();
    T* const to = y.data<T>();
    device::parallel_for(x.numel(), cpu::kPointwiseGrain, [&](int64_t begin, int64_t end) {
      op.of<T>().value(from + begin, to + begin, end - begin, p);
    });
  });
  return record(y, {x_any}, [&op, p, v = saved(op.saves == cpu::Saves::input ? x : y)](const Tensor& dy_any, Grads dx) {
    const Tensor dy = contiguous(dy_any);
    dx.write(0, [&](const Tensor& dx0, float beta) {
      visit_float("backward", dy.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T *const at = v.data<T>(), *const from = dy.data<T>();
        T* const to = dx0.data<T>();
        device::parallel_for(dy.numel(), cpu::kPointwiseGrain, [&](int64_t begin, int64_t end) {
          op.of<T>().slope(at + begin, from + begin, to + begin, end - begin, static_cast<T>(beta), p);
        });
      });
    });
  });
}

}  // namespace

Tensor neg(const Tensor& x) { return apply("neg", cpu::unary().neg, x); }
Tensor abs(const Tensor& x) { return apply("abs", cpu::unary().abs, x); }
Tensor square(const Tensor& x) { return apply("square", cpu::unary().square, x); }
Tensor sqrt(const Tensor& x) { return apply("sqrt", cpu::unary().sqrt, x); }
Tensor reciprocal(const Tensor& x) { return apply("reciprocal", cpu::unary().reciprocal, x); }
Tensor pow(const Tensor& x, double exponent) { return apply("pow", cpu::unary().pow, x, {exponent}); }
Tensor exp(const Tensor& x) { return apply("exp", cpu::unary().exp, x); }
Tensor log(const Tensor& x) { return apply("log", cpu::unary().log, x); }
Tensor sin(const Tensor& x) { return apply("sin", cpu::unary().sin, x); }
Tensor cos(const Tensor& x) { return apply("cos", cpu::unary().cos, x); }
Tensor tanh(const Tensor& x) { return apply("tanh", cpu::unary().tanh, x); }
Tensor sigmoid(const Tensor& x) { return apply("sigmoid", cpu::unary().sigmoid, x); }
Tensor relu(const Tensor& x) { return apply("relu", cpu::unary().relu, x); }
Tensor gelu(const Tensor& x) { return apply("gelu", cpu::unary().gelu, x); }
Tensor gelu_tanh(const Tensor& x) { return apply("gelu_tanh", cpu::unary().gelu_tanh, x); }
Tensor silu(const Tensor& x) { return apply("silu", cpu::unary().silu, x); }
Tensor softplus(const Tensor& x) { return apply("softplus", cpu::unary().softplus, x); }
Tensor clamp(const Tensor& x, double low, double high) {
  GRIM_CHECK(low <= high, argument, "clamp", "got low {} above high {}", low, high);
  return apply("clamp", cpu::unary().clamp, x, {low, high});
}

}  // namespace grim
