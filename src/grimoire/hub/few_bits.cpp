#include "grimoire/hub/few_bits.h"

#include <algorithm>
#include <cstring>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/str.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/module_names.h"
#include "grimoire/nn/linear.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

struct FewBits {
  std::string_view stored;  // as files call it
  BlockType block;
  WeightType weights;
};
constexpr FewBits kFewBits[] = {{"Q8_0", BlockType::q8_0, WeightType::q8_0}, {"Q4_0", BlockType::q4_0, WeightType::q4_0}};

const TensorSource* named(const std::vector<TensorSource>& sources, const std::string& name) {
  const auto found = std::ranges::find_if(sources, [&](const TensorSource& s) { return same_tensor(s.name, name); });
  return found == sources.end() ? nullptr : &*found;
}

}  // namespace

std::optional<BlockType> few_bits_of(const TensorSource& source, WeightType products) {
  for (const FewBits& few : kFewBits)
    if (products == WeightType::automatic ? source.stored && source.stored->name == few.stored : few.weights == products) return few.block;
  return std::nullopt;
}

WeightType weight_type(BlockType type) { return std::ranges::find(kFewBits, type, &FewBits::block)->weights; }

QuantisedMatrix quantised(const TensorSource& source, BlockType type, WeightLayout layout) {
  const bool kept = source.stored && source.bytes && layout == WeightLayout::out_in && few_bits_of(source, WeightType::automatic) == type;
  if (!kept) return quantised(layout == WeightLayout::out_in ? source.read() : view::transpose(source.read(), 0, 1), type);
  const std::string bytes = source.bytes();
  const Tensor blocks = Tensor::empty({std::ssize(bytes)}, Dtype::u8);
  std::memcpy(blocks.raw(), bytes.data(), bytes.size());
  return quantised(blocks, type, source.shape[0], source.shape[1]);
}

void hold_base(Pretrained& model, const AdapterConfig& config) {
  if (!config.base_in_few_bits() || quantised_numbers(model) > 0) return;
  const WeightType wanted = config.base_weights();
  const std::optional<WeightSources> base = config.base.empty() ? std::nullopt : std::optional<WeightSources>(std::in_place, config.base);
  int64_t held = 0;
  for (const QuantisedPlace& place : quantised_places(model)) {
    const std::string path = place.path.substr(0, place.path.rfind('.'));
    if (place.table || is_of(place.path, config.saved)) continue;
    const Linear& layer = linear_at(model, path);
    if (is_output_layer(path, layer)) continue;
    const TensorSource* const source = base ? named(base->all, place.path) : nullptr;
    const std::optional<BlockType> type = source ? few_bits_of(*source, wanted) : block_type(wanted);
    if (!type || (base && (!source || source->shape != place.shape))) continue;
    const auto own = [&] { return place.layout == WeightLayout::out_in ? layer.weight() : view::transpose(layer.weight(), 0, 1); };
    place.put(source ? quantised(*source, *type, place.layout) : quantised(own(), *type));
    ++held;
  }
  if (held > 0) return;
  const bool stored = wanted == WeightType::automatic;
  fail(ErrorKind::argument, "adapter",
       str(GRIM_SETTING("base-dtype={}") ": {} {}", stored ? "auto" : name_of(wanted), config.base,
           stored ? "holds no matrix of a layer in Q8_0 or Q4_0" : str("has no layer whose rows are a multiple of {}", device::kBlock)),
       stored ? "say which of them its matrices are to be rounded to: q8_0 or q4_0" : "leave it out");
}

std::vector<TensorSource> beside_few_bits(Module& model, std::vector<TensorSource> sources) {
  for (const QuantisedLayer& layer : quantised_layers(model))
    std::erase_if(sources, [&](const TensorSource& s) { return same_tensor(s.name, layer.path); });
  return sources;
}

}  // namespace grim
