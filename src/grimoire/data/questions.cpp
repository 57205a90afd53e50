#include "grimoire/data/questions.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <unordered_set>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/data/text_table.h"
#include "grimoire/io/gzip.h"
#include "grimoire/io/hash.h"

namespace grim {
namespace {

const Json* member(const Json& object, const char* key, const std::string& place) {
  GRIM_CHECK(object.is_object(), input, "questions", "{}: got {}, expected an object with '{}'", place, name_of(object.kind()), key);
  return object.find(key);
}
const std::vector<Json>& list_in(const Json& object, const char* key, const std::string& place) {
  const Json* const found = member(object, key, place);
  GRIM_CHECK(found && found->is_array(), input, "questions", "{}: got {} '{}', expected a list", place, found ? name_of(found->kind()) : "no", key);
  return found->items();
}
const std::string& text_in_json(const Json& object, const char* key, const std::string& place) {
  const Json* const found = member(object, key, place);
  GRIM_CHECK(found && found->kind() == Json::Kind::text, input, "questions", "{}: got {} '{}', expected a text", place,
             found ? name_of(found->kind()) : "no", key);
  return found->as_text();
}

// The byte where character n begins, which may be the end.
std::optional<size_t> byte_of_character(std::string_view text, int64_t n) {
  size_t at = 0;
  for (; n > 0 && at < text.size(); --n) next_code_point(text, at);
  return n == 0 ? std::optional(at) : std::nullopt;
}
int64_t character_of_byte(std::string_view text, size_t byte) { return count_code_points(text.substr(0, byte)); }

// An answer at a character of its context, or at the first place where it stands.
ByteRange answer_in(std::string_view context, std::string_view answer, std::optional<int64_t> character, const std::string& place) {
  GRIM_CHECK(!trimmed(answer).empty(), input, "questions", "{}: an answer is empty, expected words of the context", place);
  const size_t first = context.find(answer);
  if (first == std::string_view::npos)
    throw Error(ErrorKind::input, str("[questions] {}: the answer '{}' stands nowhere in its context", place, whole_characters(answer, 60)),
                "an answer is marked in the text: it has to stand there letter by letter");
  const std::optional<size_t> at = character ? byte_of_character(context, *character) : first;
  if (!at || context.substr(*at, answer.size()) != answer)
    throw Error(ErrorKind::input,
                str("[questions] {}: the answer '{}' does not stand at character {} of its context{}", place, whole_characters(answer, 60), *character,
                    at ? str(", where '{}' stands", whole_characters(context.substr(*at), 20)) : str(", which has {}", count_code_points(context))),
                str("answer_start counts characters from 0; the answer first stands at {}", character_of_byte(context, first)));
  return {static_cast<uint32_t>(*at), static_cast<uint32_t>(*at + answer.size())};
}

class Collector {
 public:
  Collector(const std::string& source, TextQuestions& all) : source_(source), all_(all) {}

  // The number of a context, which is a new one unless it is the last.
  size_t context(const std::string& text, int64_t article, const std::string& place) {
    GRIM_CHECK(!trimmed(text).empty(), input, "questions", "{}: the context is empty, expected a text to look for answers in", place);
    if (all_.contexts.empty() || all_.articles.back() != article || all_.contexts.back() != text) {
      all_.contexts.push_back(text);
      all_.articles.push_back(article);
    }
    return all_.contexts.size() - 1;
  }
  TextQuestion& question(std::string id, std::string_view text, size_t context, std::string place) {
    GRIM_CHECK(!trimmed(text).empty(), input, "questions", "{}: the question is empty", place);
    GRIM_CHECK(ids_.insert(id).second, input, "questions", "{}: the id '{}' stands twice, expected one for each question", place, id);
    return all_.questions.emplace_back(TextQuestion{std::move(id), std::string(trimmed(text)), context, {}, std::move(place)});
  }
  void finish(const std::string& texts) {
    all_.reading = str("{}: {} questions on {} {}", source_, with_commas(std::ssize(all_.questions)), with_commas(std::ssize(all_.contexts)), texts);
  }

 private:
  const std::string& source_;
  TextQuestions& all_;
  std::unordered_set<std::string> ids_;
};

void take_answers(const SquadEntry& entry, TextQuestion& q, std::string_view context) {
  const Json* const impossible = entry.question.find("is_impossible");
  GRIM_CHECK(!impossible || impossible->kind() == Json::Kind::boolean, input, "questions", "{}: is_impossible is {}, expected true or false", q.place,
             impossible->dump());
  const bool none = impossible && impossible->as_boolean();
  const std::vector<Json>& answers = list_in(entry.question, "answers", q.place);
  GRIM_CHECK(!none || answers.empty(), input, "questions", "{}: is_impossible is true, but there are {} answers", q.place, answers.size());
  if (answers.empty() && !none)
    throw Error(ErrorKind::input, str("[questions] {}: the question has no answer", q.place), "in files of SQuAD 2.0 is_impossible says that there is none");
  for (const Json& a : answers) {
    const Json* const start = member(a, "answer_start", q.place);
    GRIM_CHECK(start && start->kind() == Json::Kind::integer, input, "questions", "{}: got no answer_start, expected a number of characters", q.place);
    q.answers.push_back(answer_in(context, text_in_json(a, "text", q.place), start->as_integer(), q.place));
  }
}

void take_squad(const Json& file, const std::string& source, WithAnswers with, TextQuestions& all) {
  Collector collector(source, all);
  size_t articles = 0;
  visit_squad(file, source, [&](const SquadEntry& entry) {
    articles = entry.article + 1;
    const size_t context = collector.context(text_in_json(entry.text, "context", entry.place), static_cast<int64_t>(entry.article), entry.place);
    TextQuestion& q = collector.question(text_in_json(entry.question, "id", entry.place), text_in_json(entry.question, "question", entry.place), context,
                                         entry.place);
    if (with == WithAnswers::required) take_answers(entry, q, all.contexts[context]);
  });
  collector.finish(str("paragraphs of {} article{}", with_commas(static_cast<int64_t>(articles)), articles == 1 ? "" : "s"));
}

std::optional<int64_t> start_in(std::string_view cell, const std::string& place) {
  const std::string_view digits = trimmed(cell);
  if (digits.empty()) return {};
  int64_t start = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), start);
  GRIM_CHECK(error == std::errc() && end == digits.data() + digits.size() && start >= 0, input, "questions",
             "{}: answer_start is '{}', expected a number of characters", place, digits);
  return start;
}

// {"text": ["a", ...], "answer_start": [3, ...]}
void take_lists(const std::string& cell, TextQuestion& q, std::string_view context) {
  const Json lists = Json::parse(cell, q.place);
  const std::vector<Json>&texts = list_in(lists, "text", q.place), &starts = list_in(lists, "answer_start", q.place);
  GRIM_CHECK(texts.size() == starts.size(), input, "questions", "{}: {} answers and {} places of them, expected as many", q.place, texts.size(), starts.size());
  for (size_t i = 0; i < texts.size(); ++i) q.answers.push_back(answer_in(context, texts[i].as_text(), starts[i].as_integer(), q.place));
}

void take_table(const TextTable& rows, WithAnswers with, TextQuestions& all) {
  Collector collector(rows.source, all);
  const auto optional_column = [&](const char* name) { return std::ranges::find(rows.columns, name) - rows.columns.begin(); };
  const auto width = std::ssize(rows.columns);
  const size_t question = rows.column("question"), context = rows.column("context");
  const auto id = optional_column("id"), lists = optional_column("answers"), start = optional_column("answer_start");
  const size_t answer = with == WithAnswers::required && lists == width ? rows.column("answer") : 0;
  std::map<std::string_view, int64_t> known;
  for (size_t r = 0; r < rows.rows(); ++r) {
    const std::string place = rows.place(r);
    const std::string& text = rows.at(r, context);
    const int64_t article = known.try_emplace(text, std::ssize(known)).first->second;
    const size_t c = collector.context(text, article, place);
    TextQuestion& q = collector.question(id < width ? rows.at(r, static_cast<size_t>(id)) : std::to_string(r + 1), rows.at(r, question), c, place);
    if (with == WithAnswers::unread) continue;
    if (lists < width) {
      take_lists(rows.at(r, static_cast<size_t>(lists)), q, text);
    } else if (const std::string& a = rows.at(r, answer); !trimmed(a).empty()) {
      q.answers.push_back(answer_in(text, a, start < width ? start_in(rows.at(r, static_cast<size_t>(start)), place) : std::nullopt, place));
    }
  }
  collector.finish(all.contexts.size() == 1 ? "text" : "texts");
}

// The object of a file that is one, of SQuAD's shape; lines of JSON begin with a brace too, and end with one.
std::optional<Json> squad_in(std::string_view text, const std::string& source) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || text[first] != '{') return {};
  const size_t end = std::min(text.find('\n', first), text.size());
  const bool one_line = trimmed(text.substr(end)).empty();
  if (!one_line && trimmed(text.substr(first, end - first)).ends_with('}')) return {};
  Json file = Json::parse(text, source);
  if (one_line && !file.find("data")) return {};
  return file;
}

}  // namespace

std::vector<std::string> TextQuestions::right_answers(size_t question) const {
  std::vector<std::string> all;
  for (const ByteRange& a : questions[question].answers) all.emplace_back(text_in(question, a));
  return all;
}

int64_t TextQuestions::without_answer() const {
  return std::ranges::count_if(questions, [](const TextQuestion& q) { return q.answers.empty(); });
}

TextQuestions parse_questions(std::string bytes, const std::string& source, WithAnswers with) {
  TextQuestions all;
  all.content_hash = hash_of(bytes);
  if (const std::optional<Json> file = squad_in(without_byte_order_mark(bytes), source)) {
    take_squad(*file, source, with, all);
  } else {
    take_table(parse_text_table(std::move(bytes), source, {"id", "question", "context", "answer", "answer_start"}), with, all);
  }
  if (const int64_t none = with == WithAnswers::required ? all.without_answer() : 0; none > 0) all.reading += str(", {} without an answer", with_commas(none));
  return all;
}

TextQuestions read_questions(const std::string& path, WithAnswers with) { return parse_questions(gunzip(read_file(path), path), path, with); }

void visit_squad(const Json& file, const std::string& source, const std::function<void(const SquadEntry&)>& visit) {
  bool any = false;
  const std::vector<Json>& articles = list_in(file, "data", source);
  for (size_t a = 0; a < articles.size(); ++a) {
    const Json* const title = articles[a].is_object() ? articles[a].find("title") : nullptr;
    const bool titled = title && title->kind() == Json::Kind::text;
    const std::string article = str("{}: article {}{}", source, a + 1, titled ? str(" '{}'", title->as_text()) : "");
    const std::vector<Json>& paragraphs = list_in(articles[a], "paragraphs", article);
    for (size_t p = 0; p < paragraphs.size(); ++p) {
      const std::string paragraph = str("{}, paragraph {}", article, p + 1);
      const std::vector<Json>& questions = list_in(paragraphs[p], "qas", paragraph);
      for (size_t q = 0; q < questions.size(); ++q) {
        const Json* const id = member(questions[q], "id", str("{}, question {}", paragraph, q + 1));
        const std::string name = id && id->kind() == Json::Kind::text ? id->as_text() : std::to_string(q + 1);
        visit({a, p, paragraphs[p], questions[q], str("{}, question {}", paragraph, name)});
        any = true;
      }
    }
  }
  if (!any) throw Error(ErrorKind::input, str("[questions] {}: it holds no question", source), "expected a file of SQuAD: data, paragraphs, qas");
}

}  // namespace grim
