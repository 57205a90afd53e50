// What `train --dry-run` predicts against what the run then takes, from the first step to its report.

#include <functional>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/device/memory.h"
#include "grimoire/train/run.h"

namespace grim {
namespace {

struct Case {
  std::string name, model, format;
  std::function<void(RunConfig&)> change = [](RunConfig&) {};
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Cost : public ::testing::TestWithParam<Case> {
 protected:
  // 8,000 characters in short lines.
  std::string text() {
    std::string s;
    uint64_t state = 1;
    while (s.size() < 8000) {
      for (int length = 3 + static_cast<int>(s.size() % 5); length > 0; --length) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        s += "aeiounrtlsbcdfgh"[(state >> 40) % 16];
      }
      s += '\n';
    }
    return s;
  }
  test::TempFolder folder_;
};

TEST_P(Cost, PredictedMemoryIsWhatTheRunTakes) {
  RunConfig c = default_run(GetParam().model, GetParam().format);
  c.data = folder_.put("text.txt", text());
  c.out = folder_ / "run";
  c.steps = c.eval_every = 2;
  c.threads = 1;
  GetParam().change(c);
  const RunCost cost = predict_cost(c);
  device::reset_peak();
  const int64_t before = device::memory_use().live_bytes;
  RunEvents quiet;
  const RunResult result = train(c, quiet);
  const auto taken = static_cast<double>(device::memory_use().peak_bytes - before), predicted = static_cast<double>(cost.total_bytes());
  EXPECT_NEAR(predicted / taken, 1.0, 0.1) << predicted << " predicted, " << taken << " taken; activations " << cost.activation_bytes
                                           << ", weights " << cost.weight_bytes << ", data " << cost.data_bytes;
  EXPECT_EQ(cost.parameters, result.parameters);
  EXPECT_EQ(device::memory_use().live_bytes, before) << "a run gives back all that it took";
}

INSTANTIATE_TEST_SUITE_P(
    Train, Cost,
    ::testing::Values(Case{"gpt_text", "gpt", "text"}, Case{"gpt_lines", "gpt", "lines"},
                      Case{"gpt_small_batch", "gpt", "text", [](RunConfig& c) { c.batch_size = 1; }},
                      Case{"gpt_large_batch", "gpt", "text", [](RunConfig& c) { c.batch_size = 100, c.n_layer = 1, c.dropout = 0.1, c.tied = false; }},
                      Case{"gpt_accumulate", "gpt", "text", [](RunConfig& c) { c.accumulate = 4, c.n_layer = 2, c.ema = 0.9; }},
                      Case{"mlp_lines", "mlp", "lines"}, Case{"mlp_batch_norm", "mlp", "lines", [](RunConfig& c) { c.batch_norm = true, c.momentum = 0.9; }},
                      Case{"mlp_text_large", "mlp", "text", [](RunConfig& c) { c.batch_size = 8192; }}, Case{"wavenet", "wavenet", "lines"},
                      Case{"lstm", "lstm", "lines"}, Case{"full_batch", "neural-bigram", "lines"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace grim
