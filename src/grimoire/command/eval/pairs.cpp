// Encoder-decoders that were trained on pairs of texts: how likely they find the target of each source, by the length of the source, and what they write.
#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/data/parallel_text.h"
#include "grimoire/metric/bleu.h"
#include "grimoire/metric/significance.h"
#include "grimoire/task/seq2seq_data.h"

namespace grim::eval {
namespace {

using report::counted, report::Figure, report::Remark, report::number;

report::Table by_length(const PairEvaluation& e) {
  report::Table table{{"source tokens", "pairs", "target tokens", "nats a token", "perplexity"}, {}};
  for (const LengthBucket& b : e.buckets)
    table.rows.push_back({str("{} to {}", b.low, b.high), counted(b.pairs), counted(b.tokens), number(b.loss, "{:.4f}"), number(std::exp(b.loss), "{:.2f}")});
  return table;
}

Json json_of(const std::vector<LengthBucket>& buckets) {
  Json all = Json::array();
  for (const LengthBucket& b : buckets)
    all.push(Json::object({{"from", b.low}, {"to", b.high}, {"pairs", b.pairs}, {"tokens", b.tokens}, {"nll_nats", b.loss}}));
  return all;
}

struct Written {
  std::vector<std::string> texts, references;
  std::vector<size_t> source_tokens;
};

Written written_of(const TrainedSeq2Seq& trained, const EncodedPairs& encoded, const ParallelText& text, int64_t end) {
  Written w{.texts = write_all(*trained.model, *trained.tokenizer, encoded.pairs.sources(), end), .references = {}, .source_tokens = {}};
  for (std::string& t : w.texts) std::ranges::replace(t, '\n', ' ');  // a line each
  for (size_t i = 0; i < encoded.kept.size(); ++i) {
    w.references.push_back(text.targets[encoded.kept[i]]);
    w.source_tokens.push_back(encoded.pairs.sources()[i].size());
  }
  return w;
}

// BLEU of those whose sources have `low` to `high` tokens.
LineCounts bleu_counts(const Bleu& bleu, const Written& w, int64_t low, int64_t high) {
  Lines texts, references;
  for (size_t i = 0; i < w.texts.size(); ++i) {
    if (static_cast<int64_t>(w.source_tokens[i]) < low || static_cast<int64_t>(w.source_tokens[i]) > high) continue;
    texts.push_back(w.texts[i]), references.push_back(w.references[i]);
  }
  const std::vector<Lines> all = {references};
  return bleu.count(texts, all);
}

void add_written(Judged& answer, const Written& w, const PairEvaluation& e) {
  const Bleu bleu;
  const LineCounts counts = bleu_counts(bleu, w, 0, INT64_MAX);
  const double score = bleu.score(counts.sums());
  const ScoreSpread spread = bootstrap_spread(bleu, counts, {});
  report::Table table{{"source tokens", "pairs", "BLEU"}, {}};
  Json lengths = Json::array();
  for (const LengthBucket& b : e.buckets) {
    const double own = bleu.score(bleu_counts(bleu, w, b.low, b.high).sums());
    table.rows.push_back({str("{} to {}", b.low, b.high), counted(b.pairs), number(own, "{:.2f}")});
    lengths.push(Json::object({{"from", b.low}, {"to", b.high}, {"pairs", b.pairs}, {"bleu", own}}));
  }
  const std::string signature = "BLEU|" + bleu.signature(1);
  answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"BLEU of what it writes", number(score, "{:.2f}")},
                                                           Figure{"with 95 % confidence, +-", number(spread.half_width, "{:.2f}")}, table, Remark{signature}});
  answer.result.set("bleu", score);
  answer.result.set("bleu_half_width", spread.half_width);
  answer.result.set("bleu_by_length", lengths);
  answer.result.set("bleu_signature", signature);
}

}  // namespace

bool is_of_pairs(const TrainedSeq2Seq& trained) { return training_settings(trained.about).find("teacher_forcing") != nullptr; }

Judged judge_pairs(const TrainedSeq2Seq& trained, const EvalSettings& settings) {
  ParallelText text = settings.source.empty() ? load_pairs(settings.data) : load_pairs(settings.source, settings.target);
  const std::string prefix = training_settings(trained.about).text("prefix", "");
  for (std::string& source : text.sources) source.insert(0, prefix);
  const int64_t end = end_token(trained);
  const int64_t most = trained.model->decode_cache()->capacity();
  const EncodedPairs encoded = encode_pairs(text, *trained.tokenizer, end, most);
  const int64_t pairs = encoded.pairs.rows();
  if (pairs == 0)
    throw Error(ErrorKind::input, str("{}: every pair has a side of more than {} tokens, which the model cannot read", text.path, most),
                "expected shorter texts");
  const PairEvaluation e = evaluate(*trained.model, encoded.pairs);
  const std::string weights = weights_of(trained.products);
  const std::string signature = str("pairs|token:{}|teacher-forced|up-to:{}|left-out:{}|{}vocab:{}|data:{}|grimoire:{}", trained.tokenizer->unit(), most,
                                    encoded.left_out + text.left_out, weights, trained.tokenizer->vocab_size(), content_hash(text).substr(0, 16), GRIM_VERSION);
  Judged answer{{"", {Figure{"nats a token", number(e.loss, "{:.6f}")}, Figure{"perplexity", number(std::exp(e.loss), "{:.4f}")},
                      Figure{"pairs", counted(pairs)}, Figure{"target tokens", counted(e.tokens)},
                      Figure{"parameters", counted(trained.model->parameter_count())}, by_length(e), Remark{signature}}},
                Json::object({{"nll_nats", e.loss}, {"perplexity", std::exp(e.loss)}, {"pairs", pairs}, {"tokens", e.tokens},
                              {"by_length", json_of(e.buckets)}, {"parameters", trained.model->parameter_count()}, {"signature", signature}})};
  if (!settings.out.empty()) {
    const Written w = written_of(trained, encoded, text, end);
    write_atomically(settings.out, joined(w.texts, "\n") + "\n");
    add_written(answer, w, e);
  }
  return answer;
}

}  // namespace grim::eval
