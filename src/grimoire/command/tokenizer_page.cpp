#include "grimoire/command/tokenizer_page.h"

#include <algorithm>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

using report::Value;

constexpr size_t kLongest = 10;  // tokens shown

// A part in words, with {} for its settings; parts of a sequence one after another.
using Phrases = std::map<std::string, std::string>;
const Phrases kNormalizers = {{"BertNormalizer", "control characters go, Chinese characters stand alone"},
                              {"ByteLevel", "every byte becomes a character"},
                              {"Lowercase", "small letters"},
                              {"Nmt", "control characters go, kinds of white space become spaces"},
                              {"Precompiled", "SentencePiece's table of rewrites"},
                              {"StripAccents", "accents go"},
                              {"Strip", "white space at the ends goes"}};
const Phrases kPreTokenizers = {{"BertPreTokenizer", "cut at white space and around punctuation"},
                                {"ByteLevel", "cut as GPT-2 does, a space stays with the word behind it; bytes as characters"},
                                {"Digits", "cut around digits"},
                                {"Metaspace", "cut before spaces, which become \u2581"},
                                {"Punctuation", "cut around punctuation"},
                                {"Whitespace", "cut at white space and between letters and punctuation"},
                                {"WhitespaceSplit", "cut at white space"}};

std::string words_of(const Json& part, const char* parts_key, const Phrases& phrases) {
  if (part.is_null()) return "none";
  const std::string type = part.text("type");
  if (type == "Sequence") {
    std::string words;
    for (const Json& p : part.list(parts_key)) words += (words.empty() ? "" : "; then ") + words_of(p, parts_key, phrases);
    return words;
  }
  const auto known = phrases.find(type);
  std::string words = known != phrases.end() ? known->second : type;
  const auto text_in = [](const Json& pattern) { return pattern.find("String") ? pattern.text("String") : pattern.text("Regex"); };
  if (type == "Replace") words = str("'{}' becomes '{}'", text_in(part.at("pattern")), part.text("content"));
  if (type == "Prepend") words = str("'{}' is put before the text", part.text("prepend"));
  if (type == "Split") words = str("cut at {} ({})", text_in(part.at("pattern")), part.text("behavior"));
  if (type == "BertNormalizer" && part.boolean("lowercase", true)) words += ", small letters";
  if (type == "BertNormalizer" && part.boolean("strip_accents", part.boolean("lowercase", true))) words += " without accents";
  return words;
}

// The scripts that vocabularies hold most of, by their blocks; where one begins that is none of them: "".
struct Script {
  char32_t begin;
  const char* name;
};
constexpr Script kScripts[] = {
    {0x41, "Latin"}, {0x370, "Greek"}, {0x400, "Cyrillic"}, {0x530, "Armenian"}, {0x590, "Hebrew"}, {0x600, "Arabic"},
    {0x780, "other"}, {0x900, "Devanagari"}, {0x980, "Indic"}, {0xe00, "Thai, Lao"}, {0xf00, "other"},
    {0x10a0, "Georgian"}, {0x1100, "Hangul"}, {0x1200, "other"}, {0x1e00, "Latin"}, {0x1f00, "Greek"},
    {0x2000, "other"}, {0x2e80, "Chinese"}, {0x3040, "Kana"}, {0x3100, "other"}, {0x3130, "Hangul"}, {0x3190, "other"},
    {0x3400, "Chinese"}, {0xa000, "other"}, {0xac00, "Hangul"}, {0xd7b0, "other"}, {0xf900, "Chinese"},
    {0xfb00, "Latin"}, {0xfb10, "other"}, {0xff21, "Latin"}, {0xff66, "Kana"}, {0xffa0, "Hangul"}, {0x10000, "other"},
    {0x20000, "Chinese"}, {0x30000, "other"},
};

std::string script_of(const std::string& bytes) {
  if (find_utf8_fault(bytes)) return "parts of characters";
  bool digit = false;
  for (const char32_t c : code_points(bytes)) {
    const PointClass p = class_of(c);
    if (p.letter()) {
      const auto* const next = std::ranges::upper_bound(kScripts, c, {}, &Script::begin);
      return next == std::begin(kScripts) ? "other" : next[-1].name;
    }
    digit |= p.number();
  }
  return digit ? "digits" : "punctuation and spaces";
}

const SubwordModel* model_of(const Tokenizer& tokenizer) {
  const auto* const pipeline = dynamic_cast<const PipelineTokenizer*>(&tokenizer);
  return pipeline ? &pipeline->model() : nullptr;
}

struct Contents {
  std::vector<std::string> special;
  std::vector<std::pair<int64_t, std::string>> longest;  // in characters
  std::map<std::string, int64_t> scripts;
};

Contents contents_of(const Tokenizer& t) {
  Contents c;
  for (int64_t id = 0; id < t.vocab_size(); ++id) {
    const std::string token = t.token(id);
    if (token.empty()) continue;  // a gap
    if (t.is_special(id)) {
      c.special.push_back(token);
      continue;
    }
    const bool byte = token.size() == 6 && token.starts_with("<0x") && token.back() == '>';
    const std::string text = byte ? "" : t.decode(std::span(&id, 1), Specials::keep);
    ++c.scripts[byte ? "bytes" : script_of(text)];
    if (!find_utf8_fault(text)) c.longest.emplace_back(count_code_points(text), token);
  }
  std::ranges::stable_sort(c.longest, std::greater<>(), &std::pair<int64_t, std::string>::first);
  c.longest.resize(std::min(c.longest.size(), kLongest));
  return c;
}

std::string list_of(const std::vector<std::string>& tokens) {
  constexpr size_t kMost = 12;
  std::string list;
  for (size_t i = 0; i < tokens.size() && i < kMost; ++i) list += (i > 0 ? " " : "") + quoted_token(tokens[i]);
  return tokens.size() > kMost ? list + str(" and {} more", tokens.size() - kMost) : tokens.empty() ? "none" : list;
}

}  // namespace

std::shared_ptr<const Tokenizer> tokenizer_at(const std::string& path) {
  const std::string found = model_at(path);
  return open_tokenizer(is_run_folder(found) ? model_folder_in(found) : found);
}

std::string words_of_normalizer(const Json& normalizer) { return words_of(normalizer, "normalizers", kNormalizers); }
std::string words_of_pre_tokenizer(const Json& pre_tokenizer) { return words_of(pre_tokenizer, "pretokenizers", kPreTokenizers); }

std::string kind_of(const Tokenizer& tokenizer) {
  const SubwordModel* const model = model_of(tokenizer);
  if (!model) return "single characters";
  const auto* const bpe = dynamic_cast<const Bpe*>(model);
  const std::string type = model->type();
  return bpe && bpe->options().byte_level ? "byte-level BPE" : type == "WordLevel" ? "whole words" : type;
}

std::string quoted_token(const std::string& token) {
  std::string shown;
  for (const char32_t c : code_points(token)) {
    if (c == '\n') shown += "\\n";
    else if (c < 0x20 || c == 0x7f) shown += str("\\x{:02x}", static_cast<uint32_t>(c));
    else append_utf8(shown, c);
  }
  return shown.find(' ') != shown.npos ? "'" + shown + "'" : shown;
}

TokenizerPage page_of(const Tokenizer& tokenizer, const std::string& title) {
  const Contents c = contents_of(tokenizer);
  const auto* const pipeline = dynamic_cast<const PipelineTokenizer*>(&tokenizer);
  const std::string normalizer = pipeline ? words_of_normalizer(pipeline->parts().normalizer) : "none";
  const std::string cuts = pipeline ? words_of_pre_tokenizer(pipeline->parts().pre_tokenizer) : "cut at every character";
  const std::string unknown(pipeline ? pipeline->model().unknown() : "");
  std::string longest;
  Json scripts = Json::object(), longest_json = Json::array();
  for (const auto& [characters, token] : c.longest) {
    longest += (longest.empty() ? "" : " ") + quoted_token(token);
    longest_json.push(token);
  }
  std::vector<std::pair<std::string, int64_t>> shares(c.scripts.begin(), c.scripts.end());
  std::ranges::stable_sort(shares, std::greater<>(), &std::pair<std::string, int64_t>::second);
  report::Table table{{"tokens of", "number", "share"}, {}};
  for (const auto& [script, n] : shares) {
    table.rows.push_back({script, report::Number{static_cast<double>(n), with_commas(n)},
                          report::number(100.0 * static_cast<double>(n) / static_cast<double>(tokenizer.vocab_size()), "{:.1f} %")});
    scripts.set(script, n);
  }
  const int64_t size = tokenizer.vocab_size();
  report::Report r{title, {report::Facts{{{"kind", kind_of(tokenizer)},
                                          {"vocabulary", report::Number{static_cast<double>(size), with_commas(size)}},
                                          {"special tokens", list_of(c.special)},
                                          {"unknown token", unknown.empty() ? "none" : unknown},
                                          {"normalizer", normalizer},
                                          {"pre-tokenizer", cuts},
                                          {"longest tokens", longest}}},
                           table}};
  return {std::move(r), Json::object({{"kind", kind_of(tokenizer)},
                                      {"vocab_size", size},
                                      {"special_tokens", Json::array_of(c.special)},
                                      {"unknown_token", unknown.empty() ? Json() : Json(unknown)},
                                      {"normalizer", normalizer},
                                      {"pre_tokenizer", cuts},
                                      {"longest_tokens", longest_json},
                                      {"tokens_by_script", scripts}})};
}

}  // namespace grim
