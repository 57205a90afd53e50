// Long words, of which only a window is held, against the definition.
#include "grimoire/text/unigram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>

namespace grim {
namespace {

struct Random {
  uint64_t state;
  size_t below(size_t n) { return static_cast<size_t>((state = state * 6364136223846793005u + 1442695040888963407u) >> 33) % n; }
};

// The best sum of scores to every place, and the pieces on the way to the last; neighbours that are unknown, 10 below the least likely piece, are one token.
std::vector<Token> by_definition(const Vocabulary& vocabulary, const std::vector<double>& scores, int32_t unknown, const std::string& word) {
  std::vector<double> best(word.size() + 1, -std::numeric_limits<double>::infinity());
  std::vector<Token> last(word.size() + 1);
  best[0] = 0;
  for (size_t at = 0; at < word.size(); ++at) {
    const auto arrive = [&](size_t bytes, int32_t id, double score) {
      if (best[at] + score <= best[at + bytes]) return;
      best[at + bytes] = best[at] + score;
      last[at + bytes] = {id, static_cast<uint32_t>(at), static_cast<uint32_t>(at + bytes)};
    };
    const std::string_view rest = std::string_view(word).substr(at);
    for (size_t bytes = 1; bytes <= std::min(vocabulary.longest(), rest.size()); ++bytes)
      if (const int32_t id = vocabulary.id_of(rest.substr(0, bytes)); id >= 0 && id != unknown) arrive(bytes, id, scores[static_cast<size_t>(id)]);
    if (vocabulary.id_of(rest.substr(0, 1)) < 0) arrive(1, unknown, *std::ranges::min_element(scores) - 10);
  }
  std::vector<Token> tokens;
  for (size_t end = word.size(); end > 0; end = last[end].begin) {
    if (!tokens.empty() && last[end].id == unknown && tokens.back().id == unknown) tokens.back().begin = last[end].begin;
    else tokens.push_back(last[end]);
  }
  std::ranges::reverse(tokens);
  return tokens;
}

TEST(Unigram, LongWordsAreCutAsDefined) {
  Random random{11};
  for (int round = 0; round < 40; ++round) {
    const std::string_view alphabet = round % 3 == 0 ? "a" : round % 3 == 1 ? "ab" : "abcdefgh", strange = "xyz";
    Vocabulary vocabulary;
    std::vector<double> scores;
    const auto add = [&](std::string_view piece) {
      if (vocabulary.id_of(piece) >= 0) return;
      vocabulary.add(piece, std::ssize(scores));
      scores.push_back(-1 - static_cast<double>(random.below(1 << 20)) / (1 << 16));
    };
    add("<unk>");
    for (const char c : alphabet) add({&c, 1});
    for (size_t i = 0; i < 2 + random.below(40); ++i) {
      std::string piece;
      for (size_t n = 2 + random.below(9); piece.size() < n;) piece += alphabet[random.below(alphabet.size())];
      add(piece);
    }
    const Unigram unigram(vocabulary, scores, {.unk_id = 0});
    std::string word;
    for (size_t n = 100 + random.below(15000); word.size() < n;) {
      if (random.below(60) == 0) word += std::string(1 + random.below(round % 4 == 0 ? 6000 : 3), strange[random.below(3)]);
      if (round % 8 == 7) word += strange;  // everywhere, so that windows end in what is unknown
      word += std::string(1 + random.below(round % 4 == 1 ? 3000 : 5), alphabet[random.below(alphabet.size())]);
    }
    std::vector<Token> whole, taken, tokens;
    unigram.tokenize(word, whole);
    ScoreSum sum;
    unigram.tokenize_long(word, sum, tokens, [&] {
      taken.insert(taken.end(), tokens.begin(), tokens.end());
      tokens.clear();
    });
    const auto same = [](const Token& a, const Token& b) { return a.id == b.id && a.begin == b.begin && a.end == b.end; };
    EXPECT_TRUE(std::ranges::equal(whole, by_definition(vocabulary, scores, 0, word), same)) << "round " << round;
    EXPECT_TRUE(std::ranges::equal(taken, whole, same)) << "round " << round;
  }
}

}  // namespace
}  // namespace grim
