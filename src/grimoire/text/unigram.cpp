#include "grimoire/text/unigram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/text/utf8.h"

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
  weights_ = scores_;
  for (size_t id = 0; id < options_.kinds.size(); ++id)  // they win over shorter pieces, as long as scores are the logarithms of probabilities
    if (options_.kinds[id] == PieceKind::user_defined)
      weights_[id] = static_cast<float>(0.1 * (static_cast<double>(vocabulary_.token(static_cast<int64_t>(id)).size()) - 1));
  pieces_ = DoubleArray::of(pieces, ids);
  if (!options_.byte_fallback) return;
  for (size_t b = 0; b < 256; ++b) byte_ids_.push_back(vocabulary_.id_of(str("<0x{:02X}>", b)));
}

bool Unigram::found_in_text(size_t id) const {
  return options_.kinds.empty() || options_.kinds[id] == PieceKind::normal || options_.kinds[id] == PieceKind::user_defined;
}

struct Unigram::Node {  // a place in the word
  double best;          // sum of the best way there
  int32_t id;           // of the last piece of it; kNone: no way was seen
  uint32_t begin;       // of that piece
};

void Unigram::find_best(std::string_view word, std::span<Node> nodes) const {
  for (Node& n : nodes) n.id = Vocabulary::kNone;
  nodes[0].best = 0;
  const bool single = !options_.kinds.empty();
  const auto unknown = static_cast<int32_t>(options_.unk_id.value_or(Vocabulary::kNone));
  for (size_t at = 0, next = 0; at < word.size(); at = next) {
    next_code_point(word, next);
    const double before = nodes[at].best;
    bool whole_character = false;
    const auto arrive = [&](size_t bytes, int32_t id, double weight) {
      Node& there = nodes[at + bytes];
      const double sum = single ? static_cast<double>(static_cast<float>(before + weight)) : before + weight;
      if (there.id == Vocabulary::kNone || sum > there.best) there = {sum, id, static_cast<uint32_t>(at)};
    };
    pieces_.each_prefix(word.substr(at), [&](size_t bytes, uint32_t id) {
      arrive(bytes, static_cast<int32_t>(id), weights_[id]);
      whole_character |= at + bytes == next;
    });
    if (whole_character) continue;
    GRIM_CHECK(unknown >= 0, input, "tokenizer", "'{}' is no piece of the vocabulary, which has none for what is unknown", word.substr(at, next - at));
    arrive(next - at, unknown, unk_weight_);
  }
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
  constexpr size_t kFew = 128;
  Node few[kFew];
  std::vector<Node> many(word.size() < kFew ? 0 : word.size() + 1);
  const std::span<Node> nodes = many.empty() ? std::span(few).first(word.size() + 1) : std::span(many);
  find_best(word, nodes);
  const auto unknown = static_cast<int32_t>(options_.unk_id.value_or(Vocabulary::kNone));
  const auto first = static_cast<ptrdiff_t>(tokens.size());
  bool any_unknown = false;
  for (auto end = static_cast<uint32_t>(word.size()); end > 0; end = nodes[end].begin) {
    const Node& n = nodes[end];
    const bool goes_on = n.id == unknown && static_cast<ptrdiff_t>(tokens.size()) > first && tokens.back().id == unknown;
    if (goes_on) tokens.back().begin = n.begin;  // neighbours that are unknown are one token
    else tokens.push_back({n.id, n.begin, end});
    any_unknown |= n.id == unknown;
  }
  std::reverse(tokens.begin() + first, tokens.end());
  if (!any_unknown) return;
  const std::vector<Token> runs(tokens.begin() + first, tokens.end());
  tokens.erase(tokens.begin() + first, tokens.end());
  for (const Token& t : runs) {
    if (t.id == unknown) put_unknown(word, t, tokens);
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
