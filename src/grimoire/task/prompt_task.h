// A task put to a language model in words, without training: the text stands in a form, some answered examples may stand before it, and the model says
// which answer is the likeliest, or writes one.
//   Brown et al. 2020, "Language Models are Few-Shot Learners", section 2
//   Zhao, Wallace, Feng, Klein and Singh 2021, "Calibrate Before Use", section 5: what the model answers to no content at all is divided out
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/base/rng.h"
#include "grimoire/data/text_table.h"
#include "grimoire/task/prompt_reader.h"

namespace grim {

enum class PromptScore : uint8_t { answers, bleu };  // of what is written: words shared with the answer (metric/squad.h); BLEU over all texts

struct PromptTask {
  std::string name;
  std::string form;  // "Review: {text}\nSentiment:"; {pair}: the text beside it
  // Labels in the data and what the model reads in their place; empty: it writes its answers.
  std::vector<std::pair<std::string, std::string>> words = {};
  std::string between = "\n\n";  // the instruction and the examples
  std::string instruction = {};
  int64_t most_tokens = 32;  // of an answer that is written, which ends with its line
  PromptScore score = PromptScore::answers;

  bool chooses() const { return !words.empty(); }
  std::vector<std::string> choices() const;
  // The number of a label, by its name in the data or its word. throws: input, none such, by `place`
  size_t choice_of(const std::string& label, const std::string& place) const;
};
std::vector<std::string> known_prompt_tasks();  // sentiment, topic, ...
// {"form": ..., "words": {"0": "negative", ...}, ...}; known: only the keys above. throws: input, another key, no {text} in the form
PromptTask prompt_task_of(const Json& object, const std::string& source);
PromptTask known_prompt_task(const std::string& name);  // throws: argument, with the nearest name

struct AnsweredText {
  std::string text, pair, answer;  // the answer as the model reads it
};
std::string prompt_of(const PromptTask& task, std::span<const AnsweredText> examples, const std::string& text, const std::string& pair);
// `shots` of the texts, drawn in turn from each label, so that labels are as even as they can be. throws: input, fewer texts
std::vector<AnsweredText> drawn_examples(const PromptTask& task, const LabelledTexts& texts, int64_t shots, Rng& rng);

struct PromptAnswers {
  std::vector<std::vector<double>> nats;  // of each text, for each choice; calibrated: less those without content
  std::vector<size_t> chosen;
};
enum class Calibrated : uint8_t { no, yes };
PromptAnswers choose_by_prompt(PromptReader& reader, const PromptTask& task, std::span<const AnsweredText> examples, const LabelledTexts& texts,
                               Calibrated calibrated, const std::function<void(size_t text)>& on_text = {});

}  // namespace grim
