// What a code point is: classes as the reference tokenizers see them (unicode_tables.inc says why they are several), small letters, normal forms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

// The general categories of the Unicode standard.
enum class Category : uint8_t {
  Lu, Ll, Lt, Lm, Lo, Mn, Mc, Me, Nd, Nl, No, Pc, Pd, Ps, Pe, Pi, Pf, Po, Sm, Sc, Sk, So, Zs, Zl, Zp, Cc, Cf, Co, Cs, Cn
};

// How a cluster of characters takes up a code point.
enum class Joining : uint8_t { as_ever, extends, follows, precedes };

// The classes of one code point.
struct PointClass {
  uint16_t bits;
  Category category() const { return static_cast<Category>(bits & 31); }
  bool letter() const { return (bits & 31) <= static_cast<int>(Category::Lo); }
  bool mark() const { return (bits & 31) >= static_cast<int>(Category::Mn) && (bits & 31) <= static_cast<int>(Category::Me); }
  bool number() const { return (bits & 31) >= static_cast<int>(Category::Nd) && (bits & 31) <= static_cast<int>(Category::No); }
  bool punctuation() const { return (bits & 31) >= static_cast<int>(Category::Pc) && (bits & 31) <= static_cast<int>(Category::Po); }
  bool symbol() const { return (bits & 31) >= static_cast<int>(Category::Sm) && (bits & 31) <= static_cast<int>(Category::So); }
  bool space() const { return bits >> 5 & 1; }             // \s
  bool word() const { return bits >> 6 & 1; }              // \w
  bool bert_punctuation() const { return bits >> 7 & 1; }  // what BERT's splitter isolates: ASCII symbols too
  bool bert_control() const { return bits >> 8 & 1; }      // what BERT's cleaning drops
  bool bert_accent() const { return bits >> 9 & 1; }       // what BERT's accent stripping drops
  bool combining() const { return bits >> 10 & 1; }        // what StripAccents drops
  bool numeric() const { return bits >> 11 & 1; }          // what Digits isolates
  bool inert() const { return bits >> 12 & 1; }            // newer than the reference's normal forms
  Joining joining() const { return static_cast<Joining>(bits >> 13 & 3); }
};
PointClass class_of(char32_t c);
// A number for its script, as UnicodeScripts parts them: Kana counts as Han, and 0 stands for spaces and what is not assigned, which go with any.
int script_of(char32_t c);

// Appends the small letters of c: one code point, two for U+0130.
void append_lower(std::string& text, char32_t c);
// Appends the capital, or the title form of c: up to three code points ("ß" is "SS", and "Ss").
void append_upper(std::string& text, char32_t c);
void append_title(std::string& text, char32_t c);

// The one that a pair composes to (NFC), or 0.
char32_t composed(char32_t first, char32_t second);
int combining_class(char32_t c);  // canonical: 0 to 240
// c in its parts, canonically (NFD) or by compatibility (NFKD), in order; c itself when it has none.
void append_decomposed(std::vector<char32_t>& parts, char32_t c, bool compatibility);

// A boundary of extended grapheme clusters (UAX 29), as the reference knows them, between two neighbours; `state` is 0 at the start of a text.
bool grapheme_break(char32_t before, char32_t after, int32_t& state);

}  // namespace grim
