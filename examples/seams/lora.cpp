#include "lora.h"

using namespace grim;

// A starts small and random, B at 0: at first nothing changes.
Lora::Lora(std::unique_ptr<Product> base, int64_t rank, double alpha, Rng& rng) : base_(std::move(base)), scale_(alpha / static_cast<double>(rank)) {
  adopt(*base_);
  const Tensor w = base_->dense();
  a_ = parameter("lora_A", normal_init({w.dim(0), rank}, 0.02, rng, w.dtype()));
  b_ = parameter("lora_B", Tensor::zeros({rank, w.dim(1)}, w.dtype()));
}

Tensor Lora::apply(const Tensor& x, const Tensor& bias, Activation activation) const {
  return activate(base_->apply(x, bias, Activation::none) + linear(linear(x, a_), b_) * scale_, activation);
}

Tensor Lora::dense() const { return base_->dense() + matmul(a_, b_) * scale_; }

std::vector<NamedTensor> add_lora(Module& model, const std::vector<std::string>& ends, int64_t rank, double alpha, Rng& rng) {
  std::vector<std::string> paths;
  model.visit_modules([&](const std::string& path, Module& module) {
    if (dynamic_cast<Linear*>(&module))
      for (const std::string& end : ends)
        if (path.ends_with(end)) paths.push_back(path);
  });
  for (const std::string& path : paths)
    linear_at(model, path).replace([&](std::unique_ptr<Product> base) { return std::make_unique<Lora>(std::move(base), rank, alpha, rng); });
  std::vector<NamedTensor> added;
  for (const NamedTensor& p : model.parameters()) {
    if (p.name.find(".lora_") != std::string::npos) added.push_back(p);
    else requires_grad(p.tensor, false);
  }
  return added;
}
