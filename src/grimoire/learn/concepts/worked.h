// What several families need to work their examples out: numbers as tensors of double, and as text.
#pragma once

#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/learn/concept.h"
#include "grimoire/tensor/tensor.h"

namespace grim::learn {

inline Tensor vector_of(const std::vector<double>& v) { return Tensor::from(v, {static_cast<int64_t>(v.size())}); }
inline Tensor matrix_of(const std::vector<std::vector<double>>& rows) {
  std::vector<double> flat;
  for (const auto& row : rows) flat.insert(flat.end(), row.begin(), row.end());
  return Tensor::from(flat, {static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())});
}

inline std::string list_of(const std::vector<double>& v, size_t most = 6, const char* between = ", ") {
  std::string text;
  for (size_t i = 0; i < v.size() && i < most; ++i) text += str("{}{:.6g}", i ? between : "", v[i]);
  return v.size() > most ? text + between + "..." : text;
}

// A bar for each of the first few, numbered from `first` on.
inline Bars bars_of(std::string title, const std::vector<double>& values, size_t most = 5, size_t first = 0) {
  Bars b{std::move(title), {}, {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(std::min(most, values.size()))}};
  for (size_t i = 0; i < b.values.size(); ++i) b.labels.push_back(str("{}", first + i));
  return b;
}

// For pictures: f over so many places from low to high, and the reader's own place on it.
template <class F> Series curve(double low, double high, F&& f, std::string name = "", int places = 121) {
  Series s{.name = std::move(name), .x = {}, .y = {}};
  for (int i = 0; i < places; ++i) {
    s.x.push_back(low + (high - low) * i / (places - 1));
    s.y.push_back(f(s.x.back()));
  }
  return s;
}
// Widens a picture's range to hold the reader's place, if that leaves the curve wide enough to be seen. For its title: where the place is.
inline std::string make_room(double x, double& low, double& high, double most = 6) {
  const double from = std::min(low, x), to = std::max(high, x);
  if (to - from > most * (high - low)) return str("; x = {:.6g} lies beyond the {} edge", x, x > high ? "right" : "left");
  low = from, high = to;
  return "; o: here";
}
inline Series point(double x, double y) { return {.name = "", .x = {x}, .y = {y}, .points = true}; }

// p_1 x p_2 x ... = product as a step; gives the sum of the logs.
inline double step_of_product(const std::vector<double>& p, Worked& out) {
  double logs = 0;
  std::string terms;
  for (size_t i = 0; i < p.size(); ++i) {
    logs += std::log(p[i]);
    if (i < 8) terms += str("{}{:.6g}", i ? " x " : "", p[i]);
  }
  out.step(terms + (p.size() > 8 ? " x ..." : "") + str(" = {:.8g}", std::exp(logs)));
  return logs;
}

}  // namespace grim::learn
