#include "grimoire/op/straight_through.h"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/softmax.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::random_tensor;
using Numbers = std::vector<double>;

Tensor numbers(const Numbers& x) { return Tensor::from<double>(x, {static_cast<int64_t>(x.size())}); }

// The gradient that arrives at x from dy on f(x).
Numbers pulled_back(const std::function<Tensor(const Tensor&)>& f, const Tensor& x, const Tensor& dy) {
  const Tensor leaf = requires_grad(detach(x));
  backward(f(leaf), dy);
  return grad(leaf).to_vector<double>();
}

TEST(StraightThrough, ForwardSteps) {
  EXPECT_EQ(round_ste(numbers({-1.5, -0.5, 0.5, 1.5, 2.4, -2.6, 0})).to_vector<double>(),
            Numbers({-2, -0., 0, 2, 2, -3, 0}));
  EXPECT_EQ(sign_ste(numbers({-3, -0.2, 0, -0.0, 5})).to_vector<double>(), Numbers({-1, -1, 1, 1, 1}));
  EXPECT_TRUE(std::isnan(sign_ste(numbers({NAN})).item()));
  EXPECT_EQ(argmax_one_hot_ste(Tensor::from<double>({1, 3, 2, 5, 5, 4}, {2, 3})).to_vector<double>(),
            Numbers({0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(argmax_one_hot_ste(Tensor::from<double>({1, 3, 2, 5, 5, 4}, {2, 3}), 0).to_vector<double>(),
            Numbers({0, 0, 0, 1, 1, 1}));
}

TEST(StraightThrough, BackwardIsTheIdentity) {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{0, 3}, Shape{4, 5}, Shape{2, 3, 4}, Shape{70000}}) {
    const Tensor x = random_tensor({shape, -3, 3}, Dtype::f64, 1), dy = random_tensor({shape}, Dtype::f64, 2);
    const Numbers expected = dy.to_vector<double>();
    EXPECT_EQ(pulled_back(round_ste, x, dy), expected);
    EXPECT_EQ(pulled_back([](const Tensor& v) { return sign_ste(v, SignGradient::identity); }, x, dy), expected);
    for (int axis = 0; axis < x.ndim() && x.numel() > 0; ++axis)
      EXPECT_EQ(pulled_back([=](const Tensor& v) { return argmax_one_hot_ste(v, axis); }, x, dy), expected);
    EXPECT_EQ(pulled_back(round_ste, test::scattered(x), dy), expected);
  }
}

TEST(StraightThrough, ClippedSignStopsWhereItIsSaturated) {
  const Tensor x = numbers({-1.1, -1, -0.3, 0, 1, 1.0001, 40}), dy = numbers({1, 2, 3, 4, 5, 6, 7});
  EXPECT_EQ(pulled_back([](const Tensor& v) { return sign_ste(v); }, x, dy), Numbers({0, 2, 3, 4, 5, 0, 0}));
  EXPECT_EQ(pulled_back([](const Tensor& v) { return sign_ste(v); }, test::scattered(x), dy),
            Numbers({0, 2, 3, 4, 5, 0, 0}));
}

// With probabilities from a softmax the logits get exactly the softmax's gradient.
TEST(StraightThrough, OneHotCarriesTheSoftmaxGradient) {
  const Tensor logits = random_tensor({{4, 6}, -2, 2}, Dtype::f64, 3), dy = random_tensor({{4, 6}}, Dtype::f64, 4);
  EXPECT_EQ(pulled_back([](const Tensor& v) { return argmax_one_hot_ste(softmax(v, -1)); }, logits, dy),
            pulled_back([](const Tensor& v) { return softmax(v, -1); }, logits, dy));
}

TEST(StraightThrough, SaysWhatIsWrong) {
  const Tensor ints = Tensor::arange(3);
  EXPECT_THROW(round_ste(ints), Error);
  EXPECT_THROW(sign_ste(ints), Error);
  EXPECT_THROW(argmax_one_hot_ste(ints), Error);
  EXPECT_THROW(argmax_one_hot_ste(Tensor::zeros({2, 3}), 2), Error);
  EXPECT_THROW(argmax_one_hot_ste(Tensor::zeros({})), Error);
}

}  // namespace
}  // namespace grim
