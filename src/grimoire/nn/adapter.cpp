#include "grimoire/nn/adapter.h"

#include <utility>

#include "grimoire/autograd/tape.h"
#include "grimoire/tensor/copy.h"

namespace grim {

Dtype Adapter::learned_dtype() const {
  const Tensor w = base_->weight();
  return w.defined() && w.dtype() == Dtype::f64 ? Dtype::f64 : Dtype::f32;
}

std::unique_ptr<Product> Adapter::base_of(std::unique_ptr<Product> adapter) {
  auto& own = static_cast<Adapter&>(*adapter);
  own.release(*own.base_);
  return std::move(own.base_);
}

std::unique_ptr<Product> Adapter::base_with(std::unique_ptr<Product> adapter, const Tensor& dense) {
  std::unique_ptr<Product> base = base_of(std::move(adapter));
  if (!base->owns_weight()) return std::make_unique<Dense>(copy(dense));
  copy_into(base->dense(), dense);
  return base;
}

void merge_adapter(Linear& layer) {
  const Adapter* const adapter = Adapter::of(layer);
  if (!adapter) return;
  const NoGrad evaluated;
  const Tensor dense = adapter->dense(), bias = adapter->bias(layer.bias());
  if (bias.defined()) copy_into(layer.bias(), bias);
  layer.replace([&](std::unique_ptr<Product> old) { return Adapter::base_with(std::move(old), dense); });
}

void remove_adapter(Linear& layer) {
  const Adapter* const adapter = Adapter::of(layer);
  if (!adapter) return;
  const NoGrad evaluated;
  const Tensor dense = adapter->without(adapter->base().dense());
  if (layer.bias().defined()) copy_into(layer.bias(), adapter->bias_without(layer.bias()));
  layer.replace([&](std::unique_ptr<Product> old) { return Adapter::base_with(std::move(old), dense); });
}

void take_off_adapter(Linear& layer) {
  if (Adapter::of(layer)) layer.replace(Adapter::base_of);
}

}  // namespace grim
