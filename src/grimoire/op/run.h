// The door to kernels: an op's x.cpp knows shapes, checks and mathematics, and calls GRIM_RUN(softmax, x, y), which is
// cpu::softmax(x, y) of x_cpu.h. Kernels take dense Tensors and own dtypes, chunks and SIMD.
#pragma once

#include "grimoire/tensor/tensor.h"

namespace grim {

// All tensors among the operands live in one place. throws: state
template <class... Operands> void check_one_device(const char* kernel, const Operands&... operands) {
  const Tensor* first = nullptr;
  const auto check = [&](const auto& x) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(x)>, Tensor>) {
      if (!x.defined()) return;
      if (!first) first = &x;
      GRIM_CHECK(x.device() == first->device(), state, kernel, "operands lie on different devices");
    }
  };
  (check(operands), ...);
}

// With a second device this is where the choice will be made.
#define GRIM_RUN(kernel, ...)                             \
  ([](const auto&... operands) -> decltype(auto) {        \
    ::grim::check_one_device(#kernel, operands...);       \
    return ::grim::cpu::kernel(operands...);              \
  }(__VA_ARGS__))

}  // namespace grim
