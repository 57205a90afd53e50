#include "grimoire/op/embedding.h"

#include "grimoire/autograd/tape.h"
#include "grimoire/op/embedding_cpu.h"
#include "grimoire/op/index_check.h"
#include "grimoire/op/long_sum.h"
#include "grimoire/op/run.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {
constexpr int64_t kLong = 1 << 18;  // ids of one batch: beyond every published recipe, whose sums keep their bits
}

Tensor embedding(const Tensor& weight, const Tensor& ids_any, Dtype dtype) {
  GRIM_CHECK(weight.ndim() == 2, shape, "embedding", "weight: got {}, expected (V, C)", weight.shape());
  const int64_t V = weight.dim(0), C = weight.dim(1);
  const Tensor w = saved(contiguous(weight)), ids = contiguous(ids_any);
  Shape shape = ids.shape();
  shape.push_back(C);
  GRIM_CHECK(dtype == weight.dtype() || (dtype == Dtype::f32 && is_narrow(weight)), dtype, "embedding",
             "got a weight of {} for rows of {}, expected one dtype, or bf16 for f32", name_of(weight.dtype()), name_of(dtype));
  check_places("embedding", "id", ids, V);
  const Tensor y = weight.like(shape, dtype);
  GRIM_RUN(embedding, w, ids, y);
  return record(y, {weight}, [ids](const Tensor& dy_any, Grads dx) {
    const Tensor dy = contiguous(cast(dy_any, computed_in(dy_any.dtype())));
    dx.scatter(0, [&](const Tensor& dweight) {
      add_in_blocks(dweight, dweight.dim(0), ids.numel(), kLong, [&](const Tensor& sums, int64_t begin, int64_t end) {
        GRIM_RUN(add_embedding_gradient, dy, ids, begin, end, sums);
      });
    });
  });
}

}  // namespace grim
