// Models that read a text whole: encoders that find hidden words, encoder-decoders that write anew what was damaged. They are judged as their run trained
// them, where it is known.
#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/model/register.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/infill.h"
#include "grimoire/task/mlm.h"
#include "grimoire/task/spans.h"

namespace grim::eval {
namespace {

using report::counted, report::Figure, report::Remark, report::number;

const char* name_of(DocumentForm form) {
  constexpr const char* names[] = {"auto", "lines", "sentences"};
  return names[static_cast<int>(form)];
}

void add_pairs(Judged& answer, const MlmEvaluation& e) {
  const auto known = stats::proportion_interval(static_cast<double>(e.pairs_right), static_cast<double>(e.pairs));
  const double right = static_cast<double>(e.pairs_right) / static_cast<double>(e.pairs);
  answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"pairs of passages", counted(e.pairs)},
                                                           Figure{"told right whether they follow, %", number(100 * right, "{:.2f}")},
                                                           Figure{"with 95 % confidence, from", number(100 * known.low, "{:.2f}")},
                                                           Figure{"to", number(100 * known.high, "{:.2f}")}});
  answer.result.set("pairs", e.pairs);
  answer.result.set("next_accuracy", right);
  answer.result.set("next_interval", Json::array({known.low, known.high}));
}

// The text in pieces, as the model is trained on them.
struct Pieces {
  Corpus corpus;
  TextPieces texts;
  int64_t tokens;
};
Pieces pieces_of(const TrainedSeq2Seq& trained, const std::string& path, int64_t length) {
  Corpus corpus = load_corpus(path, CorpusFormat::text);
  const std::vector<int64_t> ids = trained.tokenizer->encode_with(corpus.text, {.special_tokens = false}).ids;
  return {std::move(corpus), TextPieces({ids.begin(), ids.end()}, length), static_cast<int64_t>(ids.size())};
}
void check_some(int64_t judged, const Pieces& pieces) {
  if (judged > 0) return;
  throw Error(ErrorKind::input,
              str("{}: the text has {} token{}, and is judged in pieces of {}: there is not one", pieces.corpus.source, pieces.tokens,
                  pieces.tokens == 1 ? "" : "s", pieces.texts.length()),
              str("give a text of {} tokens or more", pieces.texts.length()));
}

constexpr int64_t kUsualLength = 128;

Judged write_whole(const TrainedSeq2Seq& trained, const std::string& path) {
  const Json run = training_settings(trained.about);
  const InfillOptions usual;
  const InfillOptions options{.rate = run.real("mask_rate", usual.rate), .mean_length = run.real("span_length", usual.mean_length),
                              .permute = run.boolean("shuffle_sentences", usual.permute)};
  const int64_t length = std::min(run.integer("length", kUsualLength), trained.model->decode_cache()->capacity() - 2);
  const Pieces pieces = pieces_of(trained, path, length);
  const RewriteEvaluation e = evaluate(*trained.model, pieces.texts, Infill(InfillTokens::of(*trained.tokenizer), options));
  check_some(e.tokens, pieces);
  const std::string signature = str("infill|token:{}|hidden:{:.6g}|mean-span:{:.6g}|sentences:{}|length:{}|{}", trained.tokenizer->unit(), options.rate,
                                    options.mean_length, options.permute ? "permuted" : "in-order", length,
                                    common_signature(*trained.tokenizer, pieces.corpus, trained.products));
  return {{"", {Figure{"nats a token", number(e.loss, "{:.6f}")}, Figure{"tokens", counted(e.tokens)}, Remark{signature}}},
          Json::object({{"nll_nats", e.loss}, {"tokens", e.tokens}, {"signature", signature}})};
}

Judged fill_gaps(const TrainedSeq2Seq& trained, const std::string& path) {
  const Json run = training_settings(trained.about);
  const SpanOptions usual;
  const SpanOptions options{.rate = run.real("gap_rate", usual.rate), .mean_length = run.real("gap_length", usual.mean_length)};
  const Pieces pieces = pieces_of(trained, path, run.integer("length", kUsualLength));
  const SpanEvaluation e = evaluate(*trained.model, pieces.texts, SpanTokens::of(*trained.tokenizer), options, WriteGaps::yes);
  check_some(e.tokens, pieces);
  const auto share = [&](int64_t of) { return static_cast<double>(of) / static_cast<double>(e.gaps); };
  const std::string signature = str("spans|token:{}|taken:{:.6g}|mean-gap:{:.6g}|length:{}|greedy|{}", trained.tokenizer->unit(), options.rate,
                                    options.mean_length, pieces.texts.length(), common_signature(*trained.tokenizer, pieces.corpus, trained.products));
  return {{"", {Figure{"nats a token", number(e.loss, "{:.6f}")}, Figure{"tokens", counted(e.tokens)}, Figure{"gaps", counted(e.gaps)},
                Figure{"filled to the last token, %", number(100 * share(e.exact), "{:.2f}")},
                Figure{"by the commonest token, %", number(100 * share(e.exact_by_commonest), "{:.2f}")}, Remark{signature}}},
          Json::object({{"nll_nats", e.loss}, {"tokens", e.tokens}, {"gaps", e.gaps}, {"exact", share(e.exact)},
                        {"exact_by_commonest", share(e.exact_by_commonest)}, {"signature", signature}})};
}

}  // namespace

Judged judge_hidden_words(const TrainedEncoder& trained, const EvalSettings& settings) {
  if (!trained.model->has(EncoderPart::masked))
    throw Error(ErrorKind::input, str("{}: the model has no head that fills in masked words, and nothing to be judged by", trained.path),
                "give one that was trained to, as bert-tiny was");
  const Json run = training_settings(trained.about);
  const MaskOptions masks{.rate = run.real("mask_rate", MaskOptions().rate), .whole_words = run.boolean("whole_words", false), .fixed = true};
  const Corpus corpus = load_corpus(settings.data, CorpusFormat::text);
  const MlmTokens tokens = MlmTokens::of(*trained.tokenizer);
  const auto documents = tokenized(documents_of(corpus.text, settings.data, settings.documents), *trained.tokenizer);
  const MlmEvaluation e = evaluate(*trained.model, mlm_examples(*trained.model, documents, tokens, 0), tokens, masks);
  if (e.asked == 0) throw Error(ErrorKind::input, str("{}: it gives no text that could be masked", settings.data), "expected two sentences or more");
  const auto share = [&](int64_t of) { return static_cast<double>(of) / static_cast<double>(e.asked); };
  const std::string signature = str("mlm|token:{}|hidden:{:.6g}{}|of-these:80-masked-10-other-10-same|documents:{}|context:{}|{}", trained.tokenizer->unit(),
                                    masks.rate, masks.whole_words ? "-of-whole-words" : "", name_of(settings.documents), trained.model->context(),
                                    common_signature(*trained.tokenizer, corpus, trained.products));
  Judged answer{{"", {Figure{"nats a hidden token", number(e.words_loss, "{:.6f}")}, Figure{"hidden tokens", counted(e.asked)},
                      Figure{"of these found, %", number(100 * share(e.found), "{:.2f}")},
                      Figure{"the commonest of them, %", number(100 * share(e.commonest), "{:.2f}")}}},
                Json::object({{"masked_nats", e.words_loss}, {"masked_tokens", e.asked}, {"masked_accuracy", share(e.found)},
                              {"commonest_share", share(e.commonest)}, {"signature", signature}})};
  if (e.pairs > 0) add_pairs(answer, e);
  answer.report.blocks.push_back(Remark{signature});
  return answer;
}

Judged judge_rewriting(const TrainedSeq2Seq& trained, const EvalSettings& settings) {
  return architecture_of(trained.model->config()).task == "infill" ? write_whole(trained, settings.data) : fill_gaps(trained, settings.data);
}

}  // namespace grim::eval
