#include "grimoire/hub/average.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/recurrent.h"

namespace grim {
namespace {

class Average : public ::testing::Test {
 protected:
  // A checkpoint of a small model whose numbers are drawn by this seed.
  std::string checkpoint(const std::string& name, uint64_t seed, int64_t hidden = 4) {
    Rng rng(RngMode::philox, seed);
    const Recurrent model({.cell = Cell::gru, .vocab_size = 5, .context = 4, .n_embd = 3, .n_hidden = hidden}, rng);
    files().make_dirs(parent_folder(folder_ / name));
    save_checkpoint(folder_ / name, model_files(model, nullptr), Json::object());
    return folder_ / name;
  }
  test::TempFolder folder_;
};

TEST_F(Average, IsTheMeanOfEveryNumber) {
  const std::vector<std::string> three = {checkpoint("a-1", 1), checkpoint("b-1", 2), checkpoint("c-1", 3)};
  const std::string to = folder_ / "mean";
  average_models(three, to);
  std::vector<TensorMap> all;
  for (const std::string& path : three) all.push_back(read_safetensors(path + "/model.safetensors"));
  const TensorMap mean = read_safetensors(to + "/model.safetensors");
  ASSERT_EQ(mean.size(), all[0].size());
  for (const auto& [name, tensor] : mean) {
    const std::vector<float> got = tensor.to_vector<float>(), a = all[0].at(name).to_vector<float>(), b = all[1].at(name).to_vector<float>(),
                             c = all[2].at(name).to_vector<float>();
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_EQ(got[i], static_cast<float>((double{a[i]} + double{b[i]} + double{c[i]}) / 3)) << name;
  }
  EXPECT_TRUE(open_model_folder(to).model);
  EXPECT_THROW(average_models(three, to), Error) << "it is there already";
}

TEST_F(Average, TakesTheLastCheckpointsOfARun) {
  for (const char* name : {"step-9", "step-10", "step-20"}) checkpoint(std::string("run/checkpoints/") + name, 1);
  EXPECT_EQ(checkpoints_in(folder_ / "run", 2), (std::vector<std::string>{folder_ / "run/checkpoints/step-10", folder_ / "run/checkpoints/step-20"}))
      << "by number, not by letters";
  EXPECT_EQ(checkpoints_in(folder_ / "run", 0).size(), 3u);
  EXPECT_THROW(checkpoints_in(folder_ / "nothing", 2), Error);
}

TEST_F(Average, IsOfModelsOfOneShape) {
  const std::vector<std::string> one = {checkpoint("a-1", 1)}, other = {one[0], checkpoint("b-1", 1, 5)};
  EXPECT_THROW(average_models(one, folder_ / "mean"), Error);
  EXPECT_THROW(average_models(other, folder_ / "mean"), Error);
  EXPECT_FALSE(exists(folder_ / "mean")) << "nothing is left behind";
}

}  // namespace
}  // namespace grim
