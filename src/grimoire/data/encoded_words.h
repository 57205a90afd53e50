// Sentences of words as an encoder reads them, where each word is to get an answer of its own.
//   Devlin et al. 2019, "BERT", section 5.3: of a word that is cut into pieces the first answers for all of it
// Words are cut one by one, each as behind another word, so that no piece spans two; Hugging Face calls that is_split_into_words.
#pragma once

#include <span>
#include <vector>

#include "grimoire/data/encoded_texts.h"
#include "grimoire/data/tagged_words.h"

namespace grim {

struct WordBatch {
  TokenBatch tokens;
  Tensor firsts;               // i64 (M,): the token with which each word begins that is answered here
  std::vector<int64_t> words;  // the number of each among the words of all sentences
};

// Sentences that are longer than a window are cut between words, in windows that share at most `stride` tokens, and no more than half of their own. Each
// word is answered in one window: of those that two share, the first half in the first, so that none is answered at an edge where it need not be.
class EncodedWords {
 public:
  EncodedWords() = default;
  // Of `windows` head and tail do not go: every word is answered. A word that leaves no piece (a control character alone) is the unknown token; of one that
  // is longer than a window the first pieces are read.
  // throws: argument, head or tail, or a window without room; input, a sentence that is too long and is to be refused, a word without pieces or unknown token
  EncodedWords(const Tokenizer& tokenizer, const TaggedSentences& sentences, const TextWindows& windows);

  const EncodedTexts& windows() const { return windows_; }  // each as a text of its own
  int64_t words() const { return static_cast<int64_t>(first_.size()); }
  int64_t words_in(int64_t window) const { return begin_[static_cast<size_t>(window) + 1] - begin_[static_cast<size_t>(window)]; }
  int64_t longer() const { return longer_; }  // sentences that are longer than a window
  int64_t cut() const { return cut_; }        // words of which only the first pieces are read
  WordBatch batch(std::span<const int64_t> windows) const;

 private:
  EncodedTexts windows_;
  std::vector<int64_t> begin_ = {0};  // window w answers words begin_[w] up to begin_[w + 1]
  std::vector<int32_t> first_;        // of each word the place of its first token in that window
  int64_t longer_ = 0, cut_ = 0;
};

}  // namespace grim
