// What tasks on labelled texts share: which texts train and which judge, how they are read, and how an encoder that labels texts is judged.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grimoire/data/encoded_texts.h"
#include "grimoire/data/text_table.h"
#include "grimoire/task/finetune.h"
#include "grimoire/train/task.h"

namespace grim {

// Which texts train and which judge, as they were read.
struct LabelFiles {
  LabelledTexts train, dev, test;
  LabelledTexts train_sample;  // of those that train, as many as tell their loss well enough
};
Options column_options(LabelledColumns& columns);
LabelledTexts read_labelled(const std::string& path, const LabelledColumns& columns, WithLabels with);  // throws: input
// `all`, what the run trains on, cut by its split where no file of the options judges. Each label there is in any of them is of `set`.
// throws: input, a label that is not, naming its row; a file with other columns; nothing is left to train on
LabelFiles label_files(const LabelledTexts& all, const Labels& set, const RunConfig& run, const FinetuneOptions& options, const LabelledColumns& columns,
                       WithLabels with);

// The texts of a source, which tokenizers cut.
class LabelData {
 public:
  LabelData(LabelFiles files, const TextWindows& windows) : files_(std::make_shared<const LabelFiles>(std::move(files))), windows_(windows) {}
  struct Parts {
    EncodedTexts train, dev, test, train_sample;
  };
  const std::shared_ptr<const LabelFiles>& files() const { return files_; }
  const TextWindows& windows() const { return windows_; }
  // throws: input, as EncodedTexts
  std::shared_ptr<const Parts> encoded(const Tokenizer& tokenizer, int64_t context) const;

 private:
  std::shared_ptr<const LabelFiles> files_;
  TextWindows windows_;
  EncodedOnce<Parts> encoded_;
};

class LabelledTask : public Task {
 public:
  Pretrained& model() override { return *model_; }
  int64_t rows() const override { return train_.texts->windows(); }
  Sampling sampling() const override { return Sampling::epochs; }
  bool has(Part part) const override { return of(part).texts && of(part).texts->texts() > 0; }
  Judgement judge(Part part, int64_t batches, const StopAsked& stop) const override;  // of what trains a sample
  std::string score_name() const override;
  int64_t batches(Part part) const override { return of(part).texts->texts(); }
  Examination examine(Part part, const StopAsked& stop) const override;
  double guessing() const override;  // whoever answers without reading: all classes alike, or the mean
  std::vector<CheckpointFile> files() const override;
  void load(const std::string& folder) override;
  std::vector<std::string> notes() const override;

 protected:
  struct LabelPart {
    const LabelledTexts* labelled = nullptr;
    const EncodedTexts* texts = nullptr;
    Tensor targets = {};  // as label_targets; undefined: nothing is known of these texts
  };
  LabelledTask(EncoderAtHand at_hand, const LabelData& data, const FinetuneOptions& options);
  const LabelPart& of(Part part) const { return part == Part::train ? train_sample_ : part == Part::dev ? dev_ : part == Part::test ? test_ : none_; }
  virtual Tensor targets(Part part) const { return of(part).targets; }  // what is right, in a judgement
  // The loss of logits (rows, K) against what is right of these windows of train, of which window i weighs weights[i], 1 together: cross-entropy; of several
  // labels that of each, their mean; of a number the squared error. 0-d.
  Tensor label_loss(std::span<const int64_t> windows, const Tensor& logits, std::span<const double> weights) const;
  // The loss of answering every text with what is usual among those that train: the share of each class, or the mean.
  double usual_loss(Part judged) const;

  std::unique_ptr<TextEncoder> model_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  Labels labels_;
  FinetuneOptions options_;

 private:
  TextWindows windows_;
  std::shared_ptr<const LabelFiles> files_;
  std::shared_ptr<const LabelData::Parts> encoded_;

 protected:
  LabelPart train_, dev_, test_, train_sample_, none_;
};

}  // namespace grim
