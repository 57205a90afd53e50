#pragma once

#include <initializer_list>
#include <memory>
#include <vector>

#include "grimoire/nn/init.h"
#include "grimoire/nn/product.h"
#include "grimoire/nn/tap.h"
#include "grimoire/op/cross_entropy.h"

namespace grim {

// y = act(x W + b).
struct Linear : Module {
  // Weight and bias from U(-1 / sqrt(in), 1 / sqrt(in)), as PyTorch's Linear.
  Linear(const std::string& name, Module& parent, int64_t in, int64_t out, Rng& rng, Dtype dtype = Dtype::f32);
  // The caller chooses the initial numbers (nn/init.h), weight (in, out); an undefined bias means none.
  Linear(const std::string& name, Module& parent, const Tensor& initial_weight, const Tensor& initial_bias);
  Linear(const std::string& name, Module& parent, std::unique_ptr<Product> product, const Tensor& initial_bias = {});
  // The weight stands among the parent's own tensors, as weight_NAME: the gates of recurrent cells, as PyTorch calls them.
  struct InParent {};
  Linear(const std::string& name, Module& parent, InParent, const Tensor& initial_weight);
  void add_bias(const std::string& tensor_name, const Tensor& initial);  // to a layer without one

  Tensor operator()(const Tensor& x, Activation activation = Activation::none) const {
    return tapped(*this, product().apply(x, bias_, activation));
  }

  const Product& product() const {
    GRIM_CHECK(product_, state, "linear", "this layer has no product: its replacement failed half-way, so that the model has to be built anew");
    return *product_;
  }
  Tensor weight() const { return product().weight(); }  // undefined where W is not one tensor
  const Tensor& bias() const { return bias_; }
  // Puts `make(what is there now)` in its place. Tensors that it brings need names of their own: Parameters and save refuse two of one name.
  template <class F> void replace(F&& make) { set_product(make(take_product())); }

 private:
  std::unique_ptr<Product> take_product();
  void set_product(std::unique_ptr<Product> product);
  std::unique_ptr<Product> product_;
  Tensor bias_;
};

// What layers that read the same x give, and act(gate(x)) * layer(x): op/linear.h's forms of several where each has one matrix and no tap looks.
std::vector<Tensor> outputs_of(std::initializer_list<const Linear*> layers, const Tensor& x);
Tensor gated(const Linear& gate, Activation activation, const Linear& layer, const Tensor& x);

// The Linear at a dotted path, "transformer.h.0.attn.c_attn". throws: argument, with the nearest paths of Linears
Linear& linear_at(Module& root, std::string_view path);

// Rounds the matrices that layers multiply by to bf16, an output layer's table among them, and gives their number: a step of decoding reads half as much.
// What is computed stays f32; linear (op/linear.h) says what a row is rounded to on the way. For evaluation: nothing is trained through such a matrix.
int64_t round_products_to_bf16(Module& root);
// The same of a model whose numbers are loaded next: there is room for rounded ones alone, never for f32.
int64_t hold_products_in_bf16(Module& root);
// The same of frozen tensors of two or more axes, tables among them, where they lie: what they are to layers that are trained.
struct Rounded {
  Tensor tensor, exact, narrow;  // the tensor looks at the last; before it looked at the second
};
std::vector<Rounded> round_frozen_to_bf16(Module& root);
// Lays matrices in f32 (in, out) the other way round in memory, where a step of decoding reads them at the speed of memory. For evaluation, as above.
void turn_products(Module& root);

// Mean cross-entropy of head(x), x (N, C): fused where the head is one matrix, without ever holding (N, V) logits, else by chunks of rows, whose
// logits the tape keeps while it records. A tap that looks sees the head as any layer, which then takes the second way.
Tensor head_cross_entropy(const Linear& head, const Tensor& x, const Tensor& targets, const CrossEntropyOptions& options = {});

inline Tensor zero_bias(int64_t out, Dtype dtype = Dtype::f32) { return Tensor::zeros({out}, dtype); }
inline Tensor no_bias() { return {}; }

}  // namespace grim
