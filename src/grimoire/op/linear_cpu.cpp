#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/linear_cpu.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <vector>

#include "grimoire/device/bf16.h"
#include "grimoire/device/bf16_product.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/quantised.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/activation-inl.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/op/linear_cpu.h"
#include "grimoire/tensor/copy.h"

#ifndef GRIM_LINEAR_ROWS
#define GRIM_LINEAR_ROWS
namespace grim::cpu {
// To a tile of x W: adds the bias, keeps that sum in `pre` when given, applies the activation, multiplies.
template <class T> struct BiasActivation {
  Activation activation;
  const T* bias;  // (N,) or null
  T* pre;         // the tile's first number of (M, N), or null
  int64_t N;
  const T* times = nullptr;  // likewise
};
// dz = dy act'(.); `kept` is pre for gelu and silu, y for the others.
template <class T> struct BiasActivationBackward {
  Activation activation;
  const T* dy;
  const T* kept;
  T* dz;     // may be null when activation is none
  int64_t N;
};

template <class T> using TileForward = void (*)(const BiasActivation<T>& p, const device::Tile<T>& tile);
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

template <class T, class Act> void forward_tile(const BiasActivation<T>& p, const device::Tile<T>& tile) {
  const hn::ScalableTag<T> d;
  const T* const bias = p.bias ? p.bias + tile.n0 : nullptr;
  for (int64_t m = 0; m < tile.m1 - tile.m0; ++m) {
    T* const y = tile.c + m * tile.c_row;
    T* const pre = p.pre ? p.pre + m * p.N : nullptr;
    const T* const times = p.times ? p.times + m * p.N : nullptr;
    EachVector(d, tile.n1 - tile.n0, [&](int64_t n, int64_t count) HWY_ATTR {
      auto z = Get(d, y + n, count);
      if (bias) z = hn::Add(z, Get(d, bias + n, count));
      if (pre) Put(z, d, pre + n, count);
      z = Act::Value(d, z);
      Put(times ? hn::Mul(Get(d, times + n, count), z) : z, d, y + n, count);
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

template <class T> void forward(const BiasActivation<T>& p, const device::Tile<T>& tile) {
  with_activation(p.activation, [&](auto act) { forward_tile<T, decltype(act)>(p, tile); });
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

template <class T> T* sums_of(const Tensor& c) { return c.dtype() == dtype_of<T> ? c.data<T>() : nullptr; }
template <class T, class W = T> device::Gemm<T, W> gemm_of(const Tensor& a, const Tensor& b, const Tensor& c) {
  const auto row = [](const Tensor& x) { return x.contiguous() ? x.shape()[1] : 1; };
  const auto column = [](const Tensor& x) { return x.contiguous() ? 1 : x.shape()[0]; };
  return {.M = a.shape()[0], .N = b.shape()[1], .K = a.shape()[1], .a = a.data<T>(), .a_row = row(a), .a_col = column(a),
          .b = b.data<W>(), .b_row = row(b), .b_col = column(b), .c = sums_of<typename device::Gemm<T, W>::Sum>(c), .c_row = c.shape()[1]};
}

// Adds to a finished tile what is in y (M, N) in its place.
void add_to_tile(const device::Tile<float>& tile, const Tensor& y) {
  const int64_t N = y.shape()[1], width = tile.n1 - tile.n0;
  static thread_local std::vector<float> before;
  before.resize(static_cast<size_t>(width));
  for (int64_t m = tile.m0; m < tile.m1; ++m) {
    float* const row = tile.c + (m - tile.m0) * tile.c_row;
    device::widen(y.data<Bf16>() + m * N + tile.n0, width, before.data());
    for (int64_t i = 0; i < width; ++i) row[i] += before[static_cast<size_t>(i)];
  }
}

// run(m0, m1, sums) for rows in blocks of a size that depends on the shape alone; each block sums its own columns, then the blocks are added in order
// to beta dbias (N,).
template <class T, class F> void in_row_blocks(int64_t M, int64_t N, T* dbias, T beta, F&& run) {
  const int64_t each = std::max<int64_t>(16, 65536 / std::max<int64_t>(N, 1));
  const int64_t blocks = (M + each - 1) / each;
  static thread_local std::vector<T> sums;
  const int64_t count = dbias ? std::max<int64_t>(blocks, 1) * N : 0;
  sums.assign(static_cast<size_t>(count), T(0));
  T* const all = dbias ? sums.data() : nullptr;
  device::for_chunks(blocks, [&](int64_t b) { run(b * each, std::min(M, (b + 1) * each), all ? all + b * N : nullptr); });
  if (!all) return;
  for (int64_t n = 0; n < N; ++n) {
    T sum = beta == T(0) ? T(0) : beta * dbias[n];
    for (int64_t b = 0; b < blocks; ++b) sum += all[b * N + n];
    dbias[n] = sum;
  }
}
}  // namespace

namespace {
// What a tile of a layer's product goes through; the epilogue refers to it.
template <class T> struct Finish {
  const EvaluatedLayer& layer;
  Tensor pre = {};

  void operator()(const device::Tile<T>& tile) const {
    const int64_t N = layer.y.shape()[1];
    const auto at = [&](const Tensor& c) { return c.defined() ? c.data<T>() + tile.m0 * N + tile.n0 : nullptr; };
    table().tile.of<T>()({layer.activation, data_or_null<T>(layer.bias), at(pre), N, at(layer.times)}, tile);
  }
  device::Epilogue<T> epilogue() const {
    const bool plain = !layer.bias.defined() && layer.activation == Activation::none && !layer.times.defined();
    return plain ? device::Epilogue<T>{} : device::epilogue_of<T>(*this);
  }
};

// use(product) of x and w, which may be bf16 beside f32.
template <class T, class F> void with_product(const Tensor& x, const EvaluatedLayer& layer, F&& use) {
  if constexpr (std::is_same_v<T, float>)
    if (is_narrow(layer.w)) return use(gemm_of<T, Bf16>(x, layer.w, layer.y));
  use(gemm_of<T>(x, layer.w, layer.y));
}

// All of bf16: a row of a tile is finished in f32, and each of what is kept of it is rounded once.
void bf16_linear(Activation activation, const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y, const Tensor& pre) {
  const int64_t N = y.shape()[1];
  const auto finish = [&, run = table().tile.of<float>()](const device::Tile<float>& tile) {
    static thread_local std::vector<float> room;
    const int64_t width = tile.n1 - tile.n0;
    room.resize(static_cast<size_t>(width));
    for (int64_t m = tile.m0; m < tile.m1; ++m) {
      const device::Tile<float> row{m, m + 1, tile.n0, tile.n1, tile.c + (m - tile.m0) * tile.c_row, tile.c_row};
      if (bias.defined() || activation != Activation::none) run({activation, data_or_null<float>(bias), pre.defined() ? room.data() : nullptr, N}, row);
      device::narrow(row.c, width, y.data<Bf16>() + m * N + tile.n0);
      if (pre.defined()) device::narrow(room.data(), width, pre.data<Bf16>() + m * N + tile.n0);
    }
  };
  device::gemm(gemm_of<Bf16>(x, w, y), device::epilogue_of<float>(finish));
}
}  // namespace

void linear(Activation activation, const Tensor& x, const Tensor& w, const Tensor& bias, const Tensor& y, const Tensor& pre) {
  if (x.dtype() == Dtype::bf16) return bf16_linear(activation, x, w, bias, y, pre);
  const EvaluatedLayer layer{activation, w, bias, y};
  visit_float("linear", x.dtype(), [&]<class T>(T) {
    const Finish<T> finish{layer, pre};
    with_product<T>(x, layer, [&](const auto& g) { device::gemm(g, finish.epilogue()); });
  });
}

namespace {
// x to bf16 and back, for products that are not bf16's own.
Tensor rounded(const Tensor& x) {
  static thread_local std::vector<Bf16> narrow;
  const Tensor wide = x.like();
  narrow.resize(static_cast<size_t>(x.numel()));
  device::narrow(x.data<float>(), x.numel(), narrow.data());
  device::widen(narrow.data(), x.numel(), wide.data<float>());
  return wide;
}
}  // namespace

namespace {
void quantised_linear(const Tensor& x, std::span<const EvaluatedLayer> layers) {
  std::vector<Finish<float>> finish;
  std::vector<device::PanelsProduct> products;
  for (const EvaluatedLayer& layer : layers) finish.push_back({layer});
  for (const Finish<float>& f : finish) {
    const QuantisedMatrix& w = f.layer.quantised;
    products.push_back({{w.type, w.out, w.in, w.panels.raw()}, f.layer.y.data<float>(), f.epilogue()});
  }
  device::gemm(x.data<float>(), x.dim(0), products);
}
}  // namespace

// A row of x is rounded as it meets a bf16 weight where many rows would be, on bf16 products: a word has one meaning in a prompt and behind it.
void linear_evaluated(const Tensor& x, std::span<const EvaluatedLayer> layers) {
  constexpr int64_t kFew = 64;
  if (layers.front().quantised.defined()) return quantised_linear(x, layers);
  const bool few = x.dim(0) <= kFew, rounds = is_narrow(layers.front().w) && !is_narrow(x) && device::has_bf16_products();
  if (rounds && !few) {
    std::vector<Finish<float>> finish;
    std::vector<device::RoundedGemm> products;
    for (const EvaluatedLayer& layer : layers) finish.push_back({layer});
    for (const Finish<float>& f : finish) products.push_back({gemm_of<float, Bf16>(x, f.layer.w, f.layer.y), f.epilogue()});
    return device::gemm_rounded(products);
  }
  const Tensor seen = rounds ? rounded(x) : x;
  visit_float("linear", x.dtype(), [&]<class T>(T) {
    for (const EvaluatedLayer& layer : layers) {
      const Finish<T> finish{layer};
      with_product<T>(seen, layer, [&](const auto& g) { few ? device::gemm_rows(g, finish.epilogue()) : device::gemm(g, finish.epilogue()); });
    }
  });
}

namespace {
// Rows [m0, m1) of bf16 numbers, widened for the kernel.
struct WideRows {
  std::vector<float> dy, kept;
  void run(RowsBackward<float> kernel, Activation activation, const Tensor& from, const Tensor& saved, const Tensor& dz, int64_t m0, int64_t m1, float* sums) {
    const int64_t N = from.shape()[1], at = m0 * N, n = (m1 - m0) * N;
    dy.resize(static_cast<size_t>(n));
    kept.resize(static_cast<size_t>(saved.defined() ? n : 0));
    device::widen(from.data<Bf16>() + at, n, dy.data());
    if (saved.defined()) device::widen(saved.data<Bf16>() + at, n, kept.data());
    kernel({activation, dy.data(), saved.defined() ? kept.data() : nullptr, dy.data(), N}, 0, m1 - m0, sums);
    if (saved.defined()) device::narrow(dy.data(), n, dz.data<Bf16>() + at);
  }
};
}  // namespace

void bias_activation_backward(Activation activation, const Tensor& dy, const Tensor& kept, const Tensor& dz, const Tensor& dbias, float beta) {
  const int64_t M = dy.dim(0), N = dy.dim(1);
  if (dy.dtype() == Dtype::bf16)
    return in_row_blocks<float>(M, N, data_or_null<float>(dbias), beta, [&, run = table().backward.of<float>()](int64_t m0, int64_t m1, float* sums) {
      static thread_local WideRows rows;
      rows.run(run, activation, dy, kept, dz, m0, m1, sums);
    });
  visit_float("linear", dy.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const BiasActivationBackward<T> p{activation, dy.data<T>(), data_or_null<T>(kept), dz.data<T>(), N};
    in_row_blocks<T>(M, N, data_or_null<T>(dbias), static_cast<T>(beta),
                     [&, run = table().backward.of<T>()](int64_t m0, int64_t m1, T* sums) { run(p, m0, m1, sums); });
  });
}

void product(const Tensor& a, const Tensor& b, const Tensor& c, float beta) {
  if (a.dtype() == Dtype::bf16) {
    device::Gemm<Bf16> g = gemm_of<Bf16>(a, b, c);
    const auto round = [&](const device::Tile<float>& tile) {
      if (beta != 0) add_to_tile(tile, c);
      device::round_tile(tile, c.data<Bf16>(), c.shape()[1]);
    };
    if (g.c) g.beta = beta;
    return device::gemm(g, g.c ? device::Epilogue<float>{} : device::epilogue_of<float>(round));
  }
  visit_float("linear", c.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const auto run = [&](auto g) {
      g.beta = static_cast<T>(beta);
      device::gemm(g);
    };
    if constexpr (std::is_same_v<T, float>)
      if (b.dtype() == Dtype::bf16) return run(gemm_of<T, Bf16>(a, b, c));
    run(gemm_of<T>(a, b, c));
  });
}

}  // namespace grim::cpu
#endif
