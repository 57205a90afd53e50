#include "grimoire/model/with_layers.h"

#include <algorithm>
#include <charconv>

#include "grimoire/base/error.h"
#include "grimoire/model/register.h"

namespace grim {
namespace {

// Where the number of a layer stands in a name: behind "encoder.layer.", as in "bert.encoder.layer.3.output.dense.weight".
struct Numbered {
  size_t begin = 0, end = 0;
  int64_t layer = -1;  // none
};
Numbered numbered(const std::string& name, std::string_view before) {
  const size_t at = name.find(before);
  if (at == name.npos || (at > 0 && name[at - 1] != '.')) return {};
  Numbered n{.begin = at + before.size(), .end = name.find('.', at + before.size())};
  if (n.end == name.npos) return {};
  if (const auto [end, error] = std::from_chars(name.data() + n.begin, name.data() + n.end, n.layer); error != std::errc() || end != name.data() + n.end)
    return {};
  return n;
}

}  // namespace

std::unique_ptr<Pretrained> with_layers(const Pretrained& model, std::span<const int64_t> layers) {
  Json config = model.config();
  const ConfigShapes shapes = architecture_of(config).from_json(config)->shapes();
  GRIM_CHECK(shapes.layers.size() == 1, argument, "layers", "a {} has no one run of layers to take some of", config.text("model_type"));
  const auto [before, key, count] = shapes.layers[0];
  GRIM_CHECK(!layers.empty(), argument, "layers", "no layer is named, expected some of 0 to {}", count - 1);
  for (auto l = layers.begin(); l != layers.end(); ++l) {
    GRIM_CHECK(*l >= 0 && *l < count, argument, "layers", "there is no layer {}, expected 0 to {}", *l, count - 1);
    GRIM_CHECK(std::find(layers.begin(), l, *l) == l, argument, "layers", "layer {} is named twice, expected each at most once", *l);
  }
  config.set(std::string(key), std::ssize(layers));
  std::vector<NamedTensor> kept;
  for (const NamedTensor& t : model.checkpoint()) {
    const Numbered n = numbered(t.name, before);
    if (n.layer < 0) {
      kept.push_back(t);
      continue;
    }
    const auto at = std::ranges::find(layers, n.layer);
    if (at != layers.end()) kept.push_back({t.name.substr(0, n.begin) + std::to_string(at - layers.begin()) + t.name.substr(n.end), t.tensor});
  }
  Rng nothing_drawn(RngMode::unset, 0);
  std::unique_ptr<Pretrained> some = build_model(config, nothing_drawn);
  some->load(kept, "the model");
  return some;
}

std::vector<int64_t> layer_numbers(const std::string& words) {
  std::vector<int64_t> numbers;
  for (const std::string_view part : split(words, ',')) {
    const std::string_view word = trimmed(part);
    int64_t number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    GRIM_CHECK(!word.empty() && error == std::errc() && end == word.data() + word.size(), argument, "layers", "got '{}', expected numbers as in 0,2,4", words);
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace grim
