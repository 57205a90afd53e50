#include "grimoire/data/documents.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {

using Sentences = std::vector<std::string>;

TEST(Documents, SentencesEndWhereAReaderEndsThem) {
  EXPECT_EQ(sentences_of("It was dark. \"Who is there?\" he said. Nobody\nanswered!  (So it was.)"),
            (Sentences{"It was dark.", "\"Who is there?\" he said.", "Nobody answered!", "(So it was.)"}));
  EXPECT_EQ(sentences_of("Mr. J. Smith of St. Ives paid 3.50 pounds... then left. He came back."),
            (Sentences{"Mr. J. Smith of St. Ives paid 3.50 pounds... then left.", "He came back."}));
  EXPECT_EQ(sentences_of("It is known ( Brown et al . , 1993 ) . Fung et al. (2005) agree . See Fig. 3, e.g. Table 2 . He took vitamin C . We end"),
            (Sentences{"It is known ( Brown et al . , 1993 ) .", "Fung et al. (2005) agree .", "See Fig. 3, e.g. Table 2 .", "He took vitamin C .", "We end"}))
      << "also where words were cut";
  EXPECT_EQ(sentences_of("A TITLE\n \nThe text, without an end"), (Sentences{"A TITLE", "The text, without an end"}));
  EXPECT_EQ(sentences_of("今日は。明日も！"), (Sentences{"今日は。", "明日も！"}));
  EXPECT_EQ(sentences_of(" \n\n "), Sentences{});
}

TEST(Documents, BlankLinesPartThem) {
  const std::vector<Document> two = documents_of("one\n two \n\n\nthree\n", "x", DocumentForm::lines);
  EXPECT_EQ(two, (std::vector<Document>{{"one", "two"}, {"three"}}));
  EXPECT_EQ(documents_of("First one.\nSecond one.\nThird.\n\nFourth.\n", "x").size(), 2u) << "a sentence a line";
  EXPECT_EQ(documents_of("the lines of a\nprinted book end\nanywhere. So\nthey do.\n", "x"),
            (std::vector<Document>{{"the lines of a printed book end anywhere.", "So they do."}}));
  std::string many;
  for (int i = 0; i < 130; ++i) many += "So it\nis. ";
  EXPECT_EQ(documents_of(many, "x", DocumentForm::sentences).size(), 3u);
  EXPECT_THROW(documents_of("\n \n", "x"), Error);
}

TEST(Documents, AreEndedByAMark) {
  EXPECT_EQ(packed_documents("\n one\ntwo \n<e>\n\n<e> three<e>\n", "", "<e>"), "one\ntwo<e>three<e>");
  EXPECT_EQ(packed_documents("one<e>two", "<e>", "<e>"), "<e>one<e>two<e>") << "one mark for both stands once";
  EXPECT_EQ(packed_documents("one<e>two<e>", "<b>", "<e>"), "<b>one<e><b>two<e>");
  EXPECT_EQ(packed_documents("<e> <e>", "<b>", "<e>"), "<b>");
}

}  // namespace
}  // namespace grim
