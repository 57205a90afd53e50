#include "grimoire/command/asked_texts.h"

#include <algorithm>

namespace grim {
namespace {

LabelledTexts as_texts(const TextQuestions& questions) {
  LabelledTexts all;
  all.content_hash = questions.content_hash;
  all.reading = questions.reading;
  for (size_t i = 0; i < questions.size(); ++i) {
    const std::vector<std::string> right = questions.right_answers(i);
    all.texts.push_back(questions.questions[i].text);
    all.pairs.push_back(questions.context_of(i));
    all.labels.push_back(right.empty() ? "" : right[0]);
    all.places.push_back(questions.questions[i].place);
  }
  return all;
}

}  // namespace

std::vector<std::string> AskedTexts::right_answers(size_t i) const {
  return questions ? questions->right_answers(i) : std::vector<std::string>{texts.labels[i]};
}

AskedTexts read_asked(const std::string& path, const LabelledColumns& columns, int64_t limit, Rng rng) {
  AskedTexts all;
  if (path.ends_with(".json")) {
    all.questions = read_questions(path);
    all.texts = as_texts(*all.questions);
  } else {
    all.texts = labelled_texts(read_text_table(path, {columns.text, columns.pair, columns.label}), columns);
  }
  const auto n = std::ssize(all.texts.texts);
  if (limit == 0 || limit >= n) return all;
  std::vector<int64_t> rows = rng.permutation(n);
  rows.resize(static_cast<size_t>(limit));
  std::ranges::sort(rows);
  std::string reading = all.texts.reading;
  all.texts = all.texts.picked(rows);
  all.texts.reading = std::move(reading);
  if (all.questions) {
    std::vector<TextQuestion> some;
    for (const int64_t r : rows) some.push_back(all.questions->questions[static_cast<size_t>(r)]);
    all.questions->questions = std::move(some);
  }
  return all;
}

}  // namespace grim
