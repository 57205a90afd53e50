// Our side of inference.py: a model that writes, embeds or translates token ids.
//   bench_inference generate|beams|embed FOLDER THREADS TEXTS COUNT f32|bf16|q8_0|q4_0      TEXTS: ids of a text a line
// Says "ready" and then, for every line on stdin, what a round took, in seconds of wall time and of the processor, and what came of it:
//   generate   reading all texts, of one length, and choosing a token for each; the COUNT tokens behind them, greedily; the tokens, text by text
//   beams      COUNT tokens for each text, four beams, one text at a time; the tokens of the last
//   embed      all texts, COUNT at a time, in the order of their lengths: the mean over the tokens, to length 1; the cosine of each text with the next
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/device/instructions.h"
#include "grimoire/device/threads.h"
#include "grimoire/generate/batch.h"
#include "grimoire/generate/beams.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/nn/products.h"

namespace {

using namespace grim;
using Texts = std::vector<std::vector<int64_t>>;

// Wall time and processor time since it was made or last asked.
class Watch {
 public:
  std::string lap() {
    const Times before = std::exchange(last_, now());
    return str("{:.6f} {:.6f} ", last_.wall - before.wall, last_.cpu - before.cpu);
  }

 private:
  struct Times {
    double wall, cpu;
  };
  static Times now() {
    return {std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(), static_cast<double>(std::clock()) / CLOCKS_PER_SEC};
  }
  Times last_ = now();
};

Texts texts_of(const std::string& path) {
  std::ifstream file(path);
  Texts texts;
  for (std::string line; std::getline(file, line);) {
    std::istringstream ids(line);
    texts.emplace_back(std::istream_iterator<int64_t>(ids), std::istream_iterator<int64_t>());
  }
  return texts;
}

std::string said(const Texts& texts) {
  std::string all;
  for (const auto& tokens : texts)
    for (const int64_t t : tokens) all += str(" {}", t);
  return all;
}

std::string generate(const CausalLm& model, const Texts& texts, int64_t count) {
  const GenerationConfig config{.temperature = 0, .max_new_tokens = count + 1};
  std::string times;
  Watch watch;
  const Texts written = write_batch(model, texts, config, Rng(RngMode::philox, 1, "generate"), [&](size_t, const Choice&) {
    if (times.empty()) times = watch.lap();
    return true;
  });
  return times + watch.lap() + said(written);
}

std::string beams(const Seq2Seq& model, const Texts& texts, int64_t count) {
  const GenerationConfig config{.max_new_tokens = count, .num_beams = 4};
  std::vector<int64_t> last;
  Watch watch;
  for (const auto& text : texts) {
    const NoGrad no_grad;
    const auto writer = writer_from(model, TokenBatch::of(std::span(&text, 1)));
    last = search_beams(*writer, std::vector<int64_t>{model.start()}, config).at(0).tokens;
  }
  return watch.lap() + said({last});
}

std::string embed(const TextEncoder& model, const Texts& texts, int64_t count) {
  const NoGrad no_grad;
  Watch watch;
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return texts[i].size(); });
  const auto C = static_cast<size_t>(model.width());
  std::vector<float> vectors(texts.size() * C, 0.0f);
  for (size_t at = 0; at < order.size(); at += static_cast<size_t>(count)) {
    const std::span<const size_t> some = std::span(order).subspan(at, std::min(order.size() - at, static_cast<size_t>(count)));
    Texts batch;
    for (const size_t i : some) batch.push_back(texts[i]);
    Pass pass;
    const std::vector<float> hidden = model.hidden(TokenBatch::of(batch), pass).to_vector<float>();
    const float* row = hidden.data();
    for (const size_t i : some) {
      float* const v = vectors.data() + i * C;
      for (size_t t = 0; t < texts[i].size(); ++t, row += C)
        for (size_t c = 0; c < C; ++c) v[c] += row[c];
      const float scale = 1 / std::sqrt(std::inner_product(v, v + C, v, 0.0f));
      for (size_t c = 0; c < C; ++c) v[c] *= scale;
    }
  }
  std::string all = watch.lap();
  for (const float* v = vectors.data(); v + C < vectors.data() + vectors.size(); v += C) all += str(" {:.8f}", std::inner_product(v, v + C, v + C, 0.0f));
  return all;
}

template <class Kind> const Kind& as(const Pretrained& model) {
  const auto* const found = dynamic_cast<const Kind*>(&model);
  GRIM_CHECK(found, input, "bench", "this model is of another kind");
  return *found;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: bench_inference generate|beams|embed FOLDER THREADS TEXTS COUNT f32|bf16|q8_0|q4_0\n");
    return 2;
  }
  try {
    device::limit_instructions();
    const std::string task = argv[1];
    const device::ThreadCap cap(static_cast<int64_t>(std::stoi(argv[3])));
    const ModelFolder folder = open_model_folder(argv[2], weight_type_named(argv[6]));
    if (folder.products != WeightType::bf16) turn_products(*folder.model);  // as load_any does (hub/trained_model.h)
    const Texts texts = texts_of(argv[4]);
    const int64_t count = std::stoi(argv[5]);
    std::puts("ready grimoire");
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);) {
      const std::string round = task == "generate" ? generate(as<CausalLm>(*folder.model), texts, count)
                                : task == "beams"  ? beams(as<Seq2Seq>(*folder.model), texts, count)
                                                   : embed(as<TextEncoder>(*folder.model), texts, count);
      std::puts(round.c_str());
      std::fflush(stdout);
    }
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 3;
  }
}
