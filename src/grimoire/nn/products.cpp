#include "grimoire/nn/products.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/nn/linear.h"
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

// f(path, matrix as (out, in), what takes another in its place) for each that fills blocks. A table that an output layer shares is one.
template <class F> void each_quantisable(Module& root, F&& f) {
  std::vector<const Embedding*> shared;
  const auto fills = [](const Tensor& w) { return w.defined() && is_float(w.dtype()) && w.numel() > 0 && w.dim(-1) % device::kBlock == 0; };
  root.visit_modules([&](const std::string& path, Module& module) {
    auto* const layer = dynamic_cast<Linear*>(&module);
    if (!layer) return;
    if (const auto* const tied = dynamic_cast<const Tied*>(&layer->product())) return shared.push_back(&tied->table());
    if (!dynamic_cast<const Dense*>(&layer->product())) return;
    const Tensor w = layer->product().layout() == WeightLayout::out_in ? layer->weight() : view::transpose(layer->weight(), 0, 1);
    if (fills(w)) f(path, w, [layer](const QuantisedMatrix& q) { layer->replace([&](const auto&) { return std::make_unique<Quantised>(q); }); });
  });
  root.visit_modules([&](const std::string& path, Module& module) {
    auto* const table = dynamic_cast<Embedding*>(&module);
    if (!table || std::ranges::find(shared, table) == shared.end() || !fills(table->weight)) return;
    f(path, table->weight, [table](const QuantisedMatrix& q) { table->hold(q); });
  });
}

}  // namespace

int64_t quantise_products(Module& root, BlockType type) {
  std::vector<std::pair<Tensor, std::function<void(const QuantisedMatrix&)>>> found;  // the tree is not changed while it is walked
  each_quantisable(root, [&](const std::string&, const Tensor& w, auto put) { found.emplace_back(w, put); });
  for (auto& [w, put] : found) put(quantised(std::exchange(w, Tensor()), type));
  return std::ssize(found);
}

std::vector<QuantisedPlace> quantised_places(Module& root) {
  std::vector<QuantisedPlace> all;
  each_quantisable(root, [&](const std::string& path, const Tensor& w, auto put) {
    if (w.contiguous()) all.push_back({path + ".weight", w.shape(), put});
  });
  return all;
}

}  // namespace grim
