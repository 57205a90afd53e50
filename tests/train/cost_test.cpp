// What `train --dry-run` predicts against what the run then takes, from the first step to its report.

#include <functional>
#include <tuple>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/machine.h"
#include "grimoire/base/str.h"
#include "grimoire/device/memory.h"
#include "grimoire/train/cost.h"
#include "grimoire/train/run.h"
#include "grimoire/train/run_sizes.h"
#include "support/taken_by.h"

namespace grim {
namespace {

struct Case {
  std::string name, model;
  CorpusFormat format;
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
  const auto predicted = static_cast<double>(cost.total_bytes() - cost.program_bytes);
  RunResult result;
  const double taken = test::taken_by(c, result);
  EXPECT_NEAR(predicted / taken, 1.0, 0.1) << predicted << " predicted, " << taken << " taken; activations " << cost.activation_bytes << ", weights "
                                           << cost.weight_bytes << ", data " << cost.data_bytes << ", report " << cost.report_bytes;
  if (!c.architecture().counts) EXPECT_EQ(cost.parameters, result.parameters);
}

INSTANTIATE_TEST_SUITE_P(
    Train, Cost,
    ::testing::Values(Case{"gpt_text", "gpt", CorpusFormat::text}, Case{"gpt_lines", "gpt", CorpusFormat::lines},
                      Case{"gpt_small_batch", "gpt", CorpusFormat::text, [](RunConfig& c) { c.batch_size = 1; }},
                      Case{"gpt_large_batch", "gpt", CorpusFormat::text, [](RunConfig& c) {
                             c.batch_size = 100, c.set("n_layer", 1).set("dropout", 0.1).set("tied", false);
                           }},
                      Case{"gpt_accumulate", "gpt", CorpusFormat::text, [](RunConfig& c) { c.accumulate = 4, c.set("n_layer", 2), c.ema = 0.9; }},
                      Case{"gpt_recompute", "gpt", CorpusFormat::text, [](RunConfig& c) { c.set("n_layer", 6), c.set("dropout", 0.1), c.recompute = true; }},
                      Case{"gpt_bf16", "gpt", CorpusFormat::text, [](RunConfig& c) { c.batch_size = 12, c.set("n_layer", 3), c.dtype = Dtype::bf16; }},
                      Case{"mlp_lines", "mlp", CorpusFormat::lines},
                      Case{"mlp_batch_norm", "mlp", CorpusFormat::lines, [](RunConfig& c) { c.set("batch_norm", true), c.momentum = 0.9; }},
                      Case{"mlp_text_large", "mlp", CorpusFormat::text, [](RunConfig& c) { c.batch_size = 8192; }},
                      Case{"wavenet", "wavenet", CorpusFormat::lines},
                      Case{"lstm", "lstm", CorpusFormat::lines},
                      Case{"full_batch", "neural-bigram", CorpusFormat::lines}, Case{"bigram", "bigram", CorpusFormat::lines},
                      Case{"ngram_text", "ngram", CorpusFormat::text},
                      Case{"ngram_large", "ngram", CorpusFormat::lines, [](RunConfig& c) { c.set("context", 4); }}),
    [](const auto& info) { return info.param.name; });

// Shapes that are not tried: sizes exactly, activations along straight lines, and nothing of that size is ever allocated.
TEST(CostOfLargeShapes, IsReckonedWithoutAllocatingThem) {
  test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 30000; ++i) text += "abcdefghij klmnop\n"[(i * 7 + i / 5 + i / 11) % 18];
  struct Large {
    const char* model;
    std::function<void(RunConfig&)> change;
  };
  const std::vector<Large> shapes = {{"gpt", [](RunConfig& c) { c.set("n_embd", 4096), c.set("n_layer", 32), c.set("n_head", 32), c.set("context", 1024); }},
                                     {"gpt", [](RunConfig& c) { c.set("n_embd", 1 << 20), c.set("n_layer", 1000), c.set("n_head", 64); }},
                                     {"mlp", [](RunConfig& c) { c.set("n_hidden", 1 << 20), c.set("n_embd", 1 << 14); }},
                                     {"lstm", [](RunConfig& c) { c.set("n_hidden", 1 << 16); }},
                                     {"wavenet", [](RunConfig& c) { c.set("n_hidden", 1 << 16), c.set("context", 64); }},
                                     {"bow", [](RunConfig& c) { c.set("n_embd", 1 << 20), c.set("n_hidden", 1 << 18); }},
                                     {"gpt", [](RunConfig& c) { c.batch_size = 1 << 20; }}};
  for (const Large& shape : shapes) {
    RunConfig c = default_run(shape.model, CorpusFormat::text);
    c.data = folder.put("text.txt", text);
    c.format = CorpusFormat::text;
    c.out = folder / "run";
    shape.change(c);
    const int64_t before = device::memory_use().committed_bytes;
    device::reset_peak();
    const RunCost cost = predict_cost(c);
    EXPECT_LT(device::memory_use().committed_bytes - before, int64_t{1} << 30) << shape.model;
    EXPECT_GT(cost.total_bytes(), int64_t{2} << 30) << shape.model;
    EXPECT_EQ(cost.weight_bytes, 4 * cost.parameters) << shape.model;
    EXPECT_GT(cost.seconds_per_step, 0) << shape.model;
  }
}

// Models that read windows: twice the context is about twice the activations, far beyond what was measured.
TEST(CostOfLargeShapes, IsLinearInTheContextOfWindows) {
  test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 120000; ++i) text += "abcdefghij klmnop\n"[(i * 7 + i / 5 + i / 11) % 18];
  for (const char* model : {"wavenet", "mlp"}) {
    double before = 0;
    for (const int64_t context : {8192, 16384, 32768}) {
      RunConfig c = default_run(model, CorpusFormat::text);
      c.data = folder.put("text.txt", text);
      c.format = CorpusFormat::text;
      c.out = folder / "run";
      c.set("context", context);
      c.split = "100/0/0";
      const auto now = static_cast<double>(predict_cost(c).activation_bytes);
      if (before > 0) EXPECT_NEAR(now / before, 2.0, 0.05) << model << " at " << context;
      before = now;
    }
  }
}

// Every size lies beyond what is rehearsed.
TEST(CostOfLargeShapes, MeetsWhatARunTakes) {
  test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 60000; ++i) text += "abcdefghij klmnop\n"[(i * 7 + i / 5 + i / 11) % 18];
  for (const auto& [model, layers, recompute] : {std::tuple{"gpt", 3, false}, {"gpt", 12, false}, {"gpt", 13, true}, {"lstm", 3, false}, {"mlp", 1, false},
                                                {"mlp", 12, false}, {"wavenet", 3, false}, {"bow", 1, false}}) {
    RunConfig c = default_run(model, CorpusFormat::text);
    c.data = folder.put("text.txt", text);
    c.format = CorpusFormat::text;
    c.out = folder / str("{}-{}", model, layers);
    c.batch_size = recompute ? 60 : 24;
    c.recompute = recompute;
    c.steps = c.eval_every = c.eval_batches = c.threads = 1;
    for (const auto& [size, value] : {std::pair{"n-embd", int64_t{96}}, {"n-head", 3}, {"n-layer", layers}, {"n-hidden", 160}})
      c.shape().set_size(size, value);
    if (std::string(model) == "gpt" || std::string(model) == "lstm") c.set("context", 48);
    const RunCost cost = predict_cost(c);
    RunResult result;
    const double taken = test::taken_by(c, result), predicted = static_cast<double>(cost.total_bytes() - cost.program_bytes);
    EXPECT_NEAR(predicted / taken, 1.0, 0.1) << model << " " << layers << ": activations " << cost.activation_bytes << ", data " << cost.data_bytes
                                             << ", report " << cost.report_bytes << "; " << taken << " taken";
    EXPECT_EQ(cost.parameters, result.parameters) << model;
  }
}

// What is computed again is not held, in the steps as in the report; all else stays.
TEST(CostOfRecomputing, IsLessForActivations) {
  test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 60000; ++i) text += "abcdefghij klmnop\n"[(i * 7 + i / 5 + i / 11) % 18];
  RunConfig c = default_run("gpt", CorpusFormat::text);
  c.data = folder.put("text.txt", text);
  c.format = CorpusFormat::text;
  c.set("n_layer", 12).set("n_embd", 32).set("n_head", 4).set("context", 16);
  c.batch_size = 2000;  // far more at once than an evaluation, which keeps nothing anyway
  const RunCost kept = predict_cost(c);
  c.recompute = true;
  const RunCost again = predict_cost(c);
  const auto varies = [](const RunCost& cost) { return static_cast<double>(cost.activation_bytes + cost.report_bytes); };
  EXPECT_LT(varies(again), 0.3 * varies(kept)) << varies(again) << " of " << varies(kept);
  EXPECT_EQ(again.weight_bytes, kept.weight_bytes);
  EXPECT_EQ(again.optimizer_bytes, kept.optimizer_bytes);
}

// The same data as a source that says nothing of itself: what can be known is read off a task that it makes.
class Silent final : public TaskSource {
 public:
  explicit Silent(const TaskSource& source) : source_(source) {}
  std::unique_ptr<Task> make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const override { return source_.make(config, rng, checkpoint); }
  void resolve(RunConfig& config) const override { source_.resolve(config); }

 private:
  const TaskSource& source_;
};

TEST(CostOfAnyTask, IsThatOfOneWhichKnowsItsSizes) {
  test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 60000; ++i) text += "abcdefghij klmnop\n"[(i * 7 + i / 5 + i / 11) % 18];
  for (const char* split : {"80/10/10", "90/10/0", "85/10/5"}) {
    for (const CorpusFormat format : {CorpusFormat::lines, CorpusFormat::text}) {
      for (const char* model : {"gpt", "mlp"}) {
        RunConfig c = default_run(model, format);
        c.data = folder.put("text.txt", text);
        c.format = format;
        c.split = split;
        const std::unique_ptr<TaskSource> source = c.open_task();
        source->resolve(c);
        const RunSizes known = source->sizes(c), looked_at = Silent(*source).sizes(c);
        EXPECT_EQ(looked_at.vocabulary, known.vocabulary);
        EXPECT_EQ(looked_at.parameters, known.parameters);
        EXPECT_EQ(looked_at.weights, known.weights);
        EXPECT_EQ(looked_at.optimizer, known.optimizer);
        EXPECT_NEAR(static_cast<double>(looked_at.examples) / static_cast<double>(known.examples), 1, 0.02);
        EXPECT_NEAR(looked_at.data / known.data, 1, 0.05);  // the pool rounds up
        for (const Part part : kAllParts)
          EXPECT_NEAR(judged_batches(looked_at, part, kMostJudgements), judged_batches(known, part, kMostJudgements), 1) << model << " " << split << int(part);
      }
    }
  }
  RunConfig c = default_run("mlp", CorpusFormat::lines);
  c.data = folder.put("text.txt", text);
  c.steps = 20;
  const RunCost cost = predict_cost(c, Silent(*c.open_task()));
  EXPECT_GT(cost.evaluations, 0);
  EXPECT_GT(cost.seconds_per_evaluation, 0);
  EXPECT_GT(cost.seconds_at_end, 0);
}

// Their data are many batches, their tables far larger than those that are rehearsed.
TEST(CostOfLargeShapes, OfModelsThatCountIsTheirTableTwice) {
  test::TempFolder folder;
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "abcdefghij klmnop\n"[(i * 7 + i / 5 + i / 11) % 18];
  for (const CorpusFormat format : {CorpusFormat::lines, CorpusFormat::text})
    for (const int64_t context : {2, 4, 5}) {
      RunConfig c = default_run("ngram", format);
      c.data = folder.put("text.txt", text);
      c.format = format;
      c.out = folder / str("{}-{}", static_cast<int>(format), context);
      c.set("context", context);
      const RunCost cost = predict_cost(c);
      RunResult result;
      const double taken = test::taken_by(c, result), predicted = static_cast<double>(cost.total_bytes() - cost.program_bytes);
      EXPECT_NEAR(predicted / taken, 1.0, 0.1) << context << ": data " << cost.data_bytes << ", weights " << cost.weight_bytes << ", report "
                                               << cost.report_bytes << ", activations " << cost.activation_bytes << "; " << taken << " taken";
      EXPECT_GT(cost.total_seconds(), 0);
    }
}

TEST(Memory, ARunThatCannotFitIsRefusedBeforeItAllocates) {
  test::TempFolder folder;
  RunConfig c = default_run("gpt", CorpusFormat::text);
  c.data = folder.put("text.txt", std::string(3000, 'a') + "b");
  c.format = CorpusFormat::text;
  c.out = folder / "run";
  c.set("n_embd", 65536);
  c.set("n_layer", 512);  // 26 trillion parameters: no machine of ours
  RunEvents quiet;
  try {
    train(c, quiet);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::resource) << e.what();
    EXPECT_NE(std::string(e.what()).find(str("{:.2f} GiB are allowed", static_cast<double>(machine_memory()) / 0x1p30)), std::string::npos) << e.what();
  }
  EXPECT_FALSE(exists(c.out));
}

}  // namespace
}  // namespace grim
