// Box-Muller: two independent normals from two uniforms,
//   r = sqrt(-2 ln u1), t = 2 pi u2, normals r cos t and r sin t.
// In float32, ln, sin and cos are the Cephes single-precision polynomials with fused multiply-adds, which is what
// PyTorch's vectorised kernel computes: bit-exact against it (tests/golden/rng.json), and the same on every machine and
// device.
#pragma once

#include <cstddef>

namespace grim {

// first[j], second[j] = the normals of 1 - u1[j] and u2[j], with u1 and u2 in [0, 1), times deviation plus mean.
// In place when first is u1 and second is u2. float64 goes through libm.
void box_muller(const float* u1, const float* u2, float mean, float deviation, float* first, float* second, size_t n);
void box_muller(const double* u1, const double* u2, double mean, double deviation, double* first, double* second,
                size_t n);

}  // namespace grim
