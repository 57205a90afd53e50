// First models: a line, a bent line, counting with independence, and centres.
#include <algorithm>
#include <cmath>

#include "grimoire/classic/kmeans.h"
#include "grimoire/classic/naive_bayes.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/stats/regression.h"

namespace grim::learn {
namespace {

Tensor column_of(const std::vector<double>& x) { return Tensor::from(x, {std::ssize(x), 1}); }

std::vector<double> spread(const Inputs& in, std::string_view name) {
  std::vector<double> x = in.numbers(name, -1e6, 1e6, 3, 1000);
  if (std::ranges::min(x) == std::ranges::max(x)) in.refuse(name, "values that are not all equal");
  return x;
}

// The points, the curve over their range and some of it more on both sides, and what it predicts at a place, which widens the range.
template <class F>
Chart with_prediction(const char* title, const std::vector<double>& x, const std::vector<double>& y, double at, double more, F&& f) {
  auto [low, high] = std::ranges::minmax(x);
  const double edge = more * (high - low);
  low -= edge, high += edge;
  const std::string where = make_room(at, low, high);
  const bool inside = low <= at && at <= high;
  Chart c{.title = title + (inside ? str("; o at {:.6g}: predicted", at) : where), .x_label = "x"};
  c.series = {curve(low, high, f), {.name = "", .x = x, .y = y, .points = true}};
  if (inside) c.series.push_back(point(at, f(at)));
  return c;
}

// As many rows as there are mails of a kind; the first holds all the counts, for only their sum matters.
void add_mails(const std::vector<double>& counts, int64_t mails, double kind, std::vector<std::vector<double>>& rows, std::vector<double>& y) {
  for (int64_t i = 0; i < mails; ++i) rows.push_back(i == 0 ? counts : std::vector<double>(counts.size(), 0.0)), y.push_back(kind);
}

const Concept kConcepts[] = {
    {.id = "linear-regression",
     .title = "Linear regression",
     .names = "least squares\nOLS\n\nordinary least squares\nregression line\nregression",
     .what = "Draws the straight line that comes closest to the points, to predict one number from another.",
     .formula = "least sum (y - a - b x)^2:   b = cov(x, y) / var x,   a = mean y - b mean x",
     .symbols = "a: height at x = 0;   b: slope, units of y for one of x",
     .inputs = "x = 1,2,3,4,5: one column\ny = 2,4,5,4,6: the other\nat = 6: where to predict",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = spread(in, "x"), y = in.numbers("y", -1e6, 1e6, x.size(), x.size());
           const stats::LinearFit fit = stats::least_squares(column_of(x), y);
           const double a = fit.coefficients[0].estimate, b = fit.coefficients[1].estimate, at = in.number("at", -1e6, 1e6);
           out.step(str("at {:.6g}: {:.6g} + {:.6g} x {:.6g} = {:.6g}; the points lie {:.4g} off the line (sd)", at, a, b, at, a + b * at, fit.sigma));
           out.answer("slope", b);
           out.answer("height at 0", a);
           out.answer("prediction", a + b * at);
           out.show(with_prediction("y over x", x, y, at, 0, [&](double v) { return a + b * v; }));
         },
     .turn = "make the last y 60: one point pulls the whole line.",
     .commands = "grimoire stats regression --x 1,2,3,4,5 --y 2,4,5,4,6\ngrimoire fit --model linear --data data.csv --target y --out y.model",
     .code = "src/grimoire/stats/regression.cpp: least_squares\nsrc/grimoire/classic/ridge.h: LinearRegression",
     .mistake = "People say that the slope is the effect of x; in fact it is one only if nothing else moves both.",
     .see = "squared-residual: what is made small\ncorrelation: the slope without units\nridge: with a fee on slopes\nlogistic-regression: for yes or no",
     .sources = "Legendre 1805, Nouvelles methodes pour la determination des orbites des cometes\nHastie, Tibshirani and Friedman 2009, The Elements of "
                "Statistical Learning, section 3.2",
     .ask = "Through which point does every such line go? | Through (mean of x, mean of y).",
     .more = "With many columns the weights solve X'X w = X'y: the residuals are at right angles to every column. Gauss and Markov: of all unbiased estimates "
             "linear in y it has the least variance, if errors have mean 0, one variance and no correlation. Normal errors make it maximum "
             "likelihood too, and give t tests for the weights. Linear means linear in the weights: columns may be x^2 or log x. Regression is named "
             "after Galton's tall fathers, whose sons were nearer to the mean."},
    {.id = "logistic-regression",
     .title = "Logistic regression",
     .names = "logit model\nlogistic classifier\n\nlogistic",
     .what = "Predicts the probability of a yes: a line gives the log-odds, the sigmoid makes a probability of them.",
     .formula = "p(x) = s(a + b x),   largest sum_i y_i ln p_i + (1 - y_i) ln(1 - p_i)",
     .symbols = "s: the sigmoid;   y: share of yes;   a, b: in log-odds",
     .inputs = "x = 1,2,3,4,5: doses\ny = .1,.3,.4,.8,.9: share of yes at each\nat = 3.5: where to predict",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = spread(in, "x"), y = in.numbers("y", 0.001, 0.999, x.size(), x.size());
           if (std::ranges::max(x) - std::ranges::min(x) < 0.1) in.refuse("x", "values from a range of at least .1");
           const stats::GlmFit fit = stats::glm(stats::Family::logistic, column_of(x), y);
           const double a = fit.coefficients[0].estimate, b = fit.coefficients[1].estimate, at = in.number("at", -1e6, 1e6);
           const auto p = [&](double v) { return sigmoid(Tensor::scalar(a + b * v, Dtype::f64)).item(); };
           out.step(str("log-odds {:.4g} + {:.4g} x {:.4g} = {:.4g}; one more x multiplies the odds by {:.4g}", a, b, at, a + b * at, std::exp(b)));
           out.answer("b", b);
           out.answer("a", a);
           out.answer("p", p(at));
           out.show(with_prediction("probability of a yes", x, y, at, 1.0 / 3, p));
         },
     .turn = "make the shares .01,.01,.01,.99,.99: a steep step.",
     .commands = "grimoire stats logistic --data data.csv --x x1,x2 --y y\ngrimoire fit --model logistic --data data.csv --target y --out y.model",
     .code = "src/grimoire/stats/regression.cpp: glm\nsrc/grimoire/classic/logistic.cpp: Logistic",
     .mistake = "People say that b is added to the probability; in fact it is added to the log-odds.",
     .see = "sigmoid: the bend\nlogit: the line's unit\ncross-entropy: its loss\nnaive-bayes: the same border from counts",
     .sources = "Cox 1958, The Regression Analysis of Binary Sequences\nHastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section "
                "4.4",
     .ask = "b is ln 2. What does one more unit of x do to the odds? | It doubles them.",
     .more = "The loss is the cross-entropy; it is convex, so there is one best place, found by Newton's steps (reweighted least squares). If a border "
             "parts the classes without an error there is none: the weights run to infinity, and a penalty is needed. More classes take a score each and a "
             "softmax. One unit of a network with a sigmoid is just this, and the last layer of a classifier is one on learned features."},
    {.id = "naive-bayes",
     .title = "Naive Bayes",
     .names = "multinomial naive Bayes\nspam filter",
     .what = "Classifies by counting: how often each word came in each kind of text, as if the words did not know of each other.",
     .picture = "Witnesses who each name a suspect: the odds are multiplied as if they had not talked. If they had, the verdict comes out too sure.",
     .formula = "P(kind | words) ~ P(kind) prod_w P(w | kind)^n_w\nP(w | kind) = (count + 1) / (all + V)",
     .symbols = "n_w: how often word w is in the new mail\nV: known words; the 1 keeps unseen ones above 0",
     .inputs = "spam = 6,3,1: counts of the words free, cash, meeting\nham = 1,2,7: their counts in good mail\nmails = 4,6: mails of each kind\n"
               "new = 1,1,0: counts in the new mail",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> spam = in.counts("spam", 0, 1e6, 1, 50), ham = in.counts("ham", 0, 1e6, spam.size(), spam.size()),
                                     fresh = in.counts("new", 0, 1e3, spam.size(), spam.size()), mails = in.counts("mails", 1, 1000, 2, 2);
           std::vector<std::vector<double>> rows;
           std::vector<double> y;
           add_mails(ham, static_cast<int64_t>(mails[1]), 0, rows, y), add_mails(spam, static_cast<int64_t>(mails[0]), 1, rows, y);
           NaiveBayes model;
           set_params(model, {"kind=multinomial", "alpha=1"});
           model.fit({.x = Features(matrix_of(rows)), .y = y, .weight = {}, .classes = {"ham", "spam"}});
           const Features x(matrix_of({fresh}));
           const double p = model.predict_proba(x).at({0, 1}), odds = mails[0] / mails[1];
           const Tensor joint = model.decision(x);
           out.step(str("odds of spam before reading: {:.6g} to {:.6g} = {:.6g}", mails[0], mails[1], odds));
           out.step(str("the words multiply them by {:.6g}", std::exp(joint.at({0, 1}) - joint.at({0, 0})) / odds));
           out.answer("P(spam)", p);
         },
     .turn = "new = 1,1,2: two meetings outweigh the rest.",
     .commands = "grimoire fit --model naive-bayes --data data.csv --target y --out y.model",
     .code = "src/grimoire/classic/naive_bayes.cpp: NaiveBayes",
     .mistake = "People say that it fails since words do depend on each other; in fact the class is often right and only the probability too extreme.",
     .see = "bayes: the rule behind it\nl2-smoothing: adding one\nlogistic-regression: weights that are trained\ntext-classification: its task",
     .sources = "Manning, Raghavan and Schutze 2008, Introduction to Information Retrieval, chapter 13\n"
                "Domingos and Pazzani 1997, On the Optimality of the Simple Bayesian Classifier under Zero-One Loss",
     .ask = "Why is 1 added to every count? | Else one unseen word would make the whole product 0.",
     .more = "In logarithms it is a linear score: a prior plus a weight for each word, so its border is of the same kind as logistic regression's. Counting "
             "needs one pass and does well with few rows; trained weights win with many (Ng and Jordan 2002). For numbers a normal distribution a column "
             "and class takes the place of counts. Words that travel together are counted twice, hence the probabilities near 0 and 1."},
    {.id = "k-means",
     .title = "k-means",
     .names = "Lloyd's algorithm\nclustering\ncluster analysis\ncentroid",
     .what = "Sorts rows into k groups without any labels: each belongs to the nearest of k centres, and each centre is the mean of its rows.",
     .picture = "Ice-cream vans on a beach: people walk to the nearest van, each van moves to the middle of its customers, and again. Where they "
                "start matters.",
     .formula = "min over centres c of sum_i min_k (x_i - c_k)^2;   the sum is called inertia",
     .symbols = "x_i: rows, here single numbers\nk: groups, chosen beforehand\nc_k: centres",
     .inputs = "x = 1,2,3,8,9,13: numbers\nk = 2: groups",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 1, 300);
           std::vector<double> different = x;
           std::ranges::sort(different);
           different.erase(std::ranges::unique(different).begin(), different.end());
           KMeans model;
           model.k = in.integer("k", 1, std::ssize(different));
           model.fit({.x = Features(column_of(x)), .y = {}, .weight = {}, .classes = {}});
           std::vector<double> centres = model.centres().to_vector<double>();
           const std::vector<double> nearest = model.predict(Features(column_of(x)));
           for (size_t c = 0; c < centres.size() && c < 3; ++c) {
             std::vector<double> members;
             for (size_t i = 0; i < x.size(); ++i)
               if (nearest[i] == static_cast<double>(c)) members.push_back(x[i]);
             out.step(str("{}: mean {:.6g}", list_of(members), centres[c]));
           }
           std::ranges::sort(centres);
           out.answer("inertia", model.report().objective);
           out.answers("centre", centres);
         },
     .turn = "k = 3: the inertia falls; at k = 6 it is 0, and nothing is learned.",
     .commands = "grimoire fit --model k-means --data data.csv --param k=3 --out groups.model",
     .code = "src/grimoire/classic/kmeans.cpp: KMeans",
     .mistake = "People say that it finds the groups that are there; in fact it always finds k, round ones of like size, also in a single cloud.",
     .see = "distance: what nearest means\nknn-clusters: groups of any shape\npca: fewer columns first\nmean: the best centre",
     .sources = "Lloyd 1982, Least Squares Quantization in PCM (written in 1957)\nArthur and Vassilvitskii 2007, k-means++: The Advantages of Careful Seeding",
     .ask = "The group 1, 2, 6: where is its centre? | At 3.",
     .more = "Both half-steps lower the inertia, and there are finitely many ways to sort the rows, so it ends; but perhaps in a local minimum, hence ten "
             "starts from k-means++ seeds. The best solution is NP-hard to find in general, easy in one dimension. Columns should have like scales first. "
             "How many groups? The inertia always falls with k; people look for a bend, or for what makes sense. It is the limit of a mixture of equal "
             "round normals as their width goes to 0."},
};

}  // namespace

const Family kModel = {"model", "First models", kConcepts};

}  // namespace grim::learn
