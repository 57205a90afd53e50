#include "grimoire/op/view.h"

#include <gtest/gtest.h>

#include "grimoire/op/matmul.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;

TEST(View, GradientsOfEveryView) {
  const auto check = [](const char* name, Shape shape, Tensor (*f)(const Inputs&)) {
    check_op({.name = name, .inputs = {{shape}}, .run = f, .f32_tolerance = 1e-6});
  };
  check("reshape", {2, 3, 4}, [](const Inputs& x) { return reshape(x[0], {4, -1}); });
  check("reshape of a transpose", {2, 3, 4}, [](const Inputs& x) { return reshape(transpose(x[0], 0, 2), {6, 4}); });
  check("flatten", {2, 3, 4}, [](const Inputs& x) { return flatten(x[0], 1, -1); });
  check("transpose", {2, 3, 4}, [](const Inputs& x) { return transpose(x[0], 0, -1); });
  check("permute", {2, 3, 4}, [](const Inputs& x) { return permute(x[0], {1, 2, 0}); });
  check("expand", {3, 1}, [](const Inputs& x) { return expand(x[0], {2, 3, 4}); });
  check("squeeze", {3, 1, 2}, [](const Inputs& x) { return squeeze(x[0], 1); });
  check("unsqueeze", {3, 2}, [](const Inputs& x) { return unsqueeze(x[0], 1); });
  check("slice", {5, 4}, [](const Inputs& x) { return slice(x[0], 0, 1, 4); });
  check("slice of nothing", {5, 4}, [](const Inputs& x) { return slice(x[0], 1, 2, 2); });
  check("select", {5, 4}, [](const Inputs& x) { return select(x[0], 1, -2); });
  check("two slices that overlap", {4, 4}, [](const Inputs& x) { return matmul(slice(x[0], 0, 0, 3), slice(x[0], 1, 1, 4)); });
}

TEST(View, SplitAndChunk) {
  const Tensor x = Tensor::arange(12);
  const std::vector<Tensor> parts = split(x, 0, {3, 4, 5});
  EXPECT_EQ(parts[1].at({0}), 3);
  EXPECT_EQ(parts[2].dim(0), 5);
  EXPECT_EQ(chunk(x, 0, 3)[2].at({3}), 11);
  EXPECT_THROW(split(x, 0, {3, 4}), Error);
  EXPECT_THROW(chunk(x, 0, 5), Error);
}

TEST(View, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({2, 3});
  EXPECT_THROW(reshape(x, {4, -1}), Error);
  EXPECT_THROW(reshape(x, {-1, -1}), Error);
  EXPECT_THROW(transpose(x, 0, 2), Error);
  EXPECT_THROW(permute(x, {0, 0}), Error);
  EXPECT_THROW(expand(x, {2, 4}), Error);
  EXPECT_THROW(slice(x, 1, 2, 4), Error);
  EXPECT_THROW(select(x, 0, 2), Error);
  EXPECT_THROW(squeeze(x, 0), Error);
}

}  // namespace
}  // namespace grim
