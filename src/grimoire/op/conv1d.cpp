// Convolution as a matrix product: the places that an output sees become a column (im2col: Chellapilla et al. 2006),
// one item of the batch at a time, so that the columns stay in cache.
#include "grimoire/op/conv1d.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/convert.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

struct Problem {
  int64_t B, C_in, T, C_out, K, T_out, stride, dilation, left;
  int64_t rows() const { return C_in * K; }
};

Problem problem_of(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv1dOptions& o) {
  GRIM_CHECK(x.ndim() == 3 && weight.ndim() == 3 && x.dim(1) == weight.dim(1) && weight.dim(2) > 0, shape, "conv1d",
             "got x {} and weight {}, expected (B, C_in, T) and (C_out, C_in, K)", x.shape(), weight.shape());
  GRIM_CHECK(x.dtype() == weight.dtype(), dtype, "conv1d", "got x {} and weight {}, expected one dtype",
             name_of(x.dtype()), name_of(weight.dtype()));
  GRIM_CHECK(!bias.defined() || (bias.shape() == Shape{weight.dim(0)} && bias.dtype() == x.dtype()), shape, "conv1d",
             "bias: got {} {}, expected {} ({},)", name_of(bias.dtype()), bias.shape(), name_of(x.dtype()),
             weight.dim(0));
  GRIM_CHECK(o.stride > 0 && o.dilation > 0, argument, "conv1d", "got stride {} and dilation {}, expected at least 1",
             o.stride, o.dilation);
  const int64_t reach = (weight.dim(2) - 1) * o.dilation, zeros = o.padding == Padding::none ? 0 : reach;
  const int64_t room = x.dim(2) + zeros - reach;
  GRIM_CHECK(room > 0, shape, "conv1d", "x {} is shorter than the {} places that the kernel reaches over", x.shape(),
             reach + 1);
  return {x.dim(0), x.dim(1), x.dim(2), weight.dim(0), weight.dim(2), (room - 1) / o.stride + 1, o.stride, o.dilation,
          o.padding == Padding::same ? reach / 2 : zeros};
}

// Tap k reads x at t * stride + shift; outputs [first, last) find it inside 0..T-1.
struct Tap {
  int64_t shift, first, last;
  Tap(const Problem& p, int64_t k) : shift(k * p.dilation - p.left) {
    const auto up = [&](int64_t n) { return n <= 0 ? 0 : (n + p.stride - 1) / p.stride; };
    first = std::min(up(-shift), p.T_out);
    last = std::clamp(up(p.T - shift), first, p.T_out);
  }
};

// x (C_in, T) -> columns (C_in K, T_out), zeros where a tap looks outside.
template <class T> void columns_of(const Problem& p, const T* x, T* columns) {
  for (int64_t row = 0; row < p.rows(); ++row) {
    const Tap tap(p, row % p.K);
    const T* const from = x + row / p.K * p.T;
    T* const to = columns + row * p.T_out;
    std::fill(to, to + tap.first, T(0));
    if (p.stride == 1) std::copy(from + tap.first + tap.shift, from + tap.last + tap.shift, to + tap.first);
    else for (int64_t t = tap.first; t < tap.last; ++t) to[t] = from[t * p.stride + tap.shift];
    std::fill(to + tap.last, to + p.T_out, T(0));
  }
}

// The transpose: dx (C_in, T) += what arrived at each column.
template <class T> void add_columns(const Problem& p, const T* columns, T* dx) {
  for (int64_t row = 0; row < p.rows(); ++row) {
    const Tap tap(p, row % p.K);
    T* const to = dx + row / p.K * p.T;
    for (int64_t t = tap.first; t < tap.last; ++t) to[t * p.stride + tap.shift] += columns[row * p.T_out + t];
  }
}

template <class T> void forward(const Problem& p, const T* x, const T* weight, const T* bias, T* y) {
  device::for_chunks(p.B, [&](int64_t b) {
    const Tensor columns = Tensor::empty({p.rows(), p.T_out}, dtype_of<T>);
    columns_of(p, x + b * p.C_in * p.T, columns.data<T>());
    T* const out = y + b * p.C_out * p.T_out;
    for (int64_t o = 0; bias && o < p.C_out; ++o) std::fill(out + o * p.T_out, out + (o + 1) * p.T_out, bias[o]);
    device::gemm({.M = p.C_out, .N = p.T_out, .K = p.rows(), .a = weight, .a_row = p.rows(), .b = columns.data<T>(),
                  .b_row = p.T_out, .c = out, .c_row = p.T_out, .beta = bias ? T(1) : T(0)});
  });
}

template <class T> struct Gradients {
  T* dx;                    // adds to it; null: not wanted
  std::vector<T*> dweight;  // one for each run of items, zeroed; empty: not wanted
};

// Items go in runs, as many as there are dweights: each is added to by one thread, in the order of items.
template <class T>
void backward_items(const Problem& p, const T* x, const T* weight, const T* dy, const Gradients<T>& g, int64_t runs) {
  device::for_chunks(runs, [&](int64_t run) {
    const Tensor columns = Tensor::empty({p.rows(), p.T_out}, dtype_of<T>);
    T* const c = columns.data<T>();
    for (int64_t b = run * p.B / runs; b < (run + 1) * p.B / runs; ++b) {
      const T* const d = dy + b * p.C_out * p.T_out;
      if (!g.dweight.empty()) {  // (C_out, T_out) times (T_out, C_in K)
        columns_of(p, x + b * p.C_in * p.T, c);
        T* const dw = g.dweight[static_cast<size_t>(run)];
        device::gemm({.M = p.C_out, .N = p.rows(), .K = p.T_out, .a = d, .a_row = p.T_out, .b = c, .b_row = 1,
                      .b_col = p.T_out, .c = dw, .c_row = p.rows(), .beta = T(1)});
      }
      if (g.dx) {  // (C_in K, C_out) times (C_out, T_out)
        device::gemm({.M = p.rows(), .N = p.T_out, .K = p.C_out, .a = weight, .a_row = 1, .a_col = p.rows(), .b = d,
                      .b_row = p.T_out, .c = c, .c_row = p.T_out});
        add_columns(p, c, g.dx + b * p.C_in * p.T);
      }
    }
  });
}

template <class T> void add_bias_gradient(const Problem& p, const T* dy, T* dbias) {
  for (int64_t o = 0; o < p.C_out; ++o) {
    double sum = 0;
    for (int64_t b = 0; b < p.B; ++b) {
      const T* const row = dy + (b * p.C_out + o) * p.T_out;
      for (int64_t t = 0; t < p.T_out; ++t) sum += row[t];
    }
    dbias[o] += static_cast<T>(sum);
  }
}

}  // namespace

// With X the columns of x, y = W X + b:  dW = dy X', dX = W' dy, db = dy summed over batch and time; dx gathers from dX
// what each of its elements was copied to.
Tensor conv1d(const Tensor& x_any, const Tensor& weight_any, const Tensor& bias_any, const Conv1dOptions& options) {
  if (is_narrow(x_any)) return narrowed(conv1d(widened(x_any), widened(weight_any), bias_any, options));
  if (is_narrow(weight_any)) return conv1d(x_any, widened(weight_any), bias_any, options);
  const Problem p = problem_of(x_any, weight_any, bias_any, options);
  const Tensor x = saved(contiguous(x_any)), weight = saved(contiguous(weight_any));
  const Tensor bias = bias_any.defined() ? contiguous(bias_any) : Tensor();
  const Tensor y = x.like({p.B, p.C_out, p.T_out});
  visit_float("conv1d", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    forward<T>(p, x.data<T>(), weight.data<T>(), bias.defined() ? bias.data<T>() : nullptr, y.data<T>());
  });
  return record(y, {x_any, weight_any, bias_any}, [=](const Tensor& dy_any, Grads grads) {
    const Tensor dy = contiguous(dy_any);
    visit_float("conv1d", x.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const int64_t runs = std::min<int64_t>(p.B, 8);
      Gradients<T> g{nullptr, {}};
      std::vector<Tensor> partial;
      for (int64_t i = 0; grads.wants(1) && i < runs; ++i) {
        partial.push_back(Tensor::zeros(weight.shape(), weight.dtype()));
        g.dweight.push_back(partial.back().data<T>());
      }
      grads.scatter(0, [&](const Tensor& dx) { g.dx = dx.data<T>(); });
      backward_items<T>(p, x.data<T>(), weight.data<T>(), dy.data<T>(), g, runs);
      grads.scatter(1, [&](const Tensor& dweight) { for (const Tensor& part : partial) add_into(dweight, part); });
      grads.scatter(2, [&](const Tensor& dbias) { add_bias_gradient<T>(p, dy.data<T>(), dbias.data<T>()); });
    });
  });
}

}  // namespace grim
