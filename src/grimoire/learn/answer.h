// Judging a typed answer. It only suggests a grade: the learner decides.
//
// Right is the answer itself; letter case, blanks, Markdown's marks, an article before it and a full stop behind it make no difference.
//   What it says before it explains is enough: the part before a colon, a semicolon, a bracket with words, the end of a sentence, or a comma
// behind which it is explained ("2: at each step it is torn between two", "0, always"). Of that the result behind "=" is enough, its numbers
// without their words ("-ln .5 = .693 nats": .693), or its one word of weight ("It overfits.": overfits). Not where numbers stand among
// more than five words: there they are no answer. Where only the explanation has a number, it is enough if it stands
// alone there or behind "=".
//   A number is right however it is written (.5, 0.5, 1/2, 50 %; 1,538 and 1538), and only at its exact value, but for a computed card, where
// 1 % to either side is right and 10 % near.
//   A list of words may stand in any order, unless the question speaks of an "order" or of "respectively"; numbers keep theirs: they are
// places, vectors, first and second.
//   Almost right are letters that are off, one in eight but no digit, accents, another order, and a fixed number rounded to two digits or more.
#pragma once

#include <string>
#include <string_view>

#include "grimoire/learn/deck.h"
#include "grimoire/learn/schedule.h"

namespace grim::learn {

struct Judged {
  Grade suggested;
  // "right", "near", "no"; "almost: one letter off" (in code points), "almost: accents", "almost: another order", "almost: rounded";
  // nothing for nothing
  std::string said;
};

Judged judge(std::string_view typed, const Card& card);

}  // namespace grim::learn
