// Questions from SQuAD's files and from tables, and what is said of faults in them.
#include "grimoire/data/questions.h"

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"

namespace grim {
namespace {

std::string squad_of(const std::string& qas, const std::string& context = "Élan vital is due to Bergson.") {
  return str(R"({{"version": "v2.0", "data": [{{"title": "Élan", "paragraphs": [{{"context": "{}", "qas": [{}]}}]}}]}})", context, qas);
}
constexpr const char* kWho = R"({"id": "a", "question": " Who? ", "answers": [{"text": "Bergson", "answer_start": 21}, {"text": "Élan", "answer_start": 0}]})";

std::string refusal(const std::string& file, WithAnswers with = WithAnswers::required) {
  try {
    parse_questions(file, "f", with);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input) << e.what();
    return std::string(e.what()) + (e.hint().empty() ? "" : " | " + e.hint());
  }
  return "";
}

TEST(Questions, AreReadFromSquad) {
  const TextQuestions q = parse_questions(squad_of(std::string(kWho) + R"(, {"id": "b", "question": "When?", "answers": [], "is_impossible": true,
      "plausible_answers": [{"text": "vital", "answer_start": 5}]})"), "f");
  ASSERT_EQ(q.size(), 2);
  EXPECT_EQ(q.contexts.size(), 1);
  EXPECT_EQ(q.questions[0].text, "Who?");
  EXPECT_EQ(q.questions[0].id, "a");
  EXPECT_EQ(q.right_answers(0), (std::vector<std::string>{"Bergson", "Élan"}));
  EXPECT_EQ(q.questions[0].answers[0], (ByteRange{22, 29}));  // É has two bytes
  EXPECT_TRUE(q.questions[1].answers.empty());
  EXPECT_EQ(q.without_answer(), 1);
  EXPECT_EQ(q.reading, "f: 2 questions on 1 paragraphs of 1 article, 1 without an answer");
}

TEST(Questions, AreReadFromTables) {
  for (const std::string file :
       {"question\tcontext\tanswer\tanswer_start\nwho ran\tthe dog ran, the dog fell\tdog\t17\nwho sang\tthe dog ran, the dog fell\t\t\n",
        "answer,answer_start,context,question\ndog,17,\"the dog ran, the dog fell\",who ran\n,,\"the dog ran, the dog fell\",who sang\n",
        R"({"question": "who ran", "context": "the dog ran, the dog fell", "answer": "dog", "answer_start": 17}
{"question": "who sang", "context": "the dog ran, the dog fell"})"}) {
    const TextQuestions q = parse_questions(file, "f");
    ASSERT_EQ(q.size(), 2) << file;
    EXPECT_EQ(q.contexts.size(), 1) << file;
    EXPECT_EQ(q.questions[0].answers[0], (ByteRange{17, 20})) << file;
    EXPECT_TRUE(q.questions[1].answers.empty());
    EXPECT_EQ(q.questions[1].id, "2");
    EXPECT_EQ(q.reading, "f: 2 questions on 1 text, 1 without an answer");
  }
  const TextQuestions found = parse_questions("question\tcontext\tanswer\nwho\tthe dog, the dog\tdog\nwhere\tat sea\tsea\n", "f");
  EXPECT_EQ(found.questions[0].answers[0], (ByteRange{4, 7}));  // the first place where it stands
  EXPECT_EQ(found.articles, (std::vector<int64_t>{0, 1}));
  const TextQuestions lists = parse_questions(
      R"({"id": "x", "question": "who", "context": "the dog", "answers": {"text": ["dog", "the dog"], "answer_start": [4, 0]}})", "f");
  EXPECT_EQ(lists.right_answers(0), (std::vector<std::string>{"dog", "the dog"}));
  EXPECT_EQ(lists.questions[0].id, "x");
}

TEST(Questions, NeedNoAnswersWhereNoneAreAsked) {
  const TextQuestions q = parse_questions(squad_of(R"({"id": "a", "question": "Who?"})"), "f", WithAnswers::unread);
  EXPECT_EQ(q.size(), 1);
  EXPECT_EQ(parse_questions("question,context\nwho,the dog\n", "f", WithAnswers::unread).size(), 1);
  EXPECT_NE(refusal("question,context\nwho,the dog\n").find("there is no column 'answer'"), std::string::npos);
}

TEST(Questions, FaultsSayWhereTheyAre) {
  const auto squad = [](const std::string& qas) { return refusal(squad_of(qas)); };
  const std::string where = "[questions] f: article 1 'Élan', paragraph 1, question a: ";
  EXPECT_EQ(squad(R"({"id": "a", "question": "Who?", "answers": [{"text": "Bergson", "answer_start": 22}]})"),
            where + "the answer 'Bergson' does not stand at character 22 of its context, where 'ergson.' stands | answer_start counts characters from 0; the "
                    "answer first stands at 21");
  EXPECT_NE(squad(R"({"id": "a", "question": "Who?", "answers": [{"text": "Bergson", "answer_start": 400}]})").find("of its context, which has 29"),
            std::string::npos);
  EXPECT_NE(squad(R"({"id": "a", "question": "Who?", "answers": [{"text": "bergson", "answer_start": 21}]})")
                .find(where + "the answer 'bergson' stands nowhere"), std::string::npos);
  EXPECT_NE(squad(R"({"id": "a", "question": "Who?", "answers": []})").find(where + "the question has no answer"), std::string::npos);
  EXPECT_NE(squad(R"({"id": "a", "question": "Who?", "answers": [{"text": "Bergson"}]})").find(where + "got no answer_start"), std::string::npos);
  EXPECT_NE(squad(R"({"id": "a", "question": "Who?", "answers": [{"text": " ", "answer_start": 4}]})").find(where + "an answer is empty"), std::string::npos);
  EXPECT_NE(squad(R"({"id": "a", "question": " ", "answers": []})").find(where + "the question is empty"), std::string::npos);
  EXPECT_NE(squad(R"({"id": "a", "answers": []})").find(where + "got no 'question', expected a text"), std::string::npos);
  EXPECT_NE(squad(R"({"question": "Who?", "answers": []})").find("question 1: got no 'id', expected a text"), std::string::npos);
  EXPECT_NE(squad(R"({"id": 3, "question": "Who?", "answers": []})").find("got integer 'id', expected a text"), std::string::npos);
  EXPECT_NE(squad(std::string(kWho) + "," + kWho).find(where + "the id 'a' stands twice"), std::string::npos);
  EXPECT_NE(squad(R"({"id": "a", "question": "Who?", "is_impossible": true, "answers": [{"text": "Bergson", "answer_start": 21}]})")
                .find(where + "is_impossible is true, but there are 1 answers"), std::string::npos);
  EXPECT_NE(refusal(squad_of(kWho, "  ")).find("the context is empty"), std::string::npos);
  EXPECT_NE(refusal(R"({"data": [{"paragraphs": [{"context": "x"}]}]})").find("f: article 1, paragraph 1: got no 'qas', expected a list"), std::string::npos);
  EXPECT_NE(refusal(R"({"data": [7]})").find("f: article 1: got integer, expected an object with 'paragraphs'"), std::string::npos);
  EXPECT_NE(refusal(R"({"data": [{"paragraphs": ["x"]}]})").find("f: article 1, paragraph 1: got text, expected an object with 'qas'"), std::string::npos);
  EXPECT_NE(squad(R"("who?")").find("paragraph 1, question 1: got text, expected an object with 'id'"), std::string::npos);
  EXPECT_NE(squad(R"({"id": "a", "question": "Who?", "answers": ["Bergson"]})").find(where + "got text, expected an object with 'answer_start'"),
            std::string::npos);
  EXPECT_NE(squad(R"({"id": "a", "question": "Who?", "is_impossible": 1, "answers": []})").find(where + "is_impossible is 1, expected true or false"),
            std::string::npos);
  EXPECT_NE(refusal(R"({"data": []})").find("f: it holds no question"), std::string::npos);
  EXPECT_NE(refusal("{\"data\": [\n  {\"paragraphs\": nothing}\n]}").find("f: line 2, column"), std::string::npos);
}

TEST(Questions, FaultsOfTablesSayTheirRow) {
  const std::string head = "question\tcontext\tanswer\tanswer_start\n";
  EXPECT_NE(refusal(head + "who\tthe dog\tdog\t4\nwho\tthe dog\tcat\t\n").find("f: row 2 (line 3): the answer 'cat' stands nowhere"), std::string::npos);
  EXPECT_NE(refusal(head + "who\tthe dog\tdog\tfour\n").find("f: row 1 (line 2): answer_start is 'four'"), std::string::npos);
  EXPECT_NE(refusal(head + "who\tthe dog\tdog\t-1\n").find("answer_start is '-1'"), std::string::npos);
  EXPECT_NE(refusal(head + "who\t \tdog\t0\n").find("row 1 (line 2): the context is empty"), std::string::npos);
  EXPECT_NE(refusal("question,text,answer\na,b,b\n").find("there is no column 'context'"), std::string::npos);
  EXPECT_NE(refusal(R"({"question": "who", "context": "the dog", "answers": {"text": ["dog"], "answer_start": []}})").find("1 answers and 0 places"),
            std::string::npos);
}

TEST(Questions, AFileMayBeZipped) {
  const test::TempFolder folder;
  write_atomically(folder / "q.tsv", "question\tcontext\tanswer\nwho\tthe dog\tdog\n");
  ASSERT_EQ(std::system(("gzip " + std::string(folder / "q.tsv")).c_str()), 0);
  EXPECT_EQ(read_questions(folder / "q.tsv.gz").size(), 1);
}

}  // namespace
}  // namespace grim
