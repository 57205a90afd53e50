#include "grimoire/metric/porter.h"

#include <span>
#include <vector>

namespace grim {
namespace {

// A word is [C](VC)^m[V], where C and V are runs of consonants and of vowels (section 2). y is a vowel behind a consonant.
bool is_plain_vowel(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }
std::vector<bool> consonants_of(std::string_view word) {
  std::vector<bool> flags;
  for (size_t i = 0; i < word.size(); ++i) flags.push_back(word[i] == 'y' ? i == 0 || !flags[i - 1] : !is_plain_vowel(word[i]));
  return flags;
}
int measure(std::string_view stem) {
  const std::vector<bool> consonant = consonants_of(stem);
  int m = 0;
  for (size_t i = 1; i < consonant.size(); ++i) m += !consonant[i - 1] && consonant[i];
  return m;
}
bool has_vowel(std::string_view stem) {
  for (bool consonant : consonants_of(stem))
    if (!consonant) return true;
  return false;
}
bool ends_in_consonant(std::string_view stem) { return !stem.empty() && consonants_of(stem).back(); }
bool ends_in_double_consonant(std::string_view word) {  // *d
  return word.size() >= 2 && word.back() == word[word.size() - 2] && ends_in_consonant(word);
}
// *o: consonant, vowel, consonant that is not w, x or y; NLTK takes a word of a vowel and a consonant too.
bool ends_short(std::string_view word) {
  const std::vector<bool> c = consonants_of(word);
  const size_t n = word.size();
  if (n >= 3) return c[n - 3] && !c[n - 2] && c[n - 1] && word.back() != 'w' && word.back() != 'x' && word.back() != 'y';
  return n == 2 && !c[0] && c[1];
}

std::string_view without(std::string_view word, size_t letters) { return word.substr(0, word.size() - letters); }
std::string put(std::string_view stem, std::string_view ending) { return std::string(stem) + std::string(ending); }

struct Rule {
  std::string_view ending, instead;
};
// The first rule whose ending the word has, if its stem's measure is above `least`; there is no second try.
std::string apply(std::string_view word, std::span<const Rule> rules, int least) {
  for (const Rule& r : rules)
    if (word.ends_with(r.ending)) {
      const std::string_view stem = without(word, r.ending.size());
      return measure(stem) > least ? put(stem, r.instead) : std::string(word);
    }
  return std::string(word);
}

std::string plural(std::string_view w) {  // step 1a; NLTK: ies of four letters is ie
  if (w.ends_with("ies") && w.size() == 4) return put(without(w, 3), "ie");
  if (w.ends_with("sses") || w.ends_with("ies")) return std::string(without(w, 2));
  return std::string(w.ends_with("s") && !w.ends_with("ss") ? without(w, 1) : w);
}

std::string past_and_ing(std::string_view w) {  // step 1b; NLTK: ied is i, or ie in a word of four letters
  if (w.ends_with("ied")) return put(without(w, 3), w.size() == 4 ? "ie" : "i");
  if (w.ends_with("eed")) return std::string(measure(without(w, 3)) > 0 ? without(w, 1) : w);
  std::string_view stem;
  if (w.ends_with("ed") && has_vowel(without(w, 2))) stem = without(w, 2);
  else if (w.ends_with("ing") && has_vowel(without(w, 3))) stem = without(w, 3);
  else return std::string(w);
  if (stem.ends_with("at") || stem.ends_with("bl") || stem.ends_with("iz")) return put(stem, "e");
  if (ends_in_double_consonant(stem)) {
    const char last = stem.back();
    return std::string(last == 'l' || last == 's' || last == 'z' ? stem : without(stem, 1));
  }
  return measure(stem) == 1 && ends_short(stem) ? put(stem, "e") : std::string(stem);
}

std::string final_y(std::string_view w) {  // step 1c; NLTK: behind a consonant that is not the first letter
  if (!w.ends_with("y")) return std::string(w);
  const std::string_view stem = without(w, 1);
  return stem.size() > 1 && ends_in_consonant(stem) ? put(stem, "i") : std::string(w);
}

std::string double_suffix(std::string_view w) {  // step 2; NLTK: alli first, and again from the start; fulli; logi with its l in the stem
  if (w.ends_with("alli") && measure(without(w, 4)) > 0) return double_suffix(without(w, 2));
  static constexpr Rule kRules[] = {{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"},   {"izer", "ize"},    {"bli", "ble"},
                                    {"alli", "al"},     {"entli", "ent"},   {"eli", "e"},     {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
                                    {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"}, {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},
                                    {"iviti", "ive"},   {"biliti", "ble"},  {"fulli", "ful"}};
  if (w.ends_with("logi")) return std::string(measure(without(w, 3)) > 0 ? without(w, 1) : w);
  return apply(w, kRules, 0);
}

std::string single_suffix(std::string_view w) {  // step 3
  static constexpr Rule kRules[] = {{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""}};
  return apply(w, kRules, 0);
}

std::string last_suffix(std::string_view w) {  // step 4
  static constexpr Rule kBefore[] = {{"al", ""}, {"ance", ""}, {"ence", ""}, {"er", ""}, {"ic", ""}, {"able", ""}, {"ible", ""}, {"ant", ""},
                                     {"ement", ""}, {"ment", ""}, {"ent", ""}};
  static constexpr Rule kBehind[] = {{"ou", ""}, {"ism", ""}, {"ate", ""}, {"iti", ""}, {"ous", ""}, {"ive", ""}, {"ize", ""}};
  if (w.ends_with("ion")) {
    const std::string_view stem = without(w, 3);
    return std::string(measure(stem) > 1 && (stem.back() == 's' || stem.back() == 't') ? stem : w);
  }
  for (const Rule& r : kBefore)
    if (w.ends_with(r.ending)) return apply(w, kBefore, 1);
  return apply(w, kBehind, 1);
}

std::string final_e_and_l(std::string_view w) {  // step 5
  if (w.ends_with("e")) {
    const std::string_view stem = without(w, 1);
    if (const int m = measure(stem); m > 1 || (m == 1 && !ends_short(stem))) w = stem;
  }
  return std::string(w.ends_with("ll") && measure(without(w, 1)) > 1 ? without(w, 1) : w);
}

constexpr Rule kIrregular[] = {{"skies", "sky"},       {"sky", "sky"},       {"dying", "die"},        {"lying", "lie"},       {"tying", "tie"},
                               {"news", "news"},       {"innings", "inning"}, {"inning", "inning"},    {"outings", "outing"},  {"outing", "outing"},
                               {"cannings", "canning"}, {"canning", "canning"}, {"howe", "howe"},       {"proceed", "proceed"}, {"exceed", "exceed"},
                               {"succeed", "succeed"}};

}  // namespace

std::string porter_stem(std::string_view word) {
  for (const Rule& r : kIrregular)
    if (word == r.ending) return std::string(r.instead);
  if (word.size() <= 2) return std::string(word);
  return final_e_and_l(last_suffix(single_suffix(double_suffix(final_y(past_and_ing(plural(word)))))));
}

}  // namespace grim
