#include "grimoire/tensor/random.h"

#include "grimoire/device/threads.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

constexpr int64_t kGrain = 4096;  // elements; a multiple of four, about 50 us of normals

// fill(rng, part) over the whole tensor; words is how many 32-bit words an element takes. Pieces of a philox block are
// independent, so each starts from its own place in the stream.
template <class T, class Fill> void fill_block(const Tensor& x, Rng& rng, int64_t words, Fill fill) {
  const std::span<T> all(x.data<T>(), static_cast<size_t>(x.numel()));
  if (rng.mode() == RngMode::torch) return fill(rng, all);
  rng.align();
  device::parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    Rng part = rng;
    part.discard(static_cast<uint64_t>(begin * words));
    fill(part, all.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)));
  });
  rng.discard(static_cast<uint64_t>(x.numel() * words));
  rng.align();
}

template <class Fill> Tensor filled(const char* op, const Shape& shape, Rng& rng, Dtype dtype, Fill fill) {
  GRIM_CHECK(is_float(dtype), dtype, op, "dtype not supported: got {}, expected f32, f64 or bf16", name_of(dtype));
  if (rng.mode() == RngMode::unset) return Tensor::empty(shape, dtype);
  if (dtype == Dtype::bf16) return cast(filled(op, shape, rng, Dtype::f32, fill), dtype);
  const Tensor x = Tensor::empty(shape, dtype);
  if (dtype == Dtype::f32) fill_block<float>(x, rng, 1, fill);
  else fill_block<double>(x, rng, 2, fill);
  return x;
}

}  // namespace

Tensor uniform(const Shape& shape, double low, double high, Rng& rng, Dtype dtype) {
  GRIM_CHECK(low <= high, argument, "uniform", "empty range: got [{}, {})", low, high);
  return filled("uniform", shape, rng, dtype, [=]<class T>(Rng& r, std::span<T> part) {
    r.fill_uniform(part, static_cast<T>(low), static_cast<T>(high));
  });
}

Tensor normal(const Shape& shape, double mean, double deviation, Rng& rng, Dtype dtype) {
  GRIM_CHECK(deviation >= 0, argument, "normal", "deviation: got {}, expected 0 or more", deviation);
  return filled("normal", shape, rng, dtype, [=]<class T>(Rng& r, std::span<T> part) {
    r.fill_normal(part, static_cast<T>(mean), static_cast<T>(deviation));
  });
}

Tensor rand(const Shape& shape, Rng& rng, Dtype dtype) { return uniform(shape, 0, 1, rng, dtype); }
Tensor randn(const Shape& shape, Rng& rng, Dtype dtype) { return normal(shape, 0, 1, rng, dtype); }

Tensor randint(int64_t low, int64_t high, const Shape& shape, Rng& rng) {
  const Tensor x = Tensor::empty(shape, Dtype::i64);
  int64_t* const p = x.data<int64_t>();
  for (int64_t i = 0; i < x.numel(); ++i) p[i] = rng.randint(low, high);
  return x;
}

Tensor permutation(int64_t n, Rng& rng) { return Tensor::from(rng.permutation(n), {n}); }

Tensor multinomial(const Tensor& p, int64_t n, Rng& rng) {
  GRIM_CHECK(p.ndim() == 1 || p.ndim() == 2, shape, "multinomial", "got {}, expected (V) or (N, V)", p.shape());
  GRIM_CHECK(n >= 1, argument, "multinomial", "draws: got {}, expected 1 or more", n);
  const Tensor weights = contiguous(cast(p, Dtype::f32));
  const int64_t classes = p.shape().back(), rows = p.ndim() == 2 ? p.shape()[0] : 1;
  const Tensor drawn = Tensor::empty(p.ndim() == 2 ? Shape{rows, n} : Shape{n}, Dtype::i64);
  const MultinomialForm form = n == 1 ? MultinomialForm::race : MultinomialForm::cumulative;
  for (int64_t i = 0; i < rows; ++i) {
    const std::span<const float> row(weights.data<float>() + i * classes, static_cast<size_t>(classes));
    for (int64_t k = 0; k < n; ++k) drawn.data<int64_t>()[i * n + k] = rng.multinomial(row, form);
  }
  return drawn;
}

}  // namespace grim
