// What 'predict' does where the model is a folder that marks answers in texts.
#pragma once

#include "grimoire/command/predict_texts.h"
#include "grimoire/hub/trained_model.h"

namespace grim {

int predict_answers(const TextsToLabel& asked, const TrainedEncoder& trained, Console& console);

}  // namespace grim
