#include "grimoire/tensor/finite.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

// A number is not finite when every bit of its exponent is set.
template <class Bits> int64_t count(const Tensor& x, Bits exponent) {
  const Tensor dense = contiguous(x);
  const auto* const bits = reinterpret_cast<const Bits*>(dense.raw());
  int64_t n = 0;
  for (int64_t i = 0; i < dense.numel(); ++i) n += (bits[i] & exponent) == exponent;
  return n;
}

}  // namespace

int64_t count_not_finite(const Tensor& x) {
  switch (x.dtype()) {
    case Dtype::f32: return count<uint32_t>(x, 0x7f800000u);
    case Dtype::f64: return count<uint64_t>(x, 0x7ff0000000000000u);
    case Dtype::bf16: return count<uint16_t>(x, 0x7f80u);
    default: return 0;
  }
}

int64_t count_below_zero(const Tensor& x) {
  const Tensor dense = contiguous(x);
  return visit(x.dtype(), [&](auto zero) {
    const auto* const v = dense.data<decltype(zero)>();
    return static_cast<int64_t>(std::count_if(v, v + dense.numel(), [](auto value) { return static_cast<float>(value) < 0; }));
  });
}

std::optional<Fault> fault_of_numbers(const NamedTensor& t, const std::string& source) {
  const int64_t bad = count_not_finite(t.tensor);
  if (bad == 0) return std::nullopt;
  return Fault{str("[checkpoint] {}: tensor '{}': {} of its {} numbers are NaN or infinite", source, t.name, bad, t.tensor.numel()),
               "training went wrong before it was saved, or the file was damaged: take an earlier checkpoint", t.name};
}

void check_finite(const NamedTensor& t, const std::string& source) {
  if (const std::optional<Fault> fault = fault_of_numbers(t, source)) throw Error(ErrorKind::input, fault->problem, fault->hint);
}

}  // namespace grim
