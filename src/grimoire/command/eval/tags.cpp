// Encoders that tag words: how many they get right, span by span where tags mark spans, tag by tag, and where they are most wrong.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/metric/classification.h"
#include "grimoire/report/layout.h"
#include "grimoire/stats/resample.h"
#include "grimoire/task/tag_scores.h"

namespace grim::eval {
namespace {

using report::Figure, report::number, report::Remark, report::Table;

// Sentences are drawn anew: what a score would be on others of their kind. Both scores are 2 right / (said + there) over all sentences: of spans; of words,
// where as many are said as there are.
stats::Interval interval_of(const TaggedSentences& truth, const std::vector<Tags>& said, bool spans) {
  struct Counts {
    double right = 0, both = 0;
  };
  std::vector<Counts> counts(said.size());
  for (size_t s = 0; s < said.size(); ++s) {
    const Tags right(truth.tags_of(static_cast<int64_t>(s)).begin(), truth.tags_of(static_cast<int64_t>(s)).end());
    const SeqevalScores own = spans ? seqeval({&right, 1}, {&said[s], 1}) : SeqevalScores();
    if (spans) counts[s] = {2.0 * static_cast<double>(own.micro.right), static_cast<double>(own.micro.predicted + own.micro.support)};
    else
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

void add_spans(Judged& answer, const SeqevalScores& s) {
  Table types{{"type", "precision", "recall", "F1", "there", "said", "right"}, {}, "Spans"};
  Json all = Json::array();
  const auto add = [&](const SpanScores& t) {
    types.rows.push_back({t.type, number(t.precision, "{:.4f}"), number(t.recall, "{:.4f}"), number(t.f1, "{:.4f}"), static_cast<double>(t.support),
                          static_cast<double>(t.predicted), static_cast<double>(t.right)});
    return Json::object({{"type", t.type}, {"precision", t.precision}, {"recall", t.recall}, {"f1", t.f1}, {"spans", t.support}, {"said", t.predicted},
                         {"right", t.right}});
  };
  for (const SpanScores& t : s.types) all.push(add(t));
  for (const SpanScores* const mean : {&s.micro, &s.macro, &s.weighted}) answer.result.set(mean->type, add(*mean));
  answer.report.blocks.push_back(types);
  answer.result.set("types", all);
}

void add_tags(Judged& answer, const TagScores& s, const Labels& set) {
  const auto K = std::ssize(set.names);
  const std::vector<ClassScores> scores = class_scores(s.confusion, K);
  Table tags{{"tag", "precision", "recall", "F1", "words", "most often taken for"}, {}, "Tags"};
  Json all = Json::array();
  for (int64_t k = 0; k < K; ++k) {
    const ClassScores& c = scores[static_cast<size_t>(k)];
    std::vector<double> taken(s.confusion.begin() + k * K, s.confusion.begin() + (k + 1) * K);
    taken[static_cast<size_t>(k)] = 0;
    const auto most = std::ranges::max_element(taken);
    const std::string& name = set.names[static_cast<size_t>(k)];
    const std::string other = *most > 0 ? str("{} ({})", set.names[static_cast<size_t>(most - taken.begin())], *most) : "";
    tags.rows.push_back({name, number(c.precision, "{:.4f}"), number(c.recall, "{:.4f}"), number(c.f1, "{:.4f}"), c.support, other});
    all.push(Json::object({{"tag", name}, {"precision", c.precision}, {"recall", c.recall}, {"f1", c.f1}, {"words", c.support}}));
  }
  answer.report.blocks.push_back(tags);
  answer.result.set("tags", all);
  Json matrix = Json::array();
  for (int64_t i = 0; i < K; ++i) matrix.push(Json::array_of(std::span<const double>(s.confusion.data() + i * K, static_cast<size_t>(K))));
  answer.result.set("confusion", matrix);
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

void add_worst(Judged& answer, const TagScores& s, const TagAnswers& answers, const TaggedSentences& truth, const Labels& set) {
  Table worst{{"is", "said", "loss", "where", "line"}, {}, "Worst mistakes"};
  Json mistakes = Json::array();
  for (const TagScores::Mistake& m : s.worst) {
    const std::string& is = truth.tags[static_cast<size_t>(m.word)];
    const std::string &said = set.names[static_cast<size_t>(answers.likeliest(m.word))], text = in_sentence(truth, m.word);
    const int64_t line = truth.lines[static_cast<size_t>(m.word)];
    worst.rows.push_back({is, said, number(m.loss, "{:.2f}"), report::shortened(text, 60), static_cast<double>(line)});
    mistakes.push(Json::object({{"is", is}, {"said", said}, {"loss", m.loss}, {"word", truth.words[static_cast<size_t>(m.word)]}, {"text", text},
                                {"line", line}}));
  }
  if (!worst.rows.empty()) answer.report.blocks.push_back(worst);
  answer.result.set("worst", mistakes);
}

}  // namespace

bool tags_words(const TrainedEncoder& trained) {
  return trained.model->has(EncoderPart::token_labels) && trained.model->label_set().names.size() > 1 &&
         !trained.model->label_set().names[0].starts_with("LABEL_");
}

Judged judge_tags(const TrainedEncoder& trained, const EvalSettings& settings) {
  const Json run = training_settings(trained.about);
  const TaggedSentences truth = read_tagged_words(settings.data, {run.text("word_column", ""), run.text("label_column", "")});
  const Labels set = trained.model->label_set();
  const TextWindows windows = tag_windows_of_run(run, *trained.model);
  const EncodedWords words(*trained.tokenizer, truth, windows);
  const TagAnswers answers = answer_words(*trained.model, words);
  const TagScores s = score_tags(answers, truth, set);
  const bool spans = marks_spans(set);
  const std::string signature = str("tags|{}|words:{}|sentences:{}|longer:{}|windows-of:{}|xxh3:{}|grimoire:{}", spans ? "spans:conlleval" : "accuracy",
                                    words.words(), truth.sentences(), words.longer(), windows.most, truth.content_hash, GRIM_VERSION);
  Judged answer{{"", {Figure{tag_score_name(set), number(s.score, "{:.4f}")}}}, Json::object({{tag_score_name(set), s.score}, {"loss", s.loss}})};
  if (truth.sentences() > 1) {
    const stats::Interval known = interval_of(truth, said_tags(answers, truth, set), spans);
    answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"with 95 % confidence, from", number(known.low, "{:.4f}")},
                                                             Figure{"to", number(known.high, "{:.4f}")}});
    answer.result.set("interval", Json::array({known.low, known.high}));
  }
  if (spans) {
    answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"precision", number(s.spans.micro.precision, "{:.4f}")},
                                                             Figure{"recall", number(s.spans.micro.recall, "{:.4f}")},
                                                             Figure{"accuracy of words", number(s.accuracy, "{:.4f}")}});
    answer.result.set("accuracy", s.accuracy);
  }
  answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"nats a word", number(s.loss, "{:.4f}")}, Figure{"words", counted(words.words())},
                                                           Figure{"sentences", counted(truth.sentences())}});
  if (s.unknown > 0) answer.report.blocks.push_back(Figure{"words with a tag that was not learned: wrong", counted(s.unknown)});
  answer.result.set("unknown_tags", s.unknown);
  if (spans) add_spans(answer, s.spans);
  add_tags(answer, s, set);
  add_worst(answer, s, answers, truth, set);
  answer.report.blocks.push_back(Remark{truth.reading});
  answer.report.blocks.push_back(Remark{signature});
  answer.result.set("signature", signature);
  return answer;
}

}  // namespace grim::eval
