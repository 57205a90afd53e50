#include "grimoire/tensor/tensor.h"

#include <cstring>

#include "grimoire/device/memory.h"
#include "grimoire/tensor/copy.h"

namespace grim {

Storage::Storage(size_t bytes, Device device) : data_(static_cast<char*>(device::allocate(bytes))), bytes_(bytes), device_(device) {}
Storage::~Storage() { device::release(data_, bytes_); }
void* Storage::operator new(size_t bytes) { return device::allocate(bytes); }
void Storage::operator delete(void* p, size_t bytes) { device::release(p, bytes); }
void* Tensor::Impl::operator new(size_t bytes) { return device::allocate(bytes); }
void Tensor::Impl::operator delete(void* p, size_t bytes) { device::release(p, bytes); }

namespace {
bool is_contiguous(const Shape& shape, const Shape& strides) {
  int64_t step = 1;
  for (int i = shape.ndim() - 1; i >= 0; --i) {
    if (shape[i] == 1) continue;
    if (strides[i] != step) return shape.numel() == 0;
    step *= shape[i];
  }
  return true;
}
}  // namespace

void Tensor::throw_undefined() {
  fail(ErrorKind::state, "tensor", "undefined: got a tensor that owns nothing, expected one with numbers",
       "a default Tensor is undefined until one is assigned to it, a gradient until backward() has run");
}

Tensor Tensor::view_of(Ref<Storage> storage, int64_t offset, const Shape& shape, const Shape& strides, Dtype dtype) {
  Tensor t;
  t.impl_ = Ref<Impl>(new Impl);
  t.impl_->storage = std::move(storage);
  t.impl_->offset = offset;
  t.impl_->shape = shape;
  t.impl_->strides = strides;
  t.impl_->numel = shape.numel();
  t.impl_->dtype = dtype;
  t.impl_->contiguous = is_contiguous(shape, strides);
  return t;
}

namespace {
Ref<Storage> storage_for(const Shape& shape, Dtype dtype, Device device) {
  int64_t bytes = size_of(dtype);
  for (int64_t d : shape) {
    GRIM_CHECK(d >= 0, shape, "tensor", "negative size: got {}", shape);
    GRIM_CHECK(!__builtin_mul_overflow(bytes, d, &bytes), shape, "tensor", "too many elements: got {}", shape);
  }
  return Ref<Storage>(new Storage(static_cast<size_t>(bytes), device));
}
}  // namespace

Tensor Tensor::empty(const Shape& shape, Dtype dtype) {
  return view_of(storage_for(shape, dtype, Device::cpu), 0, shape, contiguous_strides(shape), dtype);
}

Tensor Tensor::like(const Shape& shape, Dtype dtype) const {
  return view_of(storage_for(shape, dtype, device()), 0, shape, contiguous_strides(shape), dtype);
}

Tensor Tensor::zeros(const Shape& shape, Dtype dtype) {
  Tensor t = empty(shape, dtype);
  std::memset(t.raw(), 0, static_cast<size_t>(t.numel() * size_of(dtype)));
  return t;
}

Tensor Tensor::full(const Shape& shape, double value, Dtype dtype) {
  Tensor t = empty(shape, dtype);
  fill(t, value);
  return t;
}

Tensor Tensor::ones(const Shape& shape, Dtype dtype) { return full(shape, 1.0, dtype); }
Tensor Tensor::scalar(double value, Dtype dtype) { return full({}, value, dtype); }

Tensor Tensor::arange(int64_t n, Dtype dtype) {
  Tensor t = empty({n}, Dtype::i64);
  for (int64_t i = 0; i < n; ++i) t.data<int64_t>()[i] = i;
  return cast(t, dtype);
}

template <class T> Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  Tensor t = empty(shape, dtype_of<T>);
  GRIM_CHECK(static_cast<int64_t>(values.size()) == t.numel(), shape, "tensor", "got {} values, expected {} for {}",
             values.size(), t.numel(), shape);
  T* out = t.data<T>();
  for (const T& v : values) *out++ = v;
  return t;
}
template Tensor Tensor::from(std::span<const float>, const Shape&);
template Tensor Tensor::from(std::span<const double>, const Shape&);
template Tensor Tensor::from(std::span<const int64_t>, const Shape&);
template Tensor Tensor::from(std::span<const int32_t>, const Shape&);
template Tensor Tensor::from(std::span<const uint8_t>, const Shape&);
template Tensor Tensor::from(std::span<const bool>, const Shape&);

double Tensor::item() const {
  GRIM_CHECK(numel() == 1, shape, "item", "expected one element, got {}", shape());
  return visit(dtype(), [&](auto zero) -> double {
    using T = decltype(zero);
    if constexpr (std::is_same_v<T, Bf16>) return static_cast<float>(*data<T>());
    else return static_cast<double>(*data<T>());
  });
}

double Tensor::at(std::initializer_list<int64_t> index) const {
  GRIM_CHECK(static_cast<int>(index.size()) == ndim(), shape, "at", "got {} indices, expected {}", index.size(), ndim());
  int64_t at = offset();
  int axis = 0;
  for (int64_t i : index) {
    const int64_t n = shape()[axis];
    GRIM_CHECK(i >= -n && i < n, argument, "at", "index {} outside axis {} of {}", i, axis, shape());
    at += (i < 0 ? i + n : i) * strides()[axis++];
  }
  return view_of(storage(), at, {}, {}, dtype()).item();
}

template <class T> std::vector<T> Tensor::to_vector() const {
  const Tensor dense = cast(grim::contiguous(*this), dtype_of<T>);
  const T* p = dense.data<T>();
  return std::vector<T>(p, p + dense.numel());
}
template std::vector<float> Tensor::to_vector() const;
template std::vector<double> Tensor::to_vector() const;
template std::vector<int64_t> Tensor::to_vector() const;
template std::vector<int32_t> Tensor::to_vector() const;
template std::vector<uint8_t> Tensor::to_vector() const;

void Tensor::rebind(const Tensor& other) const {
  GRIM_CHECK(other.shape() == shape(), shape, "rebind", "got {}, expected {}", other.shape(), shape());
  impl_->storage = other.storage();
  impl_->offset = other.impl_->offset;
  impl_->strides = other.impl_->strides;
  impl_->dtype = other.impl_->dtype;
  impl_->contiguous = other.impl_->contiguous;
}

}  // namespace grim
