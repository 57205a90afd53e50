#include "grimoire/nn/ia3.h"

#include <utility>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"

namespace grim {

Ia3::Ia3(std::unique_ptr<Product> product, Ia3Side side) : Adapter(std::move(product)), side_(side) {
  const Shape w = shape();
  gains_ = parameter("ia3_l", Tensor::ones(side == Ia3Side::output ? Shape{w[1], 1} : Shape{1, w[0]}, learned_dtype()));
}

Tensor Ia3::flat() const { return reshape(gains_, {gains_.numel()}); }
Tensor Ia3::over_dense() const { return transpose(gains_, 0, 1); }

Tensor Ia3::apply(const Tensor& x, const Tensor& bias, Activation activation) const {
  if (side_ == Ia3Side::input) return base().apply(x * flat(), bias, activation);
  return activate(base().apply(x, bias, Activation::none) * flat(), activation);
}

Tensor Ia3::dense() const { return base().dense() * over_dense(); }
Tensor Ia3::bias(const Tensor& own) const { return side_ == Ia3Side::output && own.defined() ? own * flat() : own; }

Tensor Ia3::without(const Tensor& dense) const {
  GRIM_CHECK(min(abs(gains_)).item() > 0, argument, "ia3", "a matrix that IA3 has multiplied by 0 cannot be taken back: expected numbers other than 0");
  return dense / over_dense();
}

Tensor Ia3::bias_without(const Tensor& bias) const { return side_ == Ia3Side::output ? bias / flat() : bias; }

bool Ia3::changes_nothing() const {
  const NoGrad evaluated;
  return max(abs(gains_ - 1.0)).item() == 0;
}

}  // namespace grim
