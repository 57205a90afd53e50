#include "grimoire/base/ggml_blocks.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "grimoire/base/half.h"

namespace grim::ggml {
namespace {

// --- blocks of 32 ----------------------------------------------------------------------------------------------------
// Of 4 and 5 bits: byte i of 16 holds the lower bits of q[i] in its lower half and those of q[i + 16] in its upper; the fifth bits stand before, in four bytes.

constexpr int64_t kBlock = 32, kHalf = kBlock / 2;

// f16, and what follows it.
float take_half(const char*& from) {
  uint16_t half;
  std::memcpy(&half, from, 2);
  from += 2;
  return half_to_float(half);
}
void put_half(float value, char*& to) {
  const uint16_t half = float_to_half(value);
  std::memcpy(to, &half, 2);
  to += 2;
}
// What to multiply by in place of dividing by d: 0 where d is 0 as f16 too.
float inverse(float d) { return std::abs(d) >= 0x1p-126f ? 1 / d : 0; }

template <int bits, bool has_minimum> void decode_block(const char* from, float* x) {
  const float d = take_half(from), m = has_minimum ? take_half(from) : 0;
  uint32_t fifth = 0;
  if constexpr (bits == 5) std::memcpy(&fifth, from, 4), from += 4;
  for (int64_t i = 0; i < kBlock; ++i) {
    const auto byte = static_cast<uint8_t>(from[i % kHalf]);
    const int q = (i < kHalf ? byte & 15 : byte >> 4) | static_cast<int>(fifth >> i & 1u) << 4;
    x[i] = has_minimum ? d * static_cast<float>(q) + m : d * static_cast<float>(q - (1 << (bits - 1)));
  }
}

// Without a minimum d is such that the number of the largest magnitude becomes the lowest q; with one the lowest number is 0, the largest the highest.
template <int bits, bool has_minimum> void encode_block(const float* x, char* to) {
  constexpr int kMiddle = 1 << (bits - 1), kMost = (1 << bits) - 1;
  const auto [low, high] = std::minmax_element(x, x + kBlock);
  const float far = *std::max_element(x, x + kBlock, [](float a, float b) { return std::abs(a) < std::abs(b); });
  const float zero = has_minimum ? *low : 0, d = has_minimum ? (*high - *low) / kMost : far / -kMiddle, times = inverse(d);
  const float shift = has_minimum ? 0.5f : static_cast<float>(kMiddle) + 0.5f;
  put_half(d, to);
  if constexpr (has_minimum) put_half(zero, to);
  uint32_t q[kBlock], fifth = 0;
  for (int64_t i = 0; i < kBlock; ++i) {
    q[i] = static_cast<uint32_t>(std::clamp(static_cast<int>((x[i] - zero) * times + shift), 0, kMost));
    fifth |= (q[i] >> 4) << i;
  }
  if constexpr (bits == 5) std::memcpy(to, &fifth, 4), to += 4;
  for (int64_t i = 0; i < kHalf; ++i) to[i] = static_cast<char>((q[i] & 15u) | (q[i + kHalf] & 15u) << 4);
}

void decode_bytes(const char* from, float* x) {
  const float d = take_half(from);
  for (int64_t i = 0; i < kBlock; ++i) x[i] = static_cast<float>(static_cast<int8_t>(from[i])) * d;
}

// d is the largest magnitude / 127; q is x / d, halves away from zero.
void encode_bytes(const float* x, char* to) {
  float largest = 0;
  for (int64_t i = 0; i < kBlock; ++i) largest = std::max(largest, std::abs(x[i]));
  const float d = largest / 127, times = inverse(d);
  put_half(d, to);
  for (int64_t i = 0; i < kBlock; ++i) to[i] = static_cast<char>(static_cast<int8_t>(std::round(x[i] * times)));
}

// --- blocks of 256 ---------------------------------------------------------------------------------------------------
// Numbers stand in eight groups of 32. Byte l of a run of 32 holds number l of several groups, the first in its lowest bits.

constexpr int64_t kLarge = 256;

uint32_t byte_at(const char* from, int64_t i) { return static_cast<uint8_t>(from[i]); }

struct ScaleAndMinimum {
  uint32_t scale, minimum;
};
// Six bits each of group j, in twelve bytes: of the first four groups in bytes of their own, whose upper two bits belong to the last four groups.
ScaleAndMinimum scale_and_minimum(const char* at, int64_t j) {
  if (j < 4) return {byte_at(at, j) & 63u, byte_at(at, j + 4) & 63u};
  const uint32_t low = byte_at(at, j + 4);
  return {(low & 15u) | (byte_at(at, j - 4) >> 6) << 4, low >> 4 | (byte_at(at, j) >> 6) << 4};
}

// Q4_K: d e scales[12] q[128]; Q5_K has fifth bits [32] before q.
template <int bits> void decode_large_with_minimum(const char* from, float* x) {
  const float d = take_half(from), e = take_half(from);
  const char* const scales = from;
  from += 12;
  const char* const fifth = from;
  if constexpr (bits == 5) from += 32;
  for (int64_t j = 0; j < 8; ++j) {
    const auto [scale, minimum] = scale_and_minimum(scales, j);
    const float ds = d * static_cast<float>(scale), em = e * static_cast<float>(minimum);
    for (int64_t l = 0; l < 32; ++l) {
      uint32_t q = byte_at(from, j / 2 * 32 + l) >> 4 * (j % 2) & 15u;
      if constexpr (bits == 5) q |= (byte_at(fifth, l) >> j & 1u) << 4;
      x[j * 32 + l] = ds * static_cast<float>(q) - em;
    }
  }
}

// scales[16] q[64] d e; a scale's lower half is s, its upper m.
void decode_two_bits(const char* from, float* x) {
  const char* const q = from + 16;
  const char* halves = q + 64;
  const float d = take_half(halves), e = take_half(halves);
  for (int64_t i = 0; i < kLarge; ++i) {
    const uint32_t scale = byte_at(from, i / 16), bits = byte_at(q, i / 128 * 32 + i % 32) >> 2 * (i / 32 % 4) & 3u;
    x[i] = d * static_cast<float>(scale & 15u) * static_cast<float>(bits) - e * static_cast<float>(scale >> 4);
  }
}

// third bits[32] q[64] scales[12] d. A third bit that is not there takes 4 away.
void decode_three_bits(const char* from, float* x) {
  const char *const q = from + 32, *const scales = q + 64;
  const char* half = scales + 12;
  const float d = take_half(half);
  for (int64_t i = 0; i < kLarge; ++i) {
    const int64_t s = i / 16;  // whose lower four bits stand in eight bytes, the upper two in four
    const uint32_t low = byte_at(scales, s % 8) >> 4 * (s / 8) & 15u, high = byte_at(scales, 8 + s % 4) >> 2 * (s / 4) & 3u;
    const auto bits = static_cast<int>(byte_at(q, i / 128 * 32 + i % 32) >> 2 * (i / 32 % 4) & 3u);
    const int third = byte_at(from, i % 32) >> (i / 32) & 1u ? 0 : 4;
    x[i] = d * static_cast<float>(static_cast<int>(low | high << 4) - 32) * static_cast<float>(bits - third);
  }
}

// lower bits[128] upper bits[64] scales[16], signed, d.
void decode_six_bits(const char* from, float* x) {
  const char *const upper = from + 128, *const scales = upper + 64;
  const char* half = scales + 16;
  const float d = take_half(half);
  for (int64_t i = 0; i < kLarge; ++i) {
    const uint32_t low = byte_at(from, i / 128 * 64 + i % 64) >> 4 * (i / 64 % 2) & 15u, high = byte_at(upper, i / 128 * 32 + i % 32) >> 2 * (i / 32 % 4) & 3u;
    x[i] = d * static_cast<float>(static_cast<int8_t>(scales[i / 16])) * static_cast<float>(static_cast<int>(low | high << 4) - 32);
  }
}

// q[64] d, q counted from -1.
void decode_ternary(const char* from, float* x) {
  const char* half = from + 64;
  const float d = take_half(half);
  for (int64_t i = 0; i < kLarge; ++i) x[i] = d * static_cast<float>(static_cast<int>(byte_at(from, i / 128 * 32 + i % 32) >> 2 * (i / 32 % 4) & 3u) - 1);
}
void encode_ternary(const float* x, char* to) {
  float largest = 0;
  for (int64_t i = 0; i < kLarge; ++i) largest = std::max(largest, std::abs(x[i]));
  const float times = inverse(largest);
  std::memset(to, 0, 64);
  for (int64_t i = 0; i < kLarge; ++i) {
    char& byte = to[i / 128 * 32 + i % 32];
    byte = static_cast<char>(byte | (static_cast<int>(std::round(x[i] * times)) + 1) << 2 * (i / 32 % 4));
  }
  to += 64;
  put_half(largest, to);
}

// --- rows of blocks --------------------------------------------------------------------------------------------------

template <int64_t block, int64_t bytes, auto one> void decode_all(const char* from, void* to, int64_t elements) {
  for (float* x = static_cast<float*>(to); elements > 0; elements -= block, from += bytes, x += block) one(from, x);
}
template <int64_t bytes, auto one, int64_t block = kBlock> void encode_all(const float* x, char* to, int64_t elements) {
  for (; elements > 0; elements -= block, to += bytes, x += block) one(x, to);
}

}  // namespace

void decode_q8_0(const char* from, void* to, int64_t elements) { decode_all<kBlock, 34, decode_bytes>(from, to, elements); }
void decode_q4_0(const char* from, void* to, int64_t elements) { decode_all<kBlock, 18, decode_block<4, false>>(from, to, elements); }
void decode_q4_1(const char* from, void* to, int64_t elements) { decode_all<kBlock, 20, decode_block<4, true>>(from, to, elements); }
void decode_q5_0(const char* from, void* to, int64_t elements) { decode_all<kBlock, 22, decode_block<5, false>>(from, to, elements); }
void decode_q5_1(const char* from, void* to, int64_t elements) { decode_all<kBlock, 24, decode_block<5, true>>(from, to, elements); }
void decode_q2_k(const char* from, void* to, int64_t elements) { decode_all<kLarge, 84, decode_two_bits>(from, to, elements); }
void decode_q3_k(const char* from, void* to, int64_t elements) { decode_all<kLarge, 110, decode_three_bits>(from, to, elements); }
void decode_q4_k(const char* from, void* to, int64_t elements) { decode_all<kLarge, 144, decode_large_with_minimum<4>>(from, to, elements); }
void decode_q5_k(const char* from, void* to, int64_t elements) { decode_all<kLarge, 176, decode_large_with_minimum<5>>(from, to, elements); }
void decode_q6_k(const char* from, void* to, int64_t elements) { decode_all<kLarge, 210, decode_six_bits>(from, to, elements); }
void decode_tq2_0(const char* from, void* to, int64_t elements) { decode_all<kLarge, 66, decode_ternary>(from, to, elements); }

void encode_q8_0(const float* from, char* to, int64_t elements) { encode_all<34, encode_bytes>(from, to, elements); }
void encode_q4_0(const float* from, char* to, int64_t elements) { encode_all<18, encode_block<4, false>>(from, to, elements); }
void encode_q4_1(const float* from, char* to, int64_t elements) { encode_all<20, encode_block<4, true>>(from, to, elements); }
void encode_q5_0(const float* from, char* to, int64_t elements) { encode_all<22, encode_block<5, false>>(from, to, elements); }
void encode_q5_1(const float* from, char* to, int64_t elements) { encode_all<24, encode_block<5, true>>(from, to, elements); }
void encode_tq2_0(const float* from, char* to, int64_t elements) { encode_all<66, encode_ternary, kLarge>(from, to, elements); }

}  // namespace grim::ggml
