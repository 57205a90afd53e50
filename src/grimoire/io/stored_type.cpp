#include "grimoire/io/stored_type.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "grimoire/base/ggml_blocks.h"
#include "grimoire/base/half.h"
#include "grimoire/base/reader.h"
#include "grimoire/base/str.h"

namespace grim {

namespace {

template <class T> T load(const char* from) {
  T v;
  std::memcpy(&v, from, sizeof(T));
  return v;
}

template <class From, class To> void widen(const char* from, void* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) static_cast<To*>(to)[i] = static_cast<To>(load<From>(from + i * static_cast<int64_t>(sizeof(From))));
}
void decode_bool(const char* from, void* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) static_cast<bool*>(to)[i] = from[i] != 0;
}
void decode_half(const char* from, void* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) static_cast<float*>(to)[i] = half_to_float(load<uint16_t>(from + 2 * i));
}

// --- numbers of eight bits -------------------------------------------------------------------------------------------
// A sign, an exponent and `Fraction` bits: (-1)^s 2^(e - Bias) 1.f, or 2^(1 - Bias) 0.f where e is 0. What has no finite value differs:
//   ieee  the largest exponent holds infinities and NaN (E5M2)
//   fn    all ones is NaN, nothing is infinite (E4M3 as machines have it: OCP 8-bit floating point specification)
//   fnuz  the pattern of -0 is the only NaN, nothing is infinite

enum class Special { ieee, fn, fnuz };

template <int Fraction, int Bias, Special special> float small_float(unsigned byte) {
  constexpr unsigned kOnes = (1u << Fraction) - 1, kTop = 127u >> Fraction;
  const unsigned exponent = (byte & 127u) >> Fraction, fraction = byte & kOnes;
  const float sign = byte & 128u ? -1.f : 1.f;
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
  if (special == Special::ieee && exponent == kTop) return fraction ? kNan : sign * kInfinity;
  if (special == Special::fn && exponent == kTop && fraction == kOnes) return kNan;
  if (special == Special::fnuz && byte == 128u) return kNan;
  const float whole = static_cast<float>(exponent ? fraction + (1u << Fraction) : fraction);
  return sign * std::ldexp(whole, static_cast<int>(std::max(exponent, 1u)) - Bias - Fraction);
}
float power_of_two(unsigned byte) { return byte == 255 ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.f, static_cast<int>(byte) - 127); }

template <auto value> void decode_byte(const char* from, void* to, int64_t n) {
  static const std::array<float, 256> values = [] {
    std::array<float, 256> v{};
    for (unsigned i = 0; i < 256; ++i) v[i] = value(i);
    return v;
  }();
  for (int64_t i = 0; i < n; ++i) static_cast<float*>(to)[i] = values[static_cast<uint8_t>(from[i])];
}

void encode_f32(const float* x, char* to, int64_t n) { std::memcpy(to, x, static_cast<size_t>(n) * sizeof(float)); }
template <class T, auto round> void encode_rounded(const float* x, char* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const T v = round(x[i]);
    std::memcpy(to + i * static_cast<int64_t>(sizeof(T)), &v, sizeof(T));
  }
}

template <auto weighted> void unweighted(const float* x, char* to, int64_t n) { weighted(x, nullptr, to, n); }

// --- the table -------------------------------------------------------------------------------------------------------

constexpr auto kNone = std::nullopt;
constexpr auto kE4m3 = small_float<3, 7, Special::fn>, kE5m2 = small_float<2, 15, Special::ieee>;
constexpr auto kE4m3Fnuz = small_float<3, 8, Special::fnuz>, kE5m2Fnuz = small_float<2, 16, Special::fnuz>;

constexpr StoredType kTypes[] = {
    {"F64", 1, 8, Dtype::f64, nullptr, 28, true},
    {"F32", 1, 4, Dtype::f32, nullptr, 0, true, encode_f32},
    {"BF16", 1, 2, Dtype::bf16, nullptr, 30, true, encode_rounded<Bf16, [](float v) { return Bf16(v); }>},
    {"F16", 1, 2, Dtype::f32, decode_half, 1, true, encode_rounded<uint16_t, float_to_half>},
    {"I64", 1, 8, Dtype::i64, nullptr, 27, true},
    {"I32", 1, 4, Dtype::i32, nullptr, 26, true},
    {"I16", 1, 2, Dtype::i32, widen<int16_t, int32_t>, 25, true},
    {"I8", 1, 1, Dtype::i32, widen<int8_t, int32_t>, 24, true},
    {"U8", 1, 1, Dtype::u8, nullptr, -1, true},
    {"U16", 1, 2, Dtype::i32, widen<uint16_t, int32_t>, -1, true},
    {"U32", 1, 4, Dtype::i64, widen<uint32_t, int64_t>, -1, true},
    {"U64", 1, 8, Dtype::i64, nullptr, -1, true},  // beyond 2^63 refused where tensors are read
    {"BOOL", 1, 1, Dtype::boolean, decode_bool, -1, true},
    {"F8_E4M3", 1, 1, Dtype::f32, decode_byte<kE4m3>, -1, true},
    {"F8_E5M2", 1, 1, Dtype::f32, decode_byte<kE5m2>, -1, true},
    {"F8_E4M3FNUZ", 1, 1, Dtype::f32, decode_byte<kE4m3Fnuz>, -1, true},
    {"F8_E5M2FNUZ", 1, 1, Dtype::f32, decode_byte<kE5m2Fnuz>, -1, true},
    {"F8_E8M0", 1, 1, Dtype::f32, decode_byte<power_of_two>, -1, true},
    {"Q8_0", 32, 34, Dtype::f32, ggml::decode_q8_0, 8, false, ggml::encode_q8_0},
    {"Q4_0", 32, 18, Dtype::f32, ggml::decode_q4_0, 2, false, ggml::encode_q4_0},
    {"Q4_1", 32, 20, Dtype::f32, ggml::decode_q4_1, 3, false, ggml::encode_q4_1},
    {"Q5_0", 32, 22, Dtype::f32, ggml::decode_q5_0, 6, false, ggml::encode_q5_0},
    {"Q5_1", 32, 24, Dtype::f32, ggml::decode_q5_1, 7, false, ggml::encode_q5_1},
    {"Q2_K", 256, 84, Dtype::f32, ggml::decode_q2_k, 10},
    {"Q3_K", 256, 110, Dtype::f32, ggml::decode_q3_k, 11},
    {"Q4_K", 256, 144, Dtype::f32, ggml::decode_q4_k, 12, false, unweighted<ggml::encode_q4_k>, ggml::encode_q4_k},
    {"Q5_K", 256, 176, Dtype::f32, ggml::decode_q5_k, 13, false, unweighted<ggml::encode_q5_k>, ggml::encode_q5_k},
    {"Q6_K", 256, 210, Dtype::f32, ggml::decode_q6_k, 14, false, unweighted<ggml::encode_q6_k>, ggml::encode_q6_k},
    {"TQ2_0", 256, 66, Dtype::f32, ggml::decode_tq2_0, 35, false, ggml::encode_tq2_0},
    // known by size alone
    {"C64", 1, 8, kNone, nullptr, -1, true},
    {"F4", 2, 1, kNone, nullptr, -1, true},
    {"F6_E2M3", 4, 3, kNone, nullptr, -1, true},
    {"F6_E3M2", 4, 3, kNone, nullptr, -1, true},
    {"Q8_1", 32, 40, kNone, nullptr, 9},
    {"Q8_K", 256, 292, kNone, nullptr, 15},
    {"IQ2_XXS", 256, 66, kNone, nullptr, 16},
    {"IQ2_XS", 256, 74, kNone, nullptr, 17},
    {"IQ3_XXS", 256, 98, kNone, nullptr, 18},
    {"IQ1_S", 256, 50, kNone, nullptr, 19},
    {"IQ4_NL", 32, 18, kNone, nullptr, 20},
    {"IQ3_S", 256, 110, kNone, nullptr, 21},
    {"IQ2_S", 256, 82, kNone, nullptr, 22},
    {"IQ4_XS", 256, 136, kNone, nullptr, 23},
    {"IQ1_M", 256, 56, kNone, nullptr, 29},
    {"TQ1_0", 256, 54, kNone, nullptr, 34},
    {"MXFP4", 32, 17, kNone, nullptr, 39},
    {"NVFP4", 64, 36, kNone, nullptr, 40},
    {"Q1_0", 128, 18, kNone, nullptr, 41},
};

}  // namespace

const StoredType* stored_type(std::string_view name) {
  for (const StoredType& t : kTypes)
    if (t.name == name) return &t;
  return nullptr;
}

const StoredType* stored_type_of_ggml(uint32_t number) {
  for (const StoredType& t : kTypes)
    if (t.ggml >= 0 && static_cast<uint32_t>(t.ggml) == number) return &t;
  return nullptr;
}

const StoredType& stored_type_of(Dtype dtype) {
  if (dtype == Dtype::boolean) return *stored_type("BOOL");
  return *std::find_if(std::begin(kTypes), std::end(kTypes), [&](const StoredType& t) { return !t.decode && t.becomes == dtype; });
}

namespace {
template <class F> std::string names_of(F&& wanted, const char* between) {
  std::string all;
  for (const StoredType& t : kTypes)
    if (wanted(t)) all += all.empty() ? t.name : str("{}{}", between, t.name);
  return all;
}
}  // namespace

std::string_view readable_types() {
  static const std::string names = names_of([](const StoredType& t) { return t.becomes.has_value(); }, " ");
  return names;
}
std::string written_types() { return names_of([](const StoredType& t) { return t.encode != nullptr; }, ", "); }

std::string stored_bytes(const StoredType& type, const Shape& shape, uint64_t& bytes) {
  uint64_t reach = 1, count = 1;  // `reach` takes empty axes as 1: strides are made of it
  for (int64_t size : shape) {
    const auto n = static_cast<uint64_t>(size);
    if (!multiply(reach, std::max<uint64_t>(n, 1), reach) || reach > kMostElements) return "more elements than 2^48";
    count *= n;
  }
  const auto block = static_cast<uint64_t>(type.block);
  bytes = count / block * static_cast<uint64_t>(type.bytes);
  return count % block == 0 ? "" : str("{} elements do not fill whole blocks of {}", count, block);
}

}  // namespace grim
