#include "grimoire/text/wordpiece.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"

namespace grim {
namespace {

int32_t unknown_or_refuse(int32_t unk_id, std::string_view unk_token, std::string_view word) {
  GRIM_CHECK(unk_id >= 0, input, "tokenizer", "'{}' is not in the vocabulary, nor is the unknown token '{}'", word, unk_token);
  return unk_id;
}

}  // namespace

WordPiece::WordPiece(Vocabulary vocabulary, Options options)
    : SubwordModel(std::move(vocabulary)), options_(std::move(options)), unk_id_(vocabulary_.id_of(options_.unk_token)) {}

void WordPiece::tokenize(std::string_view word, std::vector<Token>& tokens) const {
  const auto whole_unknown = [&] { tokens.push_back({unknown_or_refuse(unk_id_, options_.unk_token, word), 0, static_cast<uint32_t>(word.size())}); };
  if (word.size() > static_cast<size_t>(options_.max_input_chars_per_word) && count_code_points(word) > options_.max_input_chars_per_word)
    return whole_unknown();
  const size_t first = tokens.size();
  std::string piece;
  for (size_t begin = 0; begin < word.size();) {
    piece.assign(begin > 0 ? options_.continuing_subword_prefix : "");
    const size_t prefix = piece.size();
    size_t end = std::min(word.size(), begin + vocabulary_.longest());
    piece.append(word, begin, end - begin);
    int32_t id = Vocabulary::kNone;
    while (end > begin && (id = vocabulary_.id_of(piece)) < 0) {
      do --end;
      while (end > begin && continues_character(word[end]));  // back to the beginning of a character
      piece.resize(prefix + end - begin);
    }
    if (id < 0) {
      tokens.resize(first);
      return whole_unknown();
    }
    tokens.push_back({id, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
    begin = end;
  }
}

Json WordPiece::to_json() const {
  return Json::object({{"type", "WordPiece"},
                       {"unk_token", options_.unk_token},
                       {"continuing_subword_prefix", options_.continuing_subword_prefix},
                       {"max_input_chars_per_word", options_.max_input_chars_per_word},
                       {"vocab", vocabulary_.to_json()}});
}

WordLevel::WordLevel(Vocabulary vocabulary, std::string unk_token)
    : SubwordModel(std::move(vocabulary)), unk_token_(std::move(unk_token)), unk_id_(vocabulary_.id_of(unk_token_)) {}

void WordLevel::tokenize(std::string_view word, std::vector<Token>& tokens) const {
  const int32_t id = vocabulary_.id_of(word);
  tokens.push_back({id >= 0 ? id : unknown_or_refuse(unk_id_, unk_token_, word), 0, static_cast<uint32_t>(word.size())});
}

Json WordLevel::to_json() const { return Json::object({{"type", "WordLevel"}, {"vocab", vocabulary_.to_json()}, {"unk_token", unk_token_}}); }

}  // namespace grim
