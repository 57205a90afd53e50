// What 'predict' does where the model is a folder: of one that labels texts, or finds answers in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/command/command.h"

namespace grim {

struct TextsToLabel {
  std::string model, data;          // a folder; a file of texts, or
  std::vector<std::string> texts;   // these
  std::string text_column, pair_column;
  bool probabilities = false;       // of every class
  bool lines_of_json = false;
  std::vector<std::string> questions;  // of one text; or one, with
  std::vector<std::string> choices;    // answers to it
  int64_t best = 1;                    // so many answers of each question
  std::optional<double> null_threshold = {};
};
bool labels_texts(const std::string& model);  // is it a folder?
int predict_texts(const TextsToLabel& asked, Console& console);
// throws: usage, the first flag that is given, which a model that does `what` has no use for
void refuse_given(const std::string& what, const std::vector<std::pair<bool, std::string>>& flags);

}  // namespace grim
