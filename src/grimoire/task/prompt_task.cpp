#include "grimoire/task/prompt_task.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/option.h"

namespace grim {
namespace {

// As a user would write them.
constexpr const char* kKnown = R"({
  "sentiment": {"form": "Review: {text}\nSentiment:", "words": {"0": "negative", "1": "positive"}},
  "topic": {"form": "Article: {text}\nTopic:", "words": {"1": "World", "2": "Sports", "3": "Business", "4": "Technology"}},
  "question-type": {"form": "Question: {text}\nThe answer is a", "words": {"ABBR": "abbreviation", "DESC": "description", "ENTY": "thing", "HUM": "person",
    "LOC": "place", "NUM": "number"}},
  "entailment": {"form": "{text}\nQuestion: {pair} True or false?\nAnswer:", "words": {"0": "true", "1": "false"}},
  "qa": {"instruction": "Answer each question with words of the text before it.", "form": "Text: {pair}\nQuestion: {text}\nAnswer:"},
  "translate": {"form": "German: {text}\nEnglish:", "most_tokens": 64, "score": "bleu"}
})";
constexpr const char* kText = "{text}", *kPair = "{pair}";

// One walk through the form: what a text brings is not looked at again.
std::string filled(const std::string& form, const std::string& text, const std::string& pair) {
  std::string all;
  for (size_t at = 0; at < form.size();) {
    if (form.compare(at, 6, kText) == 0) all += text, at += 6;
    else if (form.compare(at, 6, kPair) == 0) all += pair, at += 6;
    else all += form[at++];
  }
  return all;
}

const Json& known() {
  static const Json tasks = Json::parse(kKnown, "known tasks");
  return tasks;
}

}  // namespace

std::vector<std::string> PromptTask::choices() const {
  std::vector<std::string> all;
  for (const auto& [label, word] : words) all.push_back(word);
  return all;
}

size_t PromptTask::choice_of(const std::string& label, const std::string& place) const {
  for (size_t i = 0; i < words.size(); ++i)
    if (words[i].first == label || words[i].second == label) return i;
  std::vector<std::string> labels;
  for (const auto& [name, word] : words) labels.push_back(str("{} ({})", name, word));
  throw Error(ErrorKind::input, str("[prompts] {}: the label '{}' is none of the task's: {}", place, label, first_few(labels, 8)),
              "a task of your own is a file: {\"form\": \"... {text} ...\", \"words\": {\"LABEL\": \"word\", ...}}");
}

std::vector<std::string> known_prompt_tasks() { return known().keys(); }

PromptTask prompt_task_of(const Json& object, const std::string& source) {
  static const std::vector<std::string> keys = {"name", "form", "words", "between", "instruction", "most_tokens", "score"};
  GRIM_CHECK(object.is_object(), input, "prompts", "{}: expected an object with a form", source);
  for (const std::string& key : object.keys())
    if (std::ranges::find(keys, key) == keys.end())
      throw Error(ErrorKind::input, str("[prompts] {}: the key '{}' is not known, expected some of {}", source, key, joined(keys)), did_you_mean(key, keys));
  PromptTask task{.name = object.text("name", file_name(source)), .form = object.text("form", "")};
  GRIM_CHECK(task.form.find(kText) != std::string::npos, input, "prompts", "{}: the form has no place for the text, expected {} in \"form\"", source, kText);
  if (const Json* const words = object.find("words"))
    for (size_t i = 0; i < words->size(); ++i) task.words.emplace_back(words->keys()[i], (*words)[i].as_text());
  GRIM_CHECK(task.words.size() != 1, input, "prompts", "{}: one word alone leaves nothing to choose", source);
  task.between = object.text("between", task.between);
  task.instruction = object.text("instruction", "");
  task.most_tokens = object.integer("most_tokens", task.most_tokens);
  GRIM_CHECK(task.most_tokens > 0, input, "prompts", "{}: most_tokens is {}, expected at least 1", source, task.most_tokens);
  const std::string score = object.text("score", "answers");
  GRIM_CHECK(score == "answers" || score == "bleu", input, "prompts", "{}: the score is '{}', expected answers or bleu", source, score);
  task.score = score == "bleu" ? PromptScore::bleu : PromptScore::answers;
  return task;
}

PromptTask known_prompt_task(const std::string& name) {
  const Json* const object = known().find(name);
  if (!object) throw Error(ErrorKind::argument, str("[prompts] the task '{}' is not known, expected one of {} or a file", name, joined(known_prompt_tasks())),
                           did_you_mean(name, known_prompt_tasks()));
  return prompt_task_of(*object, name);
}

std::string prompt_of(const PromptTask& task, std::span<const AnsweredText> examples, const std::string& text, const std::string& pair) {
  std::string all = task.instruction.empty() ? "" : task.instruction + task.between;
  for (const AnsweredText& e : examples) all += filled(task.form, e.text, e.pair) + " " + e.answer + task.between;
  return all + filled(task.form, text, pair);
}

std::vector<AnsweredText> drawn_examples(const PromptTask& task, const LabelledTexts& texts, int64_t shots, Rng& rng) {
  GRIM_CHECK(shots <= std::ssize(texts.texts), input, "prompts", "{} examples are asked for, and there are {} texts", shots, texts.size());
  std::map<size_t, std::vector<size_t>> of_label;  // without labels to choose from, all in one
  for (const int64_t r : rng.permutation(std::ssize(texts.texts))) {
    const auto i = static_cast<size_t>(r);
    of_label[task.chooses() ? task.choice_of(texts.labels[i], texts.places[i]) : 0].push_back(i);
  }
  std::vector<AnsweredText> drawn;
  for (size_t turn = 0; std::ssize(drawn) < shots; ++turn)
    for (const auto& [label, rows] : of_label) {
      if (turn >= rows.size() || std::ssize(drawn) == shots) continue;
      const size_t i = rows[turn];
      drawn.push_back({texts.texts[i], texts.pairs.empty() ? "" : texts.pairs[i], task.chooses() ? task.words[label].second : texts.labels[i]});
    }
  return drawn;
}

PromptAnswers choose_by_prompt(PromptReader& reader, const PromptTask& task, std::span<const AnsweredText> examples, const LabelledTexts& texts,
                               Calibrated calibrated, const std::function<void(size_t text)>& on_text) {
  const std::vector<std::string> choices = task.choices();
  std::vector<double> without(choices.size());
  if (calibrated == Calibrated::yes) {
    // Zhao et al. average what comes of these three.
    for (const char* nothing : {"N/A", "", "[MASK]"}) {
      const std::vector<double> nats = reader.nats(prompt_of(task, examples, nothing, nothing), choices);
      double total = 0;
      for (const double n : nats) total += std::exp(-n);
      for (size_t c = 0; c < nats.size(); ++c) without[c] += std::exp(-nats[c]) / total / 3;
    }
    for (double& p : without) p = -std::log(p);
  }
  PromptAnswers answers;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (on_text) on_text(i);
    std::vector<double> nats;
    try {
      nats = reader.nats(prompt_of(task, examples, texts.texts[i], texts.pairs.empty() ? "" : texts.pairs[i]), choices);
    } catch (const Error& e) {
      throw Error(e.kind(), str("{}: {}", texts.places[i], e.what()), e.hint());
    }
    for (size_t c = 0; c < nats.size(); ++c) nats[c] -= without[c];
    answers.chosen.push_back(static_cast<size_t>(std::ranges::min_element(nats) - nats.begin()));
    answers.nats.push_back(std::move(nats));
  }
  return answers;
}

}  // namespace grim
