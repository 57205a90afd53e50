#include "grimoire/task/answer_spans.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/softmax.h"
#include "grimoire/base/error.h"
#include "grimoire/task/softmax_within.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

bool stands_before(const ScoredSpan& a, const ScoredSpan& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.bytes.begin != b.bytes.begin ? a.bytes.begin < b.bytes.begin : a.bytes.end < b.bytes.end;
}

// starts and ends of one text's tokens.
struct TokenScores {
  std::vector<double> starts, ends;
  TokenScores(const Tensor& logits, int64_t from, int64_t to) {
    const double* const x = logits.data<double>();
    for (int64_t t = from; t < to; ++t) starts.push_back(x[2 * t]), ends.push_back(x[2 * t + 1]);
  }
  double loss(const TokenSpan& target) const {
    const auto nats = [](const std::vector<double>& x, int64_t right) { return Softmax(x.data(), std::ssize(x)).log_sum() - x[static_cast<size_t>(right)]; };
    return (nats(starts, target.first) + nats(ends, target.last)) / 2;
  }
};

// visit(window, scores of its tokens) for all of `order`; false: it was stopped.
template <class Visit>
bool each_window(const TextEncoder& encoder, const EncodedQuestions& texts, std::span<const int64_t> order, const StopAsked& stop, const Visit& visit) {
  const NoGrad no_grad;
  for (const std::span<const int64_t> windows : texts.batches(order)) {
    if (stop && stop()) return false;
    Pass pass = Pass::evaluation();
    const TokenBatch batch = texts.batch(windows);
    const Tensor logits = cast(encoder.token_labels(encoder.hidden(batch, pass), pass), Dtype::f64);  // (N, 2)
    for (size_t i = 0; i < windows.size(); ++i) visit(windows[i], TokenScores(logits, batch.offsets[i], batch.offsets[i + 1]));
  }
  return true;
}

}  // namespace

void FoundAnswers::add_window(std::span<const double> starts, std::span<const double> ends, std::span<const ByteRange> context, int64_t begin,
                              const AnswerOptions& options) {
  if (options.may_lack) none = std::fmin(none, starts[0] + ends[0]);
  const auto most = static_cast<size_t>(options.best);
  const int64_t n = std::ssize(context);
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = i; j < std::min(n, i + options.longest); ++j) {
      const ScoredSpan s{{context[static_cast<size_t>(i)].begin, context[static_cast<size_t>(j)].end},
                         starts[static_cast<size_t>(begin + i)] + ends[static_cast<size_t>(begin + j)]};
      if (spans.size() == most && !stands_before(s, spans.back())) continue;
      const auto same = std::ranges::find(spans, s.bytes, &ScoredSpan::bytes);
      if (same != spans.end()) {
        if (same->score >= s.score) continue;
        spans.erase(same);
      } else if (spans.size() == most) {
        spans.pop_back();
      }
      spans.insert(std::ranges::lower_bound(spans, s, stands_before), s);
    }
  }
}

void FoundAnswers::finish() {
  std::vector<double> scores;
  for (const ScoredSpan& s : spans) scores.push_back(s.score);
  if (!std::isnan(none)) scores.push_back(none);
  const Softmax all(scores.data(), std::ssize(scores));
  for (ScoredSpan& s : spans) s.probability = all.of(s.score);
  if (!std::isnan(none)) none_probability = all.of(none);
}

AnsweredQuestions answer_questions(const TextEncoder& encoder, const EncodedQuestions& texts, const AnswerOptions& options, const StopAsked& stop) {
  AnsweredQuestions answered{std::vector<FoundAnswers>(static_cast<size_t>(texts.texts()))};
  double loss = 0;
  answered.stopped = !each_window(encoder, texts, texts.by_length(), stop, [&](int64_t w, const TokenScores& s) {
    loss += s.loss(texts.target(w));
    answered.questions[static_cast<size_t>(texts.text_of(w))].add_window(s.starts, s.ends, texts.context(w), texts.context_begin(w), options);
  });
  if (answered.stopped) return answered;
  answered.loss = loss / static_cast<double>(texts.windows());
  for (FoundAnswers& f : answered.questions) f.finish();
  return answered;
}

double loss_of_windows(const TextEncoder& encoder, const EncodedQuestions& texts, std::span<const int64_t> windows, const StopAsked& stop) {
  double loss = 0;
  const bool all = each_window(encoder, texts, windows, stop, [&](int64_t w, const TokenScores& s) { loss += s.loss(texts.target(w)); });
  return all ? loss / static_cast<double>(windows.size()) : NAN;
}

Tensor answer_loss(const Tensor& logits, std::span<const int64_t> offsets, std::span<const TokenSpan> targets) {
  std::vector<int64_t> places;
  for (const TokenSpan& t : targets) places.insert(places.end(), {t.first, t.last});
  return cross_entropy_within(logits, offsets, places);
}

std::vector<Question> for_squad(const TextQuestions& questions, const std::vector<FoundAnswers>& found) {
  std::vector<Question> all;
  for (size_t q = 0; q < questions.size(); ++q) {
    const FoundAnswers& f = found[q];
    all.push_back({.given = std::string(questions.text_in(q, f.spans.front().bytes)), .right = questions.right_answers(q),
                   .no_answer = std::isnan(f.none) ? 0 : f.margin()});
  }
  return all;
}

SquadVersion version_of(const TextQuestions& questions, const AnswerOptions& options) {
  return options.may_lack || questions.without_answer() > 0 ? SquadVersion::v2 : SquadVersion::v1;
}

SquadScores score_answers(const TextQuestions& questions, const std::vector<FoundAnswers>& found, const AnswerOptions& options) {
  const std::vector<Question> all = for_squad(questions, found);
  if (options.may_lack) return squad_at(all, options.threshold);
  return squad(all, version_of(questions, options));
}

}  // namespace grim
