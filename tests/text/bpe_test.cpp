// Long words, which are merged by other means than short ones, against the definition.
#include "grimoire/text/bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
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

  Rules() = default;
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
  constexpr uint64_t kNone = UINT64_MAX;
  std::map<std::pair<int32_t, int32_t>, size_t> rule;
  for (size_t i = 0; i < rules.merges.size(); ++i) rule[{rules.merges[i].left, rules.merges[i].right}] = i;
  std::vector<int32_t> s;
  for (const char c : word) s.push_back(rules.vocabulary.id_of({&c, 1}));
  std::vector<uint64_t> of(s.size(), kNone);  // of a symbol and the next: the rank of their rule, and its number
  const auto look_at = [&](size_t i) {
    const auto found = i + 1 < s.size() ? rule.find({s[i], s[i + 1]}) : rule.end();
    of[i] = found == rule.end() ? kNone : uint64_t{ranks[found->second]} << 32 | found->second;
  };
  for (size_t i = 0; i < s.size(); ++i) look_at(i);
  for (;;) {
    const auto best = std::ranges::min_element(of, {}, [](uint64_t r) { return r == kNone ? kNone : r >> 32; });
    if (best == of.end() || *best == kNone) return s;
    const auto place = best - of.begin();
    const auto i = static_cast<size_t>(place);
    s[i] = rules.merges[*best & UINT32_MAX].result;
    s.erase(s.begin() + place + 1);
    of.erase(of.begin() + place + 1);
    look_at(i);
    if (i > 0) look_at(i - 1);
  }
}

void expect_as_defined(const Rules& rules, std::span<const uint32_t> ranks, const std::string& word) {
  const Bpe bpe(rules.vocabulary, rules.merges, {}, ranks);
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
  ASSERT_EQ(ids, by_definition(rules, ranks, word)) << word;
}

TEST(Bpe, LongWordsAreMergedAsShortOnesAre) {
  Random random{5};
  for (int round = 0; round < 180; ++round) {
    const std::string_view alphabet = round % 3 == 0 ? "a" : round % 3 == 1 ? "ab" : "abcdefgh";
    const Rules rules(random, alphabet, 3 + random.below(60), round % 2 == 0);
    std::vector<uint32_t> ranks;  // of equal ones the leftmost pair comes first, whichever it is
    for (uint32_t i = 0; i < rules.merges.size(); ++i) ranks.push_back(round % 5 < 3 ? i : i / 6);
    std::string word;
    for (size_t n = 40 + random.below(300); word.size() < n;) word += std::string(1 + random.below(12), alphabet[random.below(alphabet.size())]);
    expect_as_defined(rules, ranks, word);
  }
}

// 200 symbols over and over, where (199, 200) merges before (198, 199), that before (197, 198) and so on: whether a symbol is the first or the second of its
// token depends on what stands up to 200 symbols behind it. (200, 1) would merge last of all, so that no place is safe to cut.
TEST(Bpe, WhatStandsFarBehindDecidesAlsoOverWindows) {
  Rules rules;
  for (int c = 1; c <= 200; ++c) rules.vocabulary.add(std::string(1, static_cast<char>(c)), c - 1);
  const auto merge = [&](int left, int right) {
    const auto id = static_cast<int32_t>(rules.vocabulary.size());
    rules.vocabulary.add(std::string{static_cast<char>(left), static_cast<char>(right)}, id);
    rules.merges.push_back({left - 1, right - 1, id});
  };
  for (int left = 199; left >= 1; --left) merge(left, left + 1);
  merge(200, 1);
  std::vector<uint32_t> ranks(rules.merges.size());
  std::iota(ranks.begin(), ranks.end(), 0);
  for (const size_t length : {4097, 5000, 8191, 9999, 13001, 13002}) {
    for (const size_t first : {0, 1, 77}) {
      std::string word;
      for (size_t i = first; word.size() < length; ++i) word += static_cast<char>(i % 200 + 1);
      expect_as_defined(rules, ranks, word);
    }
  }
}

// Words of more than one window: runs, in which where a token begins depends on how many symbols are before it, and symbols that fall into parts.
TEST(Bpe, WordsOfSeveralWindowsAreMergedAsShortOnesAre) {
  Random random{7};
  for (int round = 0; round < 24; ++round) {
    const std::string_view alphabet = round % 3 == 0 ? "a" : round % 3 == 1 ? "ab" : "abcdefgh";
    const Rules rules(random, alphabet, 3 + random.below(round % 3 == 0 ? 8 : 40), round % 2 == 0);
    std::vector<uint32_t> ranks(rules.merges.size());
    std::iota(ranks.begin(), ranks.end(), 0);
    std::string word;
    const size_t longest = round % 4 == 0 ? 3000 : 9;
    for (size_t n = 4090 + random.below(9000); word.size() < n;) word += std::string(1 + random.below(longest), alphabet[random.below(alphabet.size())]);
    expect_as_defined(rules, ranks, word);
  }
}

}  // namespace
}  // namespace grim
