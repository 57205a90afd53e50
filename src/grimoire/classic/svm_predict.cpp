// Decision values and votes from blocks of kernel values against the support vectors.
#include <algorithm>
#include <numeric>

#include "grimoire/classic/narrowing.h"
#include "grimoire/classic/svm.h"
#include "grimoire/device/threads.h"

namespace grim {

// Support vectors ready for kernel values.
struct KernelMachine::Engine {
  virtual ~Engine() = default;
  // out (N, pairs) = f of every pair; begin: where each class's support vectors begin.
  virtual void run(const Features& x, const std::vector<double>& dual, const std::vector<double>& rho, const std::vector<int64_t>& begin,
                   double* out) const = 0;
};

template <class T> struct KernelMachine::EngineOf : Engine {
  EngineOf(const Kernel& k, const Features& v, const std::vector<int64_t>& rows) : kernel(k), vectors(v), set(k, v) {
    if (k.kind == Kernel::Kind::precomputed) set.set_columns(rows);
  }
  void run(const Features& x, const std::vector<double>& dual, const std::vector<double>& rho, const std::vector<int64_t>& begin,
           double* out) const override {
    constexpr int64_t kRows = 2048;
    const bool bits = set.form() == KernelSet<T>::Form::bits && KernelSet<T>::fits_bits(x);
    if (set.form() == KernelSet<T>::Form::bits && !bits) {
      const KernelSet<T> plain(kernel, vectors, x.is_sparse() ? KernelSet<T>::Form::sparse : KernelSet<T>::Form::dense);
      return run_with(plain, x, kRows, dual, rho, begin, out);
    }
    run_with(set, x, kRows, dual, rho, begin, out);
  }
  void run_with(const KernelSet<T>& base, const Features& x, int64_t step, const std::vector<double>& dual, const std::vector<double>& rho,
                const std::vector<int64_t>& begin, double* out) const {
    const int64_t S = base.rows(), K = static_cast<int64_t>(begin.size()) - 1, pairs = static_cast<int64_t>(rho.size()), N = x.rows();
    constexpr int64_t kBlock = 48;
    for (int64_t first = 0; first < N; first += step) {
      std::vector<int64_t> some(static_cast<size_t>(std::min(step, N - first)));
      std::iota(some.begin(), some.end(), first);
      const Features rows = N <= step ? x : x.pick_rows(some);
      const KernelSet<T> queries(kernel, rows, base.form(), &base);
      const int64_t blocks = (rows.rows() + kBlock - 1) / kBlock;
      device::for_chunks(blocks, [&](int64_t b) {
        const int64_t from = b * kBlock, many = std::min(kBlock, rows.rows() - from);
        std::vector<T> k(static_cast<size_t>(many * S));
        std::vector<T*> at;
        std::vector<int64_t> ids;
        for (int64_t i = 0; i < many; ++i) at.push_back(&k[i * S]), ids.push_back(from + i);
        base.values(queries, ids, 0, S, at.data());
        for (int64_t i = 0; i < many; ++i) decide(at[i], dual, rho, begin, K, pairs, S, out + (first + from + i) * pairs);
      });
    }
  }
  // LIBSVM's layout: with classes a < b, row b - 1 of `dual` holds class a's coefficients against b, row a class b's against a.
  static void decide(const T* k, const std::vector<double>& dual, const std::vector<double>& rho, const std::vector<int64_t>& begin,
                     int64_t K, int64_t pairs, int64_t S, double* out) {
    const auto part = [&](int64_t row, int64_t from, int64_t to) {
      double even = 0, odd = 0;
      for (int64_t s = from; s + 1 < to; s += 2) {
        even += dual[row * S + s] * static_cast<double>(k[s]);
        odd += dual[row * S + s + 1] * static_cast<double>(k[s + 1]);
      }
      if ((to - from) % 2) even += dual[row * S + to - 1] * static_cast<double>(k[to - 1]);
      return even + odd;
    };
    if (pairs == 1) {
      out[0] = part(0, 0, S) - rho[0];
      return;
    }
    for (int64_t a = 0, p = 0; a < K; ++a)
      for (int64_t b = a + 1; b < K; ++b, ++p) out[p] = part(b - 1, begin[a], begin[a + 1]) + part(a, begin[b], begin[b + 1]) - rho[p];
  }
  Kernel kernel;
  Features vectors;
  KernelSet<T> set;
};

KernelMachine::KernelMachine() = default;
KernelMachine::~KernelMachine() = default;

void KernelMachine::make_engine() {
  const Features vectors = offset_.empty() ? vectors_ : less_offsets(vectors_, offset_);
  if (doubles_)
    engine_ = std::make_unique<EngineOf<double>>(kernel_, vectors, rows_);
  else
    engine_ = std::make_unique<EngineOf<float>>(kernel_, vectors, rows_);
}

std::vector<double> KernelMachine::pair_values(const Features& x) const {
  std::vector<int64_t> begin{0};
  for (int64_t c : counts_) begin.push_back(begin.back() + c);
  std::vector<double> f(static_cast<size_t>(x.rows()) * rho_.size());
  engine_->run(offset_.empty() ? x : less_offsets(x, offset_), dual_, rho_, begin, f.data());
  return f;
}

Tensor KernelMachine::decision_on(const Features& x) const {
  std::vector<double> f = pair_values(x);
  if (is_classifier() && rho_.size() == 1)
    for (double& v : f) v = -v;
  return Tensor::from(f, {x.rows(), static_cast<int64_t>(rho_.size())});
}

void KernelMachine::predict_on(const Features& x, double* out) const {
  const std::vector<double> f = pair_values(x);
  const int64_t K = static_cast<int64_t>(counts_.size()), pairs = static_cast<int64_t>(rho_.size());
  for (int64_t r = 0; r < x.rows(); ++r) {
    if (!is_classifier()) {
      out[r] = machine() == Form::one_class ? (f[r] > 0 ? 1 : -1) : f[r];
      continue;
    }
    std::vector<int64_t> votes(static_cast<size_t>(K), 0);
    for (int64_t a = 0, p = 0; a < K; ++a)
      for (int64_t b = a + 1; b < K; ++b, ++p) ++votes[static_cast<size_t>(f[r * pairs + p] > 0 ? a : b)];
    out[r] = static_cast<double>(std::max_element(votes.begin(), votes.end()) - votes.begin());
  }
}

}  // namespace grim
