#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/classic/boosting_scan.cpp"
#include "hwy/foreach_target.h"

#include "grimoire/op/simd-inl.h"

#include "grimoire/classic/boosting_kernel.h"

HWY_BEFORE_NAMESPACE();
namespace grim::tree::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace {

// Running sums one by one (their order is the result), then thresholds some at a time. Most lose, so they are compared without a
// division: a / b + c / d > best when a d + c b > best b d. `bar` stays a little below the best gain, so rounding drops no winner.
template <int kCell> int scan_of(const ScanWork& in, ScanSums& sums, uint8_t* candidates) {
  const hn::CappedTag<double, 8> d;
  constexpr double kBelow = 1 - 1e-12;
  const int lanes = static_cast<int>(hn::Lanes(d));
  double g = in.g, h = in.h, w = in.w;
  for (int b = 0; b < in.bins; ++b) {
    const double* cell = in.cells + b * kCell;
    sums.g[b] = g += cell[0];
    sums.h[b] = h += cell[1];
    sums.here[b] = cell[1];
    if constexpr (kCell == 4) sums.w[b] = w += cell[2];
  }
  for (int b = in.bins; b < in.bins + 8; ++b) sums.g[b] = sums.h[b] = sums.here[b] = sums.w[b] = 0;
  const double* weights = kCell == 4 ? sums.w : sums.h;
  const auto all_g = hn::Set(d, in.all_g), all_h = hn::Set(d, in.all_h), all_w = hn::Set(d, in.all_w), lambda = hn::Set(d, in.lambda);
  const auto least_h = hn::Set(d, in.least_h), most_h = hn::Set(d, in.most_h), least_w = hn::Set(d, in.least_w);
  double bar = in.floor * kBelow;
  int count = 0;
  for (int b = 0; b < in.bins; b += lanes) {
    const auto left_h = hn::Load(d, sums.h + b);
    auto valid = hn::And(hn::Ge(left_h, least_h), hn::Ne(hn::Load(d, sums.here + b), hn::Zero(d)));
    valid = hn::And(valid, hn::FirstN(d, static_cast<size_t>(in.bins - b)));
    valid = hn::And(valid, hn::Le(left_h, most_h));
    if (in.weighed) {
      const auto left_w = hn::Load(d, weights + b);
      valid = hn::And(valid, hn::And(hn::Ge(left_w, least_w), hn::Ge(hn::Sub(all_w, left_w), least_w)));
    }
    if (hn::AllFalse(d, valid)) {
      if (sums.h[b] > in.most_h) break;
      continue;
    }
    if (in.free) {
      const auto left_g = hn::Load(d, sums.g + b), right_g = hn::Sub(all_g, left_g);
      const auto hl = hn::Add(left_h, lambda), hr = hn::Add(hn::Sub(all_h, left_h), lambda);
      const auto ll = hn::Mul(left_g, left_g), rr = hn::Mul(right_g, right_g);
      valid = hn::And(valid, hn::Gt(hn::MulAdd(ll, hr, hn::Mul(rr, hl)), hn::Mul(hn::Set(d, bar), hn::Mul(hl, hr))));
      if (hn::AllFalse(d, valid)) continue;
      const auto gain = hn::Add(hn::Div(ll, hl), hn::Div(rr, hr));
      bar = HWY_MAX(bar, kBelow * hn::GetLane(hn::MaxOfLanes(d, hn::IfThenElse(valid, gain, hn::Set(d, bar)))));
    }
    uint8_t bits[8] = {};
    hn::StoreMaskBits(d, valid, bits);
    for (uint32_t left = bits[0]; left != 0; left &= left - 1) candidates[count++] = static_cast<uint8_t>(b + __builtin_ctz(left));
  }
  return count;
}

}  // namespace

int scan_bins(const ScanWork& w, ScanSums& sums, uint8_t* candidates) {
  return w.cell == 4 ? scan_of<4>(w, sums, candidates) : scan_of<2>(w, sums, candidates);
}

}  // namespace grim::tree::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::tree {
HWY_EXPORT(scan_bins);

int scan_bins(const ScanWork& work, ScanSums& sums, uint8_t* candidates) { return HWY_DYNAMIC_DISPATCH(scan_bins)(work, sums, candidates); }

}  // namespace grim::tree
#endif
