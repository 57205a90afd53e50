// A text on its way through normalisation and splitting: every byte of it knows the bytes of the original that it stands for, so that a token
// found in what "Ａ" became is reported where "Ａ" stood. Alignments are those of the reference (tokenizers' NormalizedString).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

struct ByteRange {
  uint32_t begin = 0, end = 0;
  bool operator==(const ByteRange&) const = default;
};

class AlignedText {
 public:
  AlignedText() = default;
  AlignedText(std::string_view original, uint32_t at);  // itself; it begins at this byte of the whole text. Well-formed UTF-8

  // One that was made of another, with the origin of each of its bytes.
  AlignedText(std::string text, std::vector<ByteRange> origins, uint32_t at)
      : text_(std::move(text)), origins_(std::move(origins)), as_written_(false), start_(at) {}

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool begins_the_text() const { return start_ == 0; }
  AlignedText slice(size_t begin, size_t end) const;      // bytes of text()
  ByteRange origin(size_t begin, size_t end) const {      // of bytes [begin, end) of text(), which are at least one
    return {origin_of(begin).begin, origin_of(end - 1).end};
  }
  uint32_t place(size_t i) const {                        // where byte i came from
    return i < text_.size() ? origin_of(i).begin : empty() ? start_ : origin_of(text_.size() - 1).end;
  }
  void prepend(std::string_view s);                       // stands for what the first character stands for; nothing before nothing
  void append(std::string_view s);                        // likewise, of the last one

 private:
  friend class TextRewrite;
  ByteRange origin_of(size_t i) const {
    if (!as_written_) return origins_[i];
    const uint32_t at = start_ + static_cast<uint32_t>(i);
    return static_cast<uint8_t>(text_[i]) < 0x80 ? ByteRange{at, at + 1} : character_at(i);
  }
  ByteRange character_at(size_t i) const;
  void append_origins(const AlignedText& from, size_t begin, size_t end);
  void list_origins();

  std::string text_;
  std::vector<ByteRange> origins_;  // one a byte; none as long as the text is as it was written
  bool as_written_ = true;
  uint32_t start_ = 0;
};

// A character of a new text. 0: it stands for the next old character, which is consumed; -n: for that one, and n more are consumed; 1: an addition, that
// shares the alignment of the last old character before it.
struct TextChange {
  char32_t c;
  int change;
};

// A new text made from left to right: what of the old one is consumed gives the alignment of what is put.
class TextRewrite {
 public:
  explicit TextRewrite(const AlignedText& from);
  void put(char32_t c, int change);                   // a TextChange
  void put(std::string_view characters, int change);  // the first so, the others as additions
  void keep(size_t bytes);                            // as they are
  void drop(size_t bytes);
  size_t at() const { return at_; }                   // in the old text
  AlignedText done() { return std::move(to_); }

 private:
  const AlignedText& from_;
  AlignedText to_;
  size_t at_ = 0;
};

AlignedText rewritten(const AlignedText& from, std::span<const TextChange> to);

}  // namespace grim
