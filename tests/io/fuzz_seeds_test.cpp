// Every seed and every finding of the fuzzers, replayed.
#include <filesystem>

#include <gtest/gtest.h>

#include "fuzz/safetensors_target.h"
#include "fuzz/tables_target.h"
#include "fuzz/tensor_file_target.h"
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

// Seeds of one kind: those whose name begins with "good" are taken, the others refused.
void replay(const std::string& kind, bool (*accepts)(std::string_view), int at_least) {
  const std::string folder = std::string(GRIM_SOURCE_DIR) + "/tests/fuzz/seeds/" + kind;
  int files_seen = 0;
  for (const std::string& name : files().list(folder)) {
    const std::string bytes = read_file(join_path(folder, name));
    ++files_seen;
    bool good = false;
    EXPECT_NO_THROW(good = accepts(bytes)) << kind << ": " << name;
    EXPECT_EQ(good, name.starts_with("good")) << kind << ": " << name;
  }
  EXPECT_GE(files_seen, at_least) << kind;
}

TEST(FuzzSeeds, Tables) { replay("tables", fuzz::accepts_table, 20); }

TEST(FuzzSeeds, TensorFiles) {
  replay("gguf", fuzz::accepts_gguf, 5);
  replay("pickle", fuzz::accepts_pickle, 5);
  replay("torch", fuzz::accepts_torch, 5);
  replay("llama2c", fuzz::accepts_llama2c, 3);
  replay("llmc", fuzz::accepts_llmc, 4);
  replay("shard_index", fuzz::accepts_shard_index, 4);
}

}  // namespace
}  // namespace grim
