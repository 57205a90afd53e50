// What 'ask' puts to a model: texts with their answers, from a table, or questions with the text that answers each, as SQuAD's files have them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/data/questions.h"
#include "grimoire/data/text_table.h"

namespace grim {

struct AskedTexts {
  LabelledTexts texts;                          // of questions: the question, beside it the text, and the first right answer
  std::optional<TextQuestions> questions = {};  // of texts[i] the i-th

  std::vector<std::string> right_answers(size_t i) const;
};
// A JSON object with the key "data" is SQuAD's. `limit`: so many of them, drawn from `rng`, in their order; 0: all. throws: input
AskedTexts read_asked(const std::string& path, const LabelledColumns& columns, int64_t limit, Rng rng);

}  // namespace grim
