#include "grimoire/op/reduce.h"

#include <cmath>
#include <limits>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce_cpu.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

using cpu::ReduceOp;
using Marks = std::array<bool, kMaxDims>;

// Reduces the marked axes, the last run of neighbours first; the last step divides and gives the result its shape.
Tensor reduce_axes(ReduceOp op, Tensor x, const Marks& marked, const Shape& out, double divisor) {
  Shape shape = x.shape();
  for (int last = shape.ndim() - 1; last >= 0; --last) {
    if (!marked[static_cast<size_t>(last)] || shape[last] == 1) continue;
    int first = last;
    int64_t O = 1, R = shape[last], I = 1;
    while (first > 0 && (marked[static_cast<size_t>(first - 1)] || shape[first - 1] == 1)) R *= shape[--first];
    for (int i = 0; i < first; ++i) O *= shape[i];
    for (int i = last + 1; i < shape.ndim(); ++i) I *= shape[i];
    for (int i = first; i <= last; ++i) shape[i] = 1;
    const bool done = O * I == out.numel();
    const Tensor y = x.like(done ? out : shape);
    GRIM_RUN(reduce, op, view::try_reshape(x, {O, R, I}), y, done ? divisor : 1.0);
    if (done) return y;
    x = y;
    last = first;
  }
  return view::try_reshape(x, out);  // nothing left to add
}

Tensor reduce(ReduceOp op, const Tensor& x, const Marks& marked, const Shape& out, double divisor = 1) {
  const Dtype dtype = is_float(x.dtype()) ? computed_in(x.dtype()) : Dtype::i64;
  return reduce_axes(op, contiguous(cast(x, dtype)), marked, out, divisor);
}

Shape reduced_shape(const Shape& shape, const Marks& marked, KeepDims keep) {
  Shape out;
  for (int i = 0; i < shape.ndim(); ++i)
    if (!marked[static_cast<size_t>(i)]) out.push_back(shape[i]);
    else if (keep == KeepDims::yes) out.push_back(1);
  return out;
}

Tensor with_shape(const Tensor& x, const Shape& shape) {
  return x.shape() == shape ? x : view::try_reshape(contiguous(x), shape);
}

// dx = dy repeated to x's shape.
void spread(const Tensor& dy, Grads dx) {
  dx.write(0, [&](const Tensor& dx0, float beta) {
    if (beta == 0) copy_into(dx0, dy);
    else add_into(dx0, view::expand(dy, dx0.shape()));
  });
}

}  // namespace

Axes::Axes(std::initializer_list<int> axes) {
  GRIM_CHECK(axes.size() <= kMaxDims, argument, "axes", "got {}, expected at most {}", axes.size(), kMaxDims);
  for (int axis : axes) axes_[static_cast<size_t>(count_++)] = axis;
}
Axes Axes::all(int ndim) {
  Axes a;
  for (; a.count_ < ndim; ++a.count_) a.axes_[static_cast<size_t>(a.count_)] = a.count_;
  return a;
}
std::array<bool, kMaxDims> Axes::of(const char* op, int ndim) const {
  Marks marked{};
  for (int i = 0; i < count_; ++i) {
    bool& mark = marked[static_cast<size_t>(normalize_axis(op, axes_[static_cast<size_t>(i)], ndim))];
    GRIM_CHECK(!mark, argument, op, "axis {} is named twice", axes_[static_cast<size_t>(i)]);
    mark = true;
  }
  return marked;
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Marks marked{};
  const int lead = x.ndim() - shape.ndim();
  for (int i = 0; i < x.ndim(); ++i)
    marked[static_cast<size_t>(i)] = i < lead || (shape[i - lead] == 1 && x.shape()[i] != 1);
  return reduce(ReduceOp::sum, x, marked, shape);
}

// y = sum x: every element of a group gets that group's dy.
Tensor sum(const Tensor& x, const Axes& axes, KeepDims keep) {
  if (is_narrow(x)) return sum(widened(x), axes, keep);
  const Marks marked = axes.of("sum", x.ndim());
  return record(reduce(ReduceOp::sum, x, marked, reduced_shape(x.shape(), marked, keep)), {x},
                [kept = reduced_shape(x.shape(), marked, KeepDims::yes)](const Tensor& dy, Grads dx) {
                  spread(with_shape(dy, kept), dx);
                });
}

namespace {

// A sum may leave the range where the mean does not: then it is taken of numbers that are 2^64 times smaller, or in f64.
Tensor mean_of(const Tensor& x, const Marks& marked, const Shape& out, double count) {
  const Tensor y = reduce(ReduceOp::sum, x, marked, out, count);
  if (GRIM_RUN(all_between, y, -INFINITY, std::numeric_limits<double>::max())) return y;
  if (x.dtype() == Dtype::f32) return cast(reduce(ReduceOp::sum, cast(x, Dtype::f64), marked, out, count), Dtype::f32);
  return reduce(ReduceOp::sum, saved(x) * 0x1p-64, marked, out, count) * 0x1p64;
}

}  // namespace

Tensor mean(const Tensor& x, const Axes& axes, KeepDims keep) {
  if (is_narrow(x)) return mean(widened(x), axes, keep);
  GRIM_CHECK(is_float(x.dtype()), dtype, "mean", "got {}, expected f32 or f64", name_of(x.dtype()));
  const Marks marked = axes.of("mean", x.ndim());
  const Shape kept = reduced_shape(x.shape(), marked, KeepDims::yes);
  double count = 1;
  for (int i = 0; i < x.ndim(); ++i)
    if (marked[static_cast<size_t>(i)]) count *= static_cast<double>(x.shape()[i]);
  return record(mean_of(x, marked, reduced_shape(x.shape(), marked, keep), count), {x},
                [kept, count](const Tensor& dy, Grads dx) { spread(with_shape(dy / count, kept), dx); });
}

namespace {

// y = max x: the elements equal to it share dy.
Tensor extremum(const char* name, ReduceOp op, const Tensor& x, const Axes& axes, KeepDims keep) {
  if (is_narrow(x)) return narrowed(extremum(name, op, widened(x), axes, keep));
  const Marks marked = axes.of(name, x.ndim());
  const Shape out = reduced_shape(x.shape(), marked, keep), kept = reduced_shape(x.shape(), marked, KeepDims::yes);
  GRIM_CHECK(x.numel() > 0 || kept.numel() == 0, shape, name, "no elements to choose from: got {}", x.shape());
  const Tensor y = reduce(op, x, marked, out);
  return record(y, {x}, [x = saved(x), y = saved(y), marked, kept](const Tensor& dy, Grads dx) {
    const Tensor chosen = cast(eq(x, with_shape(y, kept)), x.dtype());
    dx.add(0, chosen * (with_shape(dy, kept) / reduce(ReduceOp::sum, chosen, marked, kept)));
  });
}

}  // namespace

Tensor max(const Tensor& x, const Axes& axes, KeepDims keep) {
  return extremum("max", ReduceOp::max, x, axes, keep);
}
Tensor min(const Tensor& x, const Axes& axes, KeepDims keep) {
  return extremum("min", ReduceOp::min, x, axes, keep);
}

Tensor sum(const Tensor& x) { return sum(x, Axes::all(x.ndim())); }
Tensor mean(const Tensor& x) { return mean(x, Axes::all(x.ndim())); }
Tensor max(const Tensor& x) { return max(x, Axes::all(x.ndim())); }
Tensor min(const Tensor& x) { return min(x, Axes::all(x.ndim())); }

}  // namespace grim
