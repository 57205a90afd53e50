#include "grimoire/classic/class_weights.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/error.h"

namespace grim {
namespace {

std::vector<double> balanced(const Dataset& data) {
  const double total = data.total_weight();
  std::vector<double> weights = data.class_totals();
  const auto K = static_cast<double>(weights.size());
  for (double& w : weights) w = w > 0 ? total / (K * w) : 1.0;
  return weights;
}

// "yes=10,no=1": those that are not named weigh 1.
std::vector<double> by_name(const Dataset& data, const std::string& text, std::string_view who, NoWeight none) {
  std::vector<double> weights(data.classes.size(), 1.0);
  for (const std::string_view part : split(text, ',')) {
    const size_t equals = std::min(part.rfind('='), part.size());
    const std::string_view name = part.substr(0, equals), number = part.substr(std::min(equals + 1, part.size()));
    const auto found = std::ranges::find(data.classes, name);
    if (found == data.classes.end())
      fail(ErrorKind::argument, who, str("no class is called '{}', for which a weight is given", name),
           did_you_mean(name, data.classes, "the classes: " + joined(data.classes)));
    double w = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), w);
    const bool whole = error == std::errc() && stop == number.data() + number.size();
    GRIM_CHECK(whole && std::isfinite(w) && (w > 0 || (w == 0 && none == NoWeight::allowed)), argument, who,
               "weights of classes: got '{}', expected NAME=WEIGHT with a weight {} 0", part, none == NoWeight::allowed ? "from" : "above");
    weights[static_cast<size_t>(found - data.classes.begin())] = w;
  }
  return weights;
}

}  // namespace

std::vector<double> rows_with_class_weights(const Dataset& data, const std::string& text, std::string_view who, NoWeight none) {
  std::vector<double> weight(static_cast<size_t>(data.rows()), 1.0);
  if (!data.weight.empty()) weight = data.weight;
  if (text.empty()) return weight;
  const std::vector<double> of_class = text == "balanced" ? balanced(data) : by_name(data, text, who, none);
  for (size_t r = 0; r < weight.size(); ++r) weight[r] *= of_class[static_cast<size_t>(data.y[r])];
  return weight;
}

}  // namespace grim
