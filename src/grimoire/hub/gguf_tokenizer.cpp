#include <algorithm>
#include <map>
#include <span>

#include "grimoire/base/error.h"
#include "grimoire/hub/gguf_model.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/pattern.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/post_processor.h"
#include "grimoire/text/pre_tokenizer.h"
#include "grimoire/text/sentencepiece.h"
#include "grimoire/text/tokenizer_files.h"
#include "grimoire/text/tokenizer_part.h"

namespace grim {
namespace {

constexpr std::string_view kMark = "\u2581";  // llama.cpp's of a space

bool flag(const GgufFile& file, const char* key, bool otherwise) { return file.value(key) ? file.integer(key) != 0 : otherwise; }

// tokenizer.ggml.token_type has SentencePiece's numbers.
std::vector<PieceKind> kinds_of(const GgufFile& file, size_t tokens) {
  if (!file.value("tokenizer.ggml.token_type")) return std::vector<PieceKind>(tokens, PieceKind::normal);
  const std::vector<int64_t>& types = file.integers("tokenizer.ggml.token_type");
  GRIM_CHECK(types.size() == tokens, input, "gguf", "{}: {} tokens and {} token types", file.path(), tokens, types.size());
  std::vector<PieceKind> kinds;
  for (const int64_t type : types) {
    GRIM_CHECK(type >= 1 && type <= 6, input, "gguf", "{}: token {} has the type {}, expected 1 to 6", file.path(), kinds.size(), type);
    kinds.push_back(static_cast<PieceKind>(type));
  }
  return kinds;
}

constexpr std::pair<const char*, const char*> kRoles[] = {{"bos", "bos_token"},     {"eos", "eos_token"},   {"unknown", "unk_token"},
                                                         {"padding", "pad_token"}, {"mask", "mask_token"}, {"cls", "cls_token"},
                                                         {"seperator", "sep_token"}};  // so spelled there

const std::vector<std::string> kLlama3Cuts = {"llama-bpe", "llama3", "llama-v3"};

bool is_llama3(const GgufFile& file) {
  return file.value("tokenizer.ggml.pre") && std::ranges::find(kLlama3Cuts, file.text("tokenizer.ggml.pre")) != kLlama3Cuts.end();
}

// bos_token, eos_token, ...: their texts, as a tokenizer_config.json has them.
Json config_of(const GgufFile& file, const std::vector<std::string>& tokens) {
  Json config = Json::object();
  for (const auto& [role, name] : kRoles) {
    const std::string key = str("tokenizer.ggml.{}_token_id", role);
    if (!file.value(key)) continue;
    const int64_t id = file.integer(key);
    GRIM_CHECK(id >= 0 && id < static_cast<int64_t>(tokens.size()), input, "gguf", "{}: {} is {}, of {} tokens", file.path(), key, id, tokens.size());
    config.set(name, tokens[static_cast<size_t>(id)]);
  }
  const bool begins = file.text("tokenizer.ggml.model") == "llama" || is_llama3(file);  // what llama.cpp takes for granted
  config.set("add_bos_token", flag(file, "tokenizer.ggml.add_bos_token", begins));
  config.set("add_eos_token", flag(file, "tokenizer.ggml.add_eos_token", false));
  if (file.value("tokenizer.chat_template")) config.set("chat_template", file.text("tokenizer.chat_template"));
  return config;
}

Json byte_level(bool splits) { return byte_level_json(false, true, splits); }

Json sequence(Json first, Json second) { return Json::object({{"type", "Sequence"}, {"pretokenizers", Json::array({std::move(first), std::move(second)})}}); }

// How texts are cut, by the names that llama.cpp has for it: the first of each is the one that is written.
struct NamedCut {
  std::vector<std::string> names;
  Json cut;
};
const std::vector<NamedCut>& named_cuts() {
  static const std::vector<NamedCut> all = {
      {{"gpt-2", "default"}, byte_level(true)},
      {{"smollm"}, sequence(Json::object({{"type", "Digits"}, {"individual_digits", true}}), byte_level(true))},
      {kLlama3Cuts, sequence(isolating_split_json(patterns::kCl100k), byte_level(false))},
      {{"qwen2", "deepseek-r1-qwen"}, sequence(isolating_split_json(patterns::kQwen2), byte_level(false))},
      {{"gpt-4o"}, sequence(isolating_split_json(patterns::kO200k), byte_level(false))}};
  return all;
}

std::vector<std::string> cut_names() {
  std::vector<std::string> names;
  for (const NamedCut& c : named_cuts()) names.push_back(c.names[0]);
  return names;
}

const Json& pre_tokenizer_named(const std::string& name, const std::string& path) {
  for (const NamedCut& c : named_cuts())
    if (std::ranges::find(c.names, name) != c.names.end()) return c.cut;
  const std::vector<std::string> names = cut_names();
  fail(ErrorKind::input, "gguf", str("{}: tokenizer.ggml.pre '{}' is not known", path, name), did_you_mean(name, names, "known are " + joined(names)));
}

// What stands around a text: of GPT-2's kind tokens keep their offsets from spaces, and the flags may want one before the text and one behind it.
Json around_byte_bpe(const Json& config, const Vocabulary& vocabulary) {
  const auto token = [&](const char* wanted, const char* name) -> std::optional<AroundToken> {
    const std::string text = config.text(name, "");
    const int32_t id = vocabulary.id_of(text);
    return config.boolean(wanted) && id >= 0 ? std::optional(AroundToken{text, id}) : std::nullopt;
  };
  Json around = around_json(token("add_bos_token", "bos_token"), token("add_eos_token", "eos_token"));
  if (around.is_null()) return byte_level(true);
  return Json::object({{"type", "Sequence"}, {"processors", Json::array({byte_level(true), std::move(around)})}});
}

std::shared_ptr<const Tokenizer> byte_bpe(const GgufFile& file, const std::vector<std::string>& tokens) {
  const std::string pre = file.value("tokenizer.ggml.pre") ? file.text("tokenizer.ggml.pre") : "default";
  const std::vector<PieceKind> kinds = kinds_of(file, tokens.size());
  Vocabulary vocabulary;
  TokenizerParts parts{.pre_tokenizer = pre_tokenizer_named(pre, file.path()), .decoder = byte_level(true), .config = config_of(file, tokens)};
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (kinds[id] == PieceKind::unused) continue;  // fills the list up to the rows of the embedding
    vocabulary.add(tokens[id], static_cast<int64_t>(id));
    if (kinds[id] == PieceKind::control || kinds[id] == PieceKind::user_defined)
      parts.added.push_back({.id = static_cast<int64_t>(id), .content = tokens[id], .normalized = false, .special = kinds[id] == PieceKind::control});
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
  parts.post_processor = around_byte_bpe(parts.config, vocabulary);
  parts.model = std::make_unique<Bpe>(std::move(vocabulary), merges, BpeOptions{.ignore_merges = is_llama3(file), .byte_level = true});
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

// llama.cpp marks the pieces that begin a word by U+2581, BERT those that go on one by ##.
std::shared_ptr<const Tokenizer> wordpiece(const GgufFile& file, const std::vector<std::string>& tokens) {
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
  const std::vector<PieceKind> kinds = kinds_of(file, tokens.size());
  SentencePieceModel model{.kind = SentencePieceModel::Kind::bpe,
                           .byte_fallback = std::ranges::count(kinds, PieceKind::byte) == 256,
                           .dummy_prefix = flag(file, "tokenizer.ggml.add_space_prefix", true),
                           .remove_extra_spaces = false};
  size_t used = tokens.size();
  while (used > 0 && kinds[used - 1] == PieceKind::unused) --used;  // these fill the list up to the rows of the embedding
  for (size_t id = 0; id < used; ++id) model.pieces.push_back({tokens[id], static_cast<float>(scores[id]), kinds[id]});
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

// --- the way back ----------------------------------------------------------------------------------------------------

namespace {

[[noreturn]] void refuse(const std::string& problem) {
  fail(ErrorKind::input, "gguf", "the tokenizer " + problem, "a file without it is written from a folder that holds the config and the weights alone");
}

// Steps of a Sequence, whatever it calls them, without those that hold others; a part that is none is the only step.
void add_steps(const Json& part, std::vector<Json>& steps) {
  if (part.is_null()) return;
  if (part.text("type") != "Sequence") return steps.push_back(part);
  for (const char* const key : {"normalizers", "pretokenizers"})
    if (const Json* const inner = part.find(key))
      for (const Json& step : inner->items()) add_steps(step, steps);
}
std::vector<Json> steps_of(const Json& part) {
  std::vector<Json> steps;
  add_steps(part, steps);
  return steps;
}

// How texts are cut, written in one way: whether offsets are trimmed is of no account.
std::string cut_of(const Json& pre_tokenizer) {
  std::string all;
  for (const Json& step : steps_of(pre_tokenizer)) {
    const bool bytes = step.text("type") == "ByteLevel";
    all += (bytes ? byte_level_json(step.boolean("add_prefix_space", true), true, step.boolean("use_regex", true)) : step).dump() + "\n";
  }
  return all;
}

std::string name_of_cut(const Json& pre_tokenizer) {
  for (const NamedCut& c : named_cuts())
    if (cut_of(c.cut) == cut_of(pre_tokenizer)) return c.names[0];
  refuse("cuts texts in a way that has no name in llama.cpp: got " + pre_tokenizer.dump() + ", expected that of one of " + joined(cut_names()));
}

// llama.cpp does nothing to a text of GPT-2's kind before it cuts it. Qwen2's are composed (NFC), which most texts are anyway.
bool is_composing(const Json& normalizer) { return normalizer.is_null() || normalizer.text("type") == "NFC"; }

// What becomes of spaces before a text is cut.
struct Spaces {
  bool prefixed = false;  // a text gets one in front
  bool marked = false;    // they are written U+2581, as llama.cpp always does
};
// throws: input, texts are changed in other ways too
Spaces spaces_of(const TokenizerParts& parts) {
  Spaces spaces;
  for (const Json& step : steps_of(parts.normalizer)) {
    const std::string& type = step.text("type");
    const Json* const pattern = type == "Replace" ? step.at("pattern").find("String") : nullptr;
    const bool marks = pattern && pattern->as_text() == " " && step.text("content") == kMark;
    spaces.marked |= marks;
    if (type == "Prepend" && (step.text("prepend") == kMark || step.text("prepend") == " ")) spaces.prefixed = true;
    else if (!marks) refuse("changes texts in a way that llama.cpp's `llama` vocabularies do not: " + step.dump());
  }
  for (const Json& step : steps_of(parts.pre_tokenizer)) {
    if (step.text("type") != "Metaspace") refuse("cuts texts in a way that llama.cpp's `llama` vocabularies do not: " + step.dump());
    spaces.marked = true;
    spaces.prefixed = spaces.prefixed || step.text("prepend_scheme", "always") != "never";
  }
  return spaces;
}

// A vocabulary in which spaces are themselves, as llama2.c has them. throws: input, as above
bool has_raw_spaces(const PipelineTokenizer& tokenizer) {
  const auto* const bpe = dynamic_cast<const Bpe*>(&tokenizer.model());
  return bpe && bpe->options().byte_fallback && !spaces_of(tokenizer.parts()).marked && tokenizer.id_of(" ") && !tokenizer.id_of(kMark);
}

struct WrittenTokens {
  std::vector<std::string> texts;
  std::vector<PieceKind> kinds;
};

WrittenTokens written_tokens(const PipelineTokenizer& tokenizer, const Bpe& bpe, int64_t count) {
  if (tokenizer.vocab_size() > count) refuse(str("has {} ids, config.json a vocabulary of {}", tokenizer.vocab_size(), count));
  WrittenTokens w;
  for (int64_t id = 0; id < count; ++id) {
    const bool there = id < tokenizer.vocab_size() && !tokenizer.token(id).empty();
    w.texts.push_back(there ? tokenizer.token(id) : str("[PAD{}]", id));
    w.kinds.push_back(there ? PieceKind::normal : PieceKind::unused);
  }
  for (const AddedToken& t : tokenizer.parts().added) w.kinds[static_cast<size_t>(t.id)] = t.special ? PieceKind::control : PieceKind::user_defined;
  if (!bpe.options().byte_fallback) return w;
  for (size_t id = 0; id < w.texts.size(); ++id) {
    const std::string& text = w.texts[id];
    if (w.kinds[id] == PieceKind::normal && text.size() == 6 && text.starts_with("<0x") && text.ends_with('>')) w.kinds[id] = PieceKind::byte;
  }
  if (const auto unknown = tokenizer.unknown()) w.kinds[static_cast<size_t>(*unknown)] = PieceKind::unknown;
  if (!has_raw_spaces(tokenizer)) return w;
  for (size_t id = 0; id < w.texts.size(); ++id) {
    std::string& text = w.texts[id];
    for (size_t at = text.find(' '); w.kinds[id] == PieceKind::normal && at != std::string::npos; at = text.find(' ', at)) text.replace(at, 1, kMark);
  }
  return w;
}

// The score of a piece says when its merges come: minus the number of the first, as SentencePiece's trainer has it. What no merge makes comes last.
std::vector<double> scores_of(const Bpe& bpe, const Json& merges, const WrittenTokens& tokens) {
  std::vector<double> scores(tokens.texts.size(), 0);
  std::vector<bool> made(tokens.texts.size());
  double next = 0;
  for (const Json& merge : merges.items()) {
    const int32_t id = bpe.vocabulary().id_of(merge[0].as_text() + merge[1].as_text());
    if (id < 0 || made[static_cast<size_t>(id)]) continue;
    made[static_cast<size_t>(id)] = true;
    scores[static_cast<size_t>(id)] = -next++;
  }
  for (size_t id = 0; id < scores.size(); ++id)
    if (!made[id] && tokens.kinds[id] == PieceKind::normal) scores[id] = -next++;
  return scores;
}

// Which of bos and eos stand around a text, found out by encoding one.
void add_roles(const Tokenizer& tokenizer, std::vector<GgufPair>& pairs) {
  const Json config = tokenizer.config_json();
  std::map<std::string, int64_t> ids;
  for (const auto& [role, name] : kRoles) {
    const std::optional<std::string> token = token_in(config, name);
    const std::optional<int64_t> id = token ? tokenizer.id_of(*token) : std::nullopt;
    if (!id) continue;
    ids[role] = *id;
    pairs.push_back({str("tokenizer.ggml.{}_token_id", role), GgufValue::of(GgufType::u32, *id)});
  }
  constexpr std::string_view kText = "a";
  const std::vector<int64_t> whole = tokenizer.encode_with(kText).ids, plain = tokenizer.encode(kText);
  const auto is = [&](const char* role, int64_t id) { return ids.contains(role) && ids.at(role) == id; };
  const bool bos = whole.size() > plain.size() && is("bos", whole.front());
  const bool eos = whole.size() > plain.size() + bos && is("eos", whole.back());
  if (whole.size() != plain.size() + bos + eos) refuse("puts tokens around a text that are not its bos and eos");
  pairs.push_back({"tokenizer.ggml.add_bos_token", GgufValue::of(GgufType::boolean, int64_t{bos})});
  pairs.push_back({"tokenizer.ggml.add_eos_token", GgufValue::of(GgufType::boolean, int64_t{eos})});
  if (const Json* const chat = config.find("chat_template"); chat && chat->kind() == Json::Kind::text)
    pairs.push_back({"tokenizer.chat_template", GgufValue::of(chat->as_text())});
}

}  // namespace

std::vector<GgufPair> gguf_pairs(const Tokenizer& tokenizer, int64_t tokens) {
  const auto* const pipeline = dynamic_cast<const PipelineTokenizer*>(&tokenizer);
  const auto* const bpe = pipeline ? dynamic_cast<const Bpe*>(&pipeline->model()) : nullptr;
  const Json cuts = pipeline ? pipeline->parts().pre_tokenizer : Json();
  const bool byte_level = !cuts.is_null() && make_pre_tokenizer(cuts)->ends_in_byte_symbols();
  if (!bpe || !(byte_level || bpe->options().byte_fallback)) refuse("is no byte-level BPE and no BPE of SentencePiece's with bytes");
  const WrittenTokens written = written_tokens(*pipeline, *bpe, tokens);
  std::vector<GgufPair> pairs = {{"tokenizer.ggml.model", GgufValue::of(byte_level ? "gpt2" : "llama")}};
  const auto list = [&](const char* key, GgufType type, auto values) { pairs.push_back({str("tokenizer.ggml.{}", key), {type, true, std::move(values)}}); };
  const Json model = bpe->to_json();
  const Json& merges = model.at("merges");
  if (byte_level) {
    if (!is_composing(pipeline->parts().normalizer)) refuse("changes texts before it cuts them: " + pipeline->parts().normalizer.dump());
    pairs.push_back({"tokenizer.ggml.pre", GgufValue::of(name_of_cut(pipeline->parts().pre_tokenizer))});
  } else {
    pairs.push_back({"tokenizer.ggml.pre", GgufValue::of("default")});
    pairs.push_back({"tokenizer.ggml.add_space_prefix", GgufValue::of(GgufType::boolean, int64_t{spaces_of(pipeline->parts()).prefixed})});
    list("scores", GgufType::f32, scores_of(*bpe, merges, written));
  }
  list("tokens", GgufType::text, written.texts);
  std::vector<int64_t> types;
  for (const PieceKind kind : written.kinds) types.push_back(static_cast<int64_t>(kind));
  list("token_type", GgufType::i32, std::move(types));
  if (byte_level) {
    std::vector<std::string> rules;
    for (const Json& merge : merges.items()) rules.push_back(str("{} {}", merge[0].as_text(), merge[1].as_text()));
    list("merges", GgufType::text, std::move(rules));
  }
  add_roles(tokenizer, pairs);
  return pairs;
}

std::vector<std::string> unsaid_of(const Tokenizer& tokenizer) {
  const auto* const pipeline = dynamic_cast<const PipelineTokenizer*>(&tokenizer);
  if (!pipeline) return {};
  std::vector<std::string> unsaid;
  const auto flag = [&](const char* name, bool AddedToken::*set) {
    std::vector<std::string> tokens;
    for (const AddedToken& token : pipeline->parts().added)
      if (token.*set) tokens.push_back(token.content);
    if (tokens.empty()) return;
    unsaid.push_back(str("'{}' of the added tokens {} is not written: texts with them may get other ids", name, first_few(tokens)));
  };
  flag("lstrip", &AddedToken::lstrip);
  flag("rstrip", &AddedToken::rstrip);
  flag("single_word", &AddedToken::single_word);
  if (const auto& cut = pipeline->parts().truncation) unsaid.push_back(str("truncation to {} tokens is not written", cut->max_length));
  if (pipeline->parts().padding) unsaid.push_back("padding is not written");
  if (!pipeline->parts().normalizer.is_null() && is_composing(pipeline->parts().normalizer))
    unsaid.push_back("normalising to NFC is not written: texts that are not composed may get other ids");
  if (has_raw_spaces(*pipeline)) unsaid.push_back("'\u2581' in a text, which is no space here, is one to llama.cpp");
  return unsaid;
}

}  // namespace grim
