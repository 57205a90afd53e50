// Our side of bench/compare/run.py: whole training steps of known workloads.
//
//   compare_steps --workload W --threads T [--dtype bf16]   prints "ready", the multiplications of a step's products in billions and the weights in
//                                               millions; then for each line K on stdin runs K steps and prints the seconds they took; ends with its input.
//   compare_steps --workload W --threads T --steps N     runs N steps and prints milliseconds for one, the best of five,
//                                               and the most memory of a step beside weights and moments: activations, gradients, temporaries.
//   Of smollm2-lora: --base-dtype q8_0|q4_0 holds what is frozen in few bits. With --model DIR, a folder of SmolLM2, --tokens FILE of its ids (i32), and
//   --adapter DIR, where the adapter goes before its first step, batches are the file's texts in order, and --losses N prints the losses of N steps.
// The workloads and their settings are those of torch_steps.py.

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/clock.h"
#include "grimoire/base/files.h"
#include "grimoire/data/windows.h"
#include "grimoire/device/instructions.h"
#include "grimoire/device/memory.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/few_bits.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/model/bert.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/llama.h"
#include "grimoire/model/mlp.h"
#include "grimoire/model/register.h"
#include "grimoire/model/t5.h"
#include "grimoire/nn/products.h"
#include "grimoire/op/gather.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/tensor/random.h"

namespace grim {
namespace {

struct LoraSettings {
  std::string model, tokens, adapter;
  BaseDtype base_dtype = BaseDtype::same;
};

struct Workload {
  std::shared_ptr<Pretrained> model;
  std::unique_ptr<Parameters> parameters;
  std::unique_ptr<Optimizer> optimizer;
  std::function<Tensor(int64_t step, Pass& pass)> loss;
  double lr = 0, clip = 0;
  double products = 0;  // multiplications in those of a forward pass
  double passes = 3;    // as many a step costs: backward makes two for each, and one where the matrix is frozen

  double step(int64_t s) const {  // its loss
    optimizer->zero_grad();
    Pass pass = Pass::train(1, static_cast<uint32_t>(s));
    const Tensor mean = loss(s, pass);
    backward(mean);
    optimizer->step(lr, clip > 0 ? clip_scale(parameters->gradient_norm(), clip) : 1.0);
    return mean.item();
  }
};

// Rows drawn from random examples that lie ready in memory.
std::function<Examples(int64_t)> rows_of(Examples all, int64_t batch_size) {
  return [all, batch_size](int64_t step) {
    Rng rng(RngMode::philox, 7, "batch", static_cast<uint32_t>(step));
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < batch_size; ++i) rows.push_back(rng.randint(0, all.x.dim(0)));
    return take_rows(all, rows);
  };
}

std::function<Examples(int64_t)> crops_of(int64_t tokens, int64_t V, int64_t B, int64_t T) {
  Rng rng(RngMode::philox, 3);
  auto ids = std::make_shared<Ids>(randint(0, V, {tokens}, rng).to_vector<int64_t>());
  return [ids, B, T](int64_t step) {
    Rng draw(RngMode::philox, 7, "batch", static_cast<uint32_t>(step));
    std::vector<int64_t> starts;
    for (int64_t i = 0; i < B; ++i) starts.push_back(draw.randint(0, crop_count(static_cast<int64_t>(ids->size()), T)));
    return text_crops(*ids, starts, T);
  };
}

// Of a language model on these batches.
std::function<Tensor(int64_t, Pass&)> next_tokens(const std::shared_ptr<Pretrained>& model, std::function<Examples(int64_t)> batch) {
  return [lm = std::dynamic_pointer_cast<CausalLm>(model), batch = std::move(batch)](int64_t step, Pass& pass) {
    const Examples e = batch(step);
    return lm->loss(e.x, e.y, pass);
  };
}

// B texts of T random tokens one behind the other, from the step.
TokenBatch texts_of(int64_t step, std::string_view stream, int64_t V, int64_t B, int64_t T) {
  Rng rng(RngMode::philox, 7, stream, static_cast<uint32_t>(step));
  TokenBatch b{randint(0, V, {B * T}, rng), Tensor::zeros({B * T}, Dtype::i64), {0}};
  for (int64_t i = 1; i <= B; ++i) b.offsets.push_back(i * T);
  return b;
}

// The masked places, 15 in 100 of each text, through the head.
std::function<Tensor(int64_t, Pass&)> masked_words(const std::shared_ptr<Pretrained>& model, int64_t V, int64_t B, int64_t T) {
  return [bert = std::dynamic_pointer_cast<Bert>(model), V, B, T](int64_t step, Pass& pass) {
    const TokenBatch texts = texts_of(step, "batch", V, B, T);
    std::vector<int64_t> places;
    for (int64_t b = 0; b < B; ++b)
      for (int64_t i = 0; i < T * 15 / 100; ++i) places.push_back(b * T + i * 100 / 15);
    const Tensor at = Tensor::from<int64_t>(places, {static_cast<int64_t>(places.size())});
    return bert->masked_loss(index_select(bert->hidden(texts, pass), 0, at), index_select(texts.ids, 0, at));
  };
}

// Multiplications of a forward pass: `layers` transformer layers of width C and inner width F read `tokens` in texts of T, each token `seen` of a text's
// in the mean; `rows` go through a head of C by V.
struct TransformerWork {
  double layers, C, F, tokens, seen, rows, V;
  double forward() const { return layers * tokens * (4 * C * C + 2 * C * F + 2 * C * seen) + rows * C * V; }
};

double gpt_work(const GptConfig& c, int64_t B, int64_t T) {
  const auto C = static_cast<double>(c.n_embd), tokens = static_cast<double>(B * T);
  return TransformerWork{static_cast<double>(c.n_layer), C, 4 * C, tokens, static_cast<double>(T) / 2, tokens, static_cast<double>(c.vocab_size)}.forward();
}

Workload of_model(std::shared_ptr<Pretrained> model, Dtype dtype) {
  Workload w;
  w.model = std::move(model);
  w.parameters = std::make_unique<Parameters>(w.model->parameters(), dtype);
  if (dtype == Dtype::bf16) round_frozen_to_bf16(*w.model), compute_in_bf16(*w.model);
  return w;
}

Workload with_adamw(std::shared_ptr<Pretrained> model, double lr, const AdamOptions& options, bool matrices_only, Dtype dtype) {
  Workload w = of_model(std::move(model), dtype);
  if (matrices_only) w.parameters->scale_weight_decay(decay_matrices_only);
  w.optimizer = std::make_unique<Adam>(*w.parameters, options);
  w.lr = lr;
  return w;
}

// Queries and values of SmolLM2-135M's shape have adapters of rank 8, all else is frozen.
Workload smollm2_lora(Dtype dtype, const LoraSettings& s, Rng& rng) {
  constexpr int64_t kTexts = 4, kLength = 256;
  AdapterConfig adapter{.kind = AdapterKind::lora, .base_dtype = s.base_dtype, .base = s.model};
  const LlamaConfig config{.vocab_size = 49152, .context = 2048, .n_embd = 576, .n_inner = 1536, .n_layer = 30, .n_head = 9, .n_kv_head = 3, .tied = true};
  std::shared_ptr<Pretrained> model;
  std::function<Examples(int64_t)> batch = crops_of(1000000, 49152, kTexts, kLength);
  if (s.model.empty()) {
    model = std::make_shared<Llama>(config, rng);
  } else {
    Rng unset(RngMode::unset, 0);
    model = build_model(model_config(s.model), unset);
    hold_base(*model, adapter);
    load_weights(*model, s.model);
    const std::string bytes = read_file(s.tokens);
    auto ids = std::make_shared<std::vector<int32_t>>(bytes.size() / 4);
    std::memcpy(ids->data(), bytes.data(), bytes.size() / 4 * 4);
    batch = [ids](int64_t step) {
      Tensor x = Tensor::empty({kTexts, kLength}, Dtype::i64), y = x.like();
      for (int64_t i = 0; i < kTexts * kLength; ++i) {
        const auto at = static_cast<size_t>((step * kTexts * kLength + i) % (std::ssize(*ids) - 1));
        x.data<int64_t>()[i] = (*ids)[at], y.data<int64_t>()[i] = (*ids)[at + 1];
      }
      return Examples{x, y};
    };
  }
  attach_adapter(*model, adapter, rng);
  if (!s.adapter.empty() && !exists(s.adapter)) save_checkpoint(s.adapter, adapter_files(*model, adapter, {}));
  Workload w = with_adamw(model, 1e-4, {.beta2 = 0.999, .weight_decay = 0.01}, true, dtype);
  w.loss = next_tokens(w.model, batch);
  constexpr double C = 576, K = 192, F = 1536, kTokens = kTexts * kLength;
  w.products = kTokens * (30 * (2 * C * C + 2 * C * K + 3 * C * F + 2 * C * 128) + C * 49152);
  w.passes = 2;
  return w;
}

Workload make_workload(const std::string& name, Dtype dtype, const LoraSettings& lora) {
  Rng rng(RngMode::philox, 42);
  if (name == "notebook-mlp") {
    Workload w = of_model(std::make_unique<Mlp>(MlpConfig{}, rng), dtype);
    w.optimizer = std::make_unique<Sgd>(*w.parameters, SgdOptions{});
    w.loss = next_tokens(w.model, rows_of({randint(0, 27, {182625, 3}, rng), randint(0, 27, {182625}, rng)}, 32));
    w.lr = 0.1;
    w.products = 32 * static_cast<double>(w.model->parameter_count());
    return w;
  }
  if (name == "makemore-mlp") {  // 32 sequences of 16 places, each place a window of 16 tokens
    Workload w = with_adamw(std::make_unique<Mlp>(MlpConfig{.context = 16, .n_embd = 64, .n_hidden = 64}, rng), 5e-4,
                            {.beta2 = 0.99, .weight_decay = 0.01}, false, dtype);
    w.loss = next_tokens(w.model, rows_of({randint(0, 27, {20000, 16}, rng), randint(0, 27, {20000}, rng)}, 512));
    w.products = 512 * static_cast<double>(w.model->parameter_count());
    return w;
  }
  if (name == "makemore-transformer") {
    Workload w = with_adamw(std::make_unique<Gpt>(GptConfig::makemore(), rng), 5e-4, {.beta2 = 0.99, .weight_decay = 0.01}, false, dtype);
    w.loss = next_tokens(w.model, rows_of({randint(0, 27, {25000, 16}, rng), randint(0, 27, {25000, 16}, rng)}, 32));
    w.products = gpt_work(GptConfig::makemore(), 32, 16);
    return w;
  }
  if (name == "nanogpt-cpu" || name == "nanogpt-char") {
    const bool small = name == "nanogpt-cpu";
    const GptConfig config = small ? GptConfig::nanogpt_cpu() : GptConfig::nanogpt_char();
    const int64_t B = small ? 12 : 16, T = small ? 64 : 256;
    Workload w = with_adamw(std::make_unique<Gpt>(config, rng), 1e-3,
                            {.beta2 = 0.99, .weight_decay = 0.1}, true, dtype);
    w.loss = next_tokens(w.model, crops_of(1000000, 65, B, T));
    w.clip = 1;
    w.products = gpt_work(config, B, T);
    return w;
  }
  if (name == "gpt2-124m" || name == "gpt2-256" || name == "gpt2-long") {
    const int64_t B = name == "gpt2-long" ? 1 : 4, T = name == "gpt2-long" ? 1024 : name == "gpt2-256" ? 256 : 64;
    Workload w = with_adamw(std::make_unique<Gpt>(GptConfig::gpt2(), rng), 1e-4, {.beta2 = 0.95, .weight_decay = 0.1}, true, dtype);
    w.loss = next_tokens(w.model, crops_of(1000000, 50257, B, T));
    w.products = gpt_work(GptConfig::gpt2(), B, T);
    return w;
  }
  if (name == "smollm2-lora") return smollm2_lora(dtype, lora, rng);
  if (name == "bert-base") {
    const BertConfig base{.dropout = 0, .head = BertHead::masked};
    Workload w = with_adamw(std::make_unique<Bert>(base, rng), 1e-4, {.beta2 = 0.999, .weight_decay = 0.01}, true, dtype);
    w.loss = masked_words(w.model, base.vocab_size, 8, 128);
    const double C = static_cast<double>(base.n_embd), hidden = 8 * (128 * 15 / 100);
    w.products = TransformerWork{12, C, 4 * C, 8 * 128, 128, hidden, static_cast<double>(base.vocab_size)}.forward() + hidden * C * C;
    return w;
  }
  if (name == "t5-small") {  // as many tokens as its paper's span corruption makes of 512
    Workload w = with_adamw(std::make_unique<T5>(T5Config{.dropout = 0}, rng), 1e-4, {.beta2 = 0.999, .weight_decay = 0.01}, true, dtype);
    w.loss = [t5 = std::dynamic_pointer_cast<T5>(w.model)](int64_t step, Pass& pass) {
      return t5->loss(texts_of(step, "source", 32128, 4, 512), texts_of(step, "target", 32128, 4, 114), pass);
    };
    constexpr double C = 512, kSource = 4 * 512, kTarget = 4 * 114;
    const double across = 6 * (2 * C * C * (kSource + kTarget) + 2 * C * 512 * kTarget);  // attention on the source: its keys and values, queries and outputs
    w.products = TransformerWork{6, C, 4 * C, kSource, 512, 0, 0}.forward() + TransformerWork{6, C, 4 * C, kTarget, 57, kTarget, 32128}.forward() + across;
    return w;
  }
  throw Error(ErrorKind::usage, "unknown workload '" + name + "'");
}

double seconds_for(const Workload& w, int64_t steps, int64_t& at) {
  const double begin = monotonic_seconds();
  for (int64_t i = 0; i < steps; ++i) w.step(at++);
  return monotonic_seconds() - begin;
}

int run(int argc, char** argv) {
  std::string name;
  int threads = 1;
  int64_t steps = 0, losses = 0;
  LoraSettings lora;
  Dtype dtype = Dtype::f32;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!std::strcmp(argv[i], "--workload")) name = argv[i + 1];
    if (!std::strcmp(argv[i], "--threads")) threads = std::stoi(argv[i + 1]);
    if (!std::strcmp(argv[i], "--dtype")) dtype = dtype_named(argv[i + 1]);
    if (!std::strcmp(argv[i], "--steps")) steps = std::stoll(argv[i + 1]);
    if (!std::strcmp(argv[i], "--model")) lora.model = argv[i + 1];
    if (!std::strcmp(argv[i], "--tokens")) lora.tokens = argv[i + 1];
    if (!std::strcmp(argv[i], "--adapter")) lora.adapter = argv[i + 1];
    if (!std::strcmp(argv[i], "--losses")) losses = std::stoll(argv[i + 1]);
    if (!std::strcmp(argv[i], "--base-dtype")) lora.base_dtype = argv[i + 1][1] == '8' ? BaseDtype::q8_0 : BaseDtype::q4_0;
  }
  device::set_thread_cap(threads);
  const Workload w = make_workload(name, dtype, lora);
  int64_t at = 0;
  for (; at < losses; ++at) std::printf("%.6f\n", w.step(at));
  if (losses > 0) return 0;
  seconds_for(w, 3, at);
  if (steps > 0) {
    double best = 1e9;
    for (int i = 0; i < 5; ++i) best = std::min(best, seconds_for(w, steps, at) / static_cast<double>(steps));
    w.optimizer->zero_grad();
    const int64_t state = device::memory_use().live_bytes;
    device::reset_peak();
    seconds_for(w, 1, at);
    const double peak = static_cast<double>(device::memory_use().peak_bytes - state);
    std::printf("%s, %d threads: %.4f ms a step, %.1f MB\n", name.c_str(), threads, best * 1e3, peak / 1e6);
    return 0;
  }
  std::printf("ready %.9g %.9g\n", 1e-9 * w.passes * w.products, 1e-6 * static_cast<double>(w.parameters->count()));
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    std::printf("%.9f\n", seconds_for(w, std::stoll(line), at));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace grim

int main(int argc, char** argv) {
  try {
    grim::device::limit_instructions();
    return grim::run(argc, argv);
  } catch (const grim::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
}
