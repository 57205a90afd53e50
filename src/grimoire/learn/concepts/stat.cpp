// Statistics: probability and what is inferred from it, and the three kinds of mean.
#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/stats/bayes.h"
#include "grimoire/stats/distribution.h"
#include "grimoire/stats/summary.h"

namespace grim::learn {
namespace {

using namespace stats;

double binomial_probability(int64_t k, int64_t n, double p) {
  return make_distribution("binomial", {{"n", static_cast<double>(n)}, {"p", p}})->pdf(static_cast<double>(k));
}

Bars bars_of_counts(std::string title, const Distribution& d, int64_t low, int64_t high) {
  Bars b{std::move(title), {}, {}};
  for (int64_t k = low; k <= high; ++k) b.labels.push_back(str("{}", k)), b.values.push_back(d.pdf(static_cast<double>(k)));
  return b;
}

const Concept kConcepts[] = {
    {.id = "probability-vs-likelihood",
     .title = "Probability and likelihood",
     .names = "probability\nlikelihood",
     .what = "Two readings of one formula: what a known cause will bring, or how well each possible cause explains what came. The first is called "
             "probability, the second likelihood.",
     .picture = "A workshop. With the tool in your hand you ask which repairs it can do; with the mended chair before you, which tool fits the marks. It "
                "breaks at \"which tool was it probably?\": for that you must know how often each is used.",
     .formula = "P(x | t): sums to 1 over the results x\nL(t) = P(x | t): need not sum to 1 over t",
     .symbols = "x: the result, here k successes in n tries\nt: what is unknown, here the chance of success p",
     .inputs = "n = 4: tries\nk = 3: successes seen\np = 0.8: one chance of success\nq = 0.5: another one to compare",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 200), k = in.integer("k", 0, n);
           const double p = in.probability("p"), q = in.number("q", 1e-3, 0.999);
           const double at_p = binomial_probability(k, n, p), at_q = binomial_probability(k, n, q);
           double all = 0, area = 0;
           for (int64_t x = 0; x <= n; ++x) all += binomial_probability(x, n, p);
           constexpr int kCells = 1000;  // Simpson's rule
           for (int i = 0; i <= kCells; ++i) area += binomial_probability(k, n, i / double{kCells}) * (i % kCells ? i % 2 ? 4 : 2 : 1) / (3 * kCells);
           out.step(str("p = {:.6g} fixed: P(0) + ... + P({}) = {:.6g}", p, n, all));
           out.step(str("k = {} fixed: L({:.6g}) = {:.6g}, L({:.6g}) = {:.6g}", k, p, at_p, q, at_q));
           out.step(str("area under L from p = 0 to 1: {:.6g}, that is 1/(n + 1)", area));
           out.answer(str("P({} of {})", k, n), at_p);
           out.answer(str("L({:.6g}) / L({:.6g})", p, q), at_p / at_q);
           out.answer("area under L", area);
         },
     .turn = "move p towards k/n: the ratio grows until p is k/n, the most likely value.",
     .commands = "grimoire distribution binomial --param n=4 --param p=.8 --pdf 0,1,2,3,4",
     .code = "src/grimoire/stats/distribution.cpp: Distribution::pdf, log_likelihood",
     .mistake = "People say that a likelihood of .41 at p = .8 means that p is .8 with probability .41; in fact likelihoods only compare one p with "
                "another. How probable a p is needs a prior.",
     .see = "maximum-likelihood: the peak of L\nbayes: likelihood times prior",
     .sources = "Fisher 1922, On the Mathematical Foundations of Theoretical Statistics\n"
                "MacKay 2003, Information Theory, Inference, and Learning Algorithms, section 2.3",
     .ask = "Of probability and likelihood, which one sums to 1, and over what? | Probability, over the results; likelihood need not sum to 1 over the "
            "causes.",
     .more = "One table serves both: rows are values of t, columns are results x. A row read across is a probability distribution; a column read down is "
             "a likelihood function. Its overall height means nothing, since only ratios enter a comparison: with 4 tries the area is 1/5 whatever k is. "
             "Bayes' theorem weighs each entry of the column by the row's prior and divides by the total, and only then does the column sum to 1."},
    {.id = "bayes",
     .title = "Bayes' theorem",
     .names = "prior\nposterior\nevidence",
     .what = "How to change your mind by the right amount: it turns what you believed before into what to believe once the evidence is in.",
     .picture = "A smoke alarm rings. How worried to be depends on how common fires are, how surely it rings at one, and how often at toast. It breaks "
                "where nobody can say how common fires are.",
     .formula = "P(H | E) = P(E | H) P(H) / P(E)\nP(E) = P(E | H) P(H) + P(E | not H) (1 - P(H))",
     .symbols = "P(H): the prior, belief before\nP(E | H): hits, how often H shows this evidence\nP(E | not H): false alarms\n"
                "P(H | E): the posterior, belief after",
     .inputs = "prior = 0.01: belief before\nhit = 0.9: P(E given H)\nalarm = 0.09: P(E given not H)",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double prior = in.probability("prior"), hit = in.probability("hit"), alarm = in.probability("alarm");
           const double with = prior * hit, without = (1 - prior) * alarm;
           if (with + without <= 0) in.refuse("alarm", "evidence that can happen: with these numbers it never does");
           out.step(str("H and the evidence:     {:.6g} x {:.6g} = {:.6g}", prior, hit, with));
           out.step(str("not H and the evidence: {:.6g} x {:.6g} = {:.6g}", 1 - prior, alarm, without));
           out.step(str("{:.6g} / ({:.6g} + {:.6g})", with, with, without));
           out.answer("posterior P(H | E)", posterior({{prior, 1 - prior}}, {{hit, alarm}})[0]);
         },
     .turn = "raise the prior to .5: the posterior jumps to .909 by the same evidence.",
     .commands = "grimoire stats bayes --prior .01,.99 --likelihood .9,.09",
     .code = "src/grimoire/stats/bayes.cpp: posterior",
     .mistake = "People say that a test which finds nine of ten cases makes a positive result 90 % sure; in fact that is P(E | H). P(H | E) also hangs "
                "on how rare H is: here it is 9 %.",
     .see = "base-rate: the same by counting people\nprobability-vs-likelihood: the factor P(E | H)\nmaximum-likelihood: without a prior",
     .sources = "Bayes 1763, An Essay towards Solving a Problem in the Doctrine of Chances\nGelman et al. 2013, Bayesian Data Analysis, section 1.3",
     .ask = "Prior .5, hits .9, false alarms .1: what is the posterior? | .45 / (.45 + .05) = .9.\n"
            "What does evidence do that is as likely under H as under not H? | Nothing: the posterior equals the prior.",
     .more = "It is the product rule read twice: P(H and E) = P(E | H) P(H) = P(H | E) P(E). In odds it is shorter still: posterior odds = prior odds x "
             "P(E | H) / P(E | not H), here 1/99 x 10 = 10/99. Of two pieces of evidence that are independent given H, the second one takes the first "
             "one's posterior as its prior, in either order. P(E) is the same for all hypotheses: it only makes them sum to 1. Counting works just as "
             "well: of 10,000 people 100 are ill and 90 of them test positive, 9,900 are well and 891 of them do; 90 of 981 is the same 9.17 %."},
    {.id = "base-rate",
     .title = "Base rate",
     .names = "shy librarian\nprevalence",
     .what = "How common something is before you look at the case in hand. Forget it, and a telling description will lead you astray.",
     .picture = "A shy person is described: librarian or farmer? Line up all the shy people in town. There are so many farmers that most of the shy ones "
                "are farmers. It breaks if the person was picked at a library.",
     .formula = "P(librarian | shy) = a / (a + b)",
     .symbols = "a: librarians x share of them who are shy\nb: farmers x share of them who are shy",
     .inputs = "librarians = 1: how many, for as many farmers as below\nfarmers = 20: how many\nshy_l = 0.5: share of them who are shy\n"
               "shy_f = 0.1: share of them who are shy",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double l = in.number("librarians", 0, 1e12), f = in.number("farmers", 0, 1e12);
           const double p = in.probability("shy_l"), q = in.probability("shy_f");
           if (!(l * p + f * q > 0)) in.refuse("shy_f", "somebody who is shy");
           out.step(str("shy librarians: {:.6g} x {:.6g} = {:.6g}", l, p, l * p));
           out.step(str("shy farmers: {:.6g} x {:.6g} = {:.6g}", f, q, f * q));
           out.step(str("{:.6g} / ({:.6g} + {:.6g})", l * p, l * p, f * q));
           out.answer("P(librarian | shy)", posterior({{l / (l + f), f / (l + f)}}, {{p, q}})[0]);
           out.show(Bars{"all shy people", {"librarians", "farmers"}, {l * p, f * q}});
         },
     .turn = "set farmers to 1: only the description counts now, and the answer is .5 / .6 = .83.",
     .commands = "grimoire stats bayes --prior .047619,.952381 --likelihood .5,.1",
     .code = "src/grimoire/stats/bayes.cpp: posterior, screening",
     .mistake = "People say that the description fits a librarian five times better, so a librarian it is; in fact it must be weighed against twenty "
                "farmers for each librarian.",
     .see = "bayes: the rule behind it\nasymmetric-error: when one mistake costs more",
     .sources = "Kahneman and Tversky 1973, On the Psychology of Prediction\nKahneman 2011, Thinking, Fast and Slow, chapter 14",
     .ask = "An illness has 1 in 1000; a test finds all cases and errs on 1 % of the healthy. Is a positive person rather ill or well? | Well: about 1 "
            "ill to 10 healthy among the positives.",
     .more = "In medicine the base rate is called prevalence, and the share of positives who are ill the positive predictive value. It moves with the "
             "prevalence although the test stays the same, so a test that is trusted in a clinic, where many are ill, can mislead when a whole country "
             "is screened. Classifiers meet the same: trained on half spam and half not, they flag too much where spam is rare."},
    {.id = "binomial",
     .title = "Binomial distribution",
     .names = "n choose k\nnCk",
     .what = "How likely each number of successes is when the same yes-or-no try is repeated independently.",
     .picture = "Coin tosses: count the heads in ten. It breaks when one toss sways the next, as a tired player's free throws do.",
     .formula = "P(k) = C(n, k) p^k (1 - p)^(n - k),   C(n, k) = n! / (k! (n - k)!)",
     .symbols = "n: tries\nk: successes, 0 to n\np: chance of success at each try\nC(n, k): ways to choose which k of the n succeed",
     .inputs = "n = 10: tries\nk = 3: successes\np = 0.5: chance of success",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1000), k = in.integer("k", 0, n);
           const double p = in.probability("p");
           double ways = 1;
           for (int64_t i = 1; i <= k; ++i) ways = ways * static_cast<double>(n - k + i) / static_cast<double>(i);
           const auto d = make_distribution("binomial", {{"n", static_cast<double>(n)}, {"p", p}});
           out.step(str("C({}, {}) = {:.8g} orders of successes and failures", n, k, ways));
           out.step(str("each has probability {:.6g}^{} x {:.6g}^{} = {:.6g}", p, k, 1 - p, n - k, std::pow(p, k) * std::pow(1 - p, n - k)));
           out.answer(str("C({}, {})", n, k), ways);
           out.answer(str("P({})", k), d->pdf(static_cast<double>(k)));
           const int64_t low = std::max<int64_t>(0, std::min(k - 2, n - 4));
           out.show(bars_of_counts("P(k) near it", *d, low, std::min(n, low + 4)));
         },
     .turn = "move p to .8: the hump slides to n p = 8.",
     .commands = "grimoire distribution binomial --param n=10 --param p=.5 --pdf 3",
     .code = "src/grimoire/stats/discrete.cpp: binomial",
     .mistake = "People say that ten tosses should give five heads; in fact five is the likeliest count and still comes only one time in four.",
     .see = "poisson: many tries, rare success\np-value: tails of it",
     .sources = "Jakob Bernoulli 1713, Ars Conjectandi\nFeller 1968, An Introduction to Probability Theory and Its Applications I, section VI.2",
     .ask = "In how many orders can 2 heads come in 4 tosses? | C(4, 2) = 6.",
     .more = "Each order of k successes and n - k failures has the same probability p^k (1 - p)^(n - k); C(n, k) counts the orders. The mean is n p and "
             "the variance n p (1 - p). For large n with n p fixed it becomes the Poisson distribution, and about its middle a normal one. The program "
             "takes it in Loader's form, which keeps its digits for n in the millions where factorials overflow."},
    {.id = "poisson",
     .title = "Poisson distribution",
     .names = "event counts",
     .what = "How likely each count of events is when they happen at a steady average rate and independently: calls an hour, typing errors a page.",
     .picture = "Clicks of a Geiger counter in a minute. It breaks when events come in clusters or keep a distance, like buses.",
     .formula = "P(k) = m^k e^-m / k!,   k = 0, 1, 2, ...",
     .symbols = "m: mean count, rate x length, above 0\nk: events counted, a whole number from 0 up",
     .inputs = "m = 2: mean count\nk = 3: events counted",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double m = in.number("m", 1e-9, 1e6);
           const int64_t k = in.integer("k", 0, 10000000);
           const auto d = make_distribution("poisson", {{"mean", m}});
           const double power = std::pow(m, static_cast<double>(k)), orders = std::tgamma(static_cast<double>(k) + 1);
           if (k <= 20) out.step(str("{:.6g}^{} = {:.6g},   e^-{:.6g} = {:.6g},   {}! = {:.8g}", m, k, power, m, std::exp(-m), k, orders));
           out.step(str("P(none) = e^-{:.6g} = {:.6g}", m, d->pdf(0)));
           out.answer(str("P({})", k), d->pdf(static_cast<double>(k)));
           if (m <= 4 && k <= 6) out.show(bars_of_counts("P(k)", *d, 0, 6));
         },
     .turn = "double m: the hump moves to the right and widens, by sqrt 2 only.",
     .commands = "grimoire distribution poisson --param mean=2 --pdf 3\ngrimoire distribution poisson --fit 3,1,4,1,5",
     .code = "src/grimoire/stats/discrete.cpp: poisson",
     .mistake = "People say that it measures the time between events; in fact it counts events. The waiting time between them is exponential.",
     .see = "binomial: where it comes from\nmaximum-likelihood: m from counts",
     .sources = "Poisson 1837, Recherches sur la probabilite des jugements\n"
                "Feller 1968, An Introduction to Probability Theory and Its Applications I, section VI.5",
     .ask = "A page has 2 errors on average. How likely is a page without any? | e^-2 = .135.",
     .more = "Cut the interval into n pieces that each hold one event with probability m/n: C(n, k) (m/n)^k (1 - m/n)^(n-k) tends to m^k e^-m / k! as n "
             "grows. It needs a constant rate, independence, and no two events at once. Mean and variance are both m; real counts often vary more "
             "(people differ, events come in bursts), which is called overdispersion and calls for a negative binomial instead."},
    {.id = "maximum-likelihood",
     .title = "Maximum likelihood",
     .names = "MLE\nmaximum likelihood estimation",
     .what = "A way to choose a model's unknown numbers: take those under which the data that were seen would have been the least surprising.",
     .picture = "The workshop again: of all tools take the one that leaves these marks most readily. It breaks with few marks: a tool for exactly these "
                "three scratches wins over the ordinary one.",
     .formula = "t* = argmax_t sum_i ln P(x_i | t)",
     .symbols = "x_i: one datum\nt: the unknown numbers, here the chance p of a success\nt*: their estimate",
     .inputs = "k = 7: successes\nn = 10: tries\np = 0.5: another value to compare",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 100000), k = in.integer("k", 0, n);
           const double p = in.number("p", 1e-9, 1 - 1e-9);
           std::vector<double> data(static_cast<size_t>(n), 0);
           std::fill_n(data.begin(), k, 1.0);
           const Fit best = fit("bernoulli", data);
           const double other = make_distribution("bernoulli", {{"p", p}})->log_likelihood(data);
           out.step(str("ln L(p) = {} ln p + {} ln(1 - p)", k, n - k));
           out.step(str("its slope {}/p - {}/(1 - p) is 0 at p = {}/{}", k, n - k, k, n));
           out.step(str("there the data are {:.6g} times as likely as at p = {:.6g}", std::exp(best.log_likelihood - other), p));
           out.answer("p", best.distribution->parameter("p"));
           out.answer("ln L there", best.log_likelihood);
           out.answer(str("ln L at {:.6g}", p), other);
         },
     .turn = "7 of 10 becomes 700 of 1000: p stays, but every other p falls behind much faster.",
     .commands = "grimoire distribution bernoulli --fit 1,1,1,1,1,1,1,0,0,0\ngrimoire distribution normal --fit 4.1,5.2,6.3",
     .code = "src/grimoire/stats/fit.cpp: fit",
     .mistake = "People say that maximum likelihood is the product of the probabilities; in fact that is the likelihood. The estimate is the t at which "
                "the product is largest, and it is not the most probable t: that needs a prior.",
     .see = "probability-vs-likelihood: what is maximised\nlog-likelihood: why logarithms\nnll: its negative, a training loss\nbayes: with a prior",
     .sources = "Fisher 1922, On the Mathematical Foundations of Theoretical Statistics\nCasella and Berger 2002, Statistical Inference, section 7.2.2",
     .ask = "A coin shows 3 heads in 3 tosses. What does maximum likelihood say of p, and what is odd? | p = 1: it calls tails impossible after three "
            "tosses.",
     .more = "Sums of logarithms have their peak where the product has it, and do not underflow. Training a network on cross-entropy is maximum "
             "likelihood, and least squares is maximum likelihood with normal noise. Under regularity conditions the estimate approaches the truth with "
             "variance 1/(n x Fisher information), which no unbiased estimate can beat (Cramer and Rao). In small samples it can be badly biased: the "
             "normal's variance is divided by n, not n - 1."},
    {.id = "geometric-mean",
     .title = "Geometric mean",
     .names = "gmean",
     .what = "The right average for things that multiply: growth rates, factors, ratios.",
     .picture = "Money up 10 % one year and down 10 % the next. The average of the changes says nothing happened; the purse says 1 % is gone.",
     .formula = "G = (x_1 x_2 ... x_n)^(1/n) = e^(mean of ln x)",
     .symbols = "x_i: factors, not below 0\nn: how many",
     .inputs = "x = 1.1,0.9: yearly factors\nstart = 100: what is multiplied",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", 0, 1e6, 1, 40);
           const double start = in.number("start", -1e12, 1e12), g = geometric_mean(x);
           double end = start;
           for (double v : x) end *= v;
           out.step(str("{:.6g} x {} = {:.8g}", start, list_of(x, 6, " x "), end));
           out.step(str("{} equal factors that do the same: {:.8g} each", x.size(), g));
           out.step(str("their arithmetic mean would be {:.6g}", mean(x)));
           out.answer("geometric mean", g);
           out.answer("the start becomes", end);
         },
     .turn = "spread the factors, as 1.5,.5: the arithmetic mean stays 1, the geometric mean falls to .866.",
     .commands = "grimoire stats means --x 1.1,.9",
     .code = "src/grimoire/stats/summary.cpp: geometric_mean",
     .mistake = "People say that +10 % and -10 % cancel out; in fact 1.1 x .9 = .99: one part in a hundred is lost, whichever comes first.",
     .see = "harmonic-mean: for rates\nperplexity: one over a geometric mean of probabilities\nbleu: a mean of precisions",
     .sources = "Hardy, Littlewood and Polya 1934, Inequalities, chapter 2",
     .ask = "What is the geometric mean of 2 and 8? | sqrt 16 = 4.",
     .more = "It is the arithmetic mean of the logarithms, turned back. Since the logarithm is concave it never exceeds the arithmetic mean (Jensen), "
             "with equality only when all values are equal. A single 0 makes it 0, which is why BLEU of a sentence without a matching 4-gram is 0 unless "
             "the counts are smoothed."},
    {.id = "harmonic-mean",
     .title = "Harmonic mean",
     .names = "hmean\naverage speed",
     .what = "The right average for rates over equal amounts of work, such as speeds over equal distances.",
     .picture = "To town at 30 km/h and back at 50: you sit in the slow leg for longer, so it counts for more than half.",
     .formula = "H = n / (1/x_1 + ... + 1/x_n)",
     .symbols = "x_i: rates, not below 0\nn: how many",
     .inputs = "x = 30,50: speeds in km/h, each over the same distance",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", 1e-9, 1e12, 1, 100);
           double hours = 0;
           for (double v : x) hours += 1 / v;
           out.step(str("hours for one km each: {} = {:.8g}", str("1/{}", list_of(x, 6, " + 1/")), hours));
           out.step(str("{} km in {:.6g} hours", x.size(), hours));
           out.step(str("over equal times it would be {:.6g}, the arithmetic mean", mean(x)));
           out.answer("harmonic mean", harmonic_mean(x));
         },
     .turn = "lower one speed towards 0: the mean goes there too, however fast the others are.",
     .commands = "grimoire stats means --x 30,50",
     .code = "src/grimoire/stats/summary.cpp: harmonic_mean",
     .mistake = "People say that 30 there and 50 back averages 40; in fact 40 is right for equal times. For equal distances it is 37.5.",
     .see = "geometric-mean: for factors\nprecision: F1 is a harmonic mean",
     .sources = "Hardy, Littlewood and Polya 1934, Inequalities, chapter 2\nvan Rijsbergen 1979, Information Retrieval, chapter 7: the F measure",
     .ask = "What is the harmonic mean of 1 and 3? | 2 / (1 + 1/3) = 1.5.",
     .more = "It never exceeds the geometric mean, which never exceeds the arithmetic one. F1 is the harmonic mean of precision and recall, so a system "
             "that answers \"yes\" to everything (recall 1, precision near 0) scores near 0 and not near a half."},
    {.id = "ema",
     .title = "Exponential moving average",
     .names = "EMA\nexponential smoothing",
     .what = "A running average that forgets: new values count most, old ones fade by the same factor at every step.",
     .picture = "Keeping a soup hot: each hour you pour some out and add fresh broth. What went in long ago is still there, ever more thinly.",
     .formula = "m_t = a x_t + (1 - a) m_(t-1),   m_0 = x_0",
     .symbols = "a: weight of the newest value, above 0, up to 1\nx_t: the value at step t\nm_t: the average after it",
     .inputs = "a = 0.5: weight of the newest value\nx = 10,12,11: values in order",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double a = in.number("a", 1e-6, 1);
           const std::vector<double> x = in.numbers("x", -1e12, 1e12, 1, 40), m = ema(x, a);
           out.step(str("begins with the first value, {:.6g}", x[0]));
           for (size_t t = 1; t < x.size() && t < 5; ++t)
             out.step(str("{:.6g} x {:.6g} + {:.6g} x {:.6g} = {:.6g}", a, x[t], 1 - a, m[t - 1], m[t]));
           out.answers("average", m);
         },
     .turn = "a = .1: the average hardly moves at each value and is about nine steps late.",
     .commands = "grimoire stats ema --x 10,12,11 --alpha .5\ngrimoire train --model mlp --data names.txt --out runs/names --ema .999",
     .code = "src/grimoire/stats/summary.cpp: ema\nsrc/grimoire/optim/optimizer.h: Ema",
     .mistake = "People say that a factor of .9 means a long memory; in fact it depends on whose weight it is. Here a belongs to the newest value; "
                "Adam's beta and `train --ema` name the old average's weight, so their .999 is an a of .001.",
     .see = "running-stats: of a batch norm\nlearning-rate: the steps that it smooths",
     .sources = "Brown 1959, Statistical Forecasting for Inventory Control\nKingma and Ba 2015, Adam, section 3: the bias of the first steps",
     .ask = "With a = .25, how much weight is left on a value after one more step? | .75 of what it had.",
     .more = "A value that is j steps old has weight a (1 - a)^j: a geometric series that sums to 1 and whose mean age is (1 - a)/a. What it starts from "
             "matters: here m_0 is the first value. Adam starts from 0 and divides by 1 - (1 - a)^t, the weight given so far, so that the first averages "
             "are not pulled towards 0. An average of a model's weights, taken the same way along training, often judges better than the last weights do."},
};

}  // namespace

const Family kStat = {"stat", "Statistics", kConcepts};

}  // namespace grim::learn
