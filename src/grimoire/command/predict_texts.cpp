#include "grimoire/command/predict_texts.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/command/predict_answers.h"
#include "grimoire/command/predict_tags.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/task/label_scores.h"

namespace grim {

void refuse_given(const std::string& what, const std::vector<std::pair<bool, std::string>>& flags) {
  for (const auto& [given, name] : flags)
    if (given) throw Error(ErrorKind::usage, str("--{} means nothing here: this model {}", name, what), "leave it out");
}

bool labels_texts(const std::string& model) { return files().kind(model) != FileKind::file; }

namespace {

// {"text": ..., "label": ..., "probability": ...}; of several labels a list of them; of a number its value.
Json answer_of(const double* row, const Labels& set, bool probabilities) {
  const auto K = std::ssize(set.names);
  Json answer = Json::object();
  if (set.kind == LabelKind::number) {
    answer.set("value", row[0]);
    return answer;
  }
  if (set.kind == LabelKind::one) {
    const int64_t best = std::max_element(row, row + K) - row;
    answer.set("label", set.names[static_cast<size_t>(best)]);
    answer.set("probability", row[best]);
  } else {
    Json labels = Json::array();
    for (int64_t k = 0; k < K; ++k)
      if (row[k] > .5) labels.push(set.names[static_cast<size_t>(k)]);
    answer.set("labels", labels);
  }
  if (!probabilities) return answer;
  Json all = Json::object();
  for (int64_t k = 0; k < K; ++k) all.set(set.names[static_cast<size_t>(k)], row[k]);
  answer.set("probabilities", all);
  return answer;
}

std::string inline_of(const Json& answer) {
  std::string line;
  for (size_t i = 0; i < answer.size(); ++i) {
    const Json& v = answer[i];
    if (answer.keys()[i] == "probabilities") {
      for (size_t k = 0; k < v.size(); ++k) line += str("\t{}={:.4f}", v.keys()[k], v[k].as_real());
      continue;
    }
    std::vector<std::string> words;
    if (v.is_array())
      for (const Json& word : v.items()) words.push_back(word.as_text());
    line += str("{}{}", i ? "\t" : "", v.is_array() ? joined(words, "|") : v.kind() == Json::Kind::text ? v.as_text() : str("{:.4f}", v.as_real()));
  }
  return line;
}

}  // namespace

int predict_texts(const TextsToLabel& asked, Console& console) {
  const TrainedEncoder trained = load_encoder(model_at(asked.model));
  if (eval::tags_words(trained)) return predict_tags(asked, trained, console);
  if (trained.model->has(EncoderPart::answers)) return predict_answers(asked, trained, console);
  if (trained.model->has(EncoderPart::choices)) return predict_choices(asked, trained, console);
  refuse_given("labels texts", {{!asked.questions.empty(), "question"}, {!asked.choices.empty(), "choice"}, {asked.best > 1, "best"},
                                {asked.null_threshold.has_value(), "null-threshold"}});
  if (!trained.model->has(EncoderPart::labels))
    throw Error(ErrorKind::input, str("{}: the model has no head that labels texts or words", trained.path),
                "teach it: grimoire finetune MODEL --task classify, or tag");
  const Json run = eval::training_settings(trained.about);
  LabelledTexts texts;
  if (!asked.data.empty()) {
    const LabelledColumns columns{asked.text_column.empty() ? run.text("text_column", "") : asked.text_column,
                                  asked.pair_column.empty() ? run.text("pair_column", "") : asked.pair_column, ""};
    texts = labelled_texts(read_text_table(asked.data, {columns.text, columns.pair}), columns, WithLabels::if_there);
    console.say(texts.reading);
  }
  for (const std::string& text : asked.texts) texts.texts.push_back(text), texts.places.push_back(str("text {}", texts.texts.size()));
  eval::check_pairs(texts, run);
  const TextWindows windows = eval::windows_of_run(run, *trained.model);
  const EncodedTexts encoded(*trained.tokenizer, texts.texts, texts.pairs, windows, texts.places);
  if (encoded.longer() > 0) console.say(long_texts_in_words(encoded.longer(), encoded.texts(), windows));
  const LabelAnswers answers = answer_labels(*trained.model, encoded);
  const Labels set = trained.model->label_set();
  const auto K = std::ssize(set.names);
  Json all = Json::array();
  for (size_t i = 0; i < texts.size(); ++i) {
    const Json answer = answer_of(answers.values.data<double>() + static_cast<int64_t>(i) * K, set, asked.probabilities);
    Json whole = Json::object({{"text", texts.texts[i]}});
    if (!texts.pairs.empty()) whole.set("pair", texts.pairs[i]);
    for (size_t k = 0; k < answer.size(); ++k) whole.set(answer.keys()[k], answer[k]);
    if (console.json()) all.push(whole);
    else console.data((asked.lines_of_json ? whole.dump() : str("{}\t{}", inline_of(answer), texts.texts[i])) + "\n");
  }
  if (console.json()) console.result(Json::object({{"model", trained.path}, {"answers", all}}));
  return 0;
}

}  // namespace grim
