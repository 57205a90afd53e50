// How a word's symbols are merged: a few by looking through them again and again, many in the order of their rules.
#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <queue>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"

namespace grim {
namespace {

constexpr size_t kFew = 48;  // symbols whose ranks are cheaper to look through each time than to keep in order

}  // namespace

const Bpe::Rule* Bpe::rule(int32_t left, int32_t right) const {
  const uint64_t pair = static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right);
  const size_t mask = rules_.size() - 1;
  for (size_t at = pair * 0x9e3779b97f4a7c15u >> 32 & mask;; at = (at + 1) & mask) {
    if (rules_[at].pair == pair) return &rules_[at];
    if (rules_[at].pair == UINT64_MAX) return nullptr;
  }
}

// The symbols of a word, taken some at a time.
class Bpe::Symbols {
 public:
  Symbols(const Bpe& bpe, std::string_view word) : bpe_(bpe), word_(word) {}
  bool done() const { return at_ == word_.size(); }
  // Appends the next until `to` has `size`, or some more; or all that are left.
  void take(std::vector<Token>& to, size_t size) {
    if (bpe_.options_.byte_level) take_bytes(to, size);
    else take_characters(to, size);
  }

 private:
  void take_bytes(std::vector<Token>& to, size_t size) {
    for (; at_ < word_.size() && to.size() < size; ++at_) {
      const auto i = static_cast<uint32_t>(at_);
      if (const int32_t id = bpe_.byte_ids_[static_cast<uint8_t>(word_[i])]; id >= 0) to.push_back({id, i, i + 1});
    }
  }

  void take_characters(std::vector<Token>& to, size_t size) {
    const BpeOptions& options = bpe_.options_;
    std::string decorated;
    while (at_ < word_.size() && to.size() < size) {
      const size_t begin = at_;
      next_code_point(word_, at_);
      const auto bytes = static_cast<uint32_t>(at_ - begin);
      std::string_view symbol = word_.substr(begin, bytes);
      const bool first = begin == 0, last = at_ == word_.size();
      if ((!first && !options.continuing_subword_prefix.empty()) || (last && !options.end_of_word_suffix.empty())) {
        decorated = (first ? "" : options.continuing_subword_prefix) + std::string(symbol) + (last ? options.end_of_word_suffix : "");
        symbol = decorated;
      }
      if (const int32_t id = bpe_.vocabulary_.id_of(symbol); id >= 0) {
        add_unknown(to);
        add(to, id, bytes);
        continue;
      }
      if (options.byte_fallback && std::ranges::all_of(symbol, [&](char b) { return bpe_.byte_ids_[static_cast<uint8_t>(b)] >= 0; })) {
        for (const char b : symbol) add(to, bpe_.byte_ids_[static_cast<uint8_t>(b)], 1);
        continue;
      }
      if (options.unk_token.empty()) continue;
      GRIM_CHECK(bpe_.unk_id_ >= 0, input, "tokenizer", "the unknown token '{}' is not in the vocabulary, and '{}' is unknown", options.unk_token, symbol);
      if (!options.fuse_unk) add_unknown(to);
      unknown_ += bytes;
    }
    if (done()) add_unknown(to);
  }

  // A symbol begins where the one before it ends, as in the reference: behind what is left out, and behind the bytes of a prefix or suffix, symbols
  // stand off their characters. What would stand behind the word's end is kept in it.
  void add(std::vector<Token>& to, int32_t id, uint32_t bytes) {
    const auto size = static_cast<uint32_t>(word_.size());
    to.push_back({id, std::min(place_, size - 1), std::min(place_ + bytes, size)});
    place_ += bytes;
  }
  void add_unknown(std::vector<Token>& to) {
    if (unknown_ > 0) add(to, bpe_.unk_id_, unknown_);
    unknown_ = 0;
  }

  const Bpe& bpe_;
  std::string_view word_;
  size_t at_ = 0;
  uint32_t place_ = 0;
  uint32_t unknown_ = 0;  // bytes of an unknown symbol that waits for others that it may fuse with
};

// Few symbols: look through the ranks of all neighbours for the lowest, merge, and rank the two new neighbours.
size_t Bpe::merge_few(std::span<Token> s) const {
  const Rule* rules[kFew];
  size_t n = s.size();
  for (size_t i = 0; i + 1 < n; ++i) rules[i] = rule(s[i].id, s[i + 1].id);
  while (n > 1) {
    size_t best = n;
    uint32_t rank = UINT32_MAX;
    for (size_t i = 0; i + 1 < n; ++i)
      if (rules[i] && rules[i]->rank < rank) rank = rules[i]->rank, best = i;
    if (best == n) break;
    s[best] = {rules[best]->result, s[best].begin, s[best + 1].end};
    --n;
    for (size_t i = best + 1; i < n; ++i) s[i] = s[i + 1];
    for (size_t i = best; i + 1 < n; ++i) rules[i] = rules[i + 1];
    if (best > 0) rules[best - 1] = rule(s[best - 1].id, s[best].id);
    if (best + 1 < n) rules[best] = rule(s[best].id, s[best + 1].id);
  }
  return n;
}

namespace {

// Places of candidates in the order of their ranks, and of the places: a list a rank. What a merge adds is of a later rank, as a rule, and comes in
// the order of the places; so lists are appended to, and passed from end to end once. What breaks that order waits in a heap.
class Candidates {
 public:
  struct Candidate {
    uint32_t rank;
    int32_t at;
    bool operator>(const Candidate& o) const { return rank != o.rank ? rank > o.rank : at > o.at; }
  };
  void add(uint32_t rank, int32_t at) {
    List& list = lists_[rank];
    const bool in_order = list.places.empty() || at >= list.places.back();
    if (!in_order && list.opened) return late_.push({rank, at});
    list.in_order &= in_order;
    list.places.push_back(at);
  }
  std::optional<Candidate> take() {
    while (!lists_.empty() && lists_.begin()->second.next == lists_.begin()->second.places.size()) lists_.erase(lists_.begin());
    if (lists_.empty() && late_.empty()) return std::nullopt;
    if (!lists_.empty()) {
      auto& [rank, list] = *lists_.begin();
      if (!list.in_order) std::ranges::sort(list.places);
      list.opened = list.in_order = true;
      if (const Candidate first{rank, list.places[list.next]}; late_.empty() || late_.top() > first) {
        ++list.next;
        return first;
      }
    }
    const Candidate first = late_.top();
    late_.pop();
    return first;
  }

 private:
  struct List {
    std::vector<int32_t> places;
    size_t next = 0;
    bool in_order = true, opened = false;
  };
  std::map<uint32_t, List> lists_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> late_;
};

}  // namespace

// Many: the symbols are a linked list, and a candidate whose symbols have changed meanwhile is passed over.
void Bpe::merge_list(std::span<Token> s) const {
  const auto n = static_cast<int32_t>(s.size());
  std::vector<int32_t> next(s.size()), before(s.size());
  Candidates candidates;
  const auto token = [&](int32_t i) -> Token& { return s[static_cast<size_t>(i)]; };
  const auto add = [&](int32_t left, int32_t right) {
    if (const Rule* r = rule(token(left).id, token(right).id)) candidates.add(r->rank, left);
  };
  for (int32_t i = 0; i < n; ++i) {
    next[static_cast<size_t>(i)] = i + 1;
    before[static_cast<size_t>(i)] = i - 1;
    if (i + 1 < n) add(i, i + 1);
  }
  while (const auto c = candidates.take()) {
    if (token(c->at).id < 0) continue;
    const int32_t right = next[static_cast<size_t>(c->at)];
    if (right >= n) continue;
    const Rule* const r = rule(token(c->at).id, token(right).id);
    if (!r || r->rank != c->rank) continue;
    token(c->at) = {r->result, token(c->at).begin, token(right).end};
    token(right).id = Vocabulary::kNone;
    const int32_t after = next[static_cast<size_t>(right)], prior = before[static_cast<size_t>(c->at)];
    next[static_cast<size_t>(c->at)] = after;
    if (prior >= 0) add(prior, c->at);
    if (after < n) {
      before[static_cast<size_t>(after)] = c->at;
      add(c->at, after);
    }
  }
}

size_t Bpe::neighbours_bit(int32_t left, int32_t right) const {
  return (static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right)) * 0x9e3779b97f4a7c15u >> 44;
}

// A rule joins the last symbol of one token to the first of another.
void Bpe::find_neighbours() const {
  constexpr int kMostPasses = 64;  // rules stand in no order, and a token is made of a few others
  std::vector<int32_t> first(static_cast<size_t>(vocabulary_.size()));
  std::iota(first.begin(), first.end(), 0);
  std::vector<int32_t> last = first;
  const auto at = [](std::vector<int32_t>& list, uint64_t id) -> int32_t& { return list[static_cast<size_t>(id)]; };
  bool changed = true;
  for (int pass = 0; pass < kMostPasses && changed; ++pass) {
    changed = false;
    for (const Rule& r : rules_) {
      if (r.pair == UINT64_MAX) continue;
      const auto result = static_cast<uint64_t>(r.result);
      const int32_t f = at(first, r.pair >> 32), l = at(last, r.pair & UINT32_MAX);
      changed |= at(first, result) != f || at(last, result) != l;
      at(first, result) = f;
      at(last, result) = l;
    }
  }
  if (changed) return;  // two rules make a token of different symbols
  neighbours_.resize(size_t{1} << 20);
  for (const Rule& r : rules_)
    if (r.pair != UINT64_MAX) neighbours_[neighbours_bit(at(last, r.pair >> 32), at(first, r.pair & UINT32_MAX))] = true;
}

// Whether two neighbours that were merged by themselves to one token each stay so side by side. Any list of tokens of which this holds for all neighbours
// is what its symbols are merged to: take the first merge that would join two of the tokens. Until then each was merged as it is beside that neighbour
// alone, where the same merge would have been the next.
bool Bpe::stand_apart(std::span<const Token> left, std::span<const Token> right) const {
  std::vector<Token> both(left.begin(), left.end());
  both.insert(both.end(), right.begin(), right.end());
  merge_list(both);
  return both[left.size()].id >= 0;
}

// A window falls into parts between two symbols that stand side by side in no token: no merge reaches from one part into another.
size_t Bpe::merge_parts(std::span<Token> s) const {
  std::call_once(neighbours_known_, [this] { find_neighbours(); });
  for (size_t begin = 0, end = 0;; begin = end) {
    end = begin + 1;
    while (end < s.size() && (neighbours_.empty() || neighbours_[neighbours_bit(s[end - 1].id, s[end].id)])) ++end;
    const std::span<Token> part = s.subspan(begin, end - begin);
    if (part.size() <= kFew) {
      for (Token& t : part.subspan(merge_few(part))) t.id = Vocabulary::kNone;
    } else {
      merge_list(part);
    }
    if (end == s.size()) return begin;
  }
}

// A long word is merged window by window, in memory that stays in the cache. A window's tokens hold up to its last part, or else up to one near its end,
// where the next window begins, if the two there stand apart; if they do not, the window has to be longer.
void Bpe::merge_windows(Symbols& source, std::vector<Token>& symbols, std::vector<Token>& tokens, const std::function<void()>& take) const {
  constexpr size_t kWindow = 4096, kUncertain = 128;  // symbols
  static_assert(kUncertain > kFew);  // so those behind a window's end are one part of the next, whose tokens stand where they begin
  std::vector<Token> window, next;
  size_t last_part = 0, of_next = 0;
  const auto merge_from = [&](size_t begin, size_t length, std::vector<Token>& merged) {
    source.take(symbols, begin + length);
    merged.assign(symbols.begin() + static_cast<ptrdiff_t>(begin), symbols.begin() + static_cast<ptrdiff_t>(std::min(symbols.size(), begin + length)));
    return merged.empty() ? 0 : merge_parts(merged);
  };
  const auto keep = [&](size_t end) {
    std::copy_if(window.begin(), window.begin() + static_cast<ptrdiff_t>(end), std::back_inserter(tokens), [](const Token& t) { return t.id >= 0; });
    take();
    symbols.erase(symbols.begin(), symbols.begin() + static_cast<ptrdiff_t>(end));
  };
  const auto token_at = [](const std::vector<Token>& merged, size_t i) {  // or before
    while (merged[i].id < 0) --i;
    return i;
  };
  last_part = merge_from(0, kWindow, window);
  while (window.size() < symbols.size() || !source.done()) {
    const size_t size = window.size();
    if (last_part >= size / 2) {
      keep(last_part);
      last_part = merge_from(0, kWindow, window);
      continue;
    }
    const size_t end = token_at(window, size - std::min(kUncertain, size / 4));
    if (end > last_part) {
      of_next = merge_from(end, kWindow, next);
      const size_t left = token_at(window, end - 1);
      const auto right = std::find_if(next.begin() + 1, next.end(), [](const Token& t) { return t.id >= 0; }) - next.begin();
      if (stand_apart(std::span(symbols).subspan(left, end - left), std::span(symbols).subspan(end, static_cast<size_t>(right)))) {
        keep(end);
        std::swap(window, next);
        last_part = of_next;
        continue;
      }
    }
    last_part = merge_from(0, 2 * size, window);
  }
  keep(window.size());
}

bool Bpe::is_whole(std::string_view word, std::vector<Token>& tokens) const {
  if (word.size() > vocabulary_.longest() || (!options_.ignore_merges && options_.whole.empty())) return false;
  const int32_t id = vocabulary_.id_of(options_.byte_level ? std::string_view(as_byte_symbols(word)) : word);
  if (id < 0 || !(options_.ignore_merges || options_.whole.contains(id))) return false;
  tokens.push_back({id, 0, static_cast<uint32_t>(word.size())});
  return true;
}

void Bpe::tokenize(std::string_view word, std::vector<Token>& tokens) const {
  if (is_whole(word, tokens)) return;
  const size_t first = tokens.size();
  Symbols source(*this, word);
  source.take(tokens, first + kFew);
  const std::span<Token> symbols = std::span(tokens).subspan(first);
  if (source.done() && symbols.size() <= kFew) return tokens.resize(first + merge_few(symbols));
  std::vector<Token> many(symbols.begin(), symbols.end());
  tokens.resize(first);
  merge_windows(source, many, tokens, [] {});
}

void Bpe::tokenize_long(std::string_view word, ScoreSum&, std::vector<Token>& tokens, const std::function<void()>& take) const {
  if (is_whole(word, tokens)) return take();
  Symbols source(*this, word);
  std::vector<Token> symbols;
  merge_windows(source, symbols, tokens, take);
}

}  // namespace grim
