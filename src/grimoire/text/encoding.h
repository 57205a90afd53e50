// What a text, or a pair of texts, became: one entry a token in every list.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "grimoire/text/aligned_text.h"

namespace grim {

enum class Side : uint8_t { left, right };

struct Encoding {
  std::vector<int64_t> ids, type_ids;
  std::vector<ByteRange> offsets;      // bytes of the text that it is from; 0, 0 for tokens that stand in no text
  std::vector<int32_t> words;          // number of the word, or -1
  std::vector<int8_t> sequences;       // 0 the text, 1 its pair, -1 neither
  std::vector<uint8_t> special, attention;
  std::vector<Encoding> overflowing;   // what truncation cut off, in windows of their own

  size_t size() const { return ids.size(); }
  void reserve(size_t tokens);
  void push(int64_t id, ByteRange offset, int32_t word, int64_t type_id, int8_t sequence, bool is_special);
  void append(const Encoding& other);  // windows of both are combined, each with each
  // Keeps `length` tokens; the rest goes to `overflowing`, in windows of that length that share `stride` tokens with the one before.
  // throws: argument, a stride that is not below the length
  void truncate(size_t length, size_t stride, Side cut);
  void pad(size_t length, int64_t id, int64_t type_id, Side side);
};

// The offsets in characters (code points) instead of bytes, as Python counts them.
std::vector<ByteRange> character_offsets(const Encoding& encoding, std::string_view text, std::string_view pair = {});

}  // namespace grim
