#include "grimoire/command/predict_tags.h"

#include <algorithm>
#include <limits>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/data/text_table.h"
#include "grimoire/task/tag_scores.h"

namespace grim {
namespace {

// Sentences, and where their words stand in the text that each is read from.
struct Sentences {
  TaggedSentences all;
  std::vector<std::string> texts;  // of each sentence
  std::vector<ByteRange> places;   // of each word in its text

  void add(std::string text, std::span<const ByteRange> words, int64_t line) {
    for (const ByteRange& w : words) all.words.push_back(text.substr(w.begin, w.end - w.begin)), all.lines.push_back(line), places.push_back(w);
    all.begins.push_back(std::ssize(all.words));
    texts.push_back(std::move(text));
  }
};

// As the tokenizer parts them before it cuts: most drop white space and set punctuation apart.
std::vector<ByteRange> words_in(const Tokenizer& tokenizer, const std::string& text) {
  const Encoding e = tokenizer.encode_with(text, {.truncation = TokenTruncation{.max_length = std::numeric_limits<int64_t>::max()}});
  std::vector<ByteRange> words;
  int32_t before = -1;
  for (size_t i = 0; i < e.size(); ++i) {
    if (!e.attention[i] || e.words[i] < 0) continue;
    if (e.words[i] == before) words.back().end = e.offsets[i].end;
    else words.push_back(e.offsets[i]);
    before = e.words[i];
  }
  for (ByteRange& w : words)  // the blank before a byte-level word
    while (w.begin < w.end && text[w.begin] == ' ') ++w.begin;
  std::erase_if(words, [](const ByteRange& w) { return w.begin >= w.end; });
  return words;
}

Sentences sentences_of(const TextsToLabel& asked, const TrainedEncoder& trained, const Json& run, Console& console) {
  Sentences s;
  const auto add_text = [&](const std::string& text, const std::string& place) {
    const std::vector<ByteRange> words = words_in(*trained.tokenizer, text);
    GRIM_CHECK(!words.empty(), input, "tags", "{}: there are no words", place);
    s.add(text, words, s.all.sentences() + 1);
  };
  if (!asked.data.empty() && !asked.text_column.empty()) {
    const LabelledTexts texts = labelled_texts(read_text_table(asked.data, {asked.text_column}), {asked.text_column, "", ""}, WithLabels::if_there);
    console.say(texts.reading);
    for (size_t i = 0; i < texts.size(); ++i) add_text(texts.texts[i], texts.places[i]);
  } else if (!asked.data.empty()) {
    const TaggedSentences read = read_tagged_words(asked.data, {run.text("word_column", ""), ""}, WithTags::no);
    console.say(read.reading);
    for (int64_t i = 0; i < read.sentences(); ++i) {
      std::string text;
      std::vector<ByteRange> words;
      for (const std::string& word : read.words_of(i)) {
        if (!text.empty()) text += ' ';
        words.push_back({static_cast<uint32_t>(text.size()), static_cast<uint32_t>(text.size() + word.size())});
        text += word;
      }
      s.add(std::move(text), words, read.lines[static_cast<size_t>(read.begins[static_cast<size_t>(i)])]);
    }
  }
  for (size_t i = 0; i < asked.texts.size(); ++i) add_text(asked.texts[i], str("text {}", i + 1));
  s.all.source = asked.data.empty() ? "text" : asked.data;
  return s;
}

// A run of words that the tags mark, with bytes in its text.
struct Entity {
  std::string type;
  uint32_t begin, end;
  double probability;  // the mean over its words of that of their tags
};

// What is said of one sentence.
struct Said {
  std::string_view text;
  std::span<const ByteRange> places;
  Tags tags;
  std::vector<double> probabilities;  // of these tags
  std::vector<Entity> entities;

  Said(const Sentences& s, int64_t sentence, const TagAnswers& answers, const Labels& set) : text(s.texts[static_cast<size_t>(sentence)]) {
    const auto number = static_cast<size_t>(sentence), begin = static_cast<size_t>(s.all.begins[number]), end = static_cast<size_t>(s.all.begins[number + 1]);
    places = std::span(s.places).subspan(begin, end - begin);
    for (size_t w = begin; w < end; ++w) {
      const auto word = static_cast<int64_t>(w), tag = answers.likeliest(word);
      tags.push_back(set.names[static_cast<size_t>(tag)]);
      probabilities.push_back(answers.probabilities.data<float>()[word * std::ssize(set.names) + tag]);
    }
    if (!marks_spans(set)) return;
    for (const TagSpan& span : spans_of(tags, TagScheme::conlleval)) {
      double sum = 0;
      for (size_t w = span.begin; w < span.end; ++w) sum += probabilities[w];
      entities.push_back({span.type, places[span.begin].begin, places[span.end - 1].end, sum / static_cast<double>(span.end - span.begin)});
    }
  }
};

// [Ada Lovelace](PER) was here; or Ada/PROPN was/AUX here/ADV.
std::string inline_of(const Said& said, bool spans, bool probabilities) {
  std::string line;
  const auto sure = [&](double p) { return probabilities ? str(" {:.4f}", p) : ""; };
  if (!spans) {
    for (size_t w = 0; w < said.tags.size(); ++w)
      line += str("{}{}/{}{}", w ? " " : "", said.text.substr(said.places[w].begin, said.places[w].end - said.places[w].begin), said.tags[w],
                  probabilities ? str("={:.4f}", said.probabilities[w]) : "");
    return line;
  }
  uint32_t at = 0;
  for (const Entity& e : said.entities) {
    line += str("{}[{}]({}{})", said.text.substr(at, e.begin - at), said.text.substr(e.begin, e.end - e.begin), e.type, sure(e.probability));
    at = e.end;
  }
  return line + std::string(said.text.substr(at));
}

Json json_of(const Said& said, bool spans) {
  const auto characters = [&](uint32_t byte) { return count_code_points(said.text.substr(0, byte)); };
  Json words = Json::array(), entities = Json::array();
  for (const ByteRange& w : said.places) words.push(said.text.substr(w.begin, w.end - w.begin));
  for (const Entity& e : said.entities)
    entities.push(Json::object({{"type", e.type}, {"text", said.text.substr(e.begin, e.end - e.begin)}, {"start", characters(e.begin)},
                                {"end", characters(e.end)}, {"probability", e.probability}}));
  Json whole = Json::object({{"text", said.text}, {"words", words}, {"tags", Json::array_of(said.tags)}});
  if (spans) whole.set("entities", entities);
  return whole;
}

// Of each word the probability of every tag.
Json probabilities_of(const TagAnswers& answers, const Labels& set, int64_t begin, int64_t end) {
  const auto K = std::ssize(set.names);
  Json all = Json::array();
  for (int64_t w = begin; w < end; ++w) {
    Json word = Json::object();
    for (int64_t k = 0; k < K; ++k) word.set(set.names[static_cast<size_t>(k)], answers.probabilities.data<float>()[w * K + k]);
    all.push(word);
  }
  return all;
}

}  // namespace

int predict_tags(const TextsToLabel& asked, const TrainedEncoder& trained, Console& console) {
  if (!asked.pair_column.empty()) throw Error(ErrorKind::usage, "--pair-column means nothing here: this model tags the words of a text", "leave it out");
  const Json run = eval::training_settings(trained.about);
  const Sentences sentences = sentences_of(asked, trained, run, console);
  const TextWindows windows = eval::tag_windows_of_run(run, *trained.model);
  const EncodedWords words(*trained.tokenizer, sentences.all, windows);
  if (words.longer() > 0)
    console.say(str("{} of {} sentences are longer than {} tokens, and are read in windows", words.longer(), sentences.texts.size(), windows.most));
  const TagAnswers answers = answer_words(*trained.model, words);
  const Labels set = trained.model->label_set();
  const bool spans = marks_spans(set);
  Json all = Json::array();
  for (int64_t i = 0; i < sentences.all.sentences(); ++i) {
    const Said said(sentences, i, answers, set);
    if (!console.json() && !asked.lines_of_json) {
      console.data(inline_of(said, spans, asked.probabilities) + "\n");
      continue;
    }
    Json whole = json_of(said, spans);
    const auto s = static_cast<size_t>(i);
    if (asked.probabilities) whole.set("probabilities", probabilities_of(answers, set, sentences.all.begins[s], sentences.all.begins[s + 1]));
    if (console.json()) all.push(whole);
    else console.data(whole.dump() + "\n");
  }
  if (console.json()) console.result(Json::object({{"model", trained.path}, {"answers", all}}));
  return 0;
}

}  // namespace grim
