#include "grimoire/io/tensor_source.h"

#include <algorithm>
#include <cmath>
#include <vector>

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

// What has no place in an f16, as element or as scale of a block, would come back as infinite or as nonsense: `n` numbers, and what became of them.
void check_kept(const std::string& name, const float* x, const char* bytes, int64_t n, const StoredType& type) {
  std::vector<float> back(static_cast<size_t>(n));
  type.decode(bytes, back.data(), n);
  for (int64_t i = 0; i < n; ++i)
    GRIM_CHECK(std::isfinite(back[static_cast<size_t>(i)]) || (type.block == 1 && !std::isfinite(x[i])), argument, "tensors", "tensor '{}': {} does not fit {}",
               name, x[i], type.name);
}

// A block has no way to say that a number is none.
void check_finite(const std::string& name, const float* x, int64_t n, const StoredType& type) {
  if (type.block == 1) return;
  const float* const odd = std::find_if_not(x, x + n, [](float v) { return std::isfinite(v); });
  if (odd != x + n) fail(ErrorKind::argument, "tensors", str("tensor '{}': {} does not fit {}", name, *odd, type.name));
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
  const int64_t step = 2048 * type.block;
  std::string piece;
  for (int64_t done = 0; done < x.numel(); done += step) {
    const int64_t n = std::min(step, x.numel() - done);
    piece.resize(static_cast<size_t>(n / type.block * type.bytes));
    check_finite(source.name, x.data<float>() + done, n, type);
    type.encode(x.data<float>() + done, piece.data(), n);
    if (type.decode) check_kept(source.name, x.data<float>() + done, piece.data(), n, type);
    out.write(piece);
  }
}

}  // namespace grim
