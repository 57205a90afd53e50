// What 'predict' does where the model is a folder that tags words.
#pragma once

#include "grimoire/command/predict_texts.h"
#include "grimoire/hub/trained_model.h"

namespace grim {

int predict_tags(const TextsToLabel& asked, const TrainedEncoder& trained, Console& console);

}  // namespace grim
