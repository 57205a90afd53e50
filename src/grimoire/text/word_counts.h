// How often each word occurs in texts: what vocabularies are trained on. A word is kept once, however often it comes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"

namespace grim {

class WordCounts {
 public:
  // At most so many different words. throws (add): resource, there are more
  explicit WordCounts(int64_t most_words) : most_words_(most_words) {}
  void add(std::string_view word, int64_t count);
  int64_t size() const { return static_cast<int64_t>(words_.size()); }
  std::string_view word(int64_t i) const;  // in the order of their first appearance
  int64_t count(int64_t i) const { return words_[static_cast<size_t>(i)].count; }
  std::vector<int64_t> by_bytes() const;   // the words in the order of their bytes

 private:
  struct Word {
    size_t begin;
    uint32_t bytes, hash;
    int64_t count;
  };
  void grow();

  int64_t most_words_;
  std::string text_;             // end to end
  std::vector<Word> words_;
  std::vector<uint32_t> slots_;  // open addressing, a power of two; a word's number and 1, or 0
};

using TextSink = std::function<void(std::string_view text)>;
// Gives every text to the sink, in order: well-formed UTF-8, each normalised and cut into words by itself. Lines with their ends, say.
using TextSource = std::function<void(const TextSink&)>;

// The words that a tokenizer of this normalizer and pre_tokenizer (as in tokenizer.json) hands to its model. What occurs often is normalised and
// cut once. throws: input, a part that is not known; resource, more than `most_words` different words
WordCounts count_words(const TextSource& texts, const Json& normalizer, const Json& pre_tokenizer, int64_t most_words);

}  // namespace grim
