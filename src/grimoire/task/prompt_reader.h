// Many prompts that begin alike, read by a language model: what they share with the one before is not read again.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "grimoire/model/causal_lm.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

class PromptReader {
 public:
  // `before` stands before every prompt. Both must outlive it. throws: argument, a model that keeps nothing of what it has read
  PromptReader(const CausalLm& model, const Tokenizer& tokenizer, std::optional<int64_t> before);

  // -ln p of each choice's tokens behind the prompt, joined to it as choice_tokens (task/choices.h) has it. A prompt that is too long is cut at its beginning.
  // throws: input, a choice that adds no token, or more than the model looks back on
  std::vector<double> nats(const std::string& prompt, std::span<const std::string> choices);
  // What the model writes behind the prompt, always the likeliest token, up to `stop` (without it), the end of a text, or so many tokens.
  std::string written(const std::string& prompt, const std::string& stop, int64_t most_tokens);
  int64_t tokens_read() const { return read_; }

 private:
  Ids fitting(Ids ids, size_t room) const;
  Tensor log_probabilities(const Ids& ids, int64_t asked);  // (asked, V) f64: of what comes behind the last so many tokens of ids

  const CausalLm& model_;
  const Tokenizer& tokenizer_;
  std::optional<int64_t> before_;
  std::unique_ptr<DecodeCache> cache_;
  Ids held_;     // the tokens that the cache holds
  Tensor last_;  // what comes behind them: (1, V)
  int64_t read_ = 0;
};

}  // namespace grim
