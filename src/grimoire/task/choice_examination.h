// What there is to tell of answers that an encoder chose among several: how often they are right, beside chance, and the worst mistakes.
#pragma once

#include "grimoire/task/choice_scores.h"
#include "grimoire/train/judgement.h"

namespace grim {

Examination examined_choices(const ChosenAnswers& chosen, const std::vector<ChoiceQuestion>& questions);

}  // namespace grim
