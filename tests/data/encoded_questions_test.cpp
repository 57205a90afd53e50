// Windows of questions and the tokens of their answers against PyPI's tokenizers and the rules of transformers' run_qa (tools/golden/questions.py).
#include "grimoire/data/encoded_questions.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/device/threads.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "support/golden.h"

namespace grim {
namespace {

std::vector<int64_t> numbers(const Json& list) {
  std::vector<int64_t> all;
  for (const Json& v : list.items()) all.push_back(v.as_integer());
  return all;
}

TEST(EncodedQuestions, AreCutAsTheReferenceCutsThem) {
  const Json golden = golden_file("questions.json");
  const TextQuestions questions = parse_questions(golden.at("squad").dump(), "golden");
  for (const Json& c : golden.list("cases")) {
    const std::shared_ptr<const Tokenizer> tokenizer = parse_tokenizer(c.at("tokenizer").dump(), "golden");
    for (const Json& w : c.list("windows")) {
      const EncodedQuestions encoded(*tokenizer, questions, {.most = w.integer("most"), .stride = w.integer("stride")});
      const std::string where = str("{}, {} tokens", c.text("name"), w.integer("most"));
      const std::vector<Json>& rows = w.list("rows");
      ASSERT_EQ(encoded.windows(), std::ssize(rows)) << where;
      int64_t without = 0;
      for (int64_t i = 0; i < encoded.windows(); ++i) {
        const Json& row = rows[static_cast<size_t>(i)];
        const TokenBatch batch = encoded.batch({{i}});
        ASSERT_EQ(batch.ids.to_vector<int64_t>(), numbers(row.at("ids"))) << where << ", window " << i;
        ASSERT_EQ(batch.types.to_vector<int64_t>(), numbers(row.at("types"))) << where << ", window " << i;
        ASSERT_EQ(encoded.text_of(i), row.integer("question"));
        ASSERT_EQ(encoded.context_begin(i), row.at("context")[0].as_integer());
        ASSERT_EQ(std::ssize(encoded.context(i)), row.at("context")[1].as_integer());
        const TokenSpan target{row.at("target")[0].as_integer(), row.at("target")[1].as_integer()};
        EXPECT_EQ(encoded.target(i), target) << where << ", window " << i;
        without += target == TokenSpan{};
        if (const Json* const bytes = row.find("bytes"))
          for (size_t t = 0; t < bytes->size(); ++t)
            ASSERT_EQ((std::vector<int64_t>{encoded.context(i)[t].begin, encoded.context(i)[t].end}), numbers((*bytes)[t])) << where << ", window " << i;
      }
      EXPECT_EQ(encoded.without_answer(), without);
    }
  }
}

std::shared_ptr<const Tokenizer> words() {
  return parse_tokenizer(R"({"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "WhitespaceSplit"}, "padding": {"strategy": {"Fixed": 20},
    "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0, "pad_token": "[UNK]"}, "truncation": {"direction": "Right",
    "max_length": 9, "strategy": "LongestFirst", "stride": 0}, "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
    "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "who": 3, "ran": 4, "the": 5, "dog": 6}}})",
                         "test");
}
TextQuestions table(const std::string& rows) { return parse_questions("question\tcontext\tanswer\n" + rows, "t"); }
std::string refusal(const TextQuestions& questions, const QuestionWindows& windows) {
  try {
    EncodedQuestions(*words(), questions, windows);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    return e.what();
  }
  return "";
}

TEST(EncodedQuestions, IgnoreWhatTheTokenizerFileCutsAndPads) {
  const EncodedQuestions e(*words(), table("who ran\tthe dog ran the dog ran the dog\tdog\n"), {.most = 20, .stride = 3});
  ASSERT_EQ(e.windows(), 1);
  EXPECT_EQ(e.tokens(0), 2 + 8 + 3);
  EXPECT_EQ(e.target(0), (TokenSpan{5, 5}));
  EXPECT_EQ(e.longer(), 0);
}

TEST(EncodedQuestions, ShareTokensAndPointToTheFirstTokenWithoutTheAnswer) {
  const TextQuestions q = table("who ran\ta b c d e f g h\tc d\nwho\tx\t\n");
  const EncodedQuestions e(*words(), q, {.most = 9, .stride = 2});  // 4 of the context
  ASSERT_EQ(e.windows(), 3 + 1);
  EXPECT_EQ(e.longer(), 1);
  EXPECT_EQ(e.target(0), (TokenSpan{6, 7}));
  EXPECT_EQ(e.target(1), (TokenSpan{4, 5}));  // c d e f
  EXPECT_EQ(e.target(2), TokenSpan{});        // e f g h
  EXPECT_EQ(e.target(3), TokenSpan{});
  EXPECT_EQ(e.without_answer(), 2);
  EXPECT_EQ(q.text_in(0, {e.context(1)[0].begin, e.context(1)[1].end}), "c d");
  EXPECT_EQ(EncodedQuestions(*words(), q, {.most = 9, .stride = 0}).windows(), 2 + 1);
}

TEST(EncodedQuestions, SayWhichQuestionLeavesNoRoom) {
  const std::string said = refusal(table("who\tdog\tdog\nwho who who who who\tthe dog ran\tdog\n"), {.most = 9, .stride = 2});
  EXPECT_NE(said.find("t: row 2 (line 3): the question takes 8 of the 9 tokens"), std::string::npos) << said;
  EXPECT_EQ(refusal(table("who who who who who\tdog\tdog\n"), {.most = 9, .stride = 2}), "");  // all of it has room
  EXPECT_THROW(EncodedQuestions(*words(), table("who\tdog\tdog\n"), {.most = 9, .stride = 9}), Error);
}

TEST(EncodedQuestions, AreTheSameForAnyNumberOfThreads) {
  const Json golden = golden_file("questions.json");
  const TextQuestions questions = parse_questions(golden.at("squad").dump(), "golden");
  const std::shared_ptr<const Tokenizer> tokenizer = parse_tokenizer(golden.list("cases")[0].at("tokenizer").dump(), "golden");
  const auto ids = [&](int64_t threads) {
    const device::ThreadCap cap(threads);
    const EncodedQuestions e(*tokenizer, questions, {.most = 60, .stride = 16});
    return e.batch(e.by_length()).ids.to_vector<int64_t>();
  };
  EXPECT_EQ(ids(1), ids(2));
}

}  // namespace
}  // namespace grim
