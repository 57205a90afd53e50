#include "grimoire/op/cross_entropy.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/cross_entropy_cpu.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/run.h"
#include "grimoire/op/target_rows.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

void check_rows(const char* op, const Tensor& x, const Tensor& targets, const CrossEntropyOptions& o) {
  GRIM_CHECK(x.ndim() >= 1, shape, op, "got {}, expected (..., V)", x.shape());
  Shape rows = x.shape();
  rows.erase(x.ndim() - 1);
  GRIM_CHECK(targets.shape() == rows, shape, op, "targets: got {}, expected {} for {}", targets.shape(), rows,
             x.shape());
  GRIM_CHECK(o.label_smoothing >= 0 && o.label_smoothing < 1, argument, op, "label_smoothing: got {}, expected 0 to 1",
             o.label_smoothing);
}

// The rows' losses as the caller asked for them.
Tensor reduce_rows(const Tensor& loss, double total, const Tensor& targets, Dtype dtype, Reduction reduction, double scale) {
  if (reduction == Reduction::none) return cast(view::try_reshape(loss, targets.shape()), dtype);
  return Tensor::scalar(total * scale, dtype);
}

// dy times the share of each row: (N,) or one number for all.
Tensor row_scales(const Tensor& dy, double scale) { return contiguous(dy * scale); }

}  // namespace

// dx_j = scale (softmax_j - target_j): cross_entropy_kernel.h. Written over the logits when nobody else holds them.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& o) {
  if (is_narrow(logits)) return cross_entropy(widened(logits), targets, o);
  check_rows("cross_entropy", logits, targets, o);
  const TargetRows rows("cross_entropy", targets, logits.shape().back(), o.ignore_index);
  const Tensor x = saved(contiguous(logits)), lse = x.like({rows.size()}), loss = x.like({rows.size()}, Dtype::f64);
  const cpu::TargetOptions options{o.ignore_index, o.label_smoothing};
  const double total = GRIM_RUN(cross_entropy, x, rows.targets, options, lse, loss), scale = rows.scale(o.reduction);
  return record(reduce_rows(loss, total, targets, x.dtype(), o.reduction, scale), {logits},
                [x, lse, rows, options, scale](const Tensor& dy, Grads dx) {
                  const Tensor dx0 = x.sole_owner() ? x : x.like();
                  GRIM_RUN(cross_entropy_backward, x, rows.targets, options, lse, row_scales(dy, scale), dx0);
                  dx.add(0, dx0);
                });
}

// loss = -(1 - s) x[target] - s mean(x): dx = -scale ((1 - s) [j = target] + s / V).
Tensor nll_loss(const Tensor& log_probabilities, const Tensor& targets, const CrossEntropyOptions& o) {
  if (is_narrow(log_probabilities)) return nll_loss(widened(log_probabilities), targets, o);
  check_rows("nll_loss", log_probabilities, targets, o);
  GRIM_CHECK(o.label_smoothing == 0, argument, "nll_loss", "label_smoothing: got {}, expected 0", o.label_smoothing);
  const TargetRows rows("nll_loss", targets, log_probabilities.shape().back(), o.ignore_index);
  const Tensor x = contiguous(log_probabilities), loss = x.like({rows.size()}, Dtype::f64);
  const double total = GRIM_RUN(nll, x, rows.targets, o.ignore_index, loss), scale = rows.scale(o.reduction);
  return record(reduce_rows(loss, total, targets, x.dtype(), o.reduction, scale), {log_probabilities}, [rows, o, scale](const Tensor& dy, Grads dx) {
    const Tensor scales = row_scales(dy, scale);
    dx.scatter(0, [&](const Tensor& dx0) { GRIM_RUN(add_nll_gradient, rows.targets, o.ignore_index, scales, dx0); });
  });
}

}  // namespace grim
