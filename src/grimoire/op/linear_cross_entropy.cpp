#include "grimoire/op/linear_cross_entropy.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/cross_entropy_cpu.h"
#include "grimoire/op/gather_cpu.h"
#include "grimoire/op/linear_cross_entropy_cpu.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/run.h"
#include "grimoire/op/target_rows.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

// Rows as slices (1, n, columns).
Tensor as_slices(const Tensor& x) { return view::try_reshape(x, {1, x.dim(0), x.numel() / std::max<int64_t>(1, x.dim(0))}); }
Tensor taken_rows(const Tensor& x, const Tensor& places) {
  Shape shape = x.shape();
  shape[0] = places.numel();
  const Tensor y = x.like(shape);
  GRIM_RUN(take_slices, as_slices(x), places, view::try_reshape(y, {1, places.numel(), x.numel() / x.dim(0)}));
  return y;
}

Tensor scaled(Tensor x, double by) { return by == 1 ? x : x * by; }

void check(const Tensor& x, const Tensor& weight, const Tensor& targets, HeadLayout layout,
           const CrossEntropyOptions& o) {
  const char* const op = "linear_cross_entropy";
  GRIM_CHECK(x.ndim() == 2 && targets.ndim() == 1 && targets.dim(0) == x.dim(0), shape, op,
             "got x {}, targets {}, expected (N, C), (N,)", x.shape(), targets.shape());
  const bool by_rows = layout == HeadLayout::vocabulary_rows;
  GRIM_CHECK(weight.ndim() == 2 && weight.dim(by_rows ? 1 : 0) == x.dim(1) && weight.numel() > 0, shape, op,
             "weight: got {}, expected {}", weight.shape(), by_rows ? "(V, C)" : "(C, V)");
  GRIM_CHECK(is_float(x.dtype()) && (x.dtype() == weight.dtype() || (is_narrow(weight) && x.dtype() == Dtype::f32)), dtype, op,
             "got {} and {}, expected one dtype, or f32 and bf16", name_of(x.dtype()), name_of(weight.dtype()));
  GRIM_CHECK(o.reduction != Reduction::none, argument, op, "reduction none is not supported: use cross_entropy");
  GRIM_CHECK(o.label_smoothing >= 0 && o.label_smoothing < 1, argument, op, "label_smoothing: got {}, expected 0 to 1",
             o.label_smoothing);
}

}  // namespace

// Rows that are ignored are left out before the first product: masked language modelling pays for its 15 % only.
Tensor linear_cross_entropy(const Tensor& x_any, const Tensor& weight_any, HeadLayout layout, const Tensor& targets_any,
                            const CrossEntropyOptions& o) {
  check(x_any, weight_any, targets_any, layout, o);
  const Tensor weight = contiguous(weight_any);
  const int64_t N = x_any.dim(0), V = weight.dim(layout == HeadLayout::vocabulary_rows ? 0 : 1);
  const TargetRows all("linear_cross_entropy", targets_any, V, o.ignore_index);
  const bool packed = all.counted < N, wants_dx = grad_enabled() && tracked(x_any), wants_dw = grad_enabled() && tracked(weight_any);
  const Tensor places = packed ? all.targets.like({all.counted}) : Tensor(), dense = contiguous(x_any);
  if (packed) GRIM_RUN(counted_places, all.targets, o.ignore_index, places);
  const Tensor x = packed ? taken_rows(dense, places) : dense;
  const Tensor targets = packed ? taken_rows(all.targets, places) : all.targets;
  Tensor dx = wants_dx ? x.like() : Tensor();
  Tensor dw = wants_dw ? x.like(weight.shape(), computed_in(x.dtype())) : Tensor();
  const double loss = GRIM_RUN(linear_cross_entropy, layout, x, weight, targets, o.label_smoothing, all.scale(o.reduction), dx, dw);
  if (wants_dx && packed) {
    const Tensor whole = Tensor::zeros({N, x.dim(1)}, dx.dtype());
    GRIM_RUN(put_slices, as_slices(dx), places, as_slices(whole));
    dx = whole;
  }
  return record(Tensor::scalar(loss, computed_in(x.dtype())), {x_any, weight_any},
                [dx0 = std::move(dx), dw = std::move(dw)](const Tensor& dy, Grads dx) mutable {
                  const double by = dy.item();
                  if (dx.wants(0)) dx.add(0, scaled(std::move(dx0), by));
                  if (dx.wants(1)) dx.add(1, scaled(std::move(dw), by));
                });
}

}  // namespace grim
