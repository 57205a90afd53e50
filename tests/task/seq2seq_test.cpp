// Models of every kind learn to write the targets of pairs: the same bits for any number of threads, and as if a stop had not been.
#include "grimoire/task/seq2seq.h"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/autograd/tape.h"
#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/data/csv_cells.h"
#include "grimoire/generate/greedy.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/safetensors.h"
#include "grimoire/model/rnn_attention.h"
#include "grimoire/model/rnn_seq2seq.h"
#include "grimoire/task/folds.h"
#include "grimoire/task/seq2seq_data.h"
#include "grimoire/task/tasks.h"
#include "grimoire/task/teacher_forcing.h"
#include "grimoire/train/report.h"
#include "grimoire/train/run.h"
#include "support/byte_tokenizer.h"
#include "support/op_case.h"
#include "support/quiet_run.h"

namespace grim {
namespace {
using test::Quiet;

class PairRuns : public ::testing::TestWithParam<const char*> {
 protected:
  // Words of the source in the same order, each by its own word: what even a bottleneck can carry where there are few.
  void SetUp() override {
    add_tasks();
    const char* const from[] = {"eins", "zwei", "drei", "vier", "sechs"};
    const char* const to[] = {"one", "two", "three", "four", "six"};
    std::string sources, targets;
    Rng rng(RngMode::philox, 5);
    for (int i = 0; i < 400; ++i) {
      const int64_t n = 1 + rng.randint(0, 4);
      for (int64_t j = 0; j < n; ++j) {
        const int64_t word = rng.randint(0, 5);
        sources += std::string(j ? " " : "") + from[word];
        targets += std::string(j ? " " : "") + to[word];
      }
      sources += "\n", targets += "\n";
    }
    write_atomically(folder_ / "de", sources);
    write_atomically(folder_ / "en", targets);
  }
  RunConfig config(const std::string& name) {
    const std::string model = GetParam();
    RunConfig c = default_run(model, CorpusFormat::text);
    c.out = folder_ / name;
    c.set("source", folder_ / "de").set("target", folder_ / "en").set("n_embd", 16).set("max_length", 16).set("dropout", 0.1);
    if (model.starts_with("rnn") || model.starts_with("conv")) c.set("n_hidden", 24);
    else c.set("n_head", 2).set("n_inner", 32);
    if (model != "rnn-attention") c.set("n_layer", 1);
    c.steps = 40;
    c.batch_size = 8;
    c.warmup = 5;
    c.eval_every = 20;
    c.save_every = 15;
    return c;
  }
  void expect_same(const std::string& a, const std::string& b) { test::expect_same_weights(folder_ / a, folder_ / b); }
  test::TempFolder folder_;
  Quiet quiet_;
};

TEST_P(PairRuns, AreTheSameForAnyNumberOfThreads) {
  for (const int threads : {1, 2}) {
    RunConfig c = config(str("threads-{}", threads));
    c.threads = threads;
    train(c, quiet_);
  }
  expect_same("threads-1", "threads-2");
}

TEST_P(PairRuns, GoOnAsIfTheyHadNotStopped) {
  RunConfig whole = config("whole"), c = config("stopped");
  for (RunConfig* run : {&whole, &c}) run->set("teacher_forcing", 0.5).set("label_smoothing", 0.1);
  train(whole, quiet_);
  Quiet stopper;
  stopper.stop_at = 23;
  train(c, stopper);
  resume(c.out, quiet_);
  expect_same("whole", "stopped");
}

TEST_P(PairRuns, LearnToWriteTheTargets) {
  RunConfig c = config("learned");
  c.steps = 700;
  c.batch_size = 16;
  c.lr = std::string(GetParam()).starts_with("t5") ? 0.02 : 5e-3;
  c.set("dropout", 0.0);
  const RunResult r = train(c, quiet_);
  EXPECT_LT(r.dev_loss, 0.3) << "guessing by how common each is loses " << r.baseline_loss;
  EXPECT_GT(r.baseline_loss, 1);
  const AnyTrained any = load_any(c.out);
  const auto& trained = std::get<TrainedSeq2Seq>(any);
  const ParallelText asked{.sources = {"zwei drei", "vier"}, .targets = {"two three", "four"}, .path = ""};
  const EncodedPairs pairs = encode_pairs(asked, *trained.tokenizer, trained.ends[0], 16);
  EXPECT_EQ(write_all(*trained.model, *trained.tokenizer, pairs.pairs.sources(), trained.ends[0]), asked.targets);
  RunConfig more = config("more");
  more.init_from = c.out;
  more.steps = 1;
  more.lr = 0;
  more.set("dropout", 0.0);
  EXPECT_NEAR(train(more, quiet_).dev_loss, r.dev_loss, 0.1) << "it begins where the other ended";
}

INSTANTIATE_TEST_SUITE_P(Models, PairRuns,
                         ::testing::Values("rnn-seq2seq", "rnn-attention", "conv-seq2seq", "transformer-seq2seq", "bart-seq2seq", "t5-seq2seq"),
                         [](const auto& info) { std::string s = info.param; std::ranges::replace(s, '-', '_'); return s; });

using OnePairRun = PairRuns;
TEST_P(OnePairRun, TakesDevPairsFromTheirOwnFiles) {
  RunConfig c = config("dev");
  write_atomically(folder_ / "dev.tsv", "eins zwei\tone two\n");
  c.set("dev_data", folder_ / "dev.tsv");
  c.steps = 1;
  const RunResult r = train(c, quiet_);
  EXPECT_TRUE(std::isfinite(r.dev_loss));
  EXPECT_TRUE(std::isnan(r.test_loss)) << "all others train";
  EXPECT_NE(quiet_.notes.at(0).find("400 examples"), std::string::npos) << quiet_.notes.at(0);
  write_atomically(folder_ / "dev.tsv", "eins\tone\n");
  EXPECT_THROW(resume(c.out, quiet_), Error) << "the dev pairs are others now";
}

// As those of T5: 32,128 rows for 32,100 tokens.
TEST_P(OnePairRun, GoesOnFromTablesThatAreLongerThanTheVocabulary) {
  RunConfig c = config("first");
  c.steps = 1;
  train(c, quiet_);
  Json padded = model_config(model_folder_in(c.out));
  const int64_t rows = padded.integer("vocab_size") + 5;
  for (const char* key : {"vocab_size", "source_vocab_size"}) padded.set(key, rows);
  Rng rng(RngMode::philox, 1);
  save_checkpoint(folder_ / "padded-1", model_files(*build_model(padded, rng), open_tokenizer(model_folder_in(c.out)).get()), Json::object());
  RunConfig more = config("more");
  more.init_from = folder_ / "padded-1";
  take_shape_of_init(more);
  more.steps = 2;
  train(more, quiet_);
  EXPECT_EQ(model_config(model_folder_in(more.out)).integer("vocab_size"), rows);
  EXPECT_NO_THROW(resume(more.out, quiet_, {.steps = 3}));
}

TEST_P(OnePairRun, EpochsSayHowManySteps) {
  RunConfig c = config("epochs");
  c.steps = 999;
  c.warmup = 400;
  c.set("epochs", 0.25).set("split", "90/5/5");
  const RunResult r = train(c, quiet_);
  EXPECT_EQ(r.step, 12) << "a quarter of 360 pairs, 8 a step";
  EXPECT_EQ(read_run_config(c.out).warmup, 1) << "a warm-up for more steps would not end";
}

TEST_P(OnePairRun, TellOfWhatTheyWrite) {
  RunConfig c = config("told");
  c.set("split", "80/10/10");
  const RunResult r = train(c, quiet_);
  ASSERT_EQ(r.examined.size(), 2u) << "dev and test";
  EXPECT_EQ(r.score_name, "BLEU");
  EXPECT_EQ(r.chosen_by, "loss");
  EXPECT_EQ(r.examined[1].judgement.score, r.test_score);
  EXPECT_EQ(r.examined[1].answers.rows.size(), 40u);
  const std::string page = read_file(c.out + "/report.html");
  for (const char* part : {"Answers on dev", "Answers on test", "BLEU, dev", "Worst texts", "source tokens"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  const std::vector<Examination> again = examined_run(c.out);
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[1].result.dump(), r.examined[1].result.dump());
}

TEST_P(OnePairRun, FoldsJudgeEveryPairOnce) {
  RunConfig c = config("folds");
  c.steps = 4;
  c.set("folds", 3);
  EXPECT_EQ(folds_of(c), 3);
  const FoldedRun run = train_folds(c, quiet_);
  ASSERT_EQ(run.folds.size(), 3u);
  EXPECT_EQ(run.score_name, "BLEU");
  int64_t pairs = 0;
  for (const FoldScore& f : run.folds) pairs += f.examples;
  EXPECT_EQ(pairs, 400);
  std::set<std::string> numbers;
  const std::string text = read_file(c.out + "/predictions.csv");
  const Cells cells = split_cells(text, ',', "predictions.csv");
  for (size_t row = 1; row < cells.rows(); ++row) numbers.emplace(cells.at(row, 1));
  EXPECT_EQ(numbers.size(), 400u);
  EXPECT_EQ(numbers.count("400"), 1u) << "counted from 1";
  RunConfig other = c;
  other.set("folds", 2).set("fold", 3);
  other.out = folder_ / "no-such-fold";
  EXPECT_THROW(train(other, quiet_), Error);
}

TEST_P(OnePairRun, SaysWhatIsWrong) {
  RunConfig c = config("wrong");
  c.set("source", "");
  EXPECT_THROW(train(c, quiet_), Error) << "no data";
  c = config("wrong");
  c.set("context", 8);
  EXPECT_THROW(train(c, quiet_), Error) << "pairs that are longer";
  c = config("wrong");
  c.set("max_length", 2);
  train(c, quiet_);
  EXPECT_NE(quiet_.notes.at(0).find("more than 2 tokens"), std::string::npos) << quiet_.notes.at(0);
}
INSTANTIATE_TEST_SUITE_P(Models, OnePairRun, ::testing::Values("rnn-seq2seq"), [](const auto&) { return std::string("rnn_seq2seq"); });

const std::vector<std::vector<int64_t>> kSources = {{3, 4, 5, 6, 7, 8}, {9}, {4, 4, 5}}, kTargets = {{5, 2}, {6, 7, 8, 9, 2}, {3, 2}};

// With a model whose loss is known for each text alone: what stands beside it changes nothing.
TEST(PairExamples, ATextsLossDoesNotDependOnWhatStandsBesideIt) {
  Rng rng(RngMode::philox, 1);
  const RnnAttention model({.vocab_size = 10, .context = 16, .n_embd = 6, .n_hidden = 8, .dropout = 0}, rng);
  const PairEvaluation all = evaluate(model, PairExamples(kSources, kTargets));
  double sum = 0;
  for (size_t i = 0; i < kSources.size(); ++i) {
    const PairEvaluation one = evaluate(model, PairExamples({kSources[i]}, {kTargets[i]}));
    ASSERT_EQ(one.buckets.size(), 1u);
    sum += one.loss * static_cast<double>(one.tokens);
    if (i == 0) EXPECT_NEAR(one.loss, all.buckets[1].loss, 1e-6) << "the only one of 6 to 10 tokens";
  }
  EXPECT_EQ(all.tokens, 9);
  EXPECT_NEAR(all.loss, sum / 9, 1e-6);
  ASSERT_EQ(all.buckets.size(), 2u);
  EXPECT_EQ(all.buckets[0].low, 1);
  EXPECT_EQ(all.buckets[0].high, 5);
  EXPECT_EQ(all.buckets[0].pairs, 2);
  EXPECT_EQ(all.buckets[0].tokens, 7);
}

TEST(WriteAll, WritesCharactersWhateverTheTokensAre) {
  Rng rng(RngMode::philox, 1);
  const RnnSeq2Seq model({.vocab_size = 256, .context = 16, .n_embd = 6, .n_hidden = 8, .n_layer = 1, .dropout = 0}, rng);
  const auto bytes = test::byte_tokenizer();
  const std::vector<std::string> texts = write_all(model, *bytes, kSources, 0);
  const auto written = write_greedily(model, TokenBatch::of(kSources), 0, 16);
  ASSERT_EQ(texts.size(), written.size());
  int64_t faults = 0;
  for (size_t i = 0; i < texts.size(); ++i) {
    faults += find_utf8_fault(bytes->decode(written[i])).has_value();
    EXPECT_FALSE(find_utf8_fault(texts[i])) << i;
    EXPECT_EQ(texts[i], well_formed(bytes->decode(written[i]))) << i;
  }
  EXPECT_GT(faults, 0) << "else nothing was asked";
}

TEST(TeacherForcing, TheOthersAreWhatTheModelWrites) {
  Rng rng(RngMode::philox, 1);
  const RnnSeq2Seq model({.vocab_size = 10, .context = 16, .n_embd = 6, .n_hidden = 8, .n_layer = 1, .dropout = 0}, rng);
  const TokenBatch sources = TokenBatch::of(kSources), targets = TokenBatch::of(kTargets), right = shifted_right(targets, model.start());
  Rng coins(RngMode::philox, 2);
  EXPECT_TRUE(test::bit_equal(read_in_training(model, sources, targets, 1, coins).ids, right.ids));
  const TokenBatch own = read_in_training(model, sources, targets, 0, coins);
  EXPECT_EQ(own.offsets, targets.offsets);
  const std::vector<int64_t> ids = own.ids.to_vector<int64_t>();
  for (size_t i = 0; i < kTargets.size(); ++i) {  // each as it would be written alone
    const auto begin = static_cast<size_t>(own.offsets[i]);
    EXPECT_EQ(ids[begin], model.start());
    std::vector<std::vector<int64_t>> read = {{model.start()}};
    const std::vector<std::vector<int64_t>> source = {kSources[i]};
    for (size_t t = 1; t < kTargets[i].size(); ++t) {
      const NoGrad no_grad;
      Pass pass;
      const std::vector<float> scores = model.logits(model.written(TokenBatch::of(read), model.read(TokenBatch::of(source), pass), pass)).to_vector<float>();
      const auto last = std::span(scores).last(10);
      const int64_t next = std::ranges::max_element(last) - last.begin();
      EXPECT_EQ(ids[begin + t], next) << i << " " << t;
      read[0].push_back(next);
    }
  }
  const auto same = [&](double ratio) {
    int64_t n = 0, of = 0;
    for (uint32_t i = 0; i < 200; ++i) {
      Rng coin(RngMode::philox, 3, i);
      const std::vector<int64_t> got = read_in_training(model, sources, targets, ratio, coin).ids.to_vector<int64_t>();
      for (size_t j = 1; j < 2; ++j, ++of) n += got[j] == right.ids.to_vector<int64_t>()[j];
    }
    return static_cast<double>(n) / static_cast<double>(of);
  };
  if (ids[1] != right.ids.to_vector<int64_t>()[1]) EXPECT_NEAR(same(0.3), 0.3, 4 * std::sqrt(0.21 / 200));
}

}  // namespace
}  // namespace grim
