#include "grimoire/op/cross_entropy.h"

#include <cmath>
#include <vector>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/cross_entropy_kernel.h"
#include "grimoire/op/target_rows.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

constexpr int64_t kGrain = 32768;  // logits; about 6 us

void check_rows(const char* op, const Tensor& x, const Tensor& targets, const CrossEntropyOptions& o) {
  GRIM_CHECK(x.ndim() >= 1, shape, op, "got {}, expected (..., V)", x.shape());
  Shape rows = x.shape();
  rows.erase(x.ndim() - 1);
  GRIM_CHECK(targets.shape() == rows, shape, op, "targets: got {}, expected {} for {}", targets.shape(), rows,
             x.shape());
  GRIM_CHECK(o.label_smoothing >= 0 && o.label_smoothing < 1, argument, op, "label_smoothing: got {}, expected 0 to 1",
             o.label_smoothing);
}

template <class F> void each_block(int64_t rows, int64_t V, F&& f) {
  device::parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(V, 1)), f);
}

template <class T> cpu::LogitRows<T> block(const Tensor& x, const TargetRows& t, const CrossEntropyOptions& o,
                                           int64_t begin, int64_t end) {
  const int64_t V = x.shape().back();
  return {end - begin, V, x.data<T>() + begin * V, t.data() + begin, o.ignore_index, o.label_smoothing};
}

// The rows' losses as the caller asked for them.
Tensor reduce_rows(const std::vector<double>& loss, const Tensor& targets, Dtype dtype, Reduction reduction,
                   double scale) {
  if (reduction == Reduction::none) return cast(Tensor::from(loss, targets.shape()), dtype);
  double total = 0;
  for (double v : loss) total += v;
  return Tensor::scalar(total * scale, dtype);
}

// dy times the share of each row: (N,) or one number for all.
Tensor row_scales(const Tensor& dy, double scale) {
  const Tensor s = copy(dy);
  visit_float("cross_entropy", s.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < s.numel(); ++i) s.data<T>()[i] *= static_cast<T>(scale);
  });
  return s;
}

}  // namespace

// dx_j = scale (softmax_j - target_j): cross_entropy_kernel.h. Written over the logits when nobody else holds them.
Tensor cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& o) {
  if (is_narrow(logits)) return cross_entropy(widened(logits), targets, o);
  check_rows("cross_entropy", logits, targets, o);
  const int64_t V = logits.shape().back();
  const TargetRows rows("cross_entropy", targets, V, o.ignore_index);
  const Tensor x = contiguous(logits), lse = x.like({rows.size()});
  std::vector<double> loss(static_cast<size_t>(rows.size()));
  visit_float("cross_entropy", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_block(rows.size(), V, [&](int64_t begin, int64_t end) {
      cpu::cross_entropy_forward(block<T>(x, rows, o, begin, end), lse.data<T>() + begin, loss.data() + begin);
    });
  });
  const double scale = rows.scale(o.reduction);
  return record(reduce_rows(loss, targets, x.dtype(), o.reduction, scale), {logits},
                [x = saved(x), lse, rows, o, V, scale](const Tensor& dy, Grads dx) {
                  const Tensor scales = row_scales(dy, scale);
                  const Tensor dx0 = x.sole_owner() ? x : x.like();
                  visit_float("cross_entropy", x.dtype(), [&](auto zero) {
                    using T = decltype(zero);
                    const int64_t step = o.reduction == Reduction::none ? 1 : 0;
                    each_block(rows.size(), V, [&](int64_t begin, int64_t end) {
                      cpu::cross_entropy_backward(block<T>(x, rows, o, begin, end), lse.data<T>() + begin,
                                                  scales.data<T>() + begin * step, step, dx0.data<T>() + begin * V);
                    });
                  });
                  dx.add(0, dx0);
                });
}

// loss = -(1 - s) x[target] - s mean(x): dx = -scale ((1 - s) [j = target] + s / V).
Tensor nll_loss(const Tensor& log_probabilities, const Tensor& targets, const CrossEntropyOptions& o) {
  if (is_narrow(log_probabilities)) return nll_loss(widened(log_probabilities), targets, o);
  check_rows("nll_loss", log_probabilities, targets, o);
  GRIM_CHECK(o.label_smoothing == 0, argument, "nll_loss", "label_smoothing: got {}, expected 0", o.label_smoothing);
  const int64_t V = log_probabilities.shape().back();
  const TargetRows rows("nll_loss", targets, V, o.ignore_index);
  const Tensor x = contiguous(log_probabilities);
  std::vector<double> loss(static_cast<size_t>(rows.size()));
  visit_float("nll_loss", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    for (int64_t r = 0; r < rows.size(); ++r)
      if (rows.data()[r] != o.ignore_index)
        loss[static_cast<size_t>(r)] = -static_cast<double>(x.data<T>()[r * V + rows.data()[r]]);
  });
  const double scale = rows.scale(o.reduction);
  return record(reduce_rows(loss, targets, x.dtype(), o.reduction, scale), {log_probabilities},
                [rows, o, V, scale](const Tensor& dy, Grads dx) {
                  const Tensor scales = row_scales(dy, scale);
                  dx.scatter(0, [&](const Tensor& dx0) {
                    visit_float("nll_loss", dy.dtype(), [&](auto zero) {
                      using T = decltype(zero);
                      const int64_t step = o.reduction == Reduction::none ? 1 : 0;
                      for (int64_t r = 0; r < rows.size(); ++r)
                        if (rows.data()[r] != o.ignore_index)
                          dx0.data<T>()[r * V + rows.data()[r]] -= scales.data<T>()[r * step];
                    });
                  });
                });
}

}  // namespace grim
