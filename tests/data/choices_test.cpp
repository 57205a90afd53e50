#include "grimoire/data/choices.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {

TEST(Choices, ALineIsAQuestion) {
  const auto q = parse_choices("{\"context\": \"The sky is\", \"choices\": [\"blue\", \"a fish\"], \"answer\": 0}\n\n"
                               "{\"answer\": 2, \"context\": \"\", \"choices\": [\"a\", \"b\", \"c\"], \"id\": 7}", "q.jsonl");
  ASSERT_EQ(q.size(), 2u);
  EXPECT_EQ(q[0].context, "The sky is");
  EXPECT_EQ(q[0].choices, (std::vector<std::string>{"blue", "a fish"}));
  EXPECT_EQ(q[0].answer, 0);
  EXPECT_EQ(q[1].answer, 2);
  EXPECT_EQ(q[1].line, 3);
}

TEST(Choices, AreOfQuestionsTooAndNeedNoAnswerWhereNoneIsAsked) {
  const auto q = parse_choices(R"({"question": "What is blue?", "choices": ["the sky", "a fish"]})", "q.jsonl", WithAnswers::unread);
  EXPECT_EQ(q[0].context, "What is blue?");
  EXPECT_EQ(q[0].answer, -1);
}

TEST(Choices, BadLinesAreNamed) {
  const std::string good = R"({"context": "a", "choices": ["b", "c"], "answer": 0})";
  for (const char* bad : {"{", "7", "[]", R"({"choices": ["b", "c"], "answer": 0})", R"({"context": "a", "choices": ["b"], "answer": 0})",
                          R"({"context": "a", "choices": ["b", ""], "answer": 0})", R"({"context": "a", "choices": ["b", "c"], "answer": 2})",
                          R"({"context": "a", "choices": ["b", "c"], "answer": -1})", R"({"context": "a", "choices": ["b", "c"], "answer": "b"})",
                          R"({"context": "a", "choices": ["b", 3], "answer": 0})", R"({"context": "a", "choices": "bc", "answer": 0})",
                          R"({"context": "a", "question": "b?", "choices": ["b", "c"], "answer": 0})", R"({"question": "b?", "choices": ["b", "c"]})"}) {
    try {
      parse_choices(good + "\n\n" + bad + "\n" + good, "q.jsonl");
      ADD_FAILURE() << bad;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input) << bad;
      EXPECT_NE(std::string(e.what()).find("q.jsonl: line 3"), std::string::npos) << e.what();
    }
  }
  EXPECT_THROW(parse_choices(" \n\n", "q.jsonl"), Error);
}

}  // namespace
}  // namespace grim
