#include "grimoire/vectors/vector_files.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/vectors/evaluate.h"
#include "vectors/oracle.h"

namespace grim::vectors {
namespace {

using test::vectors_file;

TEST(VectorFiles, EveryFormatHoldsTheSame) {
  const WordVectors binary = open_vectors(vectors_file("words.bin")), text = open_vectors(vectors_file("words.vec")),
                    glove = open_vectors(vectors_file("words.glove")), model = open_vectors(vectors_file("skipgram.bin"));
  ASSERT_EQ(binary.size(), model.size());
  for (const WordVectors* const v : {&text, &glove, &model}) {
    ASSERT_EQ(v->words(), binary.words());
    for (int64_t w = 0; w < v->size(); ++w)
      for (int64_t i = 0; i < v->dim(); ++i)
        EXPECT_NEAR(v->table().row(w)[i], binary.table().row(w)[i], 3e-7) << w;  // a division here, a product with the reciprocal there
  }
}

TEST(VectorFiles, FormatIsFoundInTheBytes) {
  const auto format = [](const char* name) { return format_of(read_file(vectors_file(name)), name); };
  EXPECT_EQ(format("words.bin"), VectorFormat::word2vec);
  EXPECT_EQ(format("words.vec"), VectorFormat::text);
  EXPECT_EQ(format("words.glove"), VectorFormat::glove);
  EXPECT_EQ(format("cut.ftz"), VectorFormat::fasttext);
}

TEST(VectorFiles, WhatIsWrittenComesBack) {
  const WordVectors v = open_vectors(vectors_file("words.bin"));
  const test::TempFolder folder;
  for (const VectorFormat f : {VectorFormat::text, VectorFormat::glove, VectorFormat::word2vec}) {
    const std::string path = folder / "file";
    save_vectors(v, path, f);
    const WordVectors again = open_vectors(path);
    EXPECT_EQ(format_of(read_file(path), path), f);
    ASSERT_EQ(again.words(), v.words());
    for (int64_t w = 0; w < v.size(); ++w) EXPECT_TRUE(std::equal(v.table().row(w), v.table().row(w) + v.dim(), again.table().row(w)));
  }
  EXPECT_THROW(save_vectors(v, folder / "file", VectorFormat::fasttext), Error);
}

TEST(VectorFiles, NeighboursAreThoseOfGensim) {
  const WordVectors v = open_vectors(vectors_file("words.bin"));
  for (const auto& [word, expected] : test::members(test::vectors_answers().at("words.bin").at("neighbours"))) {
    const std::vector<Neighbour> got = v.nearest(word, 5);
    for (size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(v.words()[static_cast<size_t>(got[i].word)], expected.items()[i].items()[0].as_text());
      EXPECT_NEAR(got[i].similarity, expected.items()[i].items()[1].as_real(), 1e-6);
    }
  }
}

TEST(VectorFiles, AnalogiesAndPairsAreThoseOfGensim) {
  const WordVectors v = open_vectors(vectors_file("words.bin"));
  const Json& expected = test::vectors_answers().at("words.bin");
  const std::vector<AnalogyScore> sections = score_analogies(v, read_file(vectors_file("analogies.txt")), "analogies.txt", 300000);
  ASSERT_EQ(sections.size(), 2u);
  for (size_t i = 0; i < sections.size(); ++i) {
    const auto& section = expected.at("analogies").items()[i].items();
    EXPECT_EQ(sections[i].section, section[0].as_text());
    EXPECT_EQ(sections[i].right, section[1].as_integer());
    EXPECT_EQ(sections[i].asked, section[2].as_integer());
  }
  const PairScores pairs = score_pairs(v, read_file(vectors_file("pairs.txt")), "pairs.txt");
  EXPECT_NEAR(100.0 * static_cast<double>(pairs.left_out) / 60, expected.at("pairs").real("left_out_percent"), 1e-9);
}

TEST(VectorFiles, AnalogiesPassOverOtherSpellingsAsGensimDoes) {
  const WordVectors v = open_vectors(vectors_file("capitals.vec"));
  const Json expected = Json::parse(read_file(vectors_file("capitals.json")));
  const std::string questions = read_file(vectors_file("capitals.txt"));
  for (const auto& [which, most] : {std::pair("all", int64_t{300000}), std::pair("restricted", expected.integer("restricted_to"))}) {
    const std::vector<AnalogyScore> sections = score_analogies(v, questions, "capitals.txt", most);
    ASSERT_EQ(sections.size(), 3u);
    for (size_t i = 0; i < sections.size(); ++i) {
      const auto& section = expected.at("sections").at(which).items()[i].items();
      EXPECT_EQ(sections[i].right, section[1].as_integer()) << which << " " << i;
      EXPECT_EQ(sections[i].asked, section[2].as_integer()) << which << " " << i;
    }
  }
}

TEST(VectorFiles, HostileFilesAreRefused) {
  const auto refused = [](std::string bytes) {
    try {
      parse_vectors(bytes, "file");
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
      return true;
    }
    return false;
  };
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("only words here\n"));
  EXPECT_TRUE(refused("2 3\na 1 2 3\n"));                    // one line of two
  EXPECT_TRUE(refused("2 3\na 1 2 3\nb 1 2\n"));             // two numbers of three
  EXPECT_TRUE(refused("1 3\na 1 x 3\n"));
  EXPECT_TRUE(refused("2 2\na 1 2\na 3 4\n"));               // a word twice
  EXPECT_TRUE(refused("999999999 999999\na 1 2\n"));         // more than there is
  EXPECT_TRUE(refused("9999999999999 300\nabc \1\2\3\4"));
  EXPECT_TRUE(refused("-1 3\na \1\2\3\4"));
  const std::string bytes = read_file(vectors_file("words.bin"));
  for (size_t n = 0; n < bytes.size() - 1; n += 13) EXPECT_TRUE(refused(bytes.substr(0, n))) << n;
  EXPECT_FALSE(refused("b 3 4\ntwo words 1 2\n"));           // a word of GloVe may hold spaces: numbers are counted from the end
}

TEST(VectorFiles, TheWidthIsToldByTheFirstBytes) {
  for (const char* name : {"words.vec", "words.bin", "words.glove", "skipgram.bin", "capitals.vec"})
    EXPECT_EQ(dim_of(vectors_file(name)), open_vectors(vectors_file(name)).dim()) << name;
  EXPECT_THROW(dim_of(vectors_file("text.txt")), Error);
  EXPECT_THROW(dim_of(vectors_file("none")), Error);
}

TEST(VectorFiles, EmbeddingsOfTokens) {
  const WordVectors v = open_vectors(vectors_file("words.vec"));
  std::vector<bool> known;
  const std::vector<std::string> tokens = {"ship", "nowhere", "king"};
  const Tensor rows = v.embeddings(tokens, known);
  EXPECT_EQ(known, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(rows.at({2, 0}), static_cast<double>(v.table().row(v.find("king"))[0]));
  EXPECT_EQ(rows.at({1, 3}), 0);
  const WordVectors model = open_vectors(vectors_file("skipgram.bin"));
  model.embeddings(std::vector<std::string>{"sailorship"}, known);
  EXPECT_TRUE(known[0]);  // of its n-grams
}

TEST(VectorFiles, UnknownWordsAreRefusedWithTheNearest) {
  const WordVectors v = open_vectors(vectors_file("words.vec"));
  try {
    v.nearest("capttain", 3);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::argument);
    EXPECT_NE(e.hint().find("captain"), std::string::npos) << e.hint();
  }
}

}  // namespace
}  // namespace grim::vectors
