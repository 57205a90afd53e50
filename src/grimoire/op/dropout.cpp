#include "grimoire/op/dropout.h"

#include <cstring>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/wide_block.h"

namespace grim {
namespace {

constexpr int64_t kGrain = 32768;  // elements, a multiple of the mask's 128

void check(const char* op, double p) {
  GRIM_CHECK(p >= 0 && p < 1, argument, op, "probability: got {}, expected 0 to 1", p);
}

// y = x masked, plus residual when given.
Tensor masked(const char* op, const Tensor& x_any, const Tensor& residual_any, double p, const DropoutKey& key) {
  const Tensor x = contiguous(x_any), residual = residual_any.defined() ? contiguous(residual_any) : Tensor();
  const Tensor y = x.like();
  if (is_narrow(x)) {
    for_wide_blocks(x.numel(), [&](int64_t begin, int64_t n) {
      float room[kWideBlock], more[kWideBlock];
      wide_block(x, begin, n, room);
      if (p > 0) cpu::drop_row(key, p, static_cast<uint64_t>(begin), n, room);
      const float* const add = residual.defined() ? wide_block(residual, begin, n, more) : nullptr;
      for (int64_t i = 0; add && i < n; ++i) room[i] += add[i];
      put_block(y, begin, n, room);
    });
    return y;
  }
  visit_float(op, x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = x.data<T>();
    const T* const add = residual.defined() ? residual.data<T>() : nullptr;
    T* const to = y.data<T>();
    device::parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
      if (p > 0) {
        std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin) * sizeof(T));
        cpu::drop_row(key, p, static_cast<uint64_t>(begin), end - begin, to + begin);
        for (int64_t i = begin; add && i < end; ++i) to[i] += add[i];
      } else {
        for (int64_t i = begin; i < end; ++i) to[i] = from[i] + add[i];
      }
    });
  });
  return y;
}

}  // namespace

// y = m x with m 0 or 1 / (1 - p):  dx = m dy, with the same key.
Tensor dropout(const Tensor& x, double p, const DropoutKey& key) {
  check("dropout", p);
  if (p == 0) return x;
  return record(masked("dropout", x, {}, p, key), {x}, [p, key](const Tensor& dy, Grads dx) {
    dx.add(0, masked("dropout", dy, {}, p, key));
  });
}

Tensor dropout_add(const Tensor& x, const Tensor& residual, double p, const DropoutKey& key) {
  check("dropout_add", p);
  GRIM_CHECK(x.shape() == residual.shape() && x.dtype() == residual.dtype(), shape, "dropout_add", "got {} {} and {} {}",
             name_of(x.dtype()), x.shape(), name_of(residual.dtype()), residual.shape());
  return record(masked("dropout_add", x, residual, p, key), {x, residual}, [p, key](const Tensor& dy, Grads dx) {
    if (dx.wants(0)) dx.add(0, p > 0 ? masked("dropout_add", dy, {}, p, key) : dy);
    dx.add(1, dy);
  });
}

}  // namespace grim
