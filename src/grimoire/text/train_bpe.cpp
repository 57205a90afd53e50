#include "grimoire/text/train_bpe.h"

#include <algorithm>
#include <queue>
#include <set>
#include <tuple>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/utf8.h"

namespace grim {
namespace {

constexpr int32_t kBetween = -1, kGone = -2;  // between words; the right part of a token

// f(word, character, form): form 1 where it continues a word, plus 2 where it ends one.
template <class F> void each_character(const WordCounts& words, F&& f) {
  for (int64_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words.word(i);
    for (size_t at = 0; at < word.size();) {
      const size_t continues = at > 0;
      const char32_t c = next_code_point(word, at);
      f(i, c, continues + (at == word.size() ? 2 : 0));
    }
  }
}

// The characters to begin with, in the order of their code points.
std::vector<char32_t> alphabet_of(const WordCounts& words, const BpeTraining& training) {
  constexpr int64_t kAlways = INT64_MAX;
  std::vector<int64_t> counts;
  const auto count_of = [&](char32_t c) -> int64_t& {
    if (c >= counts.size()) counts.resize(c + 1);
    return counts[c];
  };
  each_character(words, [&](int64_t i, char32_t c, size_t) { count_of(c) += words.count(i); });
  for (const char32_t c : training.initial_alphabet) count_of(c) = kAlways;
  std::vector<char32_t> kept;
  for (char32_t c = 0; c < counts.size(); ++c)
    if (counts[c] > 0) kept.push_back(c);
  if (const int64_t limit = training.limit_alphabet.value_or(INT64_MAX); static_cast<int64_t>(kept.size()) > limit) {
    std::ranges::stable_sort(kept, std::greater<>(), [&](char32_t c) { return counts[c]; });
    kept.resize(static_cast<size_t>(limit));
    std::ranges::sort(kept);
  }
  return kept;
}

// The words as rows of tokens. A token stands at its first character and spans its others; a row ends, and the first begins, behind a kBetween.
struct Rows {
  struct Place {
    int32_t id;
    uint32_t span;  // characters, at a token's first and its last
    uint32_t word;
  };
  std::vector<Place> places = {{kBetween, 1, 0}};
  std::vector<uint32_t> begins;  // of each word
  std::vector<int64_t> counts;

  int32_t id(size_t at) const { return places[at].id; }
  int64_t count(size_t at) const { return counts[places[at].word]; }
  size_t next(size_t at) const { return at + places[at].span; }
  size_t before(size_t at) const { return at - places[at - 1].span; }
  void push(int32_t id) { places.push_back({id, 1, static_cast<uint32_t>(counts.size() - 1)}); }
  void merge(size_t at, int32_t result) {
    const size_t right = next(at), end = next(right);
    places[right].id = kGone;
    places[at].id = result;
    places[at].span = places[end - 1].span = static_cast<uint32_t>(end - at);
  }
};

std::string text_of(char32_t c) {
  std::string text;
  append_utf8(text, c);
  return text;
}

// Gives the vocabulary its first tokens: special ones, the alphabet, and its characters as they stand in words: "##a", "a</w>".
class FirstTokens {
 public:
  FirstTokens(const WordCounts& words, const BpeTraining& training, Vocabulary& vocabulary) {
    const auto add = [&](std::string_view token) {
      if (vocabulary.id_of(token) < 0) vocabulary.add(token, vocabulary.size());
    };
    for (const std::string& token : training.special_tokens) add(token);
    const std::vector<char32_t> alphabet = alphabet_of(words, training);
    if (!alphabet.empty()) places_.resize(alphabet.back() + 1, kNone);
    for (size_t i = 0; i < alphabet.size(); ++i) {
      places_[alphabet[i]] = static_cast<uint32_t>(4 * i);
      add(text_of(alphabet[i]));
    }
    std::vector<bool> used(4 * alphabet.size());
    each_character(words, [&](int64_t, char32_t c, size_t form) {
      if (const uint32_t p = place(c); p != kNone) used[p + form] = true;
    });
    std::vector<std::string> tokens(used.size());
    for (size_t i = 0; i < used.size(); ++i)
      if (used[i]) tokens[i] = (i & 1 ? training.continuing_subword_prefix : "") + text_of(alphabet[i / 4]) + (i & 2 ? training.end_of_word_suffix : "");
    for (const std::string& token : std::set(tokens.begin(), tokens.end()))
      if (!token.empty()) add(token);
    for (const std::string& token : tokens) ids_.push_back(vocabulary.id_of(token));
  }
  int32_t operator()(char32_t c, size_t form) const { return place(c) == kNone ? Vocabulary::kNone : ids_[place(c) + form]; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t place(char32_t c) const { return c < places_.size() ? places_[c] : kNone; }
  std::vector<uint32_t> places_;  // of a character's four forms
  std::vector<int32_t> ids_;
};

Rows rows_of(const WordCounts& words, const FirstTokens& tokens) {
  Rows rows;
  int64_t last = -1;
  const auto begin_word = [&](int64_t i) {
    if (last >= 0) rows.push(kBetween);
    rows.counts.push_back(words.count(i));
    rows.begins.push_back(static_cast<uint32_t>(rows.places.size()));
    last = i;
  };
  each_character(words, [&](int64_t i, char32_t c, size_t form) {
    if (i != last) begin_word(i);
    if (const int32_t id = tokens(c, form); id >= 0) rows.push(id);
    GRIM_CHECK(rows.places.size() < UINT32_MAX, resource, "tokenizer", "the different words have more than 2^32 characters together: train on a part of them");
  });
  rows.push(kBetween);
  return rows;
}

// The merges, one after another. Of every pair it is known how often it stands in the texts; a heap of candidates is put right when one comes to its
// top, since counts change more often than they are asked for. A candidate knows the places where its pair stood when it came up.
//
// The reference keeps a candidate for each merge that made new places of a pair, and a candidate is merged in the words of its own places. A pair has
// several where two pairs merge into the same token; it is merged then at different times, and bears the rank of the last. This is followed here.
class Merger {
 public:
  Merger(Rows rows, Vocabulary& vocabulary, const BpeTraining& training) : rows_(std::move(rows)), vocabulary_(vocabulary), training_(training) {
    for (size_t at = 0; at + 1 < rows_.places.size(); ++at)
      if (rows_.id(at) >= 0 && rows_.id(at + 1) >= 0) add(rows_.id(at), rows_.id(at + 1), at, rows_.count(at));
    put_candidates();
  }

  std::vector<Bpe::Merge> run(const TrainingWatch& watch) {
    int64_t rank = 0;
    while (vocabulary_.size() < training_.vocab_size && !candidates_.empty()) {
      Candidate top = candidates_.top();
      candidates_.pop();
      if (const int64_t count = pairs_[top.pair].count; count != top.count) {
        top.count = count;
        candidates_.push(top);
        continue;
      }
      if (top.count < std::max<int64_t>(1, training_.min_frequency)) break;
      merge(top, rank++);
      if (watch && rank % 256 == 0) watch({"merges", vocabulary_.size(), training_.vocab_size});
    }
    return in_order(rank);
  }

 private:
  struct Pair {
    int32_t left, right;
    int64_t count = 0;
    int32_t result = 0;
    uint32_t fresh = 0;   // the list of places of this step, and 1
    int64_t rank = -1;    // of its last merge
    int lists = 0;        // lists of places there have been
  };
  struct Candidate {
    int64_t count;
    int32_t left, right;
    uint32_t pair, places;
    bool operator<(const Candidate& o) const {
      if (count != o.count) return count < o.count;
      return std::tie(left, right, places) > std::tie(o.left, o.right, o.places);
    }
  };

  uint32_t pair_of(int32_t left, int32_t right) {
    if (2 * pairs_.size() >= slots_.size()) grow();
    size_t at = slot(left, right);
    for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1))
      if (const Pair& p = pairs_[slots_[at] - 1]; p.left == left && p.right == right) return slots_[at] - 1;
    pairs_.push_back({left, right});
    slots_[at] = static_cast<uint32_t>(pairs_.size());
    return slots_[at] - 1;
  }
  size_t slot(int32_t left, int32_t right) const {
    const uint64_t key = static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right);
    return key * 0x9e3779b97f4a7c15u >> 32 & (slots_.size() - 1);
  }
  void grow() {
    slots_.assign(std::max<size_t>(1024, 2 * slots_.size()), 0);
    for (size_t i = 0; i < pairs_.size(); ++i) {
      size_t at = slot(pairs_[i].left, pairs_[i].right);
      while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = static_cast<uint32_t>(i + 1);
    }
  }

  void add(int32_t left, int32_t right, size_t place, int64_t count) {
    const uint32_t i = pair_of(left, right);
    Pair& p = pairs_[i];
    p.count += count;
    if (p.fresh == 0) {
      places_.emplace_back();
      fresh_.push_back(i);
      p.fresh = static_cast<uint32_t>(places_.size());
    }
    places_[p.fresh - 1].push_back(static_cast<uint32_t>(place));
  }

  // The pairs that came up in this step become candidates, if they are there at its end.
  void put_candidates() {
    for (const uint32_t i : fresh_) {
      Pair& p = pairs_[i];
      const uint32_t places = p.fresh - 1;
      p.fresh = 0;
      ++p.lists;
      if (p.count > 0) candidates_.push({p.count, p.left, p.right, i, places});
      else places_[places] = {};
    }
    fresh_.clear();
  }

  int32_t result_of(const Pair& p) {
    std::string token(vocabulary_.token(p.left));
    std::string_view right = vocabulary_.token(p.right);
    if (right.starts_with(training_.continuing_subword_prefix)) right.remove_prefix(training_.continuing_subword_prefix.size());
    token += right;
    if (const int32_t id = vocabulary_.id_of(token); id >= 0) return id;
    vocabulary_.add(token, vocabulary_.size());
    return static_cast<int32_t>(vocabulary_.size() - 1);
  }

  void merge(const Candidate& top, int64_t rank) {
    pairs_[top.pair].rank = rank;
    const int32_t result = pairs_[top.pair].result = result_of(pairs_[top.pair]);
    const bool all_known = pairs_[top.pair].lists == 1;
    const std::vector<uint32_t> places = std::move(places_[top.places]);
    places_[top.places] = {};
    for (size_t i = 0; i < places.size(); ++i) {
      if (i + 8 < places.size()) __builtin_prefetch(&rows_.places[places[i + 8]]);
      if (all_known) {
        merge_at(places[i], top, result);
        continue;
      }
      const uint32_t word = rows_.places[places[i]].word;
      if (i > 0 && word == rows_.places[places[i - 1]].word) continue;
      for (size_t at = rows_.begins[word]; rows_.id(at) >= 0; at = rows_.next(at)) merge_at(at, top, result);
    }
    put_candidates();
  }

  void merge_at(size_t at, const Candidate& pair, int32_t result) {
    if (rows_.id(at) != pair.left || rows_.id(rows_.next(at)) != pair.right) return;
    const int64_t count = rows_.count(at);
    rows_.merge(at, result);
    const size_t before = rows_.before(at), after = rows_.next(at);
    const auto short_enough = [&](size_t other) { return rows_.places[at].span + rows_.places[other].span < longest_; };
    if (rows_.id(before) >= 0) {
      pairs_[pair_of(rows_.id(before), pair.left)].count -= count;
      if (short_enough(before)) add(rows_.id(before), result, before, count);
    }
    if (rows_.id(after) >= 0) {
      pairs_[pair_of(pair.right, rows_.id(after))].count -= count;
      if (short_enough(after)) add(result, rows_.id(after), at, count);
    }
  }

  std::vector<Bpe::Merge> in_order(int64_t ranks) const {
    std::vector<const Pair*> by_rank(static_cast<size_t>(ranks));
    for (const Pair& p : pairs_)
      if (p.rank >= 0) by_rank[static_cast<size_t>(p.rank)] = &p;
    std::vector<Bpe::Merge> merges;
    for (const Pair* p : by_rank)
      if (p) merges.push_back({p->left, p->right, p->result});
    return merges;
  }

  Rows rows_;
  Vocabulary& vocabulary_;
  const BpeTraining& training_;
  const int64_t longest_ = training_.max_token_length.value_or(INT64_MAX);
  std::vector<Pair> pairs_;
  std::vector<uint32_t> slots_;  // open addressing, a power of two; a pair's number and 1, or 0
  std::vector<std::vector<uint32_t>> places_;
  std::vector<uint32_t> fresh_;  // pairs
  std::priority_queue<Candidate> candidates_;
};

}  // namespace

TrainedBpe train_bpe(const WordCounts& words, const BpeTraining& training, const TrainingWatch& watch) {
  TrainedBpe trained;
  const FirstTokens first(words, training, trained.vocabulary);
  const int64_t least = trained.vocabulary.size();
  if (least > training.vocab_size)
    fail(ErrorKind::argument, "tokenizer",
         str(GRIM_SETTING("vocab-size") ": got {}, expected at least {}: the special tokens and the single characters of the texts",
             training.vocab_size, least),
         "ask for more");
  trained.merges = Merger(rows_of(words, first), trained.vocabulary, training).run(watch);
  return trained;
}

}  // namespace grim
