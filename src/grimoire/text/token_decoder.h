// The "decoder" of a tokenizer.json: tokens back to text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"

namespace grim {

class TokenDecoder {
 public:
  virtual ~TokenDecoder() = default;
  virtual void apply(std::vector<std::string>& tokens) const = 0;  // end to end they are the text
};

// null gives one that joins the tokens by spaces. throws: input, a type that is not known, naming the nearest, or a setting that is wrong
std::unique_ptr<TokenDecoder> make_token_decoder(const Json& json);

std::optional<char> byte_named(std::string_view token);  // "<0x0A>"

}  // namespace grim
