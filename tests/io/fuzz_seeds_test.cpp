// Every seed and every finding of the fuzzers, replayed.
#include <gtest/gtest.h>

#include "fuzz/safetensors_target.h"
#include "fuzz/tables_target.h"
#include "fuzz/tensor_file_target.h"
#include "grimoire/base/files.h"
#include "support/fuzz_seeds.h"

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

TEST(FuzzSeeds, Tables) { test::replay_seeds("tables", fuzz::accepts_table, 20); }

TEST(FuzzSeeds, TensorFiles) {
  test::replay_seeds("gguf", fuzz::accepts_gguf, 5);
  test::replay_seeds("pickle", fuzz::accepts_pickle, 5);
  test::replay_seeds("torch", fuzz::accepts_torch, 5);
  test::replay_seeds("llama2c", fuzz::accepts_llama2c, 3);
  test::replay_seeds("llmc", fuzz::accepts_llmc, 4);
  test::replay_seeds("shard_index", fuzz::accepts_shard_index, 4);
}

}  // namespace
}  // namespace grim
