#include "grimoire/text/bpe.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <queue>

#include "grimoire/base/error.h"
#include "grimoire/base/machine.h"
#include "grimoire/base/utf8.h"

namespace grim {
namespace {

constexpr size_t kFew = 48;  // symbols whose ranks are cheaper to look through each time than to keep in a heap

bool printable(uint8_t b) { return (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae; }

struct ByteAlphabet {
  std::array<char32_t, 256> symbols{};
  std::array<int16_t, 0x144> bytes{};
  ByteAlphabet() {
    bytes.fill(-1);
    char32_t next = 0x100;
    for (int b = 0; b < 256; ++b) {
      symbols[static_cast<size_t>(b)] = printable(static_cast<uint8_t>(b)) ? static_cast<char32_t>(b) : next++;
      bytes[symbols[static_cast<size_t>(b)]] = static_cast<int16_t>(b);
    }
  }
};
const ByteAlphabet& alphabet() {
  static const ByteAlphabet a;
  return a;
}

}  // namespace

char32_t byte_symbol(uint8_t byte) { return alphabet().symbols[byte]; }
int byte_of_symbol(char32_t c) { return c < alphabet().bytes.size() ? alphabet().bytes[c] : -1; }

std::string as_byte_symbols(std::string_view bytes) {
  std::string text;
  for (char b : bytes) append_utf8(text, byte_symbol(static_cast<uint8_t>(b)));
  return text;
}

Bpe::Bpe(Vocabulary vocabulary, const std::vector<Merge>& merges, BpeOptions options, std::span<const uint32_t> ranks)
    : SubwordModel(std::move(vocabulary)), options_(std::move(options)) {
  size_t n = 16;
  while (n < 2 * merges.size()) n *= 2;
  reserve_to_fill(rules_, n);
  rules_.resize(n);
  for (size_t i = 0; i < merges.size(); ++i) {
    const Merge& m = merges[i];
    const uint64_t pair = static_cast<uint64_t>(m.left) << 32 | static_cast<uint32_t>(m.right);
    size_t at = pair * 0x9e3779b97f4a7c15u >> 32 & (n - 1);
    while (rules_[at].pair != UINT64_MAX && rules_[at].pair != pair) at = (at + 1) & (n - 1);
    rules_[at] = {pair, ranks.empty() ? static_cast<uint32_t>(i) : ranks[i], m.result};  // of two equal rules the later holds, as in the reference
  }
  byte_ids_.fill(Vocabulary::kNone);
  for (size_t b = 0; b < 256; ++b) {
    std::string symbol;
    if (options_.byte_level) append_utf8(symbol, byte_symbol(static_cast<uint8_t>(b)));
    else symbol = str("<0x{:02X}>", b);
    byte_ids_[b] = vocabulary_.id_of(symbol);
  }
  if (!options_.unk_token.empty()) unk_id_ = vocabulary_.id_of(options_.unk_token);
}

// Most vocabularies list the results of their rules in the order of the rules: the token after the last result is looked at before any is sought.
std::vector<Bpe::Merge> Bpe::merges_of(const Vocabulary& vocabulary, std::span<const MergeText> rules, const BpeOptions& options) {
  constexpr size_t kAhead = 16;
  const std::string& prefix = options.continuing_subword_prefix;
  std::vector<Merge> merges;
  reserve_to_fill(merges, rules.size());
  std::string result;
  for (size_t i = 0; i < rules.size(); ++i) {
    if (i + kAhead < rules.size()) {
      vocabulary.prefetch(rules[i + kAhead].first);
      vocabulary.prefetch(rules[i + kAhead].second);
    }
    const auto& [left, right] = rules[i];
    const auto known = [&, &left = left, &right = right](std::string_view token) {
      const int32_t id = vocabulary.id_of(token);
      if (id < 0)
        fail(ErrorKind::input, "tokenizer", str("merge {} ('{}' with '{}'): token '{}' is not in the vocabulary", i, left, right, token));
      return id;
    };
    result = left;
    result += right.starts_with(prefix) ? right.substr(prefix.size()) : right;
    const int32_t next = merges.empty() ? Vocabulary::kNone : merges.back().result + 1;
    const int32_t first = known(left), second = known(right);
    merges.push_back({first, second, vocabulary.token(next) == result ? next : known(result)});
  }
  return merges;
}

const Bpe::Rule* Bpe::rule(int32_t left, int32_t right) const {
  const uint64_t pair = static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right);
  const size_t mask = rules_.size() - 1;
  for (size_t at = pair * 0x9e3779b97f4a7c15u >> 32 & mask;; at = (at + 1) & mask) {
    if (rules_[at].pair == pair) return &rules_[at];
    if (rules_[at].pair == UINT64_MAX) return nullptr;
  }
}

void Bpe::add_symbols(std::string_view word, std::vector<Token>& symbols) const {
  if (options_.byte_level) {
    symbols.reserve(symbols.size() + word.size());
    for (uint32_t i = 0; i < word.size(); ++i)
      if (const int32_t id = byte_ids_[static_cast<uint8_t>(word[i])]; id >= 0) symbols.push_back({id, i, i + 1});
    return;
  }
  // A symbol begins where the one before it ends, as in the reference: behind what is left out, and behind the bytes of a prefix or suffix, symbols
  // stand off their characters. What would stand behind the word's end is kept in it.
  uint32_t place = 0;
  const auto size = static_cast<uint32_t>(word.size());
  const auto add = [&](int32_t id, uint32_t bytes) {
    symbols.push_back({id, std::min(place, size - 1), std::min(place + bytes, size)});
    place += bytes;
  };
  std::string decorated;
  uint32_t unknown = 0;  // bytes of an unknown symbol that waits for others that it may fuse with
  const auto add_unknown = [&] {
    if (unknown > 0) add(unk_id_, unknown);
    unknown = 0;
  };
  for (size_t at = 0; at < word.size();) {
    const size_t begin = at;
    next_code_point(word, at);
    const auto bytes = static_cast<uint32_t>(at - begin);
    std::string_view symbol = word.substr(begin, bytes);
    const bool first = begin == 0, last = at == word.size();
    if ((!first && !options_.continuing_subword_prefix.empty()) || (last && !options_.end_of_word_suffix.empty())) {
      decorated = (first ? "" : options_.continuing_subword_prefix) + std::string(symbol) + (last ? options_.end_of_word_suffix : "");
      symbol = decorated;
    }
    if (const int32_t id = vocabulary_.id_of(symbol); id >= 0) {
      add_unknown();
      add(id, bytes);
      continue;
    }
    if (options_.byte_fallback && std::ranges::all_of(symbol, [&](char b) { return byte_ids_[static_cast<uint8_t>(b)] >= 0; })) {
      for (const char b : symbol) add(byte_ids_[static_cast<uint8_t>(b)], 1);
      continue;
    }
    if (options_.unk_token.empty()) continue;
    GRIM_CHECK(unk_id_ >= 0, input, "tokenizer", "the unknown token '{}' is not in the vocabulary, and '{}' is unknown", options_.unk_token, symbol);
    if (!options_.fuse_unk) add_unknown();
    unknown += bytes;
  }
  add_unknown();
}

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
size_t Bpe::merge_many(std::span<Token> s) const {
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
  return static_cast<size_t>(std::remove_if(s.begin(), s.end(), [](const Token& t) { return t.id < 0; }) - s.begin());
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

// A long word falls into parts between two symbols that stand side by side in no token: no merge reaches from one part into another.
size_t Bpe::merge_parts(std::span<Token> s) const {
  std::call_once(neighbours_known_, [this] { find_neighbours(); });
  size_t kept = 0;
  for (size_t begin = 0, end = 0; begin < s.size(); begin = end) {
    end = begin + 1;
    while (end < s.size() && (neighbours_.empty() || neighbours_[neighbours_bit(s[end - 1].id, s[end].id)])) ++end;
    const std::span<Token> part = s.subspan(begin, end - begin);
    const size_t left = part.size() <= kFew ? merge_few(part) : merge_many(part);
    std::copy_n(part.begin(), left, s.begin() + static_cast<ptrdiff_t>(kept));
    kept += left;
  }
  return kept;
}

void Bpe::tokenize(std::string_view word, std::vector<Token>& tokens) const {
  if (options_.ignore_merges) {
    const int32_t id = vocabulary_.id_of(options_.byte_level ? std::string_view(as_byte_symbols(word)) : word);
    if (id >= 0) return tokens.push_back({id, 0, static_cast<uint32_t>(word.size())});
  }
  if (!options_.whole.empty())
    if (const int32_t id = vocabulary_.id_of(word); options_.whole.contains(id)) return tokens.push_back({id, 0, static_cast<uint32_t>(word.size())});
  const size_t first = tokens.size();
  add_symbols(word, tokens);
  const std::span<Token> symbols = std::span(tokens).subspan(first);
  tokens.resize(first + (symbols.size() <= kFew ? merge_few(symbols) : merge_parts(symbols)));
}

MergesByRank::MergesByRank(const Vocabulary& vocabulary, std::span<const uint32_t> rank_of) {
  constexpr int32_t kAhead = 4;
  const auto takes_part = [&](int32_t id) { return id >= 0 && rank_of[static_cast<size_t>(id)] != kNoRank; };
  const auto each_cut = [](std::string_view token, const auto& use) {  // between characters
    for (size_t at = 1; at < token.size(); ++at)
      if (!continues_character(token[at])) use(token.substr(0, at), token.substr(at));
  };
  const auto size = static_cast<int32_t>(rank_of.size());
  merges.reserve(rank_of.size());
  ranks.reserve(rank_of.size());
  for (int32_t id = 0; id < size; ++id) {
    if (id + kAhead < size) each_cut(vocabulary.token(id + kAhead), [&](std::string_view left, std::string_view right) {
      vocabulary.prefetch(left);
      vocabulary.prefetch(right);
    });
    if (takes_part(id)) each_cut(vocabulary.token(id), [&](std::string_view before, std::string_view behind) {
      const int32_t left = vocabulary.id_of(before), right = takes_part(left) ? vocabulary.id_of(behind) : Vocabulary::kNone;
      if (!takes_part(right)) return;
      merges.push_back({left, right, id});
      ranks.push_back(rank_of[static_cast<size_t>(id)]);
    });
  }
}

Json Bpe::to_json() const {
  std::vector<const Rule*> rules;
  for (const Rule& r : rules_)
    if (r.pair != UINT64_MAX) rules.push_back(&r);
  std::ranges::sort(rules, {}, [](const Rule* r) { return std::pair(r->rank, r->pair); });
  Json merges = Json::array();
  for (const Rule* r : rules)
    merges.push(Json::array({vocabulary_.token(static_cast<int64_t>(r->pair >> 32)), vocabulary_.token(static_cast<int64_t>(r->pair & UINT32_MAX))}));
  const auto or_null = [](const std::string& s) { return s.empty() ? Json() : Json(s); };
  return Json::object({{"type", "BPE"},
                       {"dropout", options_.dropout > 0 ? Json(options_.dropout) : Json()},
                       {"unk_token", or_null(options_.unk_token)},
                       {"continuing_subword_prefix", or_null(options_.continuing_subword_prefix)},
                       {"end_of_word_suffix", or_null(options_.end_of_word_suffix)},
                       {"fuse_unk", options_.fuse_unk},
                       {"byte_fallback", options_.byte_fallback},
                       {"ignore_merges", options_.ignore_merges || !options_.whole.empty()},
                       {"vocab", vocabulary_.to_json()},
                       {"merges", std::move(merges)}});
}

}  // namespace grim
