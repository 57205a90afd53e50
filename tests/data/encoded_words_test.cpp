// Words cut one by one against the reference's is_split_into_words (tools/golden/tagged_words.py), and sentences longer than a window.
#include "grimoire/data/encoded_words.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "support/golden.h"

namespace grim {
namespace {

const Json& golden() {
  static const Json g = golden_file("tagged_words.json");
  return g;
}
std::shared_ptr<const Tokenizer> tokenizer(const std::string& name) {
  return parse_tokenizer(golden().at("tokenizers").at(name).dump(), name);
}
TaggedSentences sentence(const std::vector<std::string>& words) {
  TaggedSentences s;
  s.source = "f", s.words = words, s.lines.assign(words.size(), 1), s.begins.push_back(std::ssize(words));
  return s;
}
std::vector<int64_t> integers(const Json& list) {
  std::vector<int64_t> all;
  for (const Json& v : list.items()) all.push_back(v.as_integer());
  return all;
}
std::vector<int64_t> all_windows(const EncodedWords& words) {
  std::vector<int64_t> all;
  for (int64_t w = 0; w < words.windows().windows(); ++w) all.push_back(w);
  return all;
}

TEST(EncodedWords, AreTheReferencesIdsAndFirstPieces) {
  ASSERT_EQ(golden().at("cases").size(), 12u);
  for (const Json& c : golden().list("cases")) {
    std::vector<std::string> list;
    for (const Json& w : c.list("words")) list.push_back(w.as_text());
    const EncodedWords words(*tokenizer(c.text("of")), sentence(list), {.most = 512, .longer = LongTexts::window});
    ASSERT_EQ(words.windows().windows(), 1);
    const std::vector<int64_t> first = {0};
    const WordBatch batch = words.batch(first);
    EXPECT_EQ(batch.tokens.ids.to_vector<int64_t>(), integers(c.at("ids"))) << c.dump();
    EXPECT_EQ(batch.tokens.types.to_vector<int64_t>(), integers(c.at("types")));
    EXPECT_EQ(batch.firsts.to_vector<int64_t>(), integers(c.at("firsts"))) << c.dump();
  }
}

TEST(EncodedWords, AWordThatLeavesNothingIsUnknown) {
  const EncodedWords words(*tokenizer("wordpiece"), sentence({"fox", "\u200d", "fox"}), {.most = 64, .longer = LongTexts::window});
  const std::vector<int64_t> first = {0};
  const WordBatch batch = words.batch(first);
  const std::vector<int64_t> ids = batch.tokens.ids.to_vector<int64_t>(), firsts = batch.firsts.to_vector<int64_t>();
  ASSERT_EQ(firsts.size(), 3u);
  EXPECT_EQ(ids[static_cast<size_t>(firsts[1])], tokenizer("wordpiece")->unknown());
  EXPECT_EQ(firsts[2], firsts[1] + 1);
}

// Every word is answered once, in order, where it stands; windows are full, share no more than they may, and begin and end with the special tokens.
TEST(EncodedWords, LongSentencesAreReadInWindowsCutBetweenWords) {
  std::vector<std::string> list;
  for (int i = 0; i < 40; ++i) list.push_back(i % 7 == 3 ? "Babbage-Smith" : i % 2 ? "fox" : "the");
  const auto pieces = tokenizer("wordpiece");
  for (const int64_t most : {6, 9, 16, 40, 512})
    for (const int64_t stride : {0, 1, 4, 64}) {
      TaggedSentences two = sentence(list);
      two.words.push_back("fox"), two.lines.push_back(2), two.begins.push_back(41);
      const EncodedWords words(*pieces, two, {.most = most, .longer = LongTexts::window, .stride = stride});
      EXPECT_EQ(words.words(), 41);
      EXPECT_EQ(words.longer(), most < 512 ? 1 : 0);
      const WordBatch batch = words.batch(all_windows(words));
      const std::vector<int64_t> ids = batch.tokens.ids.to_vector<int64_t>(), firsts = batch.firsts.to_vector<int64_t>();
      for (int64_t w = 0; w < 41; ++w) {
        ASSERT_EQ(batch.words[static_cast<size_t>(w)], w);
        EXPECT_EQ(ids[static_cast<size_t>(firsts[static_cast<size_t>(w)])], pieces->encode(two.words[static_cast<size_t>(w)])[0]) << most << " " << stride;
      }
      int64_t tokens = 0;
      for (int64_t w = 0; w < words.windows().windows(); ++w) {
        EXPECT_LE(words.windows().tokens(w), most);
        EXPECT_GT(words.words_in(w), 0);
        tokens += words.windows().tokens(w) - 2;
        const std::vector<int64_t>& at = batch.tokens.offsets;
        const auto begin = static_cast<size_t>(at[static_cast<size_t>(w)]), end = static_cast<size_t>(at[static_cast<size_t>(w) + 1]);
        EXPECT_EQ(ids[begin], 2);
        EXPECT_EQ(ids[end - 1], 3);
      }
      int64_t pieces_of_all = 0;
      for (const std::string& word : two.words) pieces_of_all += std::min<int64_t>(most - 2, std::ssize(pieces->encode(word)));
      if (stride == 0) {
        EXPECT_EQ(tokens, pieces_of_all) << most;
      } else {
        EXPECT_GE(tokens, pieces_of_all);
      }
    }
}

TEST(EncodedWords, WhatIsCutIsCounted) {
  const std::string longest(200, 'x');
  const EncodedWords words(*tokenizer("byte_bpe"), sentence({"fox", longest, "fox"}), {.most = 12, .longer = LongTexts::window});
  EXPECT_EQ(words.cut(), 1);
  EXPECT_EQ(words.words(), 3);
  EXPECT_EQ(words.batch(all_windows(words)).firsts.numel(), 3);
}

TEST(EncodedWords, RefusesWhatCannotBeAnswered) {
  const auto error = [&](const TextWindows& windows) {
    try {
      EncodedWords(*tokenizer("wordpiece"), sentence({"fox", "fox", "fox"}), windows);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_EQ(error({.most = 4, .longer = LongTexts::refuse}), "[tags] f: line 1: the sentence has more than 4 tokens");
  EXPECT_NE(error({.most = 4, .longer = LongTexts::head}).find("expected all of it"), std::string::npos);
  EXPECT_NE(error({.most = 2, .longer = LongTexts::window}).find("expected more than the 2 that stand around a text"), std::string::npos);
}

}  // namespace
}  // namespace grim
