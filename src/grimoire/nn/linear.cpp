#include "grimoire/nn/linear.h"

#include <algorithm>

#include "grimoire/base/str.h"
#include "grimoire/op/linear_cross_entropy.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {

Linear::Linear(const std::string& name, Module& parent, std::unique_ptr<Product> product, const Tensor& initial_bias)
    : Module(name, parent), product_(std::move(product)) {
  adopt(*product_);
  if (initial_bias.defined()) add_bias("bias", initial_bias);
}

Linear::Linear(const std::string& name, Module& parent, const Tensor& initial_weight, const Tensor& initial_bias)
    : Linear(name, parent, std::make_unique<Dense>(initial_weight), initial_bias) {}

Linear::Linear(const std::string& name, Module& parent, int64_t in, int64_t out, Rng& rng, Dtype dtype)
    : Linear(name, parent, std::make_unique<Dense>(uniform_init({in, out}, fan_in_bound(in), rng, dtype))) {
  add_bias("bias", uniform_init({out}, fan_in_bound(in), rng, dtype));
}

Linear::Linear(const std::string& name, Module& parent, InParent, const Tensor& initial_weight)
    : Module(name, parent, TensorNames::in_parent), product_(std::make_unique<Dense>(initial_weight, WeightLayout::in_out, "weight_" + name)) {
  adopt(*product_);
}

void Linear::add_bias(const std::string& tensor_name, const Tensor& initial) { bias_ = parameter(tensor_name, initial); }

std::unique_ptr<Product> Linear::take_product() {
  release(*product_);
  return std::move(product_);
}

void Linear::set_product(std::unique_ptr<Product> product) {
  GRIM_CHECK(product, argument, "linear", "got no product, expected one in the old one's place; the model has to be built anew");
  product_ = std::move(product);
  adopt(*product_);
}

namespace {
bool is_plain(const Linear& layer) { return layer.weight().defined() && !Tap::looks(); }
Affine affine(const Linear& layer, Activation activation) { return {layer.product().dense(), layer.bias(), activation}; }
}  // namespace

std::vector<Tensor> outputs_of(std::initializer_list<const Linear*> layers, const Tensor& x) {
  std::vector<Tensor> y;
  if (std::ranges::all_of(layers, [](const Linear* layer) { return is_plain(*layer); })) {
    std::vector<Affine> all;
    for (const Linear* layer : layers) all.push_back(affine(*layer, Activation::none));
    return linear(x, all);
  }
  for (const Linear* layer : layers) y.push_back((*layer)(x));
  return y;
}

Tensor gated(const Linear& gate, Activation activation, const Linear& layer, const Tensor& x) {
  if (is_plain(gate) && is_plain(layer)) return gated_linear(x, affine(gate, activation), affine(layer, Activation::none));
  const Tensor y = layer(x);
  return gate(x, activation) * y;
}

Linear& linear_at(Module& root, std::string_view path) {
  std::vector<std::string> known;
  Linear* found = nullptr;
  root.visit_modules([&](const std::string& name, Module& module) {
    auto* const layer = dynamic_cast<Linear*>(&module);
    if (!layer) return;
    if (name == path) found = layer;
    known.push_back(name);
  });
  if (found) return *found;
  fail(ErrorKind::argument, "linear", str("there is no linear layer '{}' among {}", path, known.size()),
       did_you_mean(path, known, "visit_modules names all layers"));
}

namespace {

// f(weight, other room for it) for every matrix that a layer multiplies by, which then is that room: a step of decoding is fastest along what it adds up.
// Gives their number.
template <class F> int64_t rebind_products(Module& root, Dtype dtype, F&& f) {
  int64_t count = 0;
  root.visit_modules([&](const std::string&, Module& module) {
    const auto* const layer = dynamic_cast<const Linear*>(&module);
    const Tensor w = layer ? layer->weight() : Tensor();
    if (!w.defined()) return;
    const bool rows = layer->product().layout() == WeightLayout::out_in;
    if (rows && w.dtype() == dtype) return;
    const Tensor room = rows ? Tensor::empty(w.shape(), dtype) : view::transpose(Tensor::empty({w.dim(1), w.dim(0)}, dtype), 0, 1);
    f(w, room);
    w.rebind(room);
    ++count;
  });
  return count;
}

}  // namespace

int64_t round_products_to_bf16(Module& root) {
  return rebind_products(root, Dtype::bf16, [](const Tensor& w, const Tensor& narrow) { copy_into(narrow, w); });
}

int64_t hold_products_in_bf16(Module& root) {
  return rebind_products(root, Dtype::bf16, [](const Tensor&, const Tensor&) {});
}

std::vector<Rounded> round_frozen_to_bf16(Module& root) {
  std::vector<Rounded> all;
  for (const NamedTensor& t : root.frozen()) {
    if (t.tensor.ndim() < 2 || t.tensor.dtype() != Dtype::f32) continue;
    const Rounded r = all.emplace_back(t.tensor, view::alias(t.tensor), Tensor::empty(t.tensor.shape(), Dtype::bf16));
    copy_into(r.narrow, r.exact);
    t.tensor.rebind(r.narrow);
  }
  return all;
}

void turn_products(Module& root) {
  rebind_products(root, Dtype::f32, [](const Tensor& w, const Tensor& turned) { copy_into(turned, w); });
}

Tensor head_cross_entropy(const Linear& head, const Tensor& x, const Tensor& targets, const CrossEntropyOptions& options) {
  constexpr int64_t kChunk = 512;  // rows
  const Product& product = head.product();
  if (const Tensor w = product.weight(); w.defined() && !head.bias().defined() && !Tap::looks())
    return linear_cross_entropy(x, w, product.layout() == WeightLayout::out_in ? HeadLayout::vocabulary_rows : HeadLayout::vocabulary_columns,
                                targets, options);
  if (x.dim(0) <= kChunk || options.reduction == Reduction::none) return cross_entropy(head(x), targets, options);
  CrossEntropyOptions summed = options;
  summed.reduction = Reduction::sum;
  Tensor total;
  for (int64_t at = 0; at < x.dim(0); at += kChunk) {
    const int64_t end = std::min(at + kChunk, x.dim(0));
    const Tensor part = cross_entropy(head(slice(x, 0, at, end)), slice(targets, 0, at, end), summed);
    total = total.defined() ? total + part : part;
  }
  if (options.reduction == Reduction::sum) return total;
  const double counted = sum(where(eq(targets, static_cast<double>(options.ignore_index)), Tensor::scalar(0.0), Tensor::scalar(1.0))).item();
  return total * (1 / counted);
}

}  // namespace grim
