// A folder that is made and filled, and never one that holds something already.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grimoire/io/checkpoint.h"

namespace grim {

// Before the work whose result goes there. throws: input, there is a file, or a folder with something in it; `where` begins the sentence
void check_new_folder(const std::string& to, std::string_view where);
void write_new_folder(const std::string& to, const std::vector<CheckpointFile>& content);

}  // namespace grim
