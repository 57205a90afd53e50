// Dense decompositions on plain row-major memory, compiled for several machines and chosen at run time.
#pragma once

#include <cstdint>

namespace grim::stats::kernel {

struct Linalg {
  // a (n, n), its lower triangle read; vectors (n, n), row j for values[j], or null. False: no convergence.
  bool (*symmetric)(int64_t n, const double* a, double* values, double* vectors);
  bool (*tridiagonal)(int64_t n, const double* diagonal, const double* below, double* values, double* vectors);
  bool (*general)(int64_t n, const double* a, double* re, double* im, double* vectors_re, double* vectors_im);
  bool (*svd)(int64_t m, int64_t n, const double* a, double* u, double* s, double* vt);
  void (*symv)(int64_t n, const double* a, const double* x, double* y);  // y = a x from the lower triangle
};
const Linalg& linalg();

extern const Linalg linalg_portable, linalg_avx2;

}  // namespace grim::stats::kernel
