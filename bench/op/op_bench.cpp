// Single operations, as a training step calls them, with Google Benchmark:
//
//   op_bench [--threads N] [--benchmark_filter=softmax] [--benchmark_format=json] ...
//
// "forward" records nothing; "train" is forward and backward. Rates: bytes/s counts each operand and each result once (what the
// operation must move at least, not what it does), flop/s counts multiplications and additions of the products alone.

#include <cstdlib>
#include <cstring>

#include <benchmark/benchmark.h>

#include "grimoire/autograd/tape.h"
#include "grimoire/device/threads.h"
#include "grimoire/op/attention.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/dropout.h"
#include "grimoire/op/embedding.h"
#include "grimoire/op/linear.h"
#include "grimoire/op/norm.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/softmax.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/tensor/random.h"

using benchmark::State;

namespace grim {
namespace {

Rng& rng() {
  static Rng r(RngMode::philox, 1);
  return r;
}
Tensor normal(const Shape& shape) { return randn(shape, rng()); }
Tensor leaf(const Shape& shape) { return requires_grad(normal(shape)); }

void rate(State& state, const char* name, double each) {
  state.counters[name] = benchmark::Counter(each, benchmark::Counter::kIsIterationInvariantRate);
}
void bytes(State& state, double floats) { rate(state, "bytes/s", 4 * floats); }

template <class F> void forward(State& state, F&& f) {
  const NoGrad no_grad;
  for (auto _ : state) benchmark::DoNotOptimize(f().raw());
}
template <class F> void train(State& state, std::initializer_list<Tensor> leaves, F&& f) {
  const Tensor dy = normal(f().shape());
  for (auto _ : state) {
    for (const Tensor& x : leaves) zero_grad(x);
    backward(f(), dy);
  }
}

// --- element by element, over n numbers
void add_forward(State& state) {
  const Tensor a = normal({state.range(0)}), b = normal({state.range(0)});
  forward(state, [&] { return a + b; });
  bytes(state, 3.0 * static_cast<double>(state.range(0)));
}
void gelu_train(State& state) {
  const Tensor x = leaf({state.range(0)});
  train(state, {x}, [&] { return gelu(x); });
  bytes(state, 5.0 * static_cast<double>(state.range(0)));  // x, y; x, dy, dx
}
void dropout_train(State& state) {
  const Tensor x = leaf({state.range(0)});
  train(state, {x}, [&] { return dropout(x, 0.1, {1, 2, 3}); });
  bytes(state, 4.0 * static_cast<double>(state.range(0)));
}
void adam_step(State& state) {
  Parameters parameters({{"w", normal({state.range(0)})}});
  Adam adam(parameters, {.weight_decay = 0.1});
  adam.zero_grad();
  parameters.settle_gradients();
  for (auto _ : state) adam.step(1e-4);
  bytes(state, 7.0 * static_cast<double>(state.range(0)));  // w, m, v read and written, g read
}

// --- rows of R x C
double numbers(const State& state) { return static_cast<double>(state.range(0) * state.range(1)); }
Shape rows(const State& state) { return {state.range(0), state.range(1)}; }

void softmax_train(State& state) {
  const Tensor x = leaf(rows(state));
  train(state, {x}, [&] { return softmax(x, -1); });
  bytes(state, 5 * numbers(state));  // x, y; y, dy, dx
}
void layer_norm_forward(State& state) {
  const Tensor x = normal(rows(state)), weight = normal({state.range(1)}), bias = normal({state.range(1)});
  forward(state, [&] { return layer_norm(x, weight, bias); });
  bytes(state, 2 * numbers(state));
}
void layer_norm_train(State& state) {
  const Tensor x = leaf(rows(state)), weight = leaf({state.range(1)}), bias = leaf({state.range(1)});
  train(state, {x, weight, bias}, [&] { return layer_norm(x, weight, bias); });
  bytes(state, 5 * numbers(state));
}
void cross_entropy_train(State& state) {
  const Tensor x = leaf(rows(state)), y = randint(0, state.range(1), {state.range(0)}, rng());
  train(state, {x}, [&] { return cross_entropy(x, y); });
  bytes(state, 3 * numbers(state));  // x; x, dx
}
void embedding_train(State& state) {
  const Tensor weight = leaf({50257, state.range(1)}), ids = randint(0, 50257, {state.range(0)}, rng());
  const Tensor dy = normal(rows(state));
  for (auto _ : state) backward(embedding(weight, ids), dy);  // adds up: clearing the whole table is not the op's work
  bytes(state, 5 * numbers(state));
}

// --- products
void linear_train(State& state) {  // tokens, in, out; with bias and GELU, as in a transformer's feed-forward
  const int64_t N = state.range(0), I = state.range(1), O = state.range(2);
  const Tensor x = leaf({N, I}), weight = leaf({I, O}), bias = leaf({O});
  train(state, {x, weight, bias}, [&] { return linear(x, weight, bias, Activation::gelu_tanh); });
  rate(state, "flop/s", 6.0 * static_cast<double>(N * I * O));
}
void attention_train(State& state) {  // B, H, T of width 64, causal: half of the products count
  const int64_t B = state.range(0), H = state.range(1), T = state.range(2), D = 64;
  const Tensor qkv = leaf({B, T, 3 * H * D});
  train(state, {qkv}, [&] { return self_attention(qkv, H, {.mask = AttentionMask::causal}); });
  rate(state, "flop/s", 3 * 4.0 * static_cast<double>(B * H * D) * static_cast<double>(T * T) / 2);
}

void elements(benchmark::internal::Benchmark* b) { b->Arg(1000)->Arg(100000)->Arg(10000000)->UseRealTime(); }
void activations(benchmark::internal::Benchmark* b) { b->Args({512, 64})->Args({768, 128})->Args({4096, 768})->UseRealTime(); }
BENCHMARK(add_forward)->Apply(elements);
BENCHMARK(gelu_train)->Apply(elements);
BENCHMARK(dropout_train)->Apply(elements);
BENCHMARK(adam_step)->Apply(elements);
BENCHMARK(layer_norm_forward)->Apply(activations);
BENCHMARK(layer_norm_train)->Apply(activations);
BENCHMARK(embedding_train)->Apply(activations);
BENCHMARK(softmax_train)->Args({32, 27})->Args({768, 64})->Args({4096, 1024})->UseRealTime();
BENCHMARK(cross_entropy_train)->Args({32, 27})->Args({768, 65})->Args({256, 50257})->UseRealTime();
BENCHMARK(linear_train)->Args({512, 64, 256})->Args({768, 128, 512})->Args({1024, 768, 3072})->UseRealTime();
BENCHMARK(attention_train)->Args({32, 4, 16})->Args({12, 4, 64})->Args({4, 12, 1024})->UseRealTime();

}  // namespace
}  // namespace grim

int main(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; ++i)
    if (!std::strcmp(argv[i], "--threads")) {
      grim::device::set_thread_cap(std::atoi(argv[i + 1]));
      argv[i + 1] = argv[argc - 1], argv[i] = argv[argc - 2];
      argc -= 2;
    }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
