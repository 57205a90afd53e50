// SentencePiece's files against SentencePiece (tools/golden/sentencepiece_files.py), and what is wrong with a file said of it.
#include "grimoire/text/sentencepiece.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/text/charsmap.h"

namespace grim {
namespace {

const std::string kFolder = std::string(GRIM_SOURCE_DIR) + "/tests/golden/sentencepiece/";
const char* const kModels[] = {"unigram", "unigram_bytes", "unigram_user", "unigram_suffix", "unigram_across", "bpe", "bpe_bytes", "bpe_user", "bpe_suffix"};

const Json& golden() {
  static const Json g = Json::parse(read_file(kFolder + "sentencepiece.json"), "sentencepiece.json");
  return g;
}
std::vector<std::string> texts() {
  std::vector<std::string> all;
  for (const Json& t : golden().at("texts").items()) all.push_back(t.as_text());
  const std::string two = all[4] + " " + all[5];
  all.push_back(two + two + two);
  return all;
}

class SentencePieceFiles : public testing::TestWithParam<const char*> {};

TEST_P(SentencePieceFiles, IdsOffsetsAndTexts) {
  const auto tokenizer = load_tokenizer(kFolder + GetParam() + ".model");
  const std::vector<std::string> all = texts();
  const Json& cases = golden().at("models").at(GetParam());
  ASSERT_EQ(cases.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(all[i]);
    const Json& c = cases[i];
    const Encoding e = tokenizer->encode_with(all[i]);
    EXPECT_EQ(Json::array_of(e.ids).dump(), c.at("ids").dump());
    for (int again = 0; again < 2; ++again) EXPECT_EQ(tokenizer->encode(all[i]), e.ids);  // words are found, then known
    ASSERT_EQ(e.size(), c.at("ids").size());
    for (size_t k = 0; k < e.size(); ++k) {
      const bool byte = tokenizer->token(e.ids[k]).starts_with("<0x");  // there the last byte of a character has its place; here all have
      const ByteRange expected{static_cast<uint32_t>(c.at("begin")[k].as_integer()), static_cast<uint32_t>(c.at("end")[k].as_integer())};
      EXPECT_TRUE(byte || e.offsets[k] == expected) << k << ": " << e.offsets[k].begin << " to " << e.offsets[k].end;
    }
    EXPECT_EQ(Json(tokenizer->decode(e.ids)).dump(), c.at("decoded").dump());
  }
}

// What is written of it, read by ourselves. The JSON cannot say all: a space behind words, or sums in 32 bits, which decide ties of these small models.
TEST_P(SentencePieceFiles, TheJsonOfIt) {
  const std::string name = GetParam();
  if (name.ends_with("suffix") || name == "unigram_bytes" || name == "unigram_across") return;
  const auto own = load_tokenizer(kFolder + name + ".model");
  const auto written = parse_tokenizer(own->to_json().dump(), "written");
  EXPECT_EQ(written->to_json(), own->to_json());
  for (const std::string& text : texts()) {
    const bool holds_unknown = text.find("<unk>") != std::string::npos;  // there a piece like others
    EXPECT_TRUE(holds_unknown || written->encode(text) == own->encode(text)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Text, SentencePieceFiles, testing::ValuesIn(kModels));

// A long text, cut at spaces and put together of known words, is what it is when it is taken as one.
TEST(SentencePiece, KnownWordsChangeNothing) {
  for (const char* const name : {"unigram", "bpe"}) {
    const auto tokenizer = load_tokenizer(kFolder + name + ".model");
    std::string text;
    for (int i = 0; i < 4000; ++i) text += str("{}lazy{} ---- over{}", i % 7 == 0 ? "  " : " ", i % 5 == 0 ? "quick" : "", i % 11 == 0 ? "\n" : "");
    SentencePieceModel model = parse_sentencepiece(read_file(kFolder + name + ".model"), name);
    model.pieces.push_back({.text = "x\u2581x", .score = -1000, .kind = PieceKind::normal});  // now a piece reaches over a space: nothing is cut
    EXPECT_EQ(tokenizer->encode(text), make_sentencepiece(model)->encode(text)) << name;
  }
}

TEST(SentencePiece, ConfigurationSaysWhatStandsAround) {
  const auto model = [] { return parse_sentencepiece(read_file(kFolder + "bpe.model"), "bpe.model"); };
  const auto ends = [&](Json config) {
    const Encoding e = make_sentencepiece(model(), std::move(config))->encode_with("fox", {.pair = "dog"});
    return std::pair(e.ids.front() == 1, e.ids.back() == 2);
  };
  EXPECT_EQ(ends({}), std::pair(false, false));
  EXPECT_EQ(ends(Json::object({{"tokenizer_class", "LlamaTokenizer"}})), std::pair(true, false));
  EXPECT_EQ(ends(Json::object({{"tokenizer_class", "T5Tokenizer"}})), std::pair(false, true));
  EXPECT_EQ(ends(Json::object({{"tokenizer_class", "LlamaTokenizer"}, {"add_bos_token", false}, {"add_eos_token", true}})), std::pair(false, true));
  EXPECT_THROW(ends(Json::object({{"tokenizer_class", "XLMRobertaTokenizer"}})), Error);
}

std::string refusal(std::string_view bytes) {
  try {
    parse_sentencepiece(bytes, "m.model");
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    return e.what();
  }
  return "taken";
}

// Fields of a protocol buffer.
std::string field(int number, std::string_view bytes) { return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())}.append(bytes); }
std::string piece(std::string_view text, int kind) { return field(1, field(1, text) + std::string{0x18, static_cast<char>(kind)}); }

TEST(SentencePiece, WrongFiles) {
  const std::string unknown = piece("<unk>", 2);
  const auto says = refusal;
  const std::string training = field(2, std::string{0x18, 1}), settings = training + field(3, "");
  EXPECT_EQ(says(unknown + piece("a", 1) + settings), "taken");
  const std::pair<std::string, const char*> wrong[] = {
      {"", "got 0 unknown pieces"},
      {unknown + piece("a", 1), "it ends after 2 pieces, without the settings of its training"},
      {unknown + piece("a", 1) + training, "it ends after 2 pieces, without its normalizer"},
      {unknown + piece("<u>", 2) + settings, "got 2 unknown pieces"},
      {unknown + piece("a", 1) + piece("a", 1) + settings, "piece 2 ('a') is there twice"},
      {unknown + piece("", 1) + settings, "piece 1 is empty"},
      {unknown + piece("a", 9), "piece 1: type 9 is not known"},
      {unknown + piece("<0x41>", 6) + settings, "of type byte"},
      {unknown + piece("\xff", 1), "not UTF-8"},
      {unknown + field(2, std::string{0x18, 3}), "model type 3"},
      {unknown + "\x0a\x7f" "ab", "the file ends too early"},
      {unknown + "\x0b", "wire type 3"},
      {unknown + std::string("\x12\x0c\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 14), "more than 64 bits"},
      {unknown + std::string{0x08, 1}, "wire type 0, expected 2"},
  };
  for (const auto& [bytes, what] : wrong) EXPECT_NE(says(bytes).find(what), std::string::npos) << what << ": " << says(bytes);
}

// No cut or flipped byte does more than be refused or give another tokenizer.
TEST(SentencePiece, BrokenFilesAreRefusedOrHarmless) {
  for (const char* const name : {"unigram", "bpe_user"}) {
    const std::string whole = read_file(kFolder + name + ".model");
    const auto try_it = [&](const std::string& bytes) {
      try {
        const auto tokenizer = make_sentencepiece(parse_sentencepiece(bytes, name));
        for (const std::string& text : texts()) tokenizer->decode(tokenizer->encode(text));
        return true;
      } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
        return false;
      }
    };
    EXPECT_TRUE(try_it(whole));
    for (size_t size = 0; size < whole.size(); size += 13) try_it(whole.substr(0, size));
    for (size_t at = 0; at < whole.size(); at += 7) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << at % 8));
      try_it(flipped);
    }
  }
}

TEST(Charsmap, BrokenBlocks) {
  const auto block = [](uint32_t bytes, std::string_view rest) { return std::string(reinterpret_cast<const char*>(&bytes), 4).append(rest); };
  EXPECT_THROW(Charsmap(""), Error);
  EXPECT_THROW(Charsmap(block(8, "abcd")), Error);
  EXPECT_THROW(Charsmap(block(3, "abcd")), Error);
  EXPECT_THROW(Charsmap(block(0, "\xff")), Error);
  EXPECT_FALSE(Charsmap(block(0, "a")).longest("a"));
  uint32_t state = 1;
  for (int i = 0; i < 200; ++i) {  // units that lead anywhere
    std::string units(256, '\0');
    for (char& c : units) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    const Charsmap map(block(256, units + "ab"));
    for (int c = 1; c < 256; ++c) {
      const std::string text(3, static_cast<char>(c));
      map.longest(text);
      map.leaves_ascii('a');
      map.goes_on_with(static_cast<char>(c));
    }
  }
}

// llama2.c's file of the same pieces is the same tokenizer, but for U+2581 in a text: to it that is a character that it has no piece for.
TEST(Llama2cTokenizer, AsTheModelItWasMadeOf) {
  const SentencePieceModel model = parse_sentencepiece(read_file(kFolder + "bpe_bytes.model"), "bpe_bytes.model");
  const auto number = [](auto v) { return std::string(reinterpret_cast<const char*>(&v), sizeof v); };
  std::string bytes = number(int32_t{64});
  for (size_t id = 0; id < model.pieces.size(); ++id) {
    std::string text;
    const std::string& from = model.pieces[id].text;
    for (size_t i = 0; i < from.size();) {
      const bool mark = from.substr(i).starts_with(model.mark());
      text += mark ? ' ' : from[i];
      i += mark ? model.mark().size() : 1;
    }
    if (id == 1 || id == 2) text = "\n" + text + "\n";
    bytes += number(model.pieces[id].score) + number(static_cast<int32_t>(text.size())) + text;
  }
  const auto expected = make_sentencepiece(model), got = make_sentencepiece(parse_llama2c_tokenizer(bytes, "tokenizer.bin"));
  const auto written = parse_tokenizer(got->to_json().dump(), "tokenizer.json");
  for (const std::string& text : texts()) {
    const bool marked = text.find("\u2581") != std::string::npos;
    const std::vector<int64_t> ids = got->encode(text);
    if (!marked) EXPECT_EQ(ids, expected->encode(text)) << text;
    if (!marked) EXPECT_EQ(got->decode(ids), expected->decode(ids)) << text;
    EXPECT_EQ(got->decode(ids), text);
    if (text.find('<') == std::string::npos) EXPECT_EQ(written->encode(text), ids) << text;  // a tokenizer.json finds special tokens in texts
    EXPECT_EQ(written->decode(ids), text);
  }
  const std::vector<std::string> expected_tokens = {" ", "<0xE2>", "<0x96>", "<0x81>", " ", "<0xE2>", "<0x96>", "<0x81>"};
  std::vector<std::string> tokens;
  for (const int64_t id : got->encode("\u2581 \u2581")) tokens.push_back(got->token(id));
  EXPECT_EQ(tokens, expected_tokens);
  EXPECT_EQ(got->token(1), "<s>");
  for (const size_t size : {size_t{3}, size_t{9}, bytes.size() - 1})
    EXPECT_THROW(parse_llama2c_tokenizer(bytes.substr(0, size), "tokenizer.bin"), Error) << size;
}

}  // namespace
}  // namespace grim
