// Reductions made of other ops.
#include <cmath>
#include <limits>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
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

enum class Direction { forward, backward };

// Running sums along `axis`, from its start or from its end.
Tensor running_sum(const char* name, const Tensor& x, int axis, Direction direction) {
  const Tensor rows = copy(view::transpose(x, axis, -1));
  const int64_t n = rows.shape().back(), count = n ? rows.numel() / n : 0;
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    T* const data = rows.data<T>();
    device::parallel_for(count, std::max<int64_t>(1, 16384 / std::max<int64_t>(n, 1)), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        T* const row = data + r * n;
        if (direction == Direction::forward)
          for (int64_t i = 1; i < n; ++i) row[i] += row[i - 1];
        else
          for (int64_t i = n - 1; i-- > 0;) row[i] += row[i + 1];
      }
    });
  };
  if (x.dtype() == Dtype::i64) run(int64_t{});
  else visit_float(name, x.dtype(), run);
  return contiguous(view::transpose(rows, axis, -1));
}

}  // namespace

Tensor var(const Tensor& x, const Axes& axes, int correction, KeepDims keep) {
  const int64_t n = group_size("var", x, axes);
  GRIM_CHECK(n > correction, shape, "var", "{} elements of {} leave nothing after the correction of {}", n, x.shape(),
             correction);
  return sum(square(x - mean(x, axes, KeepDims::yes)), axes, keep) / static_cast<double>(n - correction);
}
Tensor var(const Tensor& x) { return var(x, Axes::all(x.ndim())); }

// y = |x|: dx = dy x / y, and 0 where y is 0.
Tensor norm(const Tensor& x, const Axes& axes, KeepDims keep) {
  const auto length = [&] {
    NoGrad no_grad;
    return sqrt(sum(square(x), axes, keep));
  };
  const Tensor y = length();
  return record(y, {x}, [x = saved(x), y = saved(y), axes](const Tensor& dy, Grads dx) {
    const Tensor ratio = masked_fill(dy / y, eq(y, 0.0), 0);
    dx.add(0, x * keep_axes(ratio, x, axes));
  });
}
Tensor norm(const Tensor& x) { return norm(x, Axes::all(x.ndim())); }

// y = log sum e^x: dx = dy e^(x - y), a softmax. The maximum is taken out first. A group of nothing but -inf gives -inf.
Tensor logsumexp(const Tensor& x, const Axes& axes, KeepDims keep) {
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
    dx.add(0, exp(x - keep_axes(shift, x, axes)) * keep_axes(dy, x, axes));
  });
}

// y_i = sum of x_j for j <= i: dx_j = sum of dy_i for i >= j.
Tensor cumsum(const Tensor& x, int axis_any) {
  const int axis = normalize_axis("cumsum", axis_any, x.ndim());
  return record(running_sum("cumsum", x, axis, Direction::forward), {x}, [axis](const Tensor& dy, Grads dx) {
    dx.add(0, running_sum("cumsum", dy, axis, Direction::backward));
  });
}

}  // namespace grim
