// What turns one word, as a pre-tokenizer cut it, into pieces of a vocabulary. Kinds: Bpe, WordPiece, Unigram, WordLevel.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/text/vocabulary.h"

namespace grim {

struct Token {
  int32_t id;
  uint32_t begin, end;  // bytes of the word
};

// SentencePiece adds up the scores of a text from its beginning, in 32 bits: where two ways to cut a word are nearly as good, the sum before the word
// decides by how it is rounded. So a word has its tokens behind sums up to some size.
struct ScoreSum {
  static constexpr uint8_t kAny = 255, kNone = 0;
  float value = 0;
  uint8_t holds_below = kAny;  // exponent field of a float: the words seen have the same tokens behind any sum with a lower one

  static constexpr float kLowest = -100000;    // a lower sum begins at 0 again
  static constexpr float kMostOfWord = 1000;  // what a word with known tokens may have

  bool holds(uint8_t below) const { return static_cast<uint8_t>(std::bit_cast<uint32_t>(value) >> 23) < below && value > kLowest + kMostOfWord; }
};

class SubwordModel {
 public:
  virtual ~SubwordModel() = default;
  const Vocabulary& vocabulary() const { return vocabulary_; }
  // Appends the word's tokens. Safe from several threads at once. throws: input, a character that has no token in a vocabulary without an unknown one
  virtual void tokenize(std::string_view word, std::vector<Token>& tokens) const = 0;
  // The same behind words whose scores add up to `sum`, which moves on; and what is in `weights`, by id, is added to it for a word whose tokens are known.
  virtual void tokenize_behind(std::string_view word, ScoreSum&, std::vector<Token>& tokens) const { tokenize(word, tokens); }
  // The same of a word of any length in memory that does not grow with it: `take` has the tokens found so far, and clears them, now and then and at last.
  virtual void tokenize_long(std::string_view word, ScoreSum& sum, std::vector<Token>& tokens, const std::function<void()>& take) const {
    tokenize_behind(word, sum, tokens);
    take();
  }
  virtual std::span<const float> weights() const { return {}; }  // empty: it does not sum
  virtual const char* type() const = 0;              // "BPE", as in tokenizer.json
  virtual std::string_view unknown() const = 0;      // the token of what is unknown; empty: none
  virtual Json to_json() const = 0;                  // the "model" of tokenizer.json

 protected:
  explicit SubwordModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  Vocabulary vocabulary_;
};

}  // namespace grim
