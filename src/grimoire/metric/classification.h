// How good predicted classes and probabilities are. y: true class numbers; weights of rows may be empty (all 1).
// All throw shape when lengths differ.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "grimoire/tensor/tensor.h"

namespace grim {

using Numbers = std::span<const double>;

double accuracy(Numbers y, Numbers predicted, Numbers weight = {});
// counts[true * classes + predicted]
std::vector<double> confusion_matrix(Numbers y, Numbers predicted, int64_t classes, Numbers weight = {});

struct ClassScores {
  double precision, recall, f1, support;  // 0 where nothing was predicted or nothing was there
};
std::vector<ClassScores> class_scores(std::span<const double> confusion, int64_t classes);
// One score of all classes: by counts over all of them, by the mean, or by the mean weighted by support. Support is the sum.
enum class Averaging : uint8_t { micro, macro, weighted };
ClassScores averaged(std::span<const double> confusion, int64_t classes, Averaging how);
double balanced_accuracy(std::span<const double> confusion, int64_t classes);  // mean recall of the classes that occur
// Matthews correlation, any number of classes (Gorodkin 2004); 0 when a margin is empty.
double matthews(std::span<const double> confusion, int64_t classes);
double cohen_kappa(std::span<const double> confusion, int64_t classes);

// Mean of -ln p[y], p (N, K) f64, probabilities clipped to [1e-15, 1].
double log_loss(Numbers y, const Tensor& p, Numbers weight = {});
// Two classes: mean (p - y)^2, p of class 1.
double brier_score(Numbers y, Numbers p, Numbers weight = {});

struct CurvePoint {
  double x, y, threshold;
};
// Two classes, score of class 1. Rows with equal scores enter together, so that ties count half.
std::vector<CurvePoint> roc_curve(Numbers y, Numbers score, Numbers weight = {});               // false against true positive rate
std::vector<CurvePoint> precision_recall_curve(Numbers y, Numbers score, Numbers weight = {});  // recall against precision
double roc_auc(Numbers y, Numbers score, Numbers weight = {});
double average_precision(Numbers y, Numbers score, Numbers weight = {});  // sum of (R_i - R_{i-1}) P_i
// K > 2: the mean over classes of one against the rest.
double roc_auc_one_vs_rest(Numbers y, const Tensor& p, Numbers weight = {});

struct ReliabilityBin {
  double predicted, observed, weight;  // means of p and of y in the bin
};
std::vector<ReliabilityBin> reliability(Numbers y, Numbers p, int bins = 10,
                                        Numbers weight = {});  // bins of equal width; empty ones left out
// Mean over rows of what is between p and y in their bins. Naeini, Cooper and Hauskrecht 2015, "Obtaining Well Calibrated Probabilities Using Bayesian
// Binning"; Guo et al. 2017, "On Calibration of Modern Neural Networks", formula 3, where y says whether a prediction is right and p how sure it was.
double expected_calibration_error(Numbers y, Numbers p, int bins = 10, Numbers weight = {});

}  // namespace grim
