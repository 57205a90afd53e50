// What this machine can do, beside which every figure of a benchmark stands: the rates of products and of memory, one thread and all.
//   roofline [SECONDS]      of each measurement, 1 when not said; the best of its rounds counts
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <vector>

#include <dnnl.h>

#include "grimoire/device/gemm.h"
#include "grimoire/device/instructions.h"
#include "grimoire/device/onednn.h"
#include "grimoire/device/threads.h"
#include "grimoire/tensor/tensor.h"

namespace {

using namespace grim;

// Seconds of the fastest of the rounds that fit.
template <class F> double best_of(double seconds, F&& round) {
  using Clock = std::chrono::steady_clock;
  const auto since = [](Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); };
  round();  // touches the memory
  double best = 1e300;
  for (const auto start = Clock::now(); since(start) < seconds;) {
    const auto begin = Clock::now();
    round();
    best = std::min(best, since(begin));
  }
  return best;
}

constexpr int64_t M = 1024, K = 768, N = 3072;  // of a layer's size
constexpr double kBillions = 2e-9 * M * K * N;   // of multiply-adds, counted as two

template <class T> double product_rate(double seconds) {
  const Tensor a = Tensor::ones({M, K}, dtype_of<T>), b = Tensor::ones({K, N}, dtype_of<T>), c = Tensor::ones({M, N});
  const device::Gemm<T> product{.M = M, .N = N, .K = K, .a = a.data<T>(), .a_row = K, .b = b.data<T>(), .b_row = N, .c = c.data<float>(), .c_row = N};
  return kBillions / best_of(seconds, [&] { device::gemm(product); });
}

// oneDNN's own, in slices of rows; nothing here computes with bytes yet.
double byte_product_rate(double seconds) {
  const std::vector<uint8_t> a(M * K, 1);
  const std::vector<int8_t> b(K * N, 1);
  std::vector<int32_t> c(M * N);
  const int32_t zero = 0;
  return kBillions / best_of(seconds, [&] {
           device::parallel_for(M, 256, [&](int64_t begin, int64_t end) {
             device::keep_onednn_on_this_thread();
             if (dnnl_gemm_u8s8s32('N', 'N', 'F', end - begin, N, K, 1, a.data() + begin * K, K, 0, b.data(), N, 0, 0, c.data() + begin * N, N, &zero) !=
                 dnnl_success)
               std::abort();
           });
         });
}

constexpr int64_t kWords = int64_t{1} << 26;  // 512 MiB of 8 bytes: no cache holds them
constexpr int64_t kPiece = 1 << 16;

// GB/s of a sum, each thread in pieces that lie one behind the other.
double read_rate(double seconds) {
  const Tensor x = Tensor::ones({kWords}, Dtype::i64);
  std::vector<int64_t> sums(kWords / kPiece);
  const double best = best_of(seconds, [&] {
    device::parallel_for(kWords / kPiece, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t* const p = x.data<int64_t>() + i * kPiece;
        int64_t sum[16] = {};
        for (int64_t j = 0; j < kPiece; j += 16)
          for (int64_t k = 0; k < 16; ++k) sum[k] += p[j + k];
        sums[static_cast<size_t>(i)] = std::accumulate(sum, sum + 16, int64_t{0});
      }
    });
  });
  if (std::accumulate(sums.begin(), sums.end(), int64_t{0}) != kWords) std::abort();
  return 8e-9 * kWords / best;
}

// GB/s that are read and written together.
double copy_rate(double seconds) {
  const Tensor x = Tensor::ones({kWords / 2}, Dtype::i64), y = Tensor::ones({kWords / 2}, Dtype::i64);
  return 8e-9 * kWords / best_of(seconds, [&] {
           device::parallel_for(kWords / 2 / kPiece, 64, [&](int64_t begin, int64_t end) {
             std::memcpy(y.data<int64_t>() + begin * kPiece, x.data<int64_t>() + begin * kPiece, static_cast<size_t>((end - begin) * kPiece) * 8);
           });
         });
}

}  // namespace

int main(int argc, char** argv) {
  device::limit_instructions();
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  std::printf("%-24s %12s %12s\n", "", "one thread", "all");
  const auto row = [&](const char* what, auto&& rate) {
    double each[2];
    for (const int64_t threads : {1, 0}) {
      const device::ThreadCap cap(threads);
      each[threads == 0] = rate(seconds);
    }
    std::printf("%-24s %12.1f %12.1f\n", what, each[0], each[1]);
    std::fflush(stdout);
  };
  row("f32 products, GF/s", product_rate<float>);
  row("bf16 products, GF/s", product_rate<Bf16>);
  row("int8 products, GF/s", byte_product_rate);
  row("memory read, GB/s", read_rate);
  row("memory copied, GB/s", copy_rate);
}
