// The folder that a training run leaves behind (train/run.h), as far as the models in it go: checkpoints/ and best/ hold checkpoints, each a model folder.
#pragma once

#include <cstdint>
#include <string>

namespace grim {

bool is_run_folder(const std::string& folder);  // it keeps checkpoints or best weights, whole or not
bool holds_run(const std::string& folder);      // one of them is whole: train refuses such a folder

// The best weights of a run folder, or the newest when it has no best yet; the folder itself when it is a model's.
// throws: input, there is no whole model in it
std::string model_folder_in(const std::string& folder);

// Several runs of the same kind, each on another fold of the data, lie in FOLDER/fold-1, FOLDER/fold-2 ...
std::string fold_folder(const std::string& folder, int64_t fold);
inline constexpr const char* kFoldsFile = "folds.json";  // and their scores beside them
std::string hint_of_folds(const std::string& folder);    // where one of them is wanted and their folder is given; "": it holds none

std::string hint_without_whole(const std::string& run);  // what helps where no checkpoint of a run is whole

}  // namespace grim
