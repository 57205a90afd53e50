// What turns one word, as a pre-tokenizer cut it, into pieces of a vocabulary. Kinds: Bpe, WordPiece, Unigram, WordLevel.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
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

class SubwordModel {
 public:
  virtual ~SubwordModel() = default;
  const Vocabulary& vocabulary() const { return vocabulary_; }
  // Appends the word's tokens. Safe from several threads at once. throws: input, a character that has no token in a vocabulary without an unknown one
  virtual void tokenize(std::string_view word, std::vector<Token>& tokens) const = 0;
  virtual const char* type() const = 0;              // "BPE", as in tokenizer.json
  virtual std::string_view unknown() const = 0;      // the token of what is unknown; empty: none
  virtual Json to_json() const = 0;                  // the "model" of tokenizer.json

 protected:
  explicit SubwordModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}
  Vocabulary vocabulary_;
};

}  // namespace grim
