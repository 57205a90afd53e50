#include "grimoire/op/quantised.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/linear.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

constexpr BlockType kBoth[] = {BlockType::q8_0, BlockType::q4_0};

Tensor noise(const Shape& shape, uint64_t seed) { return test::random_tensor({shape}, Dtype::f32, seed); }

TEST(Quantised, ComesBackWithinAStep) {
  for (const BlockType type : kBoth) {
    const Tensor w = noise({37, 64}, 1), back = contiguous(transpose(dense(quantised(w, type), Dtype::f32), 0, 1));
    // Half of 127 steps, or one of eight, which the largest of the other sign is off; and what a scale of 11 bits adds.
    EXPECT_LE(test::relative_difference(back, w), (type == BlockType::q8_0 ? 1 / 254. : 1 / 8.) + 0x1p-11);
    EXPECT_TRUE(test::bit_equal(transpose(dense(quantised(back, type), Dtype::f32), 0, 1), back));  // and again as it was
    EXPECT_TRUE(test::bit_equal(transpose(dense(quantised(w, type), Dtype::bf16), 0, 1), cast(back, Dtype::bf16)));
    const Tensor ids = Tensor::from(std::vector<int64_t>{36, 0, 5, 5}, {2, 2});
    EXPECT_TRUE(test::bit_equal(quantised_rows(quantised(w, type), ids, Dtype::f32), reshape(index_select(back, 0, reshape(ids, {-1})), {2, 2, 64})));
  }
}

// x is rounded to 127 steps of the largest of each 32.
TEST(Quantised, LayersGiveWhatTheirNumbersInF32DoToAPartInAHundred) {
  const NoGrad evaluated;
  for (const BlockType type : kBoth)
    for (const int64_t M : {1, 5, 70})
      for (const Activation a : {Activation::none, Activation::gelu}) {
        const Tensor x = noise({M, 96}, 2), bias = noise({21}, 3);
        const QuantisedMatrix q = quantised(noise({21, 96}, 4), type);
        const Tensor wide = dense(q, Dtype::f32), got = linear(x, {{}, bias, a, q}), want = linear(x, wide, bias, a);
        EXPECT_LE(test::relative_difference(got, want), .02) << M;
        EXPECT_FALSE(test::bit_equal(got, want));
      }
}

TEST(Quantised, SeveralLayersAndGatesAreTheLayersOneByOne) {
  const NoGrad evaluated;
  const Tensor x = noise({3, 64}, 5), bias = noise({40}, 6);
  for (const BlockType type : kBoth) {
    const Affine a{{}, bias, Activation::silu, quantised(noise({40, 64}, 7), type)}, b{{}, {}, Activation::none, quantised(noise({40, 64}, 8), type)};
    const Affine both[] = {a, b};
    const std::vector<Tensor> y = linear(x, both);
    EXPECT_TRUE(test::bit_equal(y[0], linear(x, a)));
    EXPECT_TRUE(test::bit_equal(y[1], linear(x, b)));
    EXPECT_TRUE(test::bit_equal(gated_linear(x, a, b), y[0] * y[1]));
  }
  const Affine eight{{}, {}, Activation::none, quantised(noise({8, 64}, 9), BlockType::q8_0)};
  const Affine four{{}, {}, Activation::none, quantised(noise({8, 64}, 9), BlockType::q4_0)};
  const Affine mixed[] = {eight, four};
  const std::vector<Tensor> y = linear(x, mixed);
  EXPECT_TRUE(test::bit_equal(y[0], linear(x, eight)));
  EXPECT_TRUE(test::bit_equal(y[1], linear(x, four)));
}

// What learns beside such a matrix, or before it, meets its numbers unrounded: the layer of them in f32, and its gradients.
TEST(Quantised, WhereGradientsPassItIsTheLayerOfItsNumbers) {
  for (const BlockType type : kBoth) {
    const QuantisedMatrix q = quantised(noise({21, 64}, 10), type);
    const Tensor wide = dense(q, Dtype::f32), mix = noise({2, 3, 21}, 11);
    const auto run = [&](const Affine& layer, Dtype dtype = Dtype::f32) {
      const Tensor x = cast(noise({2, 3, 64}, 12), dtype), bias = noise({21}, 13);
      requires_grad(x), requires_grad(bias);
      Affine tracked = layer;
      tracked.bias = bias;
      const Tensor y = linear(x, tracked);
      backward(sum(y * mix));
      return std::tuple(y, grad(x), grad(bias));
    };
    const auto [y, dx, db] = run({{}, {}, Activation::gelu, q});
    const auto [y1, dx1, db1] = run({wide, {}, Activation::gelu});
    EXPECT_TRUE(test::bit_equal(y, y1) && test::bit_equal(dx, dx1) && test::bit_equal(db, db1));
    const Tensor untracked = noise({2, 64}, 14);
    EXPECT_TRUE(test::bit_equal(linear(untracked, {{}, {}, Activation::none, q}), linear(untracked, wide))) << "before what learns, too";
    const auto [z, dz, dc] = run({{}, {}, Activation::gelu, q}, Dtype::bf16);
    const auto [z1, dz1, dc1] = run({cast(wide, Dtype::bf16), {}, Activation::gelu}, Dtype::bf16);
    EXPECT_TRUE(test::bit_equal(z, z1) && test::bit_equal(dz, dz1) && test::bit_equal(dc, dc1));
  }
}

TEST(Quantised, RefusesWhatDoesNotFit) {
  const auto said = [](auto&& f) {
    try {
      f();
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_NE(said([] { quantised(noise({4, 33}, 1), BlockType::q8_0); }).find("rows of 33 do not fill whole blocks of 32"), std::string::npos);
  EXPECT_NE(said([] { quantised(Tensor::ones({4}), BlockType::q8_0); }).find("expected a matrix"), std::string::npos);
  EXPECT_NE(said([] { quantised(Tensor::zeros({68}, Dtype::u8), BlockType::q8_0, 4, 32); }).find("expected 136 bytes"), std::string::npos);
  const QuantisedMatrix q = quantised(noise({4, 32}, 1), BlockType::q8_0);
  EXPECT_NE(said([&] { linear(noise({2, 31}, 1), {{}, {}, Activation::none, q}); }).find("expected (..., C_in) and (C_in, C_out)"), std::string::npos);
  EXPECT_NE(said([&] { linear(Tensor::ones({2, 32}, Dtype::f64), {{}, {}, Activation::none, q}); }).find("expected f32 or bf16"), std::string::npos);
  EXPECT_NE(said([&] { quantised_rows(q, Tensor::from(std::vector<int64_t>{4}, {1}), Dtype::f32); }).find("outside 0 to 3"), std::string::npos);
}

}  // namespace
}  // namespace grim
