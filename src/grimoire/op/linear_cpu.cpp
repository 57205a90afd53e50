#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/linear_cpu.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <vector>

#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/activation-inl.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/op/linear_cpu.h"

#ifndef GRIM_LINEAR_ROWS
#define GRIM_LINEAR_ROWS
namespace grim::cpu {
// Rows [m0, m1), columns [n0, n1) of y (M, N), which hold x W: adds the bias, keeps that sum in `pre` when given, applies the activation.
template <class T> struct BiasActivation {
  Activation activation;
  const T* bias;  // (N,) or null
  T* y;
  T* pre;         // (M, N) or null
  int64_t N;
};
// dz = dy act'(.); `kept` is pre for gelu and silu, y for the others.
template <class T> struct BiasActivationBackward {
  Activation activation;
  const T* dy;
  const T* kept;
  T* dz;     // may be null when activation is none
  T* dbias;  // (N,) or null
  T beta;
  int64_t M, N;
};

template <class T> using TileForward = void (*)(const BiasActivation<T>& p, int64_t m0, int64_t m1, int64_t n0, int64_t n1);
template <class T> using RowsBackward = void (*)(const BiasActivationBackward<T>& p, int64_t m0, int64_t m1, T* sums);
struct LinearTable {
  ByDtype<TileForward<float>, TileForward<double>> tile;
  ByDtype<RowsBackward<float>, RowsBackward<double>> backward;
};
}  // namespace grim::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

struct Identity {
  template <class D, class V> static HWY_INLINE V Value(D, V x) { return x; }
  template <class D, class V> static HWY_INLINE V Slope(D d, V, V) { return Constant(d, 1); }
};

template <class F> HWY_INLINE void with_activation(Activation a, F&& f) {
  switch (a) {
    case Activation::none: return f(Identity{});
    case Activation::relu: return f(Relu{});
    case Activation::gelu: return f(Gelu{});
    case Activation::gelu_tanh: return f(GeluTanh{});
    case Activation::tanh: return f(TanhFn{});
    case Activation::sigmoid: return f(SigmoidFn{});
    case Activation::silu: return f(Silu{});
  }
}

template <class T, class Act> void forward_tile(const BiasActivation<T>& p, int64_t m0, int64_t m1, int64_t n0, int64_t n1) {
  const hn::ScalableTag<T> d;
  for (int64_t m = m0; m < m1; ++m) {
    T* const y = p.y + m * p.N;
    T* const pre = p.pre ? p.pre + m * p.N : nullptr;
    EachVector(d, n1 - n0, [&](int64_t i, int64_t count) HWY_ATTR {
      const int64_t n = n0 + i;
      auto z = Get(d, y + n, count);
      if (p.bias) z = hn::Add(z, Get(d, p.bias + n, count));
      if (pre) Put(z, d, pre + n, count);
      Put(Act::Value(d, z), d, y + n, count);
    });
  }
}

// Rows [m0, m1): writes dz, adds its column sums to `sums` (N,).
template <class T, class Act>
void backward_rows(const BiasActivationBackward<T>& p, int64_t m0, int64_t m1, T* sums) {
  const hn::ScalableTag<T> d;
  EachVector(d, p.N, [&](int64_t n, int64_t count) HWY_ATTR {
    auto sum = hn::Zero(d);
    for (int64_t m = m0; m < m1; ++m) {
      auto g = Get(d, p.dy + m * p.N + n, count);
      if (p.kept) {
        const auto kept = Get(d, p.kept + m * p.N + n, count);
        g = hn::Mul(g, Act::Slope(d, kept, kept));
        Put(g, d, p.dz + m * p.N + n, count);
      }
      sum = hn::Add(sum, g);
    }
    if (sums) Put(hn::Add(Get(d, sums + n, count), sum), d, sums + n, count);
  });
}

template <class T> void forward(const BiasActivation<T>& p, int64_t m0, int64_t m1, int64_t n0, int64_t n1) {
  with_activation(p.activation, [&](auto act) { forward_tile<T, decltype(act)>(p, m0, m1, n0, n1); });
}
template <class T> void backward(const BiasActivationBackward<T>& p, int64_t m0, int64_t m1, T* sums) {
  with_activation(p.activation, [&](auto act) { backward_rows<T, decltype(act)>(p, m0, m1, sums); });
}

const LinearTable& linear_table() {
  static constexpr LinearTable table = {.tile = {forward<float>, forward<double>}, .backward = {backward<float>, backward<double>}};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
namespace {
HWY_EXPORT(linear_table);
const LinearTable& table() { return HWY_DYNAMIC_DISPATCH(linear_table)(); }

template <class T, class W = T> device::Gemm<T, W> gemm_of(const Tensor& a, const Tensor& b, const Tensor& c) {
  const auto row = [](const Tensor& x) { return x.contiguous() ? x.shape()[1] : 1; };
  const auto column = [](const Tensor& x) { return x.contiguous() ? 1 : x.shape()[0]; };
  return {.M = a.shape()[0], .N = b.shape()[1], .K = a.shape()[1], .a = a.data<T>(), .a_row = row(a), .a_col = column(a),
          .b = b.data<W>(), .b_row = row(b), .b_col = column(b), .c = c.data<T>(), .c_row = c.shape()[1]};
}

// Rows in blocks of a size that depends on the shape alone; each block sums its own columns, then the blocks are added in order.
template <class T> void in_row_blocks(const BiasActivationBackward<T>& p) {
  const int64_t each = std::max<int64_t>(16, 65536 / std::max<int64_t>(p.N, 1));
  const int64_t blocks = (p.M + each - 1) / each;
  static thread_local std::vector<T> sums;
  const int64_t count = p.dbias ? std::max<int64_t>(blocks, 1) * p.N : 0;
  sums.assign(static_cast<size_t>(count), T(0));
  T* const all = p.dbias ? sums.data() : nullptr;
  device::for_chunks(blocks, [&, run = table().backward.of<T>()](int64_t b) {
    run(p, b * each, std::min(p.M, (b + 1) * each), all ? all + b * p.N : nullptr);
  });
  if (!all) return;
  for (int64_t n = 0; n < p.N; ++n) {
    T sum = p.beta == T(0) ? T(0) : p.beta * p.dbias[n];
    for (int64_t b = 0; b < blocks; ++b) sum += all[b * p.N + n];
    p.dbias[n] = sum;
  }
}
}  // namespace

namespace {
template <class F> void multiply_and_finish(Activation activation, const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y,
                                            const Tensor& pre, F&& multiply) {
  visit_float("linear", x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const BiasActivation<T> finish{activation, data_or_null<T>(bias), y.data<T>(), data_or_null<T>(pre), y.shape()[1]};
    const auto run = [&finish, run = table().tile.of<T>()](int64_t m0, int64_t m1, int64_t n0, int64_t n1) { run(finish, m0, m1, n0, n1); };
    const device::Epilogue epilogue = bias.defined() || activation != Activation::none ? device::epilogue_of(run) : device::Epilogue{};
    if constexpr (std::is_same_v<T, float>)
      if (w.dtype() == Dtype::bf16) return multiply(gemm_of<T, Bf16>(x, w, y), epilogue);
    multiply(gemm_of<T>(x, w, y), epilogue);
  });
}
}  // namespace

void linear(Activation activation, const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y, const Tensor& pre) {
  multiply_and_finish(activation, x, w, bias, y, pre, [](const auto& g, const device::Epilogue& e) { device::gemm(g, e); });
}
void linear_rows(Activation activation, const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y) {
  multiply_and_finish(activation, x, w, bias, y, {}, [](const auto& g, const device::Epilogue& e) { device::gemm_rows(g, e); });
}

void bias_activation_backward(Activation activation, const Tensor& dy, const Tensor& kept, const Tensor& dz, const Tensor& dbias, float beta) {
  visit_float("linear", dy.dtype(), [&](auto zero) {
    using T = decltype(zero);
    in_row_blocks(BiasActivationBackward<T>{activation, dy.data<T>(), data_or_null<T>(kept), dz.data<T>(), data_or_null<T>(dbias),
                                            static_cast<T>(beta), dy.dim(0), dy.dim(1)});
  });
}

void product(const Tensor& a, const Tensor& b, const Tensor& c, float beta) {
  visit_float("linear", c.dtype(), [&](auto zero) {
    using T = decltype(zero);
    device::Gemm<T> g = gemm_of<T>(a, b, c);
    g.beta = static_cast<T>(beta);
    device::gemm(g);
  });
}

}  // namespace grim::cpu
#endif
