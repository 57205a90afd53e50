#include "grimoire/nn/lora.h"

#include <utility>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim {

Lora::Lora(std::unique_ptr<Product> base, int64_t rank, double scale, Rng& rng) : base_(std::move(base)), scale_(scale) {
  GRIM_CHECK(rank >= 1, argument, "lora", "rank: got {}, expected 1 or more", rank);
  const Shape w = base_->dense().shape();
  const Dtype dtype = base_->dense().dtype() == Dtype::f64 ? Dtype::f64 : Dtype::f32;
  adopt(*base_);
  a_ = parameter("lora_A.weight", uniform_init({rank, w[0]}, fan_in_bound(w[0]), rng, dtype));
  b_ = parameter("lora_B.weight", Tensor::zeros({w[1], rank}, dtype));
}

// The thin product is scaled where it is thinnest, between its two halves.
Tensor Lora::apply(const Tensor& x, const Tensor& bias, Activation activation) const {
  const Tensor low = linear(x, transpose(a_, 0, 1)) * scale_;
  return activate(base_->apply(x, bias, Activation::none) + linear(low, transpose(b_, 0, 1)), activation);
}

Tensor Lora::dense() const { return base_->dense() + transpose(matmul(b_, a_), 0, 1) * scale_; }

std::unique_ptr<Product> Lora::merged(std::unique_ptr<Lora> lora) {
  const NoGrad evaluated;
  const Tensor sum = lora->dense();
  lora->release(*lora->base_);
  if (!lora->base_->owns_weight()) return std::make_unique<Dense>(copy(sum));
  copy_into(lora->base_->dense(), sum);
  return std::move(lora->base_);
}

}  // namespace grim
