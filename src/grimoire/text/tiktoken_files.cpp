// tiktoken's files of ranks: whose they are, and what stands beside them in the programs they belong to.
#include <algorithm>
#include <array>
#include <charconv>

#include "grimoire/base/base64.h"
#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/tokenizer_files.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

using SpecialIds = std::vector<std::pair<std::string, int64_t>>;

SpecialIds numbered(const char* pattern, int from, int count, int64_t id) {
  SpecialIds tokens;
  for (int i = 0; i < count; ++i) tokens.emplace_back(str(pattern, from + i), id + i);
  return tokens;
}

SpecialIds operator+(SpecialIds a, const SpecialIds& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// tiktoken_ext/openai_public.py
SpecialIds gpt2_tokens() { return {{"<|endoftext|>", 50256}}; }
SpecialIds cl100k_tokens() {
  return {{"<|endoftext|>", 100257}, {"<|fim_prefix|>", 100258}, {"<|fim_middle|>", 100259}, {"<|fim_suffix|>", 100260}, {"<|endofprompt|>", 100276}};
}
SpecialIds o200k_tokens() { return {{"<|endoftext|>", 199999}, {"<|endofprompt|>", 200018}}; }
// tokenization_qwen.py
SpecialIds qwen_tokens() {
  return SpecialIds{{"<|endoftext|>", 151643}, {"<|im_start|>", 151644}, {"<|im_end|>", 151645}} + numbered("<|extra_{}|>", 0, 205, 151646);
}
// llama/tokenizer.py of Llama 3
SpecialIds llama3_tokens() {
  return SpecialIds{{"<|begin_of_text|>", 128000},
                  {"<|end_of_text|>", 128001},
                  {"<|reserved_special_token_0|>", 128002},
                  {"<|reserved_special_token_1|>", 128003},
                  {"<|reserved_special_token_2|>", 128004},
                  {"<|reserved_special_token_3|>", 128005},
                  {"<|start_header_id|>", 128006},
                  {"<|end_header_id|>", 128007},
                  {"<|reserved_special_token_4|>", 128008},
                  {"<|eot_id|>", 128009}} +
         numbered("<|reserved_special_token_{}|>", 5, 246, 128010);
}

struct Known {
  size_t ranks;
  const char* name;
  std::string_view pattern;  // as tokenizer.json has it
  std::string_view own;      // as tiktoken has it, where that is another one
  SpecialIds (*specials)();
  bool composes = false;     // NFC first
  const char* begin = nullptr;  // token before a text
};

const Known kKnown[] = {
    {50256, "r50k_base", patterns::kGpt2, {}, gpt2_tokens},
    {50280, "p50k_base", patterns::kGpt2, {}, gpt2_tokens},
    {100256, "cl100k_base", patterns::kCl100k, patterns::kCl100kOfTiktoken, cl100k_tokens},
    {128000, "Llama 3", patterns::kCl100k, {}, llama3_tokens, false, "<|begin_of_text|>"},
    {151643, "Qwen", patterns::kQwen2, {}, qwen_tokens, true},
    {199998, "o200k_base", patterns::kO200k, {}, o200k_tokens},
};

const Known& known_of(size_t ranks, const std::string& source) {
  std::string known;
  for (const Known& e : kKnown) {
    if (e.ranks == ranks) return e;
    known += str("{}{} ({})", known.empty() ? "" : ", ", e.ranks, e.name);
  }
  fail(ErrorKind::input, "tokenizer", str("{}: {} ranks: how a text is cut is known by their number, and this is no known one", source, ranks),
       "known are " + known + "; of others use the tokenizer.json");
}

// "IQ== 0": the token's bytes, and its rank.
std::pair<std::string, int64_t> rank_in(std::string_view line, const std::string& place) {
  const size_t space = line.find(' ');
  int64_t rank = -1;
  const std::string_view digits = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
  const bool good = !digits.empty() && read.ec == std::errc() && read.ptr == digits.data() + digits.size() && rank >= 0;
  GRIM_CHECK(good, input, "tokenizer", "{}: got '{}', expected a token in base64, a space and its rank", place, whole_characters(line, 80));
  return {from_base64(line.substr(0, space), place), rank};
}

Json pre_tokenizer_json(std::string_view pattern) {
  const Json split = isolating_split_json(pattern);
  return Json::object({{"type", "Sequence"}, {"pretokenizers", Json::array({split, byte_level_json(false, true, false)})}});
}

Json begin_template(const std::string& token, int64_t id) {
  const auto special = [&](int type) { return Json::object({{"SpecialToken", Json::object({{"id", token}, {"type_id", type}})}}); };
  const auto text = [&](const char* name, int type) { return Json::object({{"Sequence", Json::object({{"id", name}, {"type_id", type}})}}); };
  return Json::object({{"type", "TemplateProcessing"},
                       {"single", Json::array({special(0), text("A", 0)})},
                       {"pair", Json::array({special(0), text("A", 0), special(1), text("B", 1)})},
                       {"special_tokens",
                        Json::object({{token, Json::object({{"id", token}, {"ids", Json::array({id})}, {"tokens", Json::array({token})}})}})}});
}

}  // namespace

bool looks_like_tiktoken(std::string_view text) {
  text = without_byte_order_mark(text);
  const std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
  const size_t space = line.find(' ');
  return space != std::string_view::npos && space >= 4 && space % 4 == 0 && line.size() > space + 1 &&
         line.find_first_not_of("0123456789", space + 1) >= line.size() - line.ends_with('\r');
}

std::shared_ptr<const Tokenizer> read_tiktoken(const NamedText& file, Json config) {
  Vocabulary vocabulary;
  vocabulary.reserve(file.text.size() / 14, file.text.size() / 2);
  std::array<bool, 256> bytes{};
  std::vector<uint32_t> ranks;
  std::string place = file.name + ": line ";
  for (size_t number = 0, stem = place.size(); const std::string_view line : lines_of(file)) {
    ++number;
    if (line.empty()) continue;
    place.replace(stem, std::string::npos, std::to_string(number));
    const auto [token, rank] = rank_in(line, place);
    vocabulary.add(as_byte_symbols(token), rank);
    if (token.size() == 1) bytes[static_cast<uint8_t>(token[0])] = true;
  }
  for (size_t b = 0; b < 256; ++b) GRIM_CHECK(bytes[b], input, "tokenizer", "{}: byte 0x{:02x} has no rank, and every one needs it", file.name, b);
  const Known& encoding = known_of(static_cast<size_t>(vocabulary.count()), file.name);
  for (int64_t id = 0; id < vocabulary.size(); ++id) ranks.push_back(vocabulary.has(id) ? static_cast<uint32_t>(id) : MergesByRank::kNoRank);
  TokenizerParts parts{.pre_tokenizer = pre_tokenizer_json(encoding.pattern), .decoder = byte_level_json(true, true, true)};
  if (!encoding.own.empty()) parts.own.pre_tokenizer = make_pre_tokenizer(pre_tokenizer_json(encoding.own));
  if (encoding.composes) parts.normalizer = Json::object({{"type", "NFC"}});
  for (const auto& [text, id] : encoding.specials()) {
    parts.added.push_back({.id = id, .content = text, .normalized = false, .special = true});
    if (encoding.begin && text == encoding.begin) parts.post_processor = begin_template(text, id);
  }
  if (!config.is_null()) parts.config = std::move(config);
  const MergesByRank rules(vocabulary, ranks);
  parts.model = std::make_unique<Bpe>(std::move(vocabulary), rules.merges, BpeOptions{.ignore_merges = true, .byte_level = true}, rules.ranks);
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

}  // namespace grim
