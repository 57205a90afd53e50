// What is trained: a model, the examples it learns from, and how it is judged. All else, steps, schedule, checkpoints, resuming, is the
// Trainer's (train/trainer.h).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "grimoire/data/batcher.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/model/pretrained.h"
#include "grimoire/train/judgement.h"

namespace grim {

class Tokenizer;

using StopAsked = std::function<bool()>;  // empty: never

// What an evaluation looks at when nobody says how much: all of a part, or of a long one its first million examples, which tell a mean loss to
// about a thousandth of its deviation.
inline constexpr int64_t kJudgedAtOnce = 4096, kMostJudgements = 256;  // examples of a batch; batches
inline constexpr int64_t kFinalTrainBatches = 64;  // the train loss of the end is a sample of about 260,000 targets

class Task {
 public:
  virtual ~Task() = default;
  virtual Pretrained& model() = 0;
  virtual double rate_scale(const std::string& parameter) const;  // times the learning rate; 0: it stays as it is; here 1
  virtual int64_t rows() const = 0;  // that training may draw
  virtual int64_t rows_of_epoch() const { return rows(); }  // so many drawn read as much as there is: fewer, where rows overlap
  virtual Sampling sampling() const { return Sampling::replacement; }
  // What these rows' loss counts in the mean of a step: of text, the targets in them. It is asked for all batches of a step before the first
  // backward, which has to know the total.
  virtual double weight(std::span<const int64_t> rows) const = 0;
  virtual Tensor loss(std::span<const int64_t> rows, Pass& pass) const = 0;  // 0-d: the mean over that weight
  // What memory and time of a step of these rows go by: of texts that differ in length, the tokens that are read.
  virtual double tokens_in(std::span<const int64_t> rows) const { return weight(rows); }
  // Everything at once, for steps over the full batch.
  virtual double full_weight() const;
  virtual Tensor full_loss(Pass& pass) const;

  virtual std::vector<std::string> notes() const { return {}; }  // what a careful user wants to know of how the data were read

  virtual bool has(Part part) const = 0;
  virtual Judgement judge(Part part, int64_t batches, const StopAsked& stop) const = 0;  // at most so many batches; 0: kMostJudgements
  virtual std::string score_name() const { return ""; }  // what Judgement::score is called, "accuracy"; empty: there is none
  virtual Examination examine(Part part, const StopAsked& stop) const;  // of all of a part; here the judgement alone. `examined` names the part
  virtual int64_t batches(Part) const { return 1; }                     // that judging all of it takes; of a task that judges all at once its weight
  virtual const Tokenizer* tokenizer() const { return nullptr; }        // of its texts; null: it has none
  virtual int64_t symbols() const { return 0; }                         // of its vocabulary; 0: it has none
  virtual Part same_as(Part part) const { return part; }                // an earlier part that holds the very same examples
  virtual double guessing() const { return NAN; }                       // the loss of whoever knows nothing
  virtual double baseline(const StopAsked& stop) const;                 // that of a model to beat; NaN: none, or stopped

  // Of a model that counts instead of being trained: one look at every example; the targets that were counted. throws: argument
  virtual int64_t count();

  // The model's folder, and its weights back. throws: input
  virtual std::vector<CheckpointFile> files() const = 0;
  virtual void load(const std::string& folder) = 0;
};

Examination examined(const Task& task, Part part, const StopAsked& stop = {});

// The loss of any n training examples, as an evaluation works it out.
double judge_rows(const Task& task, int64_t n);

// The model alone, as a folder that others load. `run`: what it was trained on (train/provenance.h), kept in the manifest beside the step.
void save_model(const Task& task, const std::string& path, int64_t step, const Json& run);
Json about_step(int64_t step, const Json& run);

}  // namespace grim
