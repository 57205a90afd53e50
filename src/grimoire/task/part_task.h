// What tasks share whose examples lie in parts, drawn by their numbers and judged in batches of texts.
#pragma once

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/train/run_config.h"
#include "grimoire/train/task.h"

namespace grim {

inline constexpr int64_t kTextsAtOnce = 32;  // of an evaluation

// The numbers of the examples in the batch that begins at `begin`.
template <class Examples> std::vector<int64_t> batch_at(const Examples& examples, int64_t begin) {
  std::vector<int64_t> rows(static_cast<size_t>(std::min(examples.rows(), begin + kTextsAtOnce) - begin));
  std::iota(rows.begin(), rows.end(), begin);
  return rows;
}

// The folder whose model a run goes on from, or begins with, and whose tokenizer it has; "": it begins with nothing.
inline std::string model_before(const RunConfig& config, const std::string& checkpoint = "") {
  return !checkpoint.empty() ? checkpoint : !config.init_from.empty() ? model_folder_in(config.init_from) : "";
}

// A model of this capability, its tokenizer, and Examples with rows() for train, dev and test.
template <class Model, class Examples> class PartTask : public Task {
 public:
  Model& model() override { return *model_; }
  int64_t rows() const override { return train_.rows(); }
  bool has(Part part) const override { return of(part).rows() > 0; }
  int64_t batches(Part part) const override { return (of(part).rows() + kTextsAtOnce - 1) / kTextsAtOnce; }
  int64_t symbols() const override { return tokenizer_->vocab_size(); }
  std::vector<CheckpointFile> files() const override { return model_files(*model_, tokenizer_.get()); }
  void load(const std::string& folder) override { load_weights(*model_, folder); }

 protected:
  PartTask(std::unique_ptr<Model> model, std::shared_ptr<const Tokenizer> tokenizer) : model_(std::move(model)), tokenizer_(std::move(tokenizer)) {}
  const Examples& of(Part part) const { return part == Part::train ? train_ : part == Part::dev ? dev_ : part == Part::test ? test_ : none_; }

  std::unique_ptr<Model> model_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  Examples train_, dev_, test_, none_;
};

}  // namespace grim
