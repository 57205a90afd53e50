// One token a character (code point), ids in the order of the code points, as makemore and nanoGPT number them. For
// lists of items id 0 is a boundary that stands before and after each item: '.' = 0, 'a' = 1, ...
// Saved as a Hugging Face tokenizer.json (WordLevel over single characters), which other programs load.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/text/tokenizer.h"

namespace grim {

class CharTokenizer final : public Tokenizer {
 public:
  enum class Boundary { none, first };  // running text has none

  // The characters of `text`, sorted; newlines count as characters only without a boundary.
  // throws: input, not UTF-8 or empty
  static CharTokenizer of_text(std::string_view text, Boundary boundary = Boundary::none);
  static CharTokenizer of_items(const std::vector<std::string>& items);

  int64_t vocab_size() const override { return static_cast<int64_t>(tokens_.size()); }
  std::optional<int64_t> boundary() const override { return has_boundary_ ? std::optional<int64_t>(0) : std::nullopt; }
  // As text; the boundary is ".", or "<|boundary|>" when the text has dots. throws: argument, an id outside
  std::string token(int64_t id) const override;
  std::optional<int64_t> id_of(std::string_view token) const override;
  const char* unit() const override { return "char"; }
  bool knows(char32_t c) const { return id_of(c) >= 0; }

  // `source` and `first_line` place an error in the file that the text came from.
  // throws: input, a character that is not in the vocabulary, or not UTF-8
  std::vector<int64_t> encode(std::string_view text, std::string_view source = "text", int64_t first_line = 1) const override;
  Encoding encode_with(std::string_view text, const EncodeOptions& options = {}) const override;  // with the boundary before each text
  std::string decode(std::span<const int64_t> ids, Specials specials = Specials::leave_out) const override;  // the boundary is a special token

  Json to_json() const override;                                  // tokenizer.json
  Json config_json() const override;                              // tokenizer_config.json
  static CharTokenizer from_json(const Json& json);      // throws: input, not such a tokenizer
  static bool describes(const Json& json);               // does a tokenizer.json, without its vocabulary, split in single characters?

 private:
  CharTokenizer(std::vector<char32_t> points, bool boundary);
  int64_t id_of(char32_t c) const;  // -1 when unknown
  [[noreturn]] void refuse_character(std::string_view text, size_t byte, std::string_view source,
                                     int64_t first_line) const;

  std::vector<char32_t> points_;     // sorted, without the boundary; id = place + has_boundary_
  std::vector<std::string> tokens_;  // by id
  std::vector<int64_t> ascii_;       // ids of the first 128, for speed
  bool has_boundary_ = false;
};

}  // namespace grim
