// What there is to tell of answers that an encoder marked in texts: exact match and F1 as SQuAD counts them, thresholds, the worst mistakes.
#pragma once

#include "grimoire/task/answer_spans.h"
#include "grimoire/train/judgement.h"

namespace grim {

// The worst mistakes share no word with a right answer; those that it was surest of come first.
Examination examined_answers(const AnsweredQuestions& answered, const TextQuestions& questions, const AnswerOptions& options);

// What it answers to a question, "" where that is none, and how probable that is.
struct GivenAnswer {
  std::string text;
  double probability;
};
GivenAnswer given_answer(const TextQuestions& questions, size_t question, const FoundAnswers& found, const AnswerOptions& options);

}  // namespace grim
