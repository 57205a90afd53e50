// Every kind of part of a tokenizer.json against the reference (tools/golden/tokenizer_parts.py).
#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/pipeline_tokenizer.h"

namespace grim {
namespace {

const Json& golden() {
  static const Json g = Json::parse(read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/tokenizer_parts.json"), "tokenizer_parts.json");
  return g;
}

// f(name, {json, out}) for every entry of a family.
template <class F> void each(const char* family, F&& f) {
  const Json& all = golden().at(family);
  ASSERT_GT(all.size(), 0u);
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(all.keys()[i]);
    f(all.keys()[i], all[i]);
  }
}

// A text and what each of its bytes is, in code points before it.
std::vector<int64_t> characters_before(const std::string& text) {
  std::vector<int64_t> n(text.size() + 1);
  for (size_t i = 0; i < text.size(); ++i) n[i + 1] = n[i] + !continues_character(text[i]);
  return n;
}

TEST(TokenizerParts, Normalizers) {
  each("normalizers", [](const std::string&, const Json& kind) {
    const auto normalizer = make_normalizer(kind.at("json"));
    for (size_t i = 0; i < golden().at("texts").size(); ++i) {
      AlignedText text(golden().at("texts")[i].as_text(), 0);
      normalizer->apply(text);
      EXPECT_EQ(text.text(), kind.at("out")[i].as_text()) << "text " << i;
    }
  });
}

TEST(TokenizerParts, PreTokenizers) {
  each("pre_tokenizers", [](const std::string&, const Json& kind) {
    const auto pre_tokenizer = make_pre_tokenizer(kind.at("json"));
    for (size_t i = 0; i < golden().at("texts").size(); ++i) {
      const std::string& text = golden().at("texts")[i].as_text();
      const std::vector<int64_t> characters = characters_before(text);
      Json got = Json::array();
      for (const AlignedText& w : pre_tokenizer->words(AlignedText(text, 0))) {
        const ByteRange o = w.origin(0, w.text().size());
        got.push(Json::array({w.text(), characters[o.begin], characters[o.end]}));
      }
      EXPECT_EQ(got.dump(), kind.at("out")[i].dump()) << "text " << i;
    }
  });
}

// All code points in order: where the reference cuts them by their scripts.
TEST(TokenizerParts, ScriptsOfAllCodePoints) {
  std::string text;
  for (char32_t c = 0; c < 0x110000; ++c)
    if (c < 0xd800 || c >= 0xe000) append_utf8(text, c);
  const std::vector<int64_t> characters = characters_before(text);
  const std::vector<AlignedText> words = make_pre_tokenizer(Json::object({{"type", "UnicodeScripts"}}))->words(AlignedText(text, 0));
  uint64_t sum = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    const ByteRange o = words[i].origin(0, words[i].text().size());
    sum += (i + 1) * static_cast<uint64_t>(3 * characters[o.begin] + characters[o.end]);
  }
  EXPECT_EQ(static_cast<int64_t>(words.size()), golden().at("all_scripts").integer("words"));
  EXPECT_EQ(static_cast<int64_t>(sum), golden().at("all_scripts").integer("sum"));
}

// Which code points the reference takes into the cluster of a neighbour, found as it was there: of a cluster that a rule begins the rest is dropped.
TEST(TokenizerParts, ClustersOfAllCodePoints) {
  const Json& clusters = golden().at("clusters");
  const auto normalizer = make_normalizer(clusters.at("json"));
  const auto normalized = [&](const std::string& s) {
    AlignedText text(s, 0);
    normalizer->apply(text);
    return text.text();
  };
  int64_t follow[2] = {}, lead[2] = {};
  for (char32_t c = 0x80; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string behind = "a", before;
    append_utf8(behind, c);
    append_utf8(before, c);
    if (normalized(behind) == "z") ++follow[0], follow[1] += c;
    if (normalized(before + "½\u0301").ends_with("\u0301")) ++lead[0], lead[1] += c;
  }
  EXPECT_EQ(Json::array({follow[0], follow[1]}).dump(), clusters.at("follow").dump());
  EXPECT_EQ(Json::array({lead[0], lead[1]}).dump(), clusters.at("lead").dump());
}

TEST(TokenizerParts, Decoders) {
  each("decoders", [](const std::string&, const Json& kind) {
    const auto decoder = make_token_decoder(kind.at("json"));
    for (size_t i = 0; i < golden().at("token_lists").size(); ++i) {
      std::vector<std::string> tokens;
      for (const Json& t : golden().at("token_lists")[i].items()) tokens.push_back(t.as_text());
      decoder->apply(tokens);
      std::string text;
      for (const std::string& t : tokens) text += t;
      EXPECT_EQ(Json(text).dump(), kind.at("out")[i].dump()) << "tokens " << i;  // invalid bytes as U+FFFD, as there
    }
  });
}

Json shown(const Encoding& e, const std::string& text, const std::string& pair) {
  Json offsets = Json::array();
  for (const ByteRange& o : character_offsets(e, text, pair)) offsets.push(Json::array({o.begin, o.end}));
  return Json::object({{"ids", Json::array_of(e.ids)},
                       {"offsets", offsets},
                       {"words", Json::array_of(e.words)},
                       {"types", Json::array_of(e.type_ids)},
                       {"special", Json::array_of(e.special)},
                       {"attention", Json::array_of(e.attention)},
                       {"sequences", Json::array_of(e.sequences)}});
}

class Whole : public testing::TestWithParam<size_t> {};

// Read, encode, decode, and the same once more from what we write of it.
TEST_P(Whole, Tokenizer) {
  const Json& all = golden().at("tokenizers");
  ASSERT_LT(GetParam(), all.size());
  SCOPED_TRACE(all.keys()[GetParam()]);
  const Json& entry = all[GetParam()];
  const auto first = parse_tokenizer(entry.at("json").dump(), "golden");
  const auto second = parse_tokenizer(first->to_json().dump(), "written");
  EXPECT_EQ(first->to_json(), second->to_json());
  for (const Tokenizer* tokenizer : {first.get(), second.get()}) {
    for (const Json& c : entry.at("cases").items()) {
      const std::string &text = c.text("text"), pair = c.text("pair", "");
      SCOPED_TRACE(text + " | " + pair);
      EncodeOptions options;
      if (c.find("pair")) options.pair = pair;
      const Encoding e = tokenizer->encode_with(text, options);
      const Json got = shown(e, text, pair);
      // Where a prefix or suffix falls back to bytes, the reference's offsets leave the word, and are then counted from the word; ours stay in it.
      const bool leaves = c.find("leaves");
      for (const std::string& key : got.keys())
        if (c.find(key) && !(leaves && key == "offsets")) EXPECT_EQ(got.at(key).dump(), c.at(key).dump()) << key;
      const size_t windows = c.find("overflowing") ? c.at("overflowing").size() : 0;
      ASSERT_EQ(e.overflowing.size(), windows);
      for (size_t i = 0; i < windows; ++i) EXPECT_EQ(shown(e.overflowing[i], text, pair).dump(), c.at("overflowing")[i].dump()) << "window " << i;
      if (!c.find("decoded")) continue;
      EXPECT_EQ(Json(tokenizer->decode(e.ids)).dump(), c.at("decoded").dump());
      EXPECT_EQ(Json(tokenizer->decode(e.ids, Specials::keep)).dump(), c.at("kept").dump());
    }
  }
}
INSTANTIATE_TEST_SUITE_P(TokenizerParts, Whole, testing::Range<size_t>(0, 25));

TEST(TokenizerParts, EveryTokenizerOfTheGoldenFileIsTried) { EXPECT_EQ(golden().at("tokenizers").size(), 25u); }

TEST(TokenizerParts, WrongOnes) {
  const auto refusal = [](const std::string& json) -> std::string {
    try {
      parse_tokenizer(json, "tokenizer.json");
    } catch (const Error& e) {
      return std::string(e.what()) + " | " + e.hint();
    }
    return "taken";
  };
  const auto with = [](const std::string& rest) { return R"({"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"})" + rest + "}"; };
  const auto split = [&](const std::string& regex) {
    return with(R"(, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": ")" + regex + R"("}, "behavior": "Isolated"})");
  };
  const auto bpe = [](const std::string& vocab, const std::string& merges) {
    return R"({"model": {"type": "BPE", "vocab": {)" + vocab + R"(}, "merges": [)" + merges + "]}}";
  };
  const std::string unmade = R"("single": [{"SpecialToken": {"id": "[X]", "type_id": 0}}], "pair": [], "special_tokens": {})";
  EXPECT_EQ(refusal(with("")), "taken");
  EXPECT_EQ(refusal(with(R"(, "normalizer": {"type": "Lowercas"})")), "[tokenizer] normalizer 'Lowercas' is not known | did you mean 'Lowercase'?");
  const std::pair<std::string, const char*> wrong[] = {
      {split("(a"), "at 0: a '(' without its ')' | write that part"},
      {bpe(R"("a": 0, "b": 1)", R"("a b")"), "token 'ab' is not in the vocabulary"},
      {bpe(R"("a": 0, "b": 0)", ""), "have the same id 0"},
      {bpe(R"("a": 0, "a": 1)", ""), "has two ids"},
      {bpe(R"("a": -1)", ""), "outside 0 to"},
      {bpe(R"("a": 8333316)", ""), "id 8333316 is far beyond the number of tokens"},
      {bpe(R"("a": 0)", R"("abc")"), "two tokens with a space"},
      {R"({"model": {"type": "BPE", "vocab": 5, "merges": []}})", "model.vocab of a BPE: got integer, expected an object of tokens and ids"},
      {R"({"model": {"type": "BPE", "vocab": [["a", 0]], "merges": []}})", "model.vocab of a BPE: got array"},
      {R"({"model": {"type": "Unigram", "vocab": {"a": 0}, "unk_id": 0}})", "model.vocab of a Unigram: got object, expected an array of pieces and scores"},
      {R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": "a a"}})", "model.merges: got text, expected array"},
      {R"({"model": {"type": "WordPiece", "unk_token": "a"}})", "key 'vocab' is missing"},
      {with(R"(, "post_processor": {"type": "TemplateProcessing", )" + unmade + "}"), "'[X]', which special_tokens does not define"},
  };
  for (const auto& [json, says] : wrong) EXPECT_NE(refusal(json).find(says), std::string::npos) << json << "\n" << refusal(json);
}

// Runs of a group that the compiled expression's stack does not hold.
TEST(TokenizerParts, LongMatchesOfGroupsAreFound) {
  const std::string text = std::string(20'000, 'a') + "b";
  const auto found = regex_pattern("(?:a|c)+")->find(text, 0);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->end, 20'000u);
}

// A regular expression that takes too long on a text is a refusal, not a hang.
TEST(TokenizerParts, CostlyPatternsAreRefused) {
  const auto pattern = regex_pattern("(a+)+$");
  const std::string text = std::string(60, 'a') + "b";
  try {
    pattern->find(text, 0);
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("too costly"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace grim
