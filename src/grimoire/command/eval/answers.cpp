#include "grimoire/command/eval/answers.h"

#include <algorithm>
#include <array>

#include "grimoire/base/error.h"
#include "grimoire/text/special_token.h"
#include "grimoire/train/provenance.h"

namespace grim::eval {

std::optional<int64_t> token_before(const TrainedModel& trained, const std::optional<bool>& begins) {
  if (!begins) return token_before_texts(*trained.tokenizer);
  if (!*begins) return std::nullopt;
  if (trained.begin) return trained.begin;
  return needed_token(*trained.tokenizer, TokenRole::begin);
}

Json training_settings(const Json& about) {
  const std::optional<Provenance> known = provenance_in(about);
  return known && known->settings.is_object() ? known->settings : Json::object();
}

std::string common_signature(const Tokenizer& tokenizer, const Corpus& corpus, Dtype dtype) {
  const std::string weights = dtype == Dtype::f32 ? "" : str("weights:{}|", name_of(dtype));
  return str("{}vocab:{}|data:{}|grimoire:{}", weights, tokenizer.vocab_size(), corpus.file_hash.substr(0, 16), GRIM_VERSION);
}

report::Number counted(int64_t n) { return {static_cast<double>(n), with_commas(n)}; }

TextWindows windows_of_run(const Json& run, const TextEncoder& model) {
  TextWindows windows{.most = run.integer("max_length", 0), .stride = run.integer("stride", TextWindows().stride)};
  windows.most = windows.most == 0 ? model.context() : std::min(windows.most, model.context());
  constexpr std::array kNames = {"head", "tail", "window", "refuse"};  // in the order of LongTexts
  const auto* const named = std::ranges::find(kNames, run.text("long_texts", kNames[0]));
  if (named != kNames.end()) windows.longer = static_cast<LongTexts>(named - kNames.begin());
  return windows;
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
