#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/vectors/train_cpu.cpp"
#include "hwy/foreach_target.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "hwy/cache_control.h"

#include "grimoire/base/sigmoid.h"
#include "grimoire/op/simd-inl.h"
#include "grimoire/vectors/train_kernel.h"

#ifndef GRIM_VECTORS_TRAIN_CPU_ONCE
#define GRIM_VECTORS_TRAIN_CPU_ONCE
namespace grim::vectors {

// The sigmoid on [-8, 8] by lines between 1,025 of its values: off by less than 3e-6, for |second derivative| < 0.0963 and steps of 1/64; beyond, where
// its slope is below 4e-4, it stays at 3.4e-4 or 1 - 3.4e-4.
class SigmoidTable {
 public:
  SigmoidTable() {
    for (int i = 0; i < kSize + 2; ++i) values_[static_cast<size_t>(i)] = static_cast<float>(sigmoid((i - kSize / 2) / kPerUnit));
  }
  float operator()(float x) const {
    const float at = ((x > -kEnd ? std::min(x, kEnd) : -kEnd) + kEnd) * static_cast<float>(kPerUnit);  // NaN too has a place
    const auto i = static_cast<size_t>(at);
    return values_[i] + (at - static_cast<float>(i)) * (values_[i + 1] - values_[i]);
  }

 private:
  static constexpr int kSize = 1024;
  static constexpr float kEnd = 8;
  static constexpr double kPerUnit = 64;
  std::array<float, kSize + 2> values_;
};
inline const SigmoidTable kSigmoid;

// The sum of -log p of many p: their product, whose logarithm is taken before it leaves what a float holds.
class LogSum {
 public:
  void add(float p) {
    product_ *= p;
    if (product_ < 1e-30f) flush();
  }
  double value() {
    flush();
    return sum_;
  }

 private:
  void flush() {
    sum_ -= std::log(static_cast<double>(product_));
    product_ = 1;
  }
  float product_ = 1;
  double sum_ = 0;
};

}  // namespace grim::vectors
#endif

HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {

using vectors::Choice, vectors::InputStep, vectors::kShards, vectors::LogSum, vectors::LossSum, vectors::Samples, vectors::TableView;

HWY_INLINE void Fetch(const float* row, int64_t n) {
  for (int64_t i = 0; i < n; i += 16) hwy::Prefetch(row + i);
}
HWY_INLINE float PaddedDot(const float* a, const float* b, int64_t n) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  auto even = hn::Zero(d), odd = even;
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    even = hn::MulAdd(hn::Load(d, a + i), hn::LoadU(d, b + i), even);
    odd = hn::MulAdd(hn::Load(d, a + i + lanes), hn::LoadU(d, b + i + lanes), odd);
  }
  if (i < n) even = hn::MulAdd(hn::Load(d, a + i), hn::LoadU(d, b + i), even);
  return SumLanes(d, hn::Add(even, odd));
}
// gradient += step * row, row += step * hidden
HWY_INLINE void Step(float step, float* row, const float* hidden, float* gradient, int64_t n) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto s = hn::Set(d, step);
  for (int64_t i = 0; i < n; i += lanes) {
    const auto r = hn::Load(d, row + i);
    hn::StoreU(hn::MulAdd(s, r, hn::LoadU(d, gradient + i)), d, gradient + i);
    hn::Store(hn::MulAdd(s, hn::LoadU(d, hidden + i), r), d, row + i);
  }
}

void average_f32(const TableView& input, Samples& s) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t n = input.stride;
  for (int64_t c = 0; c < s.count; ++c) {
    float* const hidden = s.hidden.data() + c * n;
    const int32_t from = s.first_input(c), to = s.first_input(c + 1);
    std::fill_n(hidden, n, 0.0f);
    for (int32_t i = from; i < to; ++i) {
      if (i + 3 < s.first_input(s.count)) Fetch(input.row(s.inputs[static_cast<size_t>(i) + 3]), n);
      const float* const row = input.row(s.inputs[static_cast<size_t>(i)]);
      for (int64_t k = 0; k < n; k += lanes) hn::StoreU(hn::Add(hn::LoadU(d, hidden + k), hn::Load(d, row + k)), d, hidden + k);
    }
    const auto share = hn::Set(d, 1.0f / static_cast<float>(std::max(to - from, 1)));
    for (int64_t k = 0; k < n; k += lanes) hn::StoreU(hn::Mul(hn::LoadU(d, hidden + k), share), d, hidden + k);
  }
}

void logistic_f32(const TableView& output, Samples* groups, int64_t count, int64_t shard, float lr, LossSum& loss) {
  const int64_t n = output.stride;
  LogSum sum;
  for (Samples* s = groups; s != groups + count; ++s)
    for (int64_t c = 0; c < s->count; ++c) {
      float* const partial = s->partial.data() + (shard * s->count + c) * n;
      std::fill_n(partial, n, 0.0f);
      const float* const hidden = s->hidden.data() + c * n;
      const auto from = static_cast<size_t>(s->choice_begins[static_cast<size_t>(c * kShards + shard)]),
                 to = static_cast<size_t>(s->choice_begins[static_cast<size_t>(c * kShards + shard) + 1]);
      for (size_t i = from; i < to; ++i) {
        if (i + 2 < to) Fetch(output.row(s->choices[i + 2].row), n);
        const Choice choice = s->choices[i];
        float* const row = output.row(choice.row);
        const float y = vectors::kSigmoid(PaddedDot(row, hidden, n));
        sum.add(choice.right > 0 ? y : 1 - y);
        Step(lr * (choice.right - y), row, hidden, partial, n);
      }
      loss.count += static_cast<int64_t>(to - from);
    }
  loss.sum += sum.value();
}

void softmax_f32(const TableView& output, Samples* groups, int64_t count, float lr, LossSum& loss) {
  const int64_t n = output.stride;
  for (Samples* s = groups; s != groups + count; ++s)
    for (int64_t c = 0; c < s->count; ++c) {
      const float* const hidden = s->hidden.data() + c * n;
      float* const partial = s->partial.data() + c * n;
      std::fill_n(partial, n, 0.0f);
      s->scores.resize(static_cast<size_t>(output.count));
      float highest = -std::numeric_limits<float>::infinity();
      for (int64_t r = 0; r < output.count; ++r) {
        s->scores[static_cast<size_t>(r)] = PaddedDot(output.row(r), hidden, n);
        highest = std::max(highest, s->scores[static_cast<size_t>(r)]);
      }
      const hn::ScalableTag<float> d;
      const float sum = MapSum(d, s->scores.data(), s->scores.data(), output.count, [&](auto v) HWY_ATTR { return Exp(d, hn::Sub(v, hn::Set(d, highest))); });
      const auto target = static_cast<int64_t>(s->targets[static_cast<size_t>(c)]);
      for (int64_t r = 0; r < output.count; ++r) {
        const float y = s->scores[static_cast<size_t>(r)] / sum;
        if (r == target) loss.sum -= std::log(std::max(static_cast<double>(y), 1e-30));
        Step(lr * ((r == target ? 1.0f : 0.0f) - y), output.row(r), hidden, partial, n);
      }
      ++loss.count;
    }
}

void sum_partials_f32(Samples& s, int64_t n, int64_t parts, InputStep step) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t c = 0; c < s.count; ++c) {
    const int32_t inputs = s.first_input(c + 1) - s.first_input(c);
    const auto scale = hn::Set(d, step == InputStep::divided ? 1.0f / static_cast<float>(std::max(inputs, 1)) : 1.0f);
    for (int64_t k = 0; k < n; k += lanes) {
      auto sum = hn::LoadU(d, s.partial.data() + c * n + k);
      for (int64_t p = 1; p < parts; ++p) sum = hn::Add(sum, hn::LoadU(d, s.partial.data() + (p * s.count + c) * n + k));
      hn::StoreU(hn::Mul(sum, scale), d, s.gradient.data() + c * n + k);
    }
  }
}

void move_inputs_f32(const TableView& input, Samples* groups, int64_t count, int64_t shard) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const int64_t n = input.stride;
  for (Samples* s = groups; s != groups + count; ++s)
    for (int64_t c = 0; c < s->count; ++c) {
      const float* const gradient = s->gradient.data() + c * n;
      const auto from = static_cast<size_t>(s->input_begins[static_cast<size_t>(c * kShards + shard)]),
                 to = static_cast<size_t>(s->input_begins[static_cast<size_t>(c * kShards + shard) + 1]);
      for (size_t i = from; i < to; ++i) {
        float* const row = input.row(s->inputs[i]);
        for (int64_t k = 0; k < n; k += lanes) hn::Store(hn::Add(hn::Load(d, row + k), hn::LoadU(d, gradient + k)), d, row + k);
      }
    }
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
HWY_EXPORT(average_f32);
HWY_EXPORT(logistic_f32);
HWY_EXPORT(softmax_f32);
HWY_EXPORT(sum_partials_f32);
HWY_EXPORT(move_inputs_f32);

using vectors::InputStep, vectors::LossSum, vectors::Samples, vectors::TableView;

void average_inputs(const TableView& input, Samples& samples) { HWY_DYNAMIC_DISPATCH(average_f32)(input, samples); }
void logistic_choices(const TableView& output, Samples* groups, int64_t count, int64_t shard, float lr, LossSum& loss) {
  HWY_DYNAMIC_DISPATCH(logistic_f32)(output, groups, count, shard, lr, loss);
}
void softmax_targets(const TableView& output, Samples* groups, int64_t count, float lr, LossSum& loss) {
  HWY_DYNAMIC_DISPATCH(softmax_f32)(output, groups, count, lr, loss);
}
void sum_partials(Samples& samples, int64_t stride, int64_t parts, InputStep step) { HWY_DYNAMIC_DISPATCH(sum_partials_f32)(samples, stride, parts, step); }
void move_inputs(const TableView& input, Samples* groups, int64_t count, int64_t shard) { HWY_DYNAMIC_DISPATCH(move_inputs_f32)(input, groups, count, shard); }
}  // namespace grim::cpu
#endif
