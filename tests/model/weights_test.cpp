#include "grimoire/model/weights.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/nn/conv1d.h"
#include "grimoire/nn/embedding.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"
#include "support/op_case.h"

namespace grim {
namespace {

// A module that only its own program knows.
struct Outside : Module {
  Outside(int64_t width, Rng& rng)
      : wte("wte", *this, 11, width, rng), conv("conv", *this, width, 3, 2, rng), norm("norm", *this, 3), out("out", *this, 3, 5, rng) {}
  Embedding wte;
  Conv1d conv;
  BatchNorm norm;
  Linear out;
};

// Both a tensor that is missing and one that is left over come with the nearest name there is.
TEST(Weights, NamesNearAWrongOne) {
  const test::TempFolder folder;
  Rng rng(RngMode::philox, 1);
  const Outside module(4, rng);
  std::vector<NamedTensor> tensors;
  module.visit([&](const std::string& name, const Tensor& t, Module::Kind) { tensors.push_back({name, t}); });
  const auto hint = [&] {
    try {
      assign(module, tensors, "made");
    } catch (const Error& e) {
      return e.hint();
    }
    return std::string("it was taken");
  };
  tensors.push_back({"out.weigt", tensors[0].tensor});
  EXPECT_EQ(hint(), "the nearest that does is 'out.weight'");
  std::erase_if(tensors, [](const NamedTensor& t) { return t.name == "out.weight"; });
  EXPECT_EQ(hint(), "the nearest in the file is 'out.weigt'");
}

TEST(Weights, AnyModuleIsSavedAndLoaded) {
  const test::TempFolder folder;
  Rng one(RngMode::philox, 1), two(RngMode::philox, 2);
  const Outside a(4, one), b(4, two);
  EXPECT_FALSE(test::bit_equal(a.out.weight(), b.out.weight()));
  const char* const place = b.out.weight().raw();
  save(a, folder / "a.safetensors");
  load(b, folder / "a.safetensors");
  EXPECT_EQ(b.out.weight().raw(), place) << "an optimiser goes on seeing it";
  std::vector<NamedTensor> of_a, of_b;
  a.visit([&](const std::string& name, const Tensor& t, Module::Kind) { of_a.push_back({name, t}); });
  b.visit([&](const std::string& name, const Tensor& t, Module::Kind) { of_b.push_back({name, t}); });
  ASSERT_EQ(of_a.size(), of_b.size());
  for (size_t i = 0; i < of_a.size(); ++i) EXPECT_TRUE(test::bit_equal(of_a[i].tensor, of_b[i].tensor)) << of_a[i].name;
}

TEST(Weights, WhatDoesNotFitChangesNothing) {
  const test::TempFolder folder;
  Rng rng(RngMode::philox, 1);
  const Outside small(4, rng), wide(6, rng);
  save(wide, folder / "wide.safetensors");
  const std::vector<float> before = small.wte.weight.to_vector<float>();
  EXPECT_THROW(load(small, folder / "wide.safetensors"), Error);
  EXPECT_THROW(load(small, folder / "absent.safetensors"), Error);
  EXPECT_THROW(assign(small, {{"wte.weight", small.wte.weight}}, "here"), Error) << "tensors are missing";
  Module empty;
  EXPECT_THROW(assign(empty, {{"wte.weight", small.wte.weight}}, "here"), Error) << "one is left over";
  EXPECT_EQ(small.wte.weight.to_vector<float>(), before);
  save(small, folder / "small.safetensors");
  small.out.bias().data<float>()[2] = NAN;
  save(small, folder / "nan.safetensors");
  EXPECT_THROW(load(small, folder / "nan.safetensors"), Error);
  load(small, folder / "small.safetensors");
}

TEST(Weights, LayersDrawTheirOwnNumbersAsPyTorchDoes) {
  Rng rng(RngMode::philox, 3);
  Module root;
  const Linear linear("linear", root, 64, 300, rng);
  const Conv1d conv("conv", root, 8, 300, 2, rng);
  for (const Tensor& t : {linear.weight(), linear.bias(), conv.weight, conv.bias}) {
    const std::vector<double> v = t.to_vector<double>();
    const double bound = t.same(linear.weight()) || t.same(linear.bias()) ? 1 / 8.0 : 1 / 4.0;
    EXPECT_LE(*std::max_element(v.begin(), v.end()), bound);
    EXPECT_GT(*std::max_element(v.begin(), v.end()), 0.95 * bound);
    EXPECT_LT(*std::min_element(v.begin(), v.end()), -0.95 * bound);
  }
  Rng again(RngMode::philox, 3);  // the weight first
  EXPECT_TRUE(test::bit_equal(linear.weight(), uniform_init({64, 300}, 1 / 8.0, again)));
  EXPECT_TRUE(test::bit_equal(linear.bias(), uniform_init({300}, 1 / 8.0, again)));
  EXPECT_THROW(Linear("none", root, 0, 3, rng), Error);
}

}  // namespace
}  // namespace grim
