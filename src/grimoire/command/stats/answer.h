// What a test of the command stats says: text for people, JSON for programs.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/stats/hypothesis.h"

namespace grim {

using Lines = std::vector<std::pair<std::string, std::string>>;
using Values = std::span<const double>;

struct Answer {
  std::string text;
  Json json;
};

Answer show(const stats::TestResult& result);

}  // namespace grim
