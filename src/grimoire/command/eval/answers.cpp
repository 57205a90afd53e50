#include "grimoire/command/eval/answers.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/task/examination.h"
#include "grimoire/text/special_token.h"
#include "grimoire/train/provenance.h"

namespace grim::eval {

std::optional<int64_t> token_before(const TrainedModel& trained, const std::optional<bool>& begins) {
  if (!begins) return token_before_texts(*trained.tokenizer);
  if (!*begins) return std::nullopt;
  if (trained.begin) return trained.begin;
  return needed_token(*trained.tokenizer, TokenRole::begin);
}

Judged signed_by(Examination e, const EvalSettings& settings, const std::string& signature) {
  if (!settings.out.empty()) write_atomically(settings.out, to_csv(e.answers));
  e.blocks.push_back(report::Remark{signature});
  e.result.set("signature", signature);
  return {{"", std::move(e.blocks)}, std::move(e.result)};
}

void check_pairs(const LabelledTexts& texts, const Json& run) {
  if (run.text("task", "") == "pair" && texts.pairs.empty())
    throw Error(ErrorKind::input, str("the model reads pairs of texts, and these stand alone{}", texts.reading.empty() ? "" : ": " + texts.reading),
                "give a table with two columns of texts, named as in the one that it learned from");
}

Json training_settings(const Json& about) {
  const std::optional<Provenance> known = provenance_in(about);
  return known && known->settings.is_object() ? known->settings : Json::object();
}

std::string weights_of(WeightType type) { return type == WeightType::f32 ? "" : str("weights:{}|", name_of(type)); }

std::string common_signature(const Tokenizer& tokenizer, const Corpus& corpus, WeightType weights) {
  return str("{}vocab:{}|data:{}|grimoire:{}", weights_of(weights), tokenizer.vocab_size(), corpus.file_hash.substr(0, 16), GRIM_VERSION);
}

TextWindows windows_of_run(const Json& run, const TextEncoder& model) {
  TextWindows windows{.most = run.integer("max_length", 0), .stride = run.integer("stride", TextWindows().stride)};
  const auto* const named = std::ranges::find(kLongTexts, run.text("long_texts", kLongTexts[0]));
  if (named != kLongTexts.end()) windows.longer = static_cast<LongTexts>(named - kLongTexts.begin());
  return windows.within(model.context());
}

TextWindows tag_windows_of_run(const Json& run, const TextEncoder& model) {
  TextWindows windows = windows_of_run(run, model);
  if (windows.longer != LongTexts::refuse) windows.longer = LongTexts::window;
  return windows;
}

QuestionWindows question_windows_of_run(const Json& run, const TextEncoder& model) {
  const QuestionWindows usual;
  return QuestionWindows{run.integer("max_length", usual.most), run.integer("stride", usual.stride)}.within(model.context());
}

AnswerOptions answer_options_of_run(const Json& run, bool lacks, const std::optional<double>& null_threshold) {
  AnswerOptions options;
  const std::string rules = run.text("rules", "");
  options.may_lack = rules.empty() ? lacks : rules == "2.0";
  options.threshold = null_threshold ? *null_threshold : run.real("null_threshold", options.threshold);
  options.longest = run.integer("longest_answer", options.longest);
  return options;
}

}  // namespace grim::eval
