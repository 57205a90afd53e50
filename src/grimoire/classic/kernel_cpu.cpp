#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/classic/kernel_cpu.cpp"
#include "hwy/foreach_target.h"

#include <algorithm>

#include "grimoire/classic/kernel.h"
#include "grimoire/op/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

void bit_words(const uint32_t* planes, int64_t rows, const uint32_t* query, int64_t words, int64_t begin, int64_t end, float* out) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t r = begin;
  for (; r + lanes <= end; r += lanes) {
    auto count = hn::Zero(du);
    for (int64_t w = 0; w < words; ++w)
      count = hn::Add(count, hn::PopulationCount(hn::And(hn::LoadU(du, planes + w * rows + r), hn::Set(du, query[w]))));
    hn::StoreU(hn::ConvertTo(d, hn::BitCast(di, count)), d, out + r - begin);
  }
  for (; r < end; ++r) {
    int count = 0;
    for (int64_t w = 0; w < words; ++w) count += __builtin_popcount(planes[w * rows + r] & query[w]);
    out[r - begin] = static_cast<float>(count);
  }
}

void slices_of_16(const int32_t* index, const float* value, const int64_t* start, int64_t slices, const float* spread, float* out) {
  const hn::CappedTag<float, 16> d;
  const hn::RebindToSigned<decltype(d)> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t s = 0; s < slices; ++s)
    for (int64_t part = 0; part < 16; part += lanes) {
      auto even = hn::Zero(d), odd = even;
      int64_t k = start[s] + part;
      for (; k + 16 < start[s + 1]; k += 32) {
        even = hn::MulAdd(hn::LoadU(d, value + k), hn::GatherIndex(d, spread, hn::LoadU(di, index + k)), even);
        odd = hn::MulAdd(hn::LoadU(d, value + k + 16), hn::GatherIndex(d, spread, hn::LoadU(di, index + k + 16)), odd);
      }
      if (k < start[s + 1]) even = hn::MulAdd(hn::LoadU(d, value + k), hn::GatherIndex(d, spread, hn::LoadU(di, index + k)), even);
      hn::StoreU(hn::Add(even, odd), d, out + 16 * s + part);
    }
}

template <class T> void dot_rows(const T* rows, int64_t stride, int64_t count, const T* query, int64_t width, T* out) {
  const hn::ScalableTag<T> d;
  for (int64_t r = 0; r < count; ++r) out[r] = Dot(d, rows + r * stride, query, width);
}

template <class T> void rbf(T* x, const T* square, T query, T gamma, int64_t n) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto q = hn::Set(d, query), g = hn::Set(d, -gamma), two = hn::Set(d, T(2));
  const auto value = [&](auto v, auto s)
                         HWY_ATTR { return Exp(d, hn::Mul(g, hn::Max(hn::Zero(d), hn::NegMulAdd(two, v, hn::Add(q, s))))); };
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) hn::StoreU(value(hn::LoadU(d, x + i), hn::LoadU(d, square + i)), d, x + i);
  if (i < n) StoreSome(value(LoadSome(d, x + i, n - i), LoadSome(d, square + i, n - i)), d, x + i, n - i);
}

template <class T> void poly(T* x, T gamma, T coef0, int64_t degree, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto g = hn::Set(d, gamma), c = hn::Set(d, coef0);
  Map(d, x, x, n, [&](auto v) HWY_ATTR {
    auto base = hn::MulAdd(g, v, c), power = hn::Set(d, T(1));
    for (int64_t e = degree; e > 0; e >>= 1) {  // by squaring
      if (e & 1) power = hn::Mul(power, base);
      base = hn::Mul(base, base);
    }
    return power;
  });
}

template <class T> void tanh_of(T* x, T gamma, T coef0, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto g = hn::Set(d, gamma), c = hn::Set(d, coef0);
  Map(d, x, x, n, [&](auto v) HWY_ATTR { return Tanh(d, hn::MulAdd(g, v, c)); });
}

void dot_rows_f32(const float* rows, int64_t stride, int64_t count, const float* q, int64_t width, float* out) {
  dot_rows(rows, stride, count, q, width, out);
}
void dot_rows_f64(const double* rows, int64_t stride, int64_t count, const double* q, int64_t width, double* out) {
  dot_rows(rows, stride, count, q, width, out);
}
void rbf_f32(float* x, const float* square, float query, float gamma, int64_t n) { rbf(x, square, query, gamma, n); }
void rbf_f64(double* x, const double* square, double query, double gamma, int64_t n) { rbf(x, square, query, gamma, n); }
void poly_f32(float* x, float gamma, float coef0, int64_t degree, int64_t n) { poly(x, gamma, coef0, degree, n); }
void poly_f64(double* x, double gamma, double coef0, int64_t degree, int64_t n) { poly(x, gamma, coef0, degree, n); }
void tanh_f32(float* x, float gamma, float coef0, int64_t n) { tanh_of(x, gamma, coef0, n); }
void tanh_f64(double* x, double gamma, double coef0, int64_t n) { tanh_of(x, gamma, coef0, n); }

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(bit_words);
HWY_EXPORT(slices_of_16);
HWY_EXPORT(dot_rows_f32);
HWY_EXPORT(dot_rows_f64);
HWY_EXPORT(rbf_f32);
HWY_EXPORT(rbf_f64);
HWY_EXPORT(poly_f32);
HWY_EXPORT(poly_f64);
HWY_EXPORT(tanh_f32);
HWY_EXPORT(tanh_f64);

template <>
void bit_products(const uint32_t* planes, int64_t rows, const uint32_t* query, int64_t words, int64_t begin, int64_t end, float* out) {
  HWY_DYNAMIC_DISPATCH(bit_words)(planes, rows, query, words, begin, end, out);
}
template <>
void bit_products(const uint32_t* planes, int64_t rows, const uint32_t* query, int64_t words, int64_t begin, int64_t end, double* out) {
  float counts[256];
  for (int64_t r = begin; r < end; r += 256) {
    const int64_t stop = std::min<int64_t>(end, r + 256);
    HWY_DYNAMIC_DISPATCH(bit_words)(planes, rows, query, words, r, stop, counts);
    for (int64_t k = r; k < stop; ++k) out[k - begin] = counts[k - r];
  }
}
void slice_products(const int32_t* index, const float* value, const int64_t* start, int64_t slices, const float* spread, float* out) {
  HWY_DYNAMIC_DISPATCH(slices_of_16)(index, value, start, slices, spread, out);
}
template <> void row_products(const float* rows, int64_t stride, int64_t count, const float* q, int64_t width, float* out) {
  HWY_DYNAMIC_DISPATCH(dot_rows_f32)(rows, stride, count, q, width, out);
}
template <> void row_products(const double* rows, int64_t stride, int64_t count, const double* q, int64_t width, double* out) {
  HWY_DYNAMIC_DISPATCH(dot_rows_f64)(rows, stride, count, q, width, out);
}
template <> void rbf_values(float* x, const float* square, float q, float gamma, int64_t n) {
  HWY_DYNAMIC_DISPATCH(rbf_f32)(x, square, q, gamma, n);
}
template <> void rbf_values(double* x, const double* square, double q, double gamma, int64_t n) {
  HWY_DYNAMIC_DISPATCH(rbf_f64)(x, square, q, gamma, n);
}
template <> void poly_values(float* x, float gamma, float c, int64_t degree, int64_t n) {
  HWY_DYNAMIC_DISPATCH(poly_f32)(x, gamma, c, degree, n);
}
template <> void poly_values(double* x, double gamma, double c, int64_t degree, int64_t n) {
  HWY_DYNAMIC_DISPATCH(poly_f64)(x, gamma, c, degree, n);
}
template <> void tanh_values(float* x, float gamma, float c, int64_t n) { HWY_DYNAMIC_DISPATCH(tanh_f32)(x, gamma, c, n); }
template <> void tanh_values(double* x, double gamma, double c, int64_t n) { HWY_DYNAMIC_DISPATCH(tanh_f64)(x, gamma, c, n); }
}  // namespace grim::cpu
#endif
