#include "grimoire/text/char_tokenizer.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

// The characters that occur, in order: one bit a code point, so that a text of any size costs one pass.
class PointSet {
 public:
  void add(std::string_view text) {
    for (size_t at = 0; at < text.size();) seen_[next_code_point(text, at)] = true;
  }
  void remove(char32_t c) { seen_[c] = false; }
  std::vector<char32_t> sorted() const {
    std::vector<char32_t> points;
    for (size_t c = 0; c < seen_.size(); ++c)
      if (seen_[c]) points.push_back(static_cast<char32_t>(c));
    return points;
  }

 private:
  std::vector<bool> seen_ = std::vector<bool>(0x110000, false);
};

std::string utf8_of(char32_t c) {
  std::string s;
  append_utf8(s, c);
  return s;
}

// A list of the characters, cut when it is long: for hints.
std::string sample(const std::vector<char32_t>& points) {
  std::string s;
  for (size_t i = 0; i < points.size() && i < 80; ++i)
    if (points[i] > 0x20) append_utf8(s, points[i]);
  return s + (points.size() > 80 ? "..." : "");
}

}  // namespace

CharTokenizer::CharTokenizer(std::vector<char32_t> points, bool boundary)
    : points_(std::move(points)), has_boundary_(boundary) {
  if (boundary) tokens_.push_back(std::binary_search(points_.begin(), points_.end(), U'.') ? "<|boundary|>" : ".");
  for (char32_t c : points_) tokens_.push_back(utf8_of(c));
  ascii_.assign(128, -1);
  for (size_t i = 0; i < points_.size() && points_[i] < 128; ++i)
    ascii_[points_[i]] = static_cast<int64_t>(i) + has_boundary_;
}

CharTokenizer CharTokenizer::of_text(std::string_view text, Boundary boundary) {
  check_utf8(text, "text");
  PointSet set;
  set.add(text);
  if (boundary == Boundary::first) set.remove(U'\n');
  std::vector<char32_t> points = set.sorted();
  GRIM_CHECK(!points.empty(), input, "tokenizer", "the text holds no characters");
  return CharTokenizer(std::move(points), boundary == Boundary::first);
}

CharTokenizer CharTokenizer::of_items(const std::vector<std::string>& items) {
  PointSet set;
  for (const std::string& item : items) {
    check_utf8(item, "item");
    set.add(item);
  }
  std::vector<char32_t> points = set.sorted();
  GRIM_CHECK(!points.empty(), input, "tokenizer", "the items hold no characters");
  return CharTokenizer(std::move(points), true);
}

int64_t CharTokenizer::id_of(char32_t c) const {
  if (c < 128) return ascii_[c];
  const auto at = std::lower_bound(points_.begin(), points_.end(), c);
  return at != points_.end() && *at == c ? at - points_.begin() + has_boundary_ : -1;
}

std::string CharTokenizer::token(int64_t id) const {
  GRIM_CHECK(id >= 0 && id < vocab_size(), argument, "tokenizer", "id: got {}, expected 0 to {}", id, vocab_size() - 1);
  return tokens_[static_cast<size_t>(id)];
}

std::optional<int64_t> CharTokenizer::id_of(std::string_view token) const {
  const auto at = std::ranges::find(tokens_, token);
  return at == tokens_.end() ? std::nullopt : std::optional<int64_t>(at - tokens_.begin());
}

void CharTokenizer::refuse_character(std::string_view text, size_t byte, std::string_view source,
                                     int64_t first_line) const {
  check_utf8(text, source);
  const TextPlace place = place_of(text, byte);
  const char32_t c = next_code_point(text, byte);
  fail(ErrorKind::input, "tokenizer",
       str("{}: line {}, column {}: character {} is not among the {} of the vocabulary", source,
           place.line + first_line - 1, place.column, describe(c), points_.size()),
       str("leave it out, or train on text that has it; known are {}", sample(points_)));
}

std::vector<int64_t> CharTokenizer::encode(std::string_view text, std::string_view source, int64_t first_line) const {
  std::vector<int64_t> ids;
  ids.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t begin = at;
    const char32_t c = next_code_point(text, at);
    const int64_t id = c == 0xfffd && at == begin + 1 ? -1 : id_of(c);  // a malformed byte is no U+FFFD
    if (id < 0) refuse_character(text, begin, source, first_line);
    ids.push_back(id);
  }
  return ids;
}

Encoding CharTokenizer::encode_with(std::string_view text, const EncodeOptions& options) const {
  Encoding e;
  const auto add = [&](std::string_view t, int8_t sequence) {
    if (options.special_tokens && has_boundary_) e.push(0, {}, -1, sequence, -1, true);
    size_t at = 0;
    int32_t word = 0;
    for (const int64_t id : encode(t)) {
      const auto begin = static_cast<uint32_t>(at);
      next_code_point(t, at);
      e.push(id, {begin, static_cast<uint32_t>(at)}, word++, sequence, sequence, false);
    }
  };
  add(text, 0);
  if (options.pair) add(*options.pair, 1);
  return e;
}

std::string CharTokenizer::decode(std::span<const int64_t> ids, Specials specials) const {
  std::string text;
  for (int64_t id : ids)
    if (const std::string t = token(id); specials == Specials::keep || !(has_boundary_ && id == 0)) text += t;
  return text;
}

// --- files -----------------------------------------------------------------------------------------------------------

namespace {

// Hugging Face's template that puts the boundary before each text, as the model saw every item.
Json boundary_first(const std::string& boundary) {
  const auto special = [&](int64_t type) { return Json::object({{"SpecialToken", Json::object({{"id", boundary}, {"type_id", type}})}}); };
  const auto sequence = [&](const char* id, int64_t type) { return Json::object({{"Sequence", Json::object({{"id", id}, {"type_id", type}})}}); };
  const Json token = Json::object({{"id", boundary}, {"ids", Json::array({0})}, {"tokens", Json::array({boundary})}});
  return Json::object({{"type", "TemplateProcessing"},
                       {"single", Json::array({special(0), sequence("A", 0)})},
                       {"pair", Json::array({special(0), sequence("A", 0), special(1), sequence("B", 1)})},
                       {"special_tokens", Json::object({{boundary, token}})}});
}

Json split_in_characters() {
  return isolating_split_json("[\\s\\S]");
}

}  // namespace

Json CharTokenizer::to_json() const {
  Json added = Json::array(), vocab = Json::object();
  for (size_t i = 0; i < tokens_.size(); ++i) vocab.append(tokens_[i], i);
  if (has_boundary_)
    added.push(Json::object({{"id", 0},
                             {"content", tokens_[0]},
                             {"single_word", false},
                             {"lstrip", false},
                             {"rstrip", false},
                             {"normalized", false},
                             {"special", true}}));
  return Json::object(
      {{"version", "1.0"},
       {"truncation", Json()},
       {"padding", Json()},
       {"added_tokens", added},
       {"normalizer", Json()},
       {"pre_tokenizer", split_in_characters()},
       {"post_processor", has_boundary_ ? boundary_first(tokens_[0]) : Json()},
       {"decoder", Json::object({{"type", "Fuse"}})},
       // There is no unknown token: a character that is not in the vocabulary is an error there as it is here.
       {"model", Json::object({{"type", "WordLevel"}, {"vocab", std::move(vocab)}, {"unk_token", ""}})}});
}

CharTokenizer CharTokenizer::from_json(const Json& json) {
  const auto refuse = [](const std::string& problem) {
    fail(ErrorKind::input, "tokenizer", "tokenizer.json: " + problem);
  };
  // Whatever else a tokenizer.json can ask for would give other ids than ours.
  const auto only = [&](const Json& object, const std::string& key, std::initializer_list<Json> allowed) {
    const Json* const value = object.find(key);
    if (!value || value->is_null()) return;
    for (const Json& a : allowed)
      if (*value == a) return;
    refuse(str("{}: got {}, which is not supported for characters", key, whole_characters(value->dump(), 80)));
  };
  const auto known = [&](const Json& object, const std::string& place, std::initializer_list<std::string_view> keys) {
    for (const std::string& key : object.keys())
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) refuse(str("key '{}{}' is not known", place, key));
  };
  known(json, "", {"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model"});
  for (const char* key : {"truncation", "padding", "normalizer"}) only(json, key, {});
  only(json, "pre_tokenizer", {split_in_characters()});
  only(json, "decoder", {Json::object({{"type", "Fuse"}})});
  const Json& model = json.at("model");
  known(model, "model.", {"type", "vocab", "unk_token"});
  only(model, "unk_token", {"", "<unk>"});
  if (model.text("type") != "WordLevel")
    refuse(str("model: got '{}', expected WordLevel over characters", model.text("type")));
  const Json& vocab = model.at("vocab");
  std::vector<std::string> tokens(vocab.keys().size());
  for (size_t i = 0; i < tokens.size(); ++i) {
    const int64_t id = vocab.items()[i].as_integer();
    if (id < 0 || id >= static_cast<int64_t>(tokens.size()) || !tokens[static_cast<size_t>(id)].empty())
      refuse(str("token '{}': id {} is outside 0 to {} or taken", vocab.keys()[i], id,
                 static_cast<int64_t>(tokens.size()) - 1));
    tokens[static_cast<size_t>(id)] = vocab.keys()[i];
  }
  const Json* added = json.find("added_tokens");
  const bool boundary = added && added->size() > 0;
  if (boundary && (added->size() != 1 || (*added)[0].integer("id") != 0))
    refuse("expected no added token but a boundary of id 0");
  if (boundary) {
    known((*added)[0], "added_tokens[0].", {"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    if ((*added)[0].text("content") != tokens[0]) refuse("the added token's content is not that of id 0");
    for (const char* key : {"single_word", "lstrip", "rstrip", "normalized"}) only((*added)[0], key, {false});
  }
  std::vector<char32_t> points;
  for (size_t i = boundary; i < tokens.size(); ++i) {
    size_t at = 0;
    if (tokens[i].empty()) refuse(str("id {}: the token is empty", i));
    points.push_back(next_code_point(tokens[i], at));
    if (at != tokens[i].size()) refuse(str("token '{}' is more than one character", tokens[i]));
    if (points.size() > 1 && points[points.size() - 2] >= points.back())
      refuse(str("token '{}' is out of order", tokens[i]));
  }
  if (points.empty()) refuse("the vocabulary is empty");
  only(json, "post_processor", {boundary ? boundary_first(tokens[0]) : Json()});
  CharTokenizer t(std::move(points), boundary);
  if (boundary) t.tokens_[0] = tokens[0];
  return t;
}

bool CharTokenizer::describes(const Json& json) {
  const Json* const model = json.find("model");
  const Json* const pre = json.find("pre_tokenizer");
  return model && model->is_object() && model->text("type", "") == "WordLevel" && pre && *pre == split_in_characters();
}

Json CharTokenizer::config_json() const {
  Json config = Json::object({{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}});
  if (has_boundary_)
    for (const char* role : {"bos_token", "eos_token"}) config.set(role, tokens_[0]);
  return config;
}

}  // namespace grim
