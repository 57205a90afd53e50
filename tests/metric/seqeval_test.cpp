// Spans of tags against seqeval 1.2.2 (tools/golden/metrics.py), and the examples that it and its users publish.
#include <map>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"
#include "grimoire/metric/seqeval.h"
#include "support/golden.h"

namespace grim {
namespace {

std::vector<Tags> sentences_of(const Json& json) {
  std::vector<Tags> all;
  for (const Json& sentence : json.items()) {
    all.emplace_back();
    for (const Json& tag : sentence.items()) all.back().push_back(tag.as_text());
  }
  return all;
}
TagScheme scheme_named(const std::string& name) {
  for (int s = 0; s <= static_cast<int>(TagScheme::bilou); ++s)
    if (name == name_of(static_cast<TagScheme>(s))) return static_cast<TagScheme>(s);
  ADD_FAILURE() << name;
  return TagScheme::conlleval;
}

TEST(Seqeval, EqualsSeqevalInEveryScheme) {
  const Json all = golden_file("metrics/seqeval.json");
  ASSERT_GE(all.size(), 200u);
  for (const Json& c : all.items()) {
    SCOPED_TRACE(c.dump());
    const SeqevalScores s = seqeval(sentences_of(c.at("true")), sentences_of(c.at("said")), scheme_named(c.text("scheme")));
    EXPECT_NEAR(s.accuracy(), c.real("accuracy"), 1e-12);
    std::map<std::string, SpanScores> by_name = {{"micro avg", s.micro}, {"macro avg", s.macro}, {"weighted avg", s.weighted}};
    for (const SpanScores& t : s.types) by_name[t.type] = t;
    const Json& report = c.at("report");
    EXPECT_EQ(by_name.size(), report.size());
    for (size_t i = 0; i < report.size(); ++i) {
      ASSERT_TRUE(by_name.contains(report.keys()[i])) << report.keys()[i];
      const SpanScores& t = by_name[report.keys()[i]];
      EXPECT_NEAR(t.precision, report[i][0].as_real(), 1e-12) << t.type;
      EXPECT_NEAR(t.recall, report[i][1].as_real(), 1e-12) << t.type;
      EXPECT_NEAR(t.f1, report[i][2].as_real(), 1e-12) << t.type;
      EXPECT_EQ(static_cast<double>(t.support), report[i][3].as_real()) << t.type;
    }
  }
}

TEST(Seqeval, PublishedScores) {
  const std::vector<Tags> truth = {{"O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"}, {"B-PER", "I-PER", "O"}},
                          said = {{"O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"}, {"B-PER", "I-PER", "O"}};
  const SeqevalScores s = seqeval(truth, said);
  EXPECT_DOUBLE_EQ(s.micro.f1, 0.5);
  EXPECT_EQ(s.types[0].f1, 0);
  EXPECT_EQ(s.types[1].f1, 1);
  EXPECT_DOUBLE_EQ(s.accuracy(), 0.8);
  const std::vector<Tags> inside = {{"I-NP", "I-NP", "O"}}, begun = {{"B-NP", "I-NP", "O"}};
  EXPECT_EQ(seqeval(begun, inside).micro.f1, 1);
  EXPECT_EQ(seqeval(begun, inside, TagScheme::iob2).micro.f1, 0);
}

// The sample of conlleval, whose own answer is 84.08 % of tags, precision 68.83, recall 80.83, FB1 74.35.
TEST(Seqeval, ConllevalsSample) {
  const Json g = golden_file("metrics/conlleval.json");
  const auto read = [](const Json& lines) {
    std::vector<Tags> all;
    for (const Json& line : lines.items()) {
      all.emplace_back();
      for (std::string_view tag : split(std::string_view(line.as_text()), ' ')) all.back().emplace_back(tag);
    }
    return all;
  };
  const SeqevalScores s = seqeval(read(g.at("true")), read(g.at("said")));
  EXPECT_EQ(s.tags, 961);
  EXPECT_EQ(s.micro.support, 459);
  EXPECT_EQ(s.micro.predicted, 539);
  EXPECT_EQ(s.micro.right, 371);
  EXPECT_NEAR(100 * s.accuracy(), 84.08, 0.005);
  EXPECT_NEAR(100 * s.micro.precision, 68.83, 0.005);
  EXPECT_NEAR(100 * s.micro.recall, 80.83, 0.005);
  EXPECT_NEAR(100 * s.micro.f1, 74.35, 0.005);
  std::map<std::string, double> f1;
  for (const SpanScores& t : s.types) f1[t.type] = 100 * t.f1;
  EXPECT_EQ(f1.size(), 6u);
  const std::map<std::string, double> expected = {{"ADJP", 0}, {"ADVP", 52.63}, {"NP", 71.16}, {"PP", 90.36}, {"SBAR", 44.44}, {"VP", 73.80}};
  for (const auto& [type, published] : expected) EXPECT_NEAR(f1[type], published, 0.005) << type;
}

TEST(Seqeval, CornerShapes) {
  EXPECT_EQ(seqeval({}, {}).micro.f1, 0);
  EXPECT_EQ(seqeval(std::vector<Tags>{{}}, std::vector<Tags>{{}}).accuracy(), 0);
  EXPECT_EQ(seqeval(std::vector<Tags>{{"O"}}, std::vector<Tags>{{"O"}}, TagScheme::bilou).weighted.f1, 0);
  EXPECT_EQ(spans_of({"B", "I", "O", "S-X"}, TagScheme::iobes).size(), 1u);  // a B without its E is none
  EXPECT_EQ(spans_of({"B", "I"}, TagScheme::conlleval), (std::vector<TagSpan>{{"_", 0, 2}}));
  EXPECT_THROW(spans_of({"S-X"}, TagScheme::iob2), Error);
  EXPECT_THROW(spans_of({"x"}, TagScheme::iobes), Error);
  EXPECT_THROW(spans_of({"O", ""}, TagScheme::conlleval), Error);
  EXPECT_THROW(seqeval(std::vector<Tags>{{"O"}}, std::vector<Tags>{}), Error);
  EXPECT_THROW(seqeval(std::vector<Tags>{{"O"}}, std::vector<Tags>{{"O", "O"}}), Error);
}

}  // namespace
}  // namespace grim
