#include "grimoire/nn/module.h"

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/linear.h"
#include "grimoire/nn/norm.h"

namespace grim {
namespace {
using Names = std::vector<std::string>;

Names names(const std::vector<NamedTensor>& tensors) {
  Names found;
  for (const NamedTensor& t : tensors) found.push_back(t.name);
  return found;
}

struct Block : Module {
  Block(const std::string& name, Module& parent, int64_t C)
      : Module(name, parent), gate(parameter("gate", Tensor::ones({}))), norm("norm", *this, C),
        fc("fc", *this, Tensor::zeros({C, 2 * C}), no_bias()) {}
  Tensor gate;
  BatchNorm norm;
  Linear fc;
};

struct Net : Module {
  Net() : first("h.0", *this, 3), second("h.1", *this, 3), out("out", *this, Tensor::zeros({6, 2}), zero_bias(2)) {}
  Block first, second;
  Linear out;
};

TEST(Module, VisitsParentsBeforeChildrenInTheOrderOfRegistration) {
  const Net net;
  Names all;
  net.visit([&](const std::string& name, const Tensor&, Module::Kind) { all.push_back(name); });
  EXPECT_EQ(all, Names({"h.0.gate", "h.0.norm.weight", "h.0.norm.bias", "h.0.norm.running_mean", "h.0.norm.running_var",
                        "h.0.fc.weight", "h.1.gate", "h.1.norm.weight", "h.1.norm.bias", "h.1.norm.running_mean",
                        "h.1.norm.running_var", "h.1.fc.weight", "out.weight", "out.bias"}));
}

TEST(Module, TellsParametersFromBuffers) {
  const Net net;
  EXPECT_EQ(names(net.parameters()),
            Names({"h.0.gate", "h.0.norm.weight", "h.0.norm.bias", "h.0.fc.weight", "h.1.gate", "h.1.norm.weight",
                   "h.1.norm.bias", "h.1.fc.weight", "out.weight", "out.bias"}));
  EXPECT_EQ(names(net.buffers()), Names({"h.0.norm.running_mean", "h.0.norm.running_var", "h.1.norm.running_mean",
                                         "h.1.norm.running_var"}));
  EXPECT_EQ(net.parameter_count(), 2 * (1 + 3 + 3 + 18) + 12 + 2);
  for (const NamedTensor& p : net.parameters()) EXPECT_TRUE(tracked(p.tensor)) << p.name;
  for (const NamedTensor& b : net.buffers()) EXPECT_FALSE(tracked(b.tensor)) << b.name;
}

TEST(Module, HandsOutTheTensorsThemselves) {
  const Net net;
  EXPECT_TRUE(net.parameters()[3].tensor.same(net.first.fc.weight()));
  EXPECT_TRUE(net.buffers()[0].tensor.same(net.first.norm.running_mean));
}

TEST(Module, AnUndefinedBiasIsNoParameter) {
  Module root;
  const Linear layer("fc", root, Tensor::zeros({2, 3}), no_bias());
  EXPECT_EQ(names(root.parameters()), Names({"fc.weight"}));
  EXPECT_FALSE(layer.bias().defined());
}

TEST(Module, ATensorOfIntegersIsNoParameter) {
  struct Bad : Module {
    Bad() { parameter("ids", Tensor::zeros({3}, Dtype::i64)); }
  };
  EXPECT_THROW(Bad(), Error);
}

TEST(Pass, EveryDropoutHasItsOwnKey) {
  Pass pass = Pass::train(5, 9);
  const DropoutKey a = pass.next_key(), b = pass.next_key();
  EXPECT_EQ(a.seed, 5u);
  EXPECT_EQ(a.step, 9u);
  EXPECT_NE(a.stream, b.stream);
  EXPECT_EQ(Pass::train(5, 9).next_key().stream, a.stream);  // the next pass begins again
  EXPECT_FALSE(Pass::evaluation().training);
}

}  // namespace
}  // namespace grim
