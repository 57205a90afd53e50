#include "grimoire/nn/lora.h"

#include <utility>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/dropout.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"

namespace grim {

Lora::Lora(std::unique_ptr<Product> product, int64_t rank, double scale, Rng& rng) : Adapter(std::move(product)), scale_(scale) {
  GRIM_CHECK(rank >= 1, argument, "lora", "rank: got {}, expected 1 or more", rank);
  const Shape w = shape();
  a_ = parameter("lora_A.weight", uniform_init({rank, w[0]}, fan_in_bound(w[0]), rng, learned_dtype()));
  b_ = parameter("lora_B.weight", Tensor::zeros({w[1], rank}, learned_dtype()));
}

// The thin product is scaled where it is thinnest, between its two halves.
Tensor Lora::learned(const Tensor& x) const {
  const Tensor low = linear(key_ ? dropout(x, dropout_, *key_) : x, transpose(a_, 0, 1)) * scale_;
  return linear(low, transpose(b_, 0, 1));
}

Tensor Lora::apply(const Tensor& x, const Tensor& bias, Activation activation) const {
  return activate(base().apply(x, bias, Activation::none) + learned(x), activation);
}

Tensor Lora::update() const { return transpose(matmul(b_, a_), 0, 1) * scale_; }
Tensor Lora::dense() const { return base().dense() + update(); }
Tensor Lora::without(const Tensor& dense) const { return dense - update(); }

bool Lora::changes_nothing() const {
  const NoGrad evaluated;
  return scale_ == 0 || max(abs(b_)).item() == 0 || max(abs(a_)).item() == 0;
}

void Lora::drop(double p, const std::optional<DropoutKey>& key) { dropout_ = p, key_ = p > 0 ? key : std::nullopt; }

}  // namespace grim
