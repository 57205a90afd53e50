// Whatever a folder holds is opened as what it can do, and asking for another kind says which one it is; of a run the best weights count.
#include "grimoire/hub/trained_model.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/model/gpt.h"
#include "grimoire/text/char_tokenizer.h"

namespace grim {
namespace {

class TrainedModels : public ::testing::Test {
 protected:
  void save_gpt(const std::string& path) const {
    Rng rng(RngMode::philox, 1);
    const Gpt model({.vocab_size = 5, .n_positions = 4, .n_embd = 8, .n_layer = 1, .n_head = 2}, rng);
    save_checkpoint(path, model_files(model, &tokenizer_), Json::object({{"step", 3}}));
  }
  // What asking says; "" when it is answered.
  template <class Ask> static std::string refusal(const Ask& ask) {
    try {
      ask();
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
      return e.what();
    }
    return "";
  }
  test::TempFolder folder_;
  CharTokenizer tokenizer_ = CharTokenizer::of_items({"abc", "bcd"});
};

TEST_F(TrainedModels, AModelFolderIsOpenedAsWhatItCanDo) {
  const std::string path = folder_ / "model-1";
  save_gpt(path);
  const TrainedModel trained = load_trained(path);
  EXPECT_EQ(trained.path, path);
  EXPECT_EQ(trained.begin, 0);
  EXPECT_EQ(trained.ends, std::vector<int64_t>{0});
  EXPECT_EQ(trained.about.integer("step"), 3);
  EXPECT_EQ(trained.tokenizer->encode("bad"), tokenizer_.encode("bad"));
  const std::string said = refusal([&] { load_encoder(path); });
  EXPECT_NE(said.find("model_type 'gpt2' does not read whole texts"), std::string::npos) << said;
  const AnyTrained any = load_any(path);
  EXPECT_EQ(&language_model_in(any), std::get_if<TrainedModel>(&any));
}

TEST_F(TrainedModels, OfARunTheBestWeightsCount) {
  const std::string run = folder_ / "run";
  EXPECT_FALSE(is_run_folder(run));
  files().make_dirs(join_path(run, "checkpoints"));
  EXPECT_TRUE(is_run_folder(run));
  EXPECT_FALSE(holds_run(run));
  const std::string said = refusal([&] { load_any(run); });
  EXPECT_NE(said.find("holds no model"), std::string::npos) << said;
  save_gpt(join_path(run, "checkpoints/step-9"));
  EXPECT_TRUE(holds_run(run));
  EXPECT_EQ(load_trained(run).path, join_path(run, "checkpoints/step-9"));
  files().make_dirs(join_path(run, "best"));
  save_gpt(join_path(run, "best/step-4"));
  EXPECT_EQ(load_trained(run).path, join_path(run, "best/step-4"));
}

TEST_F(TrainedModels, WhatIsNotThereIsNamed) {
  EXPECT_NE(refusal([&] { load_any(folder_ / "nowhere"); }).find("nowhere' does not exist"), std::string::npos);
  Rng rng(RngMode::philox, 1);
  const Gpt model({.vocab_size = 5, .n_positions = 4, .n_embd = 8, .n_layer = 1, .n_head = 2}, rng);
  save_checkpoint(folder_ / "mute-1", model_files(model, nullptr));
  const std::string said = refusal([&] { load_any(folder_ / "mute-1"); });
  EXPECT_NE(said.find("there is no tokenizer.json"), std::string::npos) << said;
}

}  // namespace
}  // namespace grim
