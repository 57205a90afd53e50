// Encoders that label texts: how many they get right, class by class, and where they are most wrong.
#include "grimoire/command/eval/answers.h"
#include "grimoire/task/label_examination.h"

namespace grim::eval {

Judged judge_labels(const TrainedEncoder& trained, const EvalSettings& settings) {
  const Json run = training_settings(trained.about);
  const auto column = [&](const char* key) { return run.text(key, ""); };
  const LabelledColumns columns{column("text_column"), column("pair_column"), column("label_column")};
  const LabelledTexts texts = labelled_texts(read_text_table(settings.data, {columns.text, columns.pair, columns.label}), columns);
  check_pairs(texts, run);
  const Labels set = trained.model->label_set();
  const Tensor targets = label_targets(texts, set);
  const TextWindows windows = windows_of_run(run, *trained.model);
  const EncodedTexts encoded(*trained.tokenizer, texts.texts, texts.pairs, windows, texts.places);
  return signed_by(examined_labels(answer_labels(*trained.model, encoded), texts, targets, set), settings,
                   str("labels|{}|texts:{}|longer:{}|windows-of:{}|xxh3:{}", score_name(set.kind), texts.size(), encoded.longer(), windows.most,
                       texts.content_hash));
}

}  // namespace grim::eval
