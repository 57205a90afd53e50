// Text that comes token by token, against the reference's DecodeStream (tools/golden/tokenizer_parts.py) and against decode().
#include "grimoire/text/token_stream.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/char_tokenizer.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "support/byte_tokenizer.h"

namespace grim {
namespace {

const Json& golden() {
  static const Json g = Json::parse(read_file(std::string(GRIM_SOURCE_DIR) + "/tests/golden/tokenizer_parts.json"), "tokenizer_parts.json");
  return g;
}

std::vector<int64_t> integers(const Json& list) {
  std::vector<int64_t> v;
  for (const Json& n : list.items()) v.push_back(n.as_integer());
  return v;
}

TEST(TokenStream, GivesWhatTheReferenceGives) {
  size_t tried = 0;
  for (size_t k = 0; k < golden().at("tokenizers").size(); ++k) {
    const Json& entry = golden().at("tokenizers")[k];
    if (!entry.find("streams")) continue;
    SCOPED_TRACE(golden().at("tokenizers").keys()[k]);
    const auto tokenizer = parse_tokenizer(entry.at("json").dump(), "golden");
    for (const Json& s : entry.list("streams")) {
      SCOPED_TRACE(s.text("whole"));
      TokenStream stream(*tokenizer, s.boolean("skip") ? Specials::leave_out : Specials::keep);
      std::string whole;
      const std::vector<int64_t> ids = integers(s.at("ids"));
      for (size_t i = 0; i < ids.size(); ++i) {
        const std::string part = stream.put(ids[i]);
        EXPECT_FALSE(find_utf8_fault(part)) << "token " << i;
        const Json& step = s.at("steps")[i];
        EXPECT_EQ(part, step.is_null() ? "" : step.as_text()) << "token " << i;
        whole += part;
      }
      EXPECT_EQ(whole + stream.rest(), s.text("whole"));
      ++tried;
    }
  }
  EXPECT_EQ(tried, 21u * 16);
}

// <unk>, <0x00> to <0xFF>, then some pieces, as Llama 2's.
std::shared_ptr<const Tokenizer> fallback() { return parse_tokenizer(golden().at("tokenizers").at("bpe byte fallback").at("json").dump(), "golden"); }

std::vector<std::string> parts_of(const Tokenizer& tokenizer, const std::vector<int64_t>& ids) {
  TokenStream stream(tokenizer);
  std::vector<std::string> parts;
  for (const int64_t id : ids) parts.push_back(stream.put(id));
  parts.push_back(stream.rest());
  return parts;
}

using Parts = std::vector<std::string>;

TEST(TokenStream, WaitsForTheBytesOfACharacterAndNoLonger) {
  const auto level = test::byte_tokenizer();
  EXPECT_EQ(parts_of(*level, {'a', 0xe4, 0xbd, 0xa0, 'b'}), (Parts{"a", "", "", "你", "b", ""}));
  EXPECT_EQ(parts_of(*level, {0xf0, 0x9f, 0x98, 0x81, 0xf0, 0x9f}), (Parts{"", "", "", "😁", "", "", "\xf0\x9f"}));
  EXPECT_EQ(parts_of(*level, {0xe4, 0xbd, 'x'}), (Parts{"", "", "\xe4\xbd" "x", ""}));  // they will be none
  EXPECT_EQ(parts_of(*level, {0xff, 0x80, 0xc0}), (Parts{"\xff", "\x80", "\xc0", ""}));      // nor will these
  EXPECT_EQ(parts_of(*level, {0xe4, 0xe4, 0xe4, 0xe4, 0xe4, 'x'}), (Parts{"", "", "", "\xe4", "\xe4", "\xe4\xe4\xe4" "x", ""}));
  const auto named = [](std::vector<int64_t> ids) {
    for (int64_t& id : ids) ++id;  // behind <unk>; 257 is "a"
    return ids;
  };
  const auto fall = fallback();
  EXPECT_EQ(parts_of(*fall, named({0xe4, 0xbd, 0xa0, 0xe4, 0xbd, 0xa0})), (Parts{"", "", "你", "", "", "你", ""}));
  const std::string bad = "\ufffd";
  EXPECT_EQ(parts_of(*fall, named({0xff, 0xff, 0xff, 0xff, 0xff})), (Parts{"", "", "", bad, bad, bad + bad + bad}));
  EXPECT_EQ(parts_of(*fall, named({0xff, 0xe4, 0xbd, 0xa0, 257})), (Parts{"", "", "", bad, bad + bad + bad + "a", ""}));  // as decode() says
  EXPECT_EQ(parts_of(*fall, named({0xe4, 0xbd, 0xa0, 0xff, 257})), (Parts{"", "", "你", "", bad + "a", ""}));             // and here it does not
}

// Whatever tokens come, end to end it is what decode() makes of them, but where single bytes are named (see above).
TEST(TokenStream, OfRandomTokensIsTheWhole) {
  uint64_t state = 11;
  const auto below = [&](uint64_t n) { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33, (state >> 33) % n; };
  std::vector<std::shared_ptr<const Tokenizer>> all = {test::byte_tokenizer()};
  for (const Json& entry : golden().at("tokenizers").items())
    if (entry.find("streams") && !entry.at("json").at("model").boolean("byte_fallback", false))
      all.push_back(parse_tokenizer(entry.at("json").dump(), "golden"));
  all.push_back(std::make_shared<CharTokenizer>(CharTokenizer::of_items({"aé", "漢b"})));
  for (const auto& tokenizer : all) {
    for (int round = 0; round < 50; ++round) {
      for (const Specials specials : {Specials::leave_out, Specials::keep}) {
        TokenStream stream(*tokenizer, specials);
        std::vector<int64_t> ids;
        std::string whole;
        for (int i = 0; i < 40; ++i) {
          ids.push_back(static_cast<int64_t>(below(static_cast<uint64_t>(tokenizer->vocab_size()))));
          whole += stream.put(ids.back());
        }
        EXPECT_EQ(whole + stream.rest(), tokenizer->decode(ids, specials));
      }
    }
  }
}

// SentencePiece leaves out all spaces before a text, whichever tokens they are: those in the middle are none of them.
TEST(TokenStream, KeepsSpacesThatAreTokens) {
  const auto tokenizer = load_tokenizer(std::string(GRIM_SOURCE_DIR) + "/tests/golden/sentencepiece/unigram.model");
  const std::string mark = "\u2581";
  const int64_t space = tokenizer->id_of(mark).value(), the = tokenizer->id_of(mark + "the").value();
  const std::vector<int64_t> ids = {space, the, space, space, the, space, the};
  EXPECT_EQ(parts_of(*tokenizer, ids), (Parts{"", "the", " ", " ", " the", " ", " the", ""}));
  EXPECT_EQ(tokenizer->decode(ids), "the   the  the");
}

TEST(TokenStream, RefusesIdsOutsideAndGoesOn) {
  const auto level = test::byte_tokenizer();
  TokenStream stream(*level);
  EXPECT_EQ(stream.put(0xe4), "");
  EXPECT_THROW(stream.put(256), Error);
  EXPECT_THROW(stream.put(-1), Error);
  EXPECT_EQ(stream.put(0xbd), "");
  EXPECT_EQ(stream.put(0xa0), "你");
  EXPECT_EQ(stream.rest(), "");
}

}  // namespace
}  // namespace grim
