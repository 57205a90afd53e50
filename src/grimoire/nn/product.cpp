#include "grimoire/nn/product.h"

#include "grimoire/op/view.h"

namespace grim {

Tensor Dense::dense() const { return layout_ == WeightLayout::in_out ? weight_ : transpose(weight_, 0, 1); }

Tensor Tied::apply(const Tensor& x, const Tensor& bias, Activation activation) const {
  return linear(x, {table_.quantised.defined() ? Tensor() : dense(), bias, activation, table_.quantised});
}
Tensor Tied::dense() const { return transpose(table_.weight.defined() ? table_.weight : grim::dense(table_.quantised, Dtype::f32), 0, 1); }

Tensor Quantised::dense() const { return transpose(grim::dense(matrix_, Dtype::f32), 0, 1); }

}  // namespace grim
