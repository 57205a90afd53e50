// Quantisation-aware training: a layer multiplies by its matrix as few bits would hold it (op/fake_quantise.h), while what is trained stays exact.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "grimoire/nn/linear.h"
#include "grimoire/op/fake_quantise.h"

namespace grim {

// Over one that owns its matrix. Until it is turned on it multiplies by that itself.
class FakeQuantised final : public Product {
 public:
  FakeQuantised(std::unique_ptr<Product> base, FakeBits bits) : base_(std::move(base)), bits_(bits) { adopt(*base_); }

  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override { return linear(x, dense(), bias, activation); }
  Tensor dense() const override;
  Tensor weight() const override { return on_ ? Tensor() : base_->weight(); }
  WeightLayout layout() const override { return base_->layout(); }
  Shape shape() const override { return base_->shape(); }
  bool owns_weight() const override { return base_->owns_weight(); }

  void turn(bool on) { on_ = on; }
  Tensor exact() const { return base_->weight(); }  // what is trained, in `layout`
  Tensor as_held() const;                           // what it acts as, likewise

 private:
  std::unique_ptr<Product> base_;
  FakeBits bits_;
  bool on_ = false;
};

// Puts them over the layers that `which` names and whose rows fill blocks: their number.
int64_t fake_quantise_layers(Module& root, FakeBits bits, const std::function<bool(const std::string& path, const Linear& layer)>& which);
std::vector<FakeQuantised*> fake_quantised(Module& root);

}  // namespace grim
