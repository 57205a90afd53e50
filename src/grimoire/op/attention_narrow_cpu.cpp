#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "grimoire/op/attention_narrow_cpu.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "grimoire/device/amx_tiles.h"
#include "grimoire/device/bf16.h"
#include "grimoire/device/memory.h"
#include "grimoire/op/attention-inl.h"
#include "grimoire/op/attention_narrow_cpu.h"
#include "grimoire/tensor/copy.h"

#ifndef GRIM_NARROW_ATTENTION
#define GRIM_NARROW_ATTENTION
namespace grim::cpu {
using NarrowProblem = AttentionProblem<float, Bf16>;
// T: the numbers of queries and of what they bring.
template <class T> using NarrowForward = void (*)(const AttentionProblem<float, T, Bf16>& all, const Heads<T>& o, int64_t b, int64_t h);
// o, d_o, dq, dk, dv
struct NarrowGradients {
  Heads<const Bf16> o, d_o;
  Heads<Bf16> dq, dk, dv;
};
struct NarrowTable {
  NarrowForward<Bf16> forward;
  NarrowForward<float> forward_wide;
  void (*backward)(const NarrowProblem& all, const NarrowGradients& to, int64_t b, int64_t g);
};
}  // namespace grim::cpu
#endif

// The tasks are attention_cpu.cpp's. Keys and values are laid out for the unit once in a task, queries once in a tile; tiles of keys begin at whole blocks.
HWY_BEFORE_NAMESPACE();
namespace grim::cpu::HWY_NAMESPACE {
using device::amx_bytes, device::amx_lay_a, device::amx_lay_b, device::amx_multiply, device::amx_round_a, device::amx_round_b, device::amx_whole;
using device::kAmxSide, device::kAmxStepBytes;

constexpr int64_t kQueries = 64, kKeys = 1024;

// The memory of a task, piece by piece.
class TaskMemory {
 public:
  explicit TaskMemory(int64_t bytes) : room_(bytes), next_(room_.at) {}
  char* take(int64_t bytes) { return std::exchange(next_, next_ + bytes); }
  float* floats(int64_t n) { return reinterpret_cast<float*>(take(n * 4)); }

 private:
  device::Room room_;
  char* next_;
};

void put_row(const float* from, int64_t n, Bf16* to) { device::narrow(from, n, to); }
void put_row(const float* from, int64_t n, float* to) { std::memcpy(to, from, static_cast<size_t>(n) * sizeof(float)); }

void lay_queries(const Bf16* q, int64_t row, int64_t rows, int64_t D, char* to) { amx_lay_a(q, row, 1, rows, D, to); }
void lay_queries(const float* q, int64_t row, int64_t rows, int64_t D, char* to) { amx_round_a(q, row, rows, D, to); }

// Keys as B (D, S): those of a cache lie turned.
template <class P> void lay_keys(const P& p, int64_t b, int64_t g, char* to) {
  const bool turned = p.k.column != 1;
  amx_lay_b(p.k.at(b, g), turned ? p.k.column : 1, turned ? 1 : p.k.row, p.S, p.D, to);
}

template <class T> void narrow_forward(const AttentionProblem<float, T, Bf16>& all, const Heads<T>& out, int64_t b, int64_t h) {
  const AttentionProblem<float, T, Bf16> p = all.text(b);
  const int64_t g = h / p.group, wide = amx_whole(p.S), deep = amx_whole(p.D), high = std::min(kQueries, amx_whole(p.T_q)), span = std::min(kKeys, wide);
  const bool only_causal = !p.bias && !p.key_mask && p.window == 0;
  TaskMemory room(2 * wide * deep * 2 + high * deep * 2 + high * span * 2 + high * span * 4 + high * deep * 4);
  char* const keys = room.take(wide * deep * 2);
  char* const values = room.take(wide * deep * 2);
  char* const queries = room.take(high * deep * 2);
  char* const weights = room.take(high * span * 2);
  float* const scores = room.floats(high * span);
  float* const sums = room.floats(high * deep);
  lay_keys(p, b, g, keys);
  amx_lay_b(p.v.at(b, g), p.v.row, 1, p.D, p.S, values);
  const device::AmxRegisters registers;
  for (int64_t t0 = 0; t0 < p.T_q; t0 += kQueries) {
    const int64_t rows = std::min(kQueries, p.T_q - t0), down = amx_whole(rows) / kAmxSide;
    const int64_t first = key_begin(p, t0) / kAmxSide * kAmxSide, last = key_end(p, t0 + rows - 1);
    float top[kQueries], sum[kQueries];
    std::fill_n(top, rows, -std::numeric_limits<float>::infinity());
    std::fill_n(sum, rows, 0.0f);
    if (last <= first) std::fill_n(sums, rows * deep, 0.0f);
    lay_queries(p.q.at(b, h) + t0 * p.q.row, p.q.row, rows, p.D, queries);
    for (int64_t s0 = first; s0 < last; s0 += kKeys) {
      const int64_t n = std::min(kKeys, last - s0), width = amx_whole(n);
      amx_multiply({queries, deep / kAmxSide}, down, {keys + amx_bytes(s0, p.D), deep / kAmxSide}, width / kAmxSide, deep / kAmxSide, scores, width, false);
      for (int64_t r = 0; r < rows; ++r) {
        const float keep = softmax_row(p, only_causal, b, h, t0 + r, s0, n, s0 == first, scores + r * width, top[r], sum[r]);
        if (s0 > first) scale_row(sums + r * deep, deep, keep);
      }
      amx_round_a(scores, width, rows, n, weights);
      amx_multiply({weights, width / kAmxSide}, down, {values + s0 / kAmxSide * kAmxStepBytes, wide / kAmxSide}, deep / kAmxSide, width / kAmxSide, sums, deep,
                   s0 > first);
    }
    for (int64_t r = 0; r < rows; ++r) {
      scale_row(sums + r * deep, p.D, sum[r] > 0 ? 1 / sum[r] : 0.0f);
      put_row(sums + r * deep, p.D, out.at(b, h) + (t0 + r) * out.row);
      p.lse[h * p.T_q + t0 + r] = log_sum(top[r], sum[r]);
    }
  }
}

// What a task of the backward holds: k and v as they are met, and the sums of their gradients, turned: dk' += q' dS, dv' += do' P, so that P and dS
// enter as they lie.
struct BackwardWork {
  explicit BackwardWork(const NarrowProblem& p)
      : wide(amx_whole(p.S)), deep(amx_whole(p.D)), high(std::min(kQueries, amx_whole(p.T_q))), span(std::min(kKeys, wide)),
        room(3 * wide * deep * 2 + 2 * deep * wide * 4 + 4 * high * deep * 2 + 3 * high * span * 2 + 2 * high * span * 4 + high * deep * 4 + 2 * deep * 4) {}
  int64_t wide, deep, high, span;
  TaskMemory room;
  char* const keys_across = room.take(wide * deep * 2);    // B (D, S)
  char* const values_across = room.take(wide * deep * 2);  // B (D, S)
  char* const keys_down = room.take(wide * deep * 2);      // B (S, D)
  float* const dk = room.floats(deep * wide);              // (D, S)
  float* const dv = room.floats(deep * wide);              // (D, S)
  char* const q = room.take(high * deep * 2);              // A (rows, D)
  char* const dy = room.take(high * deep * 2);             // A (rows, D)
  char* const q_turned = room.take(high * deep * 2);       // A (D, rows)
  char* const dy_turned = room.take(high * deep * 2);      // A (D, rows)
  char* const P_down = room.take(high * span * 2);         // B (rows, n)
  char* const dS_down = room.take(high * span * 2);        // B (rows, n)
  char* const dS_across = room.take(high * span * 2);      // A (rows, n)
  float* const P = room.floats(high * span);
  float* const dS = room.floats(high * span);
  float* const dq = room.floats(high * deep);
  float* const pair = room.floats(2 * deep);  // rows of o and do
};

float delta_of(const BackwardWork& w, const Bf16* o, const Bf16* dy, int64_t n) {
  device::widen(o, n, w.pair);
  device::widen(dy, n, w.pair + w.deep);
  return Dot(hn::ScalableTag<float>(), w.pair, w.pair + w.deep, n);
}

void narrow_backward_head(const NarrowProblem& p, const NarrowGradients& to, const BackwardWork& w, int64_t b, int64_t h) {
  const bool only_causal = !p.bias && !p.key_mask && p.window == 0;
  const int64_t steps = w.deep / kAmxSide;
  for (int64_t t0 = 0; t0 < p.T_q; t0 += kQueries) {
    const int64_t rows = std::min(kQueries, p.T_q - t0), down = amx_whole(rows) / kAmxSide;
    const int64_t first = key_begin(p, t0) / kAmxSide * kAmxSide, last = key_end(p, t0 + rows - 1);
    const Bf16* const q = p.q.at(b, h) + t0 * p.q.row;
    const Bf16* const dy = to.d_o.at(b, h) + t0 * to.d_o.row;
    amx_lay_a(q, p.q.row, 1, rows, p.D, w.q);
    amx_lay_a(dy, to.d_o.row, 1, rows, p.D, w.dy);
    amx_lay_a(q, 1, p.q.row, p.D, rows, w.q_turned);
    amx_lay_a(dy, 1, to.d_o.row, p.D, rows, w.dy_turned);
    float delta[kQueries];
    for (int64_t r = 0; r < rows; ++r) delta[r] = delta_of(w, to.o.at(b, h) + (t0 + r) * to.o.row, dy + r * to.d_o.row, p.D);
    if (last <= first) std::fill_n(w.dq, rows * w.deep, 0.0f);
    for (int64_t s0 = first; s0 < last; s0 += kKeys) {
      const int64_t n = std::min(kKeys, last - s0), width = amx_whole(n), across = width / kAmxSide;
      amx_multiply({w.q, steps}, down, {w.keys_across + amx_bytes(s0, p.D), steps}, across, steps, w.P, width, false);
      amx_multiply({w.dy, steps}, down, {w.values_across + amx_bytes(s0, p.D), steps}, across, steps, w.dS, width, false);
      for (int64_t r = 0; r < rows; ++r) gradient_row(p, only_causal, b, h, t0 + r, s0, n, delta[r], w.P + r * width, w.dS + r * width);
      amx_round_b(w.P, width, n, rows, w.P_down);
      amx_round_b(w.dS, width, n, rows, w.dS_down);
      amx_round_a(w.dS, width, rows, n, w.dS_across);
      amx_multiply({w.dy_turned, down}, steps, {w.P_down, down}, across, down, w.dv + s0, w.wide, true);
      amx_multiply({w.q_turned, down}, steps, {w.dS_down, down}, across, down, w.dk + s0, w.wide, true);
      amx_multiply({w.dS_across, across}, down, {w.keys_down + s0 / kAmxSide * kAmxStepBytes, w.wide / kAmxSide}, steps, across, w.dq, w.deep, s0 > first);
    }
    for (int64_t r = 0; r < rows; ++r) device::narrow(w.dq + r * w.deep, p.D, to.dq.at(b, h) + (t0 + r) * to.dq.row);
  }
}

void narrow_backward(const NarrowProblem& all, const NarrowGradients& to, int64_t b, int64_t g) {
  const NarrowProblem p = all.text(b);
  if (p.dbias) std::fill_n(p.dbias + g * p.group * p.bias_width, p.group * p.bias_width, 0.0f);
  const BackwardWork w(p);
  lay_keys(p, b, g, w.keys_across);
  amx_lay_b(p.v.at(b, g), 1, p.v.row, p.S, p.D, w.values_across);
  amx_lay_b(p.k.at(b, g), p.k.row, 1, p.D, p.S, w.keys_down);
  std::fill_n(w.dk, w.deep * w.wide, 0.0f);
  std::fill_n(w.dv, w.deep * w.wide, 0.0f);
  {
    const device::AmxRegisters registers;
    for (int64_t h = g * p.group; h < (g + 1) * p.group; ++h) narrow_backward_head(p, to, w, b, h);
  }
  const auto turn_back = [&](float* sums, Bf16* out, int64_t row) {
    auto* const rounded = reinterpret_cast<Bf16*>(w.keys_down);  // (D, S), done with
    device::narrow(sums, w.wide * p.D, rounded);
    device::transpose(rounded, p.D, p.S, w.wide, out, row);
  };
  turn_back(w.dk, to.dk.at(b, g), to.dk.row);
  turn_back(w.dv, to.dv.at(b, g), to.dv.row);
}

const NarrowTable& narrow_table() {
  static constexpr NarrowTable table = {.forward = narrow_forward<Bf16>, .forward_wide = narrow_forward<float>, .backward = narrow_backward};
  return table;
}

}  // namespace grim::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace grim::cpu {
namespace {
HWY_EXPORT(narrow_table);
const NarrowTable& tasks() { return HWY_DYNAMIC_DISPATCH(narrow_table)(); }
}  // namespace

void narrow_attention(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse) {
  const auto run = [&]<class T>(NarrowForward<T> task) {
    const AttentionProblem<float, T, Bf16> p = problem<float, T, Bf16>(options, q, k, v, lse);
    each_head(p, p.H, [&, out = heads_of<T>(o, options.offsets)](int64_t b, int64_t h) { task(p, out, b, h); });
  };
  is_narrow(q) ? run(tasks().forward) : run(tasks().forward_wide);
}

void narrow_attention_backward(const AttentionOptions& options, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& o, const Tensor& lse,
                               const Tensor& d_o, const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& dbias) {
  NarrowProblem p = problem<float, Bf16>(options, q, k, v, lse);
  if (dbias.defined()) p.dbias = dbias.data<float>();
  const NarrowGradients to{.o = heads_of<const Bf16>(o, options.offsets), .d_o = heads_of<const Bf16>(d_o, options.offsets),
                           .dq = heads_of<Bf16>(dq, options.offsets), .dk = heads_of<Bf16>(dk, options.key_offsets),
                           .dv = heads_of<Bf16>(dv, options.key_offsets)};
  each_head(p, p.H / p.group, [&, run = tasks().backward](int64_t b, int64_t g) { run(p, to, b, g); });
}

}  // namespace grim::cpu
#endif
