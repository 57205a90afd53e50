// Matrix products. Large ones are oneDNN's, called single-threaded on slices that we choose by size alone; small ones and
// float64 run on our own register-tiled kernel, which starts in nanoseconds.
#pragma once

#include <cstdint>

#include "grimoire/base/dtype.h"

namespace grim::device {

// C(M, N) = A(M, K) B(K, N) + beta C. Strides in elements; a transposed operand is one with its strides swapped.
// For A and B one of the two strides must be 1; rows of C are dense. W: the numbers of B, weights say, which are widened to T on the way: a product
// of bf16 weights is one of the same numbers in f32, to the bit on the own kernel, and reads half as much.
template <class T, class W = T> struct Gemm {
  int64_t M = 0, N = 0, K = 0;
  const T* a = nullptr;
  int64_t a_row = 0, a_col = 1;
  const W* b = nullptr;
  int64_t b_row = 0, b_col = 1;
  T* c = nullptr;
  int64_t c_row = 0;
  T beta = 0;
};

// Called once for each finished tile of C while it is hot in cache: rows [m0, m1), columns [n0, n1).
struct Epilogue {
  void (*run)(const void* context, int64_t m0, int64_t m1, int64_t n0, int64_t n1) = nullptr;
  const void* context = nullptr;
};
template <class F> Epilogue epilogue_of(const F& f) {
  return {[](const void* g, int64_t m0, int64_t m1, int64_t n0, int64_t n1) { (*static_cast<const F*>(g))(m0, m1, n0, n1); },
          &f};
}

void gemm(const Gemm<float>& g, const Epilogue& epilogue = {});
void gemm(const Gemm<double>& g, const Epilogue& epilogue = {});
void gemm(const Gemm<float, Bf16>& g, const Epilogue& epilogue = {});

// The same with beta 0 for few rows of A, on the own kernel alone: a row of C has the same bits however many rows stand beside it. A step
// of decoding is one row; memory sets its pace.
void gemm_rows(const Gemm<float>& g, const Epilogue& epilogue = {});
void gemm_rows(const Gemm<double>& g, const Epilogue& epilogue = {});
void gemm_rows(const Gemm<float, Bf16>& g, const Epilogue& epilogue = {});

// `count` products of one shape; product i starts at a + i * a_step and so on. Steps may be 0.
struct BatchSteps {
  int64_t count, a, b, c;
};
void gemm_batch(const Gemm<float>& g, const BatchSteps& steps);
void gemm_batch(const Gemm<double>& g, const BatchSteps& steps);

// The own kernel, on the calling thread: for use inside other kernels (attention tiles).
void small_gemm(const Gemm<float>& g);
void small_gemm(const Gemm<double>& g);
// As gemm_rows, of all columns at once on the calling thread.
void few_rows(const Gemm<float>& g);
void few_rows(const Gemm<double>& g);
void few_rows(const Gemm<float, Bf16>& g);

}  // namespace grim::device
