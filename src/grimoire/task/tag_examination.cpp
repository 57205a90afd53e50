#include "grimoire/task/tag_examination.h"

#include <algorithm>
#include <numeric>

#include "grimoire/base/str.h"
#include "grimoire/report/layout.h"
#include "grimoire/stats/resample.h"
#include "grimoire/task/examination.h"

namespace grim {
namespace {

using report::counted, report::Figure, report::number, report::Table;

constexpr ClassWords kWords{"tag", "tags", "words"};

// Sentences are drawn anew: what a score would be on others of their kind. Both scores are 2 right / (said + there) over all sentences: of spans; of words,
// where as many are said as there are.
stats::Interval interval_of(const TaggedSentences& truth, const std::vector<Tags>& said, const Labels& set) {
  struct Counts {
    double right = 0, both = 0;
  };
  std::vector<Counts> counts(said.size());
  for (size_t s = 0; s < said.size(); ++s) {
    const Tags right(truth.tags_of(static_cast<int64_t>(s)).begin(), truth.tags_of(static_cast<int64_t>(s)).end());
    if (marks_spans(set)) {
      const SeqevalScores own = seqeval({&right, 1}, {&said[s], 1});
      counts[s] = {2.0 * static_cast<double>(own.micro.right), static_cast<double>(own.micro.predicted + own.micro.support)};
      continue;
    }
    for (size_t w = 0; w < right.size(); ++w) counts[s].right += right[w] == said[s][w], counts[s].both += 1;
  }
  std::vector<double> numbers(said.size());
  std::iota(numbers.begin(), numbers.end(), 0.0);
  const auto score = [&](std::span<const double> drawn) {
    Counts sum;
    for (const double s : drawn) sum.right += counts[static_cast<size_t>(s)].right, sum.both += counts[static_cast<size_t>(s)].both;
    return sum.both > 0 ? sum.right / sum.both : 0;
  };
  Rng rng(RngMode::philox, 1);
  return stats::bootstrap(numbers, score, rng, {.resamples = 1000}).percentile;
}

void add_spans(Examination& e, const TagScores& s) {
  e.blocks.insert(e.blocks.end(), {Figure{"precision", number(s.spans.micro.precision, "{:.4f}")}, Figure{"recall", number(s.spans.micro.recall, "{:.4f}")},
                                   Figure{"accuracy of words", number(s.accuracy, "{:.4f}")}});
  e.result.set("accuracy", s.accuracy);
}

void add_types(Examination& e, const SeqevalScores& s) {
  Table types{{"type", "precision", "recall", "F1", "there", "said", "right"}, {}, "Spans"};
  Json all = Json::array();
  const auto add = [&](const SpanScores& t) {
    types.rows.push_back({t.type, number(t.precision, "{:.4f}"), number(t.recall, "{:.4f}"), number(t.f1, "{:.4f}"), static_cast<double>(t.support),
                          static_cast<double>(t.predicted), static_cast<double>(t.right)});
    return Json::object({{"type", t.type}, {"precision", t.precision}, {"recall", t.recall}, {"f1", t.f1}, {"spans", t.support}, {"said", t.predicted},
                         {"right", t.right}});
  };
  for (const SpanScores& t : s.types) all.push(add(t));
  for (const SpanScores* const mean : {&s.micro, &s.macro, &s.weighted}) e.result.set(mean->type, add(*mean));
  e.blocks.push_back(types);
  e.result.set("types", all);
}

// The word in brackets, between those next to it.
std::string in_sentence(const TaggedSentences& all, int64_t word) {
  constexpr int64_t kNear = 4;
  const auto behind = std::ranges::upper_bound(all.begins, word);
  std::string text;
  for (int64_t w = std::max(*(behind - 1), word - kNear); w < std::min(*behind, word + kNear + 1); ++w)
    text += str("{}{}", text.empty() ? "" : " ", w == word ? str("[{}]", all.words[static_cast<size_t>(w)]) : all.words[static_cast<size_t>(w)]);
  return text;
}

double sure(const TagAnswers& answers, int64_t word) { return answers.probabilities.at({word, answers.likeliest(word)}); }

void add_worst(Examination& e, const TagAnswers& answers, const TaggedSentences& truth, const Labels& set) {
  Table worst{{"is", "said", "probability", "where", "line"}, {}, "Worst mistakes"};
  Json all = Json::array();
  std::vector<double> mistakes;
  const auto said = [&](int64_t word) { return set.names[static_cast<size_t>(answers.likeliest(word))]; };
  for (int64_t w = 0; w < std::ssize(truth.words); ++w) mistakes.push_back(said(w) == truth.tags[static_cast<size_t>(w)] ? 0 : sure(answers, w));
  for (const size_t at : largest(mistakes)) {
    const auto word = static_cast<int64_t>(at);
    const std::string text = in_sentence(truth, word);
    worst.rows.push_back({truth.tags[at], said(word), number(mistakes[at], "{:.4f}"), report::shortened(text, kTextShown),
                          static_cast<double>(truth.lines[at])});
    all.push(Json::object({{"is", truth.tags[at]}, {"said", said(word)}, {"probability", mistakes[at]}, {"word", truth.words[at]}, {"text", text},
                           {"line", truth.lines[at]}}));
  }
  if (!worst.rows.empty()) e.blocks.push_back(worst);
  e.result.set("worst", all);
}

Table answers_of(const TagAnswers& answers, const TaggedSentences& truth, const Labels& set) {
  Table table{{"place", "word", "tag", "said", "probability"}, {}};
  for (int64_t w = 0; w < std::ssize(truth.words); ++w) {
    const auto at = static_cast<size_t>(w);
    table.rows.push_back({truth.place(w), truth.words[at], truth.tags[at], set.names[static_cast<size_t>(answers.likeliest(w))],
                          number(sure(answers, w), "{:.6f}")});
  }
  return table;
}

}  // namespace

Examination examined_tags(const TagAnswers& answers, const TaggedSentences& truth, const Labels& set) {
  const TagScores s = score_tags(answers, truth, set);
  const bool spans = marks_spans(set);
  const int64_t words = std::ssize(truth.words);
  Examination e{.judgement = {.loss = s.loss, .score = s.score, .weight = static_cast<double>(words - s.unknown)},
                .blocks = {Figure{tag_score_name(set), number(s.score, "{:.4f}")}},
                .result = Json::object({{tag_score_name(set), s.score}, {"loss", s.loss}})};
  if (truth.sentences() > 1) {
    const stats::Interval known = interval_of(truth, said_tags(answers, truth, set), set);
    add_interval(e, known.low, known.high);
  }
  if (spans) add_spans(e, s);
  e.blocks.insert(e.blocks.end(), {Figure{"nats a word", number(s.loss, "{:.4f}")}, Figure{"words", counted(words)},
                                   Figure{"sentences", counted(truth.sentences())}});
  if (s.unknown > 0) e.blocks.push_back(Figure{"words with a tag that was not learned: wrong", counted(s.unknown)});
  e.result.set("unknown_tags", s.unknown);
  if (spans) add_types(e, s.spans);
  add_classes(e, class_scores(s.confusion, std::ssize(set.names)), set.names, kWords);
  add_confusion(e, s.confusion, set.names, kWords);
  add_worst(e, answers, truth, set);
  e.answers = answers_of(answers, truth, set);
  return e;
}

}  // namespace grim
