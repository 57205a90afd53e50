// Tests: what a p-value is, what it is computed under, what is done with it, and the tests that are used most.
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/stats/counts.h"
#include "grimoire/stats/means.h"
#include "grimoire/stats/power.h"
#include "grimoire/stats/resample.h"
#include "grimoire/stats/summary.h"

namespace grim::learn {
namespace {

using namespace stats;

// The upper half of the counts.
Bars bars_of_heads(const Distribution& d, int64_t n) {
  Bars b{"probability of each count under H0, upper half", {}, {}};
  for (int64_t k = (n + 1) / 2; k <= n; ++k) b.labels.push_back(str("{}", k)), b.values.push_back(d.pdf(static_cast<double>(k)));
  return b;
}

// Measurements of one group, with some spread.
std::vector<double> group(const Inputs& in, std::string_view name) {
  std::vector<double> x = in.numbers(name, -1e9, 1e9, 2, 1000);
  if (std::ranges::min(x) == std::ranges::max(x)) in.refuse(name, "values that are not all equal");
  return x;
}

const Concept kConcepts[] = {
    {.id = "p-value",
     .title = "p-value",
     .names = "significance",
     .what = "How rarely chance alone would give a result at least as far from the expected as the one you saw. A small value makes mere chance a poor "
             "explanation.",
     .picture = "A friend calls eight coin tosses of ten. Before you believe in a gift, ask how often plain guessing does as well.",
     .formula = "p = P(a result at least this extreme | H0)",
     .symbols = "H0: the null hypothesis, under which all is computed\np: from 0 to 1; small: such data are rare under H0",
     .inputs = "heads = 8: successes seen\nn = 10: tries\nshare = 0.5: chance of a success under H0",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 100000), heads = in.integer("heads", 0, n);
           const double share = in.number("share", 1e-6, 1 - 1e-6);
           const auto d = make_distribution("binomial", {{"n", static_cast<double>(n)}, {"p", share}});
           const auto k = static_cast<double>(heads);
           out.step(str("the result itself: P({}) = {:.6g}", heads, d->pdf(k)));
           out.step(str("as many or more: {:.6g}; as many or fewer: {:.6g}", d->sf(k - 1), d->cdf(k)));
           out.step(str("p adds up all counts, on both sides, that are no likelier than this one"));
           out.answer("p-value", binomial_test(k, static_cast<double>(n), share).p_value);
           if (n <= 10) out.show(bars_of_heads(*d, n));
         },
     .turn = "80 heads of 100: p falls below 1e-8; more tries leave less to chance.",
     .commands = "grimoire stats binomial --x 8 --n 10 --p .5",
     .code = "src/grimoire/stats/counts.cpp: binomial_test",
     .mistake = "People say that p is the probability that chance did it; in fact it is computed as if chance did it. How probable H0 is cannot be read "
                "from it.",
     .see = "null-hypothesis: what is assumed\nhypothesis-test: what is decided\nbayes: the probability of a hypothesis\neffect-size: how large, not how sure",
     .sources = "Wasserstein and Lazar 2016, The ASA's Statement on p-Values, principles 1, 2 and 5\nFisher 1925, Statistical Methods for Research Workers",
     .ask = "A study reports p = .03. Is H0 true with probability 3 %? | No: if H0 were true, data at least this extreme would come 3 times in 100.",
     .more = "\"At least this extreme\" needs an order of the results. Here two-sided means: sum the outcomes that are not likelier under H0 than the "
             "one seen (the exact tests of this program); twice the smaller tail is another common choice and gives the same for a fair coin. A p of 1 "
             "does not show that H0 is right, and a p near 0 does not show that the effect is large: with enough rows any tiny difference becomes rare "
             "under H0. That is why the program prints an estimate with its interval beside each p."},
    {.id = "null-hypothesis",
     .title = "Null hypothesis",
     .names = "H0\nalternative\nH1",
     .what = "The claim that a test puts on trial: one exact enough to say how likely every possible sample is. Its rival is called the alternative.",
     .picture = "Somebody claims that one person in twenty has three arms. You look at a hundred people and see none: how often would that happen if the "
                "claim were true?",
     .formula = "H0: share = s;  P(at most this many | H0)",
     .symbols = "s: the share that H0 claims, from 0 to 1\nn: people looked at\nseen: how many of them had it",
     .inputs = "share = 0.05: the share claimed\nn = 100: people looked at\nseen = 0: how many had it",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double share = in.number("share", 1e-6, 1 - 1e-6);
           const int64_t n = in.integer("n", 1, 100000), seen = in.integer("seen", 0, n);
           out.step(str("H0 expects {:.6g} x {} = {:.6g}; seen: {}", share, n, share * static_cast<double>(n), seen));
           if (seen == 0) out.step(str("each one is without it with probability {:.6g}: {:.6g}^{}", 1 - share, 1 - share, n));
           out.answer(str("P(at most {} of {} | H0)", seen, n),
                      binomial_test(static_cast<double>(seen), static_cast<double>(n), share, {.alternative = Alternative::less}).p_value);
         },
     .turn = "claim 1 % instead: none in a hundred has probability .366, so this sample says nothing against it.",
     .commands = "grimoire stats binomial --x 0 --n 100 --p .05 --alternative less",
     .code = "src/grimoire/stats/counts.cpp: binomial_test",
     .mistake = "People say that any guess can be H0, such as \"some people have more than two arms\"; in fact that gives no sample a probability. \"5 % "
                "have\" does.",
     .see = "p-value: computed under H0\nhypothesis-test: the decision",
     .sources = "Fisher 1935, The Design of Experiments, chapter II\nLehmann and Romano 2005, Testing Statistical Hypotheses, chapter 3",
     .ask = "May a test end with \"H0 is proved\"? | No: it ends with \"these data speak against H0\" or \"they do not\".",
     .more = "Fisher asked how rare the data are under one hypothesis. Neyman and Pearson put an alternative beside it, fixed how often H0 may be "
             "rejected when true, and looked for the test that then finds the alternative most often. Textbooks mix the two. A sample that H0 finds "
             "ordinary may be ordinary under many other claims as well, so failing to reject is not support."},
    {.id = "hypothesis-test",
     .title = "Hypothesis test",
     .names = "0.05 threshold\nsignificance level\n\ntype I error",
     .what = "A rule made before looking: which results will count as too rare to be chance. It bounds how often you cry wolf when nothing is there.",
     .picture = "A smoke alarm's setting. More sensitive means more burnt toast, less sensitive more missed fires; you choose before the smoke comes.",
     .formula = "reject H0 when p <= alpha",
     .symbols = "alpha: the level, the share of false alarms that is put up with\np: the p-value of the result",
     .inputs = "n = 10: tosses\nalpha = 0.05: the level\nheads = 9: one result\nother = 8: another one",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1000), heads = in.integer("heads", 0, n), other = in.integer("other", 0, n);
           const double alpha = in.number("alpha", 1e-12, 1 - 1e-12);
           const auto p_of = [n](int64_t k) { return binomial_test(static_cast<double>(k), static_cast<double>(n)).p_value; };
           const auto verdict = [alpha](double p) { return p <= alpha ? "rejects" : "does not"; };
           const auto d = make_distribution("binomial", {{"n", static_cast<double>(n)}, {"p", 0.5}});
           double size = 0;
           for (int64_t k = 0; k <= n; ++k) size += p_of(k) <= alpha ? d->pdf(static_cast<double>(k)) : 0;
           out.step(str("fair coin, {} heads: p = {:.8g}", heads, p_of(heads)));
           out.step(str("fair coin, {} heads: p = {:.8g}", other, p_of(other)));
           out.step(str("a fair coin is rejected in {:.6g} of all runs, at most {:.6g}", size, alpha));
           out.answer(str("p of {} heads", heads), p_of(heads));
           out.answer(str("{} heads", heads), std::string(verdict(p_of(heads))));
           out.answer(str("{} heads", other), std::string(verdict(p_of(other))));
           out.answer("false alarms in 1000 tests of fair coins, at most", 1000 * alpha);
         },
     .turn = "set alpha to .01: nine heads are no longer enough, ten still are.",
     .commands = "grimoire stats binomial --x 9 --n 10\ngrimoire stats power --effect .5 --power .8",
     .code = "src/grimoire/stats/counts.cpp: binomial_test\nsrc/grimoire/stats/power.cpp",
     .mistake = "People say that .05 divides true from false; in fact it is a convention. p = .049 and p = .051 are nearly the same evidence.",
     .see = "p-value: what is compared\nnull-hypothesis: what is rejected\nt-test: one that is used daily\npower: the other error",
     .sources = "Neyman and Pearson 1933, On the Problem of the Most Efficient Tests of Statistical Hypotheses\n"
                "Wasserstein and Lazar 2016, The ASA's Statement on p-Values, principle 3",
     .ask = "Twenty true null hypotheses are tested at level .05. How many are rejected on average? | One.",
     .more = "Two errors are possible: rejecting a true H0 (its rate is at most alpha) and keeping a false one; one minus the second rate is the power. "
             "With counts the rate stays below alpha, for it can only take certain values. Choosing alpha or the number of tries after seeing the data "
             "breaks the promise; so does testing many hypotheses without a correction (`grimoire stats adjust`). How strict the level should be is "
             "disputed: Benjamin et al. 2018 ask for .005, Lakens et al. 2018 for a level justified case by case, and McShane et al. 2019 would abandon "
             "thresholds."},
    {.id = "t-test",
     .title = "t-test",
     .names = "Student's t-test\nStudent's t\nWelch's t-test\ntwo-sample t-test",
     .what = "Asks whether two groups of measurements differ on average by more than their own spread makes likely.",
     .picture = "Two piles of coins that differ by a gram: with a kitchen scale that wobbles by ten you would not bet on it, with a good one you would.",
     .formula = "t = (mean x - mean y) / sqrt(s_x^2 / n_x + s_y^2 / n_y)",
     .symbols = "s: standard deviation of a group (n - 1);   n: its values\nt: how many standard errors apart",
     .inputs = "x = 5.1,4.9,5.6,5.8,5.2: one group\ny = 4.3,4.8,4.6,5,4.4: the other",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto x = group(in, "x"), y = group(in, "y");
           const TestResult r = two_sample_t_test(x, y);
           const double error = std::sqrt(variance(x) / static_cast<double>(x.size()) + variance(y) / static_cast<double>(y.size()));
           out.step(str("means {:.6g} and {:.6g}, difference {:.6g}; standard error {:.6g}", mean(x), mean(y), mean(x) - mean(y), error));
           out.step(str("degrees of freedom {:.6g}; 95 % interval of the difference {:.4g} to {:.4g}", r.df[0], r.interval->low, r.interval->high));
           out.answer("t", r.statistic.value);
           out.answer("p-value", r.p_value);
         },
     .turn = "add .7 to every y: the difference goes, and p is 1.",
     .commands = "grimoire stats t-test --x 5.1,4.9,5.6,5.8,5.2 --y 4.3,4.8,4.6,5,4.4",
     .code = "src/grimoire/stats/means.cpp: two_sample_t_test",
     .mistake = "People say that the values must be normal; in fact their means must be nearly so, which a few dozen values usually see to.",
     .see = "standard-error: what is below the line\np-value: how to read p\neffect-size: how large it is\nanova: more than two groups",
     .sources = "Student 1908, The Probable Error of a Mean\nWelch 1947, The Generalization of Student's Problem when Several Different Population "
                "Variances are Involved",
     .ask = "The difference of means is 3 and its standard error 1.5. What is t? | 2.",
     .more = "Student's own form pools the two variances and is wrong when both spreads and sizes differ; Welch's, used here, costs almost nothing when "
             "they are equal. If the values come in pairs (before and after on one person) test the differences against 0: what people have in common then "
             "drops out. Gosset wrote as Student because his brewery, Guinness, did not want its methods known."},
    {.id = "anova",
     .title = "Analysis of variance",
     .names = "ANOVA\nF-test",
     .what = "Asks in one test whether several groups share one mean, by comparing the spread between the groups with that inside them.",
     .picture = "Choirs in a hall: if the voices within each are alike and the choirs unlike, you can tell where one ends and the next begins.",
     .formula = "F = (between / (k - 1)) / (within / (n - k))",
     .symbols = "between: sum of n_g (mean of group - mean of all)^2\nwithin: sum of squared distances to the own group's mean\nk: groups;   n: all values",
     .inputs = "groups = 4,5,6;6,7,8;5,9,7: a group a row",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Groups groups = in.matrix("groups");
           if (groups.size() < 2 || groups[0].size() < 2) in.refuse("groups", "at least 2 rows of at least 2 values");
           double within = 0;
           for (const auto& g : groups) within += variance(g, 0) * static_cast<double>(g.size());
           if (!(within > 0)) in.refuse("groups", "a row with values that are not all equal");
           const TestResult r = anova(groups);
           const double eta = r.effect->value;
           out.step(str("within {:.6g}, between {:.6g}: the groups explain {:.6g} of all squares", within, within * eta / (1 - eta), eta));
           out.step(str("degrees of freedom {:.0f} and {:.0f}", r.df[0], r.df[1]));
           out.answer("F", r.statistic.value);
           out.answer("p-value", r.p_value);
           out.answer("eta squared", eta);
         },
     .turn = "draw the values of each row closer together: F grows, though the means stay.",
     .commands = "grimoire stats anova --data data.csv --x y --group kind",
     .code = "src/grimoire/stats/means.cpp: anova",
     .mistake = "People say that a small p shows all groups to differ; in fact one odd group is enough. Which one, Tukey's comparison of pairs says.",
     .see = "t-test: two groups, where F = t^2\neffect-size: how much\nhypothesis-test: why not many tests",
     .sources = "Fisher 1925, Statistical Methods for Research Workers, chapter VII",
     .ask = "All groups have the same mean in the sample. What is F? | 0.",
     .more = "The sum of squares about the common mean splits into the two parts exactly, by Pythagoras. Under H0, with normal values of one spread, both "
             "quotients estimate the same variance, so F is near 1. Testing all pairs of five groups at level .05 instead would raise a false alarm in up to "
             "40 % of the cases. Unequal spreads call for Welch's form, doubts about normal values for ranks (Kruskal-Wallis)."},
    {.id = "chi-squared-test",
     .title = "Chi-squared test",
     .names = "chi-square test\ncontingency table\n\nchi squared\nchi-square",
     .what = "Asks whether two ways of sorting the same cases have to do with each other, from a table of counts.",
     .picture = "If tea and coffee drinkers were spread over town and country alike, you could fill the table from its margins; the test measures by how much "
                "you err.",
     .formula = "X^2 = sum (seen - expected)^2 / expected\nexpected = row total x column total / all",
     .symbols = "seen: counts, whole cases, each in one cell only\nX^2: near (rows - 1)(columns - 1) if there is no relation",
     .inputs = "table = 30,10;20,20: counts",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Table2d table = in.count_matrix("table");
           if (table.size() < 2 || table[0].size() < 2) in.refuse("table", "at least 2 rows and 2 columns");
           double all = 0, row = 0, column = 0;
           for (size_t i = 0; i < table.size(); ++i)
             for (size_t j = 0; j < table[i].size(); ++j) {
               const double v = table[i][j];
               all += v, row += i == 0 ? v : 0, column += j == 0 ? v : 0;
             }
           const TestResult r = chi_square_test(table);
           out.step(str("first cell: seen {:.6g}, expected {:.6g} x {:.6g} / {:.6g} = {:.6g}", table[0][0], row, column, all, row * column / all));
           out.answer("X^2", r.statistic.value);
           out.answer("p-value", r.p_value);
           out.answer("Cramer's V, the effect", r.effect->value);
         },
     .turn = "multiply all counts by 10: p falls far, V stays.",
     .commands = "grimoire stats chi-square --table '30,10;20,20'",
     .code = "src/grimoire/stats/counts.cpp: chi_square_test",
     .mistake = "People say that it works on percentages; in fact it needs counts: 60 % of 10 and 60 % of 1000 are not the same evidence.",
     .see = "p-value: how to read p\nmutual-information: the same question in bits\npermutation-test: without a table of X^2",
     .sources = "Pearson 1900, On the criterion that a given system of deviations from the probable [...]\nAgresti 2002, Categorical Data Analysis, chapter 3",
     .ask = "Rows total 50 and 50, the first column 20 of 100. What is expected in the first cell? | 10.",
     .more = "Each count is roughly Poisson with a variance equal to its mean, so each term is about a squared standard normal number; sums of squares of "
             "those follow the chi-squared distribution. Rule of thumb: expected counts of 5 and more; below that Fisher's exact test. The same sum "
             "compares counts with any expected shares (goodness of fit). X^2 / n estimates twice the mutual information in nats when the relation is weak."},
    {.id = "effect-size",
     .title = "Effect size",
     .names = "Cohen's d\nHedges' g\nstandardised difference",
     .what = "Says how large a difference is, in units of the spread, where a p-value only says how sure one may be that there is one.",
     .picture = "Two kinds of apples: if nearly every one of the first outweighs nearly every one of the second you see it at a glance; else it takes a "
                "scale.",
     .formula = "d = (mean x - mean y) / s\ns^2 = ((n_x - 1) s_x^2 + (n_y - 1) s_y^2) / (n_x + n_y - 2)",
     .symbols = "s: pooled standard deviation of the two groups\nd: in standard deviations; g: the same less its bias in small samples",
     .inputs = "x = 5.1,4.9,5.6,5.8,5.2: one group\ny = 4.3,4.8,4.6,5,4.4: the other",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto x = group(in, "x"), y = group(in, "y");
           const double d = cohen_d(x, y), fx = static_cast<double>(x.size()) - 1, fy = static_cast<double>(y.size()) - 1;
           out.step(str("difference {:.6g}, pooled deviation {:.6g}", mean(x) - mean(y), std::sqrt((fx * variance(x) + fy * variance(y)) / (fx + fy))));
           out.step(str("of normal groups so far apart, an x lies above a y with probability {:.4g}",
                        make_distribution("normal", {{"mean", 0}, {"sd", std::sqrt(2.0)}})->cdf(d)));
           out.answer("Cohen's d", d);
           out.answer("Hedges' g", hedges_g(x, y));
         },
     .turn = "multiply all values by 10: another unit, the same d.",
     .commands = "grimoire stats t-test --x 5.1,4.9,5.6,5.8,5.2 --y 4.3,4.8,4.6,5,4.4",
     .code = "src/grimoire/stats/means.cpp: cohen_d, hedges_g",
     .mistake = "People say that .2 is small, .5 medium and .8 large; in fact Cohen offered these for want of better: what counts depends on the field.",
     .see = "t-test: is there a difference at all?\npower: what it takes to see it\nstandard-deviation: the unit",
     .sources = "Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, chapter 2\nHedges 1981, Distribution Theory for Glass's Estimator of "
                "Effect Size and Related Estimators",
     .ask = "Means 12 and 10, both deviations 4. What is d? | .5.",
     .more = "t = d sqrt(n/2) for two groups of n: with enough rows any d becomes significant, so a p without an effect size says little. Where the unit is "
             "known to all, milliseconds or euros, the plain difference with its interval is better. Effects of significant small studies are too "
             "large on average, since only lucky ones pass the threshold (the winner's curse)."},
    {.id = "power",
     .title = "Power",
     .names = "statistical power\nsample size\ntype II error",
     .what = "The chance that a test will find a difference that is really there. It tells before a study how many cases it needs.",
     .formula = "power = P(p <= alpha | the effect is d),   type II error = 1 - power",
     .symbols = "d: true effect in standard deviations;   n: values in each of two groups\nalpha: level of the test",
     .inputs = "d = 0.5: effect\nn = 30: in each group\nalpha = 0.05: level\nwanted = 0.8: power",
     .compute =
         [](const Inputs& in, Worked& out) {
           PowerQuestion q{.effect = in.number("d", 0.01, 20), .n = static_cast<double>(in.integer("n", 2, 100000)), .alpha = in.number("alpha", 1e-6, 0.5)};
           const double power = t_power(q), wanted = in.number("wanted", q.alpha + 0.01, 0.9999), needed = t_sample_size(q, wanted);
           out.step(str("d = {:.6g} is {:.4g} standard errors", q.effect, q.effect * std::sqrt(q.n / 2)));
           out.answer("power", power);
           out.answer("n for the power wanted", needed);
           const double n = q.n, most = std::max(2 * n, 1.3 * needed);
           out.show(Chart{.title = "power by n; o: here",
                          .x_label = "n",
                          .series = {curve(2, most, [&](double at) { return q.n = at, t_power(q); }, "", 31), point(n, power)}});
         },
     .turn = "d = .25: half the effect needs four times the cases.",
     .commands = "grimoire stats power --effect .5 --n 30\ngrimoire stats power --effect .5 --power .8",
     .code = "src/grimoire/stats/power.cpp: t_power, t_sample_size",
     .mistake = "People say that a test without a result shows there is no effect; in fact with a power of .3 it misses two of three.",
     .see = "hypothesis-test: the other error\neffect-size: what must be guessed\nmore-data: the cure",
     .sources = "Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, chapter 2",
     .ask = "The power is .8. How often is a true effect missed? | In one of five studies.",
     .more = "Under the alternative t follows the noncentral t distribution with noncentrality d sqrt(n/2), and the power is its share beyond the critical "
             "value. Power computed after the fact from the d that was seen adds nothing: it is a function of p (Hoenig and Heisey 2001). .8 is Cohen's "
             "convention, as .05 is Fisher's. Ioannidis 2005 argues from low power that many published findings are false."},
    {.id = "bootstrap",
     .title = "Bootstrap",
     .names = "bootstrapping\nresampling",
     .what = "Finds how unsure any number computed from data is: draw new samples out of the sample itself, with repeats, and watch the number vary.",
     .picture = "Only one bag of sweets, and you want to know how bags differ: note a sweet, put it back, and so on: a new bag. It cannot show a colour the "
                "first bag lacked.",
     .formula = "x* = n draws from x with putting back;   se = sd of f(x*) over many x*",
     .symbols = "x: the sample of n values\nf: any statistic, here the mean and the median",
     .inputs = "x = 5.1,4.9,5.6,5.8,5.2: values\nseed = 1: which random numbers",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto x = group(in, "x");
           const auto n = static_cast<double>(x.size());
           Rng rng(RngMode::philox, static_cast<uint64_t>(in.integer("seed", 0, 1000000000)), "bootstrap");
           const ResampleOptions options{.resamples = 1000};
           const Bootstrap m = bootstrap(x, [](std::span<const double> v) { return mean(v); }, rng, options);
           const Bootstrap median = bootstrap(x, [](std::span<const double> v) { return quantile(v, 0.5); }, rng, options);
           out.step(str("a resample leaves out {:.4g} of the values on average: (1 - 1/n)^n", std::pow(1 - 1 / n, n)));
           out.step(str("1000 resamples, the mean: 95 % interval {:.4g} to {:.4g}", m.percentile.low, m.percentile.high));
           out.answer("se of the mean, of all resamples", std::sqrt(variance(x, 0) / n));
           out.answer("of these 1000", m.standard_error);
           out.answer("se of the median, of these 1000", median.standard_error);
         },
     .turn = "another seed: the last two numbers move a little, the first does not.",
     .commands = "grimoire stats bootstrap --x 5.1,4.9,5.6,5.8,5.2",
     .code = "src/grimoire/stats/resample.cpp: bootstrap",
     .mistake = "People say that it makes data out of nothing; in fact it adds none: it only shows how the data at hand could have come out otherwise.",
     .see = "standard-error: the formula for means\nrandom-forest: trees on resamples\npermutation-test: the other way of shuffling",
     .sources = "Efron 1979, Bootstrap Methods: Another Look at the Jackknife\nEfron and Tibshirani 1993, An Introduction to the Bootstrap",
     .ask = "n values: how many does a resample draw? | n, with putting back.",
     .more = "The sample stands in for the population, so the resamples stand to the sample as samples to the population. For the mean the limit is known, "
             "sqrt(var/n) with var divided by n. It fails for extremes, such as the largest value, and is too narrow for few rows; BCa intervals (Efron "
             "1987) repair bias and skewness. Rows that belong together, by day or person, must be drawn together. Each resample leaves out about "
             "1/e = 37 % of the rows, on which a forest measures its error."},
    {.id = "permutation-test",
     .title = "Permutation test",
     .names = "randomisation test\nshuffling labels",
     .what = "Asks how often a difference as large would come if the labels of the groups were dealt out at random. It needs no formula and no bell curve.",
     .picture = "A taster sorts six cups into two kinds. To judge the feat, count in how many of all the ways to sort them one does as well.",
     .formula = "p = share of the ways to deal the labels that give a difference as extreme\ntwo-sided: twice the smaller side",
     .symbols = "ways: (n_x + n_y)! / (n_x! n_y!)\ndifference: of the two means",
     .inputs = "x = 5.1,4.9,5.6: one group\ny = 4.3,5,4.6: the other",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto x = group(in, "x"), y = group(in, "y");
           const auto difference = [](std::span<const double> a, std::span<const double> b) { return mean(a) - mean(b); };
           Rng rng(RngMode::philox, 0, "permutation");
           const TestResult r = permutation_test(x, y, difference, rng, {.resamples = 5000});
           const auto nx = static_cast<double>(x.size()), all = nx + static_cast<double>(y.size());
           const double ways = std::round(std::exp(std::lgamma(all + 1) - std::lgamma(nx + 1) - std::lgamma(all - nx + 1)));
           out.step(str("{:.6g} ways to deal {:.0f} labels to {:.0f} values{}", ways, nx, all, ways > 5000 ? "; 5000 drawn at random" : ", all tried"));
           out.answer("p-value", r.p_value);
           out.answer("difference", mean(x) - mean(y));
           out.answer("smallest p that these sizes allow, two-sided", std::min(1.0, 2 / ways));
         },
     .turn = "make the 5 a 4.8: no other way does as well, and p falls to .1.",
     .commands = "grimoire stats permutation --x 5.1,4.9,5.6 --y 4.3,5,4.6",
     .code = "src/grimoire/stats/resample.cpp: permutation_test",
     .mistake = "People say that it assumes nothing; in fact it assumes that the values could be exchanged: equal spreads too, not just equal means.",
     .see = "t-test: the formula instead\nbootstrap: draws with repeats\nnull-hypothesis: what is shuffled",
     .sources = "Fisher 1935, The Design of Experiments, chapter II: the lady tasting tea\nPhipson and Smyth 2010, Permutation P-values Should Never Be Zero",
     .ask = "Two groups of 2: in how many ways can the labels be dealt? | 6.",
     .more = "In a randomised experiment the argument is exact: the labels were in fact dealt at random, so under H0 every dealing was as likely. Up to "
             "some thousand ways all are tried; beyond that random ones, and p = (1 + hits) / (1 + tries), since the dealing at hand counts as one. "
             "Permutation importance of a column of a model is the same idea: shuffle it and see what is lost."},
};

}  // namespace

const Family kTest = {"test", "Tests", kConcepts};

}  // namespace grim::learn
