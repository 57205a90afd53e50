// What there is to tell of an encoder's answers to labelled texts: how sure the score is, each class by itself, what is taken for what, the worst mistakes.
#pragma once

#include "grimoire/task/label_scores.h"
#include "grimoire/train/judgement.h"

namespace grim {

// `targets`: what is right, as label_targets gives it, whether or not the texts say it themselves. The worst mistakes are those that it was surest of; of
// numbers, those that are farthest off.
Examination examined_labels(const LabelAnswers& answers, const LabelledTexts& texts, const Tensor& targets, const Labels& set);

}  // namespace grim
