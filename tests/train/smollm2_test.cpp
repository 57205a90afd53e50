// A real chat model, out of its one file.
#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/generate/chat.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/view.h"
#include "support/data.h"

namespace grim {
namespace {

// What llama.cpp makes of the same file.
TEST(SmolLm2, AnswersAsPublished) {
  GRIMOIRE_MODEL(path, "smollm2");
  const TrainedModel trained = load_trained(path);
  EXPECT_EQ(trained.tokenizer->encode("The capital of France is"), (std::vector<int64_t>{504, 3575, 282, 4649, 314}));
  Chat chat(*trained.model, *trained.tokenizer);
  chat.say("user", "What is gravity?");
  Rng rng(RngMode::philox, 1);
  EXPECT_EQ(chat.answer({.temperature = 0, .max_new_tokens = 24, .ends = trained.ends}, rng),
            "Gravity is a fundamental concept in physics that describes the curvature of spacetime caused by the presence of mass. It's a");
}

// As an implementation of its own in numpy has it, of weights that are widened to f32: the five largest logits behind a prompt, what each of its tokens
// but the first costs in the mean, and the ids it goes on with, as text and as they are.
TEST(SmolLm2, GivesTheLogitsOfItsFile) {
  GRIMOIRE_MODEL(path, "smollm2");
  const TrainedModel trained = load_trained(path);
  struct Case {
    std::string prompt;
    double cost;
    std::vector<std::pair<int64_t, double>> largest;
    std::vector<int64_t> goes_on;
    std::string said;
  };
  const Case cases[] = {
      {"The capital of France is", 3.6916, {{7042, 17.3713}, {260, 14.8886}, {4528, 13.245}, {2250, 13.0095}, {1315, 12.9515}},
       {7042, 30, 198, 198, 504, 2988, 314, 42, 216, 34, 32, 33}, " Paris.\n\nThe answer is: 201"},
      {"Once upon a time", 4.6781, {{28, 18.142}, {281, 14.0825}, {665, 13.3672}, {260, 12.9355}, {253, 12.928}},
       {28, 260, 2240, 282, 23324, 27108, 436, 253, 15114, 39228, 28, 351, 25854, 41658, 284, 14055, 9018, 30, 1249, 347, 260, 929, 3514, 411},
       ", the city of Nova Haven was a thriving metropolis, with towering skyscrapers and bustling streets. But as the years went by"},
      {"<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n<|im_start|>user\nWhat is gravity?<|im_end|>\n"
       "<|im_start|>assistant\n", 4.8287, {{22007, 29.6621}, {504, 26.6257}, {55, 26.0146}, {49, 25.4627}, {35638, 25.1466}},
       {22007, 6463, 314, 253, 4959, 1909, 281, 6944, 338, 6601, 260, 26589, 282, 42548, 2952, 411, 260, 4313, 282, 2389, 30, 657, 506, 253},
       "Gravity is a fundamental concept in physics that describes the curvature of spacetime caused by the presence of mass. It's a"}};
  const NoGrad no_grad;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.prompt);
    const std::vector<int64_t> ids = trained.tokenizer->encode_with(c.prompt, {.special_tokens = false}).ids;
    Pass pass;
    const Tensor logits = select(trained.model->logits(Tensor::from(ids, {1, std::ssize(ids)}), pass), 0, 0);  // (T, V)
    const std::vector<float> last = select(logits, 0, -1).to_vector<float>();
    std::vector<int64_t> order(last.size());
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + 5, order.end(), [&](int64_t a, int64_t b) { return last[size_t(a)] > last[size_t(b)]; });
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(order[i], c.largest[i].first) << i;
      EXPECT_NEAR(last[static_cast<size_t>(order[i])], c.largest[i].second, 1e-3) << i;
    }
    const int64_t told = std::ssize(ids) - 1;
    EXPECT_NEAR(cross_entropy(slice(logits, 0, 0, told), Tensor::from(std::vector<int64_t>(ids.begin() + 1, ids.end()), {told})).item(), c.cost, 1e-3);
    Rng rng(RngMode::philox, 1);
    const GenerationConfig greedy{.temperature = 0, .max_new_tokens = std::ssize(c.goes_on), .ends = trained.ends};
    EXPECT_EQ(Writer(*trained.model).write(ids, greedy, rng), c.goes_on);
    EXPECT_EQ(trained.tokenizer->decode(c.goes_on), c.said);
  }
}

}  // namespace
}  // namespace grim
