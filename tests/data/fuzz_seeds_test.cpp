// Every seed and every finding of the fuzzer of files of questions, replayed: those whose name begins with "good" are taken, the others refused.
#include <gtest/gtest.h>

#include "fuzz/questions_target.h"
#include "grimoire/base/files.h"

namespace grim {
namespace {

TEST(FuzzSeeds, Questions) {
  const std::string folder = std::string(GRIM_SOURCE_DIR) + "/tests/fuzz/seeds/questions";
  int files_seen = 0;
  for (const std::string& name : files().list(folder)) {
    bool good = false;
    EXPECT_NO_THROW(good = fuzz::accepts_questions(read_file(join_path(folder, name)))) << name;
    EXPECT_EQ(good, name.starts_with("good")) << name;
    ++files_seen;
  }
  EXPECT_GE(files_seen, 6);
}

}  // namespace
}  // namespace grim
