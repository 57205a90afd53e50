// Judging a typed answer. It only suggests a grade: the learner decides.
#pragma once

#include <string>
#include <string_view>

#include "grimoire/learn/schedule.h"

namespace grim::learn {

struct Judged {
  Grade suggested;
  std::string said;  // "right", "almost: one letter off" (in code points), "almost: accents", "near" of numbers within 10 %, "no"; nothing for nothing
};

// Letter case, blanks, Markdown's marks, articles and a final stop make no difference; a list may stand in any order; a number is right
// within 1 % of itself.
Judged judge(std::string_view typed, std::string_view answer);

}  // namespace grim::learn
