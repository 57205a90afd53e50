// How BLEU's line is cut into words. Each is the one that sacreBLEU calls by that name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace grim {

enum class BleuTokenizer : uint8_t {
  mteval13a,      // Western languages: NIST's mteval-v13a
  international,  // by Unicode's classes: mteval-v14
  chinese,        // Chinese characters alone, the rest as mteval-v13a does
  characters,
  none,           // the blanks that are there
};
const char* name_of(BleuTokenizer tokenizer);  // "13a", "intl", "zh", "char", "none"

// The line with blanks between its tokens, and perhaps more of them than needed.
std::string tokenized_for_bleu(std::string_view line, BleuTokenizer tokenizer);

// The marks that mteval's language-dependent part parts from words: ASCII punctuation but for ' , - and the full stop, and periods, commas and
// dashes where they do not belong to a number.
enum class Possessive : uint8_t { as_it_is, apart };  // "'s" in front of a blank: TER's
std::string western_marks_parted(std::string_view line, Possessive possessive = Possessive::as_it_is);
std::string unescaped_marks(std::string_view line);  // &quot; &amp; &lt; &gt;, one after the other

}  // namespace grim
