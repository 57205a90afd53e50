#include "grimoire/op/arrange_cpu.h"

#include <algorithm>
#include <cstring>

#include "grimoire/device/threads.h"

namespace grim::cpu {

void triangle(Triangle which, int64_t diagonal, const Tensor& x, const Tensor& y) {
  const int64_t M = x.dim(-2), N = x.dim(-1), size = size_of(x.dtype());
  const auto bytes = [size](int64_t n) { return static_cast<size_t>(n * size); };
  const int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(N, 1));
  device::parallel_for(x.numel() / std::max<int64_t>(N, 1), grain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t i = row % M;
      const int64_t first = which == Triangle::lower ? 0 : std::clamp<int64_t>(i + diagonal, 0, N);
      const int64_t last = which == Triangle::lower ? std::clamp<int64_t>(i + diagonal + 1, 0, N) : N;
      char* const to = y.raw() + bytes(row * N);
      std::memset(to, 0, bytes(first));
      std::memcpy(to + bytes(first), x.raw() + bytes(row * N + first), bytes(last - first));
      std::memset(to + bytes(last), 0, bytes(N - last));
    }
  });
}

}  // namespace grim::cpu
