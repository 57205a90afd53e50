#include "grimoire/op/quantised.h"

#include "grimoire/base/error.h"
#include "grimoire/op/index_check.h"
#include "grimoire/op/quantised_cpu.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

QuantisedMatrix room_for(BlockType type, int64_t out, int64_t in) {
  GRIM_CHECK(in % device::kBlock == 0, shape, "quantised", "rows of {} do not fill whole blocks of {}", in, device::kBlock);
  return {type, in, out, Tensor::empty({device::panels_bytes(type, out, in)}, Dtype::u8)};
}

}  // namespace

QuantisedMatrix quantised(const Tensor& w, BlockType type) {
  GRIM_CHECK(w.ndim() == 2 && is_float(w.dtype()), shape, "quantised", "got {} {}, expected a matrix (out, in) of floats", name_of(w.dtype()), w.shape());
  const QuantisedMatrix made = room_for(type, w.dim(0), w.dim(1));
  GRIM_RUN(encode, contiguous(cast(w, Dtype::f32)), made);
  return made;
}

QuantisedMatrix quantised(const Tensor& blocks, BlockType type, int64_t out, int64_t in) {
  const QuantisedMatrix made = room_for(type, out, in);
  const int64_t bytes = out * (in / device::kBlock) * device::block_bytes(type);
  GRIM_CHECK(blocks.dtype() == Dtype::u8 && blocks.numel() == bytes && blocks.contiguous(), shape, "quantised",
             "blocks of ({}, {}): got {} {}, expected {} bytes, dense", out, in, name_of(blocks.dtype()), blocks.shape(), bytes);
  GRIM_RUN(lay, blocks, made);
  return made;
}

Tensor dense(const QuantisedMatrix& w, Dtype dtype) {
  const Tensor y = Tensor::empty({w.in, w.out}, dtype);
  GRIM_RUN(unpack, w, y);
  return y;
}

Tensor quantised_rows(const QuantisedMatrix& w, const Tensor& ids_any, Dtype dtype) {
  const Tensor ids = contiguous(ids_any);
  check_places("embedding", "id", ids, w.out);
  Shape shape = ids.shape();
  shape.push_back(w.in);
  const Tensor y = Tensor::empty({ids.numel(), w.in}, Dtype::f32);
  GRIM_RUN(unpack_rows, w, ids, y);
  return cast(view::try_reshape(y, shape), dtype);
}

}  // namespace grim
