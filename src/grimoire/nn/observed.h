// What flows into a model's layers, added up while it reads: squares of each input, by which rounding of a matrix is judged.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/nn/linear.h"

namespace grim {

// Over any product: the same numbers, looked at on the way.
class Observed final : public Product {
 public:
  explicit Observed(std::unique_ptr<Product> base) : squares(static_cast<size_t>(base->shape()[0])), base_(std::move(base)) { adopt(*base_); }
  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override;
  Tensor dense() const override { return base_->dense(); }
  WeightLayout layout() const override { return base_->layout(); }
  Shape shape() const override { return base_->shape(); }

  mutable std::vector<double> squares;  // of each input, over all rows
  mutable int64_t rows = 0;

 private:
  std::unique_ptr<Product> base_;
};

struct ObservedLayer {
  std::string path;
  const Observed* product;
};
std::vector<ObservedLayer> observe_layers(Module& root);  // all of them, from now on

}  // namespace grim
