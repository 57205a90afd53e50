// Models as they are opened for use: without drawing numbers first; and with weights rounded to bf16, where the rest is f32.
#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/bf16_product.h"
#include "grimoire/nn/products.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"
#include "support/any_model.h"
#include "support/op_case.h"

namespace grim {
namespace {

class OpenedModels : public ::testing::TestWithParam<std::string> {};

TEST_P(OpenedModels, ComputeWithBf16WeightsWhatTheSameNumbersInF32Do) {
  const std::unique_ptr<Pretrained> model = test::small_model(architecture_named(GetParam()));
  const NoGrad no_grad;
  const auto loss = [&] {
    Pass pass = Pass::evaluation();
    return test::small_loss(*model, pass).item();
  };
  const double before = loss();
  const int64_t rounded = round_products_to_bf16(*model);
  if (rounded == 0) return;
  const double narrow = loss();
  model->visit([](const std::string&, const Tensor& x, Module::Kind) {
    if (x.dtype() != Dtype::bf16) return;
    x.rebind(x.contiguous() ? cast(x, Dtype::f32) : view::transpose(cast(view::transpose(x, 0, 1), Dtype::f32), 0, 1));  // as it lies
  });
  if (device::has_bf16_products()) EXPECT_NEAR(narrow, loss(), .005);  // which round what they multiply
  else EXPECT_EQ(narrow, loss());
  EXPECT_NE(narrow, before);
  EXPECT_NEAR(narrow, before, .02);
}

TEST_P(OpenedModels, ComputeTheSameWithMatricesTurnedRound) {
  const std::unique_ptr<Pretrained> model = test::small_model(architecture_named(GetParam()));
  const NoGrad no_grad;
  Pass pass = Pass::evaluation(), again = Pass::evaluation();
  const double before = test::small_loss(*model, pass).item();
  turn_products(*model);
  EXPECT_NEAR(test::small_loss(*model, again).item(), before, 1e-5);
}

// As model folders are opened.
TEST_P(OpenedModels, AModelWhoseNumbersWereNotDrawnIsTheOneThatIsLoaded) {
  const Architecture& a = architecture_named(GetParam());
  const std::unique_ptr<Pretrained> drawn = test::small_model(a), loaded = test::small_model(a, 0, RngMode::unset);
  loaded->load(drawn->checkpoint());
  const NoGrad no_grad;
  Pass pass = Pass::evaluation(), again = Pass::evaluation();
  EXPECT_EQ(test::small_loss(*loaded, pass).item(), test::small_loss(*drawn, again).item());
}

// Rounded as they are loaded, or afterwards: the same numbers.
TEST_P(OpenedModels, RoomForBf16IsFilledWithRoundedNumbers) {
  const Architecture& a = architecture_named(GetParam());
  const std::unique_ptr<Pretrained> drawn = test::small_model(a), loaded = test::small_model(a, 0, RngMode::unset);
  const int64_t held = hold_products_in_bf16(*loaded);
  loaded->load(drawn->checkpoint());
  EXPECT_EQ(round_products_to_bf16(*drawn), held);
  const NoGrad no_grad;
  Pass pass = Pass::evaluation(), again = Pass::evaluation();
  EXPECT_EQ(test::small_loss(*loaded, pass).item(), test::small_loss(*drawn, again).item());
}

// Small models have few rows that fill blocks; of those that have some the answer stays near.
TEST_P(OpenedModels, ComputeNearlyTheSameWithMatricesOfEightBits) {
  const std::unique_ptr<Pretrained> model = test::small_model(architecture_named(GetParam()));
  const NoGrad no_grad;
  Pass pass = Pass::evaluation(), again = Pass::evaluation();
  const double before = test::small_loss(*model, pass).item();
  const size_t parameters = model->parameters().size();
  const int64_t quantised = quantise_products(*model, BlockType::q8_0);
  EXPECT_EQ(model->parameters().size() + static_cast<size_t>(quantised), parameters);
  EXPECT_EQ(quantise_products(*model, BlockType::q8_0), 0);
  const double after = test::small_loss(*model, again).item();
  if (quantised > 0) EXPECT_NE(after, before);
  EXPECT_NEAR(after, before, .02);
}

INSTANTIATE_TEST_SUITE_P(All, OpenedModels, ::testing::ValuesIn(test::trained_architectures()),
                         [](const auto& p) { std::string s = p.param; std::erase(s, '-'); return s; });

}  // namespace
}  // namespace grim
