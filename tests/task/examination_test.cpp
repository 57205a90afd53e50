// What is told of answers: the surest mistakes first, every example in a table, and the same figures as the score's.
#include "grimoire/task/examination.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "grimoire/data/choices.h"
#include "grimoire/task/answer_examination.h"
#include "grimoire/task/choice_examination.h"
#include "grimoire/task/label_examination.h"
#include "grimoire/task/tag_examination.h"

namespace grim {
namespace {

// Of the table of that title, "" for one without: a column as text, row by row.
std::vector<std::string> column_of(const Examination& e, const std::string& title, const std::string& column) {
  std::vector<std::string> cells;
  for (const report::Block& b : e.blocks) {
    const auto* const table = std::get_if<report::Table>(&b);
    if (!table || table->title != title) continue;
    const auto at = std::ranges::find(table->columns, column);
    if (at == table->columns.end()) continue;
    for (const auto& row : table->rows) cells.push_back(report::to_text(row[static_cast<size_t>(at - table->columns.begin())]));
  }
  return cells;
}
using Cells = std::vector<std::string>;

LabelledTexts texts_of(const std::vector<std::string>& labels) {
  LabelledTexts texts;
  for (size_t i = 0; i < labels.size(); ++i)
    texts.texts.push_back(str("text, {}", i)), texts.labels.push_back(labels[i]), texts.places.push_back(str("f: row {}", i + 1));
  return texts;
}

TEST(Examination, OfClassesTellsTheSurestMistakesFirst) {
  const Labels set{LabelKind::one, {"a", "b", "c"}};
  const LabelledTexts texts = texts_of({"a", "a", "b", "c", "c"});
  const Tensor said = Tensor::from<double>({.5, .3, .2, .1, .6, .3, .05, .9, .05, .8, .1, .1, .2, .2, .6}, {5, 3});
  const Examination e = examined_labels({LabelKind::one, said}, texts, label_targets(texts, set), set);
  EXPECT_NEAR(e.judgement.score, .6, 1e-15);
  EXPECT_NEAR(e.result.real("accuracy"), .6, 1e-15);
  EXPECT_EQ(column_of(e, "Worst mistakes", "text"), (Cells{"text, 3", "text, 1"}));
  EXPECT_EQ(column_of(e, "Worst mistakes", "probability"), (Cells{"0.8000", "0.6000"}));
  EXPECT_EQ(column_of(e, "Worst mistakes", "said"), (Cells{"a", "b"}));
  EXPECT_EQ(column_of(e, "", "recall"), (Cells{"0.5000", "1.0000", "0.5000"}));
  EXPECT_EQ(column_of(e, "", "precision"), (Cells{"0.5000", "0.5000", "1.0000"}));
  EXPECT_EQ(column_of(e, "", "texts"), (Cells{"2", "1", "2"}));
  EXPECT_EQ(e.result.find("confusion")->dump(), "[[1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]");
  EXPECT_EQ(column_of(e, "Most often confused", "said"), (Cells{"b", "a"}));
  EXPECT_EQ(e.answers.columns, (Cells{"place", "text", "label", "said", "probability", "p(a)", "p(b)", "p(c)"}));
  ASSERT_EQ(e.answers.rows.size(), 5u);
  const std::string csv = to_csv(e.answers);
  EXPECT_NE(csv.find("\nf: row 4,\"text, 3\",c,a,0.800000,0.800000,0.100000,0.100000\n"), std::string::npos) << csv;
}

TEST(Examination, OfManyClassesShowsWhatIsConfusedInsteadOfAll) {
  Labels set{LabelKind::one, {}};
  std::vector<std::string> labels;
  for (int k = 0; k < 13; ++k) set.names.push_back(str("c{:02}", k)), labels.push_back(set.names.back());
  const LabelledTexts texts = texts_of(labels);
  const Tensor said = Tensor::zeros({13, 13}, Dtype::f64);
  for (int64_t t = 0; t < 13; ++t) said.data<double>()[t * 13] = 1;  // all are taken for the first
  const Examination e = examined_labels({LabelKind::one, said}, texts, label_targets(texts, set), set);
  EXPECT_TRUE(column_of(e, "", "is \\ predicted").empty());
  EXPECT_EQ(column_of(e, "Most often confused", "is").size(), kWorstShown);
  EXPECT_EQ(column_of(e, "Worst mistakes", "said"), Cells(kWorstShown, "c00"));
}

TEST(Examination, OfSeveralLabelsCountsEach) {
  const Labels set{LabelKind::several, {"x", "y"}};
  const LabelledTexts texts = texts_of({"x", "x,y", ""});
  const Tensor said = Tensor::from<double>({.9, .7, .8, .6, .2, .1}, {3, 2});
  const Examination e = examined_labels({LabelKind::several, said}, texts, label_targets(texts, set), set);
  EXPECT_EQ(column_of(e, "", "precision"), (Cells{"1.0000", "0.5000"}));
  EXPECT_EQ(column_of(e, "", "recall"), (Cells{"1.0000", "1.0000"}));
  EXPECT_EQ(column_of(e, "", "texts"), (Cells{"2", "1"}));
  EXPECT_EQ(column_of(e, "Worst mistakes", "said"), (Cells{"x, y"}));
  EXPECT_EQ(column_of(e, "Worst mistakes", "probability"), (Cells{"0.7000"}));  // of the label that is wrong
}

TEST(Examination, OfNumbersTellsWhatIsFarthestOff) {
  const Labels set{LabelKind::number, {"value"}};
  const LabelledTexts texts = texts_of({"1", "2", "3", "4"});
  const Examination e = examined_labels({LabelKind::number, Tensor::from<double>({1, 2.5, 2, 4}, {4, 1})}, texts, label_targets(texts, set), set);
  EXPECT_EQ(column_of(e, "Worst mistakes", "off by"), (Cells{"1", "0.5"}));
  EXPECT_EQ(column_of(e, "Worst mistakes", "is"), (Cells{"3", "2"}));
  EXPECT_NEAR(e.result.real("mae"), 1.5 / 4, 1e-15);
  EXPECT_NEAR(e.result.real("r2"), 1 - 1.25 / 5, 1e-15);
  EXPECT_NEAR(e.result.real("spearman"), .8, 1e-12);
  const LabelledTexts few = texts_of({"1", "1"});  // no correlation exists
  EXPECT_EQ(examined_labels({LabelKind::number, Tensor::from<double>({1, 1}, {2, 1})}, few, label_targets(few, set), set).result.find("spearman"), nullptr);
}

TEST(Examination, OfTagsTellsSpansAndWords) {
  const Labels set{LabelKind::one, {"B-X", "I-X", "O"}};
  const TaggedSentences truth = parse_tagged_words("a B-X\nb I-X\nc O\n\nd B-X\ne B-Y\n", "f");
  const TagAnswers said{Tensor::from<float>({.8f, .1f, .1f, .2f, .7f, .1f, .5f, .2f, .3f, .9f, 0, .1f, .1f, .1f, .8f}, {5, 3})};  // B I B; B O
  const Examination e = examined_tags(said, truth, set);
  EXPECT_NEAR(e.judgement.score, 2.0 / 3, 1e-15);
  EXPECT_NEAR(e.result.real("F1"), 2.0 / 3, 1e-15);
  EXPECT_EQ(column_of(e, "Spans", "type"), (Cells{"X", "Y", "micro", "macro", "weighted"}));
  EXPECT_EQ(column_of(e, "Worst mistakes", "where"), (Cells{"d [e]", "a b [c]"}));
  EXPECT_EQ(column_of(e, "Worst mistakes", "is"), (Cells{"B-Y", "O"}));
  EXPECT_EQ(column_of(e, "Most often confused", "is"), (Cells{"O"}));  // a tag that is not learned is no row
  EXPECT_EQ(to_csv(e.answers).find("place,word,tag,said,probability\nf: line 1,a,B-X,B-X,0.800000\n"), 0u);
}

TEST(Examination, OfAnswersTellsThoseThatShareNoWord) {
  const TextQuestions questions = parse_questions("id,question,context,answer\n1,Who?,Ada sang.,Ada\n2,What?,Ada sang.,sang\n3,When?,Ada sang.,\n", "f.csv");
  const AnswerOptions options{.may_lack = true};
  AnsweredQuestions answered{.questions = std::vector<FoundAnswers>(3), .loss = 1};
  const auto say = [&](size_t q, uint32_t begin, uint32_t end, double score, double none) {
    answered.questions[q].spans = {{{begin, end}, score}};
    answered.questions[q].none = none;
    answered.questions[q].finish();
  };
  say(0, 0, 3, 2, 0), say(1, 0, 3, 1, 0), say(2, 4, 8, 3, 0);
  const Examination e = examined_answers(answered, questions, options);
  EXPECT_NEAR(e.judgement.score, 1.0 / 3, 1e-12);
  EXPECT_EQ(column_of(e, "Worst mistakes", "said"), (Cells{"sang", "Ada"}));
  EXPECT_EQ(column_of(e, "Worst mistakes", "is"), (Cells{"(none)", "sang"}));
  EXPECT_NEAR(e.result.real("HasAns_exact"), 50, 1e-12);
  EXPECT_EQ(e.answers.rows.size(), 3u);
  EXPECT_EQ(given_answer(questions, 0, answered.questions[0], {.may_lack = true, .threshold = -5}).text, "");
}

TEST(Examination, OfChoicesTellsChanceBeside) {
  const std::vector<ChoiceQuestion> questions = parse_choices(R"({"question": "q", "choices": ["a", "b"], "answer": 0}
{"question": "r", "choices": ["a", "b", "c", "d"], "answer": 3})", "f");
  const Examination e = examined_choices({.probabilities = {{.9, .1}, {.7, .1, .1, .1}}}, questions);
  EXPECT_NEAR(e.judgement.score, .5, 1e-15);
  EXPECT_NEAR(e.result.real("guessing"), .375, 1e-15);
  EXPECT_EQ(column_of(e, "Worst mistakes", "is"), (Cells{"d"}));
  EXPECT_EQ(to_csv(e.answers), "line,question,answer,said,probability\n1,q,a,a,0.900000\n2,r,d,a,0.700000\n");
}

TEST(Examination, LargestNumbersComeInOrder) {
  EXPECT_EQ(largest(std::vector<double>{0, 2, 3, 2, 0}), (std::vector<size_t>{2, 1, 3}));
  EXPECT_TRUE(largest({}).empty());
  EXPECT_EQ(largest(std::vector<double>(40, 1)).size(), kWorstShown);
}

}  // namespace
}  // namespace grim
