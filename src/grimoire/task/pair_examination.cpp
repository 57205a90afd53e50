#include "grimoire/task/pair_examination.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/metric/bleu.h"
#include "grimoire/metric/significance.h"
#include "grimoire/report/layout.h"
#include "grimoire/task/examination.h"
#include "grimoire/task/rouge_rows.h"

namespace grim {
namespace {

using report::counted, report::Figure, report::number, report::Remark, report::Table;

std::string tokens_in_words(const LengthBucket& b) { return str("{} to {}", b.low, b.high); }

// The numbers of those whose sources are as long.
std::vector<size_t> within(const WrittenTexts& w, const LengthBucket& b) {
  std::vector<size_t> some;
  for (size_t i = 0; i < w.texts.size(); ++i)
    if (w.source_tokens[i] >= b.low && w.source_tokens[i] <= b.high) some.push_back(i);
  return some;
}

LineCounts bleu_counts(const Bleu& bleu, const WrittenTexts& w, const std::vector<size_t>& some) {
  Lines texts, references;
  for (const size_t i : some) texts.push_back(w.texts[i]), references.push_back(w.references[i]);
  const std::vector<Lines> all = {references};
  return bleu.count(texts, all);
}

// A score of each text alone, from 0 to 1: of BLEU only lengths of which it has a run count, and one is added to the matches of those above 1 (Lin and Och
// 2004, "ORANGE", section 4), since most have no run of four that is right.
std::vector<double> scores_of_texts(const WrittenTexts& w, TextScore score) {
  const Bleu bleu({.smoothing = BleuSmoothing::add_k, .order = NgramOrder::effective});
  std::vector<double> all;
  for (size_t i = 0; i < w.texts.size(); ++i) {
    const Lines one = {w.references[i]};
    all.push_back(score == TextScore::bleu ? bleu.sentence(w.texts[i], one) / 100
                                           : rouge({RougeKind::By::subsequence}, w.texts[i], one, Stemming::none).f1());
  }
  return all;
}

void add_rouge(Examination& e, const WrittenTexts& w, const std::vector<LengthBucket>& buckets, const std::vector<double>& scores) {
  RougeScores all({});
  for (size_t i = 0; i < w.texts.size(); ++i) all.add(w.texts[i], Lines{w.references[i]}, Stemming::none);
  const RougeAggregation how;
  Json kinds = Json::object();
  e.blocks.push_back(rouge_table(all, how, kinds));
  e.result.set("rouge", kinds);
  Table table{{"source tokens", "pairs", "ROUGE-L"}, {}};
  for (const LengthBucket& b : buckets) {
    const std::vector<size_t> some = within(w, b);
    double sum = 0;
    for (const size_t i : some) sum += scores[i];
    if (!some.empty()) table.rows.push_back({tokens_in_words(b), counted(some.size()), number(sum / static_cast<double>(some.size()), "{:.4f}")});
  }
  const std::string signature = "ROUGE|" + rouge_signature(1, Stemming::none, how);
  e.blocks.insert(e.blocks.end(), {table, Remark{signature}});
  e.result.set("rouge_signature", signature);
}

void add_worst(Examination& e, const WrittenTexts& w, const std::vector<double>& scores, TextScore score) {
  const char* const name = score == TextScore::bleu ? "BLEU of it alone" : score_name(score);
  const double whole = score == TextScore::bleu ? 100 : 1;
  Table worst{{name, "written", "given", "source", "pair"}, {}, "Worst texts"};
  Json all = Json::array();
  std::vector<double> lacking;
  for (const double s : scores) lacking.push_back(1 - s);
  for (const size_t i : largest(lacking)) {
    const auto shown = [](const std::string& text) { return report::shortened(text, kTextShown); };
    worst.rows.push_back({number(whole * scores[i], score == TextScore::bleu ? "{:.1f}" : "{:.4f}"), shown(w.texts[i]), shown(w.references[i]),
                          shown(w.sources[i]), counted(w.numbers[i] + 1)});
    all.push(Json::object({{"score", whole * scores[i]}, {"written", w.texts[i]}, {"given", w.references[i]}, {"source", w.sources[i]},
                           {"pair", w.numbers[i] + 1}}));
  }
  if (!worst.rows.empty()) e.blocks.push_back(worst);
  e.result.set("worst", all);
}

Table answers_of(const WrittenTexts& w, const std::vector<double>& scores) {
  Table table{{"pair", "source", "given", "written", "score"}, {}};
  for (size_t i = 0; i < w.texts.size(); ++i)
    table.rows.push_back({static_cast<double>(w.numbers[i] + 1), w.sources[i], w.references[i], w.texts[i], number(scores[i], "{:.6f}")});
  return table;
}

}  // namespace

const char* score_name(TextScore score) { return score == TextScore::bleu ? "BLEU" : "ROUGE-L"; }

WrittenTexts written_by(const Seq2Seq& model, const Tokenizer& tokenizer, const PairExamples& examples, const ParallelText& text, int64_t end,
                        const StopAsked& stop) {
  WrittenTexts w{.sources = {}, .texts = write_all(model, tokenizer, examples.sources(), end, stop), .references = {}, .source_tokens = {}, .numbers = {}};
  for (size_t i = 0; i < w.texts.size(); ++i) {
    std::ranges::replace(w.texts[i], '\n', ' ');
    const auto pair = static_cast<size_t>(examples.numbers()[i]);
    w.sources.push_back(text.sources[pair]);
    w.references.push_back(text.targets[pair]);
    w.source_tokens.push_back(std::ssize(examples.sources()[i]));
    w.numbers.push_back(examples.numbers()[i]);
  }
  return w;
}

void add_lengths(std::vector<report::Block>& blocks, Json& result, const std::vector<LengthBucket>& buckets) {
  Table table{{"source tokens", "pairs", "target tokens", "nats a token", "perplexity"}, {}};
  Json all = Json::array();
  for (const LengthBucket& b : buckets) {
    table.rows.push_back({tokens_in_words(b), counted(b.pairs), counted(b.tokens), number(b.loss, "{:.4f}"), number(std::exp(b.loss), "{:.2f}")});
    all.push(Json::object({{"from", b.low}, {"to", b.high}, {"pairs", b.pairs}, {"tokens", b.tokens}, {"nll_nats", b.loss}}));
  }
  blocks.push_back(table);
  result.set("by_length", all);
}

void add_bleu(std::vector<report::Block>& blocks, Json& result, const WrittenTexts& w, const std::vector<LengthBucket>& buckets) {
  const Bleu bleu;
  const LineCounts counts = bleu_counts(bleu, w, within(w, {.low = 0, .high = INT64_MAX}));
  const double score = bleu.score(counts.sums());
  const ScoreSpread spread = bootstrap_spread(bleu, counts, {});
  Table table{{"source tokens", "pairs", "BLEU"}, {}};
  Json lengths = Json::array();
  for (const LengthBucket& b : buckets) {
    const std::vector<size_t> some = within(w, b);
    if (some.empty()) continue;
    const double own = bleu.score(bleu_counts(bleu, w, some).sums());
    table.rows.push_back({tokens_in_words(b), counted(some.size()), number(own, "{:.2f}")});
    lengths.push(Json::object({{"from", b.low}, {"to", b.high}, {"pairs", some.size()}, {"bleu", own}}));
  }
  const std::string signature = "BLEU|" + bleu.signature(1);
  blocks.insert(blocks.end(), {Figure{"BLEU of what it writes", number(score, "{:.2f}")},
                               Figure{"with 95 % confidence, +-", number(spread.half_width, "{:.2f}")}, table, Remark{signature}});
  result.set("bleu", score);
  result.set("bleu_half_width", spread.half_width);
  result.set("bleu_by_length", lengths);
  result.set("bleu_signature", signature);
}

Examination examined_pairs(const PairEvaluation& e, const WrittenTexts& w, TextScore score) {
  Examination x{.score_name = score_name(score), .judgement = {.loss = e.loss, .weight = static_cast<double>(e.tokens), .stopped = e.stopped}};
  x.result.set("loss", e.loss);
  x.blocks.push_back(Figure{"nats a token", number(e.loss, "{:.4f}")});
  x.blocks.push_back(Figure{"pairs", counted(e.pairs)});
  add_lengths(x.blocks, x.result, e.buckets);
  if (w.texts.empty()) return x;
  if (static_cast<int64_t>(w.texts.size()) < e.pairs) x.blocks.push_back(Figure{"pairs of which it wrote the target", counted(w.texts.size())});
  const std::vector<double> scores = scores_of_texts(w, score);
  if (score == TextScore::bleu) {
    add_bleu(x.blocks, x.result, w, e.buckets);
    x.judgement.score = x.result.real("bleu");
  } else {
    for (const double s : scores) x.judgement.score = (std::isnan(x.judgement.score) ? 0 : x.judgement.score) + s / static_cast<double>(scores.size());
    add_rouge(x, w, e.buckets, scores);
  }
  add_worst(x, w, scores, score);
  x.answers = answers_of(w, scores);
  return x;
}

}  // namespace grim
