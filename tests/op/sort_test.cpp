#include "grimoire/op/sort.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;
using test::Ids;
using test::ints;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST(Sort, ValuesAndGradients) {
  for (const Shape& shape :
       {Shape{7}, Shape{1}, Shape{3, 5}, Shape{4, 3, 2}, Shape{0}, Shape{0, 3}, Shape{3, 0}, Shape{70, 64}})
    for (int axis : {0, -1})
      for (Order order : {Order::ascending, Order::descending}) {
        const int64_t n = shape[axis < 0 ? shape.ndim() - 1 : 0];
        check_op({.name = str("sort {} on {}", shape, axis), .inputs = {{.shape = shape, .distinct = true}},
                  .run = [=](const Inputs& x) { return sort(x[0], axis, order).values; }, .f32_tolerance = 1e-6});
        check_op({.name = str("topk {} on {}", shape, axis), .inputs = {{.shape = shape, .distinct = true}},
                  .run = [=](const Inputs& x) { return topk(x[0], (n + 1) / 2, axis, order).values; },
                  .twin = [=](const Inputs& x) { return slice(sort(x[0], axis, order).values, axis, 0, (n + 1) / 2); },
                  .f32_tolerance = 1e-6});
      }
}

TEST(Sort, TiesKeepTheirOrder) {
  const Tensor x = Tensor::from<double>({2, 1, 2, 1, 3, 2}, {6});
  EXPECT_EQ(ints(argsort(x)), Ids({1, 3, 0, 2, 5, 4}));
  EXPECT_EQ(ints(argsort(x, 0, Order::descending)), Ids({4, 0, 2, 5, 1, 3}));
  EXPECT_EQ(ints(topk(x, 3).indices), Ids({4, 0, 2}));
  EXPECT_EQ(ints(topk(x, 4, 0, Order::ascending).indices), Ids({1, 3, 0, 2}));
  EXPECT_EQ(ints(argsort(Tensor::from<double>({0.0, -0.0, 0.0}, {3}))), Ids({0, 1, 2}));
}

// torch.tensor([1, nan, inf, -inf, nan, 0]).sort() and .topk(4)
TEST(Sort, NanIsTheLargest) {
  const Tensor x = Tensor::from<double>({1, kNan, kInf, -kInf, kNan, 0}, {6});
  EXPECT_EQ(ints(argsort(x)), Ids({3, 5, 0, 2, 1, 4}));
  EXPECT_EQ(ints(argsort(x, 0, Order::descending)), Ids({1, 4, 2, 0, 5, 3}));
  EXPECT_EQ(ints(topk(x, 4).indices), Ids({1, 4, 2, 0}));
  EXPECT_EQ(ints(topk(x, 5, 0, Order::ascending).indices), Ids({3, 5, 0, 2, 1}));
}

TEST(Sort, EveryDtype) {
  for (Dtype dtype : {Dtype::f32, Dtype::bf16, Dtype::i64, Dtype::i32, Dtype::u8}) {
    const Sorted s = sort(cast(Tensor::from<double>({3, 0, 2}, {3}), dtype));
    EXPECT_EQ(s.values.dtype(), dtype);
    EXPECT_EQ(ints(s.indices), Ids({1, 2, 0})) << name_of(dtype);
  }
  EXPECT_EQ(ints(argsort(cast(Tensor::from<double>({1, 0, 1}, {3}), Dtype::boolean))), Ids({1, 0, 2}));
}

TEST(Topk, IsTheHeadOfASort) {
  std::mt19937 engine(3);
  for (int64_t n : {1, 2, 17, 300})
    for (int64_t k : {int64_t{0}, int64_t{1}, n / 2, n}) {
      const Tensor x = Tensor::empty({3, n});
      for (int64_t i = 0; i < x.numel(); ++i) x.data<float>()[i] = static_cast<float>(engine() % 20);  // many ties
      for (Order order : {Order::ascending, Order::descending}) {
        const Sorted head = topk(x, k, 1, order), all = sort(x, 1, order);
        EXPECT_EQ(ints(head.indices), ints(slice(all.indices, 1, 0, k)));
        EXPECT_EQ(head.values.to_vector<float>(), slice(all.values, 1, 0, k).to_vector<float>());
      }
    }
}

TEST(Sort, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({2, 3});
  EXPECT_THROW(sort(x, 2), Error);
  EXPECT_THROW(sort(Tensor::zeros({})), Error);
  EXPECT_THROW(topk(x, 4), Error);
  EXPECT_THROW(topk(x, -1), Error);
  EXPECT_THROW(topk(x, 3, 0), Error);
}

}  // namespace
}  // namespace grim
