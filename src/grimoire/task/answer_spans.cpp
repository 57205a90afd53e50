#include "grimoire/task/answer_spans.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/convert.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim {
namespace {

bool stands_before(const ScoredSpan& a, const ScoredSpan& b) {
  if (a.score != b.score) return a.score > b.score;
  return a.bytes.begin != b.bytes.begin ? a.bytes.begin < b.bytes.begin : a.bytes.end < b.bytes.end;
}

double log_sum_exp(std::span<const double> x) {
  const double most = *std::ranges::max_element(x);
  double sum = 0;
  for (const double v : x) sum += std::exp(v - most);
  return most + std::log(sum);
}

// starts and ends of one text's tokens.
struct TokenScores {
  std::vector<double> starts, ends;
  TokenScores(const Tensor& logits, int64_t from, int64_t to) {
    const double* const x = logits.data<double>();
    for (int64_t t = from; t < to; ++t) starts.push_back(x[2 * t]), ends.push_back(x[2 * t + 1]);
  }
  double loss(const TokenSpan& target) const {
    return (log_sum_exp(starts) - starts[static_cast<size_t>(target.first)] + log_sum_exp(ends) - ends[static_cast<size_t>(target.last)]) / 2;
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
  const double all = log_sum_exp(scores);
  for (ScoredSpan& s : spans) s.probability = std::exp(s.score - all);
  if (!std::isnan(none)) none_probability = std::exp(none - all);
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

// Rows of one length, so that one softmax does for all: behind its end a text takes the row that was put behind the last, which no softmax sees.
Tensor answer_loss(const Tensor& logits, std::span<const int64_t> offsets, std::span<const TokenSpan> targets) {
  const int64_t N = logits.dim(0), B = std::ssize(targets);
  GRIM_CHECK(logits.shape() == Shape({N, 2}) && std::ssize(offsets) == B + 1 && B > 0 && offsets.back() == N, shape, "answers",
             "logits {} of {} texts with {} targets: expected two for each of {} tokens", logits.shape(), std::ssize(offsets) - 1, B, offsets.back());
  int64_t T = 0;
  for (size_t i = 0; i < targets.size(); ++i) T = std::max(T, offsets[i + 1] - offsets[i]);
  constexpr double kUnseen = -1e30;
  const Tensor tokens = Tensor::full({B * T}, static_cast<double>(N), Dtype::i64), classes = Tensor::empty({2 * B}, Dtype::i64);
  for (int64_t b = 0; b < B; ++b) {
    const auto i = static_cast<size_t>(b);
    for (int64_t t = 0; t < offsets[i + 1] - offsets[i]; ++t) tokens.data<int64_t>()[b * T + t] = offsets[i] + t;
    classes.data<int64_t>()[b] = targets[i].first;
    classes.data<int64_t>()[B + b] = targets[i].last;
  }
  const Tensor rows = reshape(index_select(pad(logits, 0, 0, 1, kUnseen), 0, tokens), {B, T, 2});
  return cross_entropy(reshape(permute(rows, {2, 0, 1}), {2 * B, T}), classes);  // the mean over starts and ends
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

SquadScores score_answers(const TextQuestions& questions, const std::vector<FoundAnswers>& found, const AnswerOptions& options) {
  const std::vector<Question> all = for_squad(questions, found);
  if (options.may_lack) return squad_at(all, options.threshold);
  return squad(all, questions.without_answer() > 0 ? SquadVersion::v2 : SquadVersion::v1);
}

}  // namespace grim
