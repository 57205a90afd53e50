// Tasks put to a language model in words.
#include "grimoire/task/prompt_task.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "grimoire/base/error.h"
#include "grimoire/model/gpt.h"
#include "grimoire/model/llama.h"
#include "grimoire/task/choices.h"
#include "grimoire/text/char_tokenizer.h"
#include "support/data.h"

namespace grim {
namespace {

const CharTokenizer kLetters = CharTokenizer::of_text("abcdefghijklmnopqrstuvwxyz: \n/AN[]MSK?");

Gpt small_gpt(int64_t context = 64) {
  Rng rng(RngMode::philox, 5);
  return Gpt({.vocab_size = kLetters.vocab_size(), .n_positions = context, .n_embd = 24, .n_layer = 2, .n_head = 3}, rng);
}

const std::vector<std::string> kChoices = {"good", "bad", "x"};

TEST(PromptReader, NatsAreThoseOfReadingAllOfIt) {
  const Gpt model = small_gpt();
  PromptReader reader(model, kLetters, {});
  for (const char* prompt : {"text: a warm film\nmood:", "text: a warm meal\nmood:", "text: a warm meal\nmood:", "a", "text: a dull film\nmood:"}) {
    const std::vector<double> nats = reader.nats(prompt, kChoices);
    for (size_t c = 0; c < kChoices.size(); ++c) EXPECT_NEAR(nats[c], choice_nats(model, choice_tokens(kLetters, {}, prompt, kChoices[c])), 2e-5) << prompt;
  }
}

TEST(PromptReader, WhatPromptsShareIsReadOnce) {
  const Gpt model = small_gpt();
  PromptReader reader(model, kLetters, {});
  const std::vector<std::string> one = {"x"};  // a blank and a letter
  reader.nats("abcdefgh", one);
  EXPECT_EQ(reader.tokens_read(), 9);
  reader.nats("abcdefgi", one);
  EXPECT_EQ(reader.tokens_read(), 11);
}

TEST(PromptReader, LongPromptsLoseTheirBeginning) {
  const Gpt model = small_gpt(16);
  PromptReader reader(model, kLetters, 3);
  const std::string prompt = "this is longer than sixteen letters";
  ChoiceTokens tokens = choice_tokens(kLetters, 3, prompt, "ab");
  tokens.context.erase(tokens.context.begin() + 1, tokens.context.end() - 12);
  EXPECT_NEAR(reader.nats(prompt, std::vector<std::string>{"ab"})[0], choice_nats(model, tokens), 2e-5);
  EXPECT_THROW(reader.nats("a", std::vector<std::string>{"abcdefghijklmnopqrst"}), Error);
}

TEST(PromptReader, WritesTheLikeliestUpToTheStop) {
  const Gpt model = small_gpt();
  PromptReader reader(model, kLetters, {});
  const std::string all = reader.written("abc", "", 12);
  EXPECT_EQ(all.size(), 12u);
  EXPECT_EQ(reader.written("abc", "", 12), all);
  const std::string stop = all.substr(3, 2);
  EXPECT_EQ(reader.written("abc", stop, 12), all.substr(0, all.find(stop)));
  EXPECT_THROW(reader.written("abc", "", 64), Error);
}

PromptTask mood() { return prompt_task_of(Json::parse(R"({"form": "text: {text}\nmood:", "words": {"0": "bad", "1": "good"}})"), "mood.json"); }

LabelledTexts some_texts() {
  LabelledTexts t;
  t.texts = {"a", "b", "c", "d", "e"};
  t.labels = {"1", "0", "1", "1", "good"};
  for (const std::string& text : t.texts) t.places.push_back("text " + text);
  return t;
}

TEST(PromptTask, ExamplesStandAnsweredBeforeTheText) {
  const PromptTask task = mood();
  const std::vector<AnsweredText> examples = {{"dull", "", "bad"}, {"{text}", "", "good"}};
  EXPECT_EQ(prompt_of(task, examples, "warm", ""), "text: dull\nmood: bad\n\ntext: {text}\nmood: good\n\ntext: warm\nmood:");
  EXPECT_EQ(prompt_of(known_prompt_task("qa"), {}, "who?", "a text"),
            "Answer each question with words of the text before it.\n\nText: a text\nQuestion: who?\nAnswer:");
}

TEST(PromptTask, ExamplesAreAsEvenAsLabelsAllow) {
  Rng rng(RngMode::philox, 1);
  const std::vector<AnsweredText> drawn = drawn_examples(mood(), some_texts(), 4, rng);
  ASSERT_EQ(drawn.size(), 4u);
  EXPECT_EQ(std::ranges::count(drawn, "bad", &AnsweredText::answer), 1);
  EXPECT_EQ(drawn[0].answer, "bad");
  EXPECT_EQ(drawn[1].answer, "good");
  EXPECT_THROW(drawn_examples(mood(), some_texts(), 6, rng), Error);
}

TEST(PromptTask, CalibratingTakesOutWhatNoContentSays) {
  const Gpt model = small_gpt(128);
  PromptReader reader(model, kLetters, {});
  const PromptTask task = mood();
  const LabelledTexts texts = some_texts();
  const PromptAnswers plain = choose_by_prompt(reader, task, {}, texts, Calibrated::no);
  const PromptAnswers calibrated = choose_by_prompt(reader, task, {}, texts, Calibrated::yes);
  double share[2] = {};
  for (const char* nothing : {"N/A", "", "[MASK]"}) {
    const std::vector<double> nats = reader.nats(prompt_of(task, {}, nothing, ""), task.choices());
    for (size_t c = 0; c < 2; ++c) share[c] += std::exp(-nats[c]) / (std::exp(-nats[0]) + std::exp(-nats[1])) / 3;
  }
  for (size_t i = 0; i < texts.size(); ++i)
    for (size_t c = 0; c < 2; ++c) EXPECT_NEAR(calibrated.nats[i][c], plain.nats[i][c] + std::log(share[c]), 1e-6);
}

TEST(PromptTask, SaysWhatIsWrong) {
  const auto refused = [](const char* json, const char* words) {
    try {
      prompt_task_of(Json::parse(json), "own.json");
      ADD_FAILURE() << json;
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(words), std::string::npos) << e.what();
    }
  };
  refused(R"({"form": "no place"})", "{text}");
  refused(R"({"form": "{text}", "wrods": {}})", "wrods");
  refused(R"({"form": "{text}", "words": {"1": "one"}})", "one word alone");
  refused(R"({"form": "{text}", "score": "rouge"})", "rouge");
  refused(R"([1])", "object");
  EXPECT_THROW(known_prompt_task("sentimant"), Error);
  try {
    mood().choice_of("7", "dev.tsv: row 3");
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("dev.tsv: row 3"), std::string::npos);
  }
  EXPECT_EQ(mood().choice_of("bad", ""), 0u);
}

}  // namespace
}  // namespace grim
