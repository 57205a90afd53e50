// What an encoder with a head for labels says of texts, and how right it is.
#pragma once

#include <string>
#include <vector>

#include "grimoire/data/encoded_texts.h"
#include "grimoire/data/text_table.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/train/task.h"

namespace grim {

// What an encoder says of texts, a row each: of classes of which one is right their probabilities, which sum to 1; of several the probability of each; else
// the value. Of a text in windows the mean over them.
struct LabelAnswers {
  LabelKind kind;
  Tensor values;  // (texts, K) f64
  bool stopped = false;
};
LabelAnswers answer_labels(const TextEncoder& encoder, const EncodedTexts& texts, const StopAsked& stop = {});

// What is known of texts, in numbers. (texts, K) f64: 1 for a class that is right, else 0; or the value.
// throws: input, a label that is none of the set's, naming its row
Tensor label_targets(const LabelledTexts& texts, const Labels& set);
// The set of what stands there. throws: input, fewer than two classes; no numbers
Labels labels_in(const LabelledTexts& texts, LabelKind kind);

struct LabelScores {
  double loss = 0;   // nats; of a value the mean squared error
  double score = 0;  // accuracy; F1 over all labels together; Pearson's correlation
  std::vector<double> confusion = {};  // K x K, true by predicted; of several: of each class its hits, false alarms, misses, and the rest: (K, 4)
};
LabelScores score_labels(const LabelAnswers& answers, const Tensor& targets);
const char* score_name(LabelKind kind);

}  // namespace grim
