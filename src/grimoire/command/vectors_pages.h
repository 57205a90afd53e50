// What 'vectors' says of what it found.
#pragma once

#include "grimoire/command/command.h"
#include "grimoire/vectors/evaluate.h"

namespace grim {

report::Report neighbours_page(const std::string& title, const vectors::WordVectors& vectors, const std::vector<vectors::Neighbour>& found);
Json neighbours_json(const vectors::WordVectors& vectors, const std::vector<vectors::Neighbour>& found);
report::Report analogies_page(const std::vector<vectors::AnalogyScore>& sections);
Json analogies_json(const std::vector<vectors::AnalogyScore>& sections);
report::Report scores_page(const vectors::LabelScores& scores, bool each);
Json scores_json(const vectors::LabelScores& scores);
report::Report file_page(const std::string& path, const vectors::WordVectors& vectors);
Json file_json(const vectors::WordVectors& vectors);
void show_pairs(Console& console, const vectors::PairScores& scores, const std::string& path);
// "__label__en 0.974417 __label__es 0.00357": as fastText's predict-prob prints it
std::string labels_line(const vectors::SubwordModel& model, const std::vector<vectors::LabelProbability>& found);

}  // namespace grim
