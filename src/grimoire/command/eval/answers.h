// What eval has to say of each kind of model. A signature is the protocol in one line: what a token is, what is predicted, from how much context, on which
// data. Two figures can be compared where their signatures are equal.
#pragma once

#include <optional>
#include <string>

#include "grimoire/data/corpus.h"
#include "grimoire/data/documents.h"
#include "grimoire/data/encoded_texts.h"
#include "grimoire/data/text_table.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/report/report.h"
#include "grimoire/task/answer_spans.h"
#include "grimoire/train/judgement.h"

namespace grim::eval {

struct EvalSettings {
  std::string data, choices;
  std::string source, target, out;    // of pairs of texts; out: where what is written of the sources goes, or answered to each example
  int64_t stride = 0, context = 0;    // 0: the model's context
  std::optional<bool> begins = {};    // does a token stand before the text that begins one? nothing: as the tokenizer does it
  DocumentForm documents = DocumentForm::automatic;
  std::optional<double> null_threshold = {};  // of answers to questions; nothing: as the model was trained
};
struct Judged {
  report::Report report;
  Json result;
};
// Of an examination, which a run's own report shows too, with its protocol. Its table of answers goes to the settings' `out`, where that is given.
Judged signed_by(Examination e, const EvalSettings& settings, const std::string& signature);

Judged judge_text(const TrainedModel& trained, const EvalSettings& settings);
Judged judge_choices(const TrainedModel& trained, const EvalSettings& settings);
Judged judge_hidden_words(const TrainedEncoder& trained, const EvalSettings& settings);
Judged judge_labels(const TrainedEncoder& trained, const EvalSettings& settings);
bool tags_words(const TrainedEncoder& trained);  // it has a head that gives each token one of several named tags
Judged judge_tags(const TrainedEncoder& trained, const EvalSettings& settings);
Judged judge_answers(const TrainedEncoder& trained, const EvalSettings& settings);  // to questions, which stand in a text
Judged judge_best_choices(const TrainedEncoder& trained, const EvalSettings& settings);
Judged judge_rewriting(const TrainedSeq2Seq& trained, const EvalSettings& settings);
bool is_of_pairs(const TrainedSeq2Seq& trained);  // it was trained on pairs of texts
Judged judge_pairs(const TrainedSeq2Seq& trained, const EvalSettings& settings);

// The token that stands before a text. throws: input, one is asked for and the model has none
std::optional<int64_t> token_before(const TrainedModel& trained, const std::optional<bool>& begins);
TextWindows windows_of_run(const Json& run, const TextEncoder& model);  // as it was fine-tuned to read texts, from training_settings()
TextWindows tag_windows_of_run(const Json& run, const TextEncoder& model);  // of one that tags words: all of a sentence is read
int64_t longest_choice_of_run(const Json& run, const TextEncoder& model);  // tokens that are read of a question with an answer
QuestionWindows question_windows_of_run(const Json& run, const TextEncoder& model);
// 'no answer' is one where the run says so; of a model that no run is known of, where `lacks` does.
AnswerOptions answer_options_of_run(const Json& run, bool lacks, const std::optional<double>& null_threshold);
// throws: input, of a run that was taught pairs (its task says so), texts that stand alone
void check_pairs(const LabelledTexts& texts, const Json& run);
Json training_settings(const Json& about);  // of the run that a checkpoint is from; an empty object where nothing is known
std::string weights_of(WeightType type);  // what a signature says of them
std::string common_signature(const Tokenizer& tokenizer, const Corpus& corpus, WeightType weights);  // its end, the same for all

}  // namespace grim::eval
