// Tests: what a p-value is, what it is computed under, and what is done with it.
#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/stats/counts.h"

namespace grim::learn {
namespace {

using namespace stats;

// The upper half of the counts.
Bars bars_of_heads(const Distribution& d, int64_t n) {
  Bars b{"probability of each count under H0, upper half", {}, {}};
  for (int64_t k = (n + 1) / 2; k <= n; ++k) b.labels.push_back(str("{}", k)), b.values.push_back(d.pdf(static_cast<double>(k)));
  return b;
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
     .see = "null-hypothesis: what is assumed\nhypothesis-test: what is decided\nbayes: the probability of a hypothesis",
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
     .names = "0.05 threshold\nsignificance level",
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
     .see = "p-value: what is compared\nnull-hypothesis: what is rejected",
     .sources = "Neyman and Pearson 1933, On the Problem of the Most Efficient Tests of Statistical Hypotheses\n"
                "Wasserstein and Lazar 2016, The ASA's Statement on p-Values, principle 3",
     .ask = "Twenty true null hypotheses are tested at level .05. How many are rejected on average? | One.",
     .more = "Two errors are possible: rejecting a true H0 (its rate is at most alpha) and keeping a false one; one minus the second rate is the power. "
             "With counts the rate stays below alpha, for it can only take certain values. Choosing alpha or the number of tries after seeing the data "
             "breaks the promise; so does testing many hypotheses without a correction (`grimoire stats adjust`). How strict the level should be is "
             "disputed: Benjamin et al. 2018 ask for .005, Lakens et al. 2018 for a level justified case by case, and McShane et al. 2019 would abandon "
             "thresholds."},
};

}  // namespace

const Family kTest = {"test", "Tests", kConcepts};

}  // namespace grim::learn
