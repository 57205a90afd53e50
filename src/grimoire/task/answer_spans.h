// Where an encoder with a head for answers marks them in a text: the span of tokens whose start and end it scores best.
//   Devlin et al. 2019, "BERT", sections 4.2 (the score of a span is that of its start plus that of its end) and 4.3 (against that of [CLS] twice)
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "grimoire/data/encoded_questions.h"
#include "grimoire/metric/squad.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/train/task.h"

namespace grim {

enum class AnswerRules : uint8_t {
  automatic,  // those of the data: SQuAD 2.0's where a question has no answer
  always,     // of SQuAD 1.1: every text answers its question
  may_lack,   // of SQuAD 2.0: a text may not
};
struct AnswerOptions {
  bool may_lack = false;      // is 'no answer' among the answers?
  double threshold = 0;       // it is taken where its score is higher than the best span's by more than this
  int64_t longest = 30;       // tokens of an answer
  int64_t best = 20;          // different spans that are kept of a question
};

struct ScoredSpan {
  ByteRange bytes;            // of the context
  double score = 0;           // logit of the start + logit of the end
  double probability = 0;     // softmax over what is kept, 'no answer' among it where it may be
};
// What is found in the windows of one question.
struct FoundAnswers {
  std::vector<ScoredSpan> spans;  // of all windows, each once with its best score; the best first, of equals the one that stands first
  double none = NAN;              // the score of 'no answer': the least over the windows; NaN: there is always one
  double none_probability = 0;

  double margin() const { return none - spans.front().score; }  // by how much 'no answer' is better
  // Another window: logits of its tokens, and the bytes of those of the context, the first of which has the number `begin`.
  void add_window(std::span<const double> starts, std::span<const double> ends, std::span<const ByteRange> context, int64_t begin,
                  const AnswerOptions& options);
  void finish();  // probabilities
  bool says_none(const AnswerOptions& options) const { return options.may_lack && margin() > options.threshold; }
};

struct AnsweredQuestions {
  std::vector<FoundAnswers> questions;
  double loss = NAN;  // mean over windows of -ln p of the start and -ln p of the end of their targets, halved
  bool stopped = false;
};
AnsweredQuestions answer_questions(const TextEncoder& encoder, const EncodedQuestions& texts, const AnswerOptions& options, const StopAsked& stop = {});
// The loss alone, of some windows; NaN when it was stopped.
double loss_of_windows(const TextEncoder& encoder, const EncodedQuestions& texts, std::span<const int64_t> windows, const StopAsked& stop = {});

// That loss with its gradient: logits (N, 2) f32 of tokens that lie text behind text, offsets as TokenBatch has them, a target for each text.
Tensor answer_loss(const Tensor& logits, std::span<const int64_t> offsets, std::span<const TokenSpan> targets);

// Answers beside those that are right, for metric/squad.h: the best span, and by how much 'no answer' is better.
std::vector<Question> for_squad(const TextQuestions& questions, const std::vector<FoundAnswers>& found);
// 2.0's where there may be no answer, or the questions lack one.
SquadVersion version_of(const TextQuestions& questions, const AnswerOptions& options);
// With `options`, of 100: SQuAD 2.0's where there may be no answer, or the questions lack one, else 1.1's.
SquadScores score_answers(const TextQuestions& questions, const std::vector<FoundAnswers>& found, const AnswerOptions& options);

}  // namespace grim
