// Tokens back to text as they come: what is complete is given at once, and never a part of a character.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grimoire/text/tokenizer.h"

namespace grim {

// All that put() and rest() give is, end to end, what decode() makes of the same ids. One exception: where a tokenizer has tokens for bytes (<0xE4>)
// and a model writes bytes that are no character behind others that are, decode() calls all of them unknown (U+FFFD), and here some were given before.
class TokenStream {
 public:
  explicit TokenStream(const Tokenizer& tokenizer, Specials specials = Specials::leave_out) : tokenizer_(tokenizer), specials_(specials) {}

  std::string put(int64_t id);  // the text that is now complete and was not given before. throws: argument, an id outside
  std::string rest();           // what still waits for bytes that did not come; the stream begins anew

 private:
  std::string fresh(size_t count) const;
  std::string give(size_t count);  // the text of the first pending tokens

  const Tokenizer& tokenizer_;
  Specials specials_;
  // Decoders look at a token's neighbours: whether it is the first (a space before it is dropped) or the last. So the new ones are decoded behind some that
  // were given already: `anchor_`, which are text by themselves, and `last_`, those given after it that are not (a space that would be dropped).
  std::vector<int64_t> anchor_, last_, pending_;
  std::string given_;  // of anchor_ and last_
};

}  // namespace grim
