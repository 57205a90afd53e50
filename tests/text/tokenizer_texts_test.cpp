// Every tokenizer of the data folder over every text there and 100,000 random strings, against what the reference programs make of them
// (tools/golden/tokenizer_texts.py): ids, offsets where the reference has them, and what the ids are decoded to.
#include <gtest/gtest.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/temp_folder.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/tokenizer.h"
#include "support/data.h"

namespace grim {
namespace {

const Json& golden() {
  static const Json g = Json::parse(read_file(test::golden_file("tokenizer_texts.json")), "tokenizer_texts.json");
  return g;
}

struct SplitMix {  // as in the script
  uint64_t state;
  uint64_t below(uint64_t n) {
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % n;
  }
};

std::string random_text(uint64_t seed) {
  constexpr uint64_t kPools[][2] = {{32, 127},       {0x20, 0x3000},   {0x3000, 0xA000},   {0, 0x110000},    {9, 34},
                                    {0x300, 0x370}, {0x1100, 0x1200}, {0xAC00, 0xD7A4}, {0x1F300, 0x1FAFF}};
  SplitMix r{seed};
  std::string text;
  for (uint64_t parts = 1 + r.below(4); parts > 0; --parts) {
    const auto& [low, high] = kPools[r.below(std::size(kPools))];
    for (uint64_t n = 1 + r.below(12); n > 0; --n) {
      const auto c = static_cast<char32_t>(low + r.below(high - low));
      append_utf8(text, c >= 0xd800 && c < 0xe000 ? U' ' : c);
    }
  }
  return text;
}

std::vector<std::string> documents(const std::string& text) {
  std::vector<std::string> cut;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min<size_t>(at + 20000, text.size());
    while (end < text.size() && continues_character(text[end])) --end;
    cut.push_back(text.substr(at, end - at));
    at = end;
  }
  return cut;
}

std::string well_formed(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) append_utf8(out, next_code_point(text, at));
  return out;
}

struct Digest {
  XXH3_state_t state;
  Digest() { XXH3_64bits_reset(&state); }
  void add(const void* data, size_t bytes) { XXH3_64bits_update(&state, data, bytes); }
  std::string hex() const { return str("{:016x}", XXH3_64bits_digest(&state)); }
};

// As the script's digest(): tokens, hashes of ids, offsets and decoded texts.
Json digest(const Tokenizer& tokenizer, const std::vector<std::string>& texts, bool offsets, bool special_text) {
  Digest ids, places, decoded;
  size_t n = 0;
  for (const std::string& text : texts) {
    const EncodeOptions options{.special_tokens = false, .special_text = special_text};
    const std::vector<int64_t> alone = special_text ? tokenizer.encode_with(text, options).ids : tokenizer.encode(text);
    n += alone.size();
    const std::vector<int32_t> narrow(alone.begin(), alone.end());
    ids.add(narrow.data(), narrow.size() * sizeof(int32_t));
    const std::string back = well_formed(tokenizer.decode(alone));
    decoded.add(back.data(), back.size());
    if (!offsets) continue;
    const Encoding e = tokenizer.encode_with(text, options);
    EXPECT_EQ(e.ids, alone);
    const std::vector<ByteRange> characters = character_offsets(e, text);
    places.add(characters.data(), characters.size() * sizeof(ByteRange));
  }
  return Json::array({n, ids.hex(), offsets ? places.hex() : "", decoded.hex()});
}

class Texts : public testing::TestWithParam<const char*> {};

TEST_P(Texts, AreTokenizedAsByTheReference) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "ten times as long under sanitizers, which the fuzzers' seeds and the parts go through";
#endif
  GRIMOIRE_DATA(path, str("tokenizers/{}", GetParam()));
  const auto tokenizer = load_tokenizer(path);
  const Json& expected = golden().at("tokenizers").at(GetParam());
  const bool special_text = std::string_view(GetParam()).ends_with(".tiktoken");
  int64_t tried = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::string& name = expected.keys()[i];
    std::vector<std::string> texts;
    if (name == "random strings") {
      for (uint64_t seed = 0; seed < 100000; ++seed) texts.push_back(random_text(seed));
    } else {
      const std::string file = test::data_file(name);
      if (!exists(file)) continue;
      texts = documents(read_file(file));
    }
    EXPECT_EQ(digest(*tokenizer, texts, !expected[i][2].as_text().empty(), special_text).dump(), expected[i].dump()) << name;
    ++tried;
  }
  EXPECT_GE(tried, 60);
}

INSTANTIATE_TEST_SUITE_P(Tokenizers, Texts,
                         testing::Values("gpt2/vocab.json", "bert-base-uncased/vocab.txt", "deepseek/tokenizer.json", "nepali/WordPiece.json",
                                         "nepali/SentencePiece.json", "qwen/qwen.tiktoken", "t5-base/spiece.model", "llama2/tokenizer.model",
                                         "mistral/tokenizer.model.v1", "mistral/mistral_instruct_tokenizer_240323.model.v3",
                                         "sentencepiece_test/test_model.model"));

// nanoGPT's data: its first nine tenths of characters, and the rest, as GPT-2 sees them.
TEST(TokenizerTexts, TinyShakespeareIsNanoGptsTokens) {
  GRIMOIRE_DATA(vocabulary, "tokenizers/gpt2/vocab.json");
  GRIMOIRE_DATA(path, "tinyshakespeare/input.txt");
  const auto tokenizer = load_tokenizer(vocabulary);
  const std::string text = read_file(path);
  const size_t nine_tenths = text.size() * 9 / 10;  // it is ASCII
  EXPECT_EQ(tokenizer->encode(text).size(), 338025u);
  EXPECT_EQ(tokenizer->encode(text.substr(0, nine_tenths)).size(), 301966u);
  EXPECT_EQ(tokenizer->encode(text.substr(nine_tenths)).size(), 36059u);
}

}  // namespace
}  // namespace grim
