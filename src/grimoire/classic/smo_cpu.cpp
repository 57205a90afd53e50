#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/classic/smo_cpu.cpp"
#include "hwy/foreach_target.h"

#include <algorithm>

#include "grimoire/classic/smo.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

using D64 = hn::ScalableTag<double>;
using V64 = hn::Vec<D64>;

HWY_INLINE V64 AsDouble(D64 d, const double* p) { return hn::LoadU(d, p); }
HWY_INLINE V64 AsDouble(D64 d, const float* p) { return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D64>(), p)); }
HWY_INLINE auto Status(D64 d, const uint8_t* p) {
  const hn::RebindToSigned<D64> di;
  (void)d;
  return hn::PromoteTo(di, hn::PromoteTo(hn::Rebind<int32_t, D64>(), hn::LoadU(hn::Rebind<uint8_t, D64>(), p)));
}
template <class V> HWY_INLINE auto Has(D64 d, V status, int64_t bit) {
  const hn::RebindToSigned<D64> di;
  return hn::RebindMask(d, hn::TestBit(status, hn::Set(di, bit)));
}
inline double scalar_rise(double f, uint8_t s, double tube) { return -(f + ((s & kTubeUp) ? tube : -tube)); }
inline double scalar_fall(double f, uint8_t s, double tube) { return -(f + ((s & kTubeDown) ? tube : -tube)); }

template <class T> SmoExtremes update(double* f, const T* ki, const T* kj, double step, const uint8_t* status, double tube, int64_t n) {
  const D64 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto by = hn::Set(d, step), plus = hn::Set(d, tube), minus = hn::Set(d, -tube), width = hn::Set(d, static_cast<double>(lanes));
  auto best = hn::Set(d, -1e300), least = hn::Set(d, 1e300), where = hn::Set(d, -1.0), here = hn::Iota(d, 0.0);
  int64_t k = 0;
  for (; k + lanes <= n; k += lanes, here = hn::Add(here, width)) {
    const auto v = hn::MulAdd(by, hn::Sub(AsDouble(d, ki + k), AsDouble(d, kj + k)), hn::LoadU(d, f + k));
    hn::StoreU(v, d, f + k);
    const auto s = Status(d, status + k);
    const auto up = hn::Neg(hn::Add(v, hn::IfThenElse(Has(d, s, kTubeUp), plus, minus)));
    const auto down = hn::Neg(hn::Add(v, hn::IfThenElse(Has(d, s, kTubeDown), plus, minus)));
    const auto better = hn::And(Has(d, s, kMayRise), hn::Gt(up, best));
    best = hn::IfThenElse(better, up, best);
    where = hn::IfThenElse(better, here, where);
    least = hn::IfThenElse(hn::And(Has(d, s, kMayFall), hn::Lt(down, least)), down, least);
  }
  HWY_ALIGN double values[hn::MaxLanes(d)], places[hn::MaxLanes(d)], falls[hn::MaxLanes(d)];
  hn::Store(best, d, values);
  hn::Store(where, d, places);
  hn::Store(least, d, falls);
  SmoExtremes e;
  for (int64_t l = 0; l < lanes; ++l) {
    const int64_t at = static_cast<int64_t>(places[l]);
    if (at >= 0 && (values[l] > e.rise || (values[l] == e.rise && at < e.at))) e.rise = values[l], e.at = at;
    e.fall = falls[l] < e.fall ? falls[l] : e.fall;
  }
  for (; k < n; ++k) {
    f[k] += step * (static_cast<double>(ki[k]) - static_cast<double>(kj[k]));
    const double up = scalar_rise(f[k], status[k], tube), down = scalar_fall(f[k], status[k], tube);
    if ((status[k] & kMayRise) && up > e.rise) e.rise = up, e.at = k;
    if ((status[k] & kMayFall) && down < e.fall) e.fall = down;
  }
  return e;
}

constexpr double kFlat = 1e-12;  // stands in for a curvature that is not positive

template <class T> SmoPartner partner(const double* f, const T* ki, const T* diagonal, double own, double rise, const uint8_t* status,
                                      double tube, int64_t n) {
  const D64 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto top = hn::Set(d, rise), plus = hn::Set(d, tube), minus = hn::Set(d, -tube), self = hn::Set(d, own), two = hn::Set(d, 2.0);
  const auto flat = hn::Set(d, kFlat), width = hn::Set(d, static_cast<double>(lanes));
  auto best = hn::Zero(d), where = hn::Set(d, -1.0), here = hn::Iota(d, 0.0);
  int64_t k = 0;
  for (; k + lanes <= n; k += lanes, here = hn::Add(here, width)) {
    const auto s = Status(d, status + k);
    const auto apart = hn::Add(top, hn::Add(hn::LoadU(d, f + k), hn::IfThenElse(Has(d, s, kTubeDown), plus, minus)));
    const auto bend = hn::Max(flat, hn::NegMulAdd(two, AsDouble(d, ki + k), hn::Add(self, AsDouble(d, diagonal + k))));
    const auto gain = hn::Div(hn::Mul(apart, apart), bend);
    const auto better = hn::And(hn::And(Has(d, s, kMayFall), hn::Gt(apart, hn::Zero(d))), hn::Gt(gain, best));
    best = hn::IfThenElse(better, gain, best);
    where = hn::IfThenElse(better, here, where);
  }
  HWY_ALIGN double values[hn::MaxLanes(d)], places[hn::MaxLanes(d)];
  hn::Store(best, d, values);
  hn::Store(where, d, places);
  SmoPartner p;
  for (int64_t l = 0; l < lanes; ++l) {
    const int64_t at = static_cast<int64_t>(places[l]);
    if (at >= 0 && (values[l] > p.gain || (values[l] == p.gain && at < p.at))) p.gain = values[l], p.at = at;
  }
  for (; k < n; ++k) {
    const double apart = rise - scalar_fall(f[k], status[k], tube);
    if (!(status[k] & kMayFall) || apart <= 0) continue;
    const double bend = std::max(kFlat, own + static_cast<double>(diagonal[k]) - 2 * static_cast<double>(ki[k])),
                 gain = apart * apart / bend;
    if (gain > p.gain) p.gain = gain, p.at = k;
  }
  return p;
}

template <class T> void add(double* f, const T* row, double by, int64_t n) {
  const D64 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t k = 0;
  for (; k + lanes <= n; k += lanes) hn::StoreU(hn::MulAdd(hn::Set(d, by), AsDouble(d, row + k), hn::LoadU(d, f + k)), d, f + k);
  for (; k < n; ++k) f[k] += by * static_cast<double>(row[k]);
}

SmoExtremes update_f32(double* f, const float* ki, const float* kj, double step, const uint8_t* s, double tube, int64_t n) {
  return update(f, ki, kj, step, s, tube, n);
}
SmoExtremes update_f64(double* f, const double* ki, const double* kj, double step, const uint8_t* s, double tube, int64_t n) {
  return update(f, ki, kj, step, s, tube, n);
}
SmoPartner partner_f32(const double* f, const float* ki, const float* diagonal, double own, double rise, const uint8_t* s, double tube,
                       int64_t n) {
  return partner(f, ki, diagonal, own, rise, s, tube, n);
}
SmoPartner partner_f64(const double* f, const double* ki, const double* diagonal, double own, double rise, const uint8_t* s, double tube,
                       int64_t n) {
  return partner(f, ki, diagonal, own, rise, s, tube, n);
}
void add_f32(double* f, const float* row, double by, int64_t n) { add(f, row, by, n); }
void add_f64(double* f, const double* row, double by, int64_t n) { add(f, row, by, n); }

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(update_f32);
HWY_EXPORT(update_f64);
HWY_EXPORT(partner_f32);
HWY_EXPORT(partner_f64);
HWY_EXPORT(add_f32);
HWY_EXPORT(add_f64);
template <> SmoExtremes smo_update(double* f, const float* ki, const float* kj, double step, const uint8_t* s, double tube, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(update_f32)(f, ki, kj, step, s, tube, n);
}
template <> SmoExtremes smo_update(double* f, const double* ki, const double* kj, double step, const uint8_t* s, double tube, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(update_f64)(f, ki, kj, step, s, tube, n);
}
template <> SmoPartner smo_partner(const double* f, const float* ki, const float* diagonal, double own, double rise, const uint8_t* s,
                                   double tube, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(partner_f32)(f, ki, diagonal, own, rise, s, tube, n);
}
template <> SmoPartner smo_partner(const double* f, const double* ki, const double* diagonal, double own, double rise, const uint8_t* s,
                                   double tube, int64_t n) {
  return HWY_DYNAMIC_DISPATCH(partner_f64)(f, ki, diagonal, own, rise, s, tube, n);
}
template <> void smo_add(double* f, const float* row, double by, int64_t n) { HWY_DYNAMIC_DISPATCH(add_f32)(f, row, by, n); }
template <> void smo_add(double* f, const double* row, double by, int64_t n) { HWY_DYNAMIC_DISPATCH(add_f64)(f, row, by, n); }
}  // namespace grim::cpu
#endif
