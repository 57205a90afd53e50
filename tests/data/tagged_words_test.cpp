#include "grimoire/data/tagged_words.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim {
namespace {

using Words = std::vector<std::string>;

const char* const kConllu =
    "# text = I didn't.\n1\tI\ti\tPRON\tPRP\t_\t2\tnsubj\t_\t_\n2-3\tdidn't\t_\t_\t_\t_\t_\t_\t_\t_\n2\tdid\tdo\tAUX\tVBD\tTense=Past\t0\troot\t_\t_\n"
    "3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\t_\n3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t_\t_\n4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_\n\n"
    "# another\n1\t#\t#\tSYM\tNN\t_\t0\troot\t_\t_\n";

TaggedSentences read(const std::string& file, const TaggedColumns& columns = {}, WithTags with = WithTags::required) {
  return parse_tagged_words(file, "f", columns, with);
}
std::string fault(const std::string& file, const TaggedColumns& columns = {}) {
  try {
    read(file, columns);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
    return e.what();
  }
  return "";
}

TEST(TaggedWords, AreReadFromColumns) {
  for (const char* file : {"-DOCSTART- -X- O O\n\nAda NNP B-NP B-PER\nspoke VBD B-VP O\n\n#yes NN B-NP O\n",
                           "Ada\tNNP\tB-NP\tB-PER\r\nspoke\tVBD\tB-VP\tO\r\n\t\r\n\r\n#yes\tNN\tB-NP\tO"}) {
    const TaggedSentences s = read(file);
    EXPECT_EQ(s.words, (Words{"Ada", "spoke", "#yes"})) << file;
    EXPECT_EQ(s.tags, (Words{"B-PER", "O", "O"}));
    EXPECT_EQ(s.begins, (std::vector<int64_t>{0, 2, 3}));
    EXPECT_EQ(read(file, {.word = "1", .label = "2"}).tags, (Words{"B-NP", "B-VP", "B-NP"}));
    EXPECT_EQ(read(file, {.word = "1"}).words[1], "VBD");
  }
  EXPECT_EQ(read("two words\tO\nx\tO\n").words[0], "two words");  // tabs part the columns of such a file, and they alone
}

TEST(TaggedWords, AreReadFromConllu) {
  const TaggedSentences s = read(kConllu);
  EXPECT_EQ(s.words, (Words{"I", "did", "n't", ".", "#"}));
  EXPECT_EQ(s.tags, (Words{"PRON", "AUX", "PART", "PUNCT", "SYM"}));
  EXPECT_EQ(s.begins, (std::vector<int64_t>{0, 4, 5}));
  EXPECT_EQ(s.place(4), "f: line 10");
  EXPECT_EQ(read(kConllu, {.label = "xpos"}).tags[1], "VBD");
  EXPECT_EQ(read(kConllu, {.label = "DEPREL"}).tags[3], "punct");
  EXPECT_EQ(read(kConllu, {.label = "feats"}).tags, (Words{"_", "Tense=Past", "_", "_", "_"}));
  EXPECT_EQ(read(kConllu, {.word = "lemma", .label = "3"}).words[1], "do");
  EXPECT_EQ(s.reading, "f: CoNLL-U, words from FORM, tags from UPOS; 2 sentences, 5 words");
}

TEST(TaggedWords, AreReadFromJsonLines) {
  const std::string file = "{\"id\": 0, \"tokens\": [\"Ada\", \"spoke\"], \"ner_tags\": [\"B-PER\", \"O\"], \"pos\": [\"N\", \"V\"]}\n\n"
                           "{\"tokens\": [\"No\"], \"ner_tags\": [\"O\"], \"pos\": [\"I\"]}\n";
  EXPECT_EQ(read(file).tags, (Words{"B-PER", "O", "O"}));
  EXPECT_EQ(read(file).begins, (std::vector<int64_t>{0, 2, 3}));
  EXPECT_EQ(read(file).lines, (std::vector<int64_t>{1, 1, 3}));
  EXPECT_EQ(read(file, {.label = "pos"}).tags, (Words{"N", "V", "I"}));
  EXPECT_EQ(read("{\tO\n}\tO\n").words, (Words{"{", "}"}));
}

TEST(TaggedWords, TagsAreNotNeededWhereTheyAreNotAskedFor) {
  EXPECT_EQ(read("Ada\nspoke\n\nNo\n", {.label = "3"}, WithTags::no).begins, (std::vector<int64_t>{0, 2, 3}));
  EXPECT_TRUE(read(kConllu, {.label = "xpos"}, WithTags::no).tags.empty());
  EXPECT_EQ(read("{\"words\": [\"Ada\"]}", {}, WithTags::no).words, Words{"Ada"});
}

TEST(TaggedWords, SomeAreTaken) {
  const std::vector<int64_t> second_first = {1, 0, 1};
  const TaggedSentences s = read(kConllu).picked(second_first);
  EXPECT_EQ(s.words, (Words{"#", "I", "did", "n't", ".", "#"}));
  EXPECT_EQ(s.begins, (std::vector<int64_t>{0, 1, 5, 6}));
  EXPECT_EQ(s.place(1), "f: line 2");
}

TEST(TaggedWords, EveryFaultIsToldWithItsLine) {
  EXPECT_EQ(fault("a O\nb\nc O\n"), "[tags] f: line 2: got 1 column, expected 2 as in line 1");
  EXPECT_EQ(fault("a\tO\n\n b\tO\tO\n"), "[tags] f: line 3: got 3 columns, expected 2 as in line 1");
  EXPECT_EQ(fault("a\tO\nb\t\n"), "[tags] f: line 2: the word 'b' has no tag (column 1 is empty)");
  EXPECT_EQ(fault("a\tO\n\tO\n"), "[tags] f: line 2: the word is empty");
  EXPECT_EQ(fault("\na\nb\n"), "[tags] f: line 2: got the word 'a' alone, expected its tag in a column behind it");
  EXPECT_EQ(fault("a O\n", {.label = "0"}), "[tags] f: line 1: column 0 cannot hold both word and tag");
  EXPECT_EQ(fault("a O\n", {.label = "2"}), "[tags] f: there is no column '2', but 0 to 1");
  EXPECT_NE(fault(kConllu, {.label = "upo"}).find("there is no column 'upo', but 0 to 9, or ID, FORM"), std::string::npos);
  EXPECT_EQ(fault("1\ta\ta\t_\tX\t_\t0\troot\t_\t_\n"), "[tags] f: line 1: the word 'a' has no tag (UPOS is '_')");
  EXPECT_EQ(fault(std::string(kConllu) + "2\ta\n"), "[tags] f: line 11: got 2 columns, expected the ten of CoNLL-U, with tabs between them");
  EXPECT_EQ(fault(std::string(kConllu) + "x\ta\ta\tX\tX\t_\t0\troot\t_\t_\n"), "[tags] f: line 11: got the id 'x', expected a number, or 1-2, or 1.1");
  EXPECT_EQ(fault("{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\"]}"), "[tags] f: line 1: got 2 words in 'tokens' and 1 tags in 'tags', expected as many");
  EXPECT_EQ(fault("{\"tokens\": [\"a\"], \"ner_tags\": [3]}"), "[tags] f: line 1: got the number 3 in 'ner_tags', expected the tag's name");
  EXPECT_EQ(fault("{\"tokens\": [], \"tags\": []}"), "[tags] f: line 1: 'tokens' is empty, expected words");
  EXPECT_EQ(fault("{\"tokens\": [\"a\"]}"), "[tags] f: line 1: which key holds the tags cannot be told: tokens");
  EXPECT_NE(fault("{\"tokens\": [\"a\"], \"tags\": [\"O\"]}\n{\"tokens\": [1]}").find("line 2"), std::string::npos);
  EXPECT_EQ(fault("\n \n"), "[tags] f: there are no sentences");
  EXPECT_EQ(fault("-DOCSTART- O\n\n"), "[tags] f: there are no sentences");
  EXPECT_NE(fault("a\tO\nb\xff\tO\n").find("line 2, column 2"), std::string::npos);
}

TEST(TaggedWords, AreReadFromGzipToo) {
  const test::TempFolder folder;
  const std::string packed("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xe4\x8c\xe0\x4a\xe2"
                                          "\x8c\xe4\x02\x00\xa0\xa3\xc4\x53\x08\x00\x00\x00", 28);
  write_atomically(folder / "a.conll.gz", packed);  // a, X and b, Y
  EXPECT_EQ(read_tagged_words(folder / "a.conll.gz").tags, (Words{"X", "Y"}));
}

}  // namespace
}  // namespace grim
