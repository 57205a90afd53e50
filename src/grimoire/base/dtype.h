// Element types, and the one place that turns a run-time dtype into a C++ type.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>

#include "grimoire/base/error.h"

namespace grim {

enum class Dtype : uint8_t { f32, f64, bf16, i64, i32, u8, boolean };

// bfloat16: the upper half of a float32. Conversion from float rounds to nearest even; NaN stays NaN.
struct Bf16 {
  uint16_t bits = 0;
  Bf16() = default;
  explicit Bf16(float value) {
    const uint32_t u = std::bit_cast<uint32_t>(value);
    if ((u & 0x7fffffffu) > 0x7f800000u)
      bits = static_cast<uint16_t>((u >> 16) | 0x40u);
    else
      bits = static_cast<uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
};

// to[i] = from[i] in a type that holds every number of `from`'s.
template <class From, class To> void put_wide(const From* from, int64_t n, To* to) {
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<To>(from[i]);
}

constexpr int64_t size_of(Dtype d) {
  switch (d) {
    case Dtype::f64: case Dtype::i64: return 8;
    case Dtype::f32: case Dtype::i32: return 4;
    case Dtype::bf16: return 2;
    default: return 1;
  }
}
constexpr const char* name_of(Dtype d) {
  switch (d) {
    case Dtype::f32: return "f32";
    case Dtype::f64: return "f64";
    case Dtype::bf16: return "bf16";
    case Dtype::i64: return "i64";
    case Dtype::i32: return "i32";
    case Dtype::u8: return "u8";
    default: return "bool";
  }
}
// Of its name. throws: argument
inline Dtype dtype_named(std::string_view name) {
  for (const Dtype d : {Dtype::f32, Dtype::f64, Dtype::bf16, Dtype::i64, Dtype::i32, Dtype::u8, Dtype::boolean})
    if (name == name_of(d)) return d;
  fail(ErrorKind::argument, "dtype", str("got '{}', expected f32, f64, bf16, i64, i32, u8 or bool", name));
}
constexpr Dtype computed_in(Dtype d) { return d == Dtype::bf16 ? Dtype::f32 : d; }  // what comes of such numbers
constexpr bool is_float(Dtype d) { return d == Dtype::f32 || d == Dtype::f64 || d == Dtype::bf16; }

template <class T> struct DtypeOf;
template <> struct DtypeOf<float> { static constexpr Dtype value = Dtype::f32; };
template <> struct DtypeOf<double> { static constexpr Dtype value = Dtype::f64; };
template <> struct DtypeOf<Bf16> { static constexpr Dtype value = Dtype::bf16; };
template <> struct DtypeOf<int64_t> { static constexpr Dtype value = Dtype::i64; };
template <> struct DtypeOf<int32_t> { static constexpr Dtype value = Dtype::i32; };
template <> struct DtypeOf<uint8_t> { static constexpr Dtype value = Dtype::u8; };
template <> struct DtypeOf<bool> { static constexpr Dtype value = Dtype::boolean; };
template <class T> inline constexpr Dtype dtype_of = DtypeOf<T>::value;

// visit(dtype, [&](auto zero) { using T = decltype(zero); ... }) over every dtype.
template <class F> decltype(auto) visit(Dtype d, F&& f) {
  switch (d) {
    case Dtype::f32: return f(float{});
    case Dtype::f64: return f(double{});
    case Dtype::bf16: return f(Bf16{});
    case Dtype::i64: return f(int64_t{});
    case Dtype::i32: return f(int32_t{});
    case Dtype::u8: return f(uint8_t{});
    default: return f(bool{});
  }
}

// The two dtypes that gradients flow through; `op` names the caller in the error.
template <class F> decltype(auto) visit_float(const char* op, Dtype d, F&& f) {
  GRIM_CHECK(d == Dtype::f32 || d == Dtype::f64, dtype, op, "dtype not supported: got {}, expected f32 or f64",
             name_of(d));
  return d == Dtype::f32 ? f(float{}) : f(double{});
}

inline void check_float(const char* op, Dtype d) { visit_float(op, d, [](auto) {}); }

// The dtypes that index: token ids, labels, positions.
template <class F> decltype(auto) visit_index(const char* op, Dtype d, F&& f) {
  GRIM_CHECK(d == Dtype::i64 || d == Dtype::i32, dtype, op, "dtype not supported: got {}, expected i64 or i32",
             name_of(d));
  return d == Dtype::i64 ? f(int64_t{}) : f(int32_t{});
}

}  // namespace grim
