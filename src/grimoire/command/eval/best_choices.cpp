// Encoders that choose among answers: how often they are right, beside chance, and where they are wrongly sure.
#include <algorithm>

#include "grimoire/command/eval/answers.h"
#include "grimoire/task/choice_examination.h"

namespace grim::eval {

int64_t longest_choice_of_run(const Json& run, const TextEncoder& model) {
  return TextWindows{.most = run.integer("max_length", 0)}.within(model.context()).most;
}

Judged judge_best_choices(const TrainedEncoder& trained, const EvalSettings& settings) {
  const Corpus corpus = load_corpus(settings.choices.empty() ? settings.data : settings.choices, CorpusFormat::text);
  const std::vector<ChoiceQuestion> questions = parse_choices(corpus.text, corpus.source);
  const int64_t most = longest_choice_of_run(training_settings(trained.about), *trained.model);
  const EncodedChoices encoded(*trained.tokenizer, questions, most, corpus.source);
  return signed_by(examined_choices(choose_answers(*trained.model, encoded), questions), settings,
                   str("best-choice|pairs-of:{}|longer:{}|questions:{}|{}", most, encoded.longer(), questions.size(),
                       common_signature(*trained.tokenizer, corpus, trained.products)));
}

}  // namespace grim::eval
