#include "grimoire/data/encoded_questions.h"

#include <algorithm>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/base/setting_words.h"

namespace grim {
namespace {

TokenSpan answer_in(std::span<const ByteRange> context, int64_t first_token, const ByteRange& answer) {
  if (answer.begin < context.front().begin || answer.end > context.back().end) return {};
  int64_t first = 0, last = std::ssize(context) - 1;
  while (first + 1 < std::ssize(context) && context[static_cast<size_t>(first) + 1].begin <= answer.begin) ++first;
  while (last > 0 && context[static_cast<size_t>(last) - 1].end >= answer.end) --last;
  return {first_token + first, first_token + last};
}

}  // namespace

QuestionWindows QuestionWindows::within(int64_t context) const {
  const int64_t n = std::min(most, context);
  return {n, n < most ? std::min(stride, n / 3) : stride};
}

EncodedQuestions::EncodedQuestions(const Tokenizer& tokenizer, const TextQuestions& questions, const QuestionWindows& windows) {
  GRIM_CHECK(windows.most > 0 && windows.stride >= 0 && windows.stride < windows.most, argument, "questions",
             "windows of {} tokens that share {}: expected fewer", windows.most, windows.stride);
  texts_ = std::ssize(questions.questions);
  const TokenTruncation whole{.max_length = std::numeric_limits<int32_t>::max()};
  constexpr size_t kAtOnce = 1024;  // encodings are far larger than what is kept of them
  for (size_t begin = 0; begin < questions.size(); begin += kAtOnce) {
    std::vector<std::string> asked, contexts;
    for (size_t q = begin; q < std::min(begin + kAtOnce, questions.size()); ++q)
      asked.push_back(questions.questions[q].text), contexts.push_back(questions.context_of(q));
    const std::vector<Encoding> pairs = encode_all(tokenizer, asked, contexts, {.truncation = whole});
    for (size_t i = 0; i < pairs.size(); ++i) add(pairs[i], questions.questions[begin + i], windows, static_cast<int64_t>(begin + i));
  }
}

void EncodedQuestions::add(const Encoding& pair, const TextQuestion& question, const QuestionWindows& windows, int64_t number) {
  const auto is_context = [](int8_t sequence) { return sequence == 1; };
  const auto begin = static_cast<size_t>(std::ranges::find_if(pair.sequences, is_context) - pair.sequences.begin());
  const auto tokens = static_cast<size_t>(std::ranges::count_if(pair.sequences, is_context));
  GRIM_CHECK(tokens > 0, input, "questions", "{}: the context has no tokens", question.place);
  const auto kept_before = [&](size_t end) { return static_cast<size_t>(std::ranges::count(std::span(pair.attention).first(end), uint8_t{1})); };
  const auto first_token = static_cast<int64_t>(kept_before(begin));
  const auto most = static_cast<size_t>(windows.most), stride = static_cast<size_t>(windows.stride), around = kept_before(pair.size()) - tokens;
  const size_t room = most > around ? most - around : 0;
  if (room <= (tokens > room ? stride : 0))
    throw Error(ErrorKind::input,
                str("[questions] {}: the question takes {} of the {} tokens of a window, and the {} left for its text are no more than two windows share, {}",
                    question.place, around, most, room, stride),
                "shorten the question, or change the windows: " GRIM_SETTING("max-length") ", " GRIM_SETTING("stride"));
  longer_ += tokens > room;
  for (size_t from = 0;; from += room - stride) {
    const size_t n = std::min(room, tokens - from);
    const auto first = static_cast<ptrdiff_t>(begin + from);
    offsets_.insert(offsets_.end(), pair.offsets.begin() + first, pair.offsets.begin() + first + static_cast<ptrdiff_t>(n));
    offsets_begin_.push_back(offsets_.size());
    context_begin_.push_back(first_token);
    add_tokens(pair, 0, begin);
    add_tokens(pair, begin + from, begin + from + n);
    add_tokens(pair, begin + tokens, pair.size());
    end_window(number);
    targets_.push_back(question.answers.empty() ? TokenSpan{} : answer_in(context(this->windows() - 1), first_token, question.answers[0]));
    if (from + n == tokens) break;
  }
}

int64_t EncodedQuestions::without_answer() const { return std::ranges::count(targets_, TokenSpan{}); }

}  // namespace grim
