// A small net whose layers adapters are put beside, and what is checked of each kind of them.
#pragma once

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/adapter.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"
#include "support/op_case.h"

namespace grim::test {

struct AdaptedNet : Module {
  AdaptedNet(Rng& rng, Dtype dtype) : table("wte", *this, 9, 5, rng, dtype), fc("fc", *this, 5, 5, rng, dtype),
      head("head", *this, std::make_unique<Tied>(table)) {}
  Tensor operator()(const Tensor& ids) const { return head(fc(table(ids), Activation::gelu)); }
  Embedding table;
  Linear fc, head;
};

struct AdaptedNetTest : ::testing::Test {
  Rng rng{RngMode::philox, 1, "lora"};
  Tensor ids = Tensor::from(std::vector<int64_t>{1, 4, 6, 1}, {4});

  template <class Kind, class... Settings> void put(Module& net, const std::string& path, const Settings&... settings) {
    linear_at(net, path).replace([&](std::unique_ptr<Product> old) {
      if constexpr (std::is_constructible_v<Kind, std::unique_ptr<Product>, const Settings&..., Rng&>)
        return std::make_unique<Kind>(std::move(old), settings..., rng);
      else
        return std::make_unique<Kind>(std::move(old), settings...);
    });
  }
  // As if it had learned: tensors whose names end so are moved by drawn numbers of that size.
  void draw(const Module& net, const std::string& end, double size = 1) {
    for (const NamedTensor& p : net.parameters())
      if (p.name.ends_with(end)) copy_into(p.tensor, p.tensor + randn(p.tensor.shape(), rng, p.tensor.dtype()) * size);
  }
  // f64: the gradient of every parameter along a drawn direction, beside the slope of `value`, which may hold numbers still that the net does not.
  void check_gradients(const AdaptedNet& net, const std::function<Tensor()>& value) {
    const Tensor weights = randn({4, 9}, rng, Dtype::f64);
    backward(sum(net(ids) * weights));
    for (const NamedTensor& p : net.parameters()) {
      const Tensor direction = randn(p.tensor.shape(), rng, Dtype::f64), at = copy(p.tensor);
      const auto moved = [&](double by) {
        const NoGrad evaluated;
        copy_into(p.tensor, at + direction * by);
        return sum(value() * weights).item();
      };
      constexpr double kStep = 1e-6;
      const double slope = (moved(kStep) - moved(-kStep)) / (2 * kStep);
      moved(0);
      EXPECT_NEAR(sum(grad(p.tensor) * direction).item(), slope, 1e-7 * std::max(1.0, std::abs(slope))) << p.name;
    }
  }
  static double furthest(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }
};

}  // namespace grim::test
