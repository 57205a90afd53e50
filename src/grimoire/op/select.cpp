// Comparisons and logic, simple enough for the compiler's own vectoriser, and choice.
#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/broadcast.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/pointwise_kernel.h"
#include "grimoire/tensor/walk.h"

namespace grim {
namespace {

template <class T> auto comparable(T v) {
  if constexpr (std::is_same_v<T, Bf16>) return static_cast<float>(v);
  else return v;
}

// row(offsets, steps, n) over operands broadcast to y's shape. A long row is cut, so that threads can share it.
template <size_t N, class F> void walk_rows(const Tensor& y, const std::array<Shape, N>& strides, F&& row) {
  const Walk<N> walk(y.shape(), strides);
  const auto& step = walk.row_strides;
  if (walk.rows == 1)
    return device::parallel_for(walk.row_length, cpu::kPointwiseGrain, [&](int64_t begin, int64_t end) {
      std::array<int64_t, N> at;
      for (size_t k = 0; k < N; ++k) at[k] = begin * step[k];
      row(at, step, end - begin);
    });
  const int64_t rows_each = std::max<int64_t>(1, cpu::kPointwiseGrain / std::max<int64_t>(1, walk.row_length));
  device::parallel_for(walk.rows, rows_each, [&](int64_t begin, int64_t end) {
    walk.run(begin, end, [&](const std::array<int64_t, N>& at) { row(at, step, walk.row_length); });
  });
}

template <class Relation> Tensor compare(const char* name, const Tensor& a, const Tensor& b, Relation holds) {
  GRIM_CHECK(a.dtype() == b.dtype(), dtype, name, "got {} and {}, expected one dtype", name_of(a.dtype()),
             name_of(b.dtype()));
  const Tensor y = Tensor::empty(broadcast_shapes(name, a.shape(), b.shape()), Dtype::boolean);
  visit(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *const pa = a.data<T>(), *const pb = b.data<T>();
    bool* const to = y.data<bool>();
    walk_rows<3>(y, {broadcast_strides(a, y.shape()), broadcast_strides(b, y.shape()), y.strides()},
                 [&](const auto& at, const auto& step, int64_t n) {
                   for (int64_t i = 0; i < n; ++i)
                     to[at[2] + i] = holds(comparable(pa[at[0] + i * step[0]]), comparable(pb[at[1] + i * step[1]]));
                 });
  });
  return y;
}

// The number is rounded to a float tensor's dtype first, so that 0.1f == 0.1 holds.
template <class Relation> Tensor compare(const Tensor& a, double number, Relation holds) {
  const Tensor y = Tensor::empty(a.shape(), Dtype::boolean);
  visit(a.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* const from = a.data<T>();
    bool* const to = y.data<bool>();
    const auto b = [&] {
      if constexpr (std::is_integral_v<T>) return number;
      else return comparable(T(number));
    }();
    using Common = std::remove_const_t<decltype(b)>;
    walk_rows<2>(y, {a.strides(), y.strides()}, [&](const auto& at, const auto& step, int64_t n) {
      for (int64_t i = 0; i < n; ++i)
        to[at[1] + i] = holds(static_cast<Common>(comparable(from[at[0] + i * step[0]])), b);
    });
  });
  return y;
}

void check_bool(const char* name, const Tensor& x) {
  GRIM_CHECK(x.dtype() == Dtype::boolean, dtype, name, "got {}, expected bool", name_of(x.dtype()));
}

// An unsigned integer as wide as an element: choosing only moves bits.
template <class F> void visit_width(int64_t bytes, F&& f) {
  switch (bytes) {
    case 8: return f(uint64_t{});
    case 4: return f(uint32_t{});
    case 2: return f(uint16_t{});
    default: return f(uint8_t{});
  }
}

Tensor choose(const char* name, const Tensor& condition, const Tensor& a, const Tensor& b) {
  check_bool(name, condition);
  GRIM_CHECK(a.dtype() == b.dtype(), dtype, name, "got {} and {}, expected one dtype", name_of(a.dtype()),
             name_of(b.dtype()));
  const Shape shape = broadcast_shapes(name, condition.shape(), broadcast_shapes(name, a.shape(), b.shape()));
  const Tensor y = Tensor::empty(shape, a.dtype());
  const auto* const c = reinterpret_cast<const uint8_t*>(condition.data<bool>());
  visit_width(size_of(a.dtype()), [&](auto zero) {
    using U = decltype(zero);
    const auto *const pa = reinterpret_cast<const U*>(a.raw()), *const pb = reinterpret_cast<const U*>(b.raw());
    auto* const to = reinterpret_cast<U*>(y.raw());
    walk_rows<4>(
        y, {broadcast_strides(condition, shape), broadcast_strides(a, shape), broadcast_strides(b, shape), y.strides()},
        [&](const auto& at, const auto& step, int64_t n) {
          if constexpr (sizeof(U) >= 4)
            if (step[0] == 1 && step[1] <= 1 && step[2] <= 1)
              return cpu::select(c + at[0], pa + at[1], step[1], pb + at[2], step[2], to + at[3], n);
          for (int64_t i = 0; i < n; ++i)
            to[at[3] + i] = c[at[0] + i * step[0]] ? pa[at[1] + i * step[1]] : pb[at[2] + i * step[2]];
        });
  });
  return y;
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) { return compare("eq", a, b, std::equal_to<>{}); }
Tensor ne(const Tensor& a, const Tensor& b) { return compare("ne", a, b, std::not_equal_to<>{}); }
Tensor lt(const Tensor& a, const Tensor& b) { return compare("lt", a, b, std::less<>{}); }
Tensor le(const Tensor& a, const Tensor& b) { return compare("le", a, b, std::less_equal<>{}); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare("gt", a, b, std::greater<>{}); }
Tensor ge(const Tensor& a, const Tensor& b) { return compare("ge", a, b, std::greater_equal<>{}); }
Tensor eq(const Tensor& a, double b) { return compare(a, b, std::equal_to<>{}); }
Tensor ne(const Tensor& a, double b) { return compare(a, b, std::not_equal_to<>{}); }
Tensor lt(const Tensor& a, double b) { return compare(a, b, std::less<>{}); }
Tensor le(const Tensor& a, double b) { return compare(a, b, std::less_equal<>{}); }
Tensor gt(const Tensor& a, double b) { return compare(a, b, std::greater<>{}); }
Tensor ge(const Tensor& a, double b) { return compare(a, b, std::greater_equal<>{}); }

Tensor logical_and(const Tensor& a, const Tensor& b) {
  check_bool("logical_and", a);
  return compare("logical_and", a, b, [](bool x, bool y) { return x && y; });
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  check_bool("logical_or", a);
  return compare("logical_or", a, b, [](bool x, bool y) { return x || y; });
}
Tensor logical_not(const Tensor& a) {
  check_bool("logical_not", a);
  return compare(a, 0.0, std::equal_to<>{});
}

// da = dy where the condition holds, db = dy where it does not.
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  return record(choose("where", condition, a, b), {a, b},
                [condition, sa = a.shape(), sb = b.shape()](const Tensor& dy, Grads dx) {
                  const Tensor none = Tensor::zeros({}, dy.dtype());
                  if (dx.wants(0)) dx.add(0, sum_to(choose("where", condition, dy, none), sa));
                  if (dx.wants(1)) dx.add(1, sum_to(choose("where", condition, none, dy), sb));
                });
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, double value) {
  GRIM_CHECK(broadcast_shapes("masked_fill", x.shape(), mask.shape()) == x.shape(), shape, "masked_fill",
             "mask {} does not broadcast to {}", mask.shape(), x.shape());
  return record(choose("masked_fill", mask, Tensor::scalar(value, x.dtype()), x), {x},
                [mask](const Tensor& dy, Grads dx) {
                  dx.add(0, choose("masked_fill", mask, Tensor::zeros({}, dy.dtype()), dy));
                });
}

}  // namespace grim
