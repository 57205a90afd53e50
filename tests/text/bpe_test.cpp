// Long words, which are merged by other means than short ones, against the definition.
#include "grimoire/text/bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <span>

namespace grim {
namespace {

struct Random {
  uint64_t state;
  size_t below(size_t n) { return static_cast<size_t>((state = state * 6364136223846793005u + 1442695040888963407u) >> 33) % n; }
};

// Rules over the tokens of an alphabet and what they make. In the order in which they are found, as training has it, or in any.
struct Rules {
  Vocabulary vocabulary;
  std::vector<Bpe::Merge> merges;

  Rules(Random& random, std::string_view alphabet, size_t count, bool any_order) {
    std::vector<std::string> tokens;
    for (const char c : alphabet) tokens.emplace_back(1, c);
    std::map<std::string, int32_t> ids;
    for (const std::string& t : tokens) vocabulary.add(t, ids[t] = static_cast<int32_t>(ids.size()));
    for (size_t i = 0; i < count; ++i) {
      const std::string left = tokens[random.below(tokens.size())], right = tokens[random.below(tokens.size())], both = left + right;
      if (both.size() > 9) continue;
      if (!ids.contains(both)) {
        const auto id = static_cast<int32_t>(ids.size());
        vocabulary.add(both, id);
        ids[both] = id;
        tokens.push_back(both);
      }
      const Bpe::Merge merge{ids[left], ids[right], ids[both]};
      const auto same = [&](const Bpe::Merge& m) { return m.left == merge.left && m.right == merge.right; };
      if (std::ranges::none_of(merges, same)) merges.push_back(merge);
    }
    if (any_order)
      for (size_t i = merges.size(); i > 1; --i) std::swap(merges[i - 1], merges[random.below(i)]);
  }
};

// Of all neighbours that have a rule those of the lowest rank are merged, the leftmost first, until none has one.
std::vector<int32_t> by_definition(const Rules& rules, std::span<const uint32_t> ranks, const std::string& word) {
  std::map<std::pair<int32_t, int32_t>, size_t> rule;
  for (size_t i = 0; i < rules.merges.size(); ++i) rule[{rules.merges[i].left, rules.merges[i].right}] = i;
  std::vector<int32_t> s;
  for (const char c : word) s.push_back(rules.vocabulary.id_of({&c, 1}));
  for (;;) {
    size_t place = s.size(), best = 0;
    for (size_t i = 0; i + 1 < s.size(); ++i) {
      const auto found = rule.find({s[i], s[i + 1]});
      if (found != rule.end() && (place == s.size() || ranks[found->second] < ranks[best])) place = i, best = found->second;
    }
    if (place == s.size()) return s;
    s[place] = rules.merges[best].result;
    s.erase(s.begin() + static_cast<ptrdiff_t>(place) + 1);
  }
}

TEST(Bpe, LongWordsAreMergedAsShortOnesAre) {
  Random random{5};
  for (int round = 0; round < 180; ++round) {
    const std::string_view alphabet = round % 3 == 0 ? "a" : round % 3 == 1 ? "ab" : "abcdefgh";
    const Rules rules(random, alphabet, 3 + random.below(60), round % 2 == 0);
    std::vector<uint32_t> ranks;  // of equal ones the leftmost pair comes first, whichever it is
    for (uint32_t i = 0; i < rules.merges.size(); ++i) ranks.push_back(round % 5 < 3 ? i : i / 6);
    const Bpe bpe(rules.vocabulary, rules.merges, {}, ranks);
    std::string word;
    for (size_t n = 40 + random.below(300); word.size() < n;) word += std::string(1 + random.below(12), alphabet[random.below(alphabet.size())]);
    std::vector<Token> tokens;
    bpe.tokenize(word, tokens);
    std::vector<int32_t> ids;
    uint32_t at = 0;
    for (const Token& t : tokens) {
      ids.push_back(t.id);
      EXPECT_EQ(t.begin, at);
      at = t.end;
      EXPECT_EQ(rules.vocabulary.token(t.id), word.substr(t.begin, t.end - t.begin));
    }
    EXPECT_EQ(at, word.size());
    ASSERT_EQ(ids, by_definition(rules, ranks, word)) << "round " << round << ", " << word;
  }
}

}  // namespace
}  // namespace grim
