// Tensor: a strided view of a block of memory. Copying a Tensor copies the handle, not the numbers.
// This room knows nothing of gradients: operations that are recorded live in op/, and give these same views a backward.
#pragma once

#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "grimoire/base/dtype.h"
#include "grimoire/base/error.h"
#include "grimoire/base/shape.h"
#include "grimoire/tensor/ref.h"

namespace grim {

enum class Device : uint8_t { cpu };  // where numbers lie, and where ops on them run

class Storage : public Counted {
 public:
  explicit Storage(size_t bytes, Device device = Device::cpu);  // uninitialised, from the pool
  ~Storage() override;
  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  Device device() const { return device_; }
  static void* operator new(size_t bytes);
  static void operator delete(void* p, size_t bytes);

 private:
  char* data_;
  size_t bytes_;
  Device device_;
};

class Tensor {
 public:
  Tensor() = default;  // undefined: owns nothing; every question but defined() and same() throws: state

  static Tensor empty(const Shape& shape, Dtype dtype = Dtype::f32);  // uninitialised
  static Tensor zeros(const Shape& shape, Dtype dtype = Dtype::f32);
  static Tensor ones(const Shape& shape, Dtype dtype = Dtype::f32);
  static Tensor full(const Shape& shape, double value, Dtype dtype = Dtype::f32);
  static Tensor scalar(double value, Dtype dtype = Dtype::f32);     // 0-d
  static Tensor arange(int64_t n, Dtype dtype = Dtype::i64);        // 0, 1, ... n-1
  template <class T> static Tensor from(std::span<const T> values, const Shape& shape);
  template <class T> static Tensor from(const std::vector<T>& values, const Shape& shape) {
    return from(std::span<const T>(values), shape);
  }
  template <class T> static Tensor from(std::initializer_list<T> values, const Shape& shape) {
    return from(std::span<const T>(values.begin(), values.size()), shape);
  }
  // Uninitialised, where this one lies; of its dtype and its shape unless another is given.
  Tensor like() const { return like(shape(), dtype()); }
  Tensor like(const Shape& shape) const { return like(shape, dtype()); }
  Tensor like(const Shape& shape, Dtype dtype) const;
  // A window on storage that exists already; strides in elements. No bounds are checked here.
  static Tensor view_of(Ref<Storage> storage, int64_t offset, const Shape& shape, const Shape& strides, Dtype dtype);

  bool defined() const { return static_cast<bool>(impl_); }
  const Shape& shape() const { return impl().shape; }
  const Shape& strides() const { return impl().strides; }
  int ndim() const { return impl().shape.ndim(); }
  int64_t dim(int axis) const { return impl().shape[normalize_axis("dim", axis, ndim())]; }
  int64_t numel() const { return impl().numel; }
  Dtype dtype() const { return impl().dtype; }
  Device device() const { return impl().storage->device(); }
  bool contiguous() const { return impl().contiguous; }
  int64_t offset() const { return impl().offset; }
  const Ref<Storage>& storage() const { return impl().storage; }

  // The first element. Rows follow at strides(); a block is dense only when contiguous().
  template <class T> T* data() const {
    GRIM_CHECK(dtype_of<T> == dtype(), dtype, "data", "got {}, expected {}", name_of(dtype()), name_of(dtype_of<T>));
    return reinterpret_cast<T*>(raw());
  }
  char* raw() const { return impl().storage->data() + impl_->offset * size_of(impl_->dtype); }

  double item() const;                                   // the only element, as a double; to_vector has i64 beyond 2^53 exactly. throws: shape
  double at(std::initializer_list<int64_t> index) const; // one element, slow; negative indices count from the end
  template <class T> std::vector<T> to_vector() const;   // row-major copy, converted to T

  // True when no other handle shares the numbers, so that they may be overwritten.
  bool sole_owner() const { return impl().count() == 1 && impl_->storage->count() == 1; }
  bool same(const Tensor& other) const { return impl_ == other.impl_; }

  // The autograd node, opaque to this room.
  const Ref<Counted>& node() const { return impl().node; }
  void set_node(Ref<Counted> node) const { impl().node = std::move(node); }
  // The same handle object now looks at other numbers (flat parameter buffers, narrower weights); shapes must agree.
  void rebind(const Tensor& other) const;

 private:
  struct Impl : Counted {
    Ref<Storage> storage;
    int64_t offset = 0, numel = 0;
    Shape shape, strides;
    Dtype dtype = Dtype::f32;
    bool contiguous = true;
    Ref<Counted> node;
    static void* operator new(size_t bytes);
    static void operator delete(void* p, size_t bytes);
  };
  Impl& impl() const {
    if (!impl_) [[unlikely]] throw_undefined();
    return *impl_;
  }
  [[noreturn]] static void throw_undefined();
  Ref<Impl> impl_;
};

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

// "tensor([[1, 2],\n        [3, 4]], f32)": four significant digits, long axes cut in the middle.
std::string to_string(const Tensor& t);
std::ostream& operator<<(std::ostream& out, const Tensor& t);

}  // namespace grim
