// Reader: little-endian numbers and text out of a block of bytes, or of a file that is too large for memory, every step checked against
// what is left. All parsers of binary files go through it; an error names the file, the place and what was being read.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "grimoire/base/files.h"

namespace grim {

class Reader {
 public:
  // `file` is for messages. The bytes must outlive the reader and the text it hands out.
  Reader(std::string_view bytes, std::string_view file) : bytes_(bytes), file_(file), size_(bytes.size()) {}
  // Reads piece by piece; the text it hands out lives until the next call. `from` must outlive the reader.
  Reader(InFile& from, std::string_view file) : from_(&from), file_(file), size_(static_cast<uint64_t>(from.size())) {}

  // u32 n = reader.read<uint32_t>("tensor count"). throws: input, fewer bytes are left
  template <class T> T read(std::string_view what) {
    static_assert(std::is_arithmetic_v<T> && std::endian::native == std::endian::little);
    T value;
    std::memcpy(&value, take(sizeof(T), what).data(), sizeof(T));
    return value;
  }
  std::string_view take(uint64_t bytes, std::string_view what);
  void skip(uint64_t bytes, std::string_view what);
  void align(uint64_t to, std::string_view what);                           // forward to a multiple of `to`
  void expect(std::string_view magic, std::string_view what);               // these very bytes
  // A number that must lie in [low, high]: sizes and counts, before anything is allocated for them.
  template <class T> T read_between(T low, T high, std::string_view what) {
    const T value = read<T>(what);
    if (value < low || value > high)
      refuse_range(what, std::to_string(value), std::to_string(low), std::to_string(high));
    return value;
  }

  uint64_t offset() const { return at_; }
  uint64_t remaining() const { return size_ - at_; }
  bool at_end() const { return remaining() == 0; }
  // throws Error(input): "[read] FILE: at byte 8: header length: got 99, expected at most 52"
  [[noreturn]] void refuse(std::string_view what, const std::string& problem) const;

 private:
  [[noreturn]] void refuse_range(std::string_view what, const std::string& got, const std::string& low,
                                 const std::string& high) const;
  std::string_view ahead(uint64_t bytes);  // that many of those that are left
  std::string_view bytes_;
  InFile* from_ = nullptr;
  std::string piece_;         // of from_, beginning at piece_at_
  uint64_t piece_at_ = 0;
  std::string file_;
  uint64_t size_, at_ = 0;
};

// a * b, or false when it does not fit: for sizes that a file claims.
inline bool multiply(uint64_t a, uint64_t b, uint64_t& product) { return !__builtin_mul_overflow(a, b, &product); }

}  // namespace grim
