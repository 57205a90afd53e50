// Text to numbers and back. What kind a tokenizer.json holds is found out by load_tokenizer; who uses one does not ask.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/text/encoding.h"

namespace grim {

struct EncodeOptions {
  std::optional<std::string_view> pair = {};  // a second text
  bool special_tokens = true;                 // those that the model expects around a text
  bool special_text = false;                  // special tokens that stand in the text are characters like others: for text that nobody vouches for
  std::optional<TokenTruncation> truncation = {};  // instead of what the file says
};

enum class Specials : uint8_t { leave_out, keep };

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual int64_t vocab_size() const = 0;  // the largest id and one more
  // The token that stands before and after each item of a list; running text has none.
  virtual std::optional<int64_t> boundary() const = 0;
  virtual std::string token(int64_t id) const = 0;         // as the vocabulary writes it. throws: argument, an id outside
  virtual std::optional<int64_t> id_of(std::string_view token) const = 0;
  virtual const char* unit() const = 0;                    // what a token is, in words: "char"
  virtual std::optional<int64_t> unknown() const { return std::nullopt; }  // the token of what is not in the vocabulary
  // How the encodings of a batch are brought to one length; nothing: no file says so, nor is there a token for it.
  virtual std::optional<TokenPadding> padding() const { return std::nullopt; }
  virtual bool is_special(int64_t id) const { return id == boundary(); }
  virtual std::string normalized(std::string_view text) const { return std::string(text); }  // what is cut into tokens

  // The ids of a text alone, without tokens around it, truncation or padding. `source` and `first_line` place an error in the file that the
  // text came from. throws: input, text that has no ids
  virtual std::vector<int64_t> encode(std::string_view text, std::string_view source = "text", int64_t first_line = 1) const = 0;
  // All there is to know of a text or a pair, cut and padded as the file says. throws: input, text that has no ids
  virtual Encoding encode_with(std::string_view text, const EncodeOptions& options = {}) const = 0;
  // Bytes: a token may hold a part of a character. throws: argument, an id outside
  virtual std::string decode(std::span<const int64_t> ids, Specials specials = Specials::leave_out) const = 0;

  virtual Json to_json() const = 0;      // tokenizer.json
  virtual Json config_json() const = 0;  // tokenizer_config.json
};

// Of a folder, or a file. throws: input, it is missing, malformed, or of a kind that is not known here
std::shared_ptr<const Tokenizer> load_tokenizer(const std::string& path);
// tokenizer.json and tokenizer_config.json
void save_tokenizer(const Tokenizer& tokenizer, const std::string& folder);

}  // namespace grim
