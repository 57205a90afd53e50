#include "grimoire/op/arrange.h"

#include <gtest/gtest.h>

#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;
using test::Ids;
using test::ids_of;
using test::ints;

TEST(Concat, ValuesAndGradients) {
  check_op({.name = "last axis", .inputs = {{{2, 3}}, {{2, 1}}, {{2, 4}}},
            .run = [](const Inputs& x) { return concat({x[0], x[1], x[2]}, -1); }});
  check_op({.name = "first axis, with an empty part", .inputs = {{{2, 3}}, {{0, 3}}, {{1, 3}}},
            .run = [](const Inputs& x) { return concat({x[0], x[1], x[2]}, 0); }});
  check_op({.name = "the same part twice", .inputs = {{{2, 3, 2}}}, .run = [](const Inputs& x) {
              return concat({x[0], x[0]}, 1);
            }});
  check_op({.name = "one part", .inputs = {{{3}}}, .run = [](const Inputs& x) { return concat({x[0]}, 0); }});
  EXPECT_EQ(ints(concat({ids_of({1, 2}), ids_of({}), ids_of({3})}, 0)), Ids({1, 2, 3}));
}

TEST(Concat, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({2, 3});
  EXPECT_THROW(concat({}, 0), Error);
  EXPECT_THROW(concat({x, Tensor::zeros({3, 3})}, 1), Error);
  EXPECT_THROW(concat({x, Tensor::zeros({2})}, 0), Error);
  EXPECT_THROW(concat({x, Tensor::zeros({2, 3}, Dtype::f64)}, 0), Error);
  EXPECT_THROW(concat({x, x}, 2), Error);
}

TEST(Stack, ValuesAndGradients) {
  for (int axis : {0, 1, -1})
    check_op({.name = str("axis {}", axis), .inputs = {{{2, 3}}, {{2, 3}}},
              .run = [axis](const Inputs& x) { return stack({x[0], x[1]}, axis); }});
  check_op({.name = "of numbers", .inputs = {{Shape{}}, {Shape{}}}, .run = [](const Inputs& x) {
              return stack({x[0], x[1]}, 0);
            }});
  EXPECT_EQ(stack({Tensor::zeros({2, 3}), Tensor::zeros({2, 3})}, -1).shape(), Shape({2, 3, 2}));
  EXPECT_THROW(stack({}, 0), Error);
  EXPECT_THROW(stack({Tensor::zeros({2}), Tensor::zeros({3})}, 0), Error);
}

TEST(Pad, ValuesAndGradients) {
  struct Case {
    Shape shape;
    int axis;
    int64_t before, after;
  };
  for (const Case& c : {Case{{2, 3}, 1, 1, 2},
                        {{2, 3}, 0, 2, 0},
                        {{2, 3, 4}, 1, 0, 1},
                        {{0, 2}, 0, 1, 1},
                        {{1}, -1, 0, 0},
                        {{2, 0}, 0, 1, 1}})
    check_op({.name = str("{} on {} by {}, {}", c.shape, c.axis, c.before, c.after), .inputs = {{c.shape}},
              .run = [c](const Inputs& x) { return pad(x[0], c.axis, c.before, c.after, 0.5); },
              .twin = [c](const Inputs& x) {
                Shape first = c.shape, last = c.shape;
                const int axis = c.axis < 0 ? c.axis + c.shape.ndim() : c.axis;
                first[axis] = c.before;
                last[axis] = c.after;
                return concat({Tensor::full(first, 0.5, x[0].dtype()), x[0], Tensor::full(last, 0.5, x[0].dtype())},
                              c.axis);
              }});
  EXPECT_EQ(ints(pad(ids_of({1, 2}), 0, 1, 2, 9)), Ids({9, 1, 2, 9, 9}));
  EXPECT_THROW(pad(Tensor::zeros({2}), 0, -1, 0), Error);
  EXPECT_THROW(pad(Tensor::zeros({2}), 1, 1, 0), Error);
}

TEST(Triangle, ValuesAndGradients) {
  for (const Shape& shape :
       {Shape{4, 4}, Shape{2, 3, 5}, Shape{5, 3}, Shape{1, 1}, Shape{0, 3}, Shape{3, 0}, Shape{2, 0, 2}})
    for (int64_t diagonal : {int64_t{-9}, int64_t{-1}, int64_t{0}, int64_t{2}, int64_t{9}}) {
      check_op({.name = str("tril {} {}", shape, diagonal), .inputs = {{shape}},
                .run = [=](const Inputs& x) { return tril(x[0], diagonal); }});
      check_op({.name = str("triu {} {}", shape, diagonal), .inputs = {{shape}},
                .run = [=](const Inputs& x) { return triu(x[0], diagonal); }});
    }
  const Tensor x = reshape(Tensor::arange(9), {3, 3}) + Tensor::ones({3, 3}, Dtype::i64);
  EXPECT_EQ(ints(tril(x)), Ids({1, 0, 0, 4, 5, 0, 7, 8, 9}));
  EXPECT_EQ(ints(tril(x, -1)), Ids({0, 0, 0, 4, 0, 0, 7, 8, 0}));
  EXPECT_EQ(ints(triu(x)), Ids({1, 2, 3, 0, 5, 6, 0, 0, 9}));
  EXPECT_EQ(ints(triu(x, 1)), Ids({0, 2, 3, 0, 0, 6, 0, 0, 0}));
  EXPECT_THROW(tril(Tensor::zeros({3})), Error);
  EXPECT_THROW(triu(Tensor::zeros({})), Error);
}

TEST(FlipAndRoll, ValuesAndGradients) {
  for (const Shape& shape : {Shape{5}, Shape{3, 4}, Shape{2, 1}, Shape{0, 2}})
    for (int axis : {0, -1}) {
      check_op({.name = str("flip {} {}", shape, axis), .inputs = {{shape}}, .run = [=](const Inputs& x) {
                  return flip(x[0], axis);
                }});
      check_op({.name = str("roll {} {}", shape, axis), .inputs = {{shape}}, .run = [=](const Inputs& x) {
                  return roll(x[0] * 1.0, axis, -7);
                }});
    }
  EXPECT_EQ(ints(flip(ids_of({1, 2, 3}), 0)), Ids({3, 2, 1}));
  EXPECT_EQ(ints(roll(ids_of({1, 2, 3, 4}), 0, 1)), Ids({4, 1, 2, 3}));
  EXPECT_EQ(ints(roll(ids_of({1, 2, 3, 4}), 0, -5)), Ids({2, 3, 4, 1}));
  EXPECT_EQ(ints(roll(ids_of({1, 2, 3, 4}), 0, 8)), Ids({1, 2, 3, 4}));
  EXPECT_THROW(flip(Tensor::zeros({2}), 1), Error);
  EXPECT_THROW(roll(Tensor::zeros({2}), -2, 1), Error);
}

}  // namespace
}  // namespace grim
