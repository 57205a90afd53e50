// Spans of tags against seqeval 1.2.2 (tools/golden/metrics.py), and the examples that it and its users publish.
#include <map>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
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
