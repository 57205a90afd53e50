// Describing data: its middle and its spread, how two columns go together, and how sure a mean is.
#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/stats/correlation.h"
#include "grimoire/stats/distribution.h"
#include "grimoire/stats/means.h"
#include "grimoire/stats/summary.h"

namespace grim::learn {
namespace {

using namespace stats;

// Values that differ, of a size that can be squared.
std::vector<double> sample(const Inputs& in, std::string_view name, size_t at_least = 2) {
  std::vector<double> x = in.numbers(name, -1e9, 1e9, at_least, 1000);
  if (at_least > 1 && std::ranges::min(x) == std::ranges::max(x)) in.refuse(name, "values that are not all equal");
  return x;
}

std::unique_ptr<Distribution> normal(double mean, double sd) { return make_distribution("normal", {{"mean", mean}, {"sd", sd}}); }

const Concept kConcepts[] = {
    {.id = "mean",
     .title = "Mean and median",
     .names = "average\narithmetic mean\nmedian",
     .what = "Two answers to what is typical: the mean shares everything out evenly, the median is the value in the middle of the row.",
     .picture = "Ten people in a bar, and a billionaire walks in: the mean income is huge at once, the median hardly moves. For a total you need the mean.",
     .formula = "mean = (x_1 + ... + x_n) / n\nmedian = the middle one in order; of an even number the mean of the middle two",
     .symbols = "x_i: values, in any unit\nn: how many",
     .inputs = "x = 2,3,3,4,5,30: values",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> x = sample(in, "x", 1);
           out.answer("mean", mean(x));
           out.answer("median", quantile(x, 0.5));
           std::ranges::sort(x);
           out.step("in order: " + list_of(x, 9));
           out.step(str("{} of {} values lie above the mean", std::ranges::count_if(x, [m = mean(x)](double v) { return v > m; }), x.size()));
         },
     .turn = "make the 30 a 300: the mean leaps, the median stays.",
     .commands = "grimoire stats describe --x 2,3,3,4,5,30",
     .code = "src/grimoire/stats/summary.cpp: mean, quantile",
     .mistake = "People say that half of all values lie below the mean; in fact that is the median. Of these six values five do.",
     .see = "standard-deviation: how far from the mean\nquantile: other shares than one half\ngeometric-mean: for growth\nharmonic-mean: for speeds",
     .sources = "Freedman, Pisani and Purves 2007, Statistics, chapter 4",
     .ask = "Values 1, 2, 9: what are mean and median? | 4 and 2.",
     .more = "The mean is the number a with the least sum of squared distances to the values, the median the one with the least sum of absolute ones: that "
             "is why a model trained on squared errors predicts means, and one trained on absolute errors medians. One bad value can move the mean "
             "as far as it likes; of the median half of the values must be bad. The price: for normal data the median of n values is about as "
             "unsure as the mean of .64 n."},
    {.id = "standard-deviation",
     .title = "Standard deviation",
     .names = "sd\nstd\nsample variance\nBessel's correction\nspread",
     .what = "How far values typically lie from their mean, in the unit of the values. Its square is called the variance.",
     .picture = "Two trains of 10 minutes on average: one comes after 9 to 11, one after 1 to 19. Only the spread tells them apart.",
     .formula = "s = sqrt(sum_i (x_i - mean)^2 / (n - 1))",
     .symbols = "x_i: values\nn: how many, at least 2\nn - 1: since the mean was fitted to the same values",
     .inputs = "x = 2,4,4,4,5,5,7,9: values",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e9, 1e9, 2, 1000);
           const auto n = static_cast<double>(x.size());
           out.step(str("mean {:.6g}; squared distances add up to {:.6g}", mean(x), variance(x, 0) * n));
           out.step(str("variance: {:.6g} / {:.0f} = {:.6g}", variance(x, 0) * n, n - 1, variance(x)));
           out.answer("standard deviation", std::sqrt(variance(x)));
           out.answer("dividing by n", std::sqrt(variance(x, 0)));
           out.answer("variance", variance(x));
         },
     .turn = "add 100 to every value: nothing changes. Double them: it doubles, the variance is four times as large.",
     .commands = "grimoire stats describe --x 2,4,4,4,5,5,7,9",
     .code = "src/grimoire/stats/summary.cpp: variance",
     .mistake = "People say that it is the mean distance from the mean; in fact it is the root of the mean square, which far values dominate.",
     .see = "mean: the middle\nvariance: of a model's predictions\nstandard-error: of a mean\nnormal-distribution: what lies within it",
     .sources = "Freedman, Pisani and Purves 2007, Statistics, chapter 4\nCasella and Berger 2002, Statistical Inference, theorem 5.2.6: why n - 1",
     .ask = "Values 1 and 3: what is the standard deviation, with n - 1? | sqrt(2) = 1.414.",
     .more = "The mean is the place with the least sum of squares, so distances from it are a little smaller than from the true mean: on average the sum is "
             "(n - 1) sigma^2, and dividing by n - 1 makes the variance unbiased (its root is still a little too small). Dividing by n is the maximum "
             "likelihood for normal data, and what NumPy's std does by default; pandas and R divide by n - 1. Whatever the shape of the data, at most "
             "1/k^2 of them lie k or more deviations (by n) from the mean: Chebyshev."},
    {.id = "quantile",
     .title = "Quantile",
     .names = "percentile\nquartile\ninterquartile range\nIQR\nbox plot",
     .what = "The value below which a given share of the data lies: the .9 quantile is what nine of ten stay under.",
     .picture = "Pupils lined up by height: walk a quarter along the line, and whoever stands there is the first quartile.",
     .formula = "h = (n - 1) p;   quantile = x_h, with a straight line between neighbours",
     .symbols = "x_0 ... x_(n-1): the values in order\np: share, from 0 to 1;   h: the place, from 0",
     .inputs = "x = 1,2,3,4,5,6,7,8,9,20: values\np = 0.9: share",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> x = in.numbers("x", -1e9, 1e9, 1, 1000);
           const double p = in.probability("p"), h = static_cast<double>(x.size() - 1) * p, q = quantile(x, p);
           std::ranges::sort(x);
           const auto low = static_cast<size_t>(h), next = std::min(low + 1, x.size() - 1);
           out.step(str("place {:.6g}: between {:.6g} (place {}) and {:.6g}", h, x[low], low, x[next]));
           out.step(str("{:.6g} + {:.6g} x {:.6g} = {:.6g}", x[low], h - static_cast<double>(low), x[next] - x[low], q));
           out.answer("quantile", q);
           out.answer("from first to third quartile (IQR)", quantile(x, 0.75) - quantile(x, 0.25));
         },
     .turn = "p = .5 is the median; p = 1 the largest value, and p = .99 comes close to it: with ten values there is no more to know.",
     .commands = "grimoire stats describe --x 1,2,3,4,5,6,7,8,9,20",
     .code = "src/grimoire/stats/summary.cpp: quantile",
     .mistake = "People say that a quantile is one clear number; in fact between two values there are nine rules in use. This is R's and NumPy's.",
     .see = "mean: the median is the .5 quantile\nstandard-deviation: another spread\noutlier: what lies far out",
     .sources = "Hyndman and Fan 1996, Sample Quantiles in Statistical Packages, type 7\nTukey 1977, Exploratory Data Analysis, chapter 2: the box plot",
     .ask = "What share of the data lies between the first and the third quartile? | About one half.",
     .more = "A box plot draws the quartiles as a box and marks as far out what lies more than 1.5 IQR beyond it (Tukey): of normal data that is .7 %, so a "
             "mark is no proof of an error. Quantiles survive any rising change of scale: the median of the logarithms is the logarithm of the "
             "median, of an odd number of values exactly. A model is trained to predict the p quantile by the pinball loss, max(p e, (p - 1) e) of e = y - f."},
    {.id = "correlation",
     .title = "Correlation",
     .names = "Pearson's r\ncovariance\n\nPearson correlation\ncorrelation coefficient\nSpearman correlation",
     .what = "How well a straight line tells one column from the other: 1 or -1 on a line, 0 where a line is of no use.",
     .formula = "r = sum_i (x_i - mean x)(y_i - mean y) / ((n - 1) s_x s_y)",
     .symbols = "s_x, s_y: standard deviations; without them it is the covariance\nr: from -1 to 1, without a unit",
     .inputs = "x = 1,2,3,4,5: one column\ny = 2,1,4,3,7: the other",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = sample(in, "x"), y = sample(in, "y");
           if (y.size() != x.size()) in.refuse("y", str("as many as x has: {}", x.size()));
           const double r = pearson(x, y), sx = std::sqrt(variance(x)), sy = std::sqrt(variance(y));
           out.step(str("covariance {:.6g} / ({:.6g} x {:.6g}); a line explains r^2 = {:.4g} of it all", r * sx * sy, sx, sy, r * r));
           out.answer("r", r);
           out.answer("Spearman's r, of the ranks", pearson(ranks_of(x).rank, ranks_of(y).rank));
           out.answer("covariance", r * sx * sy);
           out.show(Chart{.title = "y over x", .x_label = "x", .series = {{.name = "", .x = x, .y = y, .points = true}}});
         },
     .turn = "y = 4,1,0,1,4: a perfect bow, and r is 0.",
     .commands = "grimoire stats correlation --x 1,2,3,4,5 --y 2,1,4,3,7",
     .code = "src/grimoire/stats/correlation.cpp: pearson",
     .mistake = "People say that r = 0 means unrelated, or r = .9 a cause; in fact r sees only lines, and never which way a cause runs.",
     .see = "linear-regression: the line itself\nr-squared: its square\nmutual-information: any relation",
     .sources = "Anscombe 1973, Graphs in Statistical Analysis\nSpearman 1904, The Proof and Measurement of Association between Two Things",
     .ask = "All y are 3x + 2. What is r? | 1.",
     .more = "Anscombe drew four tables with the same r of .816: a cloud, a curve, a line with one stray point, and a column with one point aside. So draw "
             "the points. r is the cosine of the angle between the two centred columns, which is why it cannot leave -1 to 1 (Cauchy-Schwarz). Spearman's "
             "form asks only whether y rises with x. A range cut short lowers r, and means of groups raise it."},
    {.id = "normal-distribution",
     .title = "Normal distribution",
     .names = "Gaussian distribution\nGaussian\nbell curve\n\nnormal",
     .what = "The bell-shaped spread of values that are sums of many small independent effects, such as errors of measurement.",
     .formula = "f(x) = e^(-z^2 / 2) / (sd sqrt(2 pi)),   z = (x - mean) / sd",
     .symbols = "mean: the middle;   sd: standard deviation, above 0\nf: density; shares are areas below it",
     .inputs = "x = 1.5: a value\nmean = 0: the middle\nsd = 1: the spread",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double x = in.number("x", -1e9, 1e9), m = in.number("mean", -1e9, 1e9), sd = in.number("sd", 1e-9, 1e9), z = (x - m) / sd;
           const auto d = normal(m, sd);
           out.step(str("z = {:.6g}; within that many sd of the mean lie {:.6g}", z, 1 - 2 * d->sf(m + std::abs(x - m))));
           out.answer("P(X <= x)", d->cdf(x));
           out.answer("density", d->pdf(x));
           double low = m - 4 * sd, high = m + 4 * sd;
           Chart c{.title = "density" + make_room(x, low, high), .x_label = "x", .series = {curve(low, high, [&](double v) { return d->pdf(v); })}};
           if (low <= x && x <= high) c.series.push_back(point(x, d->pdf(x)));
           out.show(std::move(c));
         },
     .turn = "x = 1, 2, 3: within that many sd lie 68, 95 and 99.7 % of the values.",
     .commands = "grimoire distribution normal --cdf 1.5",
     .code = "src/grimoire/stats/continuous_simple.cpp: normal",
     .mistake = "People say that natural data are normal; in fact incomes, waiting times and word counts are far from it. Means of many values come close.",
     .see = "standard-deviation: its width\ncentral-limit-theorem: why it is everywhere\nvae-regularizer: between two of them",
     .sources = "Gauss 1809, Theoria motus corporum coelestium\nFreedman, Pisani and Purves 2007, Statistics, chapter 5",
     .ask = "Which share of normal values lies more than 2 sd above the mean? | About 2.3 %.",
     .more = "Of all distributions with a given mean and variance it has the largest entropy, ln(sd sqrt(2 pi e)): it assumes nothing else. Sums of "
             "independent normal values are normal again, means and variances add. Maximum likelihood under it is least squares. Its tails are thin: 6 sd "
             "or more on one side is one in a thousand million, so where data have heavier tails (prices, errors with blunders) it promises too much."},
    {.id = "central-limit-theorem",
     .title = "Central limit theorem",
     .names = "CLT\ncentral limit",
     .what = "Why means of many values spread like a bell, whatever the single values look like. Most intervals and tests lean on it.",
     .formula = "sqrt(n) (mean - mu) / sigma  ->  normal(0, 1) as n grows",
     .symbols = "n: independent values in each mean\nmu, sigma: mean and sd of a single one, which must exist",
     .inputs = "n = 10: waiting times in each mean, exponential with mu = sigma = 1\nx = 1.5: a limit",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto n = static_cast<double>(in.integer("n", 1, 100000));
           const double x = in.number("x", 1e-6, 1e6);
           const auto exact = make_distribution("gamma", {{"shape", n}, {"scale", 1 / n}}), bell = normal(1, 1 / std::sqrt(n));
           out.step(str("z = ({:.6g} - 1) x sqrt {:.0f} = {:.6g}", x, n, (x - 1) * std::sqrt(n)));
           out.answer("P(mean > x), exactly", exact->sf(x));
           out.answer("by the bell", bell->sf(x));
           double low = std::max(0.0, 1 - 3.5 / std::sqrt(n)), high = 1 + 3.5 / std::sqrt(n);
           Chart c{.title = "density of the mean" + make_room(x, low, high), .x_label = "mean"};
           c.series = {curve(low, high, [&](double v) { return bell->pdf(v); }, "bell"),
                       curve(low + 1e-9, high, [&](double v) { return exact->pdf(v); }, "exact")};
           if (low <= x && x <= high) c.series.push_back(point(x, exact->pdf(x)));
           out.show(std::move(c));
         },
     .turn = "n = 1: a steep slope, no bell. n = 100: hardly to be told apart.",
     .commands = "grimoire distribution gamma --param shape=10 --sf 15",
     .code = "src/grimoire/stats/distribution.h: make_distribution",
     .mistake = "People say that large samples become normal; in fact the data stay as they are. It is their mean that does.",
     .see = "normal-distribution: the bell\nlaw-of-large-numbers: where the mean goes\nstandard-error: its spread",
     .sources = "Casella and Berger 2002, Statistical Inference, section 5.5.3\nBerry 1941, The Accuracy of the Gaussian Approximation to the Sum of "
                "Independent Variates",
     .ask = "n grows from 25 to 100. What happens to the sd of the mean? | It is halved.",
     .more = "Proof idea: the characteristic function of a sum of independent parts is a product; near 0 each factor is 1 - t^2/(2n), and (1 - t^2/(2n))^n "
             "tends to e^(-t^2/2), the normal's. The error falls like the skewness over sqrt(n) (Berry and Esseen), so skewed values need a "
             "larger n, and the far tails come last. Where sigma is infinite it fails: the mean of Cauchy values is as wild as a single one."},
    {.id = "law-of-large-numbers",
     .title = "Law of large numbers",
     .names = "LLN\nlaw of averages\ngambler's fallacy",
     .what = "Means of more and more values settle at the true mean. It is why measuring again, and training on more rows, helps.",
     .picture = "A casino loses single games and never the year. It breaks for one who hopes that a run of red makes black due: the wheel has no memory.",
     .formula = "P(|mean of n - mu| <= t) -> 1 as n grows, for every t > 0",
     .symbols = "mu: the true mean, here a chance p\nn: independent tries\nt: how close",
     .inputs = "p = 0.5: chance of heads\nn = 100: tosses\nt = 0.05: how close the share shall be",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double p = in.number("p", 1e-6, 1 - 1e-6), t = in.number("t", 0, 1), n = static_cast<double>(in.integer("n", 1, 1000000));
           const auto d = make_distribution("binomial", {{"n", n}, {"p", p}});
           const double low = std::ceil(n * (p - t) - 1e-9), high = std::floor(n * (p + t) + 1e-9);
           out.step(str("counts from {:.0f} to {:.0f} are close enough", std::max(low, 0.0), std::min(high, n)));
           const double sd = std::sqrt(d->variance());
           out.step(str("sd of the share {:.6g}, of the count {:.6g}: one falls with n, the other grows", sd / n, sd));
           out.answer("P(share within t)", d->cdf(high) - d->cdf(low - 1));
           out.answer("sd of the share", sd / n);
           out.answer("sd of the count", sd);
         },
     .turn = "n = 1000: the share is close nearly always, and the count is farther from n/2 than before.",
     .commands = "grimoire distribution binomial --param n=100 --param p=.5 --cdf 55",
     .code = "src/grimoire/stats/discrete.cpp: binomial",
     .mistake = "People say that after many heads tails must catch up; in fact they do not: early luck is thinned out by what follows, not paid back.",
     .see = "central-limit-theorem: the shape on the way\nstandard-error: how fast\nmore-data: the same in learning",
     .sources = "Bernoulli 1713, Ars conjectandi, part IV\nCasella and Berger 2002, Statistical Inference, section 5.5",
     .ask = "Five heads in a row with a fair coin: what is the chance of tails next? | One half.",
     .more = "Chebyshev proves it in a line: P(|mean - mu| > t) <= sigma^2 / (n t^2), which tends to 0. The strong law says more: with probability 1 the "
             "running mean converges. The speed is sqrt(n): one more digit costs a hundred times the tries. It needs a mean that exists and values that "
             "are not all tied together; ten thousand answers to a biased question settle firmly at the wrong number."},
    {.id = "standard-error",
     .title = "Standard error and interval",
     .names = "SEM\nconfidence interval\n\nstandard error of the mean\nmargin of error",
     .what = "How much a mean would jump about if the whole study were done again, and the range of true values that the data leave believable.",
     .picture = "A net of fixed mesh thrown again and again: 95 of 100 throws catch the fish. Of the throw at hand you cannot say how likely it holds it.",
     .formula = "se = s / sqrt(n),   interval = mean -+ t se",
     .symbols = "s: standard deviation (n - 1)\nt: quantile of Student's t with n - 1 degrees of freedom, near 2 for 95 %",
     .inputs = "x = 5.1,4.9,5.6,5.8,5.2: values\nlevel = 0.95: share of such intervals that hold the truth",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = sample(in, "x");
           const double se = std::sqrt(variance(x) / static_cast<double>(x.size()));
           const Interval i = *t_test(x, 0, {.level = in.number("level", 0.001, 0.999999)}).interval;
           out.step(str("mean {:.6g}, s {:.6g}, se = {:.6g} / sqrt {} = {:.6g}", mean(x), std::sqrt(variance(x)), std::sqrt(variance(x)), x.size(), se));
           out.step(str("t = {:.6g}, so {:.6g} -+ {:.6g}", (i.high - mean(x)) / se, mean(x), i.high - mean(x)));
           out.answer("standard error", se);
           out.answer("from", i.low);
           out.answer("to", i.high);
         },
     .turn = "level = .99: wider. Four times the values: half as wide.",
     .commands = "grimoire stats t-test --x 5.1,4.9,5.6,5.8,5.2",
     .code = "src/grimoire/stats/means.cpp: t_test",
     .mistake = "People say that the truth lies in this interval with probability 95 %; in fact 95 % of intervals made so hold it.",
     .see = "standard-deviation: of single values\ncentral-limit-theorem: why it works\nt-test: the same as a test\nbootstrap: without a formula",
     .sources = "Student 1908, The Probable Error of a Mean\nNeyman 1937, Outline of a Theory of Statistical Estimation Based on the Classical Theory of "
                "Probability",
     .ask = "s is 10 and n is 25. What is the standard error of the mean? | 2.",
     .more = "The standard deviation describes the values and stays when more come; the standard error describes the mean and falls with sqrt(n). Error bars "
             "show either, so say which. That two 95 % intervals overlap does not mean that the difference is nil: it has an interval of its own. A "
             "statement about this one interval needs a prior and gives a credible interval. The interval counts chance in the sample alone, no bias."},
};

}  // namespace

const Family kData = {"data", "Describing data", kConcepts};

}  // namespace grim::learn
