// Numbers in an answer: what is said besides the words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace grim::learn {

struct Quantity {
  double value;
  bool percent = false;  // "95 %" has the value 95
  int decimals = 0;      // digits behind the point, as written
  std::string digits = {};  // all of a whole number that a double may not hold
};

struct Wording {
  std::vector<Quantity> numbers;  // in order
  std::vector<std::string> words;  // the rest; operators too, but no brackets and no separators
};

// `text` in small letters. Numbers stand by themselves: ".5", "1/2", "10^6", "1e-3", "1,538", "120 million", "95 %", "two" where that is
// all; "c^2", "2-shot" and "5v" are words. `grouped`: a comma before three digits parts thousands, and not two numbers.
Wording wording(std::string_view text, bool grouped = true);

bool same(const Quantity& a, const Quantity& b);  // the same number: also 95 % and .95, and 95 % and a bare 95
// Is `a` the number `b` rounded to the places that it has, two digits or more?
bool rounded(const Quantity& a, const Quantity& b);

}  // namespace grim::learn
