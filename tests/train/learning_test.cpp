// The doctor's verdict about learning, on runs that were planted: each has one thing wrong with it, or nothing.

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/files.h"
#include "grimoire/train/lm_source.h"
#include "grimoire/train/report.h"
#include "grimoire/train/run.h"

namespace grim {
namespace {

// Words of 4 to 11 letters in which each letter depends on the two before it.
std::string words(int count, uint64_t seed) {
  constexpr std::string_view kLetters = "aeiounrtlsmd";
  uint64_t state = seed;
  const auto draw = [&](uint64_t n) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % n;
  };
  std::string text;
  for (int i = 0; i < count; ++i) {
    size_t a = draw(12), b = draw(12);
    text += kLetters[a], text += kLetters[b];
    for (uint64_t more = 2 + draw(8); more > 0; --more) {
      const size_t likely = (7 * a + 5 * b + a * b) % 12;  // most often this one, else one of three others
      const uint64_t kind = draw(10);
      const size_t next = kind < 6 ? likely : (likely + 1 + draw(3)) % 12;
      a = b, b = next;
      text += kLetters[b];
    }
    text += "\n";
  }
  return text;
}

struct Planted {
  const char* name;
  LearningKind expected;
  int items;
  std::function<void(RunConfig&)> change;
  const char* model = "mlp";
};

void PrintTo(const Planted& p, std::ostream* out) { *out << p.name; }

class LearningVerdicts : public ::testing::TestWithParam<Planted> {};

TEST_P(LearningVerdicts, NameWhatIsWrong) {
  test::TempFolder folder;
  RunConfig c = default_run(GetParam().model, CorpusFormat::lines);
  c.data = folder.put("words.txt", words(GetParam().items, 5));
  c.out = folder / "run";
  c.steps = 3000;
  if (c.shape().size("n_hidden") > 0) c.set("n_hidden", 64);
  GetParam().change(c);
  RunEvents quiet;
  try {
    train(c, quiet);
    EXPECT_NE(GetParam().expected, LearningKind::diverged);
  } catch (const Error& e) {
    EXPECT_EQ(GetParam().expected, LearningKind::diverged) << e.what();
  }
  const Diagnosis d = diagnose_run(c.out);
  EXPECT_STREQ(name_of(d.learning.kind), name_of(GetParam().expected)) << d.learning.text;
  EXPECT_EQ(d.verdicts.front().tone == Verdict::Tone::good, GetParam().expected == LearningKind::good);
  EXPECT_TRUE(GetParam().expected == LearningKind::good || !d.healthy());
  EXPECT_TRUE(GetParam().expected == LearningKind::untrained || d.learning.text.find("step ") != std::string::npos) << d.learning.text;
  EXPECT_NE(d.learning.advice, "");
  if (d.learning.kind == LearningKind::too_short || d.learning.kind == LearningKind::untrained)
    EXPECT_NE(d.learning.advice.find("grimoire resume " + c.out), std::string::npos) << d.learning.advice;
  write_report(c.out, {.diagnosis = &d});
  const bool names_the_step = read_file(c.out + "/report.html").find("Figures of the best weights, of step") != std::string::npos;
  EXPECT_EQ(names_the_step, GetParam().expected != LearningKind::diverged);
}

INSTANTIATE_TEST_SUITE_P(
    Train, LearningVerdicts,
    ::testing::Values(Planted{"good", LearningKind::good, 3000, [](RunConfig&) {}},
                      Planted{"underfit", LearningKind::bias, 3000, [](RunConfig& c) { c.set("n_embd", 1).set("n_hidden", 1); }},
                      Planted{"overfit", LearningKind::variance, 60, [](RunConfig& c) {
                        c.optimizer = OptimizerKind::adam, c.lr = 0.01, c.schedule = Decay::constant;
                      }},
                      Planted{"overfit_gpt", LearningKind::variance, 60,
                              [](RunConfig& c) { c.lr = 3e-3, c.steps = 300, c.set("n_layer", 1).set("n_embd", 32); }, "gpt"},
                      Planted{"diverged", LearningKind::diverged, 3000, [](RunConfig& c) { c.lr = 1e4, c.steps = 300; }},
                      Planted{"high_rate", LearningKind::rate, 3000, [](RunConfig& c) { c.lr = 2.0, c.schedule = Decay::constant, c.steps = 1500; }},
                      Planted{"high_rate_adam", LearningKind::rate, 3000, [](RunConfig& c) { c.lr = 0.3, c.steps = 300; }, "lstm"},
                      Planted{"short", LearningKind::too_short, 3000, [](RunConfig& c) { c.steps = 100; }},
                      Planted{"untrained", LearningKind::untrained, 3000, [](RunConfig& c) { c.steps = 0; }}),
    [](const auto& info) { return info.param.name; });

// A small mlp that learns from so many words.
RunConfig small_run(const test::TempFolder& folder, int items) {
  RunConfig c = default_run("mlp", CorpusFormat::lines);
  c.data = folder.put("words.txt", words(items, 5));
  c.out = folder / "run";
  c.steps = 3000;
  return c.set("n_hidden", 64);
}

// The same run against targets: far below what it reached it is bias, at what it reached it is good.
TEST(LearningTarget, TellsBias) {
  test::TempFolder folder;
  RunConfig c = small_run(folder, 3000);
  RunEvents quiet;
  const RunResult r = train(c, quiet);
  const Diagnosis bias = diagnose_run(c.out, r.train_loss - 0.4), good = diagnose_run(c.out, r.train_loss + 0.05);
  EXPECT_EQ(bias.learning.kind, LearningKind::bias) << bias.learning.text;
  EXPECT_NEAR(bias.learning.bias, 0.4, 1e-9);
  EXPECT_NEAR(bias.learning.variance, r.dev_loss - r.train_loss, 1e-9);
  EXPECT_EQ(good.learning.kind, LearningKind::good) << good.learning.text;
}

// Learned by heart: a target that the best weights reach is said to be reached, and one far below does not hide that dev rose.
TEST(LearningTarget, IsSaidBesideVariance) {
  test::TempFolder folder;
  RunConfig c = small_run(folder, 60);
  c.optimizer = OptimizerKind::adam, c.lr = 0.01, c.schedule = Decay::constant;
  RunEvents quiet;
  const RunResult r = train(c, quiet);
  const Diagnosis met = diagnose_run(c.out, r.dev_loss + 0.1), far = diagnose_run(c.out, 0.01);
  EXPECT_NE(met.learning.text.find("reach the target"), std::string::npos) << met.learning.text;
  EXPECT_NE(far.learning.text.find("dev rose"), std::string::npos) << far.learning.text;
}

// Whatever its recipe's split, a model is judged on the same last tenth.
TEST(CommonTenth, IsTheSameForEverySplit) {
  test::TempFolder folder;
  const Corpus corpus = corpus_of(words(200, 5), "words", CorpusFormat::lines);
  const std::shared_ptr<const Tokenizer> kept = make_tokenizer(corpus);
  const Tokenizer& tokenizer = *kept;
  const LmPart expected = make_common_part(corpus, tokenizer, Reading::window, 3);
  for (const char* split : {"80/10/10", "90/10/0", "100/0/0", "60/20/20", "70/20/10"}) {
    const LmData data = make_lm_data(corpus, tokenizer, SplitPercent::parse(split), Reading::window, 3);
    ASSERT_EQ(data.common.targets(), expected.targets()) << split;
    std::vector<int64_t> a, b;
    data.common.for_each_batch(1 << 20, 0, [&](const Examples& e) { a = e.x.to_vector<int64_t>(); });
    expected.for_each_batch(1 << 20, 0, [&](const Examples& e) { b = e.x.to_vector<int64_t>(); });
    EXPECT_EQ(a, b) << split;
  }
}

TEST(CommonTenth, IsKnownToHaveTrainedOrNot) {
  const Corpus corpus = corpus_of(words(200, 5), "words", CorpusFormat::lines), other = corpus_of(words(200, 6), "words", CorpusFormat::lines);
  const auto seen = [&](const char* split, const Corpus& now) {
    RunConfig c = default_run("mlp", CorpusFormat::lines);
    c.split = split;
    return common_part_seen(provenance_of(c, LmSource(corpus)), now);
  };
  EXPECT_EQ(seen("80/10/10", corpus), Seen::no);
  EXPECT_EQ(seen("90/10/0", corpus), Seen::chosen);
  EXPECT_EQ(seen("95/5/0", corpus), Seen::trained);
  EXPECT_EQ(seen("100/0/0", corpus), Seen::trained);
  EXPECT_EQ(seen("80/10/10", other), Seen::unknown);
  EXPECT_EQ(common_part_seen(std::nullopt, corpus), Seen::unknown);
}

// A run whose log is gone was trained all the same.
TEST(LearningLog, MissingIsSaid) {
  test::TempFolder folder;
  RunConfig c = default_run("mlp", CorpusFormat::lines);
  c.data = folder.put("words.txt", words(300, 5));
  c.out = folder / "run";
  c.steps = 40;
  RunEvents quiet;
  train(c, quiet);
  remove_all(c.out + "/metrics.jsonl");
  const Diagnosis d = diagnose_run(c.out);
  EXPECT_STREQ(name_of(d.learning.kind), "unknown");
  EXPECT_NE(d.learning.text.find("metrics.jsonl"), std::string::npos) << d.learning.text;
  EXPECT_NE(d.learning.text.find("step 40"), std::string::npos) << d.learning.text;
}

}  // namespace
}  // namespace grim
