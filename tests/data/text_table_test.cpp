#include "grimoire/data/text_table.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/str.h"

namespace grim {
namespace {

using Words = std::vector<std::string>;

std::string error_of(const auto& f) {
  try {
    f();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
    return e.what();
  }
  return "";
}
LabelledTexts read(const std::string& file, const LabelledColumns& columns = {}, WithLabels with = WithLabels::required) {
  return labelled_texts(parse_text_table(file, "f"), columns, with);
}

TEST(TextTable, AreFoundInCommasTabsAndJson) {
  for (const char* file : {"text,label\n\"good, and long\",1\nbad,0\n", "label\ttext\n1\tgood, and long\n0\tbad\n",
                           "{\"text\": \"good, and long\", \"label\": 1}\n\n{\"label\": 0, \"text\": \"bad\"}\n"}) {
    const LabelledTexts t = read(file);
    EXPECT_EQ(t.texts, (Words{"good, and long", "bad"})) << file;
    EXPECT_EQ(t.labels, (Words{"1", "0"})) << file;
    EXPECT_TRUE(t.pairs.empty());
  }
}

TEST(TextTable, WithoutNamesTheLabelIsWhereFewestDiffer) {
  const LabelledTexts t = read("a fine film\tpos\nso dull\tneg\nnot again\tneg\n");
  EXPECT_EQ(t.texts, (Words{"a fine film", "so dull", "not again"}));
  EXPECT_EQ(t.labels, (Words{"pos", "neg", "neg"}));
  const LabelledTexts news = read("3,Title one,About one\n1,Title two,About two\n3,Title three,About three\n");
  EXPECT_EQ(news.texts[1], "Title two");
  EXPECT_EQ(news.pairs[1], "About two");
  EXPECT_EQ(news.labels, (Words{"3", "1", "3"}));
}

TEST(TextTable, ATabParsesNoQuotes) { EXPECT_EQ(read("\" open\t1\nshut\t0\n").texts[0], "\" open"); }

TEST(TextTable, ColumnsThatAreNamedAreTaken) {
  const std::string file = "a,b,c,d\nx one,y one,7,p\nx two,y two,8,q\n";
  const TextTable rows = parse_text_table(file, "f", {"b"});
  EXPECT_EQ(labelled_texts(rows, {.text = "b", .label = "d"}).texts[0], "y one");
  EXPECT_TRUE(labelled_texts(rows, {.text = "b", .label = "d"}).pairs.empty());
  EXPECT_EQ(labelled_texts(rows, {.text = "b", .pair = "a", .label = "2"}).pairs[1], "x two");
  EXPECT_EQ(error_of([&] { labelled_texts(rows, {.text = "e", .label = "d"}); }),
            "[texts] f: there is no column 'e', but a, b, c, d");
}

TEST(TextTable, AnEmptyCellNamesNoColumn) { EXPECT_EQ(parse_text_table("x one\t\nx two\tb\n", "f", {"", ""}).rows(), 2u); }

TEST(TextTable, WithoutLabelsTheyAreTextsAlone) {
  EXPECT_TRUE(read("text\nx\ny\n", {}, WithLabels::if_there).labels.empty());
  EXPECT_EQ(read("one line\nanother\n", {}, WithLabels::if_there).texts, (Words{"one line", "another"}));
}

TEST(TextTable, WordsAreNoCells) {
  const LabelledTexts t = read("text\nthe film was fine\nthe film was dull\n", {}, WithLabels::if_there);
  EXPECT_EQ(t.texts, (Words{"the film was fine", "the film was dull"}));
  EXPECT_TRUE(t.labels.empty());
}

TEST(TextTable, SayWhatIsWrongAndWhere) {
  EXPECT_EQ(error_of([] { read("text,label\na,1\n,0\n"); }), "[texts] f: row 2 (line 3): column 'text' is empty, expected a text");
  EXPECT_EQ(error_of([] { read("a\tb\nc\n"); }), "[texts] f: line 2: got 1 cells, expected 2 as in the first row");
  EXPECT_EQ(error_of([] { read("{\"text\": \"a\", \"label\": 1}\n[1]\n"); }), "[texts] f: line 2: got array, expected an object as in the lines before");
  EXPECT_EQ(error_of([] { read(" \n"); }), "[texts] f: the file is empty");
  EXPECT_EQ(error_of([] { read("text,label\n"); }), "[texts] f: no rows below the names of the columns");
  EXPECT_NE(error_of([] { read("text,label\na\xff,1\n"); }).find("line 2"), std::string::npos);
  EXPECT_NE(error_of([] { read("p,q,r,s\na,b,c,1\nd,e,f,0\n"); }), "");
}

TEST(TextTable, ClassesComeInTheOrderOfTheirNumbers) {
  EXPECT_EQ(class_names({"10", "9", "10", "1"}), (Words{"1", "9", "10"}));
  EXPECT_EQ(class_names({"b", "a", "10"}), (Words{"10", "a", "b"}));
}

TEST(TextTable, SeveralLabelsAreParted) {
  EXPECT_EQ(several_labels("a, b", ""), (Words{"a", "b"}));
  EXPECT_EQ(several_labels("a|b, c", ""), (Words{"a", "b, c"}));
  EXPECT_EQ(several_labels(R"(["a", 2])", ""), (Words{"a", "2"}));
  EXPECT_TRUE(several_labels("", "").empty());
}

}  // namespace
}  // namespace grim
