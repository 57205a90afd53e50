#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/linear_cross_entropy.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/memory.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

using test::check_op;
using test::Inputs;

Tensor random_targets(const Shape& shape, int64_t V) {
  return test::random_tensor({shape, 0, static_cast<double>(V)}, Dtype::i64, 23);
}

// Cross-entropy from one-hot vectors: the definition.
Tensor plain_cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& o) {
  const int64_t V = logits.dim(-1);
  const Tensor wanted = unsqueeze(targets, -1), classes = Tensor::arange(V);
  const Tensor one_hot = cast(eq(wanted, classes), logits.dtype());                      // (..., V)
  const Tensor counts = cast(ne(targets, static_cast<double>(o.ignore_index)), logits.dtype());  // (...)
  const Tensor goal = one_hot * (1 - o.label_smoothing) + o.label_smoothing / static_cast<double>(V);
  const Tensor rows = counts * -sum(goal * log_softmax(logits, -1), -1);
  if (o.reduction == Reduction::none) return rows;
  return o.reduction == Reduction::sum ? sum(rows) : sum(rows) / sum(counts).item();
}

const std::vector<CrossEntropyOptions> kOptions = {
    {},
    {.label_smoothing = 0.1},
    {.reduction = Reduction::sum},
    {.reduction = Reduction::none},
    {.label_smoothing = 0.3, .reduction = Reduction::none},
    {.ignore_index = 1},
    {.ignore_index = 0, .label_smoothing = 0.2, .reduction = Reduction::sum},
    {.ignore_index = 2, .reduction = Reduction::none}};

TEST(CrossEntropy, EveryOptionAgainstOneHot) {
  for (const Shape& shape : std::vector<Shape>{{5, 3}, {1, 4}, {4}, {2, 3, 7}, {9, 67}})
    for (const CrossEntropyOptions& o : kOptions) {
      Shape rows = shape;
      rows.erase(shape.ndim() - 1);
      const Tensor targets = random_targets(rows, shape.back());
      if (o.reduction == Reduction::mean && sum(ne(targets, static_cast<double>(o.ignore_index))).item() == 0) continue;
      check_op({.name = str("cross_entropy {}", shape), .inputs = {{shape, -4, 4}},
                .run = [&](const Inputs& in) { return cross_entropy(in[0], targets, o); },
                .twin = [&](const Inputs& in) { return plain_cross_entropy(in[0], targets, o); }});
      if (o.label_smoothing == 0)
        check_op({.name = str("nll_loss {}", shape), .inputs = {{shape, -4, 4}},
                  .run = [&](const Inputs& in) { return nll_loss(log_softmax(in[0], -1), targets, o); },
                  .twin = [&](const Inputs& in) { return cross_entropy(in[0], targets, o); }});
    }
}

TEST(CrossEntropy, EveryTailAndLongRows) {
  for (int64_t V : {1, 2, 15, 16, 17, 33, 63, 64, 65, 4095, 4097, 9001}) {
    const Tensor targets = random_targets({9}, V);
    check_op({.name = str("V {}", V), .inputs = {{{9, V}, -9, 9}},
              .run = [&](const Inputs& in) { return cross_entropy(in[0], targets); },
              .twin = [&](const Inputs& in) { return plain_cross_entropy(in[0], targets, {}); }});
    check_op({.name = str("V {}, rows", V), .inputs = {{{9, V}, -9, 9}},
              .run = [&](const Inputs& in) { return cross_entropy(in[0], targets, {.reduction = Reduction::none}); },
              .twin = [&](const Inputs& in) {
                return plain_cross_entropy(in[0], targets, {.reduction = Reduction::none});
              }});
  }
}

TEST(CrossEntropy, ExtremeLogits) {
  const float inf = INFINITY;
  const Tensor x = Tensor::from({-1e4f, 1e4f, -inf, 3.0f, -inf, -inf}, {2, 3}), t = Tensor::from<int64_t>({1, 0}, {2});
  EXPECT_EQ(cross_entropy(x, t).item(), 0);
  const Tensor nothing = Tensor::full({2}, -100, Dtype::i64);
  EXPECT_TRUE(std::isnan(cross_entropy(x, nothing).item()));
  EXPECT_EQ(cross_entropy(x, nothing, {.reduction = Reduction::sum}).item(), 0);
  Tensor masked = Tensor::full({1, 9000}, -INFINITY);  // a whole block of -inf before the first number
  masked.data<float>()[8000] = masked.data<float>()[8001] = 5;
  EXPECT_FLOAT_EQ(static_cast<float>(cross_entropy(masked, Tensor::from<int64_t>({8000}, {1})).item()), std::log(2.0f));
  Tensor late = Tensor::zeros({1, 9000}, Dtype::f64);  // the early elements still count after a rise
  late.data<double>()[8999] = 31;
  EXPECT_NEAR(cross_entropy(late, Tensor::from<int64_t>({8999}, {1})).item(), std::log1p(8999 * std::exp(-31.0)),
              1e-14);
  Tensor rising = Tensor::empty({1, 20000});  // the running maximum grows from block to block
  for (int64_t i = 0; i < 20000; ++i) rising.data<float>()[i] = static_cast<float>(i) * 0.01f;
  EXPECT_NEAR(cross_entropy(rising, Tensor::from<int64_t>({19999}, {1})).item(),
              cross_entropy(cast(rising, Dtype::f64), Tensor::from<int64_t>({19999}, {1})).item(), 1e-5);
}

TEST(CrossEntropy, WritesOverLogitsThatNobodyHolds) {
  const Tensor x = test::random_tensor({{64, 1000}}, Dtype::f32, 3), t = random_targets({64}, 1000);
  const Tensor bias = requires_grad(Tensor::ones({1000}));
  const Tensor held = x + bias, before = copy(held);
  backward(cross_entropy(held, t));
  EXPECT_TRUE(test::bit_equal(held, before));  // still ours
  const Tensor expected = copy(grad(bias));
  zero_grad(bias);
  const Tensor loss = cross_entropy(x + bias, t);
  device::reset_peak();
  const int64_t live = device::memory_use().live_bytes;
  backward(loss);
  EXPECT_TRUE(test::bit_equal(grad(bias), expected));
  EXPECT_LT(device::memory_use().peak_bytes - live, 64 * 1000);  // no second block of logits
}

TEST(CrossEntropy, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({3, 5});
  try {
    cross_entropy(x, Tensor::from<int64_t>({0, 1, 5}, {3}));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::argument);
    EXPECT_STREQ(e.what(), "[cross_entropy] target out of range: row 2 is 5, expected 0 to 4");
  }
  EXPECT_THROW(cross_entropy(x, Tensor::from<int64_t>({0, -1, 2}, {3})), Error);
  EXPECT_THROW(cross_entropy(x, Tensor::from<int64_t>({0, 1}, {2})), Error);
  EXPECT_THROW(cross_entropy(x, Tensor::zeros({3})), Error);
  EXPECT_THROW(cross_entropy(x, Tensor::zeros({3}, Dtype::i64), {.label_smoothing = 1}), Error);
  EXPECT_NO_THROW(cross_entropy(x, Tensor::zeros({3}, Dtype::i32)));
}

TEST(LinearCrossEntropy, EqualsCrossEntropyOfTheProduct) {
  for (HeadLayout layout : {HeadLayout::vocabulary_rows, HeadLayout::vocabulary_columns})
    for (const auto& [N, C, V] : std::vector<std::array<int64_t, 3>>{{5, 3, 7}, {1, 1, 2}, {33, 16, 27}, {70, 5, 301}})
      for (const CrossEntropyOptions& o : kOptions) {
        if (o.reduction == Reduction::none) continue;
        const Tensor targets = random_targets({N}, V);
        if (sum(ne(targets, static_cast<double>(o.ignore_index))).item() == 0) continue;
        const bool by_rows = layout == HeadLayout::vocabulary_rows;
        check_op({.name = str("head {} {} {}", N, C, V), .inputs = {{{N, C}}, {by_rows ? Shape{V, C} : Shape{C, V}}},
                  .run = [&](const Inputs& in) { return linear_cross_entropy(in[0], in[1], layout, targets, o); },
                  .twin = [&](const Inputs& in) {
                    return cross_entropy(matmul(in[0], by_rows ? transpose(in[1], 0, 1) : in[1]), targets, o);
                  }});
      }
}

TEST(LinearCrossEntropy, SeveralChunksInLittleMemory) {
  const int64_t N = 400, C = 8, V = 200000;  // 80 rows a chunk
  const Tensor x = requires_grad(test::random_tensor({{N, C}}, Dtype::f32, 1));
  const Tensor w = requires_grad(test::random_tensor({{V, C}}, Dtype::f32, 2)), t = random_targets({N}, V);
  device::reset_peak();
  const int64_t live = device::memory_use().live_bytes;
  const Tensor loss = linear_cross_entropy(x, w, HeadLayout::vocabulary_rows, t);
  backward(loss * 3.0);
  EXPECT_LT(device::memory_use().peak_bytes - live, int64_t{100} << 20);  // all logits: 320 MB
  const Tensor dx = copy(grad(x)), dw = copy(grad(w));
  zero_grad(x), zero_grad(w);
  const Tensor plain = cross_entropy(matmul(x, transpose(w, 0, 1)), t);
  backward(plain * 3.0);
  EXPECT_NEAR(loss.item(), plain.item(), 1e-5);
  EXPECT_LT(test::relative_difference(dx, grad(x)), 1e-5);
  EXPECT_LT(test::relative_difference(dw, grad(w)), 1e-5);
}

TEST(LinearCrossEntropy, IgnoredRowsAndOneTrackedInput) {
  const Tensor x = test::random_tensor({{4, 3}}, Dtype::f64, 1), w = test::random_tensor({{7, 3}}, Dtype::f64, 2);
  const Tensor none = Tensor::full({4}, -100, Dtype::i64);
  requires_grad(w);
  const Tensor loss = linear_cross_entropy(x, w, HeadLayout::vocabulary_rows, none, {.reduction = Reduction::sum});
  backward(loss);
  EXPECT_EQ(loss.item(), 0);
  EXPECT_EQ(max(abs(grad(w))).item(), 0);
  EXPECT_THROW(linear_cross_entropy(x, w, HeadLayout::vocabulary_columns, none), Error);
  EXPECT_THROW(linear_cross_entropy(x, w, HeadLayout::vocabulary_rows, none, {.reduction = Reduction::none}), Error);
  EXPECT_THROW(linear_cross_entropy(x, w, HeadLayout::vocabulary_rows, Tensor::full({4}, 7, Dtype::i64)), Error);
}

}  // namespace
}  // namespace grim
