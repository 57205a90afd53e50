#include "grimoire/nn/fake_quantised.h"

#include "grimoire/op/view.h"

namespace grim {
namespace {

Tensor turned(const Tensor& w, WeightLayout layout) { return layout == WeightLayout::out_in ? w : transpose(w, 0, 1); }

}  // namespace

Tensor FakeQuantised::as_held() const { return on_ ? turned(fake_quantise(turned(exact(), layout()), bits_), layout()) : exact(); }

Tensor FakeQuantised::dense() const {
  const Tensor w = as_held();
  return layout() == WeightLayout::in_out ? w : transpose(w, 0, 1);
}

int64_t fake_quantise_layers(Module& root, FakeBits bits, const std::function<bool(const std::string& path, const Linear& layer)>& which) {
  std::vector<Linear*> found;
  root.visit_modules([&](const std::string& path, Module& module) {
    auto* const layer = dynamic_cast<Linear*>(&module);
    const auto* const product = layer ? dynamic_cast<const Dense*>(&layer->product()) : nullptr;
    if (product && fits_fake_blocks(bits, product->shape()[0]) && which(path, *layer)) found.push_back(layer);
  });
  for (Linear* const layer : found) layer->replace([&](std::unique_ptr<Product> old) { return std::make_unique<FakeQuantised>(std::move(old), bits); });
  return std::ssize(found);
}

std::vector<FakeQuantised*> fake_quantised(Module& root) {
  std::vector<FakeQuantised*> all;
  root.visit_modules([&](const std::string&, Module& module) {
    auto* const layer = dynamic_cast<Linear*>(&module);
    if (auto* const product = layer ? dynamic_cast<FakeQuantised*>(const_cast<Product*>(&layer->product())) : nullptr) all.push_back(product);
  });
  return all;
}

}  // namespace grim
