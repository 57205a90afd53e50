#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

enum class BinaryOp : uint8_t {
  add, sub, mul, div, minimum, maximum,
  above,  // 1 where a > b, 1/2 where equal, else 0: the share of a in maximum's gradient
};
enum class NumberAt : uint8_t { left, right };

// y = f(a, b), any strides, each read as if it had y's shape; y is dense. Of one dtype; a bf16 y of operands of bf16 and f32 is computed in f32.
// throws: dtype, one that the op has not
void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& y);
// y = f(x, number) or f(number, x); dense, of one dtype. throws: argument, beside whole numbers one that is not
void binary_number(BinaryOp op, const Tensor& x, double number, NumberAt side, const Tensor& y);

}  // namespace grim::cpu
