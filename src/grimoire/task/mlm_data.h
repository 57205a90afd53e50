// Examples of masked language modelling: texts of one or two parts, and which of their tokens are to be found again.
#pragma once

#include <span>
#include <vector>

#include "grimoire/base/rng.h"
#include "grimoire/data/documents.h"
#include "grimoire/data/token_batch.h"

namespace grim {

// The tokens around and between the parts of a text, and the one that stands for what is hidden.
struct MlmTokens {
  int64_t begin = 0, separator = 0, mask = 0, vocabulary = 0;
  // As the tokenizer's settings name them (cls_token, sep_token, mask_token), else by their usual names. throws: input, it lacks one
  static MlmTokens of(const Tokenizer& tokenizer);
};

struct MaskOptions {
  double rate = 0.15;      // of the tokens of a text, at least one
  bool whole_words = false;
  bool fixed = false;      // the same tokens every time (Devlin et al. 2019); else others each time a text is drawn (Liu et al. 2019)
};

class MlmExamples {
 public:
  int64_t rows() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t asked_in(int64_t row, const MaskOptions& options) const;  // tokens that are to be found; of whole words at most so many
  int64_t tokens(std::span<const int64_t> rows) const;
  // A text of nothing but the tokens that stand around is left out: none of it could be hidden.
  void add(std::span<const int32_t> ids, std::span<const uint8_t> begins_word, int32_t second, bool follows, const MlmTokens& tokens);
  std::span<const int32_t> ids() const { return ids_; }

  struct Batch {
    TokenBatch texts;
    Tensor places, targets;  // i64 (M,): of the hidden tokens, in the batch; what stood there
    Tensor next;             // i64 (texts,): 0 where the second part follows the first, else 1
  };
  // Of those that are to be found, eight in ten are hidden behind the mask, one is another token, one stands as it is (Devlin et al. 2019, section 3.1).
  // Which, is drawn from the seed, the row and, where they change, the step.
  Batch batch(std::span<const int64_t> rows, const MlmTokens& tokens, const MaskOptions& options, uint64_t seed, uint32_t step) const;

 private:
  std::vector<int64_t> drawn(int64_t row, const MlmTokens& tokens, const MaskOptions& options, Rng& rng) const;
  std::span<const int32_t> ids_of(int64_t row) const;

  std::vector<int32_t> ids_;
  std::vector<uint8_t> begins_word_;
  std::vector<int64_t> offsets_ = {0};
  std::vector<int32_t> second_;   // where the second part begins; 0: there is none
  std::vector<uint8_t> follows_;
};

// Sentences as tokens.
struct TokenSentence {
  std::vector<int32_t> ids;
  std::vector<uint8_t> begins_word;
};
using TokenDocument = std::vector<TokenSentence>;
std::vector<TokenDocument> tokenized(const std::vector<Document>& documents, const Tokenizer& tokenizer);

// Two runs of sentences, of at most `length` tokens with those around them: in half of the examples the second is what follows the first, else it is from
// another document. A tenth are shorter, so that short texts are seen too (Devlin et al. 2019, appendix A.2, and its published program).
MlmExamples sentence_pairs(const std::vector<TokenDocument>& documents, const MlmTokens& tokens, int64_t length, Rng& rng);

// Whole sentences one behind the other until `length` tokens are full, with a separator where a document ends (FULL-SENTENCES, Liu et al. 2019, section 4.2).
MlmExamples full_sentences(const std::vector<TokenDocument>& documents, const MlmTokens& tokens, int64_t length);

}  // namespace grim
