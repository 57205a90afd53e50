// Run folders as they were before settings belonged to their models (tests/golden/old_runs: 46 flat keys, 20 steps on words.txt): they load, say
// the same losses, and go on.
#include <filesystem>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/run.h"
#include "support/op_case.h"

namespace grim {
namespace {

struct Notes final : RunEvents {
  void note(const std::string& text) override { all += text + "\n"; }
  std::string all;
};

struct OldRun {
  const char* model;
  double nats;          // of its best weights on all words, as the program of then said
  double train_after_30;  // after resuming to 30 steps with it
};

TEST(OldRuns, LoadAndGoOn) {
  for (const OldRun& run : {OldRun{"gpt", 1.556738, 1.529606819}, OldRun{"mlp", 1.352683, 1.346954942}, OldRun{"bigram", 1.307382, 1.307381868}}) {
    const test::TempFolder folder;
    const std::string from = test::golden_file("old_runs"), words = folder.put("words.txt", read_file(join_path(from, "words.txt"))), to = folder / run.model;
    std::filesystem::copy(join_path(from, run.model), to, std::filesystem::copy_options::recursive);
    const std::string config = join_path(to, "config.json");
    Json settings = Json::parse(read_file(config), config);
    ASSERT_EQ(settings.size(), 46u);
    settings.set("data", words);
    write_atomically(config, settings.dump());

    const TrainedModel trained = load_trained(to);
    const LmPart all = make_lm_part(load_corpus(words, CorpusFormat::lines), *trained.tokenizer, trained.model->reading(), trained.model->context());
    EXPECT_NEAR(evaluate(*trained.model, all).nll_nats, run.nats, 2e-6) << run.model;

    Notes notes;
    const bool counts = architecture_named(run.model).counts;
    const RunResult after = resume(to, notes, {.steps = counts ? -1 : 30});
    EXPECT_EQ(notes.all.find("changed"), std::string::npos) << notes.all;
    EXPECT_NEAR(after.train_loss, run.train_after_30, 2e-6) << run.model;
    const char* const of_another = std::string(run.model) == "gpt" ? "n_hidden" : "n_head";
    ASSERT_NE(settings.find(of_another), nullptr);
    if (!counts) EXPECT_EQ(Json::parse(read_file(config), config).find(of_another), nullptr) << "settings of other models are gone";
    RunConfig then;
    read_kept_settings(then, settings, config);
    EXPECT_EQ(then.model, run.model);
  }
}

}  // namespace
}  // namespace grim
