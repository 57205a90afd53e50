// Encoder-decoders that were trained on pairs of texts: how likely they find the target of each source, by the length of the source, and what they write.
#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/data/parallel_text.h"
#include "grimoire/task/seq2seq_data.h"
#include "grimoire/text/special_token.h"

namespace grim::eval {
namespace {

using report::Figure, report::Remark, report::number;

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

void write_translations(const TrainedSeq2Seq& trained, const PairExamples& pairs, int64_t end, const std::string& path) {
  std::string lines;
  for (std::string text : write_all(*trained.model, *trained.tokenizer, pairs.sources(), end)) {
    std::ranges::replace(text, '\n', ' ');  // a line each
    lines += text + "\n";
  }
  write_atomically(path, lines);
}

}  // namespace

bool is_of_pairs(const TrainedSeq2Seq& trained) { return training_settings(trained.about).find("teacher_forcing") != nullptr; }

Judged judge_pairs(const TrainedSeq2Seq& trained, const EvalSettings& settings) {
  const ParallelText text = settings.source.empty() ? load_pairs(settings.data) : load_pairs(settings.source, settings.target);
  const int64_t end = trained.ends.empty() ? needed_token(*trained.tokenizer, TokenRole::end) : trained.ends[0];
  const int64_t most = trained.model->decode_cache()->capacity();
  const EncodedPairs encoded = encode_pairs(text, *trained.tokenizer, end, most);
  const int64_t pairs = encoded.pairs.rows();
  if (pairs == 0)
    throw Error(ErrorKind::input, str("{}: every pair has a side of more than {} tokens, which the model cannot read", text.path, most),
                "expected shorter texts");
  const PairEvaluation e = evaluate(*trained.model, encoded.pairs);
  if (!settings.out.empty()) write_translations(trained, encoded.pairs, end, settings.out);
  const std::string weights = trained.dtype == Dtype::f32 ? "" : str("weights:{}|", name_of(trained.dtype));
  const std::string signature = str("pairs|token:{}|teacher-forced|up-to:{}|left-out:{}|{}vocab:{}|data:{}|grimoire:{}", trained.tokenizer->unit(), most,
                                    encoded.left_out + text.left_out, weights, trained.tokenizer->vocab_size(), content_hash(text).substr(0, 16), GRIM_VERSION);
  return {{"", {Figure{"nats a token", number(e.loss, "{:.6f}")}, Figure{"perplexity", number(std::exp(e.loss), "{:.4f}")}, Figure{"pairs", counted(pairs)},
                Figure{"target tokens", counted(e.tokens)},
                Figure{"parameters", counted(trained.model->parameter_count())}, by_length(e), Remark{signature}}},
          Json::object({{"nll_nats", e.loss}, {"perplexity", std::exp(e.loss)}, {"pairs", pairs}, {"tokens", e.tokens}, {"by_length", json_of(e.buckets)},
                        {"parameters", trained.model->parameter_count()}, {"signature", signature}})};
}

}  // namespace grim::eval
