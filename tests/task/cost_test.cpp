// What fine-tuning takes of memory is foretold where every batch has another size: the longest text comes late, in one step of many.
#include "grimoire/train/cost.h"

#include "support/taken_by.h"
#include "task/taught_run.h"

namespace grim {
namespace {

class TaughtCost : public test::TaughtRun, public ::testing::WithParamInterface<int64_t> {
 protected:
  void SetUp() override {
    begin_with(test::word_tokenizer({"the", "film", "was", "fine", "dull", "very"}), 10, 256);
    std::string texts = "text\tlabel\n", tagged, questions = "question\tcontext\tanswer\n";
    for (int i = 0; i < 300; ++i) {
      const int more = i % 50 == 7 ? 200 : i * 7 % 31;  // words between
      std::string between, lines;
      for (int k = 0; k < more; ++k) between += "very ", lines += "very O\n";
      const char* const word = i % 2 ? "fine" : "dull";
      texts += str("the film was {}{}\t{}\n", between, word, i % 2 ? "good" : "bad");
      tagged += str("the O\nfilm B-WORK\nwas O\n{}{} O\n\n", lines, word);
      questions += str("was the film\tthe film was {}{}\t{}\n", between, word, word);
    }
    write_atomically(folder_ / "classify.tsv", texts);
    write_atomically(folder_ / "tag.conll", tagged);
    write_atomically(folder_ / "qa.tsv", questions);
  }
};

TEST_P(TaughtCost, PredictedMemoryIsWhatTheRunTakes) {
  for (const auto& [task, data] : {std::pair{"classify", "classify.tsv"}, {"tag", "tag.conll"}, {"qa", "qa.tsv"}}) {
    RunConfig c = run_of(task, task, data);
    c.batch_size = GetParam();
    c.steps = c.batch_size > 100 ? 6 : 30;
    c.eval_every = 5;
    c.threads = 1;
    const RunCost cost = predict_cost(c);
    const auto predicted = static_cast<double>(cost.total_bytes() - cost.program_bytes);
    RunResult result;
    EXPECT_NEAR(predicted / test::taken_by(c, result), 1, .1) << task << ": activations " << cost.activation_bytes << ", report " << cost.report_bytes;
  }
}

// Of the larger batches no more is tried than some of their texts.
INSTANTIATE_TEST_SUITE_P(Batches, TaughtCost, ::testing::Values(32, 400), [](const auto& info) { return std::to_string(info.param); });

}  // namespace
}  // namespace grim
