#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/commands.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/model/register.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/infill.h"
#include "grimoire/task/mlm.h"
#include "grimoire/task/spans.h"
#include "grimoire/train/lm_source.h"
#include "grimoire/train/run.h"

namespace grim {
namespace {

class EvalCommand final : public Command {
 public:
  std::string name() const override { return "eval"; }
  std::string summary() const override { return "measure how well a trained model predicts a text file"; }
  std::vector<std::string> examples() const override {
    return {"grimoire eval runs/names --data names.txt", "grimoire eval runs/names --data names.txt --json"};
  }
  std::vector<Positional> positionals() override { return {{"folder", "a run folder or a checkpoint folder", &folder_}}; }
  Options options() override {
    return {{.name = "data", .help = "text file; every symbol of it is predicted once", .target = &data_, .basic = true},
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    if (data_.empty()) throw Error(ErrorKind::usage, "--data is missing: the text file to predict", "see grimoire eval --help");
    const device::ThreadCap cap(threads_);
    const AnyTrained any = load_any(model_at(folder_));
    if (const auto* const encoder = std::get_if<TrainedEncoder>(&any)) find_hidden_words(console, *encoder);
    else if (const auto* const writer = std::get_if<TrainedSeq2Seq>(&any))
      architecture_of(writer->model->config()).task == "infill" ? write_whole(console, *writer) : fill_gaps(console, *writer);
    else predict_next(console, std::get<TrainedModel>(any));
    return 0;
  }

 private:
  void predict_next(Console& console, const TrainedModel& trained) const {
    const bool items = trained.tokenizer->boundary().has_value();
    const Corpus corpus = load_corpus(data_, items ? CorpusFormat::lines : CorpusFormat::text);
    const Evaluation e = judge(trained, make_lm_part(corpus, *trained.tokenizer, trained.model->reading(), trained.model->context()));
    const double bits = e.nll_nats / std::log(2.0), perplexity = std::exp(e.nll_nats);
    const std::string signature = sign(trained, corpus);
    using report::Figure, report::Remark, report::number;
    report::Report answer{"", {Figure{"nats a token", number(e.nll_nats, "{:.6f}")}, Figure{"bits a token", number(bits, "{:.6f}")},
                               Figure{"perplexity", number(perplexity, "{:.4f}")}, Figure{"tokens", counted(e.tokens)}}};
    Json result = Json::object({{"nll_nats", e.nll_nats}, {"nll_bits", bits}, {"perplexity", perplexity}, {"tokens", e.tokens}, {"signature", signature}});
    const LmPart common = make_common_part(corpus, *trained.tokenizer, trained.model->reading(), trained.model->context());
    if (!common.empty()) {
      const Evaluation last = judge(trained, common);
      const Seen seen = common_part_seen(provenance_in(trained.about), corpus);
      const report::Tone tone = seen == Seen::no ? report::Tone::good : report::Tone::warning;
      answer.blocks.insert(answer.blocks.end(), {Figure{"nats a token of the last tenth", number(last.nll_nats, "{:.6f}")},
                                                 Figure{"tokens of the last tenth", counted(last.tokens)}, Remark{words_of(seen), tone}});
      result.set("common_nll_nats", last.nll_nats);
      result.set("common_tokens", last.tokens);
      result.set("common_was", name_of(seen));
    }
    answer.blocks.push_back(Remark{signature});
    show(console, answer, std::move(result));
  }

  void find_hidden_words(Console& console, const TrainedEncoder& trained) const {
    const Corpus corpus = load_corpus(data_, CorpusFormat::text);
    const MlmTokens tokens = MlmTokens::of(*trained.tokenizer);
    const auto documents = tokenized(documents_of(corpus.text, data_), *trained.tokenizer);
    const MlmEvaluation e = evaluate(*trained.model, mlm_examples(*trained.model, documents, tokens, 0), tokens, {.fixed = true});
    if (e.asked == 0) throw Error(ErrorKind::input, str("{}: it gives no text that could be masked", data_), "expected two sentences or more");
    using report::Figure, report::Remark, report::number;
    const auto share = [&](int64_t of) { return static_cast<double>(of) / static_cast<double>(e.asked); };
    const std::string signature =
        str("mlm|token:{}|hidden:0.15|of-these:80-masked-10-other-10-same|context:{}|vocab:{}|data:{}|grimoire:{}", trained.tokenizer->unit(),
            trained.model->context(), trained.tokenizer->vocab_size(), corpus.file_hash.substr(0, 16), GRIM_VERSION);
    report::Report answer{"", {Figure{"nats a hidden token", number(e.words_loss, "{:.6f}")}, Figure{"hidden tokens", counted(e.asked)},
                               Figure{"of these found, %", number(100 * share(e.found), "{:.2f}")},
                               Figure{"the commonest of them, %", number(100 * share(e.commonest), "{:.2f}")}}};
    Json result = Json::object({{"masked_nats", e.words_loss}, {"masked_tokens", e.asked}, {"masked_accuracy", share(e.found)},
                                {"commonest_share", share(e.commonest)}, {"signature", signature}});
    if (e.pairs > 0) {
      const auto known = stats::proportion_interval(static_cast<double>(e.pairs_right), static_cast<double>(e.pairs));
      const double right = static_cast<double>(e.pairs_right) / static_cast<double>(e.pairs);
      answer.blocks.insert(answer.blocks.end(), {Figure{"pairs of passages", counted(e.pairs)},
                                                 Figure{"told right whether they follow, %", number(100 * right, "{:.2f}")},
                                                 Figure{"with 95 % confidence, from", number(100 * known.low, "{:.2f}")},
                                                 Figure{"to", number(100 * known.high, "{:.2f}")}});
      result.set("pairs", e.pairs);
      result.set("next_accuracy", right);
      result.set("next_interval", Json::array({known.low, known.high}));
    }
    answer.blocks.push_back(Remark{signature});
    show(console, answer, std::move(result));
  }

  void write_whole(Console& console, const TrainedSeq2Seq& trained) const {
    const int64_t length = std::min<int64_t>(128, trained.model->decode_cache()->capacity() - 2);
    const Corpus corpus = load_corpus(data_, CorpusFormat::text);
    const std::vector<int64_t> ids = trained.tokenizer->encode_with(corpus.text, {.special_tokens = false}).ids;
    const Infill damage(InfillTokens::of(*trained.tokenizer), {});
    const RewriteEvaluation e = evaluate(*trained.model, TextPieces({ids.begin(), ids.end()}, length), damage);
    if (e.tokens == 0) throw Error(ErrorKind::input, str("{}: {} tokens", data_, ids.size()), str("expected {} or more", length));
    using report::Figure, report::Remark, report::number;
    const std::string signature = str("infill|token:{}|hidden:0.3|mean-span:3|sentences:permuted|length:{}|vocab:{}|data:{}|grimoire:{}",
                                      trained.tokenizer->unit(), length, trained.tokenizer->vocab_size(), corpus.file_hash.substr(0, 16), GRIM_VERSION);
    show(console, {"", {Figure{"nats a token", number(e.loss, "{:.6f}")}, Figure{"tokens", counted(e.tokens)}, Remark{signature}}},
         Json::object({{"nll_nats", e.loss}, {"tokens", e.tokens}, {"signature", signature}}));
  }

  void fill_gaps(Console& console, const TrainedSeq2Seq& trained) const {
    constexpr int64_t kLength = 128;
    const Corpus corpus = load_corpus(data_, CorpusFormat::text);
    const std::vector<int64_t> ids = trained.tokenizer->encode_with(corpus.text, {.special_tokens = false}).ids;
    const SpanEvaluation e = evaluate(*trained.model, SpanExamples({ids.begin(), ids.end()}, kLength), SpanTokens::of(*trained.tokenizer), {}, WriteGaps::yes);
    if (e.tokens == 0) throw Error(ErrorKind::input, str("{}: {} tokens", data_, ids.size()), str("expected {} or more", kLength));
    using report::Figure, report::Remark, report::number;
    const auto share = [&](int64_t of) { return static_cast<double>(of) / static_cast<double>(e.gaps); };
    const std::string signature = str("spans|token:{}|taken:0.15|mean-gap:3|length:{}|greedy|vocab:{}|data:{}|grimoire:{}", trained.tokenizer->unit(), kLength,
                                      trained.tokenizer->vocab_size(), corpus.file_hash.substr(0, 16), GRIM_VERSION);
    show(console, {"", {Figure{"nats a token", number(e.loss, "{:.6f}")}, Figure{"tokens", counted(e.tokens)}, Figure{"gaps", counted(e.gaps)},
                        Figure{"filled to the last token, %", number(100 * share(e.exact), "{:.2f}")},
                        Figure{"by the commonest token, %", number(100 * share(e.exact_by_commonest), "{:.2f}")}, Remark{signature}}},
         Json::object({{"nll_nats", e.loss}, {"tokens", e.tokens}, {"gaps", e.gaps}, {"exact", share(e.exact)},
                       {"exact_by_commonest", share(e.exact_by_commonest)}, {"signature", signature}}));
  }

  static report::Number counted(int64_t n) { return {static_cast<double>(n), with_commas(n)}; }
  static const char* name_of(Seen seen) {
    constexpr const char* names[] = {"held-back", "chosen-on", "trained-on", "unknown"};
    return names[static_cast<int>(seen)];
  }
  static const char* words_of(Seen seen) {
    constexpr const char* words[] = {
        "the last tenth, the same for every model and split, was held back of this one; what another was trained on, its own run tells",
        "the best weights of this model were chosen on some or all of the last tenth, which is the same for every model and split",
        "this model was trained on some or all of the last tenth, which says little of new text then",
        "this model may have been trained on the last tenth: it was made from other data, or they are not known"};
    return words[static_cast<int>(seen)];
  }
  static Evaluation judge(const TrainedModel& trained, const LmPart& part) {
    const Evaluation e = evaluate(*trained.model, part);
    if (!std::isfinite(e.nll_nats) && e.tokens > 0)
      throw Error(ErrorKind::numeric, str("{}: the model's loss is {}", trained.path, e.nll_nats), "its weights are finite but too large to compute with");
    return e;
  }
  // The protocol in one line: what a token is, what is predicted, from how much context, on which data.
  static std::string sign(const TrainedModel& trained, const Corpus& corpus) {
    const CausalLm& m = *trained.model;
    const bool items = trained.tokenizer->boundary().has_value();
    const std::string_view unit = trained.tokenizer->unit();
    const std::string targets = items ? "each-character-and-line-end"
                                : str("each-{}-but-the-first-{}", unit == "char" ? "character" : unit, m.reading() == Reading::window ? m.context() : 1);
    const std::string context = m.reading() == Reading::window ? str("window-{}", m.context())
                                : items ? "whole-line" : str("blocks-of-{}-without-overlap", m.context());
    return str("nll|token:{}|targets:{}|context:{}|vocab:{}|data:{}|grimoire:{}", trained.tokenizer->unit(), targets, context, trained.tokenizer->vocab_size(),
               corpus.file_hash.substr(0, 16), GRIM_VERSION);
  }

  std::string folder_, data_;
  int64_t threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_eval_command() { return std::make_unique<EvalCommand>(); }

}  // namespace grim
