// The regular expressions of a tokenizer.json are Oniguruma's in its Ruby syntax (github.com/kkos/oniguruma/blob/master/doc/RE); here PCRE2 runs them.
// A translator of what is known to mean the same after it: everything else is refused.
//   understood   . | ( ) (?: ) (?> ) (?= ) (?! ) (?<= ) (?<! ), the repeats * + ? {n,m} {n,} {,m} {n}, lazy and possessive too, ^ $ \A \z \Z \b \B,
//                \w \d \s \h \p{Lu} \p{Han} \p{Alpha} and their complements, [a-z&&[^aeiou]\d[:punct:]], \n \x41 \x{1f600} \u00e9, (?i: ) and (?m: ), and
//                (?i) and (?m) at the beginning of a group
//   refused      all else there is (references, \X, \K, \G, \R, absent groups, option x, ...), a repeat of a repeat or of what may match nothing,
//                look-behind of more than one length, and under (?i) letters beyond ASCII and what folds to several characters ("ss" matches "ß")
// Classes are those of the reference's Unicode, whatever that of PCRE2 is.
#pragma once

#include <string>
#include <string_view>

namespace grim {

// For PCRE2 with UTF and no other option that changes a meaning. throws: input, with the place (in bytes), for what is refused
std::string pcre2_of_oniguruma(std::string_view expression);

}  // namespace grim
