#include "grimoire/op/quantised_cpu.h"

#include <algorithm>

#include "grimoire/device/threads.h"

namespace grim::cpu {

void encode(const Tensor& dense, const QuantisedMatrix& w) {
  device::encode_panels(w.type, dense.data<float>(), w.out, w.in, w.panels.raw());
}

void lay(const Tensor& blocks, const QuantisedMatrix& w) { device::lay_panels(w.type, blocks.raw(), w.out, w.in, w.panels.raw()); }

void unpack(const QuantisedMatrix& w, const Tensor& y) {
  const device::Panels panels{w.type, w.out, w.in, w.panels.raw()};
  if (y.dtype() == Dtype::bf16) device::unpack_panels(panels, y.data<Bf16>());
  else device::unpack_panels(panels, y.data<float>());
}

void unpack_rows(const QuantisedMatrix& w, const Tensor& ids, const Tensor& y) {
  const device::Panels panels{w.type, w.out, w.in, w.panels.raw()};
  device::parallel_for(y.dim(0), std::max<int64_t>(1, 16384 / std::max<int64_t>(w.in, 1)), [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      device::unpack_column(panels, ids.dtype() == Dtype::i32 ? ids.data<int32_t>()[i] : ids.data<int64_t>()[i], y.data<float>() + i * w.in);
  });
}

}  // namespace grim::cpu
