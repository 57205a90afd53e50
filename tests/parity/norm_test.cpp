// Golden cases of normalisation.
#include "grimoire/op/norm.h"

#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"
#include "parity/golden_case.h"

namespace grim::parity {
namespace {

Outputs batch_norm_case(Case& c) {
  const BatchNormOptions options{.momentum = c.real("momentum"), .eps = c.real("eps"), .channels = Channels::second};
  const Shape shape = c["x"].shape();
  const Tensor x = shape.ndim() == 4 ? flatten(c["x"], 2, 3) : c["x"], mean = copy(c["mean"]), var = copy(c["var"]);
  if (!c.flag("training")) return y(reshape(batch_norm_eval(x, c["weight"], c["bias"], mean, var, options), shape));
  const Tensor result = batch_norm(x, c["weight"], c["bias"], mean, var, options);
  return {{"y", reshape(result, shape)}, {"mean", mean}, {"var", var}};
}

// Several normalised axes become one.
Tensor layer_norm_case(const Case& c) {
  int64_t width = 1;
  for (int64_t n : c.list("normalized")) width *= n;
  const auto flat = [&](const Tensor& t) { return t.defined() ? reshape(t, {width}) : Tensor(); };
  const Tensor x = reshape(c["x"], {c["x"].numel() / width, width});
  return reshape(layer_norm(x, flat(c.or_none("weight")), flat(c.or_none("bias")), c.real("eps")), c["x"].shape());
}

}  // namespace

void add_norms(Handlers& h) {
  h["batch_norm"] = batch_norm_case;
  h["layer_norm"] = [](Case& c) { return y(layer_norm_case(c)); };
  h["group_norm"] = [](Case& c) {
    return y(group_norm(c["x"], c.integer("groups"), c["weight"], c["bias"], c.real("eps")));
  };
  h["instance_norm"] = [](Case& c) { return y(instance_norm(c["x"], c["weight"], c["bias"], c.real("eps"))); };
  h["rms_norm"] = [](Case& c) { return y(rms_norm(c["x"], c["weight"], c.real("eps"))); };
}

}  // namespace grim::parity
