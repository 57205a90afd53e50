// Matrix products. Large ones are oneDNN's, called single-threaded on slices that we choose by size alone; small ones and
// float64 run on our own register-tiled kernel, which starts in nanoseconds; those of bf16 on our own tiles where there is AMX.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "grimoire/base/dtype.h"

namespace grim::device {

// C(M, N) = A(M, K) B(K, N) + beta C. Strides in elements; a transposed operand is one with its strides swapped.
// For A and B one of the two strides must be 1; rows of C are dense. W: the numbers of B, weights say, which are widened to T on the way: a product
// of bf16 weights is one of the same numbers in f32, to the bit on the own kernel, and reads half as much. Where A is bf16 too, C is f32.
template <class T, class W = T> struct Gemm {
  using Sum = std::conditional_t<std::is_same_v<T, Bf16>, float, T>;
  int64_t M = 0, N = 0, K = 0;
  const T* a = nullptr;
  int64_t a_row = 0, a_col = 1;
  const W* b = nullptr;
  int64_t b_row = 0, b_col = 1;
  Sum* c = nullptr;
  int64_t c_row = 0;
  Sum beta = 0;
};

// Rows [m0, m1), columns [n0, n1) of C, which begin at `c`.
template <class T> struct Tile {
  int64_t m0, m1, n0, n1;
  T* c;
  int64_t c_row;
};
// Called once for each finished tile while it is hot in cache.
template <class T> struct Epilogue {
  void (*run)(const void* context, const Tile<T>& tile) = nullptr;
  const void* context = nullptr;
};
template <class T, class F> Epilogue<T> epilogue_of(const F& f) {
  return {[](const void* g, const Tile<T>& tile) { (*static_cast<const F*>(g))(tile); }, &f};
}

void gemm(const Gemm<float>& g, const Epilogue<float>& epilogue = {});
void gemm(const Gemm<double>& g, const Epilogue<double>& epilogue = {});
void gemm(const Gemm<float, Bf16>& g, const Epilogue<float>& epilogue = {});
// On the processor's own bf16 products (AVX-512 BF16, AMX) where it has them; elsewhere tiles are widened. Without a C its tiles exist for the epilogue
// alone, which rounds them to where they belong; beta is 0 then.
void gemm(const Gemm<Bf16>& g, const Epilogue<float>& epilogue = {});
// Such products of one A, whose dense rows are rounded once for all of them, one after the other.
struct RoundedGemm {
  Gemm<float, Bf16> product;
  Epilogue<float> epilogue = {};
};
void gemm_rounded(std::span<const RoundedGemm> products);  // throws: argument, another A
void round_tile(const Tile<float>& tile, Bf16* c, int64_t c_row);  // into a C of bf16, whose first number is `c`

// The same with beta 0 for few rows of A, on the own kernel alone: a row of C has the same bits however many rows stand beside it. A step
// of decoding is one row; memory sets its pace.
void gemm_rows(const Gemm<float>& g, const Epilogue<float>& epilogue = {});
void gemm_rows(const Gemm<double>& g, const Epilogue<double>& epilogue = {});
void gemm_rows(const Gemm<float, Bf16>& g, const Epilogue<float>& epilogue = {});

// `count` products of one shape; product i starts at a + i * a_step and so on. Steps may be 0.
struct BatchSteps {
  int64_t count, a, b, c;
};
void gemm_batch(const Gemm<float>& g, const BatchSteps& steps);
void gemm_batch(const Gemm<double>& g, const BatchSteps& steps);

// The own kernel, on the calling thread: for use inside other kernels (attention tiles).
void small_gemm(const Gemm<float>& g);
void small_gemm(const Gemm<double>& g);
// As gemm_rows, of all columns at once on the calling thread; beta may be 1 where rows of B are dense.
void few_rows(const Gemm<float>& g);
void few_rows(const Gemm<double>& g);
void few_rows(const Gemm<float, Bf16>& g);

}  // namespace grim::device
