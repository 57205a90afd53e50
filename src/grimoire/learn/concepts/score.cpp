// Scores of predictions: of classes, of probabilities, of numbers.
#include <algorithm>
#include <cmath>

#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/metric/classification.h"
#include "grimoire/metric/regression.h"
#include "grimoire/stats/summary.h"

namespace grim::learn {
namespace {

// y and f of a regression, equally many.
RegressionScores scores_of(const Inputs& in, std::vector<double>& y, std::vector<double>& f) {
  y = in.numbers("y", -1e9, 1e9, 2, 1000), f = in.numbers("f", -1e9, 1e9, y.size(), y.size());
  if (std::ranges::min(y) == std::ranges::max(y)) in.refuse("y", "values that are not all equal");
  return regression_scores(y, f);
}

const Concept kConcepts[] = {
    {.id = "confusion-matrix",
     .title = "Confusion matrix",
     .names = "error matrix\nfalse positive\nCohen's kappa\n\nfalse negative\ntrue positive\nMatthews correlation\ntrue negative\nspecificity",
     .what = "Shows which classes a classifier takes for which: a row for each true class, a column for each answer.",
     .picture = "A table of who was called by whose name at a party: the diagonal knew, and the rest tells which two look alike.",
     .formula = "counts[true][said];   accuracy = diagonal / all\nkappa = (accuracy - by chance) / (1 - by chance)",
     .symbols = "true positive: there and said\nfalse positive: said, but not there\nfalse negative: there, but not said\n"
                "by chance: sum over classes of row share x column share",
     .inputs = "counts = 50,10;5,35: a row for each true class",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto rows = in.count_matrix("counts");
           if (rows.size() < 2 || rows.size() > 20 || rows.size() != rows[0].size()) in.refuse("counts", "a square matrix of 2 to 20 classes");
           std::vector<double> flat;
           double all = 0, right = 0;
           for (size_t i = 0; i < rows.size(); ++i)
             for (size_t j = 0; j < rows.size(); ++j) flat.push_back(rows[i][j]), all += rows[i][j], right += i == j ? rows[i][j] : 0;
           if (!(all > 0)) in.refuse("counts", "at least one case");
           const int64_t classes = std::ssize(rows);
           const auto scores = class_scores(flat, classes);
           for (size_t k = 0; k < scores.size() && k < 3; ++k)
             out.step(str("class {}: {:.4g} of its {:.6g} found; of those called so {:.4g} are", k, scores[k].recall, scores[k].support, scores[k].precision));
           out.answer("accuracy", right / all);
           out.answer("balanced accuracy", balanced_accuracy(flat, classes));
           out.answer("kappa", cohen_kappa(flat, classes));
           out.answer("Matthews correlation", matthews(flat, classes));
         },
     .turn = "counts = 95,0;5,0: an accuracy of .95 and a kappa of 0.",
     .commands = "grimoire validate --model knn --data data.csv --target y",
     .code = "src/grimoire/metric/classification.cpp: confusion_matrix, cohen_kappa, matthews",
     .mistake = "People say that rows are always the truth; in fact some books and programs turn the table round, so read its labels.",
     .see = "accuracy: the diagonal\nprecision: one class's column and row\nasymmetric-error: when errors differ in price",
     .sources = "Cohen 1960, A Coefficient of Agreement for Nominal Scales\nMatthews 1975, Comparison of the predicted and observed secondary structure of "
                "T4 phage lysozyme",
     .ask = "A healthy person is called ill. Which cell is that, with ill as positive? | A false positive.",
     .more = "Everything else that is said of classes is computed from it: precision, recall (of the negatives also called "
             "specificity), F1, accuracy, and with prices the cost. Matthews' coefficient "
             "is the correlation of the two labels; it is high only if all four cells are good. Kappa compares with chance agreement of the same "
             "margins; with very uneven classes it can be low although both raters nearly always agree."},
    {.id = "precision",
     .title = "Precision and recall",
     .names = "recall\nF1 score\nF1\nF-score\nsensitivity",
     .what = "Precision: of what was raised as an alarm, how much was real. Recall: of what was real, how much was found.",
     .picture = "A fishing net: a fine mesh brings all fish and much weed (recall), a coarse one only fish, and few (precision).",
     .formula = "precision = TP / (TP + FP),   recall = TP / (TP + FN),   F1 = 2 P R / (P + R)",
     .symbols = "TP: found and real;   FP: false alarms;   FN: missed",
     .inputs = "TP = 8: found\nFP = 2: false alarms\nFN = 12: missed",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double tp = in.number("TP", 0, 1e9), fp = in.number("FP", 0, 1e9), fn = in.number("FN", 0, 1e9);
           if (tp == 0) in.refuse("TP", "more than 0: else both are 0");
           const ClassScores s = class_scores(std::vector<double>{0, fp, fn, tp}, 2)[1];
           out.step(str("{:.6g} alarms, {:.6g} of them real; {:.6g} real cases, {:.6g} found", tp + fp, tp, tp + fn, tp));
           out.step(str("the plain mean of the two is {:.6g}; F1, the harmonic one, leans to the smaller", (s.precision + s.recall) / 2));
           out.answer("precision", s.precision);
           out.answer("recall", s.recall);
           out.answer("F1", s.f1);
         },
     .turn = "FN = 0, FP = 500: everything found, and hardly an alarm is real.",
     .commands = "grimoire validate --model tree --data data.csv --target y --report page.html",
     .code = "src/grimoire/metric/classification.cpp: class_scores",
     .mistake = "People say that F1 sums it up; in fact it weighs both alike, which few tasks do, and never looks at the cases rightly left alone.",
     .see = "confusion-matrix: where the counts come from\nharmonic-mean: behind F1\nroc: all thresholds at once\nbase-rate: why alarms are often false",
     .sources = "van Rijsbergen 1979, Information Retrieval, chapter 7\nManning, Raghavan and Schutze 2008, Introduction to Information Retrieval, section "
                "8.3",
     .ask = "20 alarms, 15 real; 30 real cases in all. What are precision and recall? | .75 and .5.",
     .more = "Moving the threshold trades one for the other, and the precision-recall curve shows all trades; the area below it is the average precision. "
             "Precision depends on how common the class is, recall does not: a test that is carried from a clinic to a whole town keeps its recall and "
             "loses its precision. F_b weighs recall b times as much. For several classes the macro mean counts classes alike, the micro mean cases; "
             "name the one that you report."},
    {.id = "roc",
     .title = "ROC curve",
     .names = "AUC\nreceiver operating characteristic\n\nROC AUC\narea under the curve",
     .what = "Shows a scoring model at every threshold at once: how many real cases are found for how many false alarms.",
     .formula = "AUC = P(a positive scores above a negative), ties one half",
     .symbols = "x: false alarms / negatives;   y: found / positives\nAUC: area below the curve; 1 perfect, .5 chance",
     .inputs = "pos = .9,.8,.55,.4: scores of real cases\nneg = .7,.5,.3,.2,.1: of the others",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> score = in.numbers("pos", -1e9, 1e9, 1, 300), y(score.size(), 1.0);
           for (double v : in.numbers("neg", -1e9, 1e9, 1, 300)) score.push_back(v), y.push_back(0);
           const auto positives = static_cast<double>(std::ranges::count(y, 1.0)), pairs = positives * (static_cast<double>(y.size()) - positives);
           const double auc = roc_auc(y, score);
           out.step(str("of {:.0f} pairs of one each, {:.6g} are in the right order", pairs, auc * pairs));
           out.answer("AUC", auc);
           Series line{.name = "", .x = {}, .y = {}};
           for (const CurvePoint& p : roc_curve(y, score)) line.x.push_back(p.x), line.y.push_back(p.y);
           out.show(Chart{.title = "found by false alarms; dots: chance", .x_label = "alarms", .series = {std::move(line)}, .diagonal = true});
         },
     .turn = "square all scores: their order and so the curve stay the same.",
     .commands = "grimoire validate --model tree --data data.csv --target y --report page.html",
     .code = "src/grimoire/metric/classification.cpp: roc_curve, roc_auc",
     .mistake = "People say that an AUC of .95 is enough; in fact with one real case in ten thousand most alarms may still be false.",
     .see = "precision: at one threshold\ncalibration: are the scores honest?\nbase-rate: rare cases",
     .sources = "Hanley and McNeil 1982, The meaning and use of the area under a receiver operating characteristic (ROC) curve\nFawcett 2006, An "
                "introduction to ROC analysis",
     .ask = "Every positive scores above every negative. What is the AUC? | 1.",
     .more = "Walk down the scores from the top: a positive is a step up, a negative a step to the right, and ties a slope. The area counts the pairs in "
             "the right order, so it is Mann and Whitney's U over the number of pairs. A model below the diagonal has its sign turned. Only the order "
             "of the scores counts: AUC cannot see whether .8 means 80 %. With rare positives the precision-recall curve says more (Davis and "
             "Goadrich 2006)."},
    {.id = "calibration",
     .title = "Calibration",
     .names = "reliability diagram\nECE\nBrier score\n\nexpected calibration error",
     .what = "Asks whether probabilities mean what they say: of all that was called 70 % likely, did seven of ten come?",
     .formula = "ECE = sum over groups of (cases / all) |said - came|\nBrier = mean (p - y)^2",
     .symbols = "said: mean probability p of the group;   came: share with y = 1",
     .inputs = "said = .1,.3,.5,.7,.9: probabilities\ncame = .05,.2,.45,.8,.97: how often it came\nn = 20,20,20,20,20: cases of each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> said = in.numbers("said", 0, 1, 1, 50), came = in.numbers("came", 0, 1, said.size(), said.size()),
                                     n = in.counts("n", 1, 1e6, said.size(), said.size());
           std::vector<double> p, y, weight;
           for (size_t i = 0; i < said.size(); ++i)
             p.insert(p.end(), 2, said[i]), y.insert(y.end(), {1, 0}), weight.insert(weight.end(), {n[i] * came[i], n[i] * (1 - came[i])});
           double error = 0, all = 0;
           Series s{.name = "", .x = {}, .y = {}, .points = true};
           for (const ReliabilityBin& b : reliability(y, p, 10, weight))
             error += b.weight * std::abs(b.predicted - b.observed), all += b.weight, s.x.push_back(b.predicted), s.y.push_back(b.observed);
           out.answer("ECE, ten groups", error / all);
           out.answer("Brier score", brier_score(y, p, weight));
           out.show(Chart{.title = "how often it came, by what was said; dots: honest", .x_label = "said", .series = {std::move(s)}, .diagonal = true});
         },
     .turn = "said = .3,.4,.5,.6,.7: too timid. .01,.1,.5,.9,.99: too bold.",
     .commands = "grimoire validate --model tree --data data.csv --target y --report page.html",
     .code = "src/grimoire/metric/classification.cpp: reliability, brier_score\nsrc/grimoire/classic/calibration.cpp: Calibrated",
     .mistake = "People say that a calibrated forecast is a good one; in fact saying the base rate each day is calibrated, and useless.",
     .see = "cross-entropy: a loss that asks for it\nroc: the order alone\nlabel-smoothing: a help\nbase-rate: the useless forecast",
     .sources = "Brier 1950, Verification of Forecasts Expressed in Terms of Probability\nGuo, Pleiss, Sun and Weinberger 2017, On Calibration of Modern "
                "Neural Networks",
     .ask = "Of 50 days called 20 % it rained on 10. Is that calibrated? | Yes: 10 of 50 is 20 %.",
     .more = "The Brier score and the log loss are proper: nobody gains by saying another probability than the one believed. Brier splits into calibration "
             "minus resolution plus a part of the data alone (Murphy 1973). Guo et al. found deep nets too sure of themselves and mended most by "
             "dividing all logits by one temperature fitted on held-out data; Platt's sigmoid and isotonic regression are older cures. ECE depends on the "
             "number of groups, and is biased upwards when cases are few."},
    {.id = "r-squared",
     .title = "R squared",
     .names = "R2\ncoefficient of determination\nexplained variance",
     .what = "The share of the variation in a column of numbers that the predictions account for: 1 is perfect, 0 no better than always saying the mean.",
     .picture = "A golfer's distance to the hole, measured against one who always aims at the middle of the green.",
     .formula = "R^2 = 1 - sum_i (y_i - f_i)^2 / sum_i (y_i - mean y)^2",
     .symbols = "y: true numbers;   f: predicted ones",
     .inputs = "y = 3,5,7,10: truth\nf = 2.8,5.1,7.5,9.4: predictions",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> y, f;
           const RegressionScores s = scores_of(in, y, f);
           const auto n = static_cast<double>(y.size());
           out.step(str("squares left {:.6g}, about the mean {:.6g}", s.mse * n, stats::variance(y, 0) * n));
           out.answer("R^2", s.r2);
           out.answer("mean squared error", s.mse);
         },
     .turn = "f = 10,7,5,3: worse than the mean, and R^2 is below 0.",
     .commands = "grimoire validate --model linear --data data.csv --target y",
     .code = "src/grimoire/metric/regression.cpp: regression_scores",
     .mistake = "People say that R^2 lies between 0 and 1; in fact that holds for least squares on its own rows. On new rows it can be far below 0.",
     .see = "squared-residual: what is summed\ncorrelation: its root, for a line\nmean-absolute-error: in the unit of y",
     .sources = "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 3.2\nDraper and Smith 1998, Applied Regression "
                "Analysis, chapter 1",
     .ask = "A model always predicts the mean of these y. What is its R^2? | 0.",
     .more = "For a fitted line with a constant R^2 is the squared correlation of y and f. It grows with every column that is added, useful or not, so the "
             "adjusted form charges for columns: 1 - (1 - R^2)(n - 1)/(n - d - 1). It compares models on the same rows only: a wider range of y "
             "raises it without any better prediction. A low R^2 may be all there is when noise is large, and a high one can hide a wrong shape."},
    {.id = "mean-absolute-error",
     .title = "Mean absolute error",
     .names = "MAE\nRMSE\nroot mean squared error",
     .what = "By how much predicted numbers are off on average, in the unit of the thing predicted.",
     .picture = "A clock's minutes fast or slow, each counted alike; the RMSE beside it would rather be a little wrong often than very wrong once.",
     .formula = "MAE = mean |y_i - f_i|,   RMSE = sqrt(mean (y_i - f_i)^2)",
     .symbols = "y: true numbers;   f: predicted ones",
     .inputs = "y = 3,5,7,10: truth\nf = 2.8,5.1,7.5,9.4: predictions",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> y, f, gaps;
           const RegressionScores s = scores_of(in, y, f);
           for (size_t i = 0; i < y.size(); ++i) gaps.push_back(std::abs(y[i] - f[i]));
           out.step("gaps: " + list_of(gaps));
           out.answer("MAE", s.mae);
           out.answer("RMSE", s.rmse);
         },
     .turn = "make the last prediction 0: the RMSE grows far more than the MAE.",
     .commands = "grimoire validate --model linear --data data.csv --target y",
     .code = "src/grimoire/metric/regression.cpp: regression_scores",
     .mistake = "People say that which one is taken is a matter of taste; in fact the best answer for MAE is the median, for RMSE the mean.",
     .see = "squared-residual: the other loss\nmean: mean and median\nr-squared: without a unit",
     .sources = "Willmott and Matsuura 2005, Advantages of the mean absolute error (MAE) over the root mean square error (RMSE)\n"
                "Chai and Draxler 2014, Root mean square error (RMSE) or mean absolute error (MAE)?",
     .ask = "Gaps of 1, 1 and 4: what is the MAE? | 2.",
     .more = "RMSE is never below MAE, equal if all gaps are alike, and at most sqrt(n) times as large. Which one describes errors better is argued over: "
             "Willmott and Matsuura prefer MAE for its plain meaning, Chai and Draxler RMSE where errors are normal. Percentage errors (MAPE) fail where y "
             "is near 0 and favour predictions that are too low."},
};

}  // namespace

const Family kScore = {"score", "Scores of predictions", kConcepts};

}  // namespace grim::learn
