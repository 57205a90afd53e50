// Golden files, which other programs made (tools/golden/).
#pragma once

#include <string>

#include "grimoire/base/files.h"
#include "grimoire/base/json.h"

namespace grim {

inline Json golden_file(const std::string& name) {
  return Json::parse(read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/" + name), name);
}

}  // namespace grim
