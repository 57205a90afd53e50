#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/vectors/nearest_centroid_cpu.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/simd-inl.h"
#include "grimoire/vectors/nearest_centroid.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

void nearest_f32(const float* points, int64_t point_stride, int64_t count, const float* columns, int64_t w, uint8_t* codes, int64_t code_stride) {
  constexpr int64_t kCentroids = 256;
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  HWY_ALIGN float best_lanes[hn::MaxLanes(d)];
  HWY_ALIGN int32_t place_lanes[hn::MaxLanes(d)];
  for (int64_t p = 0; p < count; ++p) {
    const float* const x = points + p * point_stride;
    auto best = hn::Set(d, std::numeric_limits<float>::infinity());
    auto place = hn::Zero(di);
    for (int64_t c = 0; c < kCentroids; c += lanes) {
      auto distance = hn::Zero(d);
      for (int64_t k = 0; k < w; ++k) {
        const auto off = hn::Sub(hn::Set(d, x[k]), hn::LoadU(d, columns + k * kCentroids + c));
        distance = hn::MulAdd(off, off, distance);
      }
      const auto nearer = hn::Lt(distance, best);
      best = hn::IfThenElse(nearer, distance, best);
      place = hn::IfThenElse(hn::RebindMask(di, nearer), hn::Set(di, static_cast<int32_t>(c)), place);
    }
    hn::Store(best, d, best_lanes);
    hn::Store(place, di, place_lanes);
    int64_t nearest = 0;
    for (int64_t l = 1; l < lanes; ++l) {
      const bool tie = best_lanes[l] == best_lanes[nearest] && place_lanes[l] + l < place_lanes[nearest] + nearest;
      if (best_lanes[l] < best_lanes[nearest] || tie) nearest = l;
    }
    codes[p * code_stride] = static_cast<uint8_t>(place_lanes[nearest] + nearest);
  }
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(nearest_f32);
void nearest_centroids(const float* points, int64_t point_stride, int64_t count, const float* columns, int64_t w, uint8_t* codes, int64_t code_stride) {
  HWY_DYNAMIC_DISPATCH(nearest_f32)(points, point_stride, count, columns, w, codes, code_stride);
}
}  // namespace grim::cpu
#endif
