#include "grimoire/io/tensor_source.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/tensor/copy.h"

namespace grim {

TensorSource TensorSource::of(std::string name, const Tensor& x) {
  GRIM_CHECK(x.defined(), argument, "tensors", "tensor '{}' is undefined", name);
  const std::string place = x.numel() > 0 ? str("{} {} {} {}", reinterpret_cast<uintptr_t>(x.raw()), x.shape(), x.strides(), name_of(x.dtype())) : "";
  return {std::move(name), x.shape(), x.dtype(), [x] { return x; }, place};
}

std::vector<TensorSource> sources_of(const std::vector<NamedTensor>& tensors) {
  std::vector<TensorSource> sources;
  for (const NamedTensor& t : tensors) sources.push_back(TensorSource::of(t.name, t.tensor));
  return sources;
}

namespace {

// What has no place in an f16, as element or as scale of a block, would come back as infinite or as nonsense.
void check_range(const std::string& name, const Tensor& x, const StoredType& type) {
  if (type.name != "F16" && type.block == 1) return;
  const float scale = type.block == 1 ? 1.f : 127.f;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const float v = std::abs(x.data<float>()[i]);
    const bool stays = std::isfinite(v) ? std::isfinite(half_to_float(float_to_half(v / scale))) : type.block == 1;
    GRIM_CHECK(stays, argument, "tensors", "tensor '{}': {} does not fit {}", name, x.data<float>()[i], type.name);
  }
}

}  // namespace

void write_stored(OutFile& out, const TensorSource& source, const StoredType& type) {
  if (source.stored == &type && source.bytes) return out.write(source.bytes());
  const Tensor read = source.read();
  if (&type == &stored_type_of(read.dtype())) {
    const Tensor dense = contiguous(read);
    return out.write({dense.raw(), static_cast<size_t>(dense.numel() * type.bytes)});
  }
  const Tensor x = contiguous(cast(read, Dtype::f32));
  check_range(source.name, x, type);
  const int64_t step = 2048 * type.block;
  std::string piece;
  for (int64_t done = 0; done < x.numel(); done += step) {
    const int64_t n = std::min(step, x.numel() - done);
    piece.resize(static_cast<size_t>(n / type.block * type.bytes));
    type.encode(x.data<float>() + done, piece.data(), n);
    out.write(piece);
  }
}

}  // namespace grim
