// Learning theory: what can be learned from examples, how well, and how one tells.
#include <algorithm>
#include <cmath>
#include <map>

#include "grimoire/base/str.h"
#include "grimoire/classic/knn.h"
#include "grimoire/classic/ridge.h"
#include "grimoire/classic/validate.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/metric/regression.h"
#include "grimoire/stats/bayes.h"
#include "grimoire/stats/counts.h"
#include "grimoire/stats/special.h"
#include "grimoire/stats/summary.h"
#include "grimoire/theory/experiment.h"

namespace grim::learn {
namespace {

// Least squares with one column.
struct Line {
  double slope, constant, mse;
  double at(double x) const { return constant + slope * x; }
};
Line line_through(const std::vector<double>& x, const std::vector<double>& y) {
  LinearRegression fit;
  const Features columns(Tensor::from(x, {static_cast<int64_t>(x.size()), 1}));
  fit.fit({.x = columns, .y = y, .weight = {}, .classes = {}});
  double square = 0;
  for (double v : y) square = std::max(square, v * v);
  const double mse = regression_scores(y, fit.predict(columns)).mse;
  const double constant = fit.intercepts()[0];
  return {fit.coefficients()[0], constant * constant < 1e-24 * square ? 0 : constant, mse < 1e-24 * square ? 0 : mse};  // below that it is rounding
}

// Mean and spread of guesses about the truth.
struct Parts {
  double mean, bias, variance;
};
Parts parts_of(const Inputs& in, Worked& out) {
  const std::vector<double> f = in.numbers("f", -1e9, 1e9);
  const double truth = in.number("truth", -1e9, 1e9);
  const Parts p{stats::mean(f), stats::mean(f) - truth, stats::variance(f, 0)};
  out.step(str("mean of the guesses: ({}) / {} = {:.6g}", list_of(f, 6, " + "), f.size(), p.mean));
  return p;
}

// "a -> b", "a", "not a": clauses over claims that are numbered as they come; -n is "not n".
struct Logic {
  const Inputs& in;
  std::map<std::string, int> names = {};
  std::vector<std::vector<int>> clauses = {};

  int literal(std::string_view field, std::string text) {
    const bool no = text.starts_with("not ");
    if (no) text = text.substr(4);
    if (text.empty() || text.size() > 20 || text.find_first_of(" ->,") != text.npos) in.refuse(field, "claims such as: a -> b, not c");
    const int number = names.emplace(text, static_cast<int>(names.size()) + 1).first->second;
    if (number > 12) in.refuse(field, "at most 12 different claims");
    return no ? -number : number;
  }
  void premise(std::string_view field, const std::string& claim) {
    const auto [left, right] = split_once(claim, "->");
    clauses.push_back({literal(field, left)});
    if (!right.empty()) clauses.back() = {-clauses.back()[0], literal(field, right)};
  }
  void opposite(std::string_view field, const std::string& claim) {
    const auto [left, right] = split_once(claim, "->");
    clauses.push_back({right.empty() ? -literal(field, left) : literal(field, left)});
    if (!right.empty()) clauses.push_back({-literal(field, right)});
  }
  // Cases of true and false in which the first `count` clauses hold.
  double cases(size_t count) const {
    double all = 0;
    for (unsigned row = 0; row < 1u << names.size(); ++row)
      all += std::all_of(clauses.begin(), clauses.begin() + static_cast<std::ptrdiff_t>(count), [&](const std::vector<int>& clause) {
        return std::ranges::any_of(clause, [&](int literal) { return (row >> (std::abs(literal) - 1) & 1) == (literal > 0); });
      });
    return all;
  }
};

const Concept kConcepts[] = {
    {.id = "machine-learning",
     .title = "Machine learning",
     .names = "ML\nautomated induction",
     .what = "Letting a program find the rule from examples instead of writing the rule down. You give questions with their answers; it gives a function "
             "that answers new questions.",
     .picture = "A child learns what a dog is from being shown dogs, not from a definition. It breaks when only dogs on leads were shown.",
     .formula = "(x_1, y_1), ..., (x_n, y_n)  ->  f with f(x) near y, for new x too",
     .symbols = "x: what is known of a case\ny: the answer to it\nf: the rule that was found",
     .inputs = "x = 1,2: examples\ny = 2,4: their answers\nat = 3: a new case",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 2), y = in.numbers("y", -1e6, 1e6);
           if (y.size() != x.size()) in.refuse("y", str("as many as x has: {}", x.size()));
           const double at = in.number("at", -1e6, 1e6);
           const Line line = line_through(x, y);
           out.step(str("examples: {} -> {}", list_of(x), list_of(y)));
           out.step(str("the line that fits best: f(x) = {:.6g} x {} {:.6g}", line.slope, line.constant < 0 ? "-" : "+", std::abs(line.constant)));
           out.step(str("f({:.6g}) = {:.6g}: nobody said so, the examples did", at, line.at(at)));
           out.answer("w", line.slope);
           out.answer(str("f({:.6g})", at), line.at(at));
         },
     .turn = "add a third example that does not fit, x = 1,2,3 and y = 2,4,5: the line gives way a little everywhere.",
     .commands = "grimoire fit --model linear --data data.csv --target y --out y.model\ngrimoire predict y.model --data new.csv",
     .code = "src/grimoire/classic/estimator.h: Estimator",
     .mistake = "People say that the machine discovers what is true; in fact it finds what fits its examples among the rules it is able to express.",
     .see = "induction: what it automates\nrisk: how a rule is judged\ntrain-vs-test: on what it is judged\ninductive-bias: which rules it prefers",
     .sources = "Mitchell 1997, Machine Learning, section 1.1\nDomingos 2012, A Few Useful Things to Know about Machine Learning",
     .ask = "What does a learner need that a written rule does not? | Examples with answers.",
     .more = "A learner has three parts (Domingos): a set of rules it can express, a score that says which is better, and a search for the best. Here: "
             "lines, squared error, and a formula that solves for the best line at once. With neural networks the same three are an architecture, a "
             "loss, and gradient descent. Whether the rule holds outside of the examples is a question that the examples alone cannot answer: it needs "
             "held-out rows and the assumption that new cases come from the same source."},
    {.id = "deduction",
     .title = "Deduction",
     .names = "deductive reasoning",
     .what = "Reasoning that cannot fail: if the premises are true, the conclusion must be. Nothing is added that was not in them.",
     .picture = "A sealed parcel: whatever you take out was packed by somebody. It is only as good as what went in.",
     .formula = "from A and A -> B follows B",
     .symbols = "A, B: claims, true or false\nA -> B: not (A true and B false)",
     .inputs = "premises = a -> b, a: claims with commas between them\nconclusion = b: a claim",
     .compute =
         [](const Inputs& in, Worked& out) {
           Logic logic{in};
           size_t count = 0;
           for (std::string rest = in.text("premises"); !rest.empty() && ++count <= 40;) {
             const auto [first, others] = split_once(rest, ",");
             logic.premise("premises", first);
             rest = others;
           }
           const size_t premises = logic.clauses.size();
           logic.opposite("conclusion", in.text("conclusion"));
           const double rows = static_cast<double>(1u << logic.names.size()), broken = logic.cases(logic.clauses.size());
           out.step(str("{} claims, so {:.0f} cases of true and false", logic.names.size(), rows));
           out.step(str("premises all true: in {:.0f} of them", logic.cases(premises)));
           out.step(str("and the conclusion false: in {:.0f}", broken));
           out.answer("cases in which the argument holds", rows - broken);
           out.answer("cases in all", rows);
           out.answer("argument", broken == 0 ? "valid" : "not valid");
         },
     .turn = "premises = a -> b, b and conclusion = a: one case breaks it. This mistake is called affirming the consequent.",
     .code = "src/grimoire/theory/satisfiability.cpp: try_everything",
     .mistake = "People say that a valid argument gives a true conclusion; in fact it does so only from true premises. \"All birds fly, a penguin is a "
                "bird\" is valid reasoning to a falsehood.",
     .see = "induction: reasoning that may fail\ndecision-problem: satisfiability, the same as a problem\nrule-based-ai: machines that deduce",
     .sources = "Aristotle, Prior Analytics\nRussell and Norvig 2020, Artificial Intelligence: A Modern Approach, section 7.5",
     .ask = "It rained, and if it rains the street is wet. Is \"the street is wet\" deduced or induced? | Deduced: it must be so.",
     .more = "An argument is valid exactly when its premises together with the opposite of its conclusion cannot all be true. That turns each question "
             "of deduction into one of satisfiability, and with n claims a table has 2^n rows; better solvers skip most of them. Learning never deduces "
             "its rule from the examples: many rules agree with all of them."},
    {.id = "induction",
     .title = "Induction",
     .names = "inductive reasoning",
     .what = "Going from cases seen to a rule for all cases. It can fail, and everything learned from data rests on it.",
     .picture = "The farmer has fed the goose every morning for a hundred days, and she expects food on the day before Christmas.",
     .formula = "rule of succession: P(next succeeds) = (s + 1) / (n + 2)",
     .symbols = "n: cases seen\ns: how many of them succeeded",
     .inputs = "s = 10: successes\nn = 10: cases",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 0, 1000000000), s = in.integer("s", 0, n);
           const stats::BetaPosterior b = stats::beta_binomial_update(1, 1, static_cast<double>(s), static_cast<double>(n));
           out.step(str("before: every share of successes equally credible"));
           out.step(str("after {} of {}: Beta({:.0f}, {:.0f}), with mean {:.0f} / {:.0f}", s, n, b.a, b.b, b.a, b.a + b.b));
           out.step(str("95 % of the belief lies on shares from {:.4f} to {:.4f}", b.credible.low, b.credible.high));
           out.answer("P(next succeeds)", b.mean);
         },
     .turn = "s = n = 1000000: very sure, never 1.",
     .code = "src/grimoire/stats/bayes.cpp: beta_binomial_update",
     .mistake = "People say that enough confirming cases prove a rule; in fact no number of them does, and one failure refutes it.",
     .see = "deduction: reasoning that cannot fail\ninductive-bias: what it must assume\nmachine-learning: induction by machine",
     .sources = "Hume 1748, An Enquiry Concerning Human Understanding, section IV\nLaplace 1814, A Philosophical Essay on Probabilities\n"
                "Russell 1912, The Problems of Philosophy, chapter VI: the chicken",
     .ask = "Nothing has been seen yet. What does the rule of succession say of the next case? | 1/2.",
     .more = "Laplace's rule follows from Bayes with a flat prior on the share. It assumes exchangeable cases: the order says nothing and the source "
             "does not change. Hume's point is that this assumption cannot itself be got from experience without a circle. Statistics replaces certainty "
             "by a guarantee: if the cases are independent draws from one source, a rule that did well on many of them does badly on the next with small "
             "probability only."},
    {.id = "learnability",
     .title = "Learnability",
     .names = "something to learn",
     .what = "Is there a pattern at all? If the answers have nothing to do with what is known of each case, the best anyone can do is to name the "
             "commonest answer.",
     .picture = "Guessing coin tosses from the weather report: study as you like, \"heads\" every time is as good as anything.",
     .formula = "y independent of x: best accuracy = max_c P(y = c)",
     .symbols = "x: what is known of a case\ny: its class\nc: a class",
     .inputs = "yes = 60: cases of one class\nn = 100: all cases",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1000000000), yes = in.integer("yes", 0, n);
           const double more = static_cast<double>(std::max(yes, n - yes)), all = static_cast<double>(n), share = more / all;
           const stats::Interval i = stats::proportion_interval(more, all);
           out.step(str("always \"{}\": right in {:.0f} of {}", 2 * yes >= n ? "yes" : "no", more, n));
           out.step(str("guessing by shares: {:.6g}^2 + {:.6g}^2 = {:.6g}", share, 1 - share, share * share + (1 - share) * (1 - share)));
           out.step(str("95 % interval of the baseline: {:.4f} to {:.4f}", i.low, i.high));
           out.answer("best accuracy without a pattern", share);
         },
     .turn = "yes = 99: now .99 is no achievement.",
     .commands = "grimoire validate --model logistic --data data.csv --target y\ngrimoire doctor data.csv --model logistic --target y",
     .code = "src/grimoire/classic/diagnose.cpp: diagnose_table",
     .mistake = "People say that 90 % accuracy is good; in fact it is nothing if 90 % of the cases belong to one class. Compare with the majority first.",
     .see = "inductive-bias: patterns a learner can see\nbayes-risk: the limit when there is a pattern\ntrain-vs-test: patterns that are only apparent",
     .sources = "Domingos 2012, A Few Useful Things to Know about Machine Learning\n"
                "Abu-Mostafa, Magdon-Ismail and Lin 2012, Learning from Data, section 1.3",
     .ask = "Labels are fair coin tosses, whatever x is. What accuracy on new cases can the best learner have? | .5.",
     .more = "\"Independent\" is the extreme case; in between, the best rule's risk is the Bayes risk, and a dependence may exist that the learner at "
             "hand cannot express. A permutation test tells noise from pattern: shuffle the answers many times, fit each time, and see how often chance "
             "scores as well. In theory learnable means more: that for any distribution a fixed number of examples suffices for a rule nearly as good as "
             "the best of a class (PAC), and for two classes this holds exactly when the VC dimension is finite."},
    {.id = "inductive-bias",
     .title = "Inductive bias",
     .names = "learner's assumption",
     .what = "What a learner prefers before it has seen a single example. Many rules fit the data equally well, and this preference picks one of them.",
     .picture = "What comes after 1, 2, 4? Who thinks of rabbits says 8; who thinks of throwing a ball says 7.",
     .formula = "among all f with f(x_i) = y_i the learner takes one: which?",
     .symbols = "x_i, y_i: the examples\nf: rules that agree with all of them",
     .inputs = "x = 1,2,4: three numbers in a row; the fourth is asked for",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 3, 3);
           if (x[1] == 0) in.refuse("x", "a second number that is not 0");
           const double doubling = x[2] * x[2] / x[1], parabola = 3 * x[2] - 3 * x[1] + x[0];
           out.step(str("\"each is a multiple of the last\": {:.6g} x {:.6g} = {:.6g}", x[2], x[2] / x[1], doubling));
           out.step(str("\"a parabola\": {:.6g} + ({:.6g}) + ({:.6g}) = {:.6g}", x[2], x[2] - x[1], x[2] - 2 * x[1] + x[0], parabola));
           out.step(str("\"a straight line from the last two\": {:.6g}", 2 * x[2] - x[1]));
           out.answer("by doubling", doubling);
           out.answer("by a parabola", parabola);
         },
     .turn = "x = 1,2,3: parabola and line agree on 4, multiples say 4.5.",
     .commands = "grimoire experiment no-free-lunch",
     .code = "src/grimoire/theory/counting.cpp: no_free_lunch",
     .mistake = "People say that a good learner is free of bias; in fact one without any preference cannot say anything about a case it has not seen.",
     .see = "no-free-lunch: why it is needed\nstrong-bias: what it buys\nbias: another meaning of the word",
     .sources = "Mitchell 1980, The Need for Biases in Learning Generalizations\n"
                "Shalev-Shwartz and Ben-David 2014, Understanding Machine Learning, section 5.1",
     .ask = "Does nearest neighbours have an inductive bias? | Yes: that near cases have the same answer.",
     .more = "It comes in two forms: what a learner can express at all (a line cannot bend) and what it prefers among the rest (small weights, few "
             "splits, smooth functions, what gradient descent finds first). Convolutions assume that a pattern may stand anywhere, recurrent nets that "
             "the recent past matters most. The word bias also means a fit's systematic error and a neuron's constant; the three are different things."},
    {.id = "no-free-lunch",
     .title = "No free lunch",
     .names = "NFL theorem",
     .what = "Averaged over every possible world, all learners do equally well on cases they have not seen. A learner is good because our world is not "
             "just any world.",
     .picture = "A bet on the next page of a book whose letters were rolled with dice: the scholar and the parrot win equally often.",
     .formula = "mean over all targets of the accuracy on unseen points = 1/2",
     .symbols = "target: an assignment of 0 or 1 to each point; there are 2^points",
     .inputs = "points = 8: points of the whole domain\nseen = 4: how many are shown with their labels\n"
               "learner = majority: majority, minority, parity, or 0 or 1 for always that",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto points = static_cast<int>(in.integer("points", 2, 16)), seen = static_cast<int>(in.integer("seen", 1, points - 1));
           const std::string& learner = in.text("learner");
           const auto guess = [&](int ones, int point) -> int {
             if (learner == "0" || learner == "1") return learner == "1";
             if (learner == "parity") return (ones + point) % 2;
             return (learner == "majority") == (2 * ones > seen);
           };
           if (learner != "0" && learner != "1" && learner != "parity" && learner != "majority" && learner != "minority")
             in.refuse("learner", "majority, minority, parity, 0 or 1");
           const unsigned targets = 1u << points;
           int64_t right = 0, lucky = 0;
           for (unsigned t = 0; t < targets; ++t) {
             int hits = 0;
             for (int p = seen; p < points; ++p) hits += guess(__builtin_popcount(t & ((1u << seen) - 1)), p) == static_cast<int>(t >> p & 1);
             right += hits;
             if (t == targets - 1) lucky = hits;
           }
           const double asked = points - seen;
           out.step(str("2^{} = {} targets, each asked at {:.0f} unseen points: {:.0f} questions", points, targets, asked, targets * asked));
           out.step(str("right answers of \"{}\": {}", learner, right));
           out.answer("mean accuracy off the sample", static_cast<double>(right) / (asked * targets));
           out.answer("accuracy in the world where all is 1", static_cast<double>(lucky) / asked);
           out.answer("worlds", targets);
           out.answer("questions in each", asked);
         },
     .turn = "learner = minority: the opposite guess everywhere, and the same mean.",
     .commands = "grimoire experiment no-free-lunch",
     .code = "src/grimoire/theory/counting.cpp: no_free_lunch",
     .mistake = "People say that therefore no learner beats another; in fact that holds on average over all targets, nearly all of which are pure noise. "
                "Where there is structure, some learners win by far.",
     .see = "inductive-bias: what makes the difference\ninduction: the old form of the question",
     .sources = "Wolpert 1996, The Lack of A Priori Distinctions between Learning Algorithms\n"
                "Shalev-Shwartz and Ben-David 2014, Understanding Machine Learning, theorem 5.1",
     .ask = "How accurate is \"always say 1\" on unseen points, averaged over all targets? | 1/2.",
     .more = "The reason is short: for each way of labelling the seen points, every labelling of the unseen ones occurs exactly once, so any guess is "
             "right in half of the targets. There is a second theorem of this name: for every learner some distribution exists on which it fails "
             "although another learner succeeds. Neither says how our problems are distributed; that regularities are common there is an experience, not "
             "a theorem."},
    {.id = "strong-bias",
     .title = "Strong bias, few examples",
     .names = "few examples suffice",
     .what = "The fewer rules a learner allows, the fewer examples it needs to find a good one. Knowing something beforehand saves data.",
     .picture = "Twenty questions: among ten animals you are done in four, among a million in twenty. It breaks if the animal is not on the list.",
     .formula = "m >= (ln |H| + ln(1/d)) / e",
     .symbols = "|H|: number of rules allowed, one of them right\ne: error put up with\nd: risk of being misled by the sample\nm: examples that suffice",
     .inputs = "H = 1000: rules allowed\nsmall = 10: fewer rules\ne = 0.1: error put up with\nd = 0.05: risk of a bad sample",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double large = in.number("H", 1, 1e300), small = in.number("small", 1, 1e300);
           const double e = in.number("e", 1e-6, 1), d = in.number("d", 1e-300, 1);
           for (const double h : {large, small})
             out.step(str("({:.4f} + {:.4f}) / {:.6g} = {:.6g}", std::log(h), std::log(1 / d), e, (std::log(h) + std::log(1 / d)) / e));
           out.answer(str("examples for {:.6g} rules", large), std::ceil((std::log(large) + std::log(1 / d)) / e));
           out.answer(str("examples for {:.6g} rules", small), std::ceil((std::log(small) + std::log(1 / d)) / e));
         },
     .turn = "H = 1e6: a thousand times the rules cost only 69 more examples, for the logarithm grows slowly.",
     .commands = "grimoire experiment sample-size",
     .mistake = "People say that a strong bias is bad; in fact a right one is what makes learning from few examples possible. A wrong one leaves an "
                "error that no amount of data removes.",
     .see = "inductive-bias: what is meant by bias here\nmore-data: the other way\nfew-shot: an extreme case",
     .sources = "Valiant 1984, A Theory of the Learnable\nShalev-Shwartz and Ben-David 2014, Understanding Machine Learning, corollary 2.3",
     .ask = "The error is .1 and the rules become e^5 times as many: how many more examples? | 5 / .1 = 50 examples.",
     .more = "A rule with error above e agrees with m independent examples with probability at most (1 - e)^m <= e^(-e m), the outer e being Euler's. "
             "There are at most |H| such rules, so one of them fools us with probability at most |H| e^(-e m); setting this to d gives m. The bound asks "
             "that the true rule is in H. If it is not, e becomes e^2 in the denominator. For infinite classes the VC dimension takes the place of ln "
             "|H|. It is an upper bound: often fewer examples do."},
    {.id = "risk",
     .title = "Risk",
     .names = "expected loss\n\nloss\nloss function",
     .what = "How much a rule costs on average over all cases that may come. It is what one wants to be small, and it can only be estimated.",
     .picture = "An insurer's average claim: never known exactly, but the mean over many past clients comes near, unless the new clients are of another "
                "kind.",
     .formula = "R(f) = E loss(f(x), y),   empirical: (1/n) sum_i loss(f(x_i), y_i)",
     .symbols = "f: the rule\nloss: the cost of answering f(x) when y is right\nE: mean over the distribution that cases come from",
     .inputs = "losses = 0,1,0,0: what the rule cost on each case",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> losses = in.numbers("losses", -1e9, 1e9);
           const double n = static_cast<double>(losses.size());
           out.step(str("({}) / {:.0f}", list_of(losses, 6, " + "), n));
           if (losses.size() > 1) out.step(str("give or take {:.4g}, one standard error: few cases say little", std::sqrt(stats::variance(losses, 1) / n)));
           out.answer("empirical risk", stats::mean(losses));
         },
     .turn = "repeat the list ten times: the same risk, with a third of the standard error.",
     .commands = "grimoire validate --model forest --data iris.csv --target species --folds 5",
     .code = "src/grimoire/metric/classification.cpp: accuracy, log_loss",
     .mistake = "People say that the loss on the training rows is the risk; in fact the rule was chosen to be good there, so that figure is too low.",
     .see = "bayes-risk: the least possible\ntrain-vs-test: the honest estimate\nloss-of-x: when cases differ in weight",
     .sources = "Vapnik 1998, Statistical Learning Theory, chapter 1\nShalev-Shwartz and Ben-David 2014, Understanding Machine Learning, chapter 3",
     .ask = "A classifier errs on 3 of 60 held-out rows. What is its empirical risk under 0-1 loss? | .05.",
     .more = "For a rule fixed beforehand the empirical risk is an unbiased estimate with standard error s/sqrt n. Choosing the rule with the least of "
             "many empirical risks is empirical risk minimisation, which is what fitting mostly is; the chosen minimum is then biased downwards. Theory "
             "bounds the gap uniformly over the class of rules."},
    {.id = "loss-of-x",
     .title = "Loss that depends on the case",
     .names = "input-dependent loss",
     .what = "Some cases matter more than others: the same mistake may be cheap on one input and dear on another.",
     .picture = "Mail gone astray: a lost leaflet and a lost passport are both one lost letter, and are not the same.",
     .formula = "R(f) = E loss(x, y, f(x)),   here sum_i w_i e_i / sum_i w_i",
     .symbols = "w_i: how much case i matters, not below 0\ne_i: the error on it",
     .inputs = "w = 1,3: weights of the cases\ne = 0,1: error on each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> w = in.numbers("w", 0, 1e9), e = in.numbers("e", -1e9, 1e9);
           if (e.size() != w.size()) in.refuse("e", str("as many as w has: {}", w.size()));
           double all = 0;
           for (double v : w) all += v;
           if (!(all > 0)) in.refuse("w", "a weight above 0");
           std::vector<double> size(e.size()), zero(e.size(), 0);
           for (size_t i = 0; i < e.size(); ++i) size[i] = std::abs(e[i]);
           std::string sum;
           for (size_t i = 0; i < w.size() && i < 5; ++i) sum += str("{}{:.6g} x {:.6g}", i ? " + " : "", w[i], size[i]);
           out.step(str("({}{}) / {:.6g}", sum, w.size() > 5 ? " + ..." : "", all));
           out.step(str("with equal weights it would be {:.6g}", stats::mean(size)));
           out.answer("weighted loss", regression_scores(size, zero, w).mae);
         },
     .turn = "swap the weights: the same two errors now cost .25.",
     .commands = "grimoire fit --model logistic --data data.csv --target y --weight w --out m",
     .code = "src/grimoire/data/features.h: Dataset::weight\nsrc/grimoire/metric/regression.cpp: regression_scores",
     .mistake = "People say that weighting the rows when fitting is enough; in fact the score must be weighted too, or it judges something else than "
                "what was asked for.",
     .see = "risk: the plain form\nasymmetric-error: costs that depend on the answer",
     .sources = "Elkan 2001, The Foundations of Cost-Sensitive Learning\n"
                "Zadrozny, Langford and Abe 2003, Cost-Sensitive Learning by Cost-Proportionate Example Weighting",
     .ask = "A row of weight 3 counts as much as how many rows of weight 1 with the same contents? | Three.",
     .more = "A loss with weights w(x) under one distribution is a plain loss under another whose density is proportional to w(x): weighting rows and "
             "drawing them more often aim at the same rule. Importance weights w = p_new / p_old use this the other way round, to learn for a population "
             "from a sample of another; large weights then make the estimate jumpy."},
    {.id = "asymmetric-error",
     .title = "Asymmetric errors",
     .names = "spam false alarm\ncost",
     .what = "When one kind of mistake is worse than the other, the point at which to act moves. A mail should be binned only when spam is nearly certain.",
     .picture = "Crying fire in a theatre or keeping quiet: a costly false alarm asks for certainty, a costly miss for nerves.",
     .formula = "flag when p > c_fp / (c_fp + c_fn)",
     .symbols = "p: probability that the mail is spam\nc_fp: cost of a false alarm, a good mail binned\nc_fn: cost of a miss, a spam let through",
     .inputs = "c_fp = 10: cost of a false alarm\nc_fn = 1: cost of a miss",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double fp = in.number("c_fp", 0, 1e12), fn = in.number("c_fn", 1e-12, 1e12);
           out.step(str("flagging costs (1 - p) x {:.6g} on average, letting through p x {:.6g}", fp, fn));
           out.step(str("equal where p = {:.6g} / ({:.6g} + {:.6g})", fp, fp, fn));
           out.answer("flag above", fp / (fp + fn));
         },
     .turn = "equal costs: the threshold is .5, which most programs take unasked.",
     .commands = "grimoire validate --model tree --data m.csv --target y --class-weight no=10",
     .code = "src/grimoire/classic/class_weights.h: rows_with_class_weights",
     .mistake = "People say that the best classifier has the fewest errors; in fact it has the least cost, which may mean more errors of the cheap kind.",
     .see = "risk: what is made small\nbase-rate: how common each kind is\nloss-of-x: costs that depend on the input",
     .sources = "Elkan 2001, The Foundations of Cost-Sensitive Learning, section 1",
     .ask = "Missing an illness costs 99 times as much as a false alarm. Above which probability should one act? | 1 / (1 + 99) = .01.",
     .more = "The threshold is right only for calibrated probabilities: p = .9 must mean nine of ten. Then one fitted model serves every cost, by moving "
             "the threshold; class weights while fitting bend the model itself towards one threshold instead. In the long run both aim at the same "
             "border. Costs may also depend on the case (the sum of money transferred), and then so does the threshold."},
    {.id = "train-vs-test",
     .title = "Training and test error",
     .names = "generalisation gap\ntest set",
     .what = "A model must be judged on rows it has not seen. The difference between the two scores says how much of what it knows is only memory.",
     .picture = "A pupil who has learned last year's exam by heart. Only new questions tell whether the subject was understood.",
     .formula = "gap = score on training rows - score on new rows",
     .symbols = "score: accuracy, from 0 to 1",
     .inputs = "train = 0.98: score on the rows it was fitted on\ntest = 0.91: score on new rows\nn = 1000: number of new rows",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double train = in.probability("train"), test = in.probability("test"), n = static_cast<double>(in.integer("n", 2, 1000000000));
           const stats::Interval i = stats::proportion_interval(test * n, n);
           out.step(str("{:.6g} - {:.6g}", train, test));
           out.step(str("the test score is an estimate: 95 % interval {:.4f} to {:.4f}", i.low, i.high));
           out.answer("gap", train - test);
           out.answer("half the interval", (i.high - i.low) / 2);
         },
     .turn = "n = 50: the interval is wider than the gap, so the gap may be chance.",
     .commands = "grimoire validate --model tree --data iris.csv --target species --folds 5",
     .code = "src/grimoire/classic/validate.cpp: cross_validate\nsrc/grimoire/data/split.cpp: split_shuffled",
     .mistake = "People say that a test set stays honest however often it is used; in fact each choice made by looking at it fits it a little. Keep one "
                "part for the very end.",
     .see = "overfitting: a large gap\nk-fold: when rows are scarce\ndiagnosis: what a gap tells\nrisk: what is estimated",
     .sources = "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, chapter 7\nDwork et al. 2015, The Reusable Holdout",
     .ask = "Train .80, test .79: what is the trouble, if .95 was hoped for? | Not the gap but the training score: the model is too poor.",
     .more = "The usual parts are training (fit), development or validation (choose), test (report once). New rows must come from where the model will "
             "be used: rows of the same patient, day or author on both sides make a test too easy, and so does any preparation that was fitted on all "
             "rows. The gap alone is no verdict: very large networks often fit their training rows perfectly and still do well on new ones."},
    {.id = "overfitting",
     .title = "Overfitting",
     .names = "high variance fit",
     .what = "Learning the accidents of the sample along with the pattern. The model looks splendid on its own rows and disappoints on new ones of the "
             "same kind.",
     .picture = "A suit cut around the wearer's every crease that day. It breaks as a picture if the customer changes: overfitting hurts even if nothing "
                "changes.",
     .formula = "training error far below the error on new rows",
     .symbols = "here: k nearest neighbours on labels that are coin tosses\nk: neighbours that vote",
     .inputs = "rows = 200: training rows\nk = 1: neighbours that vote\nseed = 0: of the coin tosses",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t rows = in.integer("rows", 2, 5000), k = in.integer("k", 1, std::min<int64_t>(rows, 501));
           Rng rng(RngMode::philox, static_cast<uint64_t>(in.integer("seed", 0, 1000000)), "overfitting");
           const auto draw = [&rng](int64_t n) {
             const Tensor x = Tensor::zeros({n, 1}, Dtype::f64);
             std::vector<double> y;
             for (int64_t i = 0; i < n; ++i) x.data<double>()[i] = rng.uniform_double(), y.push_back(rng.bernoulli(0.5));
             return Dataset{.x = Features(x), .y = std::move(y), .weight = {}, .classes = {"heads", "tails"}};
           };
           const Dataset train = draw(rows), fresh = draw(4000);
           Knn knn;
           knn.k = std::to_string(k);
           knn.fit(train);
           out.step(str("{} points on a line, each with a coin toss as label", rows));
           out.step(str("fitted: the label of a point is voted by its {} nearest", k));
           out.step(str("asked again for its own points, then for 4,000 new points and tosses"));
           out.answer("accuracy on its own rows", knn.score(train));
           out.answer("accuracy on new rows", knn.score(fresh));
         },
     .turn = "k = 51: it can no longer memorise, and both figures come near .5, the truth.",
     .commands = "grimoire validate --model knn --data data.csv --target y --vary k=1,9,27",
     .code = "src/grimoire/classic/validate.cpp: learning_curve, judge_learning_curve",
     .mistake = "People say that overfitting is failing when the task changes; in fact it shows on new rows of the very same kind, because noise does "
                "not repeat.",
     .see = "underfitting: the opposite\nbias-variance: the bill of both\ntrain-vs-test: how it is seen\ndropout: one cure",
     .sources = "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 7.2\n"
                "Zhang et al. 2017, Understanding Deep Learning Requires Rethinking Generalization",
     .ask = "Train accuracy 1.0, new accuracy .5, two classes: what was learned? | Nothing but the training rows.",
     .more = "Every flexible learner can fit noise: one nearest neighbour always does, and large networks fit random labels too (Zhang et al.). What "
             "helps: more rows, fewer columns, a penalty, stopping early, averaging many models. The old picture says that error on new rows falls and "
             "then rises with size; for very large models it can fall again beyond the point where training error reaches 0 (double descent, Belkin et "
             "al. 2019)."},
    {.id = "underfitting",
     .title = "Underfitting",
     .names = "high bias fit",
     .what = "A model too plain for the pattern: it is wrong on its own training rows already, and more data will not help.",
     .picture = "A builder who mines stone all day and never puts up a wall: by nightfall there is plenty of stone and no shelter.",
     .formula = "training error high, error on new rows about the same",
     .symbols = "MSE: mean squared error on the training rows",
     .inputs = "y = 0,1,2,3: values at x = 0, 1, 2, ...",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> y = in.numbers("y", -1e6, 1e6, 2, 100);
           std::vector<double> x(y.size());
           for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
           const Line line = line_through(x, y);
           const std::vector<double> constant(y.size(), stats::mean(y));
           out.step(str("a constant can only say the mean, {:.6g}", constant[0]));
           out.step(str("a line says {:.6g} + {:.6g} x", line.constant, line.slope));
           out.answer("MSE of the mean", regression_scores(y, constant).mse);
           out.answer("MSE of a line", line.mse);
         },
     .turn = "y = 0,1,4,9: now the line underfits too, with MSE 1.",
     .commands = "grimoire validate --model linear --data houses.csv --target price --curve",
     .code = "src/grimoire/classic/validate.cpp: judge_learning_curve",
     .mistake = "People say that a bad score calls for more data; in fact when the training score is bad as well, a richer model or better columns are "
                "called for.",
     .see = "overfitting: the opposite\nbias: its measure\ndiagnosis: which of the two it is",
     .sources = "Goodfellow, Bengio and Courville 2016, Deep Learning, section 5.2\n"
                "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 7.2",
     .ask = "Training error 30 %, error on new rows 31 %, people make 2 %: over- or underfitting? | Underfitting.",
     .more = "Three causes look alike: the model cannot express the pattern, the columns do not contain it, or the optimiser has not found it yet. Try "
             "each: a larger model, a look at what an expert would use, a longer run with another step size. If people cannot do better either, it may "
             "be noise, and the error is the Bayes risk."},
    {.id = "bias",
     .title = "Bias of a fit",
     .names = "statistical bias",
     .what = "The error that stays when you average over all the training sets you might have had: the learner's own slant.",
     .picture = "A child who knows one breed calls every other dog odd. Show different dogs of that breed and the verdict is the same, wrong each time.",
     .formula = "bias = E f(x) - truth",
     .symbols = "f(x): the guess at one x; it depends on the training set\nE: mean over training sets\ntruth: the right value at x",
     .inputs = "f = 2,4,3,5: guesses at one x after four different training sets\ntruth = 3: the right value",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Parts p = parts_of(in, out);
           out.step(str("{:.6g} - {:.6g} = {:.6g}", p.mean, in.number("truth"), p.bias));
           out.answer("mean guess", p.mean);
           out.answer("bias", p.bias);
         },
     .turn = "shift all guesses by -.5: the bias is gone, the scatter is as before.",
     .commands = "grimoire experiment bias-variance",
     .code = "src/grimoire/theory/bias_variance.cpp: bias_variance_of_polynomials",
     .mistake = "People say that bias is being wrong about one case; in fact a single guess can miss by chance. Bias is what is left of the misses on "
                "average.",
     .see = "variance: the scatter\nbias-variance: both together\nunderfitting: large bias\ninductive-bias: another meaning of the word",
     .sources = "Geman, Bienenstock and Doursat 1992, Neural Networks and the Bias/Variance Dilemma\n"
                "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 7.3",
     .ask = "Guesses 1, 5 and 9 for a truth of 5: what is the bias? | 0: the mean is 5.",
     .more = "It cannot be seen from one training set: one must fit again and again on fresh samples, as the experiment does, or resample. Note that the "
             "guesses are for one and the same x. In everyday speech bias also means unfair treatment of a group, which a model with no statistical bias "
             "may well show if its data do."},
    {.id = "variance",
     .title = "Variance of a fit",
     .names = "spread over training sets",
     .what = "How much a prediction would change if you had drawn another training set: the learner's nerves.",
     .picture = "A machine that minds every hair: shown another handful of dogs, it gives another verdict on the same dog.",
     .formula = "variance = E (f(x) - E f(x))^2",
     .symbols = "f(x): the guess at one x; it depends on the training set\nE: mean over training sets",
     .inputs = "f = 2,4,3,5: guesses at one x after four different training sets",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> f = in.numbers("f", -1e9, 1e9);
           std::string squares;
           for (size_t i = 0; i < f.size() && i < 5; ++i) squares += str("{}({:.6g})^2", i ? " + " : "", f[i] - stats::mean(f));
           out.step(str("mean of the guesses: {:.6g}", stats::mean(f)));
           out.step(str("({}{}) / {}", squares, f.size() > 5 ? " + ..." : "", f.size()));
           out.answer("variance", stats::variance(f, 0));
           Bars b{"guess", {}, {}};
           for (size_t i = 0; i < f.size() && i < 6; ++i) b.labels.push_back(str("set {}", i + 1)), b.values.push_back(f[i]);
           out.show(std::move(b));
         },
     .turn = "take the average of two independent guesses each time: the variance halves. Forests live on that.",
     .commands = "grimoire experiment bias-variance",
     .code = "src/grimoire/theory/bias_variance.cpp: bias_variance_of_polynomials",
     .mistake = "People say that it is a rule that wavers between one dog and the next; in fact it is the spread for one and the same dog when the "
                "training set is drawn anew.",
     .see = "standard-deviation: the variance of plain numbers\nbias: the slant\nbias-variance: both together\nrandom-forest: averaging it away",
     .sources = "Geman, Bienenstock and Doursat 1992, Neural Networks and the Bias/Variance Dilemma\n"
                "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 7.3",
     .ask = "A learner says 7 whatever it is trained on. What is its variance? | 0.",
     .more = "Divided by n here, for the four guesses stand for all training sets; from a sample of them one divides by n - 1. Variance falls with more "
             "rows, fewer columns, penalties and averaging. For k nearest neighbours it is about the noise divided by k."},
    {.id = "bias-variance",
     .title = "Bias-variance decomposition",
     .names = "decomposition\ntrade-off",
     .what = "Why a model can be too plain and too rich: its expected squared error is slant squared plus scatter plus noise, and cures for one feed the "
             "other.",
     .picture = "Archers: one groups tightly beside the mark, one scatters around it. Both score badly, and need different advice.",
     .formula = "E (y - f)^2 = bias^2 + variance + noise",
     .symbols = "f: the guess at one x, over training sets\nbias, variance: of f about the truth\nnoise: variance of y about the truth",
     .inputs = "f = 2,4,3,5: guesses at one x after four different training sets\ntruth = 3: the right value",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Parts p = parts_of(in, out);
           const std::vector<double> f = in.numbers("f"), truth(f.size(), in.number("truth"));
           const double mse = regression_scores(truth, f).mse;
           out.step(str("bias {:.6g}, squared {:.6g}; variance {:.6g}", p.bias, p.bias * p.bias, p.variance));
           out.step(str("mean squared error, taken directly: {:.8g}", mse));
           out.answer("bias^2", p.bias * p.bias);
           out.answer("variance", p.variance);
           out.answer("sum", p.bias * p.bias + p.variance);
           out.show(Bars{"", {"bias^2", "variance"}, {p.bias * p.bias, p.variance}});
         },
     .turn = "f = 3.5,3.5,3.5,3.5: the scatter is gone, the same slant is left, and the error is .25.",
     .commands = "grimoire experiment bias-variance\ngrimoire experiment bias-variance --effort .1 --report bv.html",
     .code = "src/grimoire/theory/bias_variance.cpp: bias_variance_of_polynomials, bias_variance_of_neighbours",
     .mistake = "People say that one must always be traded for the other; in fact more rows, or averaging models, lower the variance and leave the bias "
                "alone.",
     .see = "bias: the first part\nvariance: the second\ndiagnosis: what to do about each",
     .sources = "Geman, Bienenstock and Doursat 1992, Neural Networks and the Bias/Variance Dilemma\n"
                "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 7.3\n"
                "Domingos 2000, A Unified Bias-Variance Decomposition: other losses",
     .ask = "Bias 2, variance 1, no noise: what is the expected squared error? | 2^2 + 1 = 5.",
     .more = "Write y - f = (y - truth) + (truth - E f) + (E f - f), square, and take the mean: the cross terms vanish, since the noise of a new y is "
             "independent of the training set and E f - f has mean 0. It is exact for squared error; for other losses there are only analogues. As size "
             "grows, bias falls and variance classically rises; wide networks break the second half of that sentence (Belkin et al. 2019; Neal et al. "
             "2018)."},
    {.id = "diagnosis",
     .title = "Diagnosis",
     .names = "debugging ML\nwhat to do next",
     .what = "Deciding what to try next when a model is not good enough: two differences tell whether it is too nervous or too plain.",
     .picture = "A doctor takes the temperature before prescribing. It breaks where the test rows come from elsewhere than the training rows: then "
                "neither cure helps.",
     .formula = "dev - train: variance\ntrain - target: bias",
     .symbols = "train, dev: error on training rows and on held-out rows\ntarget: the error one hopes for, for example people's",
     .inputs = "train = 0.01: error on the training rows\ndev = 0.11: error on held-out rows\ntarget = 0.02: error hoped for",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double train = in.probability("train"), dev = in.probability("dev"), target = in.probability("target");
           const double variance = dev - train, bias = train - target;
           out.step(str("dev - train = {:.6g} - {:.6g} = {:.6g}", dev, train, variance));
           out.step(str("train - target = {:.6g} - {:.6g} = {:.6g}", train, target, bias));
           out.answer("gap", variance);
           out.answer("trouble", dev <= target ? "none" : variance >= bias ? "variance" : "bias");
           out.answer("try", dev <= target      ? "nothing: it is good enough"
                             : variance >= bias ? "more rows, fewer columns, a penalty, averaging"
                                                : "a larger model, better columns, a longer run");
         },
     .turn = "train = .10: the same dev error, and now the advice is a richer model: the trouble is now bias.",
     .commands = "grimoire doctor data.csv --model logistic --target y\ngrimoire validate --model tree --data data.csv --target y --curve",
     .code = "src/grimoire/classic/diagnose.cpp: diagnose_table\nsrc/grimoire/classic/validate.cpp: judge_learning_curve",
     .mistake = "People say that more data is always the next step; in fact it lowers the gap only. A model that is bad on its own rows stays bad.",
     .see = "bias-variance: the theory\nmore-data: one cure\nfewer-features: another",
     .sources = "Ng 2018, Machine Learning Yearning\nShalev-Shwartz and Ben-David 2014, Understanding Machine Learning, section 11.3",
     .ask = "Train error .15, dev error .16, target .02: which cure? | A richer model: the trouble is bias.",
     .more = "A learning curve says the same with more certainty: two curves that have met at a bad level mean bias, a gap that still closes with rows "
             "means variance. Two further differences are worth taking: dev against a held-out part of the training source (another distribution), and "
             "test against dev (dev has been fitted by choosing). Before any of it look at the rows that went wrong: wrong labels and leaks are commoner "
             "than theory suggests."},
    {.id = "more-data",
     .title = "More data",
     .names = "get more data",
     .what = "What more rows buy: they average out chance, but slowly. Four times the data halves the uncertainty.",
     .picture = "Asking passers-by: a hundred opinions give a rough idea, and to be twice as sure you must ask four hundred. It breaks if all stand "
                "before the same shop.",
     .formula = "sd of a mean = s / sqrt(n)",
     .symbols = "s: standard deviation of one value\nn: independent values",
     .inputs = "n = 100: values now\nmore = 400: values then\ns = 1: deviation of one value",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double s = in.number("s", 1e-9, 1e9);
           const auto n = static_cast<double>(in.integer("n", 1, 1000000000000)), more = static_cast<double>(in.integer("more", 1, 1000000000000));
           const double now = s / std::sqrt(n), then = s / std::sqrt(more);
           out.step(str("{:.6g} / sqrt {:.0f} = {:.6g}", s, n, now));
           out.step(str("{:.6g} / sqrt {:.0f} = {:.6g}", s, more, then));
           out.answer("then / now", then / now);
           out.answer("sd now", now);
           out.answer("sd then", then);
         },
     .turn = "more = 10000: a hundred times the data for a tenth of the deviation.",
     .commands = "grimoire validate --model forest --data data.csv --target y --curve",
     .code = "src/grimoire/classic/validate.cpp: learning_curve",
     .mistake = "People say that more data fixes a bad model; in fact it lowers the variance. Bias, and faults that all rows share, stay.",
     .see = "diagnosis: when it helps\nvariance: what it lowers\nfewer-features: the other cure",
     .sources = "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 7.3\n"
                "Meng 2018, Statistical Paradises and Paradoxes in Big Data (I)",
     .ask = "By which factor must the data grow to cut the deviation of a mean to a third? | 9.",
     .more = "The variance of a sum of independent values is the sum of their variances, so that of their mean is s^2/n. Rows that depend on each other "
             "(the same patient, the same day) count for less than their number. The bias of a sample that is chosen with even a slight preference does "
             "not shrink with size: Meng works out that a huge self-selected survey can be worth a random sample of a few hundred. The error of a learner "
             "often falls as a power of n, with an exponent that depends on the problem."},
    {.id = "fewer-features",
     .title = "Fewer features",
     .names = "smaller feature set",
     .what = "Why leaving columns out can make a model better: every weight that must be estimated adds its own share of chance.",
     .picture = "A witness who is asked about ten things gets more of them wrong than one who is asked about five. It breaks if the deciding question is "
                "left out.",
     .formula = "variance of a least-squares prediction = s^2 d / n",
     .symbols = "s: deviation of the noise\nd: columns, each with a weight\nn: training rows, more than d",
     .inputs = "s = 1: deviation of the noise\nn = 100: training rows\nd = 10: columns\nfewer = 5: columns kept",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double s = in.number("s", 0, 1e9);
           const int64_t n = in.integer("n", 1, 1000000000), d = in.integer("d", 0, n), fewer = in.integer("fewer", 0, n);
           const double rows = static_cast<double>(n);
           out.step(str("{:.6g}^2 x {} / {} = {:.6g}", s, d, n, s * s * static_cast<double>(d) / rows));
           out.step(str("{:.6g}^2 x {} / {} = {:.6g}", s, fewer, n, s * s * static_cast<double>(fewer) / rows));
           out.answer(str("variance with {} columns", d), s * s * static_cast<double>(d) / rows);
           out.answer(str("variance with {} columns", fewer), s * s * static_cast<double>(fewer) / rows);
         },
     .turn = "n = 1000: ten columns now cost a tenth of that; with many rows columns are cheap.",
     .commands = "grimoire validate --model forest --data data.csv --target y --importance",
     .code = "src/grimoire/classic/importance.h",
     .mistake = "People say that dropping columns cures a bad fit; in fact it lowers the variance, and raises the bias by whatever the dropped columns "
                "knew.",
     .see = "diagnosis: when it helps\nlasso: drops columns by itself\ncurse-of-dimensionality: many columns and distance",
     .sources = "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 2.5",
     .ask = "Noise of variance 4, 8 columns, 200 rows: what is the mean variance of the fitted values? | 4 x 8 / 200 = .16.",
     .more = "The fitted values are H y with H = X (X'X)^-1 X', the projection onto the columns; their variances sum to s^2 trace(H) = s^2 d, hence the "
             "mean s^2 d / n at the training points. At new points it is somewhat larger, and it explodes as d approaches n. Choosing columns by looking "
             "at the answers must happen inside each fold of a cross-validation, or the score is a fiction."},
    {.id = "k-fold",
     .title = "k-fold cross-validation",
     .names = "cross-validation\nCV\nleave-one-out",
     .what = "A fair score without wasting rows: cut them into k parts, and let each part in turn be the exam for a model trained on all the others.",
     .picture = "Five friends learn to mark exams; each in turn is compared with the professor after learning from the other four. Five friends are five "
                "rounds; nobody is judged on what they studied.",
     .formula = "score = mean over folds j of score(model fitted without fold j, on fold j)",
     .symbols = "n: rows\nk: folds, from 2 to n; k = n is leave-one-out",
     .inputs = "n = 10: rows\nk = 5: folds",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 2, 100000), k = in.integer("k", 2, n);
           const std::vector<Fold> folds = k_folds(n, k);
           for (size_t j = 0; j < folds.size() && j < 5; ++j) {
             std::string rows;
             for (size_t i = 0; i < folds[j].test.size() && i < 6; ++i) rows += str(" {}", folds[j].test[i]);
             out.step(str("round {}: judged on rows{}{}, trained on the other {}", j + 1, rows, folds[j].test.size() > 6 ? " ..." : "", folds[j].train.size()));
           }
           out.answer("training rows a round", static_cast<double>(folds[0].train.size()));
           out.answer("judged rows a round", static_cast<double>(folds[0].test.size()));
           out.answer("scores", static_cast<double>(folds.size()));
         },
     .turn = "k = 10: leave-one-out, each row judged by a model that saw all the others.",
     .commands = "grimoire validate --model forest --data iris.csv --target species --folds 5\n"
                 "grimoire validate --model knn --data iris.csv --target species --folds 0",
     .code = "src/grimoire/data/folds.cpp: k_folds, stratified_folds, grouped_folds",
     .mistake = "People say that one trains on one fold and is judged on the rest; in fact it is the other way round: train on k - 1, judge on the one "
                "held out.",
     .see = "train-vs-test: the single split\nmodel-selection: what the score is used for",
     .sources = "Stone 1974, Cross-Validatory Choice and Assessment of Statistical Predictions\n"
                "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 7.10",
     .ask = "100 rows, 4 folds: on how many rows is each model trained, and how many models are there? | 75, and 4.",
     .more = "The score belongs to models trained on (k-1)/k of the rows, so it is slightly pessimistic for the final one, which is fitted on all. The "
             "fold scores are not independent, and no unbiased estimate of their mean's variance exists (Bengio and Grandvalet 2004). Everything that "
             "learns from rows, scaling and choice of columns included, belongs inside the round. Rows that belong together must share a fold (--group), "
             "and order in time must be kept where the future is asked for."},
    {.id = "model-selection",
     .title = "Model selection",
     .names = "hypothesis class choice",
     .what = "Choosing how rich a model should be: try several, and take the one that does best on rows none of them has seen.",
     .picture = "Buying shoes: not the pair that looks longest on the shelf, but the one that fits after a walk.",
     .formula = "best = argmin over classes c of the held-out risk of the fit in c",
     .symbols = "c: a class of rules, here polynomials of degree 0 to 9\nrisk: mean squared error on fresh rows",
     .inputs = "seed = 0: of the noisy samples\neffort = 1: share of 400 samples of 40 rows, at least .05",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Experiment e = bias_variance_of_polynomials(
               {.seed = static_cast<uint64_t>(in.integer("seed", 0, 1000000000)), .effort = in.number("effort", 0.05, 4)});
           size_t best = 0;
           Bars b{"error on fresh rows, by degree", {}, {}};
           for (size_t i = 0; i < e.rows.size(); ++i) {
             if (e.rows[i][5] < e.rows[best][5]) best = i;
             if (i == 1 || i == 3 || i == 5 || i == 9) b.labels.push_back(str("{:.0f}", e.rows[i][0])), b.values.push_back(e.rows[i][5]);
           }
           out.step(str("a bent line, seen through noise of variance .09, fitted again and again"));
           out.step(str("degree {:.0f}: bias^2 {:.4f}, variance {:.4f}", e.rows[best][0], e.rows[best][1], e.rows[best][2]));
           out.answer("best degree", e.rows[best][0]);
           out.answer("its error", e.rows[best][5]);
           out.show(std::move(b));
         },
     .turn = "look at degree 9: it holds every cubic, fits its samples better, and does worse on fresh rows.",
     .commands = "grimoire experiment bias-variance\ngrimoire validate --model svc --data heart.libsvm --grid C=.1,1,10",
     .code = "src/grimoire/classic/validate.cpp: grid_search, nested_validation\nsrc/grimoire/theory/bias_variance.cpp",
     .mistake = "People say that the winner's score is what to expect; in fact the best of many was partly lucky. Judge it once more on rows that chose "
                "nothing.",
     .see = "k-fold: held-out risk from few rows\nbias-variance: why there is a best\nlasso: choosing a penalty",
     .sources = "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, sections 7.2 and 7.3\n"
                "Cawley and Talbot 2010, On Over-fitting in Model Selection",
     .ask = "Why not choose the class by training error? | The richest class always wins there.",
     .more = "Nested validation keeps the choice honest: an inner cross-validation chooses on the training part of each outer fold, and the outer part "
             "judges \"search, then fit\". Criteria such as AIC and BIC replace held-out rows by a charge for each parameter, and hold under "
             "assumptions. Structural risk minimisation adds a bound on the gap to the training error. If several classes score within their standard "
             "error, the plainest of them is a good choice."},
    {.id = "distribution-free",
     .title = "Distribution-free",
     .names = "no assumption on P",
     .what = "Guarantees about a learner or a score that hold whatever distribution the data come from. How far a test score may be from "
             "the truth can be bounded without knowing anything about the source.",
     .picture = "Tasting soup: a spoonful tells as much whether the pot is large or small and whatever is in it, if it was stirred.",
     .formula = "P(|mean - truth| >= t) <= 2 e^(-2 n t^2)",
     .symbols = "n: independent rows, each with a loss from 0 to 1\nt: distance from the true mean",
     .inputs = "n = 1000: rows\nt = 0.05: distance",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1000000000000);
           const double t = in.number("t", 1e-9, 1), rows = static_cast<double>(n);
           out.step(str("2 n t^2 = 2 x {} x {:.6g} = {:.6g}", n, t * t, 2 * rows * t * t));
           out.step(str("2 e^-{:.6g} = {:.6g}", 2 * rows * t * t, 2 * std::exp(-2 * rows * t * t)));
           out.step(str("a normal law would say about {:.4g} for an error rate of 1/2", 2 * stats::normal_sf(2 * t * std::sqrt(rows))));
           out.answer("bound", std::min(1.0, 2 * std::exp(-2 * rows * t * t)));
         },
     .turn = "t = .1: from one in 74 to four in a thousand million.",
     .commands = "grimoire experiment bayes-risk\ngrimoire stats interval --x 910 --n 1000",
     .code = "src/grimoire/stats/counts.cpp: proportion_interval",
     .mistake = "People say that it assumes nothing; in fact it assumes nothing of the shape of P, but that the rows are independent draws from one and "
                "the same P.",
     .see = "universal-consistency: learning for every P\nrisk: what is bounded\nstrong-bias: the same for many rules at once",
     .sources = "Hoeffding 1963, Probability Inequalities for Sums of Bounded Random Variables\n"
                "Devroye, Gyorfi and Lugosi 1996, A Probabilistic Theory of Pattern Recognition, chapter 8",
     .ask = "Does Hoeffding's bound get weaker when the population grows? | No: only the number of rows n counts.",
     .more = "The proof bounds e^(s(mean - truth)) by Markov's inequality and chooses the best s; only the range of the losses enters. The bound is for "
             "a rule fixed before the rows were seen; for the best of |H| rules it must be multiplied by |H|. It is loose where the error rate is near "
             "0: there the variance is small and Bernstein's or the exact binomial bound does better."},
    {.id = "bayes-risk",
     .title = "Bayes risk",
     .names = "Bayes error",
     .what = "The error that nobody can avoid, because the same input comes with different answers. It is the floor under every learner.",
     .picture = "Guessing sex by height: the tall and the small are easy, in the middle even a perfect judge errs.",
     .formula = "R* = E min(P(0 | x), P(1 | x))",
     .symbols = "P(c | x): probability of class c when x is seen\nE: mean over x",
     .inputs = "a = -1: mean of the one class\nb = 1: mean of the other\nsd = 1: deviation of both, which are normal and equally common",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double a = in.number("a", -1e6, 1e6), b = in.number("b", -1e6, 1e6), sd = in.number("sd", 1e-6, 1e6);
           const double half = std::abs(a - b) / 2 / sd;
           out.step(str("the best border lies half way, at {:.6g}", (a + b) / 2));
           out.step(str("each mean is {:.6g} sd away from it", half));
           out.step(str("a normal value lies beyond that with probability {:.8g}", stats::normal_sf(half)));
           out.answer("Bayes risk", stats::normal_sf(half));
         },
     .turn = "b = -1: the classes coincide and the risk is .5. Move them apart to 6 deviations and it is .00135.",
     .commands = "grimoire experiment bayes-risk",
     .code = "src/grimoire/theory/bayes_risk.cpp: bayes_risk",
     .mistake = "People say that with enough data any error can be driven to 0; in fact only down to this floor. To get below it one must see something "
                "else of each case.",
     .see = "consistency: reaching it\nrisk: of one rule\nlearnability: when it equals the majority's error",
     .sources = "Devroye, Gyorfi and Lugosi 1996, A Probabilistic Theory of Pattern Recognition, chapter 2\n"
                "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 2.4",
     .ask = "Every x has class 1 with probability .9. What is the Bayes risk? | .1.",
     .more = "Formally it is the least expected loss over all measurable rules; for 0-1 loss the rule that takes the likelier class at each x attains "
             "it. It depends on which columns are seen: a further column can lower it and never raise it. In real data it is unknown; agreement among "
             "experts, or a 1-nearest-neighbour error R, gives bounds, since with endless rows of two classes R* <= R <= 2 R* (1 - R*)."},
    {.id = "consistency",
     .title = "Consistency",
     .names = "Bayes consistency",
     .what = "A learner that gets everything right that can be got right, given enough rows: its risk comes down to the Bayes risk.",
     .picture = "A map drawn by ever more surveyors: consistent if every error vanishes in the end. One nearest neighbour keeps asking a single surveyor.",
     .formula = "R(f_n) -> R* as n grows",
     .symbols = "f_n: the rule learned from n rows\nR: its risk\nR*: the Bayes risk",
     .inputs = "k = 1: neighbours that vote, odd; two classes N(-1, 1) and N(1, 1)",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t k = in.integer("k", 1, 199);
           if (k % 2 == 0) in.refuse("k", "an odd number, so that no vote is a tie");
           const double limit = asymptotic_neighbour_risk(k), best = bayes_risk();
           out.step(str("with endless rows the nearest {} lie at x itself, each with a label drawn there", k));
           out.step(str("the vote is wrong in {:.8g} of all cases; the best rule in {:.8g}", limit, best));
           out.step(str("{:.4g} of it is left over, however many rows there are", limit - best));
           out.answer("limit of the risk", limit);
           out.answer("Bayes risk", best);
         },
     .turn = "k = 3, 9, 99: the limit comes down towards the Bayes risk. With any fixed k it stays above.",
     .commands = "grimoire experiment bayes-risk",
     .code = "src/grimoire/theory/bayes_risk.cpp: asymptotic_neighbour_risk, bayes_risk",
     .mistake = "People say that a consistent learner is the better one; in fact it says what happens in the end, and nothing about the thousand rows "
                "that you have.",
     .see = "bayes-risk: the goal\nuniversal-consistency: for every distribution\nknn: the learner of the example",
     .sources = "Cover and Hart 1967, Nearest Neighbor Pattern Classification\n"
                "Devroye, Gyorfi and Lugosi 1996, A Probabilistic Theory of Pattern Recognition, chapters 5 and 6",
     .ask = "Is 1-nearest-neighbour consistent when labels are noisy? | No: its risk stays above the Bayes risk.",
     .more = "There is no infinite sample; the statement is about a limit, in probability or in the mean. At a point where class 1 has probability q, "
             "one endless-data neighbour errs with 2 q (1 - q), where the best rule errs with min(q, 1 - q); integrating over x gives the figures above, "
             "and Cover and Hart's bound 2 R* (1 - R*) for two classes. The word is also used in a weaker sense: reaching the best rule of a given "
             "class rather than the "
             "best of all."},
    {.id = "universal-consistency",
     .title = "Universal consistency",
     .names = "for every distribution",
     .what = "Consistency that does not depend on luck with the source: the risk reaches the Bayes risk for every distribution of the data.",
     .picture = "A key that opens every lock, given time. It says nothing about how long any one lock takes.",
     .formula = "k-NN: k -> infinity and k/n -> 0 as n grows",
     .symbols = "n: rows\nk: neighbours that vote\nk/n: share of the rows that has a say\n1/(2 sqrt k): scatter of the vote at even odds",
     .inputs = "n = 10000: rows\nk = 100: neighbours that vote",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1000000000000), k = in.integer("k", 1, n);
           const double share = static_cast<double>(k) / static_cast<double>(n), scatter = 0.5 / std::sqrt(static_cast<double>(k));
           out.step(str("neighbourhood: {} of {} rows", k, n));
           out.step(str("scatter of the vote: 1 / (2 sqrt {}) = {:.6g}", k, scatter));
           out.step(str("both must shrink: neighbours are to be alike, and their vote steady"));
           out.answer("k/n", share);
           out.answer("scatter of the vote", scatter);
         },
     .turn = "k = 1: the neighbourhood is tiny, and the vote as uncertain as can be.",
     .commands = "grimoire experiment bayes-risk\ngrimoire validate --model knn --data data.csv --target y --grid k=1,5,15",
     .code = "src/grimoire/theory/bayes_risk.cpp: bayes_risk_of_neighbours",
     .mistake = "People say that k-NN, SVMs, boosting and forests simply are universally consistent; in fact each is under conditions: k must grow, the "
                "kernel must be rich enough, the rounds must stop in time.",
     .see = "consistency: for one distribution\nchoose-k: the rule in practice\ndistribution-free: bounds of that kind",
     .sources = "Stone 1977, Consistent Nonparametric Regression\n"
                "Steinwart 2005, Consistency of Support Vector Machines and Other Regularized Kernel Classifiers\n"
                "Bartlett and Traskin 2007, AdaBoost Is Consistent\n"
                "Biau, Devroye and Lugosi 2008, Consistency of Random Forests and Other Averaging Classifiers",
     .ask = "Which of k = 5, k = n/10, k = sqrt n meets both conditions as n grows? | k = sqrt n.",
     .more = "Stone's theorem was the first of its kind. An SVM needs a kernel that can approximate every continuous function (the Gaussian can, a "
             "polynomial of fixed degree cannot) and a penalty that falls slowly enough; AdaBoost is consistent when stopped after about n^(1-eps) "
             "rounds; of forests some variants are and one that Breiman proposed is not. And there is a price: for any learner, however consistent, some "
             "distribution makes the convergence as slow as you like."},
    {.id = "curse-of-dimensionality",
     .title = "Curse of dimensionality",
     .names = "high dimensions",
     .what = "With many columns everything is far from everything, and a neighbourhood that holds even a few rows is no longer local.",
     .picture = "A coin lost on a line is found at once, on a lawn with patience, in a tower block hardly ever. It breaks if the columns depend on each "
                "other: then there are fewer places to search than it seems.",
     .formula = "side of a cube that holds share s of the unit cube: s^(1/d)",
     .symbols = "d: number of dimensions (columns)\ns: share of the volume",
     .inputs = "s = 0.01: share of the volume\nd = 10: dimensions",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double s = in.number("s", 1e-300, 1);
           const int64_t d = in.integer("d", 1, 100000);
           const double side = std::pow(s, 1 / static_cast<double>(d));
           out.step(str("{:.6g}^(1/{}) = {:.6g} of each side, to catch {:.6g} of the points", s, d, side, s));
           out.step(str("the ball inside the unit cube holds {:.4g} of it: the rest is corners", ball_in_cube(d)));
           out.answer("side", side);
           Bars b{"side for that share", {}, {}};
           for (const int each : {1, 2, 5, 10, 50}) b.labels.push_back(str("d = {}", each)), b.values.push_back(std::pow(s, 1.0 / each));
           out.show(std::move(b));
         },
     .turn = "d = 100: to catch one point in a hundred you must span 95 % of every side.",
     .commands = "grimoire experiment curse-of-dimensionality",
     .code = "src/grimoire/theory/counting.cpp: curse_of_dimensionality, ball_in_cube, relative_contrast",
     .mistake = "People say that it is about large inputs; in fact it is about the number of columns. Cost that grows with the number of rows is another "
                "matter.",
     .see = "knn: the learner that it hits\nfewer-features: a cure\ndistance: what loses its meaning",
     .sources = "Bellman 1961, Adaptive Control Processes\nBeyer, Goldstein, Ramakrishnan and Shaft 1999, When Is \"Nearest Neighbor\" Meaningful?\n"
                "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 2.5",
     .ask = "How many small cubes of side 1/10 fill a unit cube of 6 dimensions? | 10^6, a million.",
     .more = "With independent columns the relative difference between the nearest and the farthest point shrinks like 1/sqrt d, so \"nearest\" says "
             "less and less. A grid of ten cells a side has 10^d cells to be filled with rows, and the rate for smooth functions, about n^(-2/(2+d)), "
             "crawls for large d. Real data are often saved by lying near a surface of few dimensions; learners that pick or combine columns find it, "
             "plain distance does not."},
    {.id = "vapnik-two-ways",
     .title = "Data and invariants",
     .names = "data and invariants\npredicates",
     .what = "Vapnik's view that a teacher gives two things: examples, and statements that the right rule must respect. Each statement throws out rules "
             "that the examples alone would leave.",
     .picture = "A suspect is found by witnesses and by constraints: \"it was one of the two who had a key\". It breaks if the constraint itself is wrong.",
     .formula = "keep f with (1/n) sum_i psi(x_i) f(x_i) = (1/n) sum_i psi(x_i) y_i",
     .symbols = "psi: a predicate, any function of x (here its values at the points)\nf: a rule that gives each point 0 or 1\ny: the labels",
     .inputs = "y = 1,0,1,0: labels of the points\npsi = 1,1,1,1: the predicate at each; all 1 says \"how many are 1\"",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> y = in.numbers("y", 0, 1, 1, 16), psi = in.numbers("psi", -1e6, 1e6, 1, 16);
           if (psi.size() != y.size()) in.refuse("psi", str("as many as y has: {}", y.size()));
           double wanted = 0;
           int64_t kept = 0;
           for (size_t i = 0; i < y.size(); ++i) {
             if (y[i] != 0 && y[i] != 1) in.refuse("y", "labels 0 or 1");
             wanted += psi[i] * y[i];
           }
           const unsigned rules = 1u << y.size();
           for (unsigned f = 0; f < rules; ++f) {
             double sum = 0;
             for (size_t i = 0; i < y.size(); ++i) sum += f >> i & 1 ? psi[i] : 0;
             kept += std::abs(sum - wanted) < 1e-9;
           }
           out.step(str("2^{} = {} rules on {} points", y.size(), rules, y.size()));
           out.step(str("sum of psi y = {:.6g}; rules with the same sum: {}", wanted, kept));
           out.answer("rules that stay", static_cast<double>(kept));
           out.answer("rules in all", rules);
         },
     .turn = "psi = 1,2,4,8: only the true rule stays; a good predicate can be worth all the labels.",
     .commands = "grimoire experiment invariants",
     .mistake = "People say that the second way replaces data; in fact the invariants are estimated from the same rows, and the theory is complete with "
                "both together.",
     .see = "inductive-bias: what is assumed\nmachine-learning: the first way\nrepresenter: the form of the solution",
     .sources = "Vapnik and Izmailov 2019, Rethinking Statistical Learning Theory: Learning Using Statistical Invariants",
     .ask = "3 points, and the invariant says that exactly one label is 1: how many of the 8 rules stay? | 3.",
     .more = "Convergence of functions comes in two senses: strong (values come near) and weak (averages against every psi come near). Ordinary learning "
             "uses the strong one; the weak one suggests to keep chosen averages exact while fitting. Vapnik and Izmailov do so with conditions on a "
             "kernel expansion, solved in closed form, and read the choice of predicates as the intelligent part that no algorithm makes. How much a "
             "teacher's predicates help in practice is open: their own experiments are on small tables."},
};

}  // namespace

const Family kThy = {"thy", "Learning theory", kConcepts};

}  // namespace grim::learn
