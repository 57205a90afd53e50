// Regularisation: penalties that keep a model plain.
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/classic/elastic_net.h"
#include "grimoire/classic/ridge.h"
#include "grimoire/learn/concepts/families.h"

namespace grim::learn {
namespace {

// A single row x = 1, y = b: least squares alone would answer b.
Dataset one_row(double b) {
  return {.x = Features(Tensor::full({1, 1}, 1, Dtype::f64)), .y = {b}, .weight = {}, .classes = {}};
}

double lasso_of(double b, double lam) {
  const PathPoint p = elastic_net_path(one_row(b), {.alphas = {lam}, .tolerance = 1e-12, .intercept = false})[0];
  return p.value.empty() ? 0 : p.value[0];
}

double ridge_of(double b, double lam) {
  Ridge ridge;
  set_params(ridge, {str("alpha={:.17g}", lam), "intercept=false"});
  ridge.fit(one_row(b));
  return ridge.coefficients()[0];
}

std::string terms(const std::vector<double>& w, const char* format_of_one) {
  std::string text;
  for (size_t i = 0; i < w.size() && i < 6; ++i) text += (i ? " + " : "") + str(format_of_one, w[i]);
  return text + (w.size() > 6 ? " + ..." : "");
}

const Concept kConcepts[] = {
    {.id = "l1",
     .title = "L1 penalty",
     .names = "L1 regularisation",
     .what = "A fee on the size of every weight, the same for each unit of it. Weights that earn less than the fee are set to exactly 0, so few columns "
             "remain.",
     .picture = "A suitcase charged by weight, from the first gram: whatever you would hardly miss stays at home.",
     .formula = "penalty = lam sum_i |w_i|",
     .symbols = "w_i: the weights, usually without the constant term\nlam: strength, from 0 up",
     .inputs = "w = 3,-4: weights\nlam = 1: strength",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> w = in.numbers("w", -1e9, 1e9);
           const double lam = in.number("lam", 0, 1e9);
           double sum = 0;
           for (double v : w) sum += std::abs(v);
           out.step(str("{:.6g} x ({}) = {:.6g} x {:.6g}", lam, terms(w, "|{:.6g}|"), lam, sum));
           out.step(str("pull on each weight that is not 0: {:.6g} towards 0, large or small", lam));
           out.answer("penalty", lam * sum);
         },
     .turn = "split -4 into -2,-2: the penalty stays; by L2 those two would cost half.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/names --l1 .0001\n"
                 "grimoire fit --model lasso --data data.csv --target y --out lasso.model",
     .code = "src/grimoire/classic/elastic_net_path.cpp: elastic_net_path\nsrc/grimoire/optim/optimizer.h: SgdOptions, AdamOptions",
     .mistake = "People say that the penalty is the plain sum of the |w|; in fact it carries a factor lam that must be chosen on held-out rows, and the "
                "constant term is normally left out.",
     .see = "l2: the square instead\nlasso: a regression with it\noverfitting: what it is for",
     .sources = "Tibshirani 1996, Regression Shrinkage and Selection via the Lasso\n"
                "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 3.4",
     .ask = "Which penalty, L1 or L2, makes weights exactly 0, and why? | L1: its pull does not fade as the weight shrinks.",
     .more = "The slope of |w| is 1 or -1 wherever w is not 0, so a weight is pulled with the same force down to 0, and stays there as long as the loss "
             "pulls less than lam. In a picture, the set of weights with a given L1 sum is a diamond whose corners lie on the axes. Plain gradient steps "
             "with an L1 term jitter around 0 instead of reaching it; solvers for the lasso set weights to 0 outright."},
    {.id = "l2",
     .title = "L2 penalty",
     .names = "L2 regularisation\nweight decay",
     .what = "A fee on the square of every weight: large ones pay dearly, small ones next to nothing. It keeps a model from leaning hard on one column.",
     .picture = "Rubber bands that tie every weight to 0: the farther it is pulled away, the harder they pull back.",
     .formula = "penalty = lam sum_i w_i^2",
     .symbols = "w_i: the weights, usually without the constant term\nlam: strength, from 0 up",
     .inputs = "w = 3,-4: weights\nlam = 1: strength",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> w = in.numbers("w", -1e9, 1e9);
           const double lam = in.number("lam", 0, 1e9);
           double sum = 0;
           for (double v : w) sum += v * v;
           out.step(str("{:.6g} x ({}) = {:.6g} x {:.6g}", lam, terms(w, "({:.6g})^2"), lam, sum));
           out.step(str("pull on the weight {:.6g}: 2 x {:.6g} x {:.6g} = {:.6g}", w[0], lam, w[0], 2 * lam * w[0]));
           out.answer("penalty", lam * sum);
         },
     .turn = "make -4 into -40: this one weight now pays nearly everything.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/names --l2 .0001\n"
                 "grimoire fit --model ridge --data data.csv --target y --out ridge.model",
     .code = "src/grimoire/classic/ridge.cpp: Ridge\nsrc/grimoire/optim/optimizer.h: SgdOptions, AdamOptions",
     .mistake = "People say that an L2 penalty and weight decay are the same; in fact only with plain SGD are they: Adam divides the penalty's slope "
                "by its running size; decoupled decay (AdamW) does not.",
     .see = "ridge: a regression with it\nl1: makes zeros\nl2-smoothing: its pull on a bigram\nlearning-rate: what the decay is multiplied by",
     .sources = "Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, section 2\n"
                "Hoerl and Kennard 1970, Ridge Regression: Biased Estimation for Nonorthogonal Problems",
     .ask = "lam = .1, one weight of 5. What is the penalty, and its pull? | 2.5, and 2 x .1 x 5 = 1.",
     .more = "A step of SGD on loss + lam w^2 is w - lr (g + 2 lam w) = (1 - 2 lr lam) w - lr g: the weight decays by a fixed share, hence the name. "
             "Libraries differ in a factor 2: an option --l2 that adds lam w to the gradient stands for a penalty lam w^2 / 2. As a prior it is a normal "
             "distribution of the weights around 0, and the fit with it the posterior's peak."},
    {.id = "lasso",
     .title = "Lasso",
     .names = "lasso regression",
     .what = "Least squares that also chooses its columns: it fits a line and sets the weights of columns that do not earn their keep to exactly 0.",
     .picture = "Packing with a fee for each gram. What is worth less than the fee stays at home, and everything else is trimmed a little.",
     .formula = "min_w (1/2n) sum_i (y_i - x_i w)^2 + lam |w|_1\none column: w = sign(b) max(|b| - lam, 0)",
     .symbols = "b: what least squares alone would say\nlam: strength of the penalty, from 0 up\nw: the weight that comes out",
     .inputs = "b = 2: the answer of least squares\nlam = 0.5: strength",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double b = in.number("b", -1e6, 1e6), lam = in.number("lam", 1e-6, 1e6), w = lasso_of(b, lam);
           out.step(str("minimise (w - {:.6g})^2 / 2 + {:.6g} |w|", b, lam));
           if (std::abs(b) > lam) out.step(str("its slope, w - {:.6g} {} {:.6g}, is 0 at w = {:.6g}", b, b > 0 ? "+" : "-", lam, w));
           else out.step(str("|b| does not exceed {:.6g}: 0 is best", lam));
           out.answer("w", w);
         },
     .turn = "raise lam to 2: w is 0, and stays 0 beyond.",
     .commands = "grimoire fit --model lasso --data data.csv --target y --out lasso.model\n"
                 "grimoire validate --model lasso --data data.csv --target y --vary alpha=.1,1",
     .code = "src/grimoire/classic/elastic_net_path.cpp: elastic_net_path",
     .mistake = "People say that the columns it keeps are the true causes; in fact among columns that go together it keeps one almost by chance, and all "
                "it keeps are shrunk.",
     .see = "l1: the penalty\nridge: shrinks, never to 0\nmodel-selection: choosing lam",
     .sources = "Tibshirani 1996, Regression Shrinkage and Selection via the Lasso\n"
                "Zou and Hastie 2005, Regularization and Variable Selection via the Elastic Net",
     .ask = "Least squares says -.3, lam is .5. What does the lasso say for this one column? | 0: .3 does not exceed .5.",
     .more = "The one-column answer, called soft thresholding, is also the step of the solver: coordinate descent takes one column at a time, holds the "
             "others, and thresholds. The program reports a duality gap, a bound on how far the solution can be from the best. Columns must be brought "
             "to one scale first, for the fee is charged in their units. The elastic net mixes in an L2 part, so that columns that go together share the "
             "weight."},
    {.id = "ridge",
     .title = "Ridge regression",
     .names = "ridge\nTikhonov regularisation",
     .what = "Least squares with a gentle pull towards 0: steadier answers when columns are many or say nearly the same thing.",
     .picture = "A tent pole with guy ropes: it stands a little less far out, but a gust no longer swings it about.",
     .formula = "min_w sum_i (y_i - x_i w)^2 / 2 + lam |w|_2^2\none column: w = b / (1 + 2 lam) for (w - b)^2 / 2 + lam w^2",
     .symbols = "b: what least squares alone would say\nlam: strength of the penalty, from 0 up\nw: the weight that comes out",
     .inputs = "b = 2: the answer of least squares\nlam = 0.25: strength",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double b = in.number("b", -1e6, 1e6), lam = in.number("lam", 0, 1e6);
           out.step(str("minimise (w - {:.6g})^2 / 2 + {:.6g} w^2", b, lam));
           out.step(str("its slope, w - {:.6g} + {:.6g} w, is 0 at w = {:.6g} / {:.6g}", b, 2 * lam, b, 1 + 2 * lam));
           out.answer("w", ridge_of(b, 2 * lam));
         },
     .turn = "raise lam: w shrinks and shrinks and never is 0.",
     .commands = "grimoire fit --model ridge --data data.csv --target y --out ridge.model\n"
                 "grimoire validate --model ridge --data data.csv --target y --vary alpha=1,9",
     .code = "src/grimoire/classic/ridge.cpp: Ridge, ridge_leave_one_out",
     .mistake = "People say that shrinking must hurt, since least squares is unbiased; in fact a small bias can save more variance than it costs.",
     .see = "l2: the penalty\nlasso: makes zeros\nbias-variance: why it helps",
     .sources = "Hoerl and Kennard 1970, Ridge Regression: Biased Estimation for Nonorthogonal Problems\n"
                "Hastie, Tibshirani and Friedman 2009, The Elements of Statistical Learning, section 3.4.1",
     .ask = "Of ridge and lasso, which one keeps every column? | Ridge: it shrinks the weights but sets none to 0.",
     .more = "The solution is (X'X + 2 lam I)^-1 X'y: what is added makes the matrix invertible even with more columns than rows. The program's alpha "
             "is 2 lam. Along a principal direction with singular value d it multiplies the answer of least squares by d^2 / (d^2 + 2 lam), so directions "
             "in which the data hardly vary are shrunk most. Hoerl and Kennard showed that some lam > 0 always has a smaller mean squared error than "
             "least squares. Leave-one-out "
             "errors for every lam come from one fit, by e_i / (1 - h_ii)."},
};

}  // namespace

const Family kReg = {"reg", "Regularisation", kConcepts};

}  // namespace grim::learn
