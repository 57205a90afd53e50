// What the kernel files share. A kernel file has one shape: functors and loops in the part that is compiled for
// each instruction set, which exports one table of row functions; Tensor entries, choice of dtype and chunks once, under HWY_ONCE.
#pragma once

#include <type_traits>

#include "grimoire/tensor/tensor.h"

namespace grim::cpu {

template <class T> T* data_or_null(const Tensor& t) { return t.defined() ? t.data<T>() : nullptr; }

template <class F32, class F64> struct ByDtype {
  F32 f32;
  F64 f64;
  template <class T> auto of() const {
    static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>);
    if constexpr (std::is_same_v<T, float>) return f32;
    else return f64;
  }
};

}  // namespace grim::cpu
