// The mean of several states of one training: its noise about the point that it circles averages out.
//   Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"; of the last checkpoints: Vaswani et al. 2017, section 6.1
#pragma once

#include <span>
#include <string>
#include <vector>

namespace grim {

// Every number of the models in these folders, averaged in f64; config, tokenizer and generation settings are those of the first. `to`: a folder that is made.
// throws: argument, fewer than two; input, as open_model_folder, models that are not of one shape, or a folder that holds something already
void average_models(std::span<const std::string> folders, const std::string& to);

// The checkpoints of a run folder that are whole, oldest first, at most the last so many; 0: all. throws: input, there is none
std::vector<std::string> checkpoints_in(const std::string& run, int64_t last);

}  // namespace grim
