#include "grimoire/text/bpe.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/machine.h"
#include "grimoire/base/utf8.h"

namespace grim {
namespace {

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
