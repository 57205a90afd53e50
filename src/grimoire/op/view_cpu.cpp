#include "grimoire/op/view_cpu.h"

#include "grimoire/tensor/walk.h"

namespace grim::cpu {

void add_repeated(const Tensor& dst, const Tensor& src) {
  visit_float("expand", dst.dtype(), [&](auto zero) {
    using T = decltype(zero);
    T* const to = dst.data<T>();
    const T* const from = src.data<T>();
    const Walk<2> walk(dst.shape(), {dst.strides(), src.strides()});
    walk.run([&](const std::array<int64_t, 2>& at) {
      for (int64_t i = 0; i < walk.row_length; ++i) to[at[0] + i * walk.row_strides[0]] += from[at[1] + i * walk.row_strides[1]];
    });
  });
}

}  // namespace grim::cpu
