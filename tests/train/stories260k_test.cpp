// The smallest model that tells stories, out of llama2.c's file.
#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/autograd/tape.h"
#include "grimoire/generate/generate.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/hub/weights.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/view.h"
#include "grimoire/train/run.h"
#include "support/data.h"

namespace grim {
namespace {

// doc/stories260K.md of github.com/karpathy/llama2.c, greedy behind token 1.
constexpr const char* kBegin =
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red ball. She wanted to play with "
    "it, but it was too high.";
constexpr const char* kRest = "\nLily's mom said, \"Lily, let's go to the park.\" Lily was sad and didn't know what to do.";

std::string story(const std::string& path) {
  const TrainedModel trained = load_trained(path);
  Rng rng(RngMode::philox, 1);
  const GenerationConfig greedy{.temperature = 0, .max_new_tokens = 110, .begin = trained.begin, .ends = trained.ends};
  return generate(*trained.model, *trained.tokenizer, "", greedy, rng);
}

TEST(Stories260K, TellsItsStory) {
  GRIMOIRE_DATA(path, "checkpoints/stories260K/stories260K.bin");
  const std::string told = story(path);
  EXPECT_EQ(told.substr(0, std::string(kBegin).size() + std::string(kRest).size()), std::string(kBegin) + kRest);
  const test::TempFolder folder;
  convert_weights(path, folder / "folder", {});
  EXPECT_EQ(story(folder / "folder"), told);
  convert_weights(path, folder / "x.gguf", {.to = WeightsFormat::gguf});
  EXPECT_EQ(story(folder / "x.gguf"), told);
}

// As an implementation of its own in numpy has it.
TEST(Stories260K, FindsItsStoryLikely) {
  GRIMOIRE_DATA(path, "checkpoints/stories260K");
  const TrainedModel trained = load_trained(path);
  std::vector<int64_t> ids = {1};
  for (const int64_t id : trained.tokenizer->encode_with(kBegin, {.special_tokens = false}).ids) ids.push_back(id);
  ASSERT_EQ(ids.size(), 62u);
  const auto T = static_cast<int64_t>(ids.size()) - 1;
  const NoGrad no_grad;
  Pass pass;
  const Tensor logits = trained.model->logits(Tensor::from(std::vector<int64_t>(ids.begin(), ids.end() - 1), {1, T}), pass);
  const Tensor targets = Tensor::from(std::vector<int64_t>(ids.begin() + 1, ids.end()), {T});
  EXPECT_NEAR(cross_entropy(reshape(logits, {T, trained.model->vocabulary()}), targets).item(), 0.3857, 5e-5);
}

struct Quiet : RunEvents {};

TEST(Stories260K, GoesOnLearning) {
  GRIMOIRE_DATA(path, "checkpoints/stories260K");
  test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 60; ++i) text += std::string(kBegin) + kRest + "\n";
  folder.put("stories.txt", text);
  RunConfig c = default_run("llama", CorpusFormat::text);
  c.init_from = path;
  take_shape_of_init(c);
  c.data = folder / "stories.txt";
  c.out = folder / "run";
  c.steps = 1;
  c.lr = 0;
  Quiet quiet;
  EXPECT_LT(train(c, quiet).train_loss, 1) << "what it tells of itself is likely from the beginning";
}

}  // namespace
}  // namespace grim
