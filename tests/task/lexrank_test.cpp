#include "grimoire/task/lexrank.h"

#include <numeric>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "support/golden.h"

namespace grim {
namespace {

using Sentences = std::vector<std::string>;

TEST(LexRank, IsPageRankOverCosines) {
  const Json golden = golden_file("lexrank.json");
  for (const Json& c : golden.at("cases").items()) {
    Sentences sentences;
    for (const Json& s : c.at("sentences").items()) sentences.push_back(s.as_text());
    const std::vector<double> p = lexrank(sentences);
    ASSERT_EQ(p.size(), sentences.size());
    for (size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], c.at("central")[i].as_real(), 1e-11) << sentences[i];
    EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
  }
}

TEST(LexRank, DoesNotDependOnCaseOrMarks) {
  const Sentences plain = {"the cat sat", "a dog sat here", "the cat here"}, other = {"The CAT, sat.", "A dog: sat here!", "(the) cat -- here"};
  EXPECT_EQ(lexrank(plain), lexrank(other));
}

TEST(LexRank, CornersAndWhatIsWrong) {
  EXPECT_EQ(lexrank(Sentences{"one"}), std::vector<double>{1.0});
  EXPECT_EQ(lexrank(Sentences{"", ""}), (std::vector<double>{0.5, 0.5}));
  EXPECT_THROW(lexrank({}), Error);
}

TEST(LexRank, CentralSentencesStandInTheOrderOfTheText) {
  EXPECT_EQ(central_sentences(std::vector<double>{0.1, 0.4, 0.2, 0.3}, 2), (std::vector<size_t>{1, 3}));
  EXPECT_EQ(central_sentences(std::vector<double>{0.25, 0.25, 0.25, 0.25}, 2), (std::vector<size_t>{0, 1})) << "of equals the first";
  EXPECT_EQ(central_sentences(std::vector<double>{0.5, 0.5}, 5), (std::vector<size_t>{0, 1}));
  EXPECT_EQ(central_sentences({}, 3), std::vector<size_t>{});
}

}  // namespace
}  // namespace grim
