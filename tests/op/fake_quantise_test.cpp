#include "grimoire/op/fake_quantise.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/half.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/quantised.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "support/op_case.h"

namespace grim {
namespace {

constexpr FakeBits kAll[] = {FakeBits::int8, FakeBits::int4, FakeBits::ternary, FakeBits::binary};

Tensor noise(const Shape& shape, uint64_t seed) { return test::random_tensor({shape, -2, 2}, Dtype::f32, seed); }
double half(double x) { return half_to_float(float_to_half(static_cast<float>(x))); }
Tensor slope(const Tensor& w, FakeBits bits, const Tensor& dy) {
  const Tensor leaf = requires_grad(copy(w));
  backward(sum(fake_quantise(leaf, bits) * dy));
  return grad(leaf);
}

TEST(FakeQuantise, IntegersAreWhatFilesHold) {
  const Tensor w = noise({37, 96}, 1);
  for (const auto& [bits, type] : {std::pair(FakeBits::int8, BlockType::q8_0), {FakeBits::int4, BlockType::q4_0}}) {
    const Tensor y = fake_quantise(w, bits);
    EXPECT_TRUE(test::bit_equal(y, contiguous(transpose(dense(quantised(w, type), Dtype::f32), 0, 1))));
    EXPECT_TRUE(test::bit_equal(fake_quantise(y, bits), y)) << "what they hold they go on holding";
  }
}

TEST(FakeQuantise, OneAndAHalfBitsByTheirFormulas) {
  const Tensor w = Tensor::from<float>({.1f, -.2f, .9f, -1.4f, .3f, .5f, 0.f, -.6f}, {2, 4});  // the mean of sizes: .5; of rows .65 and .35
  EXPECT_EQ(fake_quantise(w, FakeBits::ternary).to_vector<double>(), (std::vector<double>{0, 0, .5, -.5, .5, .5, 0, -.5}));
  const double a = half(.65), b = half(.35);
  EXPECT_EQ(fake_quantise(w, FakeBits::binary).to_vector<double>(), (std::vector<double>{a, -a, a, -a, b, b, b, -b}));
}

// By its definition: the slope from above where rounding reaches a number, nothing where it was clipped.
TEST(FakeQuantise, TheGradientGoesStraightThroughWhereNothingWasClipped) {
  const Tensor dy = noise({1, 32}, 5);
  std::vector<float> numbers(32, .25f);
  numbers[0] = -8, numbers[1] = 7.4f, numbers[2] = 7.6f, numbers[3] = -3;  // d = 1: from -8 to 7
  const Tensor w = Tensor::from<float>(numbers, {1, 32});
  const auto expect = [&](FakeBits bits, const std::vector<float>& at, const std::vector<int>& clipped) {
    const Tensor x = Tensor::from<float>(at, {1, static_cast<int64_t>(at.size())}), got = slope(x, bits, dy);
    for (int i = 0; i < 32; ++i) {
      const bool stays = std::ranges::find(clipped, i) != clipped.end();
      EXPECT_EQ(got.data<float>()[i], stays ? 0 : dy.data<float>()[i]) << i;
    }
  };
  expect(FakeBits::int4, numbers, {2});
  expect(FakeBits::int8, numbers, {});
  for (float& x : numbers) x = -x;
  expect(FakeBits::int4, numbers, {2});
  std::vector<float> flat(32, 1.f);  // the mean of sizes stays 1
  flat[0] = 1.4f, flat[1] = .6f, flat[2] = -1.7f, flat[3] = .3f, flat[4] = -2.2f, flat[5] = 0, flat[6] = .8f;
  expect(FakeBits::ternary, flat, {2, 4});
  expect(FakeBits::binary, flat, {4});
}

TEST(FakeQuantise, OfAnyDtypeAndOnAnyThreads) {
  const Tensor w = noise({300, 256}, 7), dy = noise({300, 256}, 8);
  for (const FakeBits bits : kAll) {
    const device::ThreadCap one(1);
    const Tensor y = fake_quantise(w, bits), dw = slope(w, bits, dy);
    const device::ThreadCap two(2);
    EXPECT_TRUE(test::bit_equal(fake_quantise(w, bits), y));
    EXPECT_TRUE(test::bit_equal(slope(w, bits, dy), dw));
    EXPECT_TRUE(test::bit_equal(cast(fake_quantise(cast(w, Dtype::f64), bits), Dtype::f32), y));
    EXPECT_EQ(fake_quantise(cast(w, Dtype::bf16), bits).dtype(), Dtype::bf16);
    EXPECT_EQ(fake_quantise(Tensor::zeros({0, 32}), bits).numel(), 0);
    EXPECT_EQ(max(abs(fake_quantise(Tensor::zeros({2, 32}), bits))).item(), 0);
  }
}

TEST(FakeQuantise, RefusesWhatDoesNotFit) {
  EXPECT_THROW(fake_quantise(noise({4, 33}, 1), FakeBits::int4), Error);
  EXPECT_THROW(fake_quantise(noise({32}, 1), FakeBits::ternary), Error);
  EXPECT_NO_THROW(fake_quantise(noise({4, 33}, 1), FakeBits::ternary));
}

}  // namespace
}  // namespace grim
