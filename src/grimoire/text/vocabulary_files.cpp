// vocab.txt of BERT; vocab.json and merges.txt of GPT-2; dict.txt of fairseq.
#include <algorithm>
#include <charconv>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/tokenizer_files.h"
#include "grimoire/text/tokenizer_part.h"
#include "grimoire/text/wordpiece.h"

namespace grim {
namespace {

template <class T> T setting(const Json& config, const char* key, T otherwise) {
  return config.is_object() ? config.boolean(key, otherwise) : otherwise;
}

constexpr const char* kMayBeCut = "it may be cut at its end: fetch or copy it again";

AddedToken special_token(const Vocabulary& vocabulary, const std::string& text, const std::string& source) {
  const int32_t id = vocabulary.id_of(text);
  if (id < 0)
    fail(ErrorKind::input, "tokenizer", str("{}: the special token '{}' is not in it", source, text), kMayBeCut);
  return {.id = id, .content = text, .normalized = false, .special = true};
}

Json id_pair(const AddedToken& token) { return Json::array({token.content, token.id}); }

void take_config(TokenizerParts& parts, Json config) {
  if (!config.is_null()) parts.config = std::move(config);
}

std::vector<Bpe::Merge> merges_in(const NamedText& file, const Vocabulary& vocabulary) {
  check_utf8(file.text, file.name);
  std::vector<Bpe::MergeText> rules;
  std::vector<size_t> numbers;  // of their lines
  const auto refuse = [&](size_t number, std::string_view line, const std::string& expected) {
    fail(ErrorKind::input, "tokenizer", str("{}: line {}: got '{}', expected {}", file.name, number, line, expected), kMayBeCut);
  };
  size_t number = 0;
  for (const std::string_view line : lines_of(file)) {
    ++number;
    if (line.empty() || line.starts_with("#version")) continue;
    const std::vector<std::string_view> both = split(line, ' ');
    if (both.size() != 2 || both[0].empty() || both[1].empty()) refuse(number, line, "two tokens with a space between them");
    rules.emplace_back(both[0], both[1]);
    numbers.push_back(number);
  }
  try {
    return Bpe::merges_of(vocabulary, rules);
  } catch (const Error& e) {  // which does not know the lines
    for (size_t i = 0; i < rules.size(); ++i)
      for (const std::string& token : {std::string(rules[i].first), std::string(rules[i].second), str("{}{}", rules[i].first, rules[i].second)})
        if (vocabulary.id_of(token) < 0)
          refuse(numbers[i], str("{} {}", rules[i].first, rules[i].second), str("tokens that make one of the vocabulary: '{}' is not in it", token));
    throw;
  }
}

// A vocabulary of which many pieces can never be made was written with more merges than these. Few are no fault: special tokens are among the pieces.
// throws: input
void check_merges_are_all(const std::vector<Bpe::Merge>& rules, const Vocabulary& vocabulary, const NamedText& merges) {
  constexpr int64_t kFew = 1000;
  std::vector<bool> made(static_cast<size_t>(vocabulary.size()));
  for (const Bpe::Merge& rule : rules) made[static_cast<size_t>(rule.result)] = true;
  int64_t unmade = 0;
  for (int64_t id = 0; id < vocabulary.size(); ++id) unmade += !made[static_cast<size_t>(id)] && count_code_points(vocabulary.token(id)) > 1;
  if (unmade > kFew && unmade > vocabulary.count() / 10)
    fail(ErrorKind::input, "tokenizer",
         str("{}: its {} merges leave {} of the vocabulary's {} pieces without one that makes them: expected about {} merges", merges.name, rules.size(),
             unmade, vocabulary.count(), std::ssize(rules) + unmade),
         kMayBeCut);
}

Vocabulary vocabulary_in(const NamedText& file) {
  Vocabulary vocabulary;
  vocabulary.reserve(file.text.size() / 20, file.text.size() / 2);
  const std::vector<Json::Sink> sinks = {{{}, [&](std::string_view token, const Json& id) { vocabulary.add(token, id.as_integer(token)); }}};
  const size_t first = file.text.find_first_not_of(" \t\r\n");
  GRIM_CHECK(first != std::string::npos && file.text[first] != '[', input, "tokenizer", "{}: got no object, expected one of tokens and their ids", file.name);
  std::string text = file.text;  // parsing lengthens it
  const Json tokens = in_file(file.name, [&] { return Json::parse(text, file.name, sinks); });
  GRIM_CHECK(tokens.is_object() && vocabulary.count() > 0, input, "tokenizer", "{}: expected an object of tokens and their ids", file.name);
  return vocabulary;
}

// <s> A </s> </s> B </s>, with the special tokens that the configuration names.
void add_roberta_tokens(TokenizerParts& parts, const Vocabulary& vocabulary, const Json& config, const std::string& source) {
  const bool prefix_space = setting(config, "add_prefix_space", false);
  const auto special = [&](const char* key, std::string_view otherwise) {
    const AddedToken token = special_token(vocabulary, named_token(config, key, otherwise), source);
    if (std::ranges::find(parts.added, token.id, &AddedToken::id) == parts.added.end()) parts.added.push_back(token);
    return token;
  };
  const AddedToken cls = special("cls_token", "<s>"), sep = special("sep_token", "</s>");
  special("pad_token", "<pad>");
  special("unk_token", "<unk>");
  special("mask_token", "<mask>");
  parts.added.back().lstrip = true;
  parts.pre_tokenizer = byte_level_json(prefix_space, true, true);
  parts.post_processor = Json::object(
      {{"type", "RobertaProcessing"}, {"sep", id_pair(sep)}, {"cls", id_pair(cls)}, {"trim_offsets", true}, {"add_prefix_space", prefix_space}});
}

void add_qwen2_tokens(TokenizerParts& parts) {
  const Json split = isolating_split_json(patterns::kQwen2);
  parts.normalizer = Json::object({{"type", "NFC"}});
  parts.pre_tokenizer = Json::object({{"type", "Sequence"}, {"pretokenizers", Json::array({split, byte_level_json(false, false, false)})}});
  parts.post_processor = byte_level_json(false, false, false);
}

std::shared_ptr<const Tokenizer> finish_byte_level(TokenizerParts parts, Vocabulary vocabulary, const NamedText& merges, Json config) {
  parts.decoder = byte_level_json(true, true, true);
  take_config(parts, std::move(config));
  const std::vector<Bpe::Merge> rules = merges_in(merges, vocabulary);
  check_merges_are_all(rules, vocabulary, merges);
  parts.model = std::make_unique<Bpe>(std::move(vocabulary), rules, BpeOptions{.byte_level = true});
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

}  // namespace

std::vector<std::string_view> lines_of(const NamedText& file) {
  std::vector<std::string_view> lines = lines_in(without_byte_order_mark(file.text));
  for (std::string_view& line : lines)
    if (line.ends_with('\r')) line.remove_suffix(1);
  return lines;
}

std::shared_ptr<const Tokenizer> read_bert_vocabulary(const NamedText& file, Json config) {
  check_utf8(file.text, file.name);
  Vocabulary vocabulary;
  for (int64_t id = 0; const std::string_view line : lines_of(file)) vocabulary.add(line, id++);
  TokenizerParts parts;
  const auto special = [&](const char* key, std::string_view otherwise) {
    parts.added.push_back(special_token(vocabulary, named_token(config, key, otherwise), file.name));
    return parts.added.back();
  };
  const std::string unknown = special("unk_token", "[UNK]").content;
  const AddedToken sep = special("sep_token", "[SEP]");
  special("pad_token", "[PAD]");
  const AddedToken cls = special("cls_token", "[CLS]");
  special("mask_token", "[MASK]");
  const Json* const accents = config.is_object() ? config.find("strip_accents") : nullptr;
  parts.normalizer = Json::object({{"type", "BertNormalizer"},
                                   {"clean_text", true},
                                   {"handle_chinese_chars", setting(config, "tokenize_chinese_chars", true)},
                                   {"strip_accents", accents ? *accents : Json()},
                                   {"lowercase", setting(config, "do_lower_case", true)}});
  parts.pre_tokenizer = Json::object({{"type", "BertPreTokenizer"}});
  parts.post_processor = Json::object({{"type", "BertProcessing"}, {"sep", id_pair(sep)}, {"cls", id_pair(cls)}});
  parts.decoder = Json::object({{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}});
  parts.model = std::make_unique<WordPiece>(std::move(vocabulary), WordPiece::Options{.unk_token = unknown});
  take_config(parts, std::move(config));
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

std::shared_ptr<const Tokenizer> read_gpt2_vocabulary(const NamedText& file, const NamedText& merges, Json config) {
  Vocabulary vocabulary = vocabulary_in(file);
  TokenizerParts parts;
  const std::string name = config.is_object() ? config.text("tokenizer_class", "GPT2Tokenizer") : "GPT2Tokenizer";
  if (name.starts_with("Roberta") || name.starts_with("Bart") || name.starts_with("Longformer")) {
    add_roberta_tokens(parts, vocabulary, config, file.name);
  } else if (name.starts_with("Qwen2") || name.starts_with("GPT2")) {
    const std::string end = named_token(config, "eos_token", "<|endoftext|>");
    if (vocabulary.id_of(end) >= 0) parts.added.push_back(special_token(vocabulary, end, file.name));
    if (name.starts_with("Qwen2")) {
      add_qwen2_tokens(parts);
    } else {
      parts.pre_tokenizer = byte_level_json(setting(config, "add_prefix_space", false), true, true);
      parts.post_processor = byte_level_json(true, false, true);
    }
  } else {
    fail(ErrorKind::input, "tokenizer", str("tokenizer_class '{}': how it cuts a text is not known from {} alone", name, file.name), "use its tokenizer.json");
  }
  return finish_byte_level(std::move(parts), std::move(vocabulary), merges, std::move(config));
}

std::shared_ptr<const Tokenizer> read_fairseq_dictionary(const NamedText& dictionary, const NamedText& file, const NamedText& merges, Json config) {
  check_utf8(dictionary.text, dictionary.name);
  const Vocabulary gpt2 = vocabulary_in(file);
  Vocabulary vocabulary;
  int64_t id = 0, number = 0;
  for (const char* const token : {"<s>", "<pad>", "</s>", "<unk>"}) vocabulary.add(token, id++);
  for (const std::string_view line : lines_of(dictionary)) {
    ++number;
    const std::vector<std::string_view> parts = split(line, ' ');
    GRIM_CHECK(parts.size() == 2, input, "tokenizer", "{}: line {}: got '{}', expected an id and a count", dictionary.name, number, line);
    int64_t old = -1;
    const auto read = std::from_chars(parts[0].data(), parts[0].data() + parts[0].size(), old);
    const bool is_id = read.ec == std::errc() && read.ptr == parts[0].data() + parts[0].size();  // others fill up the dictionary: "madeupword0000"
    GRIM_CHECK(!is_id || gpt2.has(old), input, "tokenizer", "{}: line {}: id {} is not in {}", dictionary.name, number, old, file.name);
    vocabulary.add(is_id ? gpt2.token(old) : parts[0], id++);
  }
  vocabulary.add("<mask>", id);
  TokenizerParts parts;
  add_roberta_tokens(parts, vocabulary, config, dictionary.name);
  return finish_byte_level(std::move(parts), std::move(vocabulary), merges, std::move(config));
}

}  // namespace grim
