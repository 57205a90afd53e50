// Every seed and every finding of the fuzzers, replayed.
#include <filesystem>

#include <gtest/gtest.h>

#include "fuzz/safetensors_target.h"
#include "fuzz/tables_target.h"
#include "grimoire/base/files.h"

namespace grim {
namespace {

TEST(FuzzSeeds, Safetensors) {
  const std::string folder = std::string(GRIM_SOURCE_DIR) + "/tests/fuzz/seeds/safetensors";
  int files_seen = 0, accepted = 0;
  for (const std::string& name : files().list(folder)) {
    const std::string bytes = read_file(join_path(folder, name));
    ++files_seen;
    EXPECT_NO_THROW(accepted += fuzz::accepts_file(bytes)) << name;
    EXPECT_NO_THROW(accepted += fuzz::accepts_header(bytes)) << name;
    const bool good = fuzz::accepts_file(bytes) || fuzz::accepts_header(bytes);
    EXPECT_TRUE(good || !name.starts_with("good")) << name;
  }
  EXPECT_GE(files_seen, 20);
  EXPECT_GE(accepted, 4);
}

TEST(FuzzSeeds, Tables) {
  const std::string folder = std::string(GRIM_SOURCE_DIR) + "/tests/fuzz/seeds/tables";
  int files_seen = 0;
  for (const std::string& name : files().list(folder)) {
    const std::string bytes = read_file(join_path(folder, name));
    ++files_seen;
    bool good = false;
    EXPECT_NO_THROW(good = fuzz::accepts_table(bytes)) << name;
    EXPECT_EQ(good, name.starts_with("good")) << name;
  }
  EXPECT_GE(files_seen, 20);
}

}  // namespace
}  // namespace grim
