#include "grimoire/nn/layer_numbers.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "grimoire/base/str.h"

namespace grim {

std::optional<int64_t> layer_in(std::string_view parameter) {
  for (const std::string_view part : split(parameter, '.')) {
    int64_t number = 0;
    if (const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number); error == std::errc() && end == part.data() + part.size())
      return number;
  }
  return {};
}

int64_t layers_of(const Module& model) {
  int64_t layers = 0;
  model.visit([&](const std::string& name, const Tensor&, Module::Kind) { layers = std::max(layers, layer_in(name).value_or(-1) + 1); });
  return layers;
}

}  // namespace grim
