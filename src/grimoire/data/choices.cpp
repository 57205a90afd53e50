#include "grimoire/data/choices.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/json.h"

namespace grim {
namespace {

ChoiceQuestion question_of(const Json& json, const std::string& place, int64_t line, WithAnswers with) {
  const bool asked = json.find("question") != nullptr;
  GRIM_CHECK(!asked || !json.find("context"), input, "choices", "{}: got context and question, expected one of them, for what is to be answered", place);
  ChoiceQuestion q{.context = json.text(asked ? "question" : "context"), .choices = {}, .answer = -1, .line = line};
  for (const Json& choice : json.list("choices")) q.choices.push_back(choice.as_text());
  GRIM_CHECK(q.choices.size() >= 2, input, "choices", "{}: got {} choice{}, expected two or more", place, q.choices.size(),
             q.choices.size() == 1 ? "" : "s");
  GRIM_CHECK(std::ranges::none_of(q.choices, &std::string::empty), input, "choices", "{}: a choice is empty", place);
  if (with == WithAnswers::unread) return q;
  q.answer = json.integer("answer");
  GRIM_CHECK(q.answer >= 0 && q.answer < static_cast<int64_t>(q.choices.size()), input, "choices", "{}: got the answer {}, expected 0 to {}", place, q.answer,
             q.choices.size() - 1);
  return q;
}

}  // namespace

std::vector<ChoiceQuestion> parse_choices(std::string_view text, const std::string& source, WithAnswers with) {
  std::vector<ChoiceQuestion> questions;
  int64_t line = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view row = text.substr(at, end - at);
    at = end + 1;
    ++line;
    if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string place = str("{}: line {}", source, line);
    const Json json = Json::parse(row, place);
    GRIM_CHECK(json.is_object(), input, "choices", "{}: got {}, expected an object with context, choices and answer", place, name_of(json.kind()));
    questions.push_back(question_of(json, place, line, with));
  }
  GRIM_CHECK(!questions.empty(), input, "choices", "{}: it holds no question, expected a JSON object a line", source);
  return questions;
}

}  // namespace grim
