// The "pre_tokenizer" of a tokenizer.json: where a normalised text is cut into words, which a model then cuts further.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/text/aligned_text.h"
#include "grimoire/text/pattern.h"

namespace grim {

// How a fast encoder may cut a raw text into parts that can be encoded one by one, since nothing done to one depends on the others.
enum class Cuts : uint8_t {
  none,     // not known: encode the whole text
  pattern,  // at the words of `scanner`
  words,    // at blanks, which are dropped, and around ASCII punctuation
  blanks,   // at blanks: ASCII spaces, tabs and line ends
  spaces,   // before a run of spaces behind ASCII letters, digits or punctuation; the first part, which may get a space in front, is special
  lines,    // the same, before a run of spaces and newlines
};
struct CutRule {
  Cuts cuts = Cuts::none;
  WordScanner scanner = nullptr;
};

class PreTokenizer {
 public:
  using Put = std::function<void(AlignedText)>;
  virtual ~PreTokenizer() = default;
  // Gives the words of the text to `put`, one after the other; what is empty is left out.
  virtual void split(AlignedText text, const Put& put) const = 0;
  std::vector<AlignedText> words(AlignedText text) const;
  // Rewrites words as byte symbols last of all, which a byte-level model does by itself: `split` then leaves the bytes as they are.
  virtual bool ends_in_byte_symbols() const { return false; }
  virtual void leave_bytes() {}
  virtual CutRule cuts() const { return {}; }
};

// null gives one that cuts nothing. throws: input, a type that is not known, naming the nearest, or a setting that is missing or wrong
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const Json& json);

}  // namespace grim
