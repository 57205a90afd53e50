// y = f(x), element by element; f32 and f64, with gradients.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// The ops of one tensor and nothing else: name and functor (op/unary_cpu.cpp). A line here declares the op, defines it and puts its functor
// into the table of kernels.
#define GRIM_UNARY_OPS(OP)  \
  OP(neg, Neg)              \
  OP(abs, Abs)               /* gradient 0 at 0 */ \
  OP(square, Square)         \
  OP(sqrt, Sqrt)             \
  OP(reciprocal, Reciprocal) \
  OP(exp, ExpOp)             \
  OP(log, LogOp)             \
  OP(sin, Sin)               \
  OP(cos, Cos)               \
  OP(tanh, TanhOp)           \
  OP(sigmoid, SigmoidOp)     \
  OP(relu, ReluOp)           /* gradient 0 at 0 */ \
  OP(gelu, GeluOp)           /* x Phi(x), Phi the normal distribution function: Hendrycks and Gimpel 2016 */ \
  OP(gelu_tanh, GeluTanhOp)  /* their tanh approximation, as in GPT-2 */ \
  OP(silu, SiluOp)           /* x sigmoid(x) */ \
  OP(softplus, Softplus)     /* log(1 + e^x) */

#define GRIM_DECLARE(name, Functor) Tensor name(const Tensor& x);
GRIM_UNARY_OPS(GRIM_DECLARE)
#undef GRIM_DECLARE

Tensor pow(const Tensor& x, double exponent);
Tensor clamp(const Tensor& x, double low, double high);  // gradient 1 from low to high inclusive, 0 outside
inline Tensor operator-(const Tensor& x) { return neg(x); }

}  // namespace grim
