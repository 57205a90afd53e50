// Decompositions as bench/compare/linalg.py asks for them: one line in, the name of a task; one line out, its seconds.
#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "grimoire/base/rng.h"
#include "grimoire/device/threads.h"
#include "grimoire/stats/linalg.h"
#include "grimoire/stats/pca.h"

namespace {

using grim::Dtype;
using grim::Tensor;

Tensor random(int64_t rows, int64_t columns) {
  const Tensor t = Tensor::empty({rows, columns}, Dtype::f64);
  grim::Rng(grim::RngMode::philox, 1).fill_normal(std::span<double>(t.data<double>(), static_cast<size_t>(t.numel())));
  return t;
}
Tensor symmetric(int64_t n) {
  const Tensor t = random(n, n);
  double* const a = t.data<double>();
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < i; ++j) a[i * n + j] = a[j * n + i] = 0.5 * (a[i * n + j] + a[j * n + i]);
  return t;
}
// 60,000 rows of 784 numbers with a falling spectrum, f32.
Tensor pictures() {
  const int64_t n = 60000, d = 784;
  const Tensor t = Tensor::empty({n, d}, Dtype::f32);
  float* const x = t.data<float>();
  grim::Rng(grim::RngMode::philox, 2).fill_normal(std::span<float>(x, static_cast<size_t>(t.numel())));
  for (int64_t i = 0; i < n * d; ++i) x[i] = x[i] / (1 + 0.1f * static_cast<float>(i % d)) + 0.5f;
  return t;
}

}  // namespace

int main() {
  grim::device::set_thread_cap(1);
  const Tensor s1000 = symmetric(1000), s2000 = symmetric(2000), a1000 = random(1000, 1000), x = pictures();
  const std::map<std::string, std::function<void()>> tasks = {
      {"eigen-1000", [&] { grim::stats::eigen_symmetric(s1000); }},
      {"eigenvalues-1000", [&] { grim::stats::eigenvalues_symmetric(s1000); }},
      {"svd-1000", [&] { grim::stats::svd(a1000); }},
      {"top10-2000", [&] { grim::stats::eigen_top(s2000, 10); }},
      {"pca50-60000x784", [&] { grim::stats::pca(x, 50); }},
  };
  std::string name;
  while (std::getline(std::cin, name)) {
    const auto task = tasks.find(name);
    if (task == tasks.end()) return 1;
    const auto start = std::chrono::steady_clock::now();
    task->second();
    std::printf("%.6f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    std::fflush(stdout);
  }
}
