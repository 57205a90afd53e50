// Vocabularies against those that PyPI's tokenizers learns from the same text (tools/golden/tokenizer_training.py).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/repeats.h"
#include "grimoire/text/train_bpe.h"
#include "grimoire/text/train_tokenizer.h"
#include "grimoire/text/train_unigram.h"
#include "grimoire/text/unigram.h"
#include "support/data.h"

namespace grim {
namespace {

const Json& golden() {
  static const Json g =
      Json::parse(read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/tokenizer_training.json"), "tokenizer_training.json");
  return g;
}

TextSource lines_of(std::vector<std::string> lines) {
  return [lines = std::move(lines)](const TextSink& sink) {
    for (const std::string& line : lines) sink(line);
  };
}
std::vector<std::string> golden_lines() {
  const std::string& text = golden().text("text");
  std::vector<std::string> lines;
  for (const std::string_view line : lines_in(text)) lines.push_back(std::string(line) + "\n");
  return lines;
}

const std::vector<std::string> kSpecial = {"[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"};

Json typed(const char* type) { return Json::object({{"type", type}}); }

std::string vocab_of(const Vocabulary& v) {
  Json tokens = Json::array();
  for (int64_t id = 0; id < v.size(); ++id) tokens.push(v.token(id));
  return tokens.dump();
}

WordCounts golden_words() { return count_words(lines_of(golden_lines()), {}, typed("Whitespace"), 1000); }

void expect_merges(const char* name, const WordCounts& words, const BpeTraining& training) {
  SCOPED_TRACE(name);
  const TrainedBpe t = train_bpe(words, training);
  EXPECT_EQ(vocab_of(t.vocabulary), golden().at(name).at("vocab").dump());
  Json merges = Json::array();
  for (const Bpe::Merge& m : t.merges) merges.push(Json::array({t.vocabulary.token(m.left), t.vocabulary.token(m.right)}));
  EXPECT_EQ(merges.dump(), golden().at(name).at("merges").dump());
}

TEST(TokenizerTraining, MergesAreTheReferences) {
  constexpr int64_t kEverything = 100000;
  expect_merges("bpe", golden_words(), {.vocab_size = 180, .special_tokens = kSpecial});
  expect_merges("bpe exhausted", golden_words(), {.vocab_size = kEverything, .special_tokens = kSpecial});
  expect_merges("bpe min_frequency", golden_words(), {.vocab_size = kEverything, .min_frequency = 20, .special_tokens = kSpecial});
  expect_merges("bpe limit_alphabet", golden_words(), {.vocab_size = 120, .special_tokens = kSpecial, .limit_alphabet = 12});
  expect_merges("bpe max_token_length", golden_words(), {.vocab_size = kEverything, .special_tokens = kSpecial, .max_token_length = 5});
  expect_merges("bpe end_of_word_suffix", golden_words(), {.vocab_size = kEverything, .special_tokens = kSpecial, .end_of_word_suffix = "</w>"});
}

// Two merges may give the same token, so that its pairs come up at different times.
TEST(TokenizerTraining, OneTokenOfTwoMerges) {
  const WordCounts words = count_words(lines_of({golden().text("marked text")}), {}, typed("WhitespaceSplit"), 1000);
  expect_merges("bpe marked", words, {.vocab_size = 300, .continuing_subword_prefix = "##"});
}

TEST(TokenizerTraining, CountsBeyond32Bits) {
  WordCounts words(10);
  words.add("ab", int64_t{1} << 32);
  words.add("cd", 3);
  const TrainedBpe t = train_bpe(words, {.vocab_size = 5});
  EXPECT_EQ(t.vocabulary.token(4), "ab");
}

TEST(TokenizerTraining, WhatHashOrderDecidesElsewhereIsFixed) {
  WordCounts words(10);
  words.add("zzyyxb", 1);
  const TrainedBpe t = train_bpe(words, {.vocab_size = 6, .limit_alphabet = 3, .continuing_subword_prefix = "##"});
  EXPECT_EQ(vocab_of(t.vocabulary), R"(["b", "y", "z", "##b", "##y", "##z"])");  // of b and x, equally rare, x goes
}

std::shared_ptr<const Tokenizer> trained(TokenizerKind kind, int64_t size, std::vector<std::string> lines = golden_lines(), int64_t min_frequency = 0) {
  TokenizerTraining t;
  t.kind = kind;
  t.vocab_size = size;
  t.min_frequency = min_frequency;
  return train_tokenizer(lines_of(std::move(lines)), t);
}

void expect_file(const char* name, const Tokenizer& tokenizer) {
  SCOPED_TRACE(name);
  const Json file = tokenizer.to_json();
  Json seen = Json::object(), model = Json::object();
  for (const char* key : {"version", "truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"}) seen.set(key, file.at(key));
  const Json& whole = file.at("model");
  for (size_t i = 0; i < whole.size(); ++i)
    if (whole.keys()[i] != "vocab" && whole.keys()[i] != "merges") model.set(whole.keys()[i], whole[i]);
  seen.set("model", model);
  seen.set("added_tokens", file.at("added_tokens"));
  EXPECT_EQ(seen.dump(), golden().at("files").at(name).dump());
  if (golden().at(name).find("vocab")) {
    Json tokens = Json::array();
    for (int64_t id = 0; id < tokenizer.vocab_size(); ++id) tokens.push(tokenizer.token(id));
    EXPECT_EQ(tokens.dump(), golden().at(name).at("vocab").dump());
  }
}

TEST(TokenizerTraining, FilesAreTheReferences) {
  expect_file("bpe", *trained(TokenizerKind::bpe, 180));
  expect_file("byte-bpe", *trained(TokenizerKind::byte_bpe, 400));
  expect_file("wordpiece", *trained(TokenizerKind::wordpiece, 200));
  expect_file("word", *trained(TokenizerKind::word, 120, golden_lines(), 3));
  expect_file("unigram", *trained(TokenizerKind::unigram, 120));
}

TEST(TokenizerTraining, SavedAndLoadedAgain) {
  for (const TokenizerKind kind : {TokenizerKind::bpe, TokenizerKind::byte_bpe, TokenizerKind::wordpiece, TokenizerKind::unigram, TokenizerKind::word,
                                   TokenizerKind::character}) {
    const auto t = trained(kind, 300);
    const auto again = parse_tokenizer(t->to_json().dump(), "again", t->config_json());
    const std::string& text = golden().text("text");
    EXPECT_EQ(t->encode(text), again->encode(text));
    EXPECT_EQ(t->to_json().dump(), again->to_json().dump());
  }
}

TEST(TokenizerTraining, TheOrderOfTheTextsIsOfNoMatter) {
  std::vector<std::string> backwards = golden_lines();
  std::reverse(backwards.begin(), backwards.end());
  for (const TokenizerKind kind : {TokenizerKind::byte_bpe, TokenizerKind::wordpiece, TokenizerKind::unigram, TokenizerKind::word})
    EXPECT_EQ(trained(kind, 300)->to_json().dump(), trained(kind, 300, backwards)->to_json().dump());
}

Json unigram_pre_tokenizer() { return golden().at("files").at("unigram").at("pre_tokenizer"); }
TrainedUnigram pieces_of(int64_t size, int64_t max_piece_length = 16, int64_t sub_iterations = 2) {
  const WordCounts words = count_words(lines_of(golden_lines()), golden().at("files").at("unigram").at("normalizer"), unigram_pre_tokenizer(), 1000);
  return train_unigram(words, {.vocab_size = size,
                               .special_tokens = {"<pad>", "</s>", "<unk>"},
                               .max_piece_length = max_piece_length,
                               .sub_iterations = sub_iterations});
}

// Where nothing is pruned all is the reference's: characters that have no piece of their own get scores in another order there, 0.0001 apart.
void expect_scores(const char* name, const TrainedUnigram& t) {
  SCOPED_TRACE(name);
  std::map<std::string, double> expected;
  for (const Json& piece : golden().at(name).at("pieces").items()) expected[piece[0].as_text()] = piece[1].as_real();
  ASSERT_EQ(t.pieces.size(), expected.size());
  for (const auto& [piece, score] : t.pieces) {
    ASSERT_TRUE(expected.contains(piece)) << piece;
    EXPECT_NEAR(score, expected[piece], 0.002) << piece;
  }
}

TEST(TokenizerTraining, UnigramScoresAreTheReferences) {
  expect_scores("unigram unpruned", pieces_of(100000));
  expect_scores("unigram max_piece_length", pieces_of(100000, 3, 5));
}

// What is asked of a tokenizer reaches its trainer.
TEST(TokenizerTraining, SettingsOfTheKindsAreUsed) {
  const auto with = [](TokenizerKind kind, const auto& change) {
    TokenizerTraining t;
    t.kind = kind;
    t.vocab_size = 80;
    change(t);
    return train_tokenizer(lines_of(golden_lines()), t)->to_json().dump();
  };
  using T = TokenizerTraining;
  const auto as_ever = [](T&) {};
  EXPECT_TRUE(with(TokenizerKind::bpe, as_ever) != with(TokenizerKind::bpe, [](T& t) { t.max_token_length = 4; }));
  const std::string unigram = with(TokenizerKind::unigram, as_ever);
  EXPECT_TRUE(unigram != with(TokenizerKind::unigram, [](T& t) { t.max_piece_length = 2; }));
  EXPECT_TRUE(unigram != with(TokenizerKind::unigram, [](T& t) { t.shrinking_factor = 0.5; }));
  EXPECT_TRUE(unigram != with(TokenizerKind::unigram, [](T& t) { t.sub_iterations = 4; }));
}

double log_likelihood(const std::vector<std::pair<std::string, double>>& pieces, const std::vector<std::string>& lines = golden_lines()) {
  Vocabulary v;
  std::vector<double> scores;
  for (const auto& [piece, score] : pieces) v.add(piece, v.size()), scores.push_back(score);
  const Unigram model(std::move(v), scores, {.unk_id = 2});
  const WordCounts words = count_words(lines_of(lines), golden().at("files").at("unigram").at("normalizer"), unigram_pre_tokenizer(), 1 << 20);
  double sum = 0;
  for (int64_t i = 0; i < words.size(); ++i) {
    std::vector<Token> tokens;
    model.tokenize(words.word(i), tokens);
    for (const Token& t : tokens) sum += scores[static_cast<size_t>(t.id)] * static_cast<double>(words.count(i));
  }
  return sum;
}

TEST(TokenizerTraining, UnigramIsAsLikelyAsTheReference) {
  std::vector<std::pair<std::string, double>> reference;
  for (const Json& piece : golden().at("unigram").at("pieces").items()) reference.emplace_back(piece[0].as_text(), piece[1].as_real());
  const TrainedUnigram t = pieces_of(120);
  EXPECT_EQ(t.pieces.size(), reference.size());
  EXPECT_GE(log_likelihood(t.pieces), log_likelihood(reference) * 1.001);  // both below 0
}

// 2 MB of Wikipedia, 5,000 tokens each: the reference's vocabularies, and pieces that make the text no less likely than its own, to 0.1 %.
TEST(TokenizerTraining, WikiSample) {
  GRIMOIRE_DATA(path, "wiki_sample/wiki_text.txt");
  const std::string text = read_file(path);
  std::vector<std::string> lines;
  for (const std::string_view line : lines_in(text)) lines.push_back(std::string(line) + "\n");
  const Json& expected = golden().at("wiki_sample");
  const auto hash_of = [](const std::string& rows) { return str("{:016x}", XXH3_64bits(rows.data(), rows.size())); };
  const auto vocabulary_of = [](const Tokenizer& t) {
    std::string rows;
    for (int64_t id = 0; id < t.vocab_size(); ++id) rows += t.token(id) + '\n';
    return rows;
  };
  const auto bpe = trained(TokenizerKind::bpe, 5000, lines);
  EXPECT_EQ(hash_of(vocabulary_of(*bpe)), expected.at("bpe").text("vocab"));
  std::string merges;
  const Json file = bpe->to_json();
  for (const Json& m : file.at("model").at("merges").items()) merges += m[0].as_text() + ' ' + m[1].as_text() + '\n';
  EXPECT_EQ(hash_of(merges), expected.at("bpe").text("merges"));
  EXPECT_EQ(hash_of(vocabulary_of(*trained(TokenizerKind::wordpiece, 5000, lines))), expected.at("wordpiece").text("vocab"));
  const auto unigram = trained(TokenizerKind::unigram, 5000, lines);
  const Unigram& model = dynamic_cast<const Unigram&>(dynamic_cast<const PipelineTokenizer&>(*unigram).model());
  std::vector<std::pair<std::string, double>> pieces;
  const Json vocab = model.to_json();
  for (const Json& piece : vocab.at("vocab").items()) pieces.emplace_back(piece[0].as_text(), piece[1].as_real());
  EXPECT_EQ(std::ssize(pieces), expected.at("unigram").integer("pieces"));
  const double theirs = expected.at("unigram").real("log_likelihood");
  EXPECT_GE(log_likelihood(pieces, lines), theirs * 1.001);  // both below 0; ours are 0.12 % more likely
}

// A line of a million characters: probabilities far below what a double holds, and no word is taken twice.
TEST(TokenizerTraining, TextWithoutSpaces) {
  std::string line;
  for (uint32_t i = 0; i < 100000; ++i) line += static_cast<char>('a' + ((i * i) ^ (i * 2654435761u >> 21)) % 11);
  const auto t = trained(TokenizerKind::unigram, 60, {line});
  EXPECT_EQ(t->vocab_size(), 60);
  EXPECT_EQ(trained(TokenizerKind::byte_bpe, 400, {line})->vocab_size(), 400);
}

TEST(TokenizerTraining, Repeats) {
  const std::u32string text = U"abracadabra" + std::u32string(1, 0) + U"bra" + std::u32string(1, 0);
  std::map<std::u32string, int64_t> found;
  for (const Repeat& r : repeats_in(text, 16)) found[text.substr(r.begin, r.length)] = r.count;
  EXPECT_EQ(found, (std::map<std::u32string, int64_t>{{U"abra", 2}, {U"bra", 3}, {U"ra", 3}}));
  found.clear();
  for (const Repeat& r : repeats_in(text, 3)) found[text.substr(r.begin, r.length)] = r.count;
  EXPECT_EQ(found, (std::map<std::u32string, int64_t>{{U"bra", 3}, {U"ra", 3}}));
}

ErrorKind refused(TokenizerTraining t, std::vector<std::string> lines = golden_lines()) {
  try {
    train_tokenizer(lines_of(std::move(lines)), t);
  } catch (const Error& e) {
    return e.kind();
  }
  return ErrorKind::state;
}

TEST(TokenizerTraining, Refusals) {
  TokenizerTraining t;
  t.kind = TokenizerKind::bpe;
  t.vocab_size = 20;
  EXPECT_EQ(refused(t), ErrorKind::argument);  // the characters alone are more
  t.kind = TokenizerKind::unigram;
  EXPECT_EQ(refused(t), ErrorKind::argument);
  t.vocab_size = 3;
  EXPECT_EQ(refused(t), ErrorKind::argument);
  t = {};
  t.word_limit = 20;
  EXPECT_EQ(refused(t), ErrorKind::resource);
  t = {};
  EXPECT_EQ(refused(t, {}), ErrorKind::input);
  EXPECT_EQ(refused(t, {""}), ErrorKind::input);
  t.kind = TokenizerKind::character;
  EXPECT_EQ(refused(t, {}), ErrorKind::input);
}

}  // namespace
}  // namespace grim
