// Batches of texts against the reference's encode_batch (tools/golden/tokenizer_parts.py), and the same for any number of threads.
#include "grimoire/data/token_batch.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/device/threads.h"
#include "grimoire/text/pipeline_tokenizer.h"

namespace grim {
namespace {

const Json& golden() {
  static const Json g = Json::parse(read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/tokenizer_parts.json"), "tokenizer_parts.json");
  return g;
}

struct Texts {
  std::vector<std::string> texts, pairs;
};

Texts texts_of(const Json& inputs) {
  Texts t;
  for (const Json& input : inputs.items()) {
    t.texts.push_back(input.is_array() ? input[0].as_text() : input.as_text());
    if (input.is_array()) t.pairs.push_back(input[1].as_text());
  }
  return t;
}

std::shared_ptr<const Tokenizer> tokenizer_of(const Json& entry) {
  Json json = golden().at("tokenizers").at(entry.text("of")).at("json");
  for (const char* const key : {"truncation", "padding"}) json.set(key, entry.at(key));
  return parse_tokenizer(json.dump(), "golden");
}

Json rows(const Tensor& t) {
  const std::vector<int64_t> values = t.to_vector<int64_t>();
  Json all = Json::array();
  for (int64_t i = 0; i < t.dim(0); ++i) all.push(Json::array_of(std::span(values).subspan(static_cast<size_t>(i * t.dim(1)), static_cast<size_t>(t.dim(1)))));
  return all;
}

TEST(TokenBatch, IsTheReferences) {
  ASSERT_EQ(golden().at("batches").size(), 6u);
  for (const Json& entry : golden().list("batches")) {
    SCOPED_TRACE(entry.text("of") + " " + entry.at("truncation").dump() + entry.at("padding").dump());
    const Texts t = texts_of(entry.at("texts"));
    const PaddedTokens batch = encode_padded(*tokenizer_of(entry), t.texts, t.pairs);
    EXPECT_EQ(rows(batch.ids).dump(), entry.at("ids").dump());
    EXPECT_EQ(rows(batch.attention).dump(), entry.at("attention").dump());
    EXPECT_EQ(rows(batch.types).dump(), entry.at("types").dump());
    for (size_t i = 0; i < batch.lengths.size(); ++i) {
      int64_t tokens = 0;
      for (const Json& one : entry.at("attention")[i].items()) tokens += one.as_integer();
      EXPECT_EQ(batch.lengths[i], tokens);
    }
  }
}

// Enough of them for many chunks, more than the caches of words hold in common, and some that are empty.
TEST(TokenBatch, IsTheSameForAnyNumberOfThreads) {
  for (const char* const name : {"wordpiece template", "byte bpe cl100k", "unigram", "bpe byte fallback"}) {
    SCOPED_TRACE(name);
    const auto tokenizer = parse_tokenizer(golden().at("tokenizers").at(name).at("json").dump(), name);
    std::vector<std::string> texts, pairs;
    for (size_t i = 0; i < 3000; ++i) {
      const Json& all = golden().at("texts");
      texts.push_back(i % 7 == 0 ? "" : all[i % all.size()].as_text() + str(" {} ", i * i) + all[i / 3 % all.size()].as_text());
      pairs.push_back(str("{}", i));
    }
    std::vector<Encoding> one;
    for (const int threads : {1, 2, 3, 8}) {
      const device::ThreadCap cap(threads);
      const std::vector<Encoding> now = encode_all(*tokenizer, texts, pairs);
      if (one.empty()) one = now;
      ASSERT_EQ(now.size(), texts.size());
      for (size_t i = 0; i < now.size(); ++i) {
        ASSERT_EQ(now[i].ids, one[i].ids) << threads << " threads, text " << i;
        ASSERT_EQ(now[i].offsets, one[i].offsets);
      }
    }
    for (size_t i = 0; i < texts.size(); i += 97) EXPECT_EQ(one[i].ids, tokenizer->encode_with(texts[i], {.pair = pairs[i]}).ids);
  }
}

std::shared_ptr<const Tokenizer> words(const Json& config) {
  const Json model = Json::object({{"type", "WordLevel"}, {"vocab", Json::object({{"a", 0}, {"b", 1}, {"[PAD]", 2}})}, {"unk_token", ""}});
  return parse_tokenizer(Json::object({{"model", model}, {"pre_tokenizer", Json::object({{"type", "Whitespace"}})}}).dump(), "words", config);
}

TEST(TokenBatch, IsPaddedByTheConfigurationsToken) {
  const std::vector<std::string> texts = {"a b a", "b"};
  const PaddedTokens plain = encode_padded(*words({}), texts);
  EXPECT_EQ(plain.ids.to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(plain.attention.to_vector<int64_t>(), (std::vector<int64_t>{1, 1, 1, 1, 0, 0}));
  EXPECT_EQ(plain.lengths, (std::vector<int64_t>{3, 1}));
  const PaddedTokens right = encode_padded(*words(Json::object({{"pad_token", "[PAD]"}})), texts);
  EXPECT_EQ(right.ids.to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 0, 1, 2, 2}));
  const PaddedTokens left = encode_padded(*words(Json::object({{"pad_token", Json::object({{"content", "[PAD]"}})}, {"padding_side", "left"}})), texts);
  EXPECT_EQ(left.ids.to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 0, 2, 2, 1}));
  EXPECT_EQ(left.attention.to_vector<int64_t>(), (std::vector<int64_t>{1, 1, 1, 0, 0, 1}));
}

// Padding of the encodings themselves is left out, on whichever side it stands.
TEST(TokenBatch, LiesOneTextBehindTheOther) {
  const auto tokenizer = words(Json::object({{"pad_token", "[PAD]"}, {"padding_side", "left"}}));
  std::vector<Encoding> encodings = encode_all(*tokenizer, std::vector<std::string>{"a b a", "", "b"});
  encodings[2].pad(4, *tokenizer->padding());
  const TokenBatch batch = TokenBatch::of(encodings);
  EXPECT_EQ(batch.ids.to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 0, 1}));
  EXPECT_EQ(batch.offsets, (std::vector<int64_t>{0, 3, 3, 4}));
  EXPECT_EQ(batch.places().to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 2, 0}));
  EXPECT_EQ(batch.longest(), 3);
  EXPECT_THROW(batch.firsts(), Error) << "the second has no first token";
  EXPECT_EQ(TokenBatch::of(std::vector<std::vector<int64_t>>{{5, 6}, {7}}).firsts().to_vector<int64_t>(), (std::vector<int64_t>{0, 2}));
}

TEST(TokenBatch, SaysWhatIsWrong) {
  const auto tokenizer = words({});
  const std::vector<std::string> two = {"a", "b"}, one = {"a"}, unknown = {"a", "zzz"};
  const auto refusal = [&](auto&& call) -> std::string {
    try {
      call();
    } catch (const Error& e) {
      return e.what();
    }
    return "taken";
  };
  EXPECT_EQ(refusal([&] { encode_batch(*tokenizer, two, one); }), "[batch] 2 texts and 1 pairs: expected as many");
  EXPECT_EQ(refusal([&] { encode_batch(*tokenizer, {}); }), "[batch] there are no texts");
  EXPECT_EQ(refusal([&] { encode_all(*tokenizer, two, {}, {.pair = "x"}); }), "[batch] a pair for all texts: expected one for each, or none");
  EXPECT_NE(refusal([&] { encode_batch(*tokenizer, unknown); }).find("zzz"), std::string::npos);
  EXPECT_EQ(encode_whole(*tokenizer, "a b", 2).ids.to_vector<int64_t>(), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(refusal([&] { encode_whole(*tokenizer, "a b a", 2, "the source"); }), "[text] the source has 3 tokens, and the model reads at most 2");
  EXPECT_EQ(refusal([&] { encode_whole(*tokenizer, "a b", 2, "the pair", "a"); }), "[text] the pair has 3 tokens, and the model reads at most 2");
  Json cutting = tokenizer->to_json();
  cutting.set("truncation", Json::object({{"direction", "Right"}, {"max_length", 2}, {"strategy", "LongestFirst"}, {"stride", 0}}));
  const auto cut = parse_tokenizer(cutting.dump(), "words");
  EXPECT_EQ(refusal([&] { encode_whole(*cut, "a b a", 5); }),
            "[text] the text has more than 2 tokens, where the tokenizer cuts it (truncation in tokenizer.json)");
}

}  // namespace
}  // namespace grim
