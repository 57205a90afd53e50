#pragma once

#include "grimoire/op/unary.h"

namespace grim::cpu {

#define GRIM_NAME(name, Functor) name,
enum class UnaryOp : uint8_t { GRIM_UNARY_OPS(GRIM_NAME) pow, clamp };
#undef GRIM_NAME

struct UnaryParams {  // pow's exponent, clamp's low and high
  double a = 0, b = 0;
};

// y = f(x); dense, of one shape and dtype.
void unary(UnaryOp op, const Tensor& x, const Tensor& y, UnaryParams p);
// dx = beta dx + dy f'(v), beta 0 or 1; v is y where the slope is cheaper by it, else x. With beta 0 dx is not read.
void unary_backward(UnaryOp op, const Tensor& v, const Tensor& dy, const Tensor& dx, float beta, UnaryParams p);
bool slope_from_output(UnaryOp op);

}  // namespace grim::cpu
