#include <algorithm>
#include <cmath>
#include <ostream>

#include "grimoire/tensor/tensor.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

constexpr int64_t kEdge = 3;        // entries shown at each end of a long axis
constexpr int64_t kWholeUpTo = 1000;  // elements; a larger tensor is cut

struct Style {
  bool cut = false;
  bool integers = true;
  bool scientific = false;
  size_t width = 1;
};

std::string element(const Tensor& x, const Style& style) {
  if (!is_float(x.dtype()) && x.dtype() != Dtype::boolean) return str("{}", x.to_vector<int64_t>()[0]);
  const double v = x.item();
  if (x.dtype() == Dtype::boolean) return v != 0 ? "true" : "false";
  if (!std::isfinite(v)) return std::isnan(v) ? "nan" : v > 0 ? "inf" : "-inf";
  if (style.integers) return str("{:.0f}.", v);
  return style.scientific ? str("{:.4e}", v) : str("{:.4f}", v);
}

template <class F> void each_shown(const Tensor& x, bool cut, F&& f) {
  if (x.ndim() == 0) return f(x);
  const int64_t n = x.shape()[0];
  for (int64_t i = 0; i < n; ++i) {
    if (cut && n > 2 * kEdge && i == kEdge) i = n - kEdge;
    each_shown(view::select(x, 0, i), cut, f);
  }
}

std::string body(const Tensor& x, const Style& style, size_t indent) {
  if (x.ndim() == 0) {
    const std::string s = element(x, style);
    return std::string(style.width > s.size() ? style.width - s.size() : 0, ' ') + s;
  }
  const int64_t n = x.shape()[0];
  const bool cut = style.cut && n > 2 * kEdge;
  const std::string gap = x.ndim() == 1 ? ", " : "," + std::string(static_cast<size_t>(x.ndim() - 1), '\n') +
                                                     std::string(indent + 1, ' ');
  std::string s = "[";
  for (int64_t i = 0; i < n; ++i) {
    if (i) s += gap;
    if (cut && i == kEdge) {
      s += "...";
      i = n - kEdge - 1;
      continue;
    }
    s += body(view::select(x, 0, i), style, indent + 1);
  }
  return s + "]";
}

}  // namespace

std::string to_string(const Tensor& t) {
  if (!t.defined()) return "tensor(undefined)";
  Style style;
  style.cut = t.numel() > kWholeUpTo;
  double largest = 0, smallest = INFINITY;
  each_shown(t, style.cut, [&](const Tensor& e) {
    const double v = std::abs(e.item());
    if (!std::isfinite(v)) return;
    style.integers = style.integers && v == std::floor(v) && v < 1e6;
    largest = std::max(largest, v);
    if (v > 0) smallest = std::min(smallest, v);
  });
  style.scientific = largest >= 1e5 || (smallest < 1e-4 && largest < 1e-2) || largest / smallest > 1e7;
  each_shown(t, style.cut, [&](const Tensor& e) { style.width = std::max(style.width, element(e, style).size()); });
  if (t.ndim() == 0) style.width = 0;
  std::string s = "tensor(" + (t.numel() ? body(t, style, 7) : std::string("[]"));
  if (t.numel() == 0 || style.cut) s += str(", shape {}", t.shape());
  return s + str(", {})", name_of(t.dtype()));
}

std::ostream& operator<<(std::ostream& out, const Tensor& t) { return out << to_string(t); }

}  // namespace grim
