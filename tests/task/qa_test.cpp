// Extractive question answering: a small BERT learns to mark names, and to say that there is none; the same bits for any number of threads and across a
// stop; batches add up.
#include "grimoire/task/qa.h"

#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/files.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/task/answer_spans.h"
#include "grimoire/train/run.h"
#include "support/op_case.h"
#include "task/taught_run.h"

namespace grim {
namespace {

const std::string kTokenizer = test::word_tokenizer({"who", "ran", "my", "old", "dog", "and", "ada", "bob", "eve", "tom", "fell"});

class Answering : public test::TaughtRun {
 protected:
  void SetUp() override {
    begin_with(kTokenizer, 15, 24);
    write_atomically(folder_ / "all.tsv", rows(64, 0));
    write_atomically(folder_ / "lack.tsv", rows(64, 4));
  }
  // A name somewhere among other words; none in every so-manieth row.
  static std::string rows(int n, int lack_every) {
    const char* const names[] = {"ada", "bob", "eve", "tom"};
    std::string file = "question\tcontext\tanswer\n";
    for (int i = 0; i < n; ++i) {
      const bool lacks = lack_every > 0 && i % lack_every == 0;
      const std::string name = lacks ? "dog" : names[i % 4];
      std::string before, after;
      for (int bit = 0; bit < 3; ++bit) before += str("{} ", i >> bit & 1 ? "my" : "old"), after += str(" {}", i >> (bit + 3) & 1 ? "dog" : "and");
      file += str("who {}\t{}{}{}\t{}\n", i % 2 ? "ran" : "fell", before.substr(i % 3 ? 4 : 0), name, after, lacks ? "" : name);
    }
    return file;
  }
  RunConfig config(const std::string& name, const std::string& data = "all.tsv") {
    RunConfig c = run_of("qa", name, data);
    c.steps = 80;
    return c;
  }
};

TEST_F(Answering, NamesAreFound) {
  for (const Dtype dtype : {Dtype::f32, Dtype::bf16}) {
    RunConfig c = config(str("run-{}", name_of(dtype)));
    c.dtype = dtype;
    c.eval_every = c.steps;
    const RunResult r = train(c, quiet_);
    EXPECT_EQ(r.dev_score, 1.0);
    EXPECT_LT(r.dev_loss, .2);
    EXPECT_GT(r.uniform_loss, std::log(8.0));
    const TrainedEncoder trained = load_encoder(c.out);
    EXPECT_TRUE(trained.model->has(EncoderPart::answers));
    const TextQuestions q = parse_questions("question\tcontext\nwho ran\tthe old dog and eve\n", "q", WithAnswers::unread);
    const AnsweredQuestions answered = answer_questions(*trained.model, EncodedQuestions(*trained.tokenizer, q, QuestionWindows().within(24)), {});
    EXPECT_EQ(q.text_in(0, answered.questions[0].spans[0].bytes), "eve");
    EXPECT_GT(answered.questions[0].spans[0].probability, .5);
  }
}

TEST_F(Answering, ThatThereIsNoAnswerIsLearned) {
  const RunResult r = train(config("run", "lack.tsv"), quiet_);
  EXPECT_EQ(r.dev_score, 1.0);
  const TrainedEncoder trained = load_encoder(folder_ / "run");
  const TextQuestions q = parse_questions(rows(16, 4), "q");
  const EncodedQuestions encoded(*trained.tokenizer, q, QuestionWindows().within(24));
  const AnswerOptions may_lack{.may_lack = true};
  const AnsweredQuestions answered = answer_questions(*trained.model, encoded, may_lack);
  const SquadScores s = score_answers(q, answered.questions, may_lack);
  EXPECT_EQ(s.all.f1, 100);
  EXPECT_EQ(s.without_answer->questions, 4);
  EXPECT_EQ(score_answers(q, answered.questions, {.may_lack = true, .threshold = 1e9}).without_answer->f1, 0);  // then 'no answer' is never taken
  EXPECT_EQ(score_answers(q, answered.questions, {.may_lack = true, .threshold = -1e9}).with_answer->f1, 0);
}

TEST_F(Answering, IsTheSameForAnyNumberOfThreadsAndAcrossAStop) {
  // A run that goes on needs nothing of what it began with.
  expect_same_for_threads_and_across_a_stop([&](const std::string& name) { return config(name); }, [&] { remove_all(folder_ / "bert-1"); });
}

TEST_F(Answering, BatchesAddUpToOne) {
  // A softmax does not feel what is added to all of its terms, be they keys or tokens: these have no gradient but what rounding leaves.
  expect_batches_to_add_up(config("one"), 2, [](const std::string& name) {
    return name.ends_with("key.bias") || name == "qa_outputs.bias" || name.ends_with("layer.1.output.LayerNorm.bias");
  });
}

TEST_F(Answering, LongTextsAreReadInWindows) {
  std::string file = "question\tcontext\tanswer\n";
  const char* const names[] = {"ada", "bob", "eve", "tom"};
  for (int i = 0; i < 32; ++i)
    file += str("who ran\t{}my old dog and my old dog and my old dog{}\t{}\n", i % 2 ? str("{} and ", names[i % 4]) : "",
                i % 2 ? "" : str(" and {}", names[i % 4]), names[i % 4]);
  write_atomically(folder_ / "long.tsv", file);
  RunConfig c = config("long", "long.tsv");
  c.set("max_length", 12).set("stride", 2);
  c.steps = 0;
  c.set("epochs", 30);
  const RunResult r = train(c, quiet_);
  EXPECT_EQ(r.dev_score, 1.0);
  EXPECT_EQ(r.step, (30 * 24 * 3 + 7) / 8);  // 24 questions of 3 windows
  EXPECT_TRUE(std::ranges::any_of(quiet_.notes, [](const std::string& n) {
    return n == "32 of 32 questions have texts that are read in several windows of 12 tokens, which share 2; 48 of the 72 windows to learn from hold no answer";
  }));
}

TEST_F(Answering, QuestionsOnOneArticleStayTogether) {
  std::string file = "question\tcontext\tanswer\n";
  for (int i = 0; i < 60; ++i) file += str("who {}\tmy {} and ada\tada\n", i, i / 6);
  write_atomically(folder_ / "articles.tsv", file);
  RunConfig c = config("articles", "articles.tsv");
  c.split = "70/20/10";
  const std::unique_ptr<TaskSource> source = c.open_task();
  c.shape().set_size("vocab_size", 15);
  Rng rng(RngMode::philox, 1);
  const std::unique_ptr<Task> task = source->make(c, rng);
  EXPECT_EQ(task->rows(), 42);
  EXPECT_EQ(task->judge(Part::dev, 0, {}).weight, 12);
  EXPECT_EQ(task->judge(Part::test, 0, {}).weight, 6);
}

TEST_F(Answering, SaysWhatIsWrongBeforeItTrains) {
  write_atomically(folder_ / "bad.tsv", "question\tcontext\tanswer\nwho\tada ran\tada\nwho\tada ran\teve\n");
  EXPECT_NE(refusal(config("bad", "bad.tsv")).find("row 2 (line 3): the answer 'eve' stands nowhere in its context"), std::string::npos);
  RunConfig c = config("bad");
  c.set("dev", folder_ / "bad.tsv");
  EXPECT_NE(refusal(c).find("row 2 (line 3)"), std::string::npos);
  write_atomically(folder_ / "one.tsv", "question\tcontext\tanswer\nwho\tada ran\tada\n");
  RunConfig none = config("bad", "one.tsv");
  none.split = "1/99/0";
  EXPECT_NE(refusal(none).find("no text is left to train on"), std::string::npos);
  RunConfig narrow = config("bad");
  narrow.set("max_length", 8).set("stride", 4);
  EXPECT_NE(refusal(narrow).find("the question takes 5 of the 8 tokens of a window"), std::string::npos);
  EXPECT_FALSE(exists(folder_ / "bad"));
}

// --- spans

std::vector<ByteRange> one_byte_each(uint32_t n) {
  std::vector<ByteRange> all;
  for (uint32_t i = 0; i < n; ++i) all.push_back({i, i + 1});
  return all;
}

TEST(FoundAnswers, AreTheBestOfAllSpansThatMayBe) {
  Rng rng(RngMode::philox, 7);
  const Tensor x = Tensor::empty({2, 40}, Dtype::f64);
  rng.fill_normal(std::span(x.data<double>(), 80));
  const double *const s = x.data<double>(), *const e = s + 40;
  const std::vector<ByteRange> context = one_byte_each(33);
  const AnswerOptions options{.may_lack = true, .longest = 5, .best = 12};
  std::vector<ScoredSpan> all;
  for (int64_t i = 4; i < 37; ++i)
    for (int64_t j = i; j < std::min<int64_t>(37, i + 5); ++j) all.push_back({{uint32_t(i - 4), uint32_t(j - 3)}, s[i] + e[j]});
  std::ranges::sort(all, std::greater<>(), &ScoredSpan::score);
  FoundAnswers found;
  found.add_window({s, 40}, {e, 40}, context, 4, options);
  found.finish();
  ASSERT_EQ(found.spans.size(), 12);
  double sum = std::exp(s[0] + e[0]);
  for (size_t i = 0; i < 12; ++i) sum += std::exp(all[i].score);
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(found.spans[i].bytes, all[i].bytes) << i;
    EXPECT_EQ(found.spans[i].score, all[i].score);
    EXPECT_NEAR(found.spans[i].probability, std::exp(all[i].score) / sum, 1e-14);
  }
  EXPECT_EQ(found.none, s[0] + e[0]);
  EXPECT_NEAR(found.none_probability, std::exp(found.none) / sum, 1e-14);
}

TEST(FoundAnswers, OverWindowsTheBestSpanAndTheLeastNoAnswerCount) {
  const AnswerOptions options{.may_lack = true};
  FoundAnswers found;
  const std::vector<double> a = {3, 0, 1, 5}, b = {1, 0, 6, 2};  // [CLS], question, two of the context
  const std::vector<ByteRange> first = {{0, 1}, {1, 2}}, second = {{1, 2}, {2, 3}};
  found.add_window(a, a, first, 2, options);
  found.add_window(b, b, second, 2, options);
  EXPECT_EQ(found.none, 2);
  EXPECT_EQ(found.spans.front().bytes, (ByteRange{1, 2}));  // in both windows: 10 and 12
  EXPECT_EQ(found.spans.front().score, 12);
  EXPECT_EQ(std::ranges::count(found.spans, ByteRange{1, 2}, &ScoredSpan::bytes), 1);
  EXPECT_EQ(found.spans.size(), 5);
  EXPECT_FALSE(found.says_none(options));
  EXPECT_TRUE(found.says_none({.may_lack = true, .threshold = -11}));
  EXPECT_FALSE(found.says_none({.may_lack = false, .threshold = -11}));
  FoundAnswers certain;
  certain.add_window(a, a, first, 2, {});
  EXPECT_TRUE(std::isnan(certain.none));
}

TEST(AnswerLoss, IsTheMeanOfStartAndEnd) {
  Rng rng(RngMode::philox, 3);
  const Tensor logits = Tensor::empty({9, 2}, Dtype::f32);
  rng.fill_normal(std::span(logits.data<float>(), 18));
  const std::vector<int64_t> offsets = {0, 4, 5, 9};
  const std::vector<TokenSpan> targets = {{1, 3}, {0, 0}, {2, 2}};
  double sum = 0;
  for (size_t t = 0; t < 3; ++t)
    for (const int64_t column : {0, 1}) {
      double all = 0;
      for (int64_t i = offsets[t]; i < offsets[t + 1]; ++i) all += std::exp(logits.at({i, column}));
      sum += std::log(all) - logits.at({offsets[t] + (column ? targets[t].last : targets[t].first), column});
    }
  EXPECT_NEAR(answer_loss(logits, offsets, targets).item(), sum / 6, 1e-6);
  EXPECT_THROW(answer_loss(logits, {{0, 4, 9}}, targets), Error);
}

}  // namespace
}  // namespace grim
