// A set of strings with a number each, as a double array (Aoe 1989, "An efficient digital search algorithm by using a double-array structure") in the
// layout of Darts-clone, which SentencePiece's files hold: a trie with one 32-bit unit a node. A unit bears the byte that leads to its node (bits 0 to
// 7), whether a string ends there (bit 8), and an offset (bits 10 to 30, times 256 where bit 9 is set). From the node at i with offset o the byte b leads
// to the unit i ^ o ^ b, if that one bears b; the unit i ^ o holds the number of the string that ends at i, bit 31 set. Byte 0 is written as 0xff, which
// no UTF-8 has.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace grim {

class DoubleArray {
 public:
  DoubleArray() = default;  // of no strings
  // As a file has it, perhaps broken: a walk ends where a unit leads outside.
  explicit DoubleArray(std::vector<uint32_t> units) : units_(std::move(units)) {}
  // Of strings, none twice there, and numbers below 2^31; what is empty is left out.
  // throws: input, more strings than the layout can hold (some million bytes of them)
  static DoubleArray of(std::span<const std::string_view> strings, std::span<const uint32_t> numbers);

  // How a byte is written.
  static uint8_t label(char byte) { return byte == 0 ? 0xff : static_cast<uint8_t>(byte); }

  // f(bytes, number) for every string of the set that begins the text, the shortest first.
  template <class F> void each_prefix(std::string_view text, F&& f) const {
    if (units_.empty()) return;
    size_t at = offset(units_[0]);
    for (size_t i = 0; i < text.size(); ++i) {
      const uint8_t byte = label(text[i]);
      at ^= byte;
      if (at >= units_.size() || (units_[at] & (kNumber | 0xff)) != byte) return;
      const uint32_t unit = units_[at];
      at ^= offset(unit);
      if (!(unit & kEnds)) continue;
      if (at >= units_.size()) return;
      f(i + 1, units_[at] & ~kNumber);
    }
  }
  // Does a string of the set begin with the text?
  bool leads(std::string_view text) const {
    size_t at = units_.empty() ? 0 : offset(units_[0]);
    for (const char c : text) {
      at ^= label(c);
      if (at >= units_.size() || (units_[at] & (kNumber | 0xff)) != label(c)) return false;
      at ^= offset(units_[at]);
    }
    return true;
  }
  // May a string of the set hold the byte behind its first? False when none does; of a broken array it may be true of others.
  bool goes_on_with(char byte) const;
  const std::vector<uint32_t>& units() const { return units_; }

 private:
  friend class DoubleArrayBuilder;
  static constexpr uint32_t kNumber = 1u << 31, kFar = 1u << 9, kEnds = 1u << 8;
  static size_t offset(uint32_t unit) { return (unit & ~kNumber) >> 10 << ((unit & kFar) >> 6); }
  std::vector<uint32_t> units_;
};

}  // namespace grim
