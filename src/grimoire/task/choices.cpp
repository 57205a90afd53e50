#include "grimoire/task/choices.h"

#include <algorithm>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/special_token.h"

namespace grim {
namespace {

constexpr std::string_view kSpaces = " \t\n\r\f\v";

int64_t first_token(const Tokenizer& tokenizer) {
  if (tokenizer.boundary()) return *tokenizer.boundary();
  if (const std::optional<int64_t> begin = special_token(tokenizer, TokenRole::begin)) return *begin;
  return needed_token(tokenizer, TokenRole::end);
}

}  // namespace

ChoiceTokens choice_tokens(const Tokenizer& tokenizer, const std::optional<int64_t>& before, const std::string& context, const std::string& choice) {
  const size_t kept = context.find_last_not_of(kSpaces) + 1;  // 0: white space alone, or nothing
  const bool joined = kept == 0 || kept < context.size() || kSpaces.find(choice[0]) != std::string_view::npos || tokenizer.boundary();
  const std::string shown = context.substr(0, kept), whole = context + (joined ? "" : " ") + choice;
  ChoiceTokens tokens{.context = shown.empty() ? Ids() : tokenizer.encode(shown), .choice = tokenizer.encode(whole)};
  tokens.choice.erase(tokens.choice.begin(), tokens.choice.begin() + static_cast<ptrdiff_t>(std::min(tokens.context.size(), tokens.choice.size())));
  GRIM_CHECK(!tokens.choice.empty(), input, "choices", "the choice '{}' adds no token to its context", choice);
  if (before) tokens.context.insert(tokens.context.begin(), *before);
  else if (tokens.context.empty() || tokenizer.boundary()) tokens.context.insert(tokens.context.begin(), first_token(tokenizer));
  return tokens;
}

double choice_nats(const CausalLm& model, const ChoiceTokens& tokens) {
  const auto asked = static_cast<int64_t>(tokens.choice.size()), longest = model.context();
  GRIM_CHECK(asked <= longest, input, "choices", "a choice has {} tokens, expected at most {}, which the model looks back on", asked, longest);
  Ids ids = tokens.context;
  ids.insert(ids.end(), tokens.choice.begin(), tokens.choice.end());
  const int64_t width = std::min(static_cast<int64_t>(ids.size()) - 1, longest);
  const std::vector<int64_t> starts = {static_cast<int64_t>(ids.size()) - 1 - width};
  const Examples e = text_crops(ids, starts, width);
  std::fill_n(e.y.data<int64_t>(), width - asked, kIgnore);
  const NoGrad no_grad;
  Pass pass = Pass::evaluation();
  return model.loss(e.x, e.y, pass).item() * static_cast<double>(asked);
}

int64_t likeliest_choice(std::span<const double> nats, std::span<const std::string> choices, ChoiceUnit by) {
  std::vector<double> each;
  for (size_t c = 0; c < nats.size(); ++c) {
    const auto bytes = static_cast<double>(choices[c].size());
    each.push_back(nats[c] / (by == ChoiceUnit::whole ? 1.0 : by == ChoiceUnit::byte ? bytes : static_cast<double>(count_code_points(choices[c]))));
  }
  return std::ranges::min_element(each) - each.begin();
}

ChoiceEvaluation evaluate(const CausalLm& model, const Tokenizer& tokenizer, const std::optional<int64_t>& before, std::span<const ChoiceQuestion> questions) {
  GRIM_CHECK(model.reading() == Reading::sequence, argument, "choices", "the model reads windows of {} tokens, expected one that reads texts", model.context());
  ChoiceEvaluation e;
  for (const ChoiceQuestion& q : questions) {
    std::vector<double> nats;
    try {
      for (const std::string& choice : q.choices) nats.push_back(choice_nats(model, choice_tokens(tokenizer, before, q.context, choice)));
    } catch (const Error& error) {
      throw Error(error.kind(), str("line {}: {}", q.line, error.what()), error.hint());
    }
    ++e.questions;
    e.right += likeliest_choice(nats, q.choices, ChoiceUnit::whole) == q.answer;
    e.right_by_character += likeliest_choice(nats, q.choices, ChoiceUnit::character) == q.answer;
    e.right_by_byte += likeliest_choice(nats, q.choices, ChoiceUnit::byte) == q.answer;
    e.guessed += 1.0 / static_cast<double>(q.choices.size());
  }
  return e;
}

}  // namespace grim
