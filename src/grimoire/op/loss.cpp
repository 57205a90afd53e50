// Losses made of pointwise ops and reductions.

#include "grimoire/op/loss.h"

#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"

namespace grim {
namespace {

void same_shape(const char* op, const Tensor& x, const Tensor& target) {
  GRIM_CHECK(x.shape() == target.shape(), shape, op, "target: got {}, expected {}", target.shape(), x.shape());
  GRIM_CHECK(x.dtype() == target.dtype(), dtype, op, "got {} and {}, expected one dtype", name_of(x.dtype()),
             name_of(target.dtype()));
}

Tensor reduced(const Tensor& loss, Reduction reduction) {
  switch (reduction) {
    case Reduction::mean: return mean(loss);
    case Reduction::sum: return sum(loss);
    default: return loss;
  }
}

}  // namespace

// dp = dy (p - t) / (p (1 - p)); the product is kept above 1e-12, as in PyTorch.
Tensor binary_cross_entropy(const Tensor& probabilities, const Tensor& targets, Reduction reduction) {
  if (is_narrow(probabilities)) return binary_cross_entropy(widened(probabilities), widened(targets), reduction);
  same_shape("binary_cross_entropy", probabilities, targets);
  const Tensor t = saved(targets);
  const auto value = [&] {
    NoGrad no_grad;
    const Tensor &p = probabilities, log_p = clamp(log(p), -100, 0), log_q = clamp(log(1 - p), -100, 0);
    return -(t * log_p + (1 - t) * log_q);
  };
  const Tensor loss = record(value(), {probabilities}, [p = saved(probabilities), t](const Tensor& dy, Grads dx) {
    dx.add(0, dy * (p - t) / clamp(p * (1 - p), 1e-12, 1));
  });
  return reduced(loss, reduction);
}

// With p = sigmoid(x): -t log p - (1 - t) log(1 - p) = (1 - t) x + log(1 + e^-x), dx = dy (p - t), dt = -dy x. Where x is infinite, the limit:
// 0 when the target says so too, else infinite.
Tensor binary_cross_entropy_with_logits(const Tensor& logits, const Tensor& targets, Reduction reduction) {
  if (is_narrow(logits)) return binary_cross_entropy_with_logits(widened(logits), widened(targets), reduction);
  same_shape("binary_cross_entropy_with_logits", logits, targets);
  const auto value = [&] {
    NoGrad no_grad;
    const Tensor loss = (1 - targets) * logits + softplus(-logits);
    if (logits.numel() == 0 || !std::isinf(max(abs(logits)).item())) return loss;
    const Tensor above = eq(logits, INFINITY), below = eq(logits, -INFINITY);
    const Tensor right = logical_or(logical_and(above, eq(targets, 1.0)), logical_and(below, eq(targets, 0.0)));
    return masked_fill(masked_fill(loss, logical_or(above, below), INFINITY), right, 0);
  };
  const Tensor x = saved(logits), t = saved(targets);
  const Tensor loss = record(value(), {logits, targets}, [x, t](const Tensor& dy, Grads grads) {
    if (grads.wants(0)) grads.add(0, dy * (sigmoid(x) - t));
    if (grads.wants(1)) grads.add(1, -(dy * x));
  });
  return reduced(loss, reduction);
}

Tensor mse_loss(const Tensor& x, const Tensor& target, Reduction reduction) {
  if (is_narrow(x)) return mse_loss(widened(x), widened(target), reduction);
  same_shape("mse_loss", x, target);
  return reduced(square(x - target), reduction);
}

Tensor l1_loss(const Tensor& x, const Tensor& target, Reduction reduction) {
  if (is_narrow(x)) return l1_loss(widened(x), widened(target), reduction);
  same_shape("l1_loss", x, target);
  return reduced(abs(x - target), reduction);
}

Tensor kl_div(const Tensor& input, const Tensor& target, KlReduction reduction) {
  if (is_narrow(input)) return kl_div(widened(input), widened(target), reduction);
  same_shape("kl_div", input, target);
  const Tensor t = saved(target);
  const Tensor entropy = masked_fill(t * log(t), eq(t, 0.0), 0);
  const Tensor loss = entropy - masked_fill(t * input, eq(t, 0.0), 0);
  switch (reduction) {
    case KlReduction::batchmean:
      GRIM_CHECK(input.ndim() > 0, shape, "kl_div", "batchmean needs a batch axis, got {}", input.shape());
      return sum(loss) / static_cast<double>(input.dim(0));
    case KlReduction::mean: return mean(loss);
    case KlReduction::sum: return sum(loss);
    default: return loss;
  }
}

}  // namespace grim
