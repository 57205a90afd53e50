// Convolution as a matrix product: the places that an output sees become a column (im2col: Chellapilla et al. 2006),
// one item of the batch at a time, so that the columns stay in cache.
#include "grimoire/op/conv1d_cpu.h"

#include <algorithm>
#include <vector>

#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/tensor/copy.h"

namespace grim::cpu {
namespace {

// Items go in so many runs.
int64_t runs_of(const Conv1dSizes& p) { return std::min<int64_t>(p.B, 8); }

// Tap k reads x at t * stride + shift; outputs [first, last) find it inside 0..T-1.
struct Tap {
  int64_t shift, first, last;
  Tap(const Conv1dSizes& p, int64_t k) : shift(k * p.dilation - p.left) {
    const auto up = [&](int64_t n) { return n <= 0 ? 0 : (n + p.stride - 1) / p.stride; };
    first = std::min(up(-shift), p.T_out);
    last = std::clamp(up(p.T - shift), first, p.T_out);
  }
};

// x (C_in, T) -> columns (C_in K, T_out), zeros where a tap looks outside.
template <class T> void columns_of(const Conv1dSizes& p, const T* x, T* columns) {
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
template <class T> void add_columns(const Conv1dSizes& p, const T* columns, T* dx) {
  for (int64_t row = 0; row < p.rows(); ++row) {
    const Tap tap(p, row % p.K);
    T* const to = dx + row / p.K * p.T;
    for (int64_t t = tap.first; t < tap.last; ++t) to[t * p.stride + tap.shift] += columns[row * p.T_out + t];
  }
}

template <class T> void forward(const Conv1dSizes& p, const T* x, const T* weight, const T* bias, T* y) {
  device::for_chunks(p.B, [&](int64_t b) {
    const Tensor columns = Tensor::empty({p.rows(), p.T_out}, dtype_of<T>);
    columns_of(p, x + b * p.C_in * p.T, columns.data<T>());
    T* const out = y + b * p.C_out * p.T_out;
    for (int64_t o = 0; bias && o < p.C_out; ++o) std::fill(out + o * p.T_out, out + (o + 1) * p.T_out, bias[o]);
    device::gemm({.M = p.C_out, .N = p.T_out, .K = p.rows(), .a = weight, .a_row = p.rows(), .b = columns.data<T>(),
                  .b_row = p.T_out, .c = out, .c_row = p.T_out, .beta = bias ? T(1) : T(0)});
  });
}

// W' dy: (C_in K, C_out) times (C_out, T_out).
template <class T> void add_input_gradient(const Conv1dSizes& p, const T* weight, const T* dy, T* dx) {
  const int64_t runs = runs_of(p);
  device::for_chunks(runs, [&](int64_t run) {
    const Tensor columns = Tensor::empty({p.rows(), p.T_out}, dtype_of<T>);
    T* const c = columns.data<T>();
    for (int64_t b = run * p.B / runs; b < (run + 1) * p.B / runs; ++b) {
      device::gemm({.M = p.rows(), .N = p.T_out, .K = p.C_out, .a = weight, .a_row = 1, .a_col = p.rows(), .b = dy + b * p.C_out * p.T_out,
                    .b_row = p.T_out, .c = c, .c_row = p.T_out});
      add_columns(p, c, dx + b * p.C_in * p.T);
    }
  });
}

// dy X': (C_out, T_out) times (T_out, C_in K). Each run of items is added up by one thread, in their order, then the runs in theirs.
template <class T> void add_weight_gradient(const Conv1dSizes& p, const T* x, const T* dy, const Tensor& dweight) {
  const int64_t runs = runs_of(p);
  std::vector<Tensor> partial;
  for (int64_t run = 0; run < runs; ++run) partial.push_back(Tensor::zeros(dweight.shape(), dweight.dtype()));
  device::for_chunks(runs, [&](int64_t run) {
    const Tensor columns = Tensor::empty({p.rows(), p.T_out}, dtype_of<T>);
    T* const c = columns.data<T>();
    T* const dw = partial[static_cast<size_t>(run)].data<T>();
    for (int64_t b = run * p.B / runs; b < (run + 1) * p.B / runs; ++b) {
      columns_of(p, x + b * p.C_in * p.T, c);
      device::gemm({.M = p.C_out, .N = p.rows(), .K = p.T_out, .a = dy + b * p.C_out * p.T_out, .a_row = p.T_out, .b = c, .b_row = 1,
                    .b_col = p.T_out, .c = dw, .c_row = p.rows(), .beta = T(1)});
    }
  });
  for (const Tensor& part : partial) add_into(dweight, part);
}

template <class T> void add_bias_gradient(const Conv1dSizes& p, const T* dy, T* dbias) {
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

void conv1d(const Conv1dSizes& p, const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& y) {
  visit_float("conv1d", x.dtype(), [&]<class T>(T) { forward<T>(p, x.data<T>(), weight.data<T>(), data_or_null<T>(bias), y.data<T>()); });
}

void add_conv1d_input_gradient(const Conv1dSizes& p, const Tensor& weight, const Tensor& dy, const Tensor& dx) {
  visit_float("conv1d", dy.dtype(), [&]<class T>(T) { add_input_gradient<T>(p, weight.data<T>(), dy.data<T>(), dx.data<T>()); });
}

void add_conv1d_weight_gradient(const Conv1dSizes& p, const Tensor& x, const Tensor& dy, const Tensor& dweight) {
  visit_float("conv1d", dy.dtype(), [&]<class T>(T) { add_weight_gradient<T>(p, x.data<T>(), dy.data<T>(), dweight); });
}

void add_conv1d_bias_gradient(const Conv1dSizes& p, const Tensor& dy, const Tensor& dbias) {
  visit_float("conv1d", dy.dtype(), [&]<class T>(T) { add_bias_gradient<T>(p, dy.data<T>(), dbias.data<T>()); });
}

}  // namespace grim::cpu
