#include "grimoire/op/matmul.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/matmul_cpu.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"

namespace grim {
namespace {

Shape batch_shape(const Tensor& x) {
  Shape s = x.shape();
  s.erase(s.ndim() - 1);
  s.erase(s.ndim() - 1);
  return s;
}

// (..., M, K) with dense rows times one (K, N): a single tall product.
bool folds(const Tensor& a, const Tensor& b) { return b.ndim() == 2 && a.ndim() > 2 && a.contiguous(); }
Tensor fold(const Tensor& x) { return view::try_reshape(x, {-1, x.dim(-1)}); }

}  // namespace

// y = a b:  da = dy b', db = a' dy, each summed over the batch axes in which that operand repeats.
Tensor matmul(const Tensor& a, const Tensor& b) {
  GRIM_CHECK(a.ndim() >= 2 && b.ndim() >= 2 && a.dim(-1) == b.dim(-2), shape, "matmul",
             "inner sizes differ: got {} times {}, expected (..., M, K) times (..., K, N)", a.shape(), b.shape());
  if (is_narrow(a) || is_narrow(b)) return narrowed(matmul(widened(a), widened(b)));
  GRIM_CHECK(a.dtype() == b.dtype(), dtype, "matmul", "dtypes differ: got {} times {}", name_of(a.dtype()), name_of(b.dtype()));
  const Shape batch = broadcast_shapes("matmul", batch_shape(a), batch_shape(b));
  Shape shape = batch;
  shape.push_back(a.dim(-2));
  shape.push_back(b.dim(-1));
  check_float("matmul", a.dtype());
  const Tensor y = a.like(shape);
  if (folds(a, b)) GRIM_RUN(matmul, fold(a), b, fold(y), Shape{}, 0.0f);
  else GRIM_RUN(matmul, a, b, y, batch, 0.0f);
  return record(y, {a, b}, [a = saved(a), b = saved(b), batch](const Tensor& dy_any, Grads dx) {
    const Tensor dy = contiguous(dy_any);
    const auto into = [&](int input, const Tensor& x, const Tensor& left, const Tensor& right) {
      const bool repeats = !(batch_shape(x) == batch);
      if (repeats) dx.scatter(input, [&](const Tensor& d) { GRIM_RUN(matmul, left, right, d, batch, 1.0f); });
      else dx.write(input, [&](const Tensor& d, float beta) { GRIM_RUN(matmul, left, right, d, batch, beta); });
    };
    if (folds(a, b)) {
      dx.write(0, [&](const Tensor& da, float beta) { GRIM_RUN(matmul, fold(dy), view::transpose(b, 0, 1), fold(da), Shape{}, beta); });
      dx.write(1, [&](const Tensor& db, float beta) { GRIM_RUN(matmul, view::transpose(fold(a), 0, 1), fold(dy), db, Shape{}, beta); });
      return;
    }
    into(0, a, dy, view::transpose(b, -1, -2));
    into(1, b, view::transpose(a, -1, -2), dy);
  });
}

}  // namespace grim
