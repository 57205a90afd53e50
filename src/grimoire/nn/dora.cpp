#include "grimoire/nn/dora.h"

#include <utility>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"

namespace grim {

Dora::Dora(std::unique_ptr<Product> product, int64_t rank, double scale, Rng& rng) : Lora(std::move(product), rank, scale, rng) {
  const int64_t out = b().dim(0);
  magnitude_ = parameter("lora_magnitude_vector", rng.mode() == RngMode::unset ? Tensor::empty({out}, learned_dtype()) : lengths(base().dense()));
}

Tensor Dora::lengths(const Tensor& v) const {
  const NoGrad constant;
  return sqrt(sum(square(widened(v)), 0));
}

// m / |V| (x W + s (x A') B') + b: the columns of V are never made for the product, only for their lengths.
Tensor Dora::apply(const Tensor& x, const Tensor& bias, Activation activation) const {
  Tensor length;
  {
    const NoGrad constant;
    length = lengths(widened(base().dense()) + widened(update()));
  }
  Tensor y = (base().apply(x, {}, Activation::none) + learned(x)) * (magnitude_ / length);
  if (bias.defined()) y = y + bias;
  return activate(y, activation);
}

Tensor Dora::dense() const {
  const Tensor v = widened(base().dense()) + widened(update());
  return v * (magnitude_ / lengths(v));
}

Tensor Dora::without(const Tensor&) const {
  fail(ErrorKind::argument, "dora", "a matrix that DoRA has made cannot be taken back: the lengths that it divided by are kept nowhere",
       "keep the folder of the base");
}

bool Dora::changes_nothing() const {
  const NoGrad evaluated;
  return Lora::changes_nothing() && max(abs(magnitude_ - lengths(base().dense()))).item() == 0;
}

}  // namespace grim
