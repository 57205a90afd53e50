// WordPiece as BERT uses it (Devlin et al. 2019; Schuster, Nakajima 2012): the longest token that begins the word, then the longest continuation
// of it, and so on; a word that comes to a dead end is unknown as a whole. And WordLevel: a word is a token, or unknown.
#pragma once

#include "grimoire/text/subword_model.h"

namespace grim {

class WordPiece final : public SubwordModel {
 public:
  struct Options {
    std::string unk_token = "[UNK]";
    std::string continuing_subword_prefix = "##";
    int64_t max_input_chars_per_word = 100;  // a longer word is unknown
  };
  WordPiece(Vocabulary vocabulary, Options options);
  void tokenize(std::string_view word, std::vector<Token>& tokens) const override;
  const char* type() const override { return "WordPiece"; }
  std::string_view unknown() const override { return options_.unk_token; }
  Json to_json() const override;
  const Options& options() const { return options_; }

 private:
  Options options_;
  int32_t unk_id_;
};

class WordLevel final : public SubwordModel {
 public:
  WordLevel(Vocabulary vocabulary, std::string unk_token);
  void tokenize(std::string_view word, std::vector<Token>& tokens) const override;
  const char* type() const override { return "WordLevel"; }
  std::string_view unknown() const override { return unk_token_; }
  Json to_json() const override;

 private:
  std::string unk_token_;
  int32_t unk_id_;
};

}  // namespace grim
