#include "grimoire/op/conv1d.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;

// A sum over taps: y += W_k times x shifted by k * dilation.
Tensor composed_conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& o) {
  const int64_t K = weight.dim(2), reach = (K - 1) * o.dilation;
  const int64_t left = o.padding == Padding::none ? 0 : o.padding == Padding::causal ? reach : reach / 2;
  const Tensor padded = pad(x, 2, left, o.padding == Padding::same ? reach - left : 0);
  const int64_t T_out = (padded.dim(2) - reach - 1) / o.stride + 1;
  Tensor y;
  for (int64_t k = 0; k < K; ++k) {
    const Tensor seen = index_select(padded, 2,
                                     Tensor::arange(T_out) * Tensor::scalar(static_cast<double>(o.stride), Dtype::i64) +
                                         Tensor::scalar(static_cast<double>(k * o.dilation), Dtype::i64));
    const Tensor share = matmul(select(weight, 2, k), seen);  // (B, C_out, T_out)
    y = y.defined() ? y + share : share;
  }
  return bias.defined() ? y + unsqueeze(bias, 1) : y;
}

struct Case {
  int64_t B, C_in, T, C_out, K;
  Conv1dOptions options;
};

// d/dh of conv1d(h, h) is twice that of conv1d(h, k) at k = h, h being no leaf.
TEST(Conv1d, GradientsOfOneTensorInBothPlacesAddUp) {
  const auto gradient = [](const auto& op) {
    const Tensor p = requires_grad(Tensor::from<float>({1, 2, 3, 4}, {1, 1, 4}));
    const Tensor h = p * 2.0;
    backward(sum(op(h, h, Tensor(), Conv1dOptions{.padding = Padding::causal})));
    return grad(p).to_vector<float>();
  };
  EXPECT_EQ(gradient([](auto&&... x) { return conv1d(x...); }), gradient(composed_conv1d));
}

TEST(Conv1d, MatchesItsTwin) {
  const Case cases[] = {{2, 3, 7, 4, 3, {}},
                        {1, 1, 1, 1, 1, {}},
                        {2, 2, 5, 3, 1, {.stride = 3}},
                        {3, 2, 6, 2, 2, {.dilation = 4, .padding = Padding::causal}},
                        {2, 2, 3, 2, 3, {.dilation = 8, .padding = Padding::causal}},  // taps wholly outside x
                        {2, 3, 8, 2, 3, {.stride = 2, .padding = Padding::causal}},
                        {2, 3, 8, 2, 3, {.padding = Padding::same}},
                        {2, 3, 9, 2, 4, {.padding = Padding::same}},
                        {2, 3, 9, 2, 4, {.stride = 2, .dilation = 2, .padding = Padding::same}},
                        {1, 2, 11, 3, 3, {.stride = 4, .dilation = 2}},
                        {1, 2, 5, 3, 5, {}},
                        {0, 2, 5, 3, 2, {}},
                        {11, 16, 40, 24, 3, {.dilation = 2, .padding = Padding::causal}}};
  for (const Case& c : cases)
    for (bool biased : {true, false})
      check_op(
          {.name = str("B{} C{} T{} O{} K{} stride {} dilation {} bias {}", c.B, c.C_in, c.T, c.C_out, c.K,
                       c.options.stride, c.options.dilation, biased),
           .inputs = {{{c.B, c.C_in, c.T}}, {{c.C_out, c.C_in, c.K}}, {.shape = {c.C_out}, .gradient = biased}},
           .run = [=](const Inputs& x) { return conv1d(x[0], x[1], biased ? x[2] : Tensor(), c.options); },
           .twin = [=](const Inputs& x) { return composed_conv1d(x[0], x[1], biased ? x[2] : Tensor(), c.options); }});
}

TEST(Conv1d, CausalMeansThatLaterInputsChangeNothing) {
  const Conv1dOptions options{.dilation = 2, .padding = Padding::causal};
  const Tensor x = test::random_tensor({{1, 3, 12}}, Dtype::f32, 1),
               weight = test::random_tensor({{2, 3, 3}}, Dtype::f32, 2);
  const Tensor whole = conv1d(x, weight, {}, options);
  EXPECT_EQ(whole.shape(), Shape({1, 2, 12}));
  const Tensor cut = concat({slice(x, 2, 0, 7), Tensor::full({1, 3, 5}, 99)}, 2);
  EXPECT_TRUE(test::bit_equal(slice(whole, 2, 0, 7), slice(conv1d(cut, weight, {}, options), 2, 0, 7)));
}

TEST(Conv1d, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({2, 3, 5}), w = Tensor::zeros({4, 3, 2});
  EXPECT_THROW(conv1d(Tensor::zeros({3, 5}), w), Error);
  EXPECT_THROW(conv1d(x, Tensor::zeros({4, 2, 2})), Error);
  EXPECT_THROW(conv1d(x, Tensor::zeros({4, 3, 0})), Error);
  EXPECT_THROW(conv1d(x, Tensor::zeros({4, 3, 6})), Error);
  EXPECT_THROW(conv1d(x, w, {}, {.dilation = 5}), Error);
  EXPECT_THROW(conv1d(x, w, {}, {.stride = 0}), Error);
  EXPECT_THROW(conv1d(x, w, {}, {.dilation = -1}), Error);
  EXPECT_THROW(conv1d(x, w, Tensor::zeros({3})), Error);
  EXPECT_THROW(conv1d(x, Tensor::zeros({4, 3, 2}, Dtype::f64)), Error);
  EXPECT_THROW(conv1d(Tensor::zeros({2, 3, 0}), w, {}, {.padding = Padding::causal}), Error);
}

}  // namespace
}  // namespace grim
