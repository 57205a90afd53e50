#include "grimoire/op/embedding.h"

#include <gtest/gtest.h>

#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::check_op;
using test::Inputs;

TEST(Embedding, ValuesAndGradients) {
  const auto run = [](const Inputs& x) { return embedding(x[0], x[1]); };
  for (const Shape& ids : {Shape{7}, Shape{2, 3}, Shape{}, Shape{0}, Shape{300}})
    check_op({.name = ids.to_string(), .inputs = {{{5, 70}}, {.shape = ids, .low = 0, .high = 5, .dtype = Dtype::i64}}, .run = run});
}

TEST(Embedding, RowsOfBf16AreF32) {
  const Tensor w = cast(test::random_tensor({{5, 70}}, Dtype::f32, 1), Dtype::bf16), ids = Tensor::from<int64_t>({4, 0, 4}, {3});
  EXPECT_TRUE(test::bit_equal(embedding(w, ids), embedding(cast(w, Dtype::f32), ids)));
}

TEST(Embedding, SaysWhatIsWrong) {
  const Tensor w = Tensor::zeros({3, 2});
  try {
    embedding(w, Tensor::from<int64_t>({0, 3}, {2}));
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "[embedding] id 3 at place 1 is outside 0 to 2");
  }
  EXPECT_THROW(embedding(w, Tensor::from<int64_t>({-1}, {1})), Error);
  EXPECT_THROW(embedding(w, Tensor::zeros({2})), Error);
}

}  // namespace
}  // namespace grim
