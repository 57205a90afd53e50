// An undefined tensor where numbers are needed is an error that can be caught, at every door.
#include <functional>

#include <gtest/gtest.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/nn/linear.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/attention.h"
#include "grimoire/op/conv1d.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/dropout.h"
#include "grimoire/op/embedding.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/linear.h"
#include "grimoire/op/loss.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/moments.h"
#include "grimoire/op/norm.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/sort.h"
#include "grimoire/op/view.h"
#include "grimoire/optim/parameters.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

TEST(Undefined, EveryDoorSaysSo) {
  const Tensor x = Tensor::ones({2, 3}), u, i = Tensor::zeros({2}, Dtype::i64);
  const std::vector<std::pair<const char*, std::function<void()>>> doors = {
      {"shape", [&] { u.shape(); }},
      {"numel", [&] { u.numel(); }},
      {"dtype", [&] { u.dtype(); }},
      {"dim", [&] { u.dim(0); }},
      {"strides", [&] { u.strides(); }},
      {"contiguous()", [&] { u.contiguous(); }},
      {"storage", [&] { u.storage(); }},
      {"data", [&] { u.data<float>(); }},
      {"raw", [&] { u.raw(); }},
      {"item", [&] { u.item(); }},
      {"at", [&] { u.at({0}); }},
      {"to_vector", [&] { u.to_vector<double>(); }},
      {"sole_owner", [&] { u.sole_owner(); }},
      {"rebind", [&] { x.rebind(u); }},
      {"rebind itself", [&] { u.rebind(x); }},
      {"copy", [&] { copy(u); }},
      {"copy_into", [&] { copy_into(x, u); }},
      {"add_into", [&] { add_into(u, x); }},
      {"fill", [&] { fill(u, 1); }},
      {"cast", [&] { cast(u, Dtype::f64); }},
      {"x + u", [&] { x + u; }},
      {"u * x", [&] { u * x; }},
      {"u / 2", [&] { u / 2.0; }},
      {"1 - u", [&] { 1.0 - u; }},
      {"maximum", [&] { maximum(u, x); }},
      {"exp", [&] { exp(u); }},
      {"eq", [&] { eq(x, u); }},
      {"lt 1", [&] { lt(u, 1.0); }},
      {"logical_not", [&] { logical_not(u); }},
      {"where", [&] { where(u, x, x); }},
      {"where branch", [&] { where(gt(x, 0.0), x, u); }},
      {"masked_fill", [&] { masked_fill(x, u, 0); }},
      {"sum", [&] { sum(u); }},
      {"mean", [&] { mean(u, -1); }},
      {"max", [&] { max(u); }},
      {"var", [&] { var(u); }},
      {"norm", [&] { norm(u); }},
      {"logsumexp", [&] { logsumexp(u, -1); }},
      {"cumsum", [&] { cumsum(u, 0); }},
      {"argmax", [&] { argmax(u, 0); }},
      {"matmul left", [&] { matmul(u, x); }},
      {"matmul right", [&] { matmul(x, u); }},
      {"linear", [&] { linear(u, x, {}); }},
      {"linear weight", [&] { linear(x, u, {}); }},
      {"softmax", [&] { softmax(u, -1); }},
      {"log_softmax", [&] { log_softmax(u, -1); }},
      {"cross_entropy", [&] { cross_entropy(u, i); }},
      {"cross_entropy targets", [&] { cross_entropy(x, u); }},
      {"nll_loss", [&] { nll_loss(u, i); }},
      {"mse_loss", [&] { mse_loss(x, u); }},
      {"reshape", [&] { reshape(u, {6}); }},
      {"transpose", [&] { transpose(u, 0, 1); }},
      {"slice", [&] { slice(u, 0, 0, 1); }},
      {"flip", [&] { flip(u, 0); }},
      {"concat", [&] { concat({x, u}, 0); }},
      {"concat first", [&] { concat({u, x}, 0); }},
      {"gather", [&] { gather(u, 0, i); }},
      {"index_select", [&] { index_select(x, 0, u); }},
      {"scatter_add", [&] { scatter_add(x, 0, u, x); }},
      {"one_hot", [&] { one_hot(u, 3, Dtype::f32); }},
      {"embedding", [&] { embedding(u, i); }},
      {"embedding ids", [&] { embedding(x, u); }},
      {"layer_norm", [&] { layer_norm(u); }},
      {"rms_norm", [&] { rms_norm(u); }},
      {"batch_norm", [&] { batch_norm(u, {}, {}, {}, {}); }},
      {"batch_norm_eval", [&] { batch_norm_eval(x, {}, {}, {}, {}); }},
      {"group_norm", [&] { group_norm(u, 1); }},
      {"conv1d", [&] { conv1d(u, Tensor::ones({1, 1, 1}), {}); }},
      {"sort", [&] { sort(u, -1); }},
      {"topk", [&] { topk(u, 1, -1); }},
      {"view::expand", [&] { view::expand(u, {2, 3}); }},
      {"requires_grad", [&] { requires_grad(u); }},
      {"backward", [&] { backward(u); }},
      {"on_grad", [&] { on_grad(u, [](Tensor&) {}); }},
      {"set_grad_buffer", [&] { set_grad_buffer(u, x); }},
      {"Parameters", [&] { Parameters({{"w", u}}); }},
      {"a gradient before backward", [&] { requires_grad(x), grad(x) * 2.0; }},
      {"its item", [&] { grad(x).item(); }},
      {"a Linear without weight",
       [&] {
         Module root;
         Linear("fc", root, u, u);
       }},
  };
  for (const auto& [name, call] : doors) EXPECT_THROW(call(), Error) << name;
  EXPECT_EQ(to_string(u), "tensor(undefined)");
  EXPECT_FALSE(tracked(u));
  EXPECT_FALSE(grad(u).defined());
  EXPECT_FALSE(detach(u).defined());
}

}  // namespace
}  // namespace grim
