#include "grimoire/adapt/interference.h"

#include <algorithm>
#include <cmath>

namespace grim {

double Interference::Part::cosine(size_t i, size_t j) const {
  const auto k = static_cast<size_t>(std::lround(std::sqrt(static_cast<double>(products.size()))));
  const double lengths = std::sqrt(products[i * k + i] * products[j * k + j]);
  return lengths > 0 ? products[i * k + j] / lengths : 0;
}

double Interference::Part::mean_cosine() const {
  const auto k = static_cast<size_t>(std::lround(std::sqrt(static_cast<double>(products.size()))));
  double sum = 0, pairs = 0;
  for (size_t i = 0; i < k; ++i)
    for (size_t j = i + 1; j < k; ++j) sum += cosine(i, j), ++pairs;
  return pairs > 0 ? sum / pairs : 0;
}

Interference::Part& Interference::part(const std::string& name) {
  const auto at = std::ranges::find(parts, name, &Part::name);
  if (at != parts.end()) return *at;
  return parts.emplace_back(Part{.name = name, .products = std::vector<double>(models * models)});
}

Interference::Part Interference::whole() const {
  Part all{.name = "all", .products = std::vector<double>(models * models)};
  for (const Part& p : parts) {
    all.numbers += p.numbers, all.moved += p.moved, all.disagree += p.disagree;
    for (size_t i = 0; i < all.products.size(); ++i) all.products[i] += p.products[i];
  }
  return all;
}

void add_interference(Interference::Part& part, const Tensor& base, const std::vector<Tensor>& models) {
  const size_t K = models.size();
  std::vector<double> d(K);
  part.numbers += base.numel();
  for (int64_t i = 0; i < base.numel(); ++i) {
    const double b = static_cast<double>(base.data<float>()[i]);
    int up = 0, down = 0;
    for (size_t k = 0; k < K; ++k) {
      d[k] = static_cast<double>(models[k].data<float>()[i]) - b;
      up += d[k] > 0, down += d[k] < 0;
    }
    part.moved += up + down > 1;
    part.disagree += up > 0 && down > 0;
    for (size_t k = 0; k < K; ++k)
      for (size_t j = k; j < K; ++j) part.products[k * K + j] += d[k] * d[j];
  }
  for (size_t k = 0; k < K; ++k)
    for (size_t j = 0; j < k; ++j) part.products[k * K + j] = part.products[j * K + k];
}

}  // namespace grim
