// Answers to questions, word by word: the scores of SQuAD.
//   Rajpurkar, Zhang, Lopyrev and Liang 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", section 6.1
//   Rajpurkar, Jia and Liang 2018, "Know What You Don't Know: Unanswerable Questions for SQuAD" (2.0: questions without an answer, thresholds)
//
//   exact match  the same text
//   F1           2 P R / (P + R), P and R of the words that both have, each as often as both have it
//
// after small letters, without ASCII punctuation and the articles a, an, the. Of several right answers the best one counts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"

namespace grim {

std::string normalized_answer(std::string_view text);  // words with a blank between them
bool same_answer(std::string_view given, std::string_view right);
// Two answers without a word are 1 where `without_words` says so (2.0), else 0 (1.1).
enum class EmptyAnswers : uint8_t { never_match, match };
double answer_f1(std::string_view given, std::string_view right, EmptyAnswers empty = EmptyAnswers::match);

struct Question {
  std::string given;                // what the system answered; "" is that there is no answer
  std::vector<std::string> right;   // none: the text has no answer
  bool answered = true;             // false: the system says nothing of it, which scores 0 (1.1) or leaves it out (2.0)
  double no_answer = 0;             // how sure the system is that there is none; for thresholds
};

struct AnswerScores {
  double exact = 0, f1 = 0;  // of 100
  int64_t questions = 0;
};
enum class SquadVersion : uint8_t { v1, v2 };
struct SquadScores {
  AnswerScores all;
  std::optional<AnswerScores> with_answer, without_answer;  // 2.0
  int64_t unanswered = 0;
};
// throws: argument, no question
SquadScores squad(std::span<const Question> questions, SquadVersion version);

// 2.0: an answer counts as none where no_answer is above a threshold. The threshold that is best for each score, as the official program finds it,
// and the scores there.
struct BestThreshold {
  double score, threshold;  // score of 100
};
struct BestThresholds {
  BestThreshold exact, f1;
};
BestThresholds best_thresholds(std::span<const Question> questions);
// Scores with that threshold: answers that are less sure count as none.
SquadScores squad_at(std::span<const Question> questions, double threshold);

// By the names that SQuAD's own program prints: HasAns_exact ... of what there is, best_exact ... best_f1_thresh.
void set_parts(Json& result, const SquadScores& scores);
void set_thresholds(Json& result, const BestThresholds& best);

}  // namespace grim
