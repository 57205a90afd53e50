// What 'predict' does where the model is a folder that marks answers in texts, or chooses among answers.
#pragma once

#include "grimoire/command/predict_texts.h"
#include "grimoire/hub/trained_model.h"

namespace grim {

int predict_answers(const TextsToLabel& asked, const TrainedEncoder& trained, Console& console);
int predict_choices(const TextsToLabel& asked, const TrainedEncoder& trained, Console& console);

}  // namespace grim
