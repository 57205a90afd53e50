#include "grimoire/nn/products.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/nn/adapter.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
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

constexpr const char* kNames[] = {"auto", "f32", "bf16", "q8_0", "q4_0"};  // in the order of WeightType

}  // namespace

const char* name_of(WeightType type) { return kNames[static_cast<size_t>(type)]; }

WeightType weight_type_named(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name);
  GRIM_CHECK(found != std::end(kNames), argument, "weights", "got '{}', expected auto, f32, bf16, q8_0 or q4_0", name);
  return static_cast<WeightType>(found - kNames);
}

std::optional<BlockType> block_type(WeightType type) {
  if (type == WeightType::q8_0) return BlockType::q8_0;
  return type == WeightType::q4_0 ? std::optional(BlockType::q4_0) : std::nullopt;
}

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

namespace {

// A matrix that fills blocks: of a layer, also one beneath an adapter, or of a table that an output layer shares.
struct Quantisable {
  std::string path;
  Tensor w;             // (out, in)
  WeightLayout layout;  // in which its own tensor lies
  bool table;
  std::function<void(const QuantisedMatrix&)> put;
};

const Product& innermost(const Linear& layer) { return Adapter::of(layer) ? Adapter::of(layer)->base() : layer.product(); }

void replace_innermost(Linear& layer, const QuantisedMatrix& q, WeightLayout layout) {
  const auto made = [&](const auto&) { return std::make_unique<Quantised>(q, layout); };
  if (Adapter* const adapter = Adapter::of(layer)) adapter->replace_base(made);
  else layer.replace(made);
}

// The tree may be changed while they are walked.
std::vector<Quantisable> all_quantisable(Module& root) {
  std::vector<Quantisable> all;
  std::vector<const Embedding*> shared;
  const auto fills = [](const Tensor& w) { return w.defined() && is_float(w.dtype()) && w.numel() > 0 && w.dim(-1) % device::kBlock == 0; };
  root.visit_modules([&](const std::string& path, Module& module) {
    auto* const layer = dynamic_cast<Linear*>(&module);
    if (!layer) return;
    const Product& product = innermost(*layer);
    if (const auto* const tied = dynamic_cast<const Tied*>(&product)) return shared.push_back(&tied->table());
    if (!dynamic_cast<const Dense*>(&product)) return;
    const WeightLayout layout = product.layout();
    const Tensor w = layout == WeightLayout::out_in ? product.weight() : view::transpose(product.weight(), 0, 1);
    if (fills(w)) all.push_back({path, w, layout, false, [layer, layout](const QuantisedMatrix& q) { replace_innermost(*layer, q, layout); }});
  });
  root.visit_modules([&](const std::string& path, Module& module) {
    auto* const table = dynamic_cast<Embedding*>(&module);
    if (!table || std::ranges::find(shared, table) == shared.end() || !fills(table->weight)) return;
    all.push_back({path, table->weight, WeightLayout::out_in, true, [table](const QuantisedMatrix& q) { table->hold(q); }});
  });
  return all;
}

}  // namespace

int64_t quantise_products(Module& root, BlockType type) {
  std::vector<Quantisable> found = all_quantisable(root);
  for (Quantisable& q : found) q.put(quantised(std::exchange(q.w, Tensor()), type));
  return std::ssize(found);
}

std::vector<QuantisedPlace> quantised_places(Module& root) {
  std::vector<QuantisedPlace> all;
  for (const Quantisable& q : all_quantisable(root)) {
    const bool rows = q.layout == WeightLayout::out_in;
    all.push_back({q.path + ".weight", rows ? q.w.shape() : Shape{q.w.dim(1), q.w.dim(0)}, q.layout, q.table, q.put});
  }
  return all;
}

std::vector<QuantisedLayer> quantised_layers(Module& root) {
  std::vector<QuantisedLayer> all;
  root.visit_modules([&](const std::string& path, Module& module) {
    const auto* const layer = dynamic_cast<const Linear*>(&module);
    if (const auto* const held = layer ? dynamic_cast<const Quantised*>(&innermost(*layer)) : nullptr) all.push_back({path + ".weight", held->quantised()});
  });
  return all;
}

int64_t quantised_numbers(Module& root) {
  int64_t n = 0;
  for (const QuantisedLayer& layer : quantised_layers(root)) n += layer.matrix.in * layer.matrix.out;
  return n;
}

}  // namespace grim
