// Runs in folds: every example is judged once, by weights that have not seen it; what was stopped goes on to the same bits.
#include "grimoire/task/folds.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "grimoire/data/csv_cells.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/task/finetune.h"
#include "task/taught_run.h"

namespace grim {
namespace {

const std::string kTokenizer = test::word_tokenizer({"the", "film", "was", "fine", "dull", "a", "b", "c"});

class Folds : public test::TaughtRun {
 protected:
  void SetUp() override {
    begin_with(kTokenizer, 12, 16);
    std::string texts = "text\tlabel\n";
    for (int i = 0; i < 40; ++i) texts += str("the film was {} {}\t{}\n", i % 4 ? "fine" : "dull", i, i % 4 ? "good" : "bad");
    write_atomically(folder_ / "texts.tsv", texts);
  }
  RunConfig config(const std::string& name, const std::string& task = "classify", const std::string& data = "texts.tsv", int64_t folds = 4) {
    RunConfig c = run_of(task, name, data);
    c.split = "75/25/0";
    c.steps = 8;
    c.eval_every = c.save_every = 4;
    c.set("folds", folds);
    return c;
  }
  // Of predictions.csv, a column.
  std::vector<std::string> column(const std::string& run, std::string_view name) {
    const std::string text = read_file(folder_ / (run + "/predictions.csv"));
    const Cells cells = split_cells(text, ',', "predictions.csv");
    size_t at = 0;
    while (cells.at(0, at) != name) ++at;
    std::vector<std::string> all;
    for (size_t r = 1; r < cells.rows(); ++r) all.emplace_back(cells.at(r, at));
    return all;
  }
};

TEST_F(Folds, JudgeEveryExampleOnce) {
  RunConfig c = config("run");
  EXPECT_EQ(folds_of(c), 4);
  const FoldedRun run = train_folds(c, quiet_);
  ASSERT_EQ(run.folds.size(), 4u);
  double sum = 0;
  for (const FoldScore& f : run.folds) {
    EXPECT_EQ(f.examples, 10);
    sum += f.score / 4;
  }
  EXPECT_NEAR(run.mean, sum, 1e-15);
  EXPECT_EQ(run.score_name, "accuracy");
  const std::vector<std::string> places = column("run", "place"), folds = column("run", "fold"), labels = column("run", "label"), said = column("run", "said");
  EXPECT_EQ(std::set<std::string>(places.begin(), places.end()).size(), 40u);
  for (int f = 1; f <= 4; ++f) {  // 10 of 40 are bad
    int bad = 0, right = 0;
    for (size_t i = 0; i < folds.size(); ++i)
      if (folds[i] == str("{}", f)) bad += labels[i] == "bad", right += labels[i] == said[i];
    EXPECT_TRUE(bad == 2 || bad == 3) << bad;
    EXPECT_NEAR(run.folds[static_cast<size_t>(f - 1)].score, right / 10.0, 1e-12);
  }
  EXPECT_NE(read_file(folder_ / "run/folds.json").find("\"mean\""), std::string::npos);
  EXPECT_TRUE(exists(folder_ / "run/report.html"));
}

TEST_F(Folds, GoOnWhereTheyWereStopped) {
  train_folds(config("whole"), quiet_);
  test::Quiet stopper;
  stopper.stop_at = 40;
  const FoldedRun stopped = train_folds(config("stopped"), stopper);
  EXPECT_EQ(stopped.ending, Ending::stopped);
  EXPECT_LT(stopped.folds.size(), 4u);
  const FoldedRun run = resume_folds(folder_ / "stopped", quiet_);
  EXPECT_EQ(run.folds.size(), 4u);
  EXPECT_EQ(column("whole", "probability"), column("stopped", "probability"));
  for (int f = 1; f <= 4; ++f) expect_same(str("whole/fold-{}", f), str("stopped/fold-{}", f));
}

TEST_F(Folds, RefuseOtherSettingsInTheirFolder) {
  train_folds(config("run"), quiet_);
  RunConfig other = config("run");
  other.lr = 1;
  EXPECT_THROW(train_folds(other, quiet_), Error);
  EXPECT_THROW(model_folder_in(folder_ / "run"), Error);
  EXPECT_EQ(hint_of_folds(folder_ / "run"), str("it holds the runs of several folds: give one of them, as {}", folder_ / "run/fold-1"));
  EXPECT_EQ(hint_of_folds(folder_ / "run/fold-1"), "");
  RunConfig many = config("none", "classify", "texts.tsv", 41);
  EXPECT_THROW(train_folds(many, quiet_), Error);
  EXPECT_FALSE(exists(folder_ / "none"));
}

TEST_F(Folds, OfNumbersHaveSmallOnesAndLargeOnes) {
  std::string texts = "text\tlabel\n";
  for (int i = 0; i < 40; ++i) texts += str("the film was {}\t{}\n", i % 2 ? "fine" : "dull", i / 64.0);
  write_atomically(folder_ / "numbers.tsv", texts);
  train_folds(config("numbers", "regress", "numbers.tsv"), quiet_);
  const std::vector<std::string> folds = column("numbers", "fold"), labels = column("numbers", "label");
  for (int f = 1; f <= 4; ++f) {
    std::vector<double> own;
    for (size_t i = 0; i < folds.size(); ++i)
      if (folds[i] == str("{}", f)) own.push_back(std::stod(labels[i]));
    std::ranges::sort(own);
    ASSERT_EQ(own.size(), 10u);
    for (size_t i = 0; i < own.size(); ++i) EXPECT_EQ(std::floor(own[i] * 16), static_cast<double>(i)) << f;  // one of every four
  }
}

TEST_F(Folds, OfQuestionsKeepArticlesWhole) {
  std::string table = "id,question,context,answer\n";
  for (int c = 0; c < 6; ++c)
    for (int q = 0; q < 3; ++q) table += str("{}-{},the film was {},the film {} was {},{}\n", c, q, q, c, q % 2 ? "fine" : "dull", q % 2 ? "fine" : "dull");
  write_atomically(folder_ / "questions.csv", table);
  train_folds(config("questions", "qa", "questions.csv", 3), quiet_);
  const std::vector<std::string> folds = column("questions", "fold"), ids = column("questions", "id");
  ASSERT_EQ(ids.size(), 18u);
  std::set<std::pair<char, std::string>> pairs;
  for (size_t i = 0; i < ids.size(); ++i) pairs.emplace(ids[i][0], folds[i]);
  EXPECT_EQ(pairs.size(), 6u);  // each text in one fold
}

TEST_F(Folds, OfTagsAndChoices) {
  std::string words, choices;
  for (int i = 0; i < 24; ++i) {
    words += str("the O\nfilm {}\nwas O\n\n", i % 3 ? "O" : "B-X");
    choices += str("{{\"question\": \"the film {}\", \"choices\": [\"was fine\", \"was dull\"], \"answer\": {}}}\n", i, i % 2);
  }
  write_atomically(folder_ / "words.conll", words);
  write_atomically(folder_ / "choices.jsonl", choices);
  EXPECT_EQ(train_folds(config("words", "tag", "words.conll"), quiet_).score_name, "F1");
  const std::vector<std::string> folds = column("words", "fold"), tags = column("words", "tag");
  for (int f = 1; f <= 4; ++f) {
    int spans = 0;
    for (size_t i = 0; i < folds.size(); ++i) spans += folds[i] == str("{}", f) && tags[i] == "B-X";
    EXPECT_EQ(spans, 2);
  }
  const FoldedRun run = train_folds(config("choices", "choice", "choices.jsonl"), quiet_);
  EXPECT_EQ(run.score_name, "accuracy");
  EXPECT_EQ(column("choices", "line").size(), 24u);
}

TEST(FoldShares, PartTrainAndDevAsTheyAreToEachOther) {
  RunConfig run;
  run.split = "60/20/20";
  const FinetuneOptions o{.folds = 5, .fold = 2};
  const FinetuneOptions::Shares s = o.shares(run, 100);
  EXPECT_EQ(s.test.size(), 20u);
  EXPECT_EQ(s.train.size(), 60u);
  EXPECT_EQ(s.dev.size(), 20u);
  std::set<int64_t> all(s.train.begin(), s.train.end());
  all.insert(s.dev.begin(), s.dev.end()), all.insert(s.test.begin(), s.test.end());
  EXPECT_EQ(all.size(), 100u);
  EXPECT_THROW((FinetuneOptions{.folds = 5, .fold = 6}.shares(run, 100)), Error);
}

}  // namespace
}  // namespace grim
