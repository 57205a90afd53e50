#include "grimoire/text/unigram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/base/machine.h"
#include "grimoire/base/utf8.h"

namespace grim {

namespace {
constexpr double kUnknownPenalty = 10;  // below the least likely piece
}

Unigram::Unigram(Vocabulary vocabulary, std::vector<double> scores, UnigramOptions options)
    : SubwordModel(std::move(vocabulary)), options_(std::move(options)), scores_(std::move(scores)) {
  GRIM_CHECK(!options_.unk_id || vocabulary_.has(*options_.unk_id), input, "tokenizer", "unk_id: got {}, and the vocabulary has {} pieces", *options_.unk_id,
             vocabulary_.size());
  double least = std::numeric_limits<double>::infinity();
  std::vector<std::string_view> pieces;
  std::vector<uint32_t> ids;
  for (size_t id = 0; id < scores_.size(); ++id) {
    const std::string_view piece = vocabulary_.token(static_cast<int64_t>(id));
    GRIM_CHECK(std::isfinite(scores_[id]), input, "tokenizer", "piece {} ('{}'): its score is not finite", id, piece);
    if (options_.kinds.empty() || options_.kinds[id] == PieceKind::normal) least = std::min(least, scores_[id]);
    if (!found_in_text(id)) continue;
    pieces.push_back(piece);
    ids.push_back(static_cast<uint32_t>(id));
  }
  unk_weight_ = least - kUnknownPenalty;
  for (size_t id = 0; id < options_.kinds.size(); ++id) {  // user-defined pieces win over shorter ones, as long as scores are logarithms of probabilities
    const double bytes = static_cast<double>(vocabulary_.token(static_cast<int64_t>(id)).size());
    single_weights_.push_back(static_cast<float>(options_.kinds[id] == PieceKind::user_defined ? 0.1 * (bytes - 1) : scores_[id]));
    largest_weight_ = std::max(largest_weight_, static_cast<double>(std::abs(single_weights_.back())));
  }
  if (!options_.kinds.empty()) unk_weight_ = static_cast<float>(unk_weight_);
  largest_weight_ = std::max(largest_weight_, std::abs(unk_weight_));
  pieces_ = DoubleArray::of(pieces, ids);
  if (!options_.byte_fallback) return;
  for (size_t b = 0; b < 256; ++b) byte_ids_.push_back(vocabulary_.id_of(str("<0x{:02X}>", b)));
}

bool Unigram::found_in_text(size_t id) const {
  return options_.kinds.empty() || options_.kinds[id] == PieceKind::normal || options_.kinds[id] == PieceKind::user_defined;
}

template <> struct Unigram::Node<double> {  // a place in the word
  double best;     // sum of the best way there
  int32_t id;      // of its last piece; kNone: no way was seen
  uint32_t begin;  // of that piece
};

template <> struct Unigram::Node<float> {
  float best, second;  // second: of the next best, as far as its last piece differs
  int32_t id;
  uint32_t begin;
};

// The places of a word from `base` on, of which those before `at` are done, and those from `fresh` on are not cleared yet.
template <class Real> struct Unigram::Trellis {
  std::span<Node<Real>> nodes;
  size_t base = 0, at = 0, fresh = 1;
  bool shifted = false;  // were sums moved up?
  Node<Real>& operator[](size_t place) const { return nodes[place - base]; }
};

// Bytes of the longest piece, or of a character that is none.
size_t Unigram::longest_step() const { return std::max<size_t>(vocabulary_.longest(), 4); }

// Moves sums up by what the best way to `at` has, when that is low: also of the places behind it that were reached already.
bool Unigram::shift(std::span<Node<float>> nodes, size_t at) const {
  if (nodes[at].best >= ScoreSum::kLowest) return false;
  const float by = nodes[at].best;
  for (Node<float>& n : nodes.subspan(at, std::min(nodes.size() - at, vocabulary_.longest() + 1)))
    if (n.id != Vocabulary::kNone) n.best -= by;
  return true;
}

template <class Real> void Unigram::find_best(std::string_view word, Trellis<Real>& t, size_t until, std::span<const Real> weights) const {
  constexpr bool kSingle = std::is_same_v<Real, float>;
  const auto unknown = static_cast<int32_t>(options_.unk_id.value_or(Vocabulary::kNone));
  const size_t reach = longest_step(), base = t.base;
  const std::span<Node<Real>> nodes = t.nodes;
  for (size_t at = t.at, next = at; at < until; at = next) {
    for (; t.fresh <= word.size() && t.fresh <= at + reach; ++t.fresh) nodes[t.fresh - base].id = Vocabulary::kNone;
    next_code_point(word, next);
    if constexpr (kSingle) t.shifted |= shift(nodes, at - base);
    const Real before = nodes[at - base].best;
    bool whole_character = false;
    const auto arrive = [&](size_t bytes, int32_t id, Real weight) {
      Node<Real>& there = nodes[at + bytes - base];
      const Real sum = before + weight;
      const bool first = there.id == Vocabulary::kNone, better = first || sum > there.best;
      if constexpr (kSingle) {
        if (better) there.second = first ? -std::numeric_limits<float>::infinity() : there.best;
        else there.second = std::max(there.second, sum);
      }
      if (!better) return;
      there.best = sum, there.id = id, there.begin = static_cast<uint32_t>(at);
    };
    pieces_.each_prefix(word.substr(at), [&](size_t bytes, uint32_t id) {
      arrive(bytes, static_cast<int32_t>(id), weights[id]);
      whole_character |= at + bytes == next;
    });
    t.at = next;
    if (whole_character) continue;
    GRIM_CHECK(unknown >= 0, input, "tokenizer", "'{}' is no piece of the vocabulary, which has none for what is unknown", word.substr(at, next - at));
    arrive(next - at, unknown, static_cast<Real>(unk_weight_));
  }
}

// With c characters a sum is rounded c times, each time by 2^(k-24) at most where sums are below 2^k. So two ways keep their order, whatever is before
// the word, while they are apart by more than E 2^k with E = c 2^-23; and seen from sums below 2^s, they are apart by what is seen less E 2^s.
uint8_t Unigram::holds_below(std::span<const Node<float>> nodes) const {
  double apart = std::numeric_limits<double>::infinity();
  double characters = 0;
  for (size_t end = nodes.size() - 1; end > 0; end = nodes[end].begin) {
    if (nodes[end].id == options_.unk_id) return ScoreSum::kNone;  // a token may then be several pieces
    apart = std::min(apart, static_cast<double>(nodes[end].best) - static_cast<double>(nodes[end].second));
  }
  for (const Node<float>& n : nodes.subspan(1)) characters += n.id != Vocabulary::kNone;
  const double e = characters * 0x1p-23, own = characters * largest_weight_;
  if (std::isinf(apart)) return own < ScoreSum::kMostOfWord ? ScoreSum::kAny : ScoreSum::kNone;
  // At most 2^k / 2 is for the sum before the word, the rest for its own.
  const double room = apart / e - 2 * (std::abs(static_cast<double>(nodes[0].best)) + own + 1);
  if (!(room > std::max(4 * own, 1.0)) || own >= ScoreSum::kMostOfWord) return ScoreSum::kNone;
  return static_cast<uint8_t>(std::bit_cast<uint32_t>(static_cast<float>(std::min(room, 0x1p100))) >> 23) - 1;
}

void Unigram::put_unknown(std::string_view word, const Token& run, std::vector<Token>& tokens) const {
  const std::string_view text = word.substr(run.begin, run.end - run.begin);
  const int32_t id = options_.kinds.empty() ? vocabulary_.id_of(text) : Vocabulary::kNone;  // a run may be a piece that scored even worse
  const bool bytes = options_.byte_fallback && std::ranges::all_of(text, [&](char b) { return byte_ids_[static_cast<uint8_t>(b)] >= 0; });
  if (id >= 0 || !bytes) return tokens.push_back({id >= 0 ? id : run.id, run.begin, run.end});
  for (size_t at = run.begin; at < run.end;) {
    const auto from = static_cast<uint32_t>(at);
    next_code_point(word, at);
    for (size_t i = from; i < at; ++i) {
      const int32_t byte = byte_ids_[static_cast<uint8_t>(word[i])];
      tokens.push_back(options_.kinds.empty() ? Token{byte, run.begin, run.end} : Token{byte, from, static_cast<uint32_t>(at)});
    }
  }
}

void Unigram::tokenize(std::string_view word, std::vector<Token>& tokens) const {
  ScoreSum from_zero;
  tokenize_behind(word, from_zero, tokens);
}

void Unigram::tokenize_long(std::string_view word, ScoreSum& sum, std::vector<Token>& tokens, const std::function<void()>& take) const {
  if (single_weights_.empty()) tokenize_windows<double>(word, scores_, sum, tokens, take);
  else tokenize_windows<float>(word, single_weights_, sum, tokens, take);
}

void Unigram::tokenize_behind(std::string_view word, ScoreSum& sum, std::vector<Token>& tokens) const {
  if (single_weights_.empty()) tokenize_in<double>(word, scores_, sum, tokens);
  else tokenize_in<float>(word, single_weights_, sum, tokens);
}

template <class Real> void Unigram::tokenize_in(std::string_view word, std::span<const Real> weights, ScoreSum& sum, std::vector<Token>& tokens) const {
  constexpr size_t kFew = 128;
  if (word.size() >= kFew) return tokenize_windows(word, weights, sum, tokens, [] {});
  Node<Real> few[kFew];
  Trellis<Real> trellis{std::span(few).first(word.size() + 1)};
  few[0] = {};
  few[0].best = static_cast<Real>(sum.value);
  find_best<Real>(word, trellis, word.size(), weights);
  if constexpr (std::is_same_v<Real, float>)
    sum = {few[word.size()].best, trellis.shifted ? ScoreSum::kNone : std::min(sum.holds_below, holds_below(trellis.nodes))};
  const size_t first = tokens.size();
  bool any_unknown = false;
  each_piece(trellis, word.size(), [&](const Token& piece) { any_unknown |= add_piece(piece, first, tokens); });
  if (any_unknown) spell_unknown(word, first, tokens);
}

// each(piece) for the pieces of the best way from the trellis' base to `end`, from left to right: the way is turned round, so that every place on it knows the
// next one in place of the one before.
template <class Real, class Each> void Unigram::each_piece(const Trellis<Real>& trellis, size_t end, Each&& each) const {
  auto at = static_cast<uint32_t>(end), next = uint32_t{0};
  while (at > trellis.base) next = std::exchange(at, std::exchange(trellis[at].begin, next));
  for (auto begin = static_cast<uint32_t>(trellis.base); begin < end; begin = std::exchange(next, trellis[next].begin))
    each(Token{trellis[next].id, begin, next});
}

// Appends a piece, or makes it one token with the one before it, of those from `first` on, when both are unknown. Is it unknown?
bool Unigram::add_piece(const Token& piece, size_t first, std::vector<Token>& tokens) const {
  const bool unknown = piece.id == options_.unk_id;
  if (unknown && tokens.size() > first && tokens.back().id == piece.id) tokens.back().end = piece.end;
  else tokens.push_back(piece);
  return unknown;
}

// Of a long word only a window of places is held. All ways that can still become the best come from the places that a step from behind the window's end
// could reach back to; where those ways were last one, the pieces before it are known. When they part early in the window, it is made longer, up to the whole
// word: so work stays linear, and most words need little memory.
template <class Real>
void Unigram::tokenize_windows(std::string_view word, std::span<const Real> weights, ScoreSum& sum, std::vector<Token>& tokens,
                               const std::function<void()>& take) const {
  constexpr size_t kWindow = 4096, kLargest = 1 << 16;  // beyond which it is the whole word
  const size_t reach = longest_step();
  std::unique_ptr<Node<Real>[]> nodes;
  Trellis<Real> t{};
  const auto hold = [&](size_t begin, size_t size) {  // `size` places from `begin` on, with what is known of them
    size = std::min(word.size() + 1 - begin, size);
    if (size > t.nodes.size()) {
      std::unique_ptr<Node<Real>[]> larger = std::make_unique_for_overwrite<Node<Real>[]>(size);
      expect_full_use(larger.get(), size * sizeof(Node<Real>));
      if (nodes) std::copy(&t[begin], t.nodes.data() + (t.fresh - t.base), larger.get());
      nodes = std::move(larger);
      t.nodes = {nodes.get(), size};
    } else {
      std::copy(&t[begin], t.nodes.data() + (t.fresh - t.base), nodes.get());
    }
    t.base = begin;
  };
  hold(0, kWindow + reach + 1);
  nodes[0] = {};
  nodes[0].best = static_cast<Real>(sum.value);
  size_t first = tokens.size();
  bool any_unknown = false;
  const auto give = [&](bool all) {
    std::optional<Token> last;  // which may go on
    if (!all && any_unknown && tokens.back().id == options_.unk_id) {
      last = tokens.back();
      tokens.pop_back();
    }
    if (any_unknown) spell_unknown(word, first, tokens);
    take();
    first = tokens.size();
    any_unknown = last.has_value();
    if (last) tokens.push_back(*last);
  };
  const auto put = [&](size_t end) {
    each_piece(t, end, [&](const Token& piece) {
      any_unknown |= add_piece(piece, first, tokens);
      if (tokens.size() - first >= kWindow) give(false);
    });
    give(end == word.size());
  };
  while (true) {
    const size_t size = t.nodes.size(), end = t.base + size - 1;
    find_best<Real>(word, t, end >= word.size() ? word.size() : end - reach, weights);
    if (t.at == word.size()) break;
    size_t joint = t.at;
    for (size_t place = t.at + 1; place < t.fresh; ++place) {
      if (t[place].id == Vocabulary::kNone) continue;
      for (size_t other = place; other != joint;) (other > joint ? other : joint) = t[std::max(other, joint)].begin;
    }
    const bool early = joint - t.base < size / 2;
    if (joint > t.base) put(joint);
    hold(joint, !early ? size : size < kLargest ? 4 * size : word.size() + 1);
  }
  if constexpr (std::is_same_v<Real, float>)
    sum = {t[word.size()].best, t.shifted || t.base > 0 ? ScoreSum::kNone : std::min(sum.holds_below, holds_below(t.nodes))};
  put(word.size());
}

void Unigram::spell_unknown(std::string_view word, size_t first, std::vector<Token>& tokens) const {
  const std::vector<Token> runs(tokens.begin() + static_cast<ptrdiff_t>(first), tokens.end());
  tokens.resize(first);
  for (const Token& t : runs) {
    if (t.id == options_.unk_id) put_unknown(word, t, tokens);
    else tokens.push_back(t);
  }
}

Json Unigram::to_json() const {
  Json vocab = Json::array();
  for (size_t id = 0; id < scores_.size(); ++id) vocab.push(Json::array({vocabulary_.token(static_cast<int64_t>(id)), scores_[id]}));
  return Json::object({{"type", "Unigram"},
                       {"unk_id", options_.unk_id ? Json(*options_.unk_id) : Json()},
                       {"vocab", std::move(vocab)},
                       {"byte_fallback", options_.byte_fallback}});
}

}  // namespace grim
