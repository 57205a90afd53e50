#include "grimoire/task/choice_scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/softmax.h"
#include "grimoire/tensor/copy.h"

namespace grim {

EncodedChoices::EncodedChoices(const Tokenizer& tokenizer, const std::vector<ChoiceQuestion>& questions, int64_t most, const std::string& source) {
  std::vector<std::string> asked, choices, places;
  for (const ChoiceQuestion& q : questions) {
    for (const std::string& choice : q.choices) asked.push_back(q.context), choices.push_back(choice), places.push_back(str("{}: line {}", source, q.line));
    first_.push_back(std::ssize(choices));
  }
  pairs_ = EncodedTexts(tokenizer, asked, choices, {.most = most}, places);
}

TokenBatch EncodedChoices::batch(std::span<const int64_t> questions) const {
  std::vector<int64_t> pairs;
  for (const int64_t q : questions)
    for (int64_t c = 0; c < choices(q); ++c) pairs.push_back(first_[static_cast<size_t>(q)] + c);
  return pairs_.batch(pairs);
}

int64_t EncodedChoices::tokens(std::span<const int64_t> questions) const {
  int64_t sum = 0;
  for (const int64_t q : questions)
    for (int64_t pair = first_[static_cast<size_t>(q)]; pair < first_[static_cast<size_t>(q) + 1]; ++pair) sum += pairs_.tokens(pair);
  return sum;
}

std::vector<int64_t> EncodedChoices::offsets(std::span<const int64_t> questions) const {
  std::vector<int64_t> all = {0};
  for (const int64_t q : questions) all.push_back(all.back() + choices(q));
  return all;
}

std::vector<std::span<const int64_t>> EncodedChoices::batches(std::span<const int64_t> order) const {
  constexpr int64_t kTokensAtOnce = 2048;
  std::vector<std::span<const int64_t>> all;
  size_t begin = 0;
  int64_t tokens = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    int64_t own = 0;
    for (int64_t c = 0; c < choices(order[i]); ++c) own += pairs_.tokens(first_[static_cast<size_t>(order[i])] + c);
    if (i > begin && tokens + own > kTokensAtOnce) all.push_back(order.subspan(begin, i - begin)), begin = i, tokens = 0;
    tokens += own;
  }
  if (begin < order.size()) all.push_back(order.subspan(begin));
  return all;
}

int64_t ChosenAnswers::choice(size_t question) const {
  return std::ranges::max_element(probabilities[question]) - probabilities[question].begin();
}

ChosenAnswers choose_answers(const TextEncoder& encoder, const EncodedChoices& texts, const StopAsked& stop) {
  const NoGrad no_grad;
  ChosenAnswers chosen;
  std::vector<int64_t> order(static_cast<size_t>(texts.questions()));
  std::iota(order.begin(), order.end(), 0);
  for (const std::span<const int64_t> questions : texts.batches(order)) {
    if ((chosen.stopped = stop && stop())) return chosen;
    Pass pass = Pass::evaluation();
    const TokenBatch batch = texts.batch(questions);
    const Tensor logits = cast(encoder.labels(encoder.hidden(batch, pass), batch, pass), Dtype::f64);  // (pairs, 1)
    const std::vector<int64_t> offsets = texts.offsets(questions);
    for (size_t q = 0; q < questions.size(); ++q) {
      std::vector<double>& p = chosen.probabilities.emplace_back(static_cast<size_t>(texts.choices(questions[q])));
      softmax_row(logits.data<double>() + offsets[q], p.data(), std::ssize(p));
    }
  }
  return chosen;
}

ChoiceScores score_choices(const ChosenAnswers& chosen, const std::vector<ChoiceQuestion>& questions) {
  GRIM_CHECK(!questions.empty() && chosen.probabilities.size() == questions.size(), argument, "choices", "{} answers to {} questions",
             chosen.probabilities.size(), questions.size());
  constexpr double kLeast = 1e-300;
  const auto N = static_cast<double>(questions.size());
  ChoiceScores s;
  for (size_t q = 0; q < questions.size(); ++q) {
    s.loss -= std::log(std::max(kLeast, chosen.probabilities[q][static_cast<size_t>(questions[q].answer)])) / N;
    s.accuracy += (chosen.choice(q) == questions[q].answer) / N;
    s.guessing += 1 / static_cast<double>(questions[q].choices.size()) / N;
  }
  return s;
}

}  // namespace grim
