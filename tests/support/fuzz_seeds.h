// Seeds and findings of the fuzz targets, replayed.
#pragma once

#include <string>
#include <string_view>

namespace grim::test {

// All of tests/fuzz/seeds/KIND: files whose name begins with "good" are taken, the others refused; there are so many or more.
void replay_seeds(const std::string& kind, bool (*accepts)(std::string_view), int at_least);

}  // namespace grim::test
