#include "grimoire/task/prompt_reader.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/softmax.h"
#include "grimoire/task/choices.h"
#include "grimoire/tensor/copy.h"
#include "grimoire/tensor/view.h"
#include "grimoire/text/special_token.h"

namespace grim {

PromptReader::PromptReader(const CausalLm& model, const Tokenizer& tokenizer, std::optional<int64_t> before)
    : model_(model), tokenizer_(tokenizer), before_(before), cache_(model.decode_cache()) {
  GRIM_CHECK(cache_ && model.reading() == Reading::sequence, argument, "prompts", "the model keeps nothing of what it has read: expected a transformer");
}

// The end of them, with what stands before every prompt.
Ids PromptReader::fitting(Ids ids, size_t room) const {
  if (ids.size() <= room) return ids;
  const bool begins = before_ && room > 1;
  Ids end(ids.end() - static_cast<ptrdiff_t>(room - (begins ? 1 : 0)), ids.end());
  if (begins) end.insert(end.begin(), *before_);
  return end;
}

Tensor PromptReader::log_probabilities(const Ids& ids, int64_t asked) {
  if (asked == 1 && ids == held_) return last_;  // the next choice of one token
  const NoGrad no_grad;
  const auto shared = std::ranges::mismatch(held_, ids).in1 - held_.begin();
  const int64_t kept = std::min<int64_t>(shared, std::ssize(ids) - asked), fresh = std::ssize(ids) - kept;
  cache_->cut(kept);
  held_.resize(static_cast<size_t>(kept));
  Pass pass = Pass::evaluation();
  pass.cache = cache_.get();
  const Tensor tokens = Tensor::from(std::span(ids).subspan(static_cast<size_t>(kept)), {1, fresh});
  const Tensor logits = asked == 1 ? model_.last_logits(tokens, pass) : view::select(view::slice(model_.logits(tokens, pass), 1, fresh - asked, fresh), 0, 0);
  read_ += fresh;
  const Tensor known = log_softmax(cast(contiguous(logits), Dtype::f64), -1);
  held_ = ids;
  last_ = view::slice(known, 0, asked - 1, asked);
  return known;
}

std::vector<double> PromptReader::nats(const std::string& prompt, std::span<const std::string> choices) {
  std::vector<double> all;
  for (const std::string& choice : choices) {
    const ChoiceTokens tokens = choice_tokens(tokenizer_, before_, prompt, choice);
    const auto asked = std::ssize(tokens.choice);
    GRIM_CHECK(asked < cache_->capacity(), input, "prompts", "the choice '{}' has {} tokens, expected fewer than {}, which the model looks back on", choice,
               asked, cache_->capacity());
    Ids ids = fitting(tokens.context, static_cast<size_t>(cache_->capacity() - asked));
    ids.insert(ids.end(), tokens.choice.begin(), tokens.choice.end() - 1);
    const Tensor known = log_probabilities(ids, asked);
    double sum = 0;
    for (int64_t i = 0; i < asked; ++i) sum -= known.data<double>()[i * known.dim(1) + tokens.choice[static_cast<size_t>(i)]];
    all.push_back(sum);
  }
  return all;
}

std::string PromptReader::written(const std::string& prompt, const std::string& stop, int64_t most_tokens) {
  GRIM_CHECK(most_tokens > 0 && most_tokens < cache_->capacity(), argument, "prompts", "got {} tokens to write, expected 1 to {}", most_tokens,
             cache_->capacity() - 1);
  Ids ids = tokenizer_.encode(prompt);
  if (before_) ids.insert(ids.begin(), *before_);
  ids = fitting(std::move(ids), static_cast<size_t>(cache_->capacity() - most_tokens));
  GRIM_CHECK(!ids.empty(), input, "prompts", "the prompt has no token");
  const std::optional<int64_t> end = special_token(tokenizer_, TokenRole::end);
  Ids answer;
  for (int64_t i = 0; i < most_tokens; ++i) {
    const int64_t next = argmax(log_probabilities(ids, 1), -1).to_vector<int64_t>()[0];
    if (next == end) break;
    answer.push_back(next), ids.push_back(next);
    const std::string text = tokenizer_.decode(answer);
    if (const size_t at = stop.empty() ? std::string::npos : text.find(stop); at != std::string::npos) return text.substr(0, at);
  }
  return tokenizer_.decode(answer);
}

}  // namespace grim
