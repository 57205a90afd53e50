// Layers that are computed again in the backward pass: the same loss and gradients to the bit for every architecture that has layers, and less memory.

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/register.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/random.h"
#include "support/any_model.h"
#include "support/op_case.h"

namespace grim {
namespace {

struct Outcome {
  double loss;
  int64_t held;  // bytes between the two passes
  std::vector<NamedTensor> gradients;
};

// Two micro-batches of a step: gradients add up, in buffers as an optimiser's.
Outcome outcome(Pretrained& model, bool recompute, int threads) {
  const device::ThreadCap cap(threads);
  Outcome o{};
  for (const NamedTensor& p : model.parameters()) set_grad_buffer(p.tensor, Tensor::zeros(p.tensor.shape())), zero_grad(p.tensor);
  Pass pass = Pass::train(3, 7);
  pass.recompute = recompute;
  for (int batch = 0; batch < 2; ++batch) {
    const int64_t before = device::memory_use().live_bytes;
    const Tensor loss = test::small_loss(model, pass);
    o.loss = loss.item();
    o.held = device::memory_use().live_bytes - before;
    backward(loss);
  }
  for (const NamedTensor& p : model.parameters()) o.gradients.push_back({p.name, copy(grad(p.tensor))});
  return o;
}

class Recompute : public ::testing::TestWithParam<std::string> {};

TEST_P(Recompute, SameBitsAndLessIsHeldWhereThereAreLayers) {
  const Architecture& a = architecture_named(GetParam());
  const std::unique_ptr<Pretrained> model = test::small_model(a, 0.2);
  const Outcome plain = outcome(*model, false, 1);
  for (const int threads : {1, 2}) {
    const Outcome again = outcome(*model, true, threads);
    EXPECT_EQ(again.loss, plain.loss);
    for (size_t i = 0; i < plain.gradients.size(); ++i)
      EXPECT_TRUE(test::bit_equal(again.gradients[i].tensor, plain.gradients[i].tensor)) << plain.gradients[i].name;
    if (a.recomputes) EXPECT_LT(again.held, plain.held / 2);
    else EXPECT_EQ(again.held, plain.held) << "it heeds the pass, but does not say so (kRecomputes)";
  }
}

INSTANTIATE_TEST_SUITE_P(All, Recompute, ::testing::ValuesIn(test::trained_architectures()),
                         [](const auto& p) { std::string s = p.param; std::erase(s, '-'); return s; });

// nanoGPT's 6 layers, narrower: at most 103 times (B, T, C) numbers, gradients among them; again, the 6 inputs and one layer at a time, 27 times.
TEST(RecomputeMemory, PeakOfSixLayersFalls) {
  GptConfig c = GptConfig::nanogpt_char();
  c.n_embd = 96;
  Rng rng(RngMode::philox, 1);
  const Gpt model(c, rng);
  const Tensor x = randint(0, c.vocab_size, {4, 256}, rng), y = randint(0, c.vocab_size, {4, 256}, rng);
  const auto peak = [&](bool recompute) {
    for (const NamedTensor& p : model.parameters()) set_grad_buffer(p.tensor, Tensor::zeros(p.tensor.shape())), zero_grad(p.tensor);
    Pass pass = Pass::train(1, 0);
    pass.recompute = recompute;
    const int64_t before = device::memory_use().live_bytes;
    device::reset_peak();
    backward(model.loss(x, y, pass));
    return static_cast<double>(device::memory_use().peak_bytes - before);
  };
  const double plain = peak(false), again = peak(true), row = 4 * 256 * 96 * 4;
  EXPECT_LT(again, 0.28 * plain) << plain / row << " and " << again / row << " times (B, T, C)";
}

}  // namespace
}  // namespace grim
