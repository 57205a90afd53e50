// The output layer and its loss, chunk by chunk: the logits of a chunk become their own gradient, which goes into the
// gradients of x and W while it is in cache. Peak memory is one chunk of logits instead of two times (N, V).
#include "grimoire/op/linear_cross_entropy_cpu.h"

#include <algorithm>
#include <type_traits>
#include <vector>

#include "grimoire/device/bf16.h"
#include "grimoire/device/bf16_product.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/cross_entropy_kernel.h"
#include "grimoire/op/kernel_table.h"
#include "grimoire/tensor/copy.h"

namespace grim::cpu {
namespace {

constexpr int64_t kChunkElements = int64_t{1} << 24;  // 64 MiB of f32: few enough sweeps over W
constexpr int64_t kBf16ChunkElements = kChunkElements / 4 * 5;  // whose products are faster, so that a sweep weighs more
constexpr int64_t kGrain = 32768;

// The sizes and numbers of one call; x holds only the rows that count. Of bf16 x the logits and their gradients are f32, and rounded once for the products.
template <class T, class W = T> struct Head {
  using Sum = typename device::Gemm<T, W>::Sum;
  HeadLayout layout;
  int64_t N, C, V;
  const T* x;
  const W* weight;
  const int64_t* targets;
  double smoothing, scale;
  T* dx;    // null where no gradient is wanted
  Sum* dw;  // likewise

  // logits (n, V) = x W^T, in rows `row` apart
  void logits(int64_t begin, int64_t n, Sum* y, int64_t row) const {
    const bool by_rows = layout == HeadLayout::vocabulary_rows;
    device::gemm(device::Gemm<T, W>{.M = n, .N = V, .K = C, .a = x + begin * C, .a_row = C, .b = weight,
                                    .b_row = by_rows ? 1 : V, .b_col = by_rows ? C : 1, .c = y, .c_row = row});
  }
  // dx = g W, g (n, V) in rows `row` apart
  void input_gradient(int64_t begin, int64_t n, const T* g, int64_t row) const {
    const bool by_rows = layout == HeadLayout::vocabulary_rows;
    T* const to = dx + begin * C;
    device::Gemm<T, W> product{.M = n, .N = C, .K = V, .a = g, .a_row = row, .b = weight, .b_row = by_rows ? C : 1, .b_col = by_rows ? 1 : V, .c_row = C};
    if constexpr (std::is_same_v<T, Bf16>) {
      const auto round = [&](const device::Tile<float>& tile) { device::round_tile(tile, to, C); };
      device::gemm(product, device::epilogue_of<float>(round));
    } else {
      product.c = to;
      device::gemm(product);
    }
  }
  // dW = g^T x (V, C), or x^T g (C, V); added up over the chunks
  void weight_gradient(int64_t begin, int64_t n, const T* g, int64_t row) const {
    const Sum beta = begin == 0 ? Sum(0) : Sum(1);
    const T* const rows = x + begin * C;
    if (layout == HeadLayout::vocabulary_rows)
      device::gemm(device::Gemm<T>{.M = V, .N = C, .K = n, .a = g, .a_row = 1, .a_col = row, .b = rows, .b_row = C,
                                   .c = dw, .c_row = C, .beta = beta});
    else
      device::gemm(device::Gemm<T>{.M = C, .N = V, .K = n, .a = rows, .a_row = 1, .a_col = C, .b = g, .b_row = row,
                                   .c = dw, .c_row = V, .beta = beta});
  }
};

template <class T, class W> double run(const Head<T, W>& head) {
  using Sum = typename Head<T, W>::Sum;
  constexpr bool kRounds = std::is_same_v<T, Bf16>;
  const int64_t most = std::max<int64_t>(64, (kRounds ? kBf16ChunkElements : kChunkElements) / head.V / 16 * 16);
  const int64_t pieces = std::max<int64_t>(1, (head.N + most - 1) / most);
  const int64_t rows = std::min(head.N, kRounds ? ((head.N + pieces - 1) / pieces + 15) / 16 * 16 : most);
  const bool wants = head.dx || head.dw;
  const int64_t step = kRounds ? (head.V + 63) / 64 * 64 : head.V;  // rows of whole cache lines: AMX writes those twice as fast
  const Tensor buffer = Tensor::empty({rows, step}, dtype_of<Sum>), lse = Tensor::empty({rows}, dtype_of<Sum>);
  std::vector<double> loss(static_cast<size_t>(rows));
  Sum* const y = buffer.data<Sum>();
  const Sum scale = static_cast<Sum>(head.scale);
  double total = 0;
  if (head.N == 0 && head.dw) std::fill_n(head.dw, head.V * head.C, Sum(0));
  for (int64_t begin = 0; begin < head.N; begin += rows) {
    const int64_t n = std::min(rows, head.N - begin);
    head.logits(begin, n, y, step);
    device::parallel_for(n, std::max<int64_t>(1, kGrain / head.V), [&](int64_t first, int64_t end) {
      for (int64_t i = first; i < end; ++i) {
        Sum* const logits = y + i * step;
        const LogitRows<Sum> in{1, head.V, logits, head.targets + begin + i, -1, head.smoothing};
        cross_entropy_forward(in, lse.data<Sum>() + i, loss.data() + i);
        if (!wants) continue;
        cross_entropy_backward(in, lse.data<Sum>() + i, &scale, 0, logits);
        if constexpr (kRounds) device::narrow(logits, head.V, reinterpret_cast<T*>(logits));  // into the first half of the row
      }
    });
    for (int64_t i = 0; i < n; ++i) total += loss[static_cast<size_t>(i)];
    const T* const g = reinterpret_cast<const T*>(y);
    const int64_t row = kRounds ? 2 * step : step;
    if (head.dx) head.input_gradient(begin, n, g, row);
    if (head.dw) head.weight_gradient(begin, n, g, row);
  }
  return total * head.scale;
}

}  // namespace

double linear_cross_entropy(HeadLayout layout, const Tensor& x, const Tensor& weight, const Tensor& targets, double smoothing, double scale, const Tensor& dx,
                            const Tensor& dw) {
  const int64_t V = weight.dim(layout == HeadLayout::vocabulary_rows ? 0 : 1);
  const auto run_with = [&]<class T, class W>(const T* from, const W* w) {
    using Sum = typename Head<T, W>::Sum;
    return run(Head<T, W>{layout, x.dim(0), x.dim(1), V, from, w, targets.data<int64_t>(), smoothing, scale, data_or_null<T>(dx), data_or_null<Sum>(dw)});
  };
  const bool rounds = is_narrow(weight) && !is_narrow(x) && !dx.defined() && !dw.defined() && device::has_bf16_products();  // as in linear
  if (rounds) {
    const Tensor narrow = cast(x, Dtype::bf16);
    return run_with(narrow.data<Bf16>(), weight.data<Bf16>());
  }
  if (is_narrow(x)) return run_with(x.data<Bf16>(), weight.data<Bf16>());
  if (is_narrow(weight)) return run_with(x.data<float>(), weight.data<Bf16>());
  return visit_float("linear_cross_entropy", x.dtype(), [&]<class T>(T) { return run_with(x.data<T>(), weight.data<T>()); });
}

}  // namespace grim::cpu
