// The task of language models: predict the next symbol of a text.
#pragma once

#include "grimoire/hub/model_folder.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/run_config.h"
#include "grimoire/train/task.h"

namespace grim {

class LmTask final : public Task {
 public:
  // Fresh weights from `rng`. `known` numbers the symbols as an earlier checkpoint did; without it the corpus does. `config` is resolved.
  // throws: input, data that are too few or hold symbols that are not known
  LmTask(const RunConfig& config, const Corpus& corpus, Rng& rng, const std::shared_ptr<const Tokenizer>& known = {});

  CausalLm& model() override { return *model_; }
  const LmData& data() const { return data_; }
  const Tokenizer* tokenizer() const override { return tokenizer_.get(); }

  int64_t rows() const override { return data_.train.rows(); }
  int64_t rows_of_epoch() const override { return data_.train.judged_rows(); }
  double weight(std::span<const int64_t> rows) const override { return static_cast<double>(data_.train.targets_in(rows)); }
  Tensor loss(std::span<const int64_t> rows, Pass& pass) const override;
  double full_weight() const override { return static_cast<double>(data_.train.targets()); }
  Tensor full_loss(Pass& pass) const override;
  bool has(Part part) const override { return !of(part).empty(); }
  Judgement judge(Part part, int64_t batches, const StopAsked& stop) const override;
  int64_t batches(Part part) const override;
  int64_t symbols() const override { return tokenizer_->vocab_size(); }
  Part same_as(Part part) const override { return part == Part::common ? data_.common_is : part; }
  double guessing() const override { return std::log(static_cast<double>(tokenizer_->vocab_size())); }  // ln V
  double baseline(const StopAsked& stop) const override;
  int64_t count() override;
  std::vector<CheckpointFile> files() const override { return model_files(*model_, tokenizer_.get()); }
  void load(const std::string& folder) override { load_weights(*model_, folder); }

 private:
  const LmPart& of(Part part) const;

  std::shared_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<CausalLm> model_;
  LmData data_;
  int64_t places_;  // of an example
};

// Mean loss of the add-1 counting bigram, trained on data.train, on data.dev (or on train when there is no dev part); NaN when
// stopped.
double bigram_baseline(const LmData& data, int64_t vocab_size, int64_t rows_at_once, const StopAsked& stop = {});

}  // namespace grim
