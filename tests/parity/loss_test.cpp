// Golden cases of losses.
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/loss.h"

#include "grimoire/op/gather.h"
#include "grimoire/op/moments.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "parity/golden_case.h"

namespace grim::parity {
namespace {

Reduction reduction_of(const Case& c) {
  const std::string name = c.text("reduction");
  return name == "mean" ? Reduction::mean : name == "sum" ? Reduction::sum : Reduction::none;
}
Tensor reduced(const Case& c, const Tensor& loss) {
  return reduction_of(c) == Reduction::mean ? mean(loss) : sum(loss);
}

// Class weights, from log_softmax: (1 - s) w_target nll + s / K sum over classes of w nll, over the sum of w_target.
Tensor weighted_cross_entropy(const Case& c) {
  const Tensor& x = c["x"];
  const int64_t K = x.dim(1);
  const double s = c.real("label_smoothing");
  const Tensor kept = ne(c["target"], static_cast<double>(c.integer("ignore_index", -100)));  // (N,)
  const Tensor target = where(kept, c["target"], Tensor::zeros(c["target"].shape(), Dtype::i64));
  const Tensor counts = where(kept, Tensor::ones(kept.shape(), Dtype::f64), Tensor::zeros(kept.shape(), Dtype::f64));
  const Tensor weighted = one_hot(target, K, Dtype::f64) * c["weight"] * unsqueeze(counts, 1);  // (N, K)
  const Tensor smooth = expand(c["weight"], x.shape()) * unsqueeze(counts, 1);
  const Tensor nll = -log_softmax(x, 1);
  return (sum(nll * weighted) * (1 - s) + sum(nll * smooth) * (s / static_cast<double>(K))) / sum(weighted);
}

Tensor cross_entropy_case(const Case& c) {
  if (c.has("weight")) return weighted_cross_entropy(c);
  const Tensor x = c.integer("class_dim", -1) == 1 ? transpose(c["x"], 1, 2) : c["x"];
  return cross_entropy(x, c["target"], {.ignore_index = c.integer("ignore_index", -100),
                                        .label_smoothing = c.real("label_smoothing"), .reduction = reduction_of(c)});
}

Tensor bce_with_logits_case(const Case& c) {
  const Tensor &x = c["x"], &t = c["target"];
  if (!c.has("pos_weight")) return binary_cross_entropy_with_logits(x, t, reduction_of(c));
  return reduced(c, (1.0 - t) * x + (1.0 + (c["pos_weight"] - 1.0) * t) * softplus(-x));
}

Tensor smooth_l1_case(const Case& c) {
  const double beta = c.real("beta");
  const Tensor d = abs(c["x"] - c["target"]);
  return reduced(c, where(lt(d, beta), square(d) * (0.5 / beta), d - 0.5 * beta));
}

Tensor huber_case(const Case& c) {
  const double delta = c.real("delta");
  const Tensor d = abs(c["x"] - c["target"]);
  return reduced(c, where(le(d, delta), square(d) * 0.5, (d - 0.5 * delta) * delta));
}

Tensor kl_div_case(const Case& c) {
  const Tensor input = log_softmax(c["x"], 1);
  if (!c.flag("log_target")) return kl_div(input, c["target"]);
  return sum(exp(c["target"]) * (c["target"] - input)) / static_cast<double>(input.dim(0));
}

}  // namespace

void add_losses(Handlers& h) {
  h["cross_entropy"] = [](Case& c) { return y(cross_entropy_case(c)); };
  h["cross_entropy_soft"] = [](Case& c) {
    return y(-sum(c["target"] * log_softmax(c["x"], 1)) / static_cast<double>(c["x"].dim(0)));
  };
  h["bce_with_logits"] = [](Case& c) { return y(bce_with_logits_case(c)); };
  h["bce"] = [](Case& c) { return y(binary_cross_entropy(c["x"], c["target"], reduction_of(c))); };
  h["mse"] = [](Case& c) { return y(mse_loss(c["x"], c["target"], reduction_of(c))); };
  h["l1"] = [](Case& c) { return y(l1_loss(c["x"], c["target"], reduction_of(c))); };
  h["smooth_l1"] = [](Case& c) { return y(smooth_l1_case(c)); };
  h["huber"] = [](Case& c) { return y(huber_case(c)); };
  h["kl_div"] = [](Case& c) { return y(kl_div_case(c)); };
  h["cosine_similarity"] = [](Case& c) {
    return y(sum(c["x"] * c["z"], c.axis()) / (norm(c["x"], c.axis()) * norm(c["z"], c.axis())));
  };
}

}  // namespace grim::parity
