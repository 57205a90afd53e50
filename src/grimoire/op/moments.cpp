// Reductions made of other ops.
#include "grimoire/op/moments.h"

#include <cmath>
#include <limits>

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/moments_cpu.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/reduce_cpu.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

int64_t group_size(const char* op, const Tensor& x, const Axes& axes) {
  const auto marked = axes.of(op, x.ndim());
  int64_t n = 1;
  for (int i = 0; i < x.ndim(); ++i)
    if (marked[static_cast<size_t>(i)]) n *= x.shape()[i];
  return n;
}

// y with its reduced axes back as axes of size 1, so that it broadcasts against x.
Tensor keep_axes(const Tensor& y, const Tensor& x, const Axes& axes) {
  const auto marked = axes.of("reduce", x.ndim());
  Shape shape = x.shape();
  for (int i = 0; i < x.ndim(); ++i)
    if (marked[static_cast<size_t>(i)]) shape[i] = 1;
  return view::try_reshape(contiguous(y), shape);
}

Tensor drop_axes(const Tensor& y, const Axes& axes) {
  const auto marked = axes.of("reduce", y.ndim());
  Shape shape;
  for (int i = 0; i < y.ndim(); ++i)
    if (!marked[static_cast<size_t>(i)]) shape.push_back(y.shape()[i]);
  return view::try_reshape(contiguous(y), shape);
}

using cpu::Direction;

// Running sums along `axis`, from its start or from its end.
Tensor running_sum(const char* name, const Tensor& x, int axis, Direction direction) {
  GRIM_CHECK(is_float(x.dtype()) || x.dtype() == Dtype::i64, dtype, name, "got {}, expected floats or i64", name_of(x.dtype()));
  const Tensor rows = copy(view::transpose(x, axis, -1));
  GRIM_RUN(running_sums, direction, rows);
  return contiguous(view::transpose(rows, axis, -1));
}

// 2^k <= |v| < 2^(k + 1) for each element; 1 where v is 0 or not finite.
Tensor powers_of_two(const Tensor& v_any) {
  const Tensor v = contiguous(v_any), s = v.like();
  GRIM_RUN(powers_of_two, v, s);
  return s;
}

// Above it a square keeps all digits.
template <class T> T least_exact() { return std::sqrt(std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon()); }

// sqrt(sum x^2). Squares that leave the range, or may have lost digits at its lower end, are taken of x / s, s a power of two near the
// group's largest |x|, which changes no digit of the result.
Tensor length(const Tensor& x, const Axes& axes, KeepDims keep) {
  NoGrad no_grad;
  const Tensor y = sqrt(sum(square(x), axes, keep));
  const bool small = y.dtype() == Dtype::f32;
  const double least = small ? double(least_exact<float>()) : least_exact<double>();
  const double most = small ? double(std::numeric_limits<float>::max()) : std::numeric_limits<double>::max();
  if (x.numel() == 0 || GRIM_RUN(all_between, y, least, most)) return y;
  const Tensor s = powers_of_two(max(abs(x), axes, KeepDims::yes));
  const Tensor scaled = sqrt(sum(square(x / s), axes, KeepDims::yes)) * s;
  return keep == KeepDims::yes ? scaled : drop_axes(scaled, axes);
}

// Where a group holds +inf its infinities share the weight of the softmax, which is 0 elsewhere: the limit as they grow alike.
Tensor with_infinite_groups(const Tensor& weights, const Tensor& x, const Tensor& y, const Axes& axes) {
  const Tensor infinite = eq(y, INFINITY);
  if (sum(infinite).item() == 0) return weights;
  const Tensor top = cast(eq(x, INFINITY), x.dtype());
  return where(infinite, top / sum(top, axes, KeepDims::yes), weights);
}

}  // namespace

Tensor var(const Tensor& x, const Axes& axes, int correction, KeepDims keep) {
  if (is_narrow(x)) return var(widened(x), axes, correction, keep);
  const int64_t n = group_size("var", x, axes);
  GRIM_CHECK(n > correction, shape, "var", "{} elements of {} leave nothing after the correction of {}", n, x.shape(),
             correction);
  // The mean of what the mean leaves takes its rounding back: a constant has no variance at all. No gradient is missed, for the deviations
  // add up to zero.
  const auto centre = [&] {
    NoGrad no_grad;
    const Tensor m = mean(x, axes, KeepDims::yes);
    return m + mean(x - m, axes, KeepDims::yes);
  };
  return sum(square(x - centre()), axes, keep) / static_cast<double>(n - correction);
}
Tensor var(const Tensor& x) { return var(x, Axes::all(x.ndim())); }

// y = |x|: dx = dy x / y, and 0 where y is 0.
Tensor norm(const Tensor& x, const Axes& axes, KeepDims keep) {
  if (is_narrow(x)) return norm(widened(x), axes, keep);
  const Tensor y = length(x, axes, keep);
  return record(y, {x}, [x = saved(x), y = saved(y), axes](const Tensor& dy, Grads dx) {
    const Tensor ratio = masked_fill(dy / y, eq(y, 0.0), 0);
    dx.add(0, x * keep_axes(ratio, x, axes));
  });
}
Tensor norm(const Tensor& x) { return norm(x, Axes::all(x.ndim())); }

// y = log sum e^x: dx = dy e^(x - y), a softmax. The maximum is taken out first. A group of nothing but -inf gives -inf and dx = 0.
Tensor logsumexp(const Tensor& x, const Axes& axes, KeepDims keep) {
  if (is_narrow(x)) return logsumexp(widened(x), axes, keep);
  const auto value = [&] {
    NoGrad no_grad;
    const Tensor largest = max(x, axes, KeepDims::yes);
    const Tensor shift = masked_fill(largest, eq(abs(largest), INFINITY), 0);
    const Tensor y = log(sum(exp(x - shift), axes, KeepDims::yes)) + shift;
    return keep == KeepDims::yes ? y : drop_axes(y, axes);
  };
  const Tensor y = value();
  return record(y, {x}, [x = saved(x), y = saved(y), axes](const Tensor& dy, Grads dx) {
    const Tensor shift = masked_fill(y, eq(abs(y), INFINITY), 0);
    const Tensor weights = exp(x - keep_axes(shift, x, axes));
    dx.add(0, with_infinite_groups(weights, x, keep_axes(y, x, axes), axes) * keep_axes(dy, x, axes));
  });
}

// y_i = sum of x_j for j <= i: dx_j = sum of dy_i for i >= j.
Tensor cumsum(const Tensor& x, int axis_any) {
  if (is_narrow(x)) return narrowed(cumsum(widened(x), axis_any));
  const int axis = normalize_axis("cumsum", axis_any, x.ndim());
  return record(running_sum("cumsum", x, axis, Direction::forward), {x}, [axis](const Tensor& dy, Grads dx) {
    dx.add(0, running_sum("cumsum", dy, axis, Direction::backward));
  });
}

}  // namespace grim
