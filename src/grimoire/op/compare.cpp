// Comparisons and logic, from three relations: a > b is b < a, a != b is not a == b. Declared in op/pointwise.h.
#include <cmath>

#include "grimoire/op/compare_cpu.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

using cpu::Relation;

Tensor compare(const char* name, Relation relation, const Tensor& a, const Tensor& b) {
  GRIM_CHECK(a.dtype() == b.dtype(), dtype, name, "got {} and {}, expected one dtype", name_of(a.dtype()), name_of(b.dtype()));
  if (a.dtype() == Dtype::bf16) return compare(name, relation, cast(a, Dtype::f32), cast(b, Dtype::f32));
  const Tensor y = a.like(broadcast_shapes(name, a.shape(), b.shape()), Dtype::boolean);
  GRIM_RUN(compare, relation, a, b, y);
  return y;
}

enum class Order { eq, lt, le, gt, ge };

Tensor compare(const char* name, Order order, const Tensor& a, const Tensor& b) {
  switch (order) {
    case Order::eq: return compare(name, Relation::eq, a, b);
    case Order::lt: return compare(name, Relation::lt, a, b);
    case Order::le: return compare(name, Relation::le, a, b);
    case Order::gt: return compare(name, Relation::lt, b, a);
    default: return compare(name, Relation::le, b, a);
  }
}

// Whole numbers x beside a real b, exactly: x < b and x >= b ask about ceil(b), x <= b and x > b about floor(b), x == b whether b is
// whole. [low, beyond) are the numbers of the dtype.
Tensor compare_whole(const char* name, Order order, const Tensor& a, double b) {
  const bool is_signed = a.dtype() == Dtype::i32 || a.dtype() == Dtype::i64;
  const int bits = a.dtype() == Dtype::boolean ? 1 : static_cast<int>(8 * size_of(a.dtype())) - is_signed;
  const double beyond = std::ldexp(1.0, bits), low = is_signed ? -beyond : 0;
  const double q = order == Order::lt || order == Order::ge ? std::ceil(b) : std::floor(b);
  if (q >= low && q < beyond && (order != Order::eq || q == b)) return compare(name, order, a, Tensor::scalar(q, a.dtype()));
  const bool all = (q >= beyond && (order == Order::lt || order == Order::le)) || (q < low && (order == Order::gt || order == Order::ge));
  return Tensor::full(a.shape(), all, Dtype::boolean);
}

// The number is rounded to a float tensor's dtype first, so that 0.1f == 0.1 holds.
Tensor compare(const char* name, Order order, const Tensor& a, double b) {
  return is_float(a.dtype()) ? compare(name, order, a, Tensor::scalar(b, a.dtype())) : compare_whole(name, order, a, b);
}

void check_bool(const char* name, const Tensor& x) {
  GRIM_CHECK(x.dtype() == Dtype::boolean, dtype, name, "got {}, expected bool", name_of(x.dtype()));
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) { return compare("eq", Order::eq, a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return logical_not(compare("ne", Order::eq, a, b)); }
Tensor lt(const Tensor& a, const Tensor& b) { return compare("lt", Order::lt, a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return compare("le", Order::le, a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare("gt", Order::gt, a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return compare("ge", Order::ge, a, b); }
Tensor eq(const Tensor& a, double b) { return compare("eq", Order::eq, a, b); }
Tensor ne(const Tensor& a, double b) { return logical_not(compare("ne", Order::eq, a, b)); }
Tensor lt(const Tensor& a, double b) { return compare("lt", Order::lt, a, b); }
Tensor le(const Tensor& a, double b) { return compare("le", Order::le, a, b); }
Tensor gt(const Tensor& a, double b) { return compare("gt", Order::gt, a, b); }
Tensor ge(const Tensor& a, double b) { return compare("ge", Order::ge, a, b); }

Tensor logical_and(const Tensor& a, const Tensor& b) {
  check_bool("logical_and", a);
  check_bool("logical_and", b);
  return where(a, b, a);
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  check_bool("logical_or", a);
  check_bool("logical_or", b);
  return where(a, a, b);
}
Tensor logical_not(const Tensor& a) {
  check_bool("logical_not", a);
  return eq(a, 0.0);
}

}  // namespace grim
