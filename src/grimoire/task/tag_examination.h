// What there is to tell of an encoder's tags of words: spans type by type where tags mark spans, each tag, what is taken for what, the worst mistakes.
#pragma once

#include "grimoire/task/tag_scores.h"
#include "grimoire/train/judgement.h"

namespace grim {

// The worst mistakes are those that it was surest of.
Examination examined_tags(const TagAnswers& answers, const TaggedSentences& truth, const Labels& set);

}  // namespace grim
