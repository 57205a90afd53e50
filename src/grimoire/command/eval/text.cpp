// Causal language models: how well the next token is predicted.
#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/metric/perplexity.h"
#include "grimoire/text/text_size.h"
#include "grimoire/train/lm_source.h"
#include "grimoire/train/rolling.h"

namespace grim::eval {
namespace {

using report::counted, report::Figure, report::Remark, report::number;

// Lines are items, each with its end. Of running text the tokens are predicted that have something before them.
class TextJudge {
 public:
  TextJudge(const TrainedModel& trained, const EvalSettings& settings)
      : trained_(trained), items_(trained.tokenizer->boundary().has_value()), rolls_(!items_ && trained.model->reading() == Reading::sequence),
        corpus_(load_corpus(settings.data, items_ ? CorpusFormat::lines : CorpusFormat::text)) {
    if (!rolls_ && (settings.stride > 0 || settings.context > 0 || settings.begins))
      throw Error(ErrorKind::usage, str("--stride, --context and --bos are for running text read in order: this model reads {}",
                                        items_ ? "each line whole" : str("windows of {} tokens", context())), "leave them out");
    if (!items_) text_ = running_text(corpus_, *trained.tokenizer);
    if (!rolls_) return;
    context_ = settings.context > 0 ? settings.context : context();
    stride_ = settings.stride > 0 ? settings.stride : context_;
    begin_ = token_before(trained, settings.begins);
    ids_ = trained.tokenizer->encode(text_, corpus_.source);
    if (begin_ && !ids_.empty() && ids_.front() == *begin_) begin_.reset();  // it stands there already
  }

  const Corpus& corpus() const { return corpus_; }
  Evaluation all() const { return rolls_ ? rolled(ids_) : judged(make_lm_part(corpus_, *trained_.tokenizer, trained_.model->reading(), context())); }
  Evaluation last_tenth() const {  // of no token when it is too short
    if (rolls_) {
      const std::span<const int64_t> last = common_part_of(ids_, context_);
      return last.empty() ? Evaluation() : rolled(last);
    }
    const LmPart part = make_common_part(corpus_, *trained_.tokenizer, trained_.model->reading(), context());
    return part.empty() ? Evaluation() : judged(part);
  }
  // Of what all() predicts: the text behind the tokens that have too little before them.
  TextSize predicted() const {
    if (items_) {
      std::string lines;
      for (const std::string& item : corpus_.items) lines += item + "\n";
      return text_size(lines);
    }
    const auto given = static_cast<size_t>(!rolls_ ? context() : begin_ ? 0 : 1);
    const Ids& ids = rolls_ ? ids_ : trained_.tokenizer->encode(text_, corpus_.source);
    const std::string before = trained_.tokenizer->decode(std::span(ids).first(std::min(given, ids.size())), Specials::keep);
    return text_size(std::string_view(text_).substr(std::min(before.size(), text_.size())));
  }
  std::string signature() const {
    const std::string unit = std::string_view(trained_.tokenizer->unit()) == "char" ? "character" : trained_.tokenizer->unit();
    const std::string targets = items_ ? "each-character-and-line-end" : begin_ ? "each-" + unit
                                : str("each-{}-but-the-first-{}", unit, rolls_ ? 1 : context());
    const std::string read = !rolls_ ? (items_ && trained_.model->reading() == Reading::sequence ? "whole-line" : str("window-{}", context()))
                             : stride_ == context_ ? str("blocks-of-{}-without-overlap", context_) : str("windows-of-{}-stride-{}", context_, stride_);
    const std::string bos = rolls_ ? str("|bos:{}", begin_ ? "yes" : "no") : "";
    const char* const documents = has_documents(corpus_, *trained_.tokenizer) ? "|documents:parted-by-end-token" : "";
    return str("nll|token:{}|targets:{}|context:{}{}{}|{}", trained_.tokenizer->unit(), targets, read, bos, documents,
               common_signature(*trained_.tokenizer, corpus_, trained_.products));
  }

 private:
  int64_t context() const { return trained_.model->context(); }
  Evaluation rolled(std::span<const int64_t> ids) const {
    Ids read(ids.begin(), ids.end());
    if (begin_) read.insert(read.begin(), *begin_);
    return checked(evaluate_rolling(*trained_.model, read, context_, stride_));
  }
  Evaluation judged(const LmPart& part) const { return checked(evaluate(*trained_.model, part)); }
  Evaluation checked(const Evaluation& e) const {
    if (!std::isfinite(e.nll_nats) && e.tokens > 0)
      throw Error(ErrorKind::numeric, str("{}: the model's loss is {}", trained_.path, e.nll_nats), "its weights are finite but too large to compute with");
    return e;
  }

  const TrainedModel& trained_;
  bool items_, rolls_;
  Corpus corpus_;
  int64_t context_ = 0, stride_ = 0;
  std::optional<int64_t> begin_;
  std::string text_;  // as it is read
  Ids ids_;
};

const char* name_of(Seen seen) {
  constexpr const char* names[] = {"held-back", "chosen-on", "trained-on", "unknown"};
  return names[static_cast<int>(seen)];
}
const char* words_of(Seen seen) {
  constexpr const char* words[] = {
      "the last tenth, the same for every model and split, was held back of this one; what another was trained on, its own run tells",
      "the best weights of this model were chosen on some or all of the last tenth, which is the same for every model and split",
      "this model was trained on some or all of the last tenth, which says little of new text then",
      "this model may have been trained on the last tenth: it was made from other data, or they are not known"};
  return words[static_cast<int>(seen)];
}

Judged first_answer(const Perplexity& p) {
  return {{"", {Figure{"nats a token", number(p.token_nats(), "{:.6f}")}, Figure{"bits a token", number(p.token_bits(), "{:.6f}")},
                Figure{"bits a byte", number(p.byte_bits(), "{:.6f}")}, Figure{"perplexity", number(p.by_token(), "{:.4f}")},
                Figure{"perplexity by word", number(p.by_word(), "{:.5g}")}, Figure{"perplexity by byte", number(p.by_byte(), "{:.4f}")},
                Figure{"tokens", counted(p.tokens)}, Figure{"words", counted(p.words)}, Figure{"bytes", counted(p.bytes)}}},
          Json::object({{"nll_nats", p.token_nats()}, {"nll_bits", p.token_bits()}, {"perplexity", p.by_token()},
                        {"word_perplexity", value_or_null(p.by_word())}, {"byte_perplexity", value_or_null(p.by_byte())},
                        {"bits_per_byte", value_or_null(p.byte_bits())}, {"tokens", p.tokens}, {"words", p.words}, {"bytes", p.bytes}})};
}

void add_last_tenth(Judged& answer, const Evaluation& last, Seen seen) {
  const report::Tone tone = seen == Seen::no ? report::Tone::good : report::Tone::warning;
  answer.report.blocks.insert(answer.report.blocks.end(), {Figure{"nats a token of the last tenth", number(last.nll_nats, "{:.6f}")},
                                                           Figure{"tokens of the last tenth", counted(last.tokens)}, Remark{words_of(seen), tone}});
  answer.result.set("common_nll_nats", last.nll_nats);
  answer.result.set("common_tokens", last.tokens);
  answer.result.set("common_was", name_of(seen));
}

}  // namespace

Judged judge_text(const TrainedModel& trained, const EvalSettings& settings) {
  const TextJudge judge(trained, settings);
  const Evaluation e = judge.all();
  const TextSize size = judge.predicted();
  Judged answer = first_answer({.nats = e.nll_nats * static_cast<double>(e.tokens), .tokens = e.tokens, .words = size.words, .bytes = size.bytes});
  if (const Evaluation last = judge.last_tenth(); last.tokens > 0)
    add_last_tenth(answer, last, common_part_seen(provenance_in(trained.about), judge.corpus()));
  answer.result.set("signature", judge.signature());
  answer.report.blocks.push_back(Remark{judge.signature()});
  return answer;
}

}  // namespace grim::eval
