// Questions of multiple choice: a text, and what may come behind it. A JSON object a line, blank lines between them at will:
//   {"context": "The sky is", "choices": ["blue", "a fish"], "answer": 0}
// A question may be called one: "question" instead of "context".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/data/with_answers.h"

namespace grim {

struct ChoiceQuestion {
  std::string context;               // may be empty
  std::vector<std::string> choices;  // two or more, none empty
  int64_t answer = 0;                // which of them is right, from 0; -1: nobody asked
  int64_t line = 0;                  // in its file, from 1
};

// throws: input, naming the first line that is no such object; there is none
std::vector<ChoiceQuestion> parse_choices(std::string_view text, const std::string& source, WithAnswers with = WithAnswers::required);

}  // namespace grim
