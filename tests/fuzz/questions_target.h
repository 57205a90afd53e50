// What the fuzzers and the replay of their findings share: bytes are a file of questions, SQuAD's or a table; answers must lie in their texts.
#pragma once

#include "grimoire/base/error.h"
#include "grimoire/data/questions.h"

namespace grim::fuzz {

// Only an Error of the kind input may come out of the reading.
inline bool accepts_questions(std::string_view bytes) {
  bool taken = false;
  for (const WithAnswers with : {WithAnswers::required, WithAnswers::unread}) {
    try {
      const TextQuestions all = parse_questions(std::string(bytes), "fuzz.json", with);
      if (all.articles.size() != all.contexts.size()) __builtin_trap();
      for (size_t i = 0; i < all.size(); ++i) {
        if (all.questions[i].context >= all.contexts.size()) __builtin_trap();
        for (const ByteRange& a : all.questions[i].answers)
          if (a.begin >= a.end || a.end > all.context_of(i).size()) __builtin_trap();
        all.right_answers(i);
      }
      taken = taken || with == WithAnswers::required;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::input) __builtin_trap();
    }
  }
  return taken;
}

}  // namespace grim::fuzz
