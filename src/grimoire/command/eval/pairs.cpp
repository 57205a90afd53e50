// Encoder-decoders that were trained on pairs of texts: how likely they find the target of each source, by the length of the source, and what they write.
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/data/parallel_text.h"
#include "grimoire/task/pair_examination.h"

namespace grim::eval {

using report::counted, report::Figure, report::Remark, report::number;

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
                      Figure{"parameters", counted(trained.model->parameter_count())}}},
                Json::object({{"nll_nats", e.loss}, {"perplexity", std::exp(e.loss)}, {"pairs", pairs}, {"tokens", e.tokens},
                              {"parameters", trained.model->parameter_count()}, {"signature", signature}})};
  add_lengths(answer.report.blocks, answer.result, e.buckets);
  answer.report.blocks.push_back(Remark{signature});
  if (!settings.out.empty()) {
    const WrittenTexts w = written_by(*trained.model, *trained.tokenizer, encoded.pairs, text, end);
    write_atomically(settings.out, joined(w.texts, "\n") + "\n");
    add_bleu(answer.report.blocks, answer.result, w, e.buckets);
  }
  return answer;
}

}  // namespace grim::eval
