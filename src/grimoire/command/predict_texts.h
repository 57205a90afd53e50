// What 'predict' does where the model is a folder that labels texts.
#pragma once

#include <string>
#include <vector>

#include "grimoire/command/command.h"

namespace grim {

struct TextsToLabel {
  std::string model, data;          // a folder; a file of texts, or
  std::vector<std::string> texts;   // these
  std::string text_column, pair_column;
  bool probabilities = false;       // of every class
  bool lines_of_json = false;
};
bool labels_texts(const std::string& model);  // is it a folder?
int predict_texts(const TextsToLabel& asked, Console& console);

}  // namespace grim
