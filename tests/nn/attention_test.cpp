#include "grimoire/nn/attention.h"

#include <gtest/gtest.h>

#include "grimoire/op/arrange.h"
#include "grimoire/op/view.h"
#include "support/op_case.h"

namespace grim {
namespace {
using test::random_tensor;

MultiHeadOptions small() { return {.width = 8, .heads = 2, .dtype = Dtype::f64}; }

struct Layer {
  explicit Layer(const MultiHeadOptions& o) : rng(RngMode::philox, 1), attention("attn", root, o, rng) {}
  Module root;
  Rng rng;
  MultiHeadAttention attention;
};

TEST(MultiHeadAttention, ParametersOfBothWidths) {
  const Layer narrow(small());
  EXPECT_EQ(narrow.root.parameter_count(), 4 * (8 * 8 + 8));
  EXPECT_EQ(narrow.root.parameters()[0].name, "attn.q_proj.weight");
  MultiHeadOptions o = small();
  o.head_width = HeadWidth::wide;
  o.memory_width = 5;
  const Layer wide(o);  // C -> H C, out H C -> C
  EXPECT_EQ(wide.attention.q_proj.weight().shape(), Shape({8, 16}));
  EXPECT_EQ(wide.attention.k_proj.weight().shape(), Shape({5, 16}));
  EXPECT_EQ(wide.attention.out_proj.weight().shape(), Shape({16, 8}));
}

TEST(MultiHeadAttention, OneWideHeadIsOneNarrowHead) {
  MultiHeadOptions o = small();
  o.heads = 1;
  const Layer narrow(o);
  o.head_width = HeadWidth::wide;
  const Layer wide(o);
  const Tensor x = random_tensor({{2, 3, 8}}, Dtype::f64, 1);
  Pass pass;
  EXPECT_TRUE(test::bit_equal(narrow.attention(x, pass), wide.attention(x, pass)));
}

TEST(MultiHeadAttention, CausalHidesWhatComesLater) {
  MultiHeadOptions o = small();
  o.mask = AttentionMask::causal;
  const Layer layer(o);
  Pass pass;
  const Tensor x = random_tensor({{1, 6, 8}}, Dtype::f64, 1);
  const Tensor changed = concat({slice(x, 1, 0, 4), Tensor::full({1, 2, 8}, 7, Dtype::f64)}, 1);
  const Tensor a = layer.attention(x, pass), b = layer.attention(changed, pass);
  EXPECT_LE(test::relative_difference(slice(a, 1, 0, 4), slice(b, 1, 0, 4)), 1e-12);
  EXPECT_GE(test::relative_difference(slice(a, 1, 4, 6), slice(b, 1, 4, 6)), 1e-3);
}

TEST(MultiHeadAttention, PaddingHidesKeys) {
  const Layer layer(small());
  Pass pass;
  const Tensor query = random_tensor({{1, 3, 8}}, Dtype::f64, 1), memory = random_tensor({{1, 5, 8}}, Dtype::f64, 2);
  const Tensor mask = Tensor::from<bool>({true, true, true, false, false}, {1, 5});
  EXPECT_LE(test::relative_difference(layer.attention.cross(query, memory, pass, mask),
                                      layer.attention.cross(query, slice(memory, 1, 0, 3), pass)), 1e-12);
}

TEST(MultiHeadAttention, DropsOnlyInTraining) {
  MultiHeadOptions o = small();
  o.dropout = 0.5;
  const Layer layer(o);
  const Tensor x = random_tensor({{2, 4, 8}}, Dtype::f64, 1);
  Pass off = Pass::evaluation(), on = Pass::train(1, 1), again = Pass::train(1, 1), later = Pass::train(1, 2);
  const Tensor quiet = layer.attention(x, off), y = layer.attention(x, on);
  EXPECT_FALSE(test::bit_equal(quiet, y));
  EXPECT_TRUE(test::bit_equal(y, layer.attention(x, again)));
  EXPECT_FALSE(test::bit_equal(y, layer.attention(x, later)));
}

TEST(MultiHeadAttention, SaysWhatIsWrong) {
  EXPECT_THROW(Layer({.width = 8, .heads = 3}), Error);
  EXPECT_THROW(Layer({.width = 0, .heads = 1}), Error);
  EXPECT_NO_THROW(Layer({.width = 8, .heads = 3, .head_width = HeadWidth::wide}));
  const Layer layer(small());
  Pass pass;
  EXPECT_THROW(layer.attention(Tensor::zeros({3, 8}, Dtype::f64), pass), Error);
  EXPECT_THROW(layer.attention(Tensor::zeros({1, 3, 7}, Dtype::f64), pass), Error);
  EXPECT_THROW(layer.attention(Tensor::zeros({1, 3, 8}, Dtype::f64), pass, Tensor::ones({1, 4}, Dtype::boolean)),
               Error);
}

}  // namespace
}  // namespace grim
