#include "grimoire/vectors/train.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/device/threads.h"
#include "grimoire/vectors/evaluate.h"
#include "grimoire/vectors/sample_maker.h"
#include "vectors/oracle.h"

namespace grim::vectors {
namespace {

using test::small_run;

const std::string& words() {
  static const std::string text = read_file(test::vectors_file("text.txt"));
  return text;
}
const std::string& lines() {
  static const std::string text = read_file(test::vectors_file("labelled.txt"));
  return text;
}
const std::string& text_for(Kind kind) { return kind == Kind::supervised ? lines() : words(); }

struct Case {
  Kind kind;
  Loss loss;
};
const std::vector<Case>& every_case() {
  static const std::vector<Case> all = {
      {Kind::skipgram, Loss::negative_sampling}, {Kind::skipgram, Loss::hierarchical_softmax}, {Kind::skipgram, Loss::softmax},
      {Kind::cbow, Loss::negative_sampling},     {Kind::cbow, Loss::hierarchical_softmax},     {Kind::cbow, Loss::softmax},
      {Kind::supervised, Loss::negative_sampling}, {Kind::supervised, Loss::hierarchical_softmax}, {Kind::supervised, Loss::softmax},
      {Kind::supervised, Loss::one_vs_all}};
  return all;
}
TrainingSettings settings_of(const Case& c) {
  TrainingSettings s = small_run(c.kind);
  s.loss = c.loss;
  if (c.kind == Kind::supervised) {
    s.word_ngrams = 2;
    s.lr = 0.5;
  }
  return s;
}

TEST(TrainVectors, SameBitsOnAnyNumberOfThreads) {
  for (const Case& c : every_case()) {
    TrainingSettings s = settings_of(c);
    s.epochs = 1;
    std::vector<std::string> models;
    for (const int threads : {1, 2, 3}) {
      const device::ThreadCap cap(threads);
      models.push_back(test::bytes_of(*train(std::string_view(text_for(c.kind)).substr(0, 8000), s).model));
    }
    EXPECT_EQ(models[0], models[1]) << static_cast<int>(c.kind) << " " << static_cast<int>(c.loss);
    EXPECT_EQ(models[0], models[2]) << static_cast<int>(c.kind) << " " << static_cast<int>(c.loss);
  }
}

TEST(TrainVectors, EveryKindLearnsTheTopics) {
  const device::ThreadCap cap(1);
  for (const Case& c : every_case()) {
    const Trained t = train(text_for(c.kind), settings_of(c));
    if (c.kind == Kind::supervised) {
      EXPECT_GT(score_labels(*t.model, lines(), 1, 0).all.precision(), 0.95) << static_cast<int>(c.loss);
      continue;
    }
    const WordVectors v(t.model);
    const double alike = v.similarity("ship", "sailor") + v.similarity("brot", "suppe") + v.similarity("judge", "verdict");
    const double apart = v.similarity("ship", "suppe") + v.similarity("brot", "verdict") + v.similarity("judge", "sailor");
    EXPECT_GT(alike, apart + 0.5) << static_cast<int>(c.kind) << " " << static_cast<int>(c.loss);
  }
}

TEST(TrainVectors, SeedsDifferAndTheSameOneDoesNot) {
  TrainingSettings s = small_run(Kind::skipgram);
  s.epochs = 1;
  const std::string first = test::bytes_of(*train(words(), s).model);
  EXPECT_EQ(first, test::bytes_of(*train(words(), s).model));
  s.seed = 1;
  EXPECT_NE(first, test::bytes_of(*train(words(), s).model));
}

// fastText counts words that are too rare for the vocabulary into the length of an epoch, but passes over them (src/dictionary.cc, getLine).
TEST(TrainVectors, AnEpochIsAsLongAsTheTextWithItsRareWords) {
  TrainingSettings s = small_run(Kind::skipgram);
  s.epochs = 3;
  s.min_count = 5;
  std::string text = words();
  for (int i = 0; i < 2000; ++i) text += "rare" + std::to_string(i) + (i % 10 == 9 ? "\n" : " ");
  const Trained t = train(text, s);
  const Trained without = train(words(), s);
  EXPECT_EQ(t.model->dictionary().words(), without.model->dictionary().words());
  EXPECT_EQ(t.last.words, 3 * t.model->dictionary().tokens());
  EXPECT_GE(t.model->dictionary().tokens(), without.model->dictionary().tokens() + 2000);
  EXPECT_EQ(train_on(*without.model, words(), s, Vocabulary::kept).last.words, 3 * without.model->dictionary().tokens());
  double longer = 0, shorter = 0;  // more steps take the output rows further
  for (int64_t r = 0; r < t.model->output().rows(); ++r)
    for (int64_t i = 0; i < s.dim; ++i) {
      longer += std::abs(static_cast<double>(t.model->output().row(r)[i]));
      shorter += std::abs(static_cast<double>(without.model->output().row(r)[i]));
    }
  EXPECT_GT(longer, shorter);
}

TEST(TrainVectors, GoingOnKeepsAndExtendsTheVocabulary) {
  TrainingSettings s = small_run(Kind::skipgram);
  const Trained before = train(words(), s);
  std::string text;
  for (int i = 0; i < 60; ++i) text += "the lighthouse of the harbour was on the island\n";
  const Trained kept = train_on(*before.model, text, s, Vocabulary::kept);
  EXPECT_EQ(kept.model->dictionary().words(), before.model->dictionary().words());
  EXPECT_EQ(kept.model->dictionary().find("lighthouse"), -1);
  const Trained extended = train_on(*before.model, text, s, Vocabulary::extended);
  const Dictionary &old = before.model->dictionary(), &now = extended.model->dictionary();
  EXPECT_EQ(now.words(), old.words() + 1);
  EXPECT_EQ(now.word(old.words()), "lighthouse");
  for (int64_t w = 0; w < old.words(); ++w) EXPECT_EQ(now.word(w), old.word(w));
  EXPECT_EQ(now.tokens(), old.tokens() + 60 * 10);
  EXPECT_GT(WordVectors(extended.model).similarity("lighthouse", "harbour"), WordVectors(extended.model).similarity("lighthouse", "suppe"));
}

// With one step of no size, what was learned is what there is afterwards, row for row, behind new words too.
TEST(TrainVectors, GoingOnBeginsWhereItEnded) {
  TrainingSettings s = small_run(Kind::skipgram);
  const Trained before = train(words(), s);
  s.lr = 1e-30;
  s.epochs = 1;
  const Trained after = train_on(*before.model, "zebra zebra ship\n", s, Vocabulary::extended);
  for (const char* const word : {"ship", "küche", "brot", "unknownword"}) {
    const std::vector<float> a = before.model->word_vector(word), b = after.model->word_vector(word);
    for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(a[i], b[i]) << word;
  }
}

TEST(TrainVectors, StopsWhenItIsTold) {
  TrainingSettings s = small_run(Kind::skipgram);
  int told = 0;
  const Trained t = train(words(), s, "text", [&](const TrainingProgress& p) {
    EXPECT_GT(p.loss, 0);
    return ++told == 5 ? GoOn::no : GoOn::yes;
  });
  EXPECT_FALSE(t.ended);
  EXPECT_EQ(told, 5);
  EXPECT_NEAR(t.last.share, 0.05, 0.02);
}

TEST(TrainVectors, RefusesWhatCannotBeLearned) {
  const auto kind_of = [](const std::string& text, const TrainingSettings& s) {
    try {
      train(text, s);
    } catch (const Error& e) {
      return e.kind();
    }
    return ErrorKind::state;
  };
  TrainingSettings s = small_run(Kind::skipgram);
  EXPECT_EQ(kind_of("", s), ErrorKind::input);
  EXPECT_EQ(kind_of("\n\n", s), ErrorKind::input);
  EXPECT_EQ(kind_of("no label here\n", small_run(Kind::supervised)), ErrorKind::input);
  s.min_count = 1000000;
  EXPECT_EQ(kind_of(words(), s), ErrorKind::input);
  s = small_run(Kind::skipgram);
  s.loss = Loss::one_vs_all;
  EXPECT_EQ(kind_of(words(), s), ErrorKind::argument);
  s = small_run(Kind::skipgram);
  s.min_n = 4, s.max_n = 3;
  EXPECT_EQ(kind_of(words(), s), ErrorKind::argument);
  s = small_run(Kind::supervised);
  s.lr = 1e30;
  EXPECT_EQ(kind_of(lines(), s), ErrorKind::numeric);
}

TEST(TrainVectors, SmallestTexts) {
  for (const char* const text : {"a b", "a\n", "a b a b a b\nb a"}) {
    TrainingSettings s = small_run(Kind::skipgram);
    s.max_n = 0;
    s.sampling = 1;
    EXPECT_GE(train(text, s).model->dictionary().words(), 2) << text;
  }
  TrainingSettings s = small_run(Kind::supervised);
  const Trained t = train("__label__x a b\n", s);
  EXPECT_EQ(t.model->predict("a").at(0).probability, 1);
}

TEST(AliasTable, DrawsByWeights) {
  const std::vector<double> weights = {1, 0, 5, 2, 8};
  const AliasTable table(weights);
  std::vector<double> share(weights.size());
  constexpr int64_t kDraws = 1 << 18;
  Draws draws(3, 1, 0, 0);
  for (int64_t i = 0; i < kDraws; ++i) share[static_cast<size_t>(table.draw(draws.next()))] += 1.0 / kDraws;
  for (size_t i = 0; i < weights.size(); ++i) EXPECT_NEAR(share[i], weights[i] / 16, 0.005) << i;  // five deviations: sqrt(1/4 / 2^18) = 0.001
}

TEST(LabelTree, FrequentLeavesAreNear) {
  const LabelTree tree({8, 4, 2, 1, 1});
  const auto depth = [&](int64_t leaf) {
    int steps = 0;
    tree.each_step(leaf, [&](int64_t row, bool) {
      EXPECT_LT(row, 4);
      ++steps;
    });
    return steps;
  };
  EXPECT_EQ(depth(0), 1);
  EXPECT_EQ(depth(1), 2);
  EXPECT_EQ(depth(4), 4);
  EXPECT_THROW(LabelTree({}), Error);
  EXPECT_THROW(LabelTree({-1, 2}), Error);
}

}  // namespace
}  // namespace grim::vectors
