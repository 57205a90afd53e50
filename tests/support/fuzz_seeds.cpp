#include "support/fuzz_seeds.h"

#include <gtest/gtest.h>

#include "grimoire/base/files.h"

namespace grim::test {

void replay_seeds(const std::string& kind, bool (*accepts)(std::string_view), int at_least) {
  const std::string folder = std::string(GRIM_SOURCE_DIR) + "/tests/fuzz/seeds/" + kind;
  int files_seen = 0;
  for (const std::string& name : files().list(folder)) {
    bool good = false;
    EXPECT_NO_THROW(good = accepts(read_file(join_path(folder, name)))) << kind << ": " << name;
    EXPECT_EQ(good, name.starts_with("good")) << kind << ": " << name;
    ++files_seen;
  }
  EXPECT_GE(files_seen, at_least) << kind;
}

}  // namespace grim::test
