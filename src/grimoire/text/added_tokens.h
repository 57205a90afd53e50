// Tokens that are found in a text before anything else is done to it: "<|endoftext|>", "[MASK]".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"

namespace grim {

struct AddedToken {
  int64_t id = 0;
  std::string content;
  bool single_word = false;         // only where no \w stands before or behind it
  bool lstrip = false, rstrip = false;  // takes the white space to its left, right
  bool normalized = true;           // looked for in the normalised text, as what its content normalises to
  bool special = false;             // left out of what is decoded
  bool in_text = true;              // looked for at all; no part of the JSON, for which it is always so

  static AddedToken from_json(const Json& json);
  Json to_json() const;
};

// Finds the leftmost, longest of a set of tokens.
class AddedTokenFinder {
 public:
  struct Piece {
    size_t begin, end;
    int32_t id;  // -1: text between tokens
  };
  void add(std::string_view content, const AddedToken& token);  // an empty one is left out
  bool empty() const { return tokens_.empty(); }
  // The text in pieces, none of them empty. `skip_special`: special tokens are text too.
  void split(std::string_view text, bool skip_special, std::vector<Piece>& pieces) const;

 private:
  struct Node {
    std::vector<std::pair<uint8_t, int32_t>> children;
    int32_t token = -1;
  };
  struct Entry {
    int32_t id;
    bool single_word, lstrip, rstrip, special;
  };
  size_t next_candidate(std::string_view text, size_t from) const;
  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::vector<Entry> tokens_;
  std::array<bool, 256> begins_{};
  int begins_count_ = 0;
  char only_ = 0;  // the one first byte, where there is one
};

}  // namespace grim
