// The "normalizer" of a tokenizer.json: what is done to a text before it is cut into words.
#pragma once

#include <memory>
#include <string_view>

#include "grimoire/base/json.h"
#include "grimoire/text/aligned_text.h"

namespace grim {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(AlignedText& text) const = 0;
  virtual bool is_identity() const { return false; }
  // What it does to a character depends on no other across ASCII white space or punctuation, and these it leaves what they are.
  virtual bool is_local() const { return false; }
  // What it puts, within a text, for a blank that printable ASCII follows, which it leaves as it is; nothing: there is no such promise.
  virtual std::string_view mark_of(char) const { return {}; }
  // It leaves code points below U+0300 as they are, as NFC does.
  virtual bool keeps_latin() const { return false; }
};

// null gives one that does nothing. throws: input, a type that is not known, naming the nearest, or a setting that is missing or wrong
std::unique_ptr<Normalizer> make_normalizer(const Json& json);

// Parts that decoders and BERT's pre-tokenizer need as well.
bool is_cjk_ideograph(char32_t c);  // of BERT: the blocks of Chinese characters, and no Kana or Hangul

}  // namespace grim
