// A text that models of one vocabulary are judged on: mean loss in nats a token.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/train/lm_data.h"

namespace grim {

class TextLoss {
 public:
  // Every token of the file is predicted; of running text in blocks of the model's context that lie end to end, at most `tokens` of them (0: all). Models
  // whose tokenizer marks items read the file's lines. throws: input, as load_corpus and Tokenizer::encode
  TextLoss(const std::string& path, const CausalLm& like, const Tokenizer& tokenizer, int64_t tokens = 0);
  // throws: numeric, weights that are too large to compute with
  double of(const CausalLm& model) const;
  // Some of its rows, drawn: tokens and what follows them.
  std::pair<Tensor, Tensor> drawn(Rng& rng, int64_t rows) const;

 private:
  std::string path_;
  int64_t context_;
  std::vector<int64_t> ids_ = {};  // of text that is read in blocks
  LmPart part_;
};

}  // namespace grim
