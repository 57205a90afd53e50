// The CPU kernels of the pointwise ops, by name, for the instruction set of this machine.
#pragma once

#include <cstdint>
#include <type_traits>

#include "grimoire/base/dtype.h"

namespace grim::cpu {

inline constexpr int64_t kPointwiseGrain = 32768;  // elements; 4 to 12 us

// y[i] = f(a[i * step_a], b[i * step_b]); y is dense. Steps 0 and 1 are fast.
template <class T>
using BinaryKernel = void (*)(const T* a, int64_t step_a, const T* b, int64_t step_b, T* y, int64_t n);
struct Binary {
  BinaryKernel<float> f32 = nullptr;
  BinaryKernel<double> f64 = nullptr;
  BinaryKernel<int64_t> i64 = nullptr;
  BinaryKernel<int32_t> i32 = nullptr;
  template <class T>
  static constexpr bool takes = std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, int64_t> ||
                                std::is_same_v<T, int32_t>;
  template <class T> BinaryKernel<T> of() const {
    if constexpr (std::is_same_v<T, float>) return f32;
    else if constexpr (std::is_same_v<T, double>) return f64;
    else if constexpr (std::is_same_v<T, int64_t>) return i64;
    else if constexpr (std::is_same_v<T, int32_t>) return i32;
    else return nullptr;
  }
};
struct BinaryTable {
  Binary add, sub, mul, div, minimum, maximum;
  Binary above;  // 1 where a > b, 1/2 where equal, else 0: the share of a in maximum's gradient
};
const BinaryTable& binary();

// y[i] = a[i * step_a] R b[i * step_b], 0 or 1; a and b of the kernel's dtype. Steps 0 and 1 are fast.
using RelationKernel = void (*)(const void* a, int64_t step_a, const void* b, int64_t step_b, uint8_t* y, int64_t n);
struct Relation {
  RelationKernel f32, f64, i64, i32, u8;  // bool is u8; bf16 has none
  RelationKernel of(Dtype dtype) const {
    return dtype == Dtype::f32 ? f32 : dtype == Dtype::f64 ? f64 : dtype == Dtype::i64 ? i64 : dtype == Dtype::i32 ? i32 : u8;
  }
};
struct RelationTable {
  Relation eq, lt, le;
};
const RelationTable& relations();

// y[i] = c[i] ? a[i * step_a] : b[i * step_b] on bits; steps 0 or 1.
void select(const uint8_t* c, const uint32_t* a, int64_t step_a, const uint32_t* b, int64_t step_b, uint32_t* y,
            int64_t n);
void select(const uint8_t* c, const uint64_t* a, int64_t step_a, const uint64_t* b, int64_t step_b, uint64_t* y,
            int64_t n);

}  // namespace grim::cpu
