// Cross-validation, search over parameters, and the two curves that tell bias from variance. Whatever is fitted, pipelines
// included, is fitted anew on each fold's own training rows: nothing leaks.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grimoire/classic/estimator.h"
#include "grimoire/data/folds.h"

namespace grim {

// Rows permuted first (seeded), then stratified for classes, plain for numbers.
std::vector<Fold> shuffled(const Dataset& data, int64_t k, uint64_t seed);
// stratified for classes, plain for numbers
std::vector<Fold> folds_for(const Dataset& data, int64_t k);

// n - 1; 0 for one score, NaN when one does not exist or is infinite.
double deviation_of_scores(std::span<const double> scores);

struct FoldScores {
  std::vector<std::string> metrics;       // "accuracy", "log loss", "AUC"; "R2", "RMSE", "MAE"; the first is the score
  std::vector<std::vector<double>> test;  // [fold][metric]
  std::vector<double> train_score;        // [fold]
  std::vector<double> seconds;            // [fold], fitting
  std::vector<std::string> warnings;      // of all fits, each once
  std::vector<double> predicted;          // of every row, when it was held back
  std::vector<double> probability;        // of class 1 likewise, with two classes and a learner that gives it; else empty
  double mean(size_t metric = 0) const;
  double std(size_t metric = 0) const;  // over folds, n - 1
};
// Called with the number of fits done and of all fits; false stops.
using FitProgress = std::function<bool(int64_t, int64_t)>;
FoldScores cross_validate(const Estimator& prototype, const Dataset& data, const std::vector<Fold>& folds,
                          const FitProgress& progress = {});

// "C=0.1,1,10" for each parameter; every combination is tried.
struct Grid {
  std::vector<std::pair<std::string, std::vector<std::string>>> axes;
  static Grid parse(const std::vector<std::string>& axes);  // throws: usage
  std::vector<std::vector<std::string>> points() const;     // as set_params takes them
};
struct GridPoint {
  std::vector<std::string> params;
  double mean, std;
};
struct GridSearch {
  std::vector<GridPoint> points;  // in grid order
  size_t best = 0;                // highest mean; the first of equals
};
GridSearch grid_search(const Estimator& prototype, const Dataset& data, const Grid& grid, const std::vector<Fold>& folds,
                       const FitProgress& progress = {});
// The search is repeated inside every outer fold, on its training rows: an honest estimate of "search, then fit".
FoldScores nested_validation(const Estimator& prototype, const Dataset& data, const Grid& grid, const std::vector<Fold>& outer,
                             int64_t inner_folds, const FitProgress& progress = {});

struct CurveRow {
  std::string label;   // rows, or the parameter's value
  double x;            // the same as a number, or its place
  double train, test;  // mean scores
  double test_std;
};
// Fits on a share of each fold's training rows: the first of the file, or the first of a seeded permutation. A share that leaves a fold
// one class of several is left out.
enum class RowOrder : uint8_t { file, shuffled };
std::vector<CurveRow> learning_curve(const Estimator& prototype, const Dataset& data, const std::vector<Fold>& folds,
                                     const std::vector<double>& shares, RowOrder order, const FitProgress& progress = {});
std::vector<CurveRow> validation_curve(const Estimator& prototype, const Dataset& data, const std::vector<Fold>& folds,
                                       const std::string& param, const std::vector<std::string>& values, const FitProgress& progress = {});

// What a curve says, in words, with the figures it rests on.
struct CurveVerdict {
  std::string kind;                // "bias", "variance", "both", "good"; of a validation curve "underfits", "overfits", "peak"
  std::string text;                // one or two sentences: what is seen, what to do next
  double train, test, gap, slope;  // at the end of the curve; slope: gain of the test score over the last step
};
CurveVerdict judge_learning_curve(const std::vector<CurveRow>& curve, bool classifies);
CurveVerdict judge_validation_curve(const std::vector<CurveRow>& curve, const std::string& param);

}  // namespace grim
