// Cross-entropy of dense rows of logits, for one thread. With smoothing s the target is (1 - s) one_hot + s / V, so
//   loss = lse - (1 - s) x[target] - s mean(x),   lse = log sum e^x,
//   d loss / d x_j = e^(x_j - lse) - (1 - s) [j = target] - s / V.
// Logits of +inf share the softmax, as in softmax_cpu.h; then lse is inf and loss log(their number) or, for another target, inf.
#pragma once

#include <cstdint>

namespace grim::cpu {

template <class T> struct LogitRows {
  int64_t rows = 0, V = 0;
  const T* x = nullptr;
  const int64_t* targets = nullptr;  // checked by the caller: 0 .. V-1 or `ignored`
  int64_t ignored = 0;
  double smoothing = 0;
};
// lse (rows,) and loss (rows,); an ignored row has loss 0.
void cross_entropy_forward(const LogitRows<float>& in, float* lse, double* loss);
void cross_entropy_forward(const LogitRows<double>& in, double* lse, double* loss);
// dx[r] = scale[r * scale_step] d loss[r] / d x[r], 0 for an ignored row. dx may be x.
void cross_entropy_backward(const LogitRows<float>& in, const float* lse, const float* scale, int64_t scale_step,
                            float* dx);
void cross_entropy_backward(const LogitRows<double>& in, const double* lse, const double* scale, int64_t scale_step,
                            double* dx);

}  // namespace grim::cpu
