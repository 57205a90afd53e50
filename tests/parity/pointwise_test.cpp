// Golden cases of element-wise ops and reductions. Where Grimoire has no op of that name, it is put together here.
#include "grimoire/op/pointwise.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/moments.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "parity/golden_case.h"

namespace grim::parity {
namespace {

// On the bounds themselves ours passes the gradient, as PyTorch did until 2026; PyTorch 2.15 stops it there.
Outputs clamp_case(Case& c) {
  const Tensor x = c["x"];
  const double low = c.real("low"), high = c.real("high");
  c.gradient_of["x"] = [=] { return masked_fill(grad(x), logical_or(eq(x, low), eq(x, high)), 0); };
  return y(clamp(x, low, high));
}

}  // namespace

void add_pointwise(Handlers& h) {
  const auto unary = [&h](const char* name, Tensor (*f)(const Tensor&)) {
    h[name] = [f](Case& c) { return y(f(c["x"])); };
  };
  unary("gelu_erf", gelu);
  unary("gelu_tanh", gelu_tanh);
  unary("silu", silu);
  unary("softplus", softplus);
  unary("sigmoid", sigmoid);
  unary("tanh", tanh);
  unary("relu", relu);
  unary("abs", abs);
  unary("log_sigmoid", [](const Tensor& x) { return -softplus(-x); });
  unary("elu", [](const Tensor& x) { return where(gt(x, 0.0), x, exp(x) - 1.0); });
  unary("mish", [](const Tensor& x) { return x * tanh(softplus(x)); });
  unary("expm1", [](const Tensor& x) { return exp(x) - 1.0; });
  h["leaky_relu"] = [](Case& c) { return y(where(gt(c["x"], 0.0), c["x"], c["x"] * c.real("slope"))); };
  h["clamp"] = clamp_case;
  h["maximum"] = [](Case& c) { return y(maximum(c["x"], c["z"])); };
  h["pow"] = [](Case& c) { return y(exp(c["z"] * log(c["x"]))); };
}

namespace {

Axes axes_of(const Case& c) {
  const std::vector<int64_t> dims = c.list("dims");
  return dims.size() == 1 ? Axes(static_cast<int>(dims[0]))
                          : Axes({static_cast<int>(dims.at(0)), static_cast<int>(dims.at(1))});
}
Tensor variance(const Case& c) {
  return var(c["x"], axes_of(c), c.flag("unbiased") ? 1 : 0, c.flag("keep") ? KeepDims::yes : KeepDims::no);
}

}  // namespace

void add_reductions(Handlers& h) {
  h["var"] = [](Case& c) { return y(variance(c)); };
  h["std"] = [](Case& c) { return y(sqrt(variance(c))); };
  h["logsumexp"] = [](Case& c) { return y(logsumexp(c["x"], axes_of(c))); };
  h["amax"] = [](Case& c) { return y(max(c["x"], axes_of(c))); };
  h["cumsum"] = [](Case& c) { return y(cumsum(c["x"], c.axis())); };
  h["softmax"] = [](Case& c) { return y(softmax(c["x"], c.axis())); };
  h["log_softmax"] = [](Case& c) { return y(log_softmax(c["x"], c.axis())); };
  h["prod"] = [](Case& c) {
    const int axis = static_cast<int>(c.list("dims").at(0));
    Tensor product = select(c["x"], axis, 0);
    for (int64_t i = 1; i < c["x"].dim(axis); ++i) product = product * select(c["x"], axis, i);
    return y(product);
  };
}

}  // namespace grim::parity
