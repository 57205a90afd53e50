// Multiple choice by likelihood (tools/golden/likelihood.py).
#include "grimoire/task/choices.h"

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/text/char_tokenizer.h"
#include "support/golden_model.h"

namespace grim {
namespace {

const std::string kGolden = std::string(GRIM_SOURCE_DIR) + "/tests/golden/";

Ids ids_in(const Json& list) {
  Ids ids;
  for (const Json& id : list.items()) ids.push_back(id.as_integer());
  return ids;
}

TEST(Choices, NatsAreThoseOfTransformers) {
  const auto model = test::golden_causal_lm(kGolden + "gpt/config.json", kGolden + "gpt/model.safetensors");
  const Json golden = Json::parse(read_file(kGolden + "likelihood.json"));
  for (const Json& c : golden.list("continuations")) EXPECT_NEAR(choice_nats(*model, {ids_in(c.at("context")), ids_in(c.at("choice"))}), c.real("nats"), 3e-5);
  EXPECT_THROW(choice_nats(*model, {{1}, Ids(17, 2)}), Error);
}

TEST(Choices, WhatFollowsTheContext) {
  const CharTokenizer t = CharTokenizer::of_text(" ab");  // blank 0, a 1, b 2
  const auto is = [&](const std::string& context, const std::string& choice, const std::optional<int64_t>& before, const Ids& shown, const Ids& asked) {
    const ChoiceTokens tokens = choice_tokens(t, before, context, choice);
    EXPECT_EQ(tokens.context, shown) << context << "|" << choice;
    EXPECT_EQ(tokens.choice, asked) << context << "|" << choice;
  };
  is("a", "b", {}, {1}, {0, 2});      // a blank between
  is("a ", "b", {}, {1}, {0, 2});     // which is the choice's
  is("a", " b", {}, {1}, {0, 2});
  is("a  ", "b", {}, {1}, {0, 0, 2});
  is("a", "b", 2, {2, 1}, {0, 2});
  is("", "ab", 2, {2}, {1, 2});
  is(" ", "b", 1, {1}, {0, 2});
  EXPECT_THROW(choice_tokens(t, {}, "", "ab"), Error);  // nothing stands before it
  const CharTokenizer items = CharTokenizer::of_items({"ab"});  // boundary 0
  const ChoiceTokens tokens = choice_tokens(items, {}, "a", "b");
  EXPECT_EQ(tokens.context, (Ids{0, 1}));
  EXPECT_EQ(tokens.choice, (Ids{2}));
}

// A model that gives every token the same nats: the shortest is the likeliest, and by length all are alike, unless a character has many bytes.
class Indifferent final : public CausalLm {
 public:
  Reading reading() const override { return Reading::sequence; }
  int64_t context() const override { return 64; }
  int64_t vocabulary() const override { return 8; }
  Json config() const override { return Json::object(); }
  Tensor logits(const Tensor& tokens, Pass&) const override { return Tensor::zeros({tokens.dim(0), tokens.dim(1), 8}); }
};

TEST(Choices, RightByLikelihoodAndByLength) {
  const CharTokenizer t = CharTokenizer::of_text(" abé.");
  const std::vector<ChoiceQuestion> questions = {
      {.context = "a", .choices = {" a", " aaaaaaa"}, .answer = 0, .line = 1},        // 2 tokens and 8: the first, and of equal means the first too
      {.context = "a", .choices = {"aaaaaaa", "a"}, .answer = 1, .line = 2},          // 8 / 7 nats a character against 2 / 1
      {.context = "a", .choices = {"abab", "éééé", "ab"}, .answer = 1, .line = 3},    // 5 / 4, 5 / 4 or 5 / 8 by bytes, 3 / 2
  };
  const ChoiceEvaluation e = evaluate(Indifferent(), t, {}, questions);
  EXPECT_EQ(e.questions, 3);
  EXPECT_EQ(e.right, 2);
  EXPECT_EQ(e.right_by_character, 1);
  EXPECT_EQ(e.right_by_byte, 2);
  EXPECT_NEAR(e.guessed, 0.5 + 0.5 + 1.0 / 3, 1e-12);
}

}  // namespace
}  // namespace grim
