#include "grimoire/metric/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/error.h"

namespace grim {
namespace {

void check(const char* who, Numbers y, size_t others, Numbers weight) {
  GRIM_CHECK(!y.empty() && y.size() == others && (weight.empty() || weight.size() == y.size()), shape, who,
             "got {} true values, {} predicted, {} weights", y.size(), others, weight.size());
}
void check_weighed(const char* who, double all) { GRIM_CHECK(all > 0, argument, who, "the weights sum to {}, expected above 0", all); }
double at(Numbers weight, size_t i) { return weight.empty() ? 1.0 : weight[i]; }

// Cumulated weights of positives and negatives from the highest score down, one step a distinct score.
struct Step {
  double score, positives, negatives;
};
std::vector<Step> steps(Numbers y, Numbers score, Numbers weight) {
  check("roc_auc", y, score.size(), weight);
  for (size_t i = 0; i < score.size(); ++i) GRIM_CHECK(!std::isnan(score[i]), numeric, "roc_auc", "score {} is NaN: it has no place in an order", i + 1);
  std::vector<size_t> order(y.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return score[a] > score[b]; });
  std::vector<Step> out;
  double positives = 0, negatives = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    (y[order[i]] > 0 ? positives : negatives) += at(weight, order[i]);
    if (i + 1 == order.size() || score[order[i + 1]] != score[order[i]]) out.push_back({score[order[i]], positives, negatives});
  }
  GRIM_CHECK(positives > 0 && negatives > 0, input, "roc_auc", "only one class in the true values: the curve is not defined");
  return out;
}

struct Margins {
  std::vector<double> truth, predicted, hit;  // weights of rows and columns, and of the diagonal
  double total = 0, correct = 0;
  // A class of its own on one side: no agreement beyond chance can be told. Counted, because sums of weights differ by rounding.
  bool single() const {
    const auto filled = [](const std::vector<double>& v) { return std::ranges::count_if(v, [](double x) { return x > 0; }); };
    return filled(truth) <= 1 || filled(predicted) <= 1;
  }
};
Margins margins(std::span<const double> given, int64_t K) {
  Margins s{std::vector<double>(K), std::vector<double>(K), std::vector<double>(K)};
  std::vector<double> m(given.begin(), given.end());
  int e = 0;
  std::frexp(m.empty() ? 0 : std::ranges::max(m), &e);  // scores are ratios: weights of any size are brought next to 1, exactly
  for (double& v : m) v = std::ldexp(v, -e);
  for (int64_t i = 0; i < K; ++i)
    for (int64_t j = 0; j < K; ++j) {
      const double v = m[i * K + j];
      s.truth[i] += v;
      s.predicted[j] += v;
      s.total += v;
      if (i == j) s.correct += v, s.hit[i] = v;
    }
  return s;
}

}  // namespace

double accuracy(Numbers y, Numbers predicted, Numbers weight) {
  check("accuracy", y, predicted.size(), weight);
  double right = 0, all = 0;
  for (size_t i = 0; i < y.size(); ++i) right += at(weight, i) * (y[i] == predicted[i]), all += at(weight, i);
  check_weighed("accuracy", all);
  return right / all;
}

std::vector<double> confusion_matrix(Numbers y, Numbers predicted, int64_t classes, Numbers weight) {
  check("confusion_matrix", y, predicted.size(), weight);
  std::vector<double> m(static_cast<size_t>(classes * classes), 0.0);
  for (size_t i = 0; i < y.size(); ++i) {
    GRIM_CHECK(y[i] >= 0 && y[i] < classes && predicted[i] >= 0 && predicted[i] < classes, argument, "confusion_matrix",
               "row {}: classes {} and {} of {}", i, y[i], predicted[i], classes);
    m[static_cast<size_t>(y[i]) * classes + static_cast<size_t>(predicted[i])] += at(weight, i);
  }
  return m;
}

std::vector<ClassScores> class_scores(std::span<const double> m, int64_t K) {
  const Margins s = margins(m, K);
  std::vector<ClassScores> scores;
  for (int64_t k = 0; k < K; ++k) {
    double support = 0;
    for (int64_t j = 0; j < K; ++j) support += m[k * K + j];
    const double hit = s.hit[k], precision = s.predicted[k] > 0 ? hit / s.predicted[k] : 0,
                 recall = s.truth[k] > 0 ? hit / s.truth[k] : 0;
    scores.push_back({precision, recall, precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0, support});
  }
  return scores;
}

ClassScores averaged(std::span<const double> m, int64_t K, Averaging how) {
  const Margins all = margins(m, K);
  ClassScores mean{0, 0, 0, 0};
  double weights = 0;
  for (const ClassScores& s : class_scores(m, K)) {
    const double w = how == Averaging::weighted ? s.support : 1;
    mean.precision += w * s.precision, mean.recall += w * s.recall, mean.f1 += w * s.f1, mean.support += s.support;
    weights += w;
  }
  if (how != Averaging::micro) return {mean.precision / weights, mean.recall / weights, mean.f1 / weights, mean.support};
  const double right = all.correct / all.total;  // each row has one class on either side, so that all three are the accuracy
  return {right, right, right, mean.support};
}

double balanced_accuracy(std::span<const double> m, int64_t K) {
  double sum = 0, present = 0;
  for (const ClassScores& s : class_scores(m, K))
    if (s.support > 0) sum += s.recall, ++present;
  return sum / present;
}

double matthews(std::span<const double> m, int64_t K) {
  const Margins s = margins(m, K);
  double both = 0, tt = 0, pp = 0;
  for (int64_t k = 0; k < K; ++k) both += s.truth[k] * s.predicted[k], tt += s.truth[k] * s.truth[k], pp += s.predicted[k] * s.predicted[k];
  const double n2 = s.total * s.total, below = std::sqrt((n2 - pp) * (n2 - tt));
  return below > 0 && !s.single() ? (s.correct * s.total - both) / below : 0;
}

double cohen_kappa(std::span<const double> m, int64_t K) {
  const Margins s = margins(m, K);
  double chance = 0;
  for (int64_t k = 0; k < K; ++k) chance += s.truth[k] * s.predicted[k] / (s.total * s.total);
  return chance < 1 && !s.single() ? (s.correct / s.total - chance) / (1 - chance) : 0;
}

double log_loss(Numbers y, const Tensor& p, Numbers weight) {
  check("log_loss", y, static_cast<size_t>(p.dim(0)), weight);
  const int64_t K = p.dim(1);
  double sum = 0, all = 0;
  for (size_t i = 0; i < y.size(); ++i) {
    sum -= at(weight, i) * std::log(std::clamp(p.data<double>()[i * K + static_cast<size_t>(y[i])], 1e-15, 1.0));
    all += at(weight, i);
  }
  check_weighed("log_loss", all);
  return sum / all;
}

double brier_score(Numbers y, Numbers p, Numbers weight) {
  check("brier_score", y, p.size(), weight);
  double sum = 0, all = 0;
  for (size_t i = 0; i < y.size(); ++i) sum += at(weight, i) * (p[i] - y[i]) * (p[i] - y[i]), all += at(weight, i);
  check_weighed("brier_score", all);
  return sum / all;
}

std::vector<CurvePoint> roc_curve(Numbers y, Numbers score, Numbers weight) {
  const std::vector<Step> s = steps(y, score, weight);
  std::vector<CurvePoint> curve{{0, 0, INFINITY}};
  for (const Step& step : s) curve.push_back({step.negatives / s.back().negatives, step.positives / s.back().positives, step.score});
  return curve;
}

std::vector<CurvePoint> precision_recall_curve(Numbers y, Numbers score, Numbers weight) {
  const std::vector<Step> s = steps(y, score, weight);
  std::vector<CurvePoint> curve;
  for (const Step& step : s)
    curve.push_back({step.positives / s.back().positives, step.positives / (step.positives + step.negatives), step.score});
  return curve;
}

double roc_auc(Numbers y, Numbers score, Numbers weight) {
  double area = 0;
  const std::vector<CurvePoint> c = roc_curve(y, score, weight);
  for (size_t i = 1; i < c.size(); ++i) area += (c[i].x - c[i - 1].x) * (c[i].y + c[i - 1].y) / 2;
  return area;
}

double average_precision(Numbers y, Numbers score, Numbers weight) {
  double area = 0, recall = 0;
  for (const CurvePoint& p : precision_recall_curve(y, score, weight)) area += (p.x - recall) * p.y, recall = p.x;
  return area;
}

double roc_auc_one_vs_rest(Numbers y, const Tensor& p, Numbers weight) {
  const int64_t K = p.dim(1);
  double sum = 0;
  std::vector<double> is_k(y.size()), score(y.size());
  for (int64_t k = 0; k < K; ++k) {
    for (size_t i = 0; i < y.size(); ++i) is_k[i] = y[i] == static_cast<double>(k), score[i] = p.data<double>()[i * K + k];
    sum += roc_auc(is_k, score, weight);
  }
  return sum / static_cast<double>(K);
}

std::vector<ReliabilityBin> reliability(Numbers y, Numbers p, int bins, Numbers weight) {
  check("reliability", y, p.size(), weight);
  std::vector<ReliabilityBin> all(static_cast<size_t>(bins), {0, 0, 0});
  for (size_t i = 0; i < y.size(); ++i) {
    GRIM_CHECK(p[i] >= 0 && p[i] <= 1, argument, "reliability", "probability {} is {}, expected from 0 to 1", i + 1, p[i]);
    ReliabilityBin& bin = all[static_cast<size_t>(std::clamp<int>(static_cast<int>(p[i] * bins), 0, bins - 1))];
    bin.predicted += at(weight, i) * p[i];
    bin.observed += at(weight, i) * y[i];
    bin.weight += at(weight, i);
  }
  std::vector<ReliabilityBin> filled;
  for (const ReliabilityBin& b : all)
    if (b.weight > 0) filled.push_back({b.predicted / b.weight, b.observed / b.weight, b.weight});
  return filled;
}

double expected_calibration_error(Numbers y, Numbers p, int bins, Numbers weight) {
  double gap = 0, all = 0;
  for (const ReliabilityBin& b : reliability(y, p, bins, weight)) gap += b.weight * std::abs(b.observed - b.predicted), all += b.weight;
  check_weighed("expected_calibration_error", all);
  return gap / all;
}

}  // namespace grim
