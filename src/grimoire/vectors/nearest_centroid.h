#pragma once

#include <cstdint>

namespace grim::cpu {

// codes[i * code_stride] = which of 256 centroids is nearest to points[i * point_stride ...], w numbers, by the squared distance; the first of equal ones.
// `columns` (w, 256) are the centroids turned.
void nearest_centroids(const float* points, int64_t point_stride, int64_t count, const float* columns, int64_t w, uint8_t* codes, int64_t code_stride);

}  // namespace grim::cpu
