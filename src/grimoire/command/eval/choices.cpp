// Causal language models: which of several continuations is the likeliest.
#include "grimoire/base/error.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/choices.h"

namespace grim::eval {

Judged judge_choices(const TrainedModel& trained, const EvalSettings& settings) {
  const Corpus corpus = load_corpus(settings.choices, CorpusFormat::text);
  const std::vector<ChoiceQuestion> questions = parse_choices(corpus.text, corpus.source);
  const std::optional<int64_t> before = token_before(trained, settings.begins);
  const ChoiceEvaluation e = evaluate(*trained.model, *trained.tokenizer, before, questions);
  const auto n = static_cast<double>(e.questions);
  const std::string signature = str("choices|token:{}|joined:by-blank|bos:{}|context:{}|{}", trained.tokenizer->unit(), before ? "yes" : "no",
                                    trained.model->context(), common_signature(*trained.tokenizer, corpus, trained.products));
  report::Table table{{"chosen by", "right, %", "from", "to (95 %)"}, {}};
  Json result = Json::object({{"questions", e.questions}, {"guessing", e.guessed / n}});
  const auto add = [&](const char* words, const char* key, int64_t right) {
    const auto known = stats::proportion_interval(static_cast<double>(right), n);
    const double share = static_cast<double>(right) / n;
    table.rows.push_back({words, report::number(100 * share, "{:.2f}"), report::number(100 * known.low, "{:.2f}"), report::number(100 * known.high, "{:.2f}")});
    result.set(key, share);
    result.set(str("{}_interval", key), Json::array({known.low, known.high}));
  };
  add("likelihood (acc)", "acc", e.right);
  add("likelihood by character (acc_norm)", "acc_norm", e.right_by_character);
  add("likelihood by byte (acc_bytes)", "acc_bytes", e.right_by_byte);
  result.set("signature", signature);
  return {{"", {table, report::Figure{"questions", report::counted(e.questions)},
                report::Figure{"right by guessing, %", report::number(100 * e.guessed / n, "{:.2f}")}, report::Remark{signature}}},
          std::move(result)};
}

}  // namespace grim::eval
