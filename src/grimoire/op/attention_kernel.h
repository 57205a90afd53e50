#pragma once

#include <cstdint>

#include "grimoire/op/dropout.h"

namespace grim::cpu {

// One of q, k, v, o: element (b, h, t, d) lies at data + b * batch + h * head + t * row + d.
template <class T> struct Heads {
  T* data = nullptr;
  int64_t batch = 0, head = 0, row = 0;
  T* at(int64_t b, int64_t h) const { return data + b * batch + h * head; }
};

template <class T> struct AttentionProblem {
  int64_t B, H, T_q, S, D;
  bool causal;
  const bool* key_mask;  // (B, S) dense, or null
  double scale;
  double dropout;
  DropoutKey key;
  Heads<const T> q, k, v;
  T* lse;  // (B, H, T): log of each row's sum of exponentials, which the backward needs
};

template <class T> void attention_forward(const AttentionProblem<T>& p, const Heads<T>& o);
// Writes dq, dk, dv (not adding).
template <class T>
void attention_backward(const AttentionProblem<T>& p, const Heads<const T>& o, const Heads<const T>& d_o, const Heads<T>& dq,
                        const Heads<T>& dk, const Heads<T>& dv);

}  // namespace grim::cpu
