// Multiple choice by an encoder: each answer is read with its question as a pair and gets one number; a softmax over the answers of a question chooses.
//   Devlin et al. 2019, "BERT", section 4.4 (SWAG)
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/data/choices.h"
#include "grimoire/data/encoded_texts.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/train/task.h"

namespace grim {

class EncodedChoices {
 public:
  EncodedChoices() = default;
  // Pairs longer than `most` tokens lose the ends of the longer of the two. throws: input, a pair that has no tokens, by `source` and line
  EncodedChoices(const Tokenizer& tokenizer, const std::vector<ChoiceQuestion>& questions, int64_t most, const std::string& source);

  int64_t questions() const { return static_cast<int64_t>(first_.size()) - 1; }
  int64_t choices(int64_t question) const { return first_[static_cast<size_t>(question) + 1] - first_[static_cast<size_t>(question)]; }
  int64_t longer() const { return pairs_.longer(); }  // pairs
  int64_t tokens(std::span<const int64_t> questions) const;  // of all pairs of some questions
  // The pairs of some questions, one behind the other, and where in them those of each question begin, and the last ends.
  TokenBatch batch(std::span<const int64_t> questions) const;
  std::vector<int64_t> offsets(std::span<const int64_t> questions) const;
  // Runs of an order of questions, each of about the tokens that are read at once where nothing is trained.
  std::vector<std::span<const int64_t>> batches(std::span<const int64_t> order) const;

 private:
  EncodedTexts pairs_;
  std::vector<int64_t> first_ = {0};
};

struct ChosenAnswers {
  std::vector<std::vector<double>> probabilities;  // of the answers of each question; they sum to 1
  bool stopped = false;
  int64_t choice(size_t question) const;           // the likeliest, the first of equals
};
ChosenAnswers choose_answers(const TextEncoder& encoder, const EncodedChoices& texts, const StopAsked& stop = {});

struct ChoiceScores {
  double loss = 0, accuracy = 0, guessing = 0;  // nats a question; shares of the questions, the last by chance
};
ChoiceScores score_choices(const ChosenAnswers& chosen, const std::vector<ChoiceQuestion>& questions);

}  // namespace grim
