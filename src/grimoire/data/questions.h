// Questions with a text each that answers them, and the places where it does, as SQuAD's files have them (1.1 and 2.0), or tables.
//   Rajpurkar, Zhang, Lopyrev and Liang 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text"
//   Rajpurkar, Jia and Liang 2018, "Know What You Don't Know: Unanswerable Questions for SQuAD" (2.0: is_impossible)
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/data/with_answers.h"
#include "grimoire/text/aligned_text.h"

namespace grim {

struct TextQuestion {
  std::string id, text;            // the text without blanks at its ends
  size_t context = 0;              // number of the text that is asked
  std::vector<ByteRange> answers;  // bytes of the context; the first is learned from. None: the context does not answer it
  std::string place;               // in its file, for messages
};

struct TextQuestions {
  std::vector<std::string> contexts;
  std::vector<int64_t> articles;  // of each context, from 0; of a table each context is one
  std::vector<TextQuestion> questions;
  std::string content_hash;       // XXH3-128 of the file's bytes
  std::string reading;            // what was read, in words

  size_t size() const { return questions.size(); }
  const std::string& context_of(size_t question) const { return contexts[questions[question].context]; }
  std::string_view text_in(size_t question, const ByteRange& bytes) const {
    return std::string_view(context_of(question)).substr(bytes.begin, bytes.end - bytes.begin);
  }
  std::vector<std::string> right_answers(size_t question) const;
  int64_t without_answer() const;
};

// A file that is one JSON object with the key "data" is SQuAD's; else a table (data/text_table.h) with the columns question and context, also id; and
// answer with answer_start (in code points, as in SQuAD; missing or empty: the first place where the answer stands), or answers, of JSON Lines, as the
// hub of Hugging Face has them: {"text": [...], "answer_start": [...]}. An empty answer in a table is that there is none. Plain or gzip.
// throws: input, by file, article, paragraph and question, or by row: an empty context, question or answer; an answer that does not stand where it is
// said to, or nowhere; a question without one, where is_impossible does not say so; an id that stands twice; no question. JSON by line and column.
TextQuestions read_questions(const std::string& path, WithAnswers with = WithAnswers::required);
TextQuestions parse_questions(std::string bytes, const std::string& source, WithAnswers with = WithAnswers::required);

// Each question of an object of SQuAD's shape, in order.
struct SquadEntry {
  size_t article = 0, paragraph = 0;  // from 0; the latter in its article
  const Json& text;                   // {"context": ..., "qas": [...]}
  const Json& question;               // {"id": ..., "question": ..., "answers": [{"text": ..., "answer_start": ...}, ...]}
  std::string place;                  // for messages
};
// throws: input, data, paragraphs or qas are missing, or there is no question
void visit_squad(const Json& file, const std::string& source, const std::function<void(const SquadEntry&)>& visit);

}  // namespace grim
