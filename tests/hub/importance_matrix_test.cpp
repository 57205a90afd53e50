#include "grimoire/hub/importance_matrix.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/io/gguf.h"

namespace grim {
namespace {

std::string said(const std::string& path) {
  try {
    read_importances(path);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(ImportanceMatrix, ComesBack) {
  const test::TempFolder folder;
  const ImportanceMatrix all = {{"blk.0.attn_q.weight", {{8, 2, 0}, 16}}, {"output.weight", {{1, 3}, 16}}};
  write_importances(folder / "x.imatrix", all, "text.txt", 8);
  const ImportanceMatrix back = read_importances(folder / "x.imatrix");
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(mean_squares(back.at("blk.0.attn_q.weight")), (std::vector<float>{.5f, .125f, 0}));
  EXPECT_EQ(back.at("output.weight").rows, 16);
  const GgufFile file(folder / "x.imatrix");
  EXPECT_EQ(file.text("general.type"), "imatrix");
  EXPECT_EQ(file.integer("imatrix.chunk_count"), 2);
}

TEST(ImportanceMatrix, OfTheOlderFormIsRead) {
  const ImportanceMatrix all = read_importances(std::string(GRIM_SOURCE_DIR) + "/tests/golden/k_quants/imatrix.dat");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(mean_squares(all.at("blk.0.attn_q.weight")), (std::vector<float>{.5f, 2, 0}));
}

TEST(ImportanceMatrix, RefusesWhatIsNone) {
  const test::TempFolder folder;
  const std::string whole = read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/k_quants/imatrix.dat");
  for (size_t n : {0, 3, 7, 20, 40, 60}) {
    write_atomically(folder / "cut", whole.substr(0, n));
    EXPECT_NE(said(folder / "cut"), "") << n;
  }
  write_atomically(folder / "text", "this is no such file");
  EXPECT_NE(said(folder / "text").find("number of entries"), std::string::npos) << said(folder / "text");
  write_gguf(folder / "model.gguf", {{"general.type", GgufValue::of(std::string("model"))}}, {{"x", Tensor::ones({4}), "F32"}});
  EXPECT_NE(said(folder / "model.gguf").find("general.type is not 'imatrix'"), std::string::npos);
  write_importances(folder / "bad", {{"a", {{-1, 1}, 3}}}, "text", 8);
  EXPECT_NE(said(folder / "bad").find("'a' holds -1, expected squares"), std::string::npos) << said(folder / "bad");
}

}  // namespace
}  // namespace grim
