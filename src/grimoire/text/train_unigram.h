// Learning the pieces of a unigram language model and their probabilities (Kudo 2018, "Subword regularization", section 3.2): from the substrings that
// repeat, with far too many pieces, the expectation-maximisation algorithm estimates the probabilities, and the pieces that the likelihood misses
// least are dropped, a quarter at a time, until about as many are left as were asked for.
//
// Every step is that of PyPI's tokenizers (UnigramTrainer), after SentencePiece, but for one: what a piece is worth is reckoned as SentencePiece has it,
// with the pieces of its next best cut (`pruned`); tokenizers 0.23 takes the size of the vocabulary there, and its vocabularies are a little less likely.
// What depends on hash order there is fixed here: words are summed over in the order of their bytes, and characters that have no piece are put back in
// the order of their code points.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "grimoire/text/training_stage.h"
#include "grimoire/text/word_counts.h"

namespace grim {

struct UnigramTraining {
  int64_t vocab_size = 8000;                      // with the special tokens
  std::vector<std::string> special_tokens = {};   // the first ids, of score 0
  std::string unk_token = "<unk>";                // id 0 if it is none of the special tokens
  std::vector<char32_t> initial_alphabet = {};    // characters that become pieces whatever the texts hold
  int64_t seed_size = 1000000;                    // pieces to begin with, at most
  int64_t max_piece_length = 16;                  // characters
  double shrinking_factor = 0.75;                 // of the pieces, those that one round keeps
  int64_t sub_iterations = 2;                     // of the estimation, a round
};

struct TrainedUnigram {
  std::vector<std::pair<std::string, double>> pieces;  // by id, with their log probabilities
  int64_t unk_id = 0;
};

// throws: argument, the special tokens and characters alone are more than vocab_size, or the texts hold no word; resource, as repeats_in
TrainedUnigram train_unigram(const WordCounts& words, const UnigramTraining& training, const TrainingWatch& watch = {});

}  // namespace grim
