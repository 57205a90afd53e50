#include "grimoire/base/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "grimoire/base/error.h"

namespace grim {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::array<int8_t, 256> sextets() {
  std::array<int8_t, 256> values{};
  values.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  return values;
}

}  // namespace

std::string from_base64(std::string_view text, std::string_view where) {
  static const std::array<int8_t, 256> values = sextets();
  std::string_view digits = text;
  for (int i = 0; i < 2 && digits.ends_with('='); ++i) digits.remove_suffix(1);
  GRIM_CHECK(text.size() % 4 == 0 && text.size() - digits.size() <= 2, input, "base64", "{}: {} characters of base64: expected a multiple of 4", where,
             text.size());
  std::string bytes;
  bytes.reserve(digits.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : digits) {
    const int8_t value = values[static_cast<uint8_t>(c)];
    GRIM_CHECK(value >= 0, input, "base64", "{}: byte 0x{:02x} is not of its alphabet", where, static_cast<unsigned>(static_cast<uint8_t>(c)));
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < n ? static_cast<uint8_t>(bytes[at + i]) : 0u);
    for (size_t i = 0; i < 4; ++i) text += i <= n ? kAlphabet[bits >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

}  // namespace grim
