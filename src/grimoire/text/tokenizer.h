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

namespace grim {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual int64_t vocab_size() const = 0;
  // The token that stands before and after each item of a list; running text has none.
  virtual std::optional<int64_t> boundary() const = 0;
  virtual const std::string& token(int64_t id) const = 0;  // as text. throws: argument, an id outside
  virtual const char* unit() const = 0;                    // what a token is, in words: "char"

  // `source` and `first_line` place an error in the file that the text came from. throws: input, text that has no ids
  virtual std::vector<int64_t> encode(std::string_view text, std::string_view source = "text", int64_t first_line = 1) const = 0;
  virtual std::string decode(std::span<const int64_t> ids) const = 0;  // boundaries are left out. throws: argument, an id outside

  virtual Json to_json() const = 0;      // tokenizer.json
  virtual Json config_json() const = 0;  // tokenizer_config.json
};

// tokenizer.json of a folder. throws: input, it is missing, malformed, or of a kind that is not known here
std::shared_ptr<const Tokenizer> load_tokenizer(const std::string& folder);
// tokenizer.json and tokenizer_config.json
void save_tokenizer(const Tokenizer& tokenizer, const std::string& folder);

}  // namespace grim
