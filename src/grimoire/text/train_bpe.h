// Learning the merges of byte-pair encoding (Sennrich, Haddow, Birch 2016, section 3.2, algorithm 1): every word begins as its characters; the pair of
// neighbours that occurs most often becomes a token, everywhere, again and again until the vocabulary is full.
//
// Vocabularies and merges equal those of PyPI's tokenizers (BpeTrainer) to the last id, where these depend on the texts alone: of pairs that occur
// equally often the one with the smaller ids goes first. What depends on hash order there is fixed here: characters that limit_alphabet drops, of
// equally rare ones, are those of the larger code points; and initial tokens with a prefix or suffix are numbered in the order of their bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grimoire/text/bpe.h"
#include "grimoire/text/training_stage.h"
#include "grimoire/text/word_counts.h"

namespace grim {

struct BpeTraining {
  int64_t vocab_size = 30000;
  int64_t min_frequency = 0;                   // of a pair
  std::vector<std::string> special_tokens = {};  // the first ids
  std::vector<char32_t> initial_alphabet = {};   // characters that are in it whatever the texts hold
  std::optional<int64_t> limit_alphabet = {};    // the most frequent characters; what is beyond is left out of words
  std::string continuing_subword_prefix = {}, end_of_word_suffix = {};
  // Merges that give a token of as many characters or more are left out, but for those of two single characters, as the reference counts.
  std::optional<int64_t> max_token_length = {};
};

struct TrainedBpe {
  Vocabulary vocabulary;
  std::vector<Bpe::Merge> merges;  // the first merges first
};

// Counts are 64 bits. Time: each merge visits the places where its pair stands, and these alone. Memory: 12 bytes a character of a different word,
// and about 4 a pair of neighbours. throws: argument, the special tokens and characters alone are more than vocab_size; resource, the words together
// have 2^32 characters
TrainedBpe train_bpe(const WordCounts& words, const BpeTraining& training, const TrainingWatch& watch = {});

}  // namespace grim
