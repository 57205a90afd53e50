// Cross-validation of a fine-tuning: K runs of one configuration, each judged on a part of the data that neither trained it nor chose its weights.
//
//   DIR/fold-1 ... fold-K   runs as any other (train/run.h), whose test part is their fold
//   DIR/folds.json          the settings, each fold's score, their mean and its interval
//   DIR/predictions.csv     what is said of every example by the run that has not seen it
//   DIR/report.html         the same on a page
//
//   Stone 1974, "Cross-Validatory Choice and Assessment of Statistical Predictions"; Kohavi 1995 (strata). Runs that share most of their data vary less than
//   runs on others would: Bengio and Grandvalet 2004, "No Unbiased Estimator of the Variance of K-Fold Cross-Validation"
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "grimoire/train/events.h"
#include "grimoire/train/run_config.h"

namespace grim {

struct FoldScore {
  int64_t fold = 0, examples = 0;  // of which it was judged
  double score = NAN, loss = NAN;
  std::string folder = {};
};
struct FoldedRun {
  std::string folder = {}, score_name = {};
  std::vector<FoldScore> folds = {};
  double mean = NAN, deviation = NAN, low = NAN, high = NAN;  // of the scores; 95 % confidence of the mean by Student's t, NaN where all are equal
  Ending ending = Ending::finished;                           // stopped: in the fold behind the last of `folds`
  std::string next = {};                                      // what to do with the folder of a fold, TaskWords::next
};

int64_t folds_of(RunConfig& config);  // that its runs are; 0: it is one run
// Folds that have ended already in the folder are taken as they are, and one that was stopped goes on. throws: as train; usage, the folder's folds have other
// settings
FoldedRun train_folds(const RunConfig& config, RunEvents& events);
FoldedRun resume_folds(const std::string& folder, RunEvents& events);  // as folds.json says
std::vector<report::Block> blocks_of(const FoldedRun& run);            // each fold, the mean, and which folders are of use

}  // namespace grim
