// The output layer and its loss, chunk by chunk: the logits of a chunk become their own gradient, which goes into the
// gradients of x and W while it is in cache. Peak memory is one chunk of logits instead of two times (N, V).
#include "grimoire/op/linear_cross_entropy.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/bf16.h"
#include "grimoire/device/bf16_product.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/cross_entropy_kernel.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/target_rows.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr int64_t kChunkElements = int64_t{1} << 24;  // 64 MiB of f32: few enough sweeps over W
constexpr int64_t kBf16ChunkElements = 2 * kChunkElements;  // whose products are faster, so that a sweep weighs more
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
        const cpu::LogitRows<Sum> in{1, head.V, logits, head.targets + begin + i, -1, head.smoothing};
        cpu::cross_entropy_forward(in, lse.data<Sum>() + i, loss.data() + i);
        if (!wants) continue;
        cpu::cross_entropy_backward(in, lse.data<Sum>() + i, &scale, 0, logits);
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

// The rows of x at `places`, and back: the other rows become 0.
Tensor gather_rows(const Tensor& x, const std::vector<int64_t>& places) {
  const int64_t row_bytes = x.dim(1) * size_of(x.dtype());
  const Tensor y = x.like({static_cast<int64_t>(places.size()), x.dim(1)});
  for (size_t i = 0; i < places.size(); ++i)
    std::memcpy(y.raw() + static_cast<int64_t>(i) * row_bytes, x.raw() + places[i] * row_bytes,
                static_cast<size_t>(row_bytes));
  return y;
}
Tensor scatter_rows(const Tensor& y, const std::vector<int64_t>& places, int64_t N) {
  const int64_t row_bytes = y.dim(1) * size_of(y.dtype());
  const Tensor x = Tensor::zeros({N, y.dim(1)}, y.dtype());
  for (size_t i = 0; i < places.size(); ++i)
    std::memcpy(x.raw() + places[i] * row_bytes, y.raw() + static_cast<int64_t>(i) * row_bytes,
                static_cast<size_t>(row_bytes));
  return x;
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
  std::vector<int64_t> places, targets;
  for (int64_t r = 0; r < N; ++r)
    if (all.data()[r] != o.ignore_index) places.push_back(r), targets.push_back(all.data()[r]);
  const bool packed = all.counted < N;
  const bool wants_dx = grad_enabled() && tracked(x_any), wants_dw = grad_enabled() && tracked(weight_any);
  const bool rounds = is_narrow(weight) && !wants_dx && !wants_dw && device::has_bf16_products();  // as in linear
  const Tensor counted = packed ? gather_rows(contiguous(x_any), places) : contiguous(x_any), x = rounds ? cast(counted, Dtype::bf16) : counted;
  Tensor dx = wants_dx ? x.like() : Tensor();
  Tensor dw = wants_dw ? x.like(weight.shape(), computed_in(x.dtype())) : Tensor();
  const auto run_with = [&]<class T, class W>(const T* from, const W* w) {
    using Sum = typename Head<T, W>::Sum;
    return run(Head<T, W>{layout, all.counted, x.dim(1), V, from, w, targets.data(), o.label_smoothing, all.scale(o.reduction),
                          wants_dx ? dx.data<T>() : nullptr, wants_dw ? dw.data<Sum>() : nullptr});
  };
  const double loss = is_narrow(x)        ? run_with(x.data<Bf16>(), weight.data<Bf16>())
                      : is_narrow(weight) ? run_with(x.data<float>(), weight.data<Bf16>())
                      : visit_float("linear_cross_entropy", x.dtype(), [&]<class T>(T) { return run_with(x.data<T>(), weight.data<T>()); });
  if (wants_dx && packed) dx = scatter_rows(dx, places, N);
  return record(Tensor::scalar(loss, computed_in(x.dtype())), {x_any, weight_any},
                [dx0 = std::move(dx), dw = std::move(dw)](const Tensor& dy, Grads dx) mutable {
                  const double by = dy.item();
                  if (dx.wants(0)) dx.add(0, scaled(std::move(dx0), by));
                  if (dx.wants(1)) dx.add(1, scaled(std::move(dw), by));
                });
}

}  // namespace grim
