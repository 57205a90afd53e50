#include "grimoire/op/routing.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "grimoire/op/arrange.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/view.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Ids;
using test::Inputs;
using test::ints;

// N rows, k different ones of E each.
Tensor choices(int64_t N, int64_t k, int64_t E) {
  Ids all;
  for (int64_t n = 0; n < N; ++n)
    for (int64_t j = 0; j < k; ++j) all.push_back((n * n + n / 3 + j * (1 + n % (E > 1 ? E - 1 : 1))) % E);
  for (int64_t n = 0; n < N; ++n)  // steps that are no divisors of E repeat themselves
    for (int64_t j = 1; j < k; ++j)
      while (std::find(all.begin() + n * k, all.begin() + n * k + j, all[static_cast<size_t>(n * k + j)]) != all.begin() + n * k + j)
        all[static_cast<size_t>(n * k + j)] = (all[static_cast<size_t>(n * k + j)] + 1) % E;
  return Tensor::from<int64_t>(all, {N, k});
}

std::vector<Tensor> by_expert(const Tensor& rows, const Routing& r) {
  std::vector<Tensor> y;
  for (size_t e = 0; e + 1 < r.begin.size(); ++e) y.push_back(r.load(e) ? slice(rows, 0, r.begin[e], r.begin[e + 1]) : Tensor());
  return y;
}

TEST(Routing, SortsPlacesByExpertAndRow) {
  const Routing r = routing(Tensor::from<int64_t>({2, 0, 0, 1, 2, 1, 0, 2}, {4, 2}), 4);
  EXPECT_EQ(r.begin, Ids({0, 3, 5, 8, 8}));
  EXPECT_EQ(r.chosen, Ids({3, 2, 3, 0}));
  EXPECT_EQ(ints(r.row), Ids({0, 1, 3, 1, 2, 0, 2, 3}));
  EXPECT_EQ(ints(r.place), Ids({5, 0, 1, 3, 6, 4, 2, 7}));
  EXPECT_EQ(r.dropped(), 0);
}

// Two places each. Expert 0 is the first choice of rows 1 and 3, so that row 0's second choice comes too late; of expert 2 row 3's does.
TEST(Routing, FirstChoicesComeBeforeSecondOnes) {
  const Routing r = routing(Tensor::from<int64_t>({2, 0, 0, 1, 2, 1, 0, 2}, {4, 2}), 4, 2);
  EXPECT_EQ(r.begin, Ids({0, 2, 4, 6, 6}));
  EXPECT_EQ(r.chosen, Ids({3, 2, 3, 0}));
  EXPECT_EQ(ints(r.place), Ids({4, -1, 0, 2, 5, 3, 1, -1}));
  EXPECT_EQ(ints(r.row), Ids({1, 3, 1, 2, 0, 2}));
  EXPECT_EQ(r.dropped(), 2);
}

TEST(Routing, SaysWhatIsWrong) {
  const Tensor two = Tensor::from<int64_t>({0, 1}, {1, 2});
  EXPECT_THROW(routing(Tensor::from<int64_t>({0, 4}, {1, 2}), 4), Error);
  EXPECT_THROW(routing(Tensor::from<int64_t>({-1, 0}, {1, 2}), 4), Error);
  EXPECT_THROW(routing(two, 0), Error);
  EXPECT_THROW(routing(two, 2, -1), Error);
  EXPECT_THROW(routing(Tensor::zeros({2}, Dtype::i64), 2), Error);
  try {
    routing(Tensor::from<int64_t>({0, 1, 1, 1}, {2, 2}), 2);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "[routing] row 1 chose an expert twice");
  }
  const Routing r = routing(two, 2);
  const Tensor x = Tensor::ones({1, 3}), w = Tensor::ones({1, 2});
  EXPECT_THROW(dispatched(Tensor::ones({2, 3}), r), Error);
  EXPECT_THROW(combined({x}, w, r), Error);
  EXPECT_THROW(combined({x, Tensor()}, w, r), Error);
  EXPECT_THROW(combined({Tensor(), Tensor()}, w, r), Error);
  EXPECT_THROW(combined({x, Tensor::ones({1, 4})}, w, r), Error);
  EXPECT_THROW(combined({x, x}, Tensor::ones({2, 1}), r), Error);
  EXPECT_THROW(combined({x, x}, Tensor::ones({1, 2}, Dtype::f64), r), Error);
}

struct Case {
  int64_t N, C, E, k, capacity = 0;
};
const Case kCases[] = {{1, 1, 1, 1}, {1, 5, 4, 2}, {7, 3, 1, 1}, {6, 4, 3, 3}, {9, 8, 4, 2}, {9, 17, 5, 1}, {12, 6, 4, 2, 3}, {5, 3, 8, 2, 1}, {90, 700, 8, 2}};

TEST(Dispatched, ValuesAndGradients) {
  for (const Case& c : kCases) {
    const Routing r = routing(choices(c.N, c.k, c.E), c.E, c.capacity);
    check_op({.name = str("{} rows of {} to {} of {}, {}", c.N, c.C, c.k, c.E, c.capacity), .inputs = {{{c.N, c.C}}},
              .run = [&](const Inputs& x) { return dispatched(x[0], r); },
              .twin = [&](const Inputs& x) { return index_select(x[0], 0, r.row); }});
  }
  const Routing none = routing(Tensor::zeros({0, 2}, Dtype::i64), 3);
  EXPECT_EQ(dispatched(Tensor::ones({0, 4}), none).shape(), Shape({0, 4}));
}

// Row by row of the same parts: sum over j of w[n][j] times the row at its place, where it has one.
TEST(Combined, ValuesAndGradients) {
  for (const Case& c : kCases) {
    const Routing r = routing(choices(c.N, c.k, c.E), c.E, c.capacity);
    check_op({.name = str("{} rows of {} from {} of {}, {}", c.N, c.C, c.k, c.E, c.capacity),
              .inputs = {{{r.places(), c.C}}, {.shape = {c.N, c.k}, .narrow = false}},
              .run = [&](const Inputs& x) { return combined(by_expert(x[0], r), x[1], r); },
              .twin = [&](const Inputs& x) {
                const Tensor rows = concat({x[0], Tensor::zeros({1, c.C}, x[0].dtype())}, 0);  // the last for those that were dropped
                Tensor y;
                for (int64_t j = 0; j < c.k; ++j) {
                  Ids at;
                  for (const int64_t p : ints(view::select(r.place, 1, j))) at.push_back(p < 0 ? r.places() : p);
                  const Tensor part = index_select(rows, 0, test::ids_of(at)) * slice(x[1], 1, j, j + 1);
                  y = y.defined() ? y + part : part;
                }
                return y;
              }});
  }
}

TEST(Combined, WithOneExpertOfWeightOneNothingChanges) {
  const Tensor x = test::random_tensor({{33, 19}}, Dtype::f32, 3);
  const Routing r = routing(Tensor::zeros({33, 1}, Dtype::i64), 1);
  EXPECT_TRUE(test::bit_equal(combined({dispatched(x, r)}, Tensor::ones({33, 1}), r), x));
}

}  // namespace
}  // namespace grim
