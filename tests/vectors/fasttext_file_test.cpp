#include "grimoire/vectors/subword_model.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/vectors/evaluate.h"
#include "grimoire/vectors/subwords.h"
#include "vectors/oracle.h"

namespace grim::vectors {
namespace {

constexpr const char* kModels[] = {"skipgram.bin", "cbow.bin", "softmax.bin", "tree.bin", "each.bin", "cut.ftz"};

void expect_near(const std::vector<float>& got, const Json& expected, const std::string& what) {
  ASSERT_EQ(got.size(), expected.items().size()) << what;
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected.items()[i].as_real(), 1e-6) << what << " " << i;
}

TEST(FastTextFile, VectorsAreThoseOfFastText) {
  for (const char* const name : kModels) {
    const SubwordModel m = SubwordModel::load(test::vectors_file(name));
    const Json& expected = test::vectors_answers().at(name);
    EXPECT_EQ(m.dictionary().words(), expected.integer("words")) << name;
    for (const auto& [word, vector] : test::members(expected.at("vectors"))) expect_near(m.word_vector(word), vector, name + std::string(" ") + word);
    for (const auto& [line, vector] : test::members(expected.at("lines"))) expect_near(m.line_vector(line), vector, name + std::string(" ") + line);
  }
}

TEST(FastTextFile, NeighboursAndAnalogiesAreThoseOfFastText) {
  for (const char* const name : kModels) {
    const WordVectors v(std::make_shared<SubwordModel>(SubwordModel::load(test::vectors_file(name))));
    const Json& expected = test::vectors_answers().at(name);
    const auto check = [&](const std::vector<Neighbour>& got, const Json& want) {
      ASSERT_EQ(got.size(), want.items().size());
      for (size_t i = 0; i < got.size(); ++i) {
        EXPECT_EQ(v.words()[static_cast<size_t>(got[i].word)], want.items()[i].items()[0].as_text()) << name << " " << i;
        EXPECT_NEAR(got[i].similarity, want.items()[i].items()[1].as_real(), 1e-6) << name << " " << i;
      }
    };
    for (const auto& [word, neighbours] : test::members(expected.at("neighbours")))
      if (v.find(word) >= 0 || !v.model()->dictionary().rows_of(word).empty()) check(v.nearest(word, 5), neighbours);
    check(v.analogy("man", "king", "woman", 5), expected.at("analogy"));  // king - man + woman
  }
}

TEST(FastTextFile, LabelsAndProbabilitiesAreThoseOfFastText) {
  for (const char* const name : {"softmax.bin", "tree.bin", "each.bin", "cut.ftz"}) {
    const SubwordModel m = SubwordModel::load(test::vectors_file(name));
    // fastText looks the sigmoid of one-vs-all up in a table with steps of 1/32, by slopes of up to 1/4.
    const double tolerance = m.settings().loss == Loss::one_vs_all ? 0.25 / 32 : 2e-6;
    for (const auto& [line, labels] : test::members(test::vectors_answers().at(name).at("labels"))) {
      const std::vector<LabelProbability> got = m.predict(line, 3);
      ASSERT_EQ(got.size(), labels.items().size()) << name << " " << line;
      for (size_t i = 0; i < got.size(); ++i) {
        const double expected = std::min(labels[i][1].as_real(), 1.0);
        EXPECT_NEAR(got[i].probability, expected, tolerance) << name << " " << line;
        const bool alone =
            (i == 0 || labels[i - 1][1].as_real() - expected > tolerance) && (i + 1 == got.size() || expected - labels[i + 1][1].as_real() > tolerance);
        if (alone && i + 1 < got.size()) EXPECT_EQ(m.dictionary().label(got[i].label), labels[i][0].as_text()) << name << " " << line;
      }
    }
  }
}

TEST(FastTextFile, ScoresAreThoseOfFastText) {
  std::string lines;
  const std::string all = read_file(test::vectors_file("labelled.txt"));
  const std::vector<std::string_view> each = lines_in(all);
  for (size_t i = 0; i < 200; ++i) lines.append(each[i]).append("\n");
  for (const char* const name : {"softmax.bin", "tree.bin", "each.bin", "cut.ftz"}) {
    const LabelScores s = score_labels(SubwordModel::load(test::vectors_file(name)), lines, 2, 0);
    const Json& expected = test::vectors_answers().at(name).at("test");
    EXPECT_EQ(s.lines, expected.items()[0].as_integer()) << name;
    EXPECT_NEAR(s.all.precision(), expected.items()[1].as_real(), 1e-12) << name;
    EXPECT_NEAR(s.all.recall(), expected.items()[2].as_real(), 1e-12) << name;
  }
}

TEST(FastTextFile, WhatIsSavedIsWhatWasRead) {
  for (const char* const name : kModels) {
    const std::string before = read_file(test::vectors_file(name)), after = test::bytes_of(SubwordModel::load(test::vectors_file(name)));
    const std::string again = [&] {
      Reader reader(after, name);
      return test::bytes_of(SubwordModel::parse(reader, name));
    }();
    EXPECT_EQ(after.size(), before.size()) << name;
    EXPECT_EQ(after, again) << name;
    if (std::string(name) != "cut.ftz") EXPECT_EQ(after, before) << name;  // there the kept rows stand in the order of a hash table
  }
}

TEST(FastTextFile, HashesTakeBytesAsSigned) {
  EXPECT_EQ(word_hash(""), 2166136261u);
  EXPECT_EQ(word_hash("a"), 0xe40c292cu);                 // as FNV-1a's authors have it
  EXPECT_NE(word_hash("\xc3"), (2166136261u ^ 0xc3u) * 16777619u);  // and not so beyond ASCII
}

TEST(FastTextFile, SubwordsCountCharacters) {
  std::vector<std::string> grams;
  each_subword("süß", 1, 3, [&](std::string_view g) { grams.emplace_back(g); });
  EXPECT_EQ(grams, (std::vector<std::string>{"<s", "<sü", "s", "sü", "süß", "ü", "üß", "üß>", "ß", "ß>"}));
}

TEST(FastTextFile, UnknownLinesHaveNoLabel) {
  const SubwordModel m = SubwordModel::load(test::vectors_file("each.bin"));
  EXPECT_TRUE(m.predict("the captain", 3, 1).empty());  // no probability reaches 1
  EXPECT_THROW(m.predict("the captain", 0), Error);
  EXPECT_THROW(SubwordModel::load(test::vectors_file("cbow.bin")).predict("the captain"), Error);
}

// Every cut is refused as input, and so is every number at an end that it may not have.
TEST(FastTextFile, CutFilesAreRefused) {
  for (const char* const name : {"tree.bin", "cut.ftz"}) {
    const std::string bytes = read_file(test::vectors_file(name));
    for (size_t n = 0; n < bytes.size(); n += n < 2000 ? 7 : 997) {
      Reader reader(std::string_view(bytes).substr(0, n), name);
      try {
        SubwordModel::parse(reader, name);
        FAIL() << name << " cut at " << n;
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
      }
    }
    Reader longer(bytes + "x", name);
    EXPECT_THROW(SubwordModel::parse(longer, name), Error);
  }
}

TEST(FastTextFile, ChangedNumbersAreRefusedOrHarmless) {
  const std::string bytes = read_file(test::vectors_file("cut.ftz"));
  for (size_t at = 0; at + 4 <= 1200; at += 3)
    for (const uint32_t value : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
      std::string changed = bytes;
      std::memcpy(changed.data() + at, &value, sizeof(value));
      Reader reader(changed, "changed");
      try {
        SubwordModel::parse(reader, "changed").predict("the captain of the ship", 3);
      } catch (const Error& e) {
        EXPECT_TRUE(e.kind() == ErrorKind::input || e.kind() == ErrorKind::state) << at << ": " << e.what();
      }
    }
}

}  // namespace
}  // namespace grim::vectors
