#include "grimoire/train/diagnosis.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/train/trainer.h"

namespace grim {
namespace {

RunConfig config_of(const std::string& model, const test::TempFolder& folder) {
  RunConfig c = default_run(model, CorpusFormat::text);
  std::string text;
  for (int i = 0; i < 200; ++i) text += "abcde"[i * i % 5];
  write_atomically(folder / "text.txt", text);
  c.data = folder / "text.txt";
  c.format = CorpusFormat::text;
  c.set("context", 12).set("n_embd", 4).set("n_hidden", 4);
  c.steps = 1;
  return c;
}

// Where nothing is read and the recurrence multiplies by u, tanh is the identity about 0: u^k is left k steps back.
TEST(BackThroughTime, ALinearRecurrenceLeavesAPower) {
  const test::TempFolder folder;
  for (const double u : {0.5, 1.0, 1.25}) {
    RunConfig config = config_of("rnn", folder);
    const std::unique_ptr<TaskSource> source = config.open_task();
    source->resolve(config);
    Trainer trainer(config, *source);
    for (const NamedTensor& p : trainer.task().model().parameters()) {
      std::fill_n(p.tensor.data<float>(), p.tensor.numel(), 0.0f);
      if (p.name == "rnn.l0.weight_hh")
        for (int64_t i = 0; i < 4; ++i) p.tensor.data<float>()[i * 4 + i] = static_cast<float>(u);
    }
    std::vector<int64_t> rows(4);
    std::iota(rows.begin(), rows.end(), int64_t{0});
    const BackThroughTime back = back_through_time(trainer.task(), rows);
    EXPECT_EQ(back.cell, "rnn.l0");
    ASSERT_EQ(back.shares.size(), 12u);
    for (size_t k = 0; k < 12; ++k) EXPECT_NEAR(back.shares[k], std::pow(u, static_cast<double>(k)), 1e-5 * std::pow(u, static_cast<double>(k))) << u;
    EXPECT_EQ(back.tenth(), u == 0.5 ? 4 : -1) << "1/16 is the first below a tenth";
  }
}

// All gates half open: half of the memory passes each step.
TEST(BackThroughTime, AnLstmKeepsWhatItsForgetGateLetsThrough) {
  const test::TempFolder folder;
  RunConfig config = config_of("lstm", folder);
  const std::unique_ptr<TaskSource> source = config.open_task();
  source->resolve(config);
  Trainer trainer(config, *source);
  for (const NamedTensor& p : trainer.task().model().parameters()) std::fill_n(p.tensor.data<float>(), p.tensor.numel(), 0.0f);
  const std::vector<int64_t> rows = {0, 1, 2};
  const BackThroughTime back = back_through_time(trainer.task(), rows);
  ASSERT_EQ(back.shares.size(), 12u);
  for (size_t k = 0; k < 12; ++k) EXPECT_NEAR(back.shares[k], std::pow(0.5, static_cast<double>(k)), 1e-7);
}

TEST(BackThroughTime, IsOfModelsThatRecurAlone) {
  const test::TempFolder folder;
  for (const auto& [model, cell] : {std::pair("gru", "gru.l0"), {"lstm", "lstm.l0"}, {"mlp", ""}}) {
    RunConfig config = config_of(model, folder);
    const std::unique_ptr<TaskSource> source = config.open_task();
    source->resolve(config);
    Trainer trainer(config, *source);
    const std::vector<int64_t> rows = {0, 1};
    const BackThroughTime back = back_through_time(trainer.task(), rows);
    EXPECT_EQ(back.cell, cell);
    EXPECT_EQ(back.shares.size(), back.cell.empty() ? 0u : 12u) << model;
  }
}

}  // namespace
}  // namespace grim
