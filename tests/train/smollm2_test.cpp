// A real chat model, out of its one file.
#include <gtest/gtest.h>

#include "grimoire/generate/chat.h"
#include "grimoire/hub/trained_model.h"
#include "support/data.h"

namespace grim {
namespace {

// What llama.cpp makes of the same file.
TEST(SmolLm2, AnswersAsPublished) {
  GRIMOIRE_MODEL(path, "smollm2");
  const TrainedModel trained = load_trained(path);
  const auto goes_on = [&](const std::string& prompt, int64_t tokens) {
    Rng rng(RngMode::philox, 1);
    const std::vector<int64_t> ids = trained.tokenizer->encode_with(prompt, {.special_tokens = false}).ids;
    return trained.tokenizer->decode(Writer(*trained.model).write(ids, {.temperature = 0, .max_new_tokens = tokens, .ends = trained.ends}, rng));
  };
  EXPECT_EQ(trained.tokenizer->encode("The capital of France is"), (std::vector<int64_t>{504, 3575, 282, 4649, 314}));
  EXPECT_EQ(goes_on("The capital of France is", 12), " Paris.\n\nThe answer is: 201");
  EXPECT_EQ(goes_on("Once upon a time", 24),
            ", the city of Nova Haven was a thriving metropolis, with towering skyscrapers and bustling streets. But as the years went by");
  Chat chat(*trained.model, *trained.tokenizer);
  chat.say("user", "What is gravity?");
  Rng rng(RngMode::philox, 1);
  EXPECT_EQ(chat.answer({.temperature = 0, .max_new_tokens = 24, .ends = trained.ends}, rng),
            "Gravity is a fundamental concept in physics that describes the curvature of spacetime caused by the presence of mass. It's a");
}

}  // namespace
}  // namespace grim
