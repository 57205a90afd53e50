// A tokenizer made from texts: its vocabulary learned, and the parts around it as the models have them that made its kind known.
#pragma once

#include <memory>

#include "grimoire/base/option.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/text/training_stage.h"
#include "grimoire/text/word_counts.h"

namespace grim {

enum class TokenizerKind : uint8_t {
  bpe,        // merges of characters; words and runs of punctuation are cut apart
  byte_bpe,   // merges of bytes, as GPT-2: nothing is unknown, and every text comes back as it was
  wordpiece,  // merges, then the longest piece first, as BERT
  unigram,    // likely pieces, as T5
  word,       // whole words
  character,  // single characters, in order: text/char_tokenizer.h
};

// What the reference's trainers (PyPI's tokenizers) are given and is none of these: initial_alphabet of byte_bpe is all bytes, the prefix of a piece that goes
// on a word is ## of wordpiece and none of bpe, unk_token is [UNK] or <unk>.
struct TokenizerTraining {
  TokenizerKind kind = TokenizerKind::byte_bpe;
  int64_t vocab_size = 30000;                // with special tokens; of a character tokenizer it is what the texts hold
  int64_t min_frequency = 0;                 // of a pair to be merged, of a word to become a token
  std::vector<std::string> special_tokens;   // further ones, behind those of the kind
  std::string alphabet;                      // characters that get a token whatever the texts hold
  int64_t limit_alphabet = 0;                // characters, the most frequent; 0: all
  bool cased = false;                        // of wordpiece: capital letters and accents stay
  bool lowercase = false;                    // of word: capital letters do not
  int64_t max_token_length = 0;              // of bpe and byte_bpe: merges that give as many characters are left out (text/train_bpe.h); 0: none are
  int64_t max_piece_length = 16;             // of unigram: characters of a piece
  double shrinking_factor = 0.75;            // of unigram: of the pieces, those that one round of pruning keeps
  int64_t sub_iterations = 2;                // of unigram: of the estimation, a round
  std::string end_of_word_suffix;            // of bpe: behind the last piece of a word, "</w>", so that decoding knows where words end
  int64_t word_limit = 20000000;             // different words, for the memory: about 200 bytes each

  Options options();  // what is of use to some kinds says so (Option::with)
};
const std::vector<std::string>& names_of_tokenizer_kinds();  // by TokenizerKind: "bpe", "byte-bpe", ..., "char"

// Saved (save_tokenizer) it is a tokenizer.json and tokenizer_config.json as transformers reads them. The same texts and settings give the same bytes.
// throws: argument, settings that contradict each other or a vocabulary too small for the characters of the texts; input, no text; resource, more
// different words than word_limit
std::shared_ptr<const Tokenizer> train_tokenizer(const TextSource& texts, const TokenizerTraining& training, const TrainingWatch& watch = {});

}  // namespace grim
