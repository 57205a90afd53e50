#include "grimoire/op/gather.h"

#include <gtest/gtest.h>

#include "grimoire/op/arrange.h"
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

struct GatherCase {
  Shape x, index;
  int axis;
};

TEST(Gather, ValuesAndGradients) {
  const GatherCase cases[] = {
      {{4, 3}, {4, 5}, 1}, {{4, 3}, {6, 3}, 0},       {{3, 4, 2}, {2, 3, 1}, 1}, {{5}, {8}, 0},
      {{1}, {1}, 0},       {{3, 4}, {3, 0}, 1},       {{4, 3}, {0, 3}, 1},       {{2, 3}, {2, 1}, -1},
      {{1, 7}, {1, 3}, 1}, {{40, 300}, {40, 500}, 1}, {{300, 40}, {500, 40}, 0}};
  for (const GatherCase& c : cases) {
    const int64_t n = c.x[c.axis < 0 ? c.axis + c.x.ndim() : c.axis];
    check_op({.name = str("{} by {} on {}", c.x, c.index, c.axis),
              .inputs = {{c.x}, {.shape = c.index, .low = 0, .high = static_cast<double>(n), .dtype = Dtype::i64}},
              .run = [c](const Inputs& x) { return gather(x[0], c.axis, x[1]); }});
  }
}

TEST(Gather, PicksWhatItsDefinitionSays) {
  const Tensor x = reshape(Tensor::arange(12), {3, 4});
  const Tensor rows = Tensor::from<int32_t>({2, 0, 1, 2, 0, 0, 0, 1}, {2, 4});
  EXPECT_EQ(ints(gather(x, 0, rows)), Ids({8, 1, 6, 11, 0, 1, 2, 7}));
  const Tensor columns = Tensor::from<int64_t>({3, 3, 0, 1, 2, 2}, {3, 2});
  EXPECT_EQ(ints(gather(x, 1, columns)), Ids({3, 3, 4, 5, 10, 10}));
}

TEST(Gather, SaysWhatIsWrong) {
  const Tensor x = Tensor::zeros({2, 3}), zero = Tensor::zeros({2, 1}, Dtype::i64);
  EXPECT_THROW(gather(x, 1, Tensor::full({2, 1}, 3, Dtype::i64)), Error);
  EXPECT_THROW(gather(x, 1, Tensor::full({2, 1}, -1, Dtype::i64)), Error);
  EXPECT_THROW(gather(x, 1, Tensor::zeros({2, 1})), Error);
  EXPECT_THROW(gather(x, 1, Tensor::zeros({2}, Dtype::i64)), Error);
  EXPECT_THROW(gather(x, 1, Tensor::zeros({3, 1}, Dtype::i64)), Error);
  EXPECT_THROW(gather(x, 2, zero), Error);
  try {
    gather(x, 1, Tensor::from<int64_t>({0, 7}, {2, 1}));
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "[gather] index 7 at place 1 is outside 0 to 2");
  }
}

TEST(ScatterAdd, IsTheTransposeOfGather) {
  const GatherCase cases[] = {
      {{4, 3}, {4, 5}, 1}, {{4, 3}, {6, 3}, 0}, {{3, 4, 2}, {2, 3, 1}, 1}, {{5}, {8}, 0}, {{3, 4}, {3, 0}, 1}};
  for (const GatherCase& c : cases)
    check_op({.name = str("{} by {} on {}", c.x, c.index, c.axis),
              .inputs = {{c.x},
                         {.shape = c.index, .low = 0, .high = static_cast<double>(c.x[c.axis]), .dtype = Dtype::i64},
                         {c.index}},
              .run = [c](const Inputs& x) { return scatter_add(x[0], c.axis, x[1], x[2]); }});
  const Tensor y = scatter_add(Tensor::ones({3}), 0, ids_of({2, 0, 2}), Tensor::from<float>({1, 2, 4}, {3}));
  EXPECT_EQ(y.to_vector<double>(), std::vector<double>({3, 1, 6}));
  EXPECT_THROW(scatter_add(Tensor::ones({3}), 0, ids_of({3}), Tensor::ones({1})), Error);
  EXPECT_THROW(scatter_add(Tensor::ones({3}), 0, ids_of({0}), Tensor::ones({2})), Error);
  EXPECT_THROW(scatter_add(Tensor::ones({3}), 0, ids_of({0}), Tensor::ones({1}, Dtype::f64)), Error);
}

TEST(IndexSelect, ValuesAndGradients) {
  const GatherCase cases[] = {{{4, 3}, {5}, 0},    {{4, 3}, {5}, 1},     {{2, 5, 3}, {4}, 1},
                              {{2, 5, 3}, {0}, 1}, {{1}, {1}, 0},        {{3, 0}, {4}, 0},
                              {{7}, {9}, 0},       {{50, 700}, {90}, 0}, {{3, 50, 70}, {90}, 1}};
  for (const GatherCase& c : cases)
    check_op(
        {.name = str("{} by {} on {}", c.x, c.index, c.axis),
         .inputs = {{c.x}, {.shape = c.index, .low = 0, .high = static_cast<double>(c.x[c.axis]), .dtype = Dtype::i64}},
         .run = [c](const Inputs& x) { return index_select(x[0], c.axis, x[1]); },
         .twin = [c](const Inputs& x) {  // slices side by side
           std::vector<Tensor> parts = {slice(x[0], c.axis, 0, 0)};
           for (int64_t id : ints(x[1])) parts.push_back(slice(x[0], c.axis, id, id + 1));
           return concat(parts, c.axis);
         }});
  EXPECT_EQ(ints(index_select(ids_of({5, 6, 7}), 0, ids_of({2, 2, 0}))), Ids({7, 7, 5}));
  EXPECT_THROW(index_select(Tensor::zeros({2, 3}), 0, ids_of({2})), Error);
  EXPECT_THROW(index_select(Tensor::zeros({2, 3}), 0, Tensor::zeros({1, 1}, Dtype::i64)), Error);
  EXPECT_THROW(index_select(Tensor::zeros({2, 3}), 0, Tensor::zeros({1})), Error);
}

TEST(OneHot, PutsASingleOne) {
  const Tensor y = one_hot(Tensor::from<int32_t>({2, 0, 1, 2}, {2, 2}), 3, Dtype::i64);
  EXPECT_EQ(y.shape(), Shape({2, 2, 3}));
  EXPECT_EQ(ints(y), Ids({0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(one_hot(Tensor::scalar(1, Dtype::i64), 2).to_vector<double>(), std::vector<double>({0, 1}));
  EXPECT_EQ(one_hot(ids_of({}), 4).shape(), Shape({0, 4}));
  EXPECT_EQ(one_hot(ids_of({0}), 1, Dtype::bf16).at({0, 0}), 1);
  EXPECT_THROW(one_hot(ids_of({3}), 3), Error);
  EXPECT_THROW(one_hot(ids_of({-1}), 3), Error);
  EXPECT_THROW(one_hot(Tensor::zeros({2}), 3), Error);
  EXPECT_THROW(one_hot(ids_of({}), 0), Error);
}

}  // namespace
}  // namespace grim
