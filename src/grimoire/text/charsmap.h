// SentencePiece's table of rewrites ("precompiled_charsmap"): what stands for a character or a few, normal forms and more, in one binary block that its
// .model files and tokenizer.json (base64) carry.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "grimoire/text/aligned_text.h"
#include "grimoire/text/double_array.h"

namespace grim {

class Charsmap {
 public:
  struct Rewrite {
    size_t bytes;            // of the text
    std::string_view text;   // what stands for them; may be empty
  };
  Charsmap() = default;  // that rewrites nothing
  // A u32 that counts the bytes of a double array, this, and the texts its numbers point at, each ended by a byte 0.
  // throws: input, cut short, or texts that are not UTF-8
  explicit Charsmap(std::string_view block);

  // The longest rule that begins the text, as SentencePiece applies them.
  std::optional<Rewrite> longest(std::string_view text) const;
  // The shortest, as tokenizers applies them.
  std::optional<Rewrite> shortest(std::string_view text) const;
  bool begins(char byte) const { return begins_[static_cast<uint8_t>(byte)]; }  // is there a rule that does?
  bool goes_on_with(char byte) const { return rules_.goes_on_with(byte); }  // may a rule hold it behind its first?
  bool leaves_ascii(char c) const;  // no rule is c, or begins with c and other ASCII

 private:
  std::string_view text_at(uint32_t place) const;
  DoubleArray rules_;
  std::string texts_;
  std::array<bool, 256> begins_{};
};

// Applies it to a text as tokenizers does, clusters of characters under 6 bytes first and then single ones.
void rewrite(AlignedText& text, const Charsmap& map);

}  // namespace grim
