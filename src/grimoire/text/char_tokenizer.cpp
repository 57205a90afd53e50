#include "grimoire/text/char_tokenizer.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/text/utf8.h"

namespace grim {
namespace {

std::vector<char32_t> sorted_set(std::vector<char32_t> points) {
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

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
  std::vector<char32_t> points = sorted_set(code_points(text));
  if (boundary == Boundary::first) std::erase(points, U'\n');
  GRIM_CHECK(!points.empty(), input, "tokenizer", "the text holds no characters");
  return CharTokenizer(std::move(points), boundary == Boundary::first);
}

CharTokenizer CharTokenizer::of_items(const std::vector<std::string>& items) {
  std::vector<char32_t> points;
  for (const std::string& item : items) {
    check_utf8(item, "item");
    const std::vector<char32_t> more = code_points(item);
    points.insert(points.end(), more.begin(), more.end());
    if (points.size() > 100000) points = sorted_set(std::move(points));
  }
  points = sorted_set(std::move(points));
  GRIM_CHECK(!points.empty(), input, "tokenizer", "the items hold no characters");
  return CharTokenizer(std::move(points), true);
}

int64_t CharTokenizer::id_of(char32_t c) const {
  if (c < 128) return ascii_[c];
  const auto at = std::lower_bound(points_.begin(), points_.end(), c);
  return at != points_.end() && *at == c ? at - points_.begin() + has_boundary_ : -1;
}

const std::string& CharTokenizer::token(int64_t id) const {
  GRIM_CHECK(id >= 0 && id < vocab_size(), argument, "tokenizer", "id: got {}, expected 0 to {}", id, vocab_size() - 1);
  return tokens_[static_cast<size_t>(id)];
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

std::string CharTokenizer::decode(std::span<const int64_t> ids) const {
  std::string text;
  for (int64_t id : ids)
    if (const std::string& t = token(id); !(has_boundary_ && id == 0)) text += t;
  return text;
}

// --- files -----------------------------------------------------------------------------------------------------------

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
  const Json split = Json::object({{"type", "Split"}, {"pattern", Json::object({{"Regex", "[\\s\\S]"}})},
                                   {"behavior", "Isolated"}, {"invert", false}});
  return Json::object(
      {{"version", "1.0"},
       {"truncation", Json()},
       {"padding", Json()},
       {"added_tokens", added},
       {"normalizer", Json()},
       {"pre_tokenizer", split},
       {"post_processor", Json()},
       {"decoder", Json::object({{"type", "Fuse"}})},
       {"model", Json::object({{"type", "WordLevel"}, {"vocab", std::move(vocab)}, {"unk_token", "<unk>"}})}});
}

CharTokenizer CharTokenizer::from_json(const Json& json) {
  const auto refuse = [](const std::string& problem) {
    fail(ErrorKind::input, "tokenizer", "tokenizer.json: " + problem);
  };
  const Json& model = json.at("model");
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
  CharTokenizer t(std::move(points), boundary);
  if (boundary) t.tokens_[0] = tokens[0];
  return t;
}

Json CharTokenizer::config_json() const {
  Json config = Json::object({{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}});
  if (has_boundary_)
    for (const char* role : {"bos_token", "eos_token"}) config.set(role, tokens_[0]);
  return config;
}

void CharTokenizer::save(const std::string& folder) const {
  files().make_dirs(folder);
  write_atomically(join_path(folder, "tokenizer.json"), to_json().dump_pretty());
  write_atomically(join_path(folder, "tokenizer_config.json"), config_json().dump_pretty());
}

CharTokenizer CharTokenizer::load(const std::string& folder) {
  const std::string path = join_path(folder, "tokenizer.json");
  return from_json(Json::parse(read_file(path), path));
}

}  // namespace grim
