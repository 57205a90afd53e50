#include "grimoire/op/unary.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/run.h"
#include "grimoire/op/unary_cpu.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

using cpu::UnaryOp, cpu::UnaryParams;

// dx = dy f'(v), where v is x or, when that is cheaper, y.
Tensor apply(const char* name, UnaryOp op, const Tensor& x_any, UnaryParams p = {}) {
  GRIM_CHECK(is_float(x_any.dtype()), dtype, name, "dtype not supported: got {}, expected f32, f64 or bf16", name_of(x_any.dtype()));
  const Tensor x = contiguous(x_any), y = x.like();
  GRIM_RUN(unary, op, x, y, p);
  return record(y, {x_any}, [op, p, v = saved(cpu::slope_from_output(op) ? y : x)](const Tensor& dy_any, Grads dx) {
    const Tensor dy = contiguous(dy_any);
    dx.write(0, [&](const Tensor& dx0, float beta) { GRIM_RUN(unary_backward, op, v, dy, dx0, beta, p); });
  });
}

}  // namespace

#define GRIM_DEFINE(name, Functor) \
  Tensor name(const Tensor& x) { return apply(#name, UnaryOp::name, x); }
GRIM_UNARY_OPS(GRIM_DEFINE)
#undef GRIM_DEFINE

Tensor pow(const Tensor& x, double exponent) { return apply("pow", UnaryOp::pow, x, {exponent}); }
Tensor clamp(const Tensor& x, double low, double high) {
  GRIM_CHECK(low <= high, argument, "clamp", "got low {} above high {}", low, high);
  return apply("clamp", UnaryOp::clamp, x, {low, high});
}

}  // namespace grim
