#include "grimoire/nn/product.h"

#include "grimoire/op/view.h"

namespace grim {

Tensor Dense::dense() const { return layout_ == WeightLayout::in_out ? weight_ : transpose(weight_, 0, 1); }

Tensor Tied::apply(const Tensor& x, const Tensor& bias, Activation activation) const {
  return linear(x, {table_.quantised.defined() ? Tensor() : dense(), bias, activation, table_.quantised});
}
Tensor Tied::dense() const { return table_.weight.defined() ? transpose(table_.weight, 0, 1) : grim::dense(table_.quantised, Dtype::f32); }
Shape Tied::shape() const {
  if (table_.quantised.defined()) return {table_.quantised.in, table_.quantised.out};
  return {table_.weight.dim(1), table_.weight.dim(0)};
}

Tensor Quantised::dense() const { return grim::dense(matrix_, Dtype::f32); }

}  // namespace grim
