// What a text, or a pair of texts, became: one entry a token in every list.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/text/aligned_text.h"

namespace grim {

enum class Side : uint8_t { left, right };

struct TokenTruncation {
  enum class Strategy : uint8_t { longest_first, only_first, only_second };
  int64_t max_length = 512, stride = 0;  // tokens, with those around the texts; shared between windows
  Strategy strategy = Strategy::longest_first;
  Side side = Side::right;  // where it is cut
};
struct TokenPadding {
  std::optional<int64_t> length = {};  // of every encoding; nothing: of the longest of a batch
  std::optional<int64_t> multiple_of = {};
  int64_t id = 0, type_id = 0;
  std::string token = "[PAD]";
  Side side = Side::right;

  size_t length_for(size_t longest) const;  // what a batch is padded to whose longest encoding has so many tokens
};

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
  void pad(size_t length, const TokenPadding& padding);
};

// Cuts a text, or a text and its pair, so that `around` more tokens find room. throws: input, what may be cut is too short, or the stride too long
void truncate(const TokenTruncation& t, int64_t around, Encoding& first, Encoding* second);

// The offsets in characters (code points) instead of bytes, as Python counts them.
std::vector<ByteRange> character_offsets(const Encoding& encoding, std::string_view text, std::string_view pair = {});

// 1 for each token of the text that shares a byte with a range, else 0.
std::vector<uint8_t> tokens_within(const Encoding& encoding, std::span<const ByteRange> ranges);

}  // namespace grim
