#include "grimoire/text/train_tokenizer.h"

#include <algorithm>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/char_tokenizer.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/tokenizer_part.h"
#include "grimoire/text/train_bpe.h"
#include "grimoire/text/train_unigram.h"
#include "grimoire/text/unigram.h"
#include "grimoire/text/wordpiece.h"

namespace grim {
namespace {

using Kind = TokenizerKind;

// What a kind is by itself.
struct Recipe {
  Json normalizer = {}, pre_tokenizer = {}, post_processor = {}, decoder = {};
  std::vector<std::string> special_tokens = {};
  std::vector<std::pair<const char*, const char*>> roles = {};  // keys of tokenizer_config.json, and their tokens
  int64_t longest_text = 0;                                // "model_max_length"; 0: none
};

Recipe bpe_recipe(const TokenizerTraining& t) {
  return {.pre_tokenizer = typed("Whitespace"),
          .decoder = t.end_of_word_suffix.empty() ? Json() : typed("BPEDecoder", {{"suffix", t.end_of_word_suffix}}),
          .special_tokens = {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"},
          .roles = {{"unk_token", "[UNK]"}, {"cls_token", "[CLS]"}, {"sep_token", "[SEP]"}, {"pad_token", "[PAD]"}, {"mask_token", "[MASK]"}}};
}

Recipe byte_recipe() {
  constexpr const char* kEnd = "<|endoftext|>";
  return {.pre_tokenizer = byte_level_json(false, true, true),
          .post_processor = byte_level_json(true, false, true),
          .decoder = byte_level_json(true, true, true),
          .special_tokens = {kEnd},
          .roles = {{"bos_token", kEnd}, {"eos_token", kEnd}, {"unk_token", kEnd}}};
}

// [CLS] a text [SEP], and where there is a pair its second text [SEP], of type 1.
Json bert_template() {
  const auto special = [](const char* id, int type) { return Json::object({{"SpecialToken", Json::object({{"id", id}, {"type_id", type}})}}); };
  const auto text = [](const char* id, int type) { return Json::object({{"Sequence", Json::object({{"id", id}, {"type_id", type}})}}); };
  const auto token = [](const char* content, int id) {
    return Json::object({{"id", content}, {"ids", Json::array({id})}, {"tokens", Json::array({content})}});
  };
  return typed("TemplateProcessing",
               {{"single", Json::array({special("[CLS]", 0), text("A", 0), special("[SEP]", 0)})},
                {"pair", Json::array({special("[CLS]", 0), text("A", 0), special("[SEP]", 0), text("B", 1), special("[SEP]", 1)})},
                {"special_tokens", Json::object({{"[CLS]", token("[CLS]", 2)}, {"[SEP]", token("[SEP]", 3)}})}});
}

Recipe wordpiece_recipe(const TokenizerTraining& t) {
  return {.normalizer = typed("BertNormalizer", {{"clean_text", true}, {"handle_chinese_chars", true}, {"strip_accents", Json()}, {"lowercase", !t.cased}}),
          .pre_tokenizer = typed("BertPreTokenizer"),
          .post_processor = bert_template(),
          .decoder = typed("WordPiece", {{"prefix", "##"}, {"cleanup", true}}),
          .special_tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"},
          .roles = {{"pad_token", "[PAD]"}, {"unk_token", "[UNK]"}, {"cls_token", "[CLS]"}, {"sep_token", "[SEP]"}, {"mask_token", "[MASK]"}},
          .longest_text = 512};
}

Recipe unigram_recipe() {
  const Json spaces = typed("Metaspace", {{"replacement", "\u2581"}, {"prepend_scheme", "always"}, {"split", true}});
  const auto text = [](const char* id) { return Json::object({{"Sequence", Json::object({{"id", id}, {"type_id", 0}})}}); };
  const Json end = Json::object({{"SpecialToken", Json::object({{"id", "</s>"}, {"type_id", 0}})}});
  const Json token = Json::object({{"id", "</s>"}, {"ids", Json::array({1})}, {"tokens", Json::array({"</s>"})}});
  return {.normalizer = typed("Sequence", {{"normalizers", Json::array({typed("Nmt"), typed("NFKC")})}}),
          .pre_tokenizer = typed("Sequence", {{"pretokenizers", Json::array({typed("WhitespaceSplit"), spaces})}}),
          .post_processor = typed("TemplateProcessing", {{"single", Json::array({text("A"), end})},
                                                         {"pair", Json::array({text("A"), end, text("B"), end})},
                                                         {"special_tokens", Json::object({{"</s>", token}})}}),
          .decoder = spaces,
          .special_tokens = {"<pad>", "</s>", "<unk>"},
          .roles = {{"pad_token", "<pad>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"}}};
}

Recipe word_recipe(const TokenizerTraining& t) {
  return {.normalizer = t.lowercase ? typed("Lowercase") : Json(),
          .pre_tokenizer = typed("Whitespace"),
          .special_tokens = {"[UNK]", "[PAD]"},
          .roles = {{"unk_token", "[UNK]"}, {"pad_token", "[PAD]"}}};
}

Recipe recipe_of(const TokenizerTraining& t) {
  switch (t.kind) {
    case Kind::bpe: return bpe_recipe(t);
    case Kind::byte_bpe: return byte_recipe();
    case Kind::wordpiece: return wordpiece_recipe(t);
    case Kind::unigram: return unigram_recipe();
    default: return word_recipe(t);
  }
}

std::vector<char32_t> alphabet_of(const TokenizerTraining& t) {
  std::vector<char32_t> alphabet = code_points(t.alphabet);
  if (t.kind == Kind::byte_bpe)
    for (int b = 0; b < 256; ++b) alphabet.push_back(byte_symbol(static_cast<uint8_t>(b)));
  return alphabet;
}

std::unique_ptr<SubwordModel> train_merges(const WordCounts& words, const TokenizerTraining& t, const Recipe& recipe, const TrainingWatch& watch) {
  const std::string prefix = t.kind == Kind::wordpiece ? "##" : "";
  TrainedBpe trained = train_bpe(words,
                                 {.vocab_size = t.vocab_size,
                                  .min_frequency = t.min_frequency,
                                  .special_tokens = recipe.special_tokens,
                                  .initial_alphabet = alphabet_of(t),
                                  .limit_alphabet = t.limit_alphabet > 0 ? std::optional(t.limit_alphabet) : std::nullopt,
                                  .continuing_subword_prefix = prefix,
                                  .end_of_word_suffix = t.end_of_word_suffix,
                                  .max_token_length = t.max_token_length > 0 ? std::optional(t.max_token_length) : std::nullopt},
                                 watch);
  if (t.kind == Kind::wordpiece) return std::make_unique<WordPiece>(std::move(trained.vocabulary), WordPiece::Options());
  BpeOptions options;
  options.end_of_word_suffix = t.end_of_word_suffix;
  options.byte_level = t.kind == Kind::byte_bpe;
  if (t.kind == Kind::bpe) options.unk_token = "[UNK]";
  return std::make_unique<Bpe>(std::move(trained.vocabulary), trained.merges, std::move(options));
}

std::unique_ptr<SubwordModel> train_pieces(const WordCounts& words, const TokenizerTraining& t, const Recipe& recipe, const TrainingWatch& watch) {
  const TrainedUnigram trained = train_unigram(words,
                                               {.vocab_size = t.vocab_size,
                                                .special_tokens = recipe.special_tokens,
                                                .initial_alphabet = alphabet_of(t),
                                                .max_piece_length = t.max_piece_length,
                                                .shrinking_factor = t.shrinking_factor,
                                                .sub_iterations = t.sub_iterations},
                                               watch);
  Vocabulary vocabulary;
  std::vector<double> scores;
  for (const auto& [piece, score] : trained.pieces) {
    vocabulary.add(piece, vocabulary.size());
    scores.push_back(score);
  }
  return std::make_unique<Unigram>(std::move(vocabulary), std::move(scores), UnigramOptions{.unk_id = trained.unk_id});
}

// The most frequent words, of equally frequent ones the first in the order of their bytes.
std::unique_ptr<SubwordModel> train_words(const WordCounts& words, const TokenizerTraining& t, const Recipe& recipe) {
  std::vector<int64_t> order = words.by_bytes();
  std::ranges::stable_sort(order, std::greater<>(), [&](int64_t i) { return words.count(i); });
  Vocabulary vocabulary;
  for (const std::string& token : recipe.special_tokens) vocabulary.add(token, vocabulary.size());
  for (const int64_t i : order) {
    if (vocabulary.size() >= t.vocab_size || words.count(i) < t.min_frequency) break;
    if (vocabulary.id_of(words.word(i)) < 0) vocabulary.add(words.word(i), vocabulary.size());
  }
  return std::make_unique<WordLevel>(std::move(vocabulary), "[UNK]");
}

std::shared_ptr<const Tokenizer> train_characters(const TextSource& texts, const TokenizerTraining& t) {
  std::string found;
  std::vector<bool> seen(0x110000);
  const auto add = [&](std::string_view text) {
    for (size_t at = 0; at < text.size();) {
      const char32_t c = next_code_point(text, at);
      if (!seen[c]) append_utf8(found, c);
      seen[c] = true;
    }
  };
  texts(add);
  GRIM_CHECK(!found.empty(), input, "tokenizer", "the texts hold no character");
  add(t.alphabet);
  return std::make_shared<CharTokenizer>(CharTokenizer::of_text(found));
}

Json config_of(const Recipe& recipe, const TokenizerTraining& t) {
  Json config = Json::object({{"tokenizer_class", "PreTrainedTokenizerFast"}, {"clean_up_tokenization_spaces", false}});
  for (const auto& [role, token] : recipe.roles) config.set(role, token);
  if (recipe.longest_text > 0) config.set("model_max_length", recipe.longest_text);
  if (t.kind == Kind::wordpiece) config.set("do_lower_case", !t.cased);
  return config;
}

}  // namespace

const std::vector<std::string>& names_of_tokenizer_kinds() {
  static const std::vector<std::string> names = {"bpe", "byte-bpe", "wordpiece", "unigram", "word", "char"};
  return names;
}

Options TokenizerTraining::options() {
  return {
      {.name = "kind", .help = "how words become tokens", .target = by_choice(&kind), .choices = names_of_tokenizer_kinds(), .basic = true},
      {.name = "vocab-size", .help = "tokens, with the special ones", .target = &vocab_size, .low = 1, .high = 1 << 24, .basic = true,
       .with = "kind=bpe|byte-bpe|wordpiece|unigram|word"},
      {.name = "min-frequency", .help = "a pair is merged, a word becomes a token, if it comes as often", .target = &min_frequency, .low = 0,
       .with = "kind=bpe|byte-bpe|wordpiece|word"},
      {.name = "special-token", .help = "a further one, behind those of the kind", .target = &special_tokens, .basic = true,
       .with = "kind=bpe|byte-bpe|wordpiece|unigram|word"},
      {.name = "alphabet", .help = "characters that get a token whatever the texts hold", .target = &alphabet, .with = "kind=bpe|wordpiece|unigram|char"},
      {.name = "limit-alphabet", .help = "characters that get a token, the most frequent; 0: all of them", .target = &limit_alphabet, .low = 0,
       .with = "kind=bpe|wordpiece"},
      {.name = "cased", .help = "capital letters and accents stay", .target = &cased, .with = "kind=wordpiece"},
      {.name = "lowercase", .help = "capital letters become small ones", .target = &lowercase, .with = "kind=word"},
      {.name = "max-token-length", .help = "merges that give a token of as many characters or more are left out; 0: none are", .target = &max_token_length,
       .low = 0, .with = "kind=bpe|byte-bpe"},
      {.name = "max-piece-length", .help = "characters of a piece at most", .target = &max_piece_length, .low = 1, .high = 1 << 16, .with = "kind=unigram"},
      {.name = "shrinking-factor", .help = "of the pieces, those that one round of pruning keeps", .target = &shrinking_factor, .low = 0.01, .high = 0.99,
       .with = "kind=unigram"},
      {.name = "sub-iterations", .help = "steps of the estimation in one round", .target = &sub_iterations, .low = 1, .high = 1000, .with = "kind=unigram"},
      {.name = "end-of-word-suffix", .help = "behind the last piece of a word, </w> say", .target = &end_of_word_suffix, .with = "kind=bpe"},
      {.name = "word-limit", .help = "different words at most, for the memory: about 200 bytes each", .target = &word_limit, .low = 1, .high = 4e9,
       .with = "kind=bpe|byte-bpe|wordpiece|unigram|word"},
  };
}

std::shared_ptr<const Tokenizer> train_tokenizer(const TextSource& texts, const TokenizerTraining& training, const TrainingWatch& watch) {
  if (training.kind == Kind::character) return train_characters(texts, training);
  Recipe recipe = recipe_of(training);
  for (const std::string& token : training.special_tokens) {
    GRIM_CHECK(!token.empty(), argument, "tokenizer", "special_token: got an empty one");
    if (std::ranges::find(recipe.special_tokens, token) == recipe.special_tokens.end()) recipe.special_tokens.push_back(token);
  }
  const auto specials = static_cast<int64_t>(recipe.special_tokens.size());
  GRIM_CHECK(training.vocab_size > specials, argument, "tokenizer", GRIM_SETTING("vocab-size") ": got {}, expected more than the {} special tokens",
             training.vocab_size, specials);
  const WordCounts words = count_words(texts, recipe.normalizer, recipe.pre_tokenizer, training.word_limit);
  GRIM_CHECK(words.size() > 0, input, "tokenizer", "the texts hold no word");
  if (watch) watch({"different words", words.size(), 0});
  TokenizerParts parts;
  switch (training.kind) {
    case Kind::unigram: parts.model = train_pieces(words, training, recipe, watch); break;
    case Kind::word: parts.model = train_words(words, training, recipe); break;
    default: parts.model = train_merges(words, training, recipe, watch);
  }
  for (int64_t id = 0; id < specials; ++id)
    parts.added.push_back({.id = id, .content = recipe.special_tokens[static_cast<size_t>(id)], .normalized = false, .special = true});
  parts.config = config_of(recipe, training);
  parts.normalizer = std::move(recipe.normalizer);
  parts.pre_tokenizer = std::move(recipe.pre_tokenizer);
  parts.post_processor = std::move(recipe.post_processor);
  parts.decoder = std::move(recipe.decoder);
  return std::make_shared<PipelineTokenizer>(std::move(parts));
}

}  // namespace grim
