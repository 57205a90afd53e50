// What fine-tuning tasks share: the model that a run begins with, under a fresh head; how much of it learns, and how fast; files beside the training
// data that judge.
//   Devlin et al. 2019, "BERT", section 4; Howard and Ruder 2018, "ULMFiT", section 3.2 (rates that fall towards the first layers)
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grimoire/data/encoded_texts.h"
#include "grimoire/io/hash.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/run_config.h"

namespace grim {

struct FinetuneOptions {
  double epochs = 3;          // where the run says no steps
  double warmup_share = 0.1;  // of the steps, where the run says no warmup
  double layer_decay = 1;     // the rate of a layer is that of the one above it times this
  int64_t freeze = 0;         // the embeddings and so many layers stay as they are; -1: all but the head
  std::string dev = {}, test = {};    // files; empty: parts of the data, by the run's split
  int64_t folds = 0, fold = 0;        // the test part is this one of so many folds, from 1; what is left is train and dev, as they are to each other
  TextWindows windows = {.most = 0};  // 0: what the model reads

  Options options(RunConfig& run);
  Options fold_options();  // those of them that make folds
  // Steps, warmup, batches and windows that are not said. throws: usage
  void resolve(RunConfig& run, int64_t examples) const;
  // Which of so many examples train, and which judge where no file does; the same whatever the run's seed. Folds have each of the strata, a number for
  // each example, in proportion. throws: usage; input, none is left to train on
  struct Shares {
    std::vector<int64_t> train, dev, test;
  };
  Shares shares(const RunConfig& run, int64_t examples, const std::vector<double>& strata = {}) const;
  SplitPercent percent_in_fold(const RunConfig& run) const;  // of what is not in the fold
  std::string fold_in_words() const { return str("{} of {}", fold, folds); }
  // What the data of such a run are, as TaskSource::identity has it.
  Json identity(const RunConfig& run, const std::string& train_hash, const std::string& dev_hash) const;
  // By a parameter's name: Task::rate_scale. `layers`: how many the model has.
  double rate_scale(const std::string& parameter, int64_t layers) const;
};

// A number for each text, the same for equal ones.
std::vector<double> numbered_texts(std::span<const std::string> texts);

// The numbers of at most 2048 of so many examples, from all over: as many as tell a loss well enough.
std::vector<int64_t> evenly_spread(int64_t examples);

// What a tokenizer makes of the data of a source: once for all its tasks, which are those of a run, of its diagnosis and of its report.
template <class Parts> class EncodedOnce {
 public:
  template <class Make> std::shared_ptr<const Parts> of(const Tokenizer& tokenizer, int64_t context, const Make& make) const {
    if (std::string key = str("{} {}", context, hash_of(tokenizer.to_json().dump())); key != key_) {
      parts_ = std::make_shared<const Parts>(make());
      key_ = std::move(key);
    }
    return parts_;
  }

 private:
  mutable std::shared_ptr<const Parts> parts_;
  mutable std::string key_;
};

struct EncoderAtHand {
  std::unique_ptr<TextEncoder> model;
  std::shared_ptr<const Tokenizer> tokenizer;
};
using TokenizerMaker = std::function<std::shared_ptr<const Tokenizer>()>;
// The encoder that the run begins with, under a fresh head; or, going on from a checkpoint, the one of that, whose weights are still to be loaded. A run that
// begins with none has one of its own shape, with fresh weights, behind the tokenizer that `fresh` makes.
// throws: input, no encoder is there; argument, the run's architecture is none
EncoderAtHand encoder_of_run(const RunConfig& run, const std::string& checkpoint, NewHead head, const Labels& labels, Rng& rng,
                             const TokenizerMaker& fresh = {});

}  // namespace grim
