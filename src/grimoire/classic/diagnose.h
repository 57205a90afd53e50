// A look at a table and a learner before anyone trusts a score: what is wrong with the rows, what with the fit, what to do about it.
#pragma once

#include <string>
#include <vector>

#include "grimoire/classic/validate.h"

namespace grim {

struct Finding {
  // constant-target (then nothing else), leakage, identifier, imbalance, duplicates, conflicts, missing, constant, unscaled, separation,
  // overfitting, underfitting, noise, healthy
  std::string kind;
  std::string text;    // what is seen, with figures
  std::string advice;  // what to do; may be empty
};

struct TableDiagnosis {
  std::vector<Finding> findings;  // the gravest first; never empty
  std::vector<CurveRow> curve;    // of the learner
  double baseline = 0;            // score of always saying the commonest class, or the mean
  double train = 0, test = 0;     // scores of the learner by cross-validation; NaN where the target is constant
};

// The learner is fitted many times on parts of the rows (at most 5,000 of them, drawn evenly). `data` as the file holds it, before
// any step of the pipeline. throws: argument, no target
TableDiagnosis diagnose_table(const Estimator& learner, const Dataset& data, const FitProgress& progress = {});

}  // namespace grim
