#include "grimoire/tensor/tensor.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"
#include "support/op_case.h"

namespace grim {
namespace {

TEST(Tensor, MakesReadsAndRefuses) {
  const Tensor x = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  EXPECT_EQ(x.at({1, -1}), 6);
  EXPECT_EQ(x.to_vector<int64_t>()[4], 5);
  EXPECT_EQ(Tensor::scalar(2.5).item(), 2.5);
  EXPECT_EQ(Tensor::zeros({0, 3}).numel(), 0);
  EXPECT_EQ(Tensor::ones({1, 1, 1, 1, 1, 1, 1, 2}).ndim(), 8);
  EXPECT_THROW(Shape({1, 1, 1, 1, 1, 1, 1, 1, 1}), Error);
  EXPECT_THROW(x.item(), Error);
  EXPECT_THROW(x.at({2, 0}), Error);
  EXPECT_THROW(x.data<double>(), Error);
  EXPECT_THROW(Tensor::empty({-1}), Error);
  EXPECT_THROW(Tensor::empty({int64_t{1} << 40, int64_t{1} << 40}), Error);
  EXPECT_THROW(Tensor::from<float>({1, 2}, {3}), Error);
}

TEST(Tensor, OutOfMemoryIsAnErrorAndNotTheEnd) {
  try {
    Tensor::empty({int64_t{1} << 42});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::resource);
  }
  EXPECT_EQ(Tensor::ones({3}).at({2}), 1);
}

TEST(Tensor, PrintsSoThatPeopleCanRead) {
  EXPECT_EQ(to_string(Tensor::from<float>({1, 2, 3, 4}, {2, 2})), "tensor([[1., 2.],\n        [3., 4.]], f32)");
  EXPECT_EQ(to_string(Tensor::from<float>({0.5f, -12.25f}, {2})), "tensor([  0.5000, -12.2500], f32)");
  EXPECT_EQ(to_string(Tensor::from<double>({1e-9, 1e9}, {2})), "tensor([1.0000e-09, 1.0000e+09], f64)");
  EXPECT_EQ(to_string(Tensor::arange(3)), "tensor([0, 1, 2], i64)");
  EXPECT_EQ(to_string(Tensor::from<int64_t>({9007199254740993, INT64_MIN, INT64_MAX}, {3})),
            "tensor([    9007199254740993, -9223372036854775808,  9223372036854775807], i64)");
  EXPECT_EQ(to_string(Tensor::from<bool>({true, false}, {2})), "tensor([ true, false], bool)");
  EXPECT_EQ(to_string(Tensor::scalar(3)), "tensor(3., f32)");
  EXPECT_EQ(to_string(Tensor::zeros({0, 2})), "tensor([], shape (0, 2), f32)");
  EXPECT_EQ(to_string(Tensor()), "tensor(undefined)");
  const std::string cut = to_string(Tensor::zeros({2000}));
  EXPECT_EQ(cut, "tensor([0., 0., 0., ..., 0., 0., 0.], shape (2000,), f32)");
}

TEST(Tensor, CastsRoundAsTheDtypeDoes) {
  EXPECT_EQ(cast(cast(Tensor::scalar(1.00390625), Dtype::bf16), Dtype::f32).item(), 1.0);   // a tie goes to even
  EXPECT_EQ(cast(cast(Tensor::scalar(1.01171875), Dtype::bf16), Dtype::f32).item(), 1.015625);
  EXPECT_TRUE(std::isnan(cast(cast(Tensor::scalar(NAN), Dtype::bf16), Dtype::f32).item()));
  EXPECT_EQ(cast(cast(Tensor::scalar(3.4e38), Dtype::bf16), Dtype::f32).item(), INFINITY);
  EXPECT_EQ(cast(Tensor::scalar(-2.7), Dtype::i32).item(), -2);
  EXPECT_EQ(cast(Tensor::scalar(0.5), Dtype::boolean).item(), 1);
}

// Every reshape of every permutation agrees with copying first.
TEST(View, ReshapeSeesTheSameElementsWhereItCan) {
  const Tensor base = cast(Tensor::arange(24), Dtype::f32);
  const Tensor x = view::try_reshape(base, {2, 3, 4});
  const std::vector<Tensor> views = {x, view::permute(x, {2, 0, 1}), view::transpose(x, 0, 1), view::slice(x, 2, 1, 3),
                                     view::expand(view::slice(x, 0, 0, 1), {5, 3, 4}), view::unsqueeze(x, 1), view::select(x, 1, 2)};
  for (const Tensor& v : views)
    for (const Shape& shape : {Shape{-1}, Shape{2, -1}, Shape{-1, 2}, Shape{1, -1, 1}, Shape{2, 2, -1}}) {
      if (v.numel() % 4) continue;
      const Tensor seen = view::try_reshape(v, shape), copied = view::try_reshape(copy(v), shape);
      ASSERT_TRUE(copied.defined());
      if (seen.defined()) EXPECT_TRUE(test::bit_equal(seen, copied)) << v.shape().to_string() << " to " << shape.to_string();
    }
  EXPECT_TRUE(view::try_reshape(view::slice(x, 0, 0, 1), {3, 4}).defined());
  EXPECT_FALSE(view::try_reshape(view::transpose(x, 1, 2), {24}).defined());
}

TEST(View, WritesThroughAndCopiesAcrossStrides) {
  const Tensor x = Tensor::zeros({3, 4});
  copy_into(view::slice(x, 1, 1, 3), Tensor::from<float>({1, 2}, {2}));  // broadcasts down
  EXPECT_EQ(x.to_vector<float>(), (std::vector<float>{0, 1, 2, 0, 0, 1, 2, 0, 0, 1, 2, 0}));
  const Tensor t = view::transpose(x, 0, 1);
  add_into(t, t);
  EXPECT_EQ(x.at({2, 2}), 4);
  fill(view::select(x, 0, 1), 7);
  EXPECT_EQ(x.at({1, 3}), 7);
  EXPECT_EQ(x.at({0, 3}), 0);
}

}  // namespace
}  // namespace grim
