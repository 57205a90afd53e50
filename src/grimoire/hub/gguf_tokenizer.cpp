#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/pattern.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/sentencepiece.h"
#include "grimoire/text/tokenizer_files.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

// tokenizer.ggml.token_type
enum TokenType : int64_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4, kUnused = 5, kByte = 6 };

bool flag(const GgufFile& file, const char* key, bool otherwise) { return file.value(key) ? file.integer(key) != 0 : otherwise; }

std::vector<int64_t> types_of(const GgufFile& file, size_t tokens) {
  if (!file.value("tokenizer.ggml.token_type")) return std::vector<int64_t>(tokens, kNormal);
  std::vector<int64_t> types = file.integers("tokenizer.ggml.token_type");
  GRIM_CHECK(types.size() == tokens, input, "gguf", "{}: {} tokens and {} token types", file.path(), tokens, types.size());
  return types;
}

// bos_token, eos_token, ...: their texts, as a tokenizer_config.json has them.
Json config_of(const GgufFile& file, const std::vector<std::string>& tokens) {
  Json config = Json::object();
  constexpr std::pair<const char*, const char*> kRoles[] = {{"bos", "bos_token"},     {"eos", "eos_token"},   {"unknown", "unk_token"},
                                                           {"padding", "pad_token"}, {"mask", "mask_token"}, {"cls", "cls_token"},
                                                           {"seperator", "sep_token"}};  // so spelled there
  for (const auto& [role, name] : kRoles) {
    const std::string key = str("tokenizer.ggml.{}_token_id", role);
    if (!file.value(key)) continue;
    const int64_t id = file.integer(key);
    GRIM_CHECK(id >= 0 && id < static_cast<int64_t>(tokens.size()), input, "gguf", "{}: {} is {}, of {} tokens", file.path(), key, id, tokens.size());
    config.set(name, tokens[static_cast<size_t>(id)]);
  }
  config.set("add_bos_token", flag(file, "tokenizer.ggml.add_bos_token", false));
  config.set("add_eos_token", flag(file, "tokenizer.ggml.add_eos_token", false));
  if (file.value("tokenizer.chat_template")) config.set("chat_template", file.text("tokenizer.chat_template"));
  return config;
}

Json byte_level(bool splits) { return byte_level_json(false, true, splits); }

Json sequence(Json first, Json second) { return Json::object({{"type", "Sequence"}, {"pretokenizers", Json::array({std::move(first), std::move(second)})}}); }

// How texts are cut, by the name that llama.cpp gives it.
Json pre_tokenizer_named(const std::string& name, const std::string& path) {
  if (name == "gpt-2" || name == "default") return byte_level(true);
  if (name == "smollm") return sequence(Json::object({{"type", "Digits"}, {"individual_digits", true}}), byte_level(true));
  if (name == "llama-bpe" || name == "llama3" || name == "llama-v3") return sequence(isolating_split_json(patterns::kCl100k), byte_level(false));
  if (name == "qwen2" || name == "deepseek-r1-qwen") return sequence(isolating_split_json(patterns::kQwen2), byte_level(false));
  if (name == "gpt-4o") return sequence(isolating_split_json(patterns::kO200k), byte_level(false));
  const std::vector<std::string> names = {"gpt-2", "smollm", "llama-bpe", "qwen2", "gpt-4o"};
  fail(ErrorKind::input, "gguf", str("{}: tokenizer.ggml.pre '{}' is not known", path, name), did_you_mean(name, names, "known are " + joined(names)));
}

std::shared_ptr<const Tokenizer> byte_bpe(const GgufFile& file, const std::vector<std::string>& tokens) {
  const std::string pre = file.value("tokenizer.ggml.pre") ? file.text("tokenizer.ggml.pre") : "default";
  const std::vector<int64_t> types = types_of(file, tokens.size());
  Vocabulary vocabulary;
  TokenizerParts parts{.pre_tokenizer = pre_tokenizer_named(pre, file.path()), .post_processor = byte_level(true), .decoder = byte_level(true)};
  for (size_t id = 0; id < tokens.size(); ++id) {
    vocabulary.add(tokens[id], static_cast<int64_t>(id));
    if (types[id] == kControl || types[id] == kUserDefined)
      parts.added.push_back({.id = static_cast<int64_t>(id), .content = tokens[id], .normalized = false, .special = types[id] == kControl});
  }
  const std::vector<std::string> texts = file.texts("tokenizer.ggml.merges");
  std::vector<Bpe::MergeText> rules;
  for (const std::string& rule : texts) {
    const size_t space = rule.find(' ', 1);
    GRIM_CHECK(space != std::string::npos && space + 1 < rule.size(), input, "gguf", "{}: merge {} is '{}', expected two tokens", file.path(),
               rules.size(), rule);
    rules.emplace_back(std::string_view(rule).substr(0, space), std::string_view(rule).substr(space + 1));
  }
  const std::vector<Bpe::Merge> merges = Bpe::merges_of(vocabulary, rules);
  parts.config = config_of(file, tokens);
  const bool llama3 = pre == "llama-bpe" || pre == "llama3" || pre == "llama-v3";
  parts.model = std::make_unique<Bpe>(std::move(vocabulary), merges, BpeOptions{.ignore_merges = llama3, .byte_level = true});
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

// llama.cpp marks the pieces that begin a word by U+2581, BERT those that go on one by ##.
std::shared_ptr<const Tokenizer> wordpiece(const GgufFile& file, const std::vector<std::string>& tokens) {
  constexpr std::string_view kMark = "\u2581";
  std::string lines;
  for (const std::string& token : tokens) {
    if (token.starts_with(kMark)) lines += token.substr(kMark.size());
    else lines += (token.starts_with('[') && token.ends_with(']') ? "" : "##") + token;
    lines += '\n';
  }
  return read_bert_vocabulary({std::move(lines), file.path()}, config_of(file, tokens));
}

std::shared_ptr<const Tokenizer> sentencepiece(const GgufFile& file, const std::vector<std::string>& tokens) {
  const std::vector<double>& scores = file.reals("tokenizer.ggml.scores");
  GRIM_CHECK(scores.size() == tokens.size(), input, "gguf", "{}: {} tokens and {} scores", file.path(), tokens.size(), scores.size());
  const std::vector<int64_t> types = types_of(file, tokens.size());
  SentencePieceModel model{.kind = SentencePieceModel::Kind::bpe,
                           .byte_fallback = std::ranges::count(types, kByte) == 256,
                           .dummy_prefix = flag(file, "tokenizer.ggml.add_space_prefix", true),
                           .remove_extra_spaces = false};
  for (size_t id = 0; id < tokens.size(); ++id) {
    GRIM_CHECK(types[id] >= kNormal && types[id] <= kByte, input, "gguf", "{}: token {} has the type {}, expected 1 to 6", file.path(), id, types[id]);
    model.pieces.push_back({tokens[id], static_cast<float>(scores[id]), static_cast<PieceKind>(types[id])});
  }
  return make_sentencepiece(std::move(model), config_of(file, tokens));
}

}  // namespace

std::shared_ptr<const Tokenizer> tokenizer_in(const GgufFile& file) {
  if (!file.value("tokenizer.ggml.model")) return nullptr;
  const std::string& kind = file.text("tokenizer.ggml.model");
  const std::vector<std::string>& tokens = file.texts("tokenizer.ggml.tokens");
  if (kind == "gpt2") return byte_bpe(file, tokens);
  if (kind == "bert") return wordpiece(file, tokens);
  if (kind == "llama") return sentencepiece(file, tokens);
  const std::vector<std::string> names = {"gpt2", "bert", "llama"};
  fail(ErrorKind::input, "gguf", str("{}: tokenizer.ggml.model '{}' is not known", file.path(), kind), did_you_mean(kind, names, "known are " + joined(names)));
}

}  // namespace grim
