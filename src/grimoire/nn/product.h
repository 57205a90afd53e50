// Product: how a layer multiplies. The matrix of every Linear stands behind one, so that another can be put in its place after the model was
// built: an adapter over the one that is there, a quantised matrix, a shard. Replacing comes before Parameters are made of the model.
#pragma once

#include <utility>

#include "grimoire/nn/embedding.h"
#include "grimoire/nn/module.h"
#include "grimoire/op/linear.h"

namespace grim {

enum class WeightLayout : uint8_t {
  in_out,  // (in, out): GPT-2's checkpoints, ours
  out_in,  // (out, in): PyTorch's Linear, output layers over a vocabulary
};

struct Product : Module {
  // act(x W + bias): x (..., in), bias (out,) or undefined, gives (..., out).
  virtual Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const = 0;
  // W (in, out) as it acts now; may be a view of a parameter, or made anew.
  virtual Tensor dense() const = 0;
  virtual Shape shape() const { return dense().shape(); }  // of W (in, out)
  // W itself in `layout`, where it is one tensor that fused paths may read and send gradients to (a loss over a vocabulary); else undefined.
  virtual Tensor weight() const { return {}; }
  virtual WeightLayout layout() const { return WeightLayout::in_out; }
  virtual QuantisedMatrix quantised() const { return {}; }  // W itself, where it is one of few bits
  // Whether what is learned beside it can be added into its numbers: not where they are another layer's.
  virtual bool owns_weight() const { return weight().defined(); }
};

// One parameter, called `tensor_name` in the layer's place: "fc.weight".
struct Dense final : Product {
  explicit Dense(const Tensor& initial, WeightLayout layout = WeightLayout::in_out, const std::string& tensor_name = "weight")
      : weight_(parameter(tensor_name, initial)), layout_(layout) {}
  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override { return linear(x, dense(), bias, activation); }
  Tensor dense() const override;
  Tensor weight() const override { return weight_; }
  WeightLayout layout() const override { return layout_; }

 private:
  Tensor weight_;
  WeightLayout layout_;
};

// The transpose of an embedding's table (V, C), taken anew at each call: an output layer that shares it (Press and Wolf 2017). It owns nothing;
// `table` must outlive it.
struct Tied final : Product {
  explicit Tied(const Embedding& table) : table_(table) {}
  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override;
  Tensor dense() const override;
  Tensor weight() const override { return table_.weight; }
  WeightLayout layout() const override { return WeightLayout::out_in; }
  Shape shape() const override;
  QuantisedMatrix quantised() const override { return table_.quantised; }
  const Embedding& table() const { return table_; }
  bool owns_weight() const override { return false; }

 private:
  const Embedding& table_;
};

// A matrix of few bits, of a layer whose tensor lies in `layout` in files. It is no parameter: nothing is learned of it.
struct Quantised final : Product {
  explicit Quantised(QuantisedMatrix matrix, WeightLayout layout = WeightLayout::out_in) : matrix_(std::move(matrix)), layout_(layout) {}
  Tensor apply(const Tensor& x, const Tensor& bias, Activation activation) const override { return linear(x, {{}, bias, activation, matrix_}); }
  Tensor dense() const override;  // made anew, f32
  Shape shape() const override { return {matrix_.in, matrix_.out}; }
  WeightLayout layout() const override { return layout_; }
  QuantisedMatrix quantised() const override { return matrix_; }

 private:
  QuantisedMatrix matrix_;
  WeightLayout layout_;
};

}  // namespace grim
