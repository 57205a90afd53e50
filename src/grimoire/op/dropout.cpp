#include "grimoire/op/dropout.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/dropout_cpu.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

void check(const char* op, double p) {
  GRIM_CHECK(p >= 0 && p < 1, argument, op, "probability: got {}, expected 0 to 1", p);
}

// y = x masked, plus residual when given.
Tensor masked(const char* op, const Tensor& x_any, const Tensor& residual_any, double p, const DropoutKey& key) {
  if (!is_narrow(x_any)) check_float(op, x_any.dtype());
  const Tensor x = contiguous(x_any), residual = residual_any.defined() ? contiguous(residual_any) : Tensor();
  const Tensor y = x.like();
  GRIM_RUN(dropout, x, residual, p, key, y);
  return y;
}

}  // namespace

// y = m x with m 0 or 1 / (1 - p):  dx = m dy, with the same key.
Tensor dropout(const Tensor& x, double p, const DropoutKey& key) {
  check("dropout", p);
  if (p == 0) return x;
  return record(masked("dropout", x, {}, p, key), {x}, [p, key](const Tensor& dy, Grads dx) {
    dx.add(0, masked("dropout", dy, {}, p, key));
  });
}

Tensor dropout_add(const Tensor& x, const Tensor& residual, double p, const DropoutKey& key) {
  check("dropout_add", p);
  GRIM_CHECK(x.shape() == residual.shape() && x.dtype() == residual.dtype(), shape, "dropout_add", "got {} {} and {} {}",
             name_of(x.dtype()), x.shape(), name_of(residual.dtype()), residual.shape());
  return record(masked("dropout_add", x, residual, p, key), {x, residual}, [p, key](const Tensor& dy, Grads dx) {
    if (dx.wants(0)) dx.add(0, p > 0 ? masked("dropout_add", dy, {}, p, key) : dy);
    dx.add(1, dy);
  });
}

}  // namespace grim
