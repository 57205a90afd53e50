// Encoders that tag words: how many they get right, span by span where tags mark spans, tag by tag, and where they are most wrong.
#include "grimoire/command/eval/answers.h"
#include "grimoire/task/tag_examination.h"

namespace grim::eval {

bool tags_words(const TrainedEncoder& trained) {
  return trained.model->has(EncoderPart::token_labels) && trained.model->label_set().names.size() > 1 &&
         !trained.model->label_set().names[0].starts_with("LABEL_");
}

Judged judge_tags(const TrainedEncoder& trained, const EvalSettings& settings) {
  const Json run = training_settings(trained.about);
  const TaggedSentences truth = read_tagged_words(settings.data, {run.text("word_column", ""), run.text("label_column", "")});
  const Labels set = trained.model->label_set();
  const TextWindows windows = tag_windows_of_run(run, *trained.model);
  const EncodedWords words(*trained.tokenizer, truth, windows);
  Examination e = examined_tags(answer_words(*trained.model, words), truth, set);
  e.blocks.push_back(report::Remark{truth.reading});
  return signed_by(std::move(e), settings,
                   str("tags|{}|words:{}|sentences:{}|longer:{}|windows-of:{}|xxh3:{}|grimoire:{}", marks_spans(set) ? "spans:conlleval" : "accuracy",
                       words.words(), truth.sentences(), words.longer(), windows.most, truth.content_hash, GRIM_VERSION));
}

}  // namespace grim::eval
