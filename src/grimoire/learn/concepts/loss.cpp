// Losses and the way from scores to probabilities.
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/op/argmax.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/loss.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"

namespace grim::learn {
namespace {

// d p_i / d x_j for all j, by the backward of the softmax itself.
std::vector<double> slopes_of_softmax(const std::vector<double>& x, size_t i) {
  const Tensor leaf = requires_grad(vector_of(x));
  std::vector<double> chosen(x.size(), 0);
  chosen[i] = 1;
  backward(softmax(leaf, 0), vector_of(chosen));
  return grad(leaf).to_vector<double>();
}

const Concept kConcepts[] = {
    {.id = "squared-residual",
     .title = "Squared residual",
     .names = "squared error\nMSE\nmean squared error",
     .what = "How far a prediction is from the truth, with large misses counting much more than small ones. Fitting a line by least squares makes their "
             "sum small.",
     .picture = "Darts with a fine for each throw: twice as far from the middle costs four times as much. It breaks with one wild throw, which then "
                "decides the whole evening.",
     .formula = "loss = (y - f)^2,   MSE = their mean",
     .symbols = "y: the truth, any real number\nf: the prediction\ny - f: the residual",
     .inputs = "y = 1: the truth\nf = 0.9,0.1: predictions",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double y = in.number("y", -1e9, 1e9);
           const std::vector<double> f = in.numbers("f", -1e9, 1e9);
           const Tensor truth = Tensor::full({static_cast<int64_t>(f.size())}, y, Dtype::f64);
           const std::vector<double> loss = mse_loss(vector_of(f), truth, Reduction::none).to_vector<double>();
           for (size_t i = 0; i < f.size() && i < 4; ++i) out.step(str("({:.6g} - {:.6g})^2 = {:.6g}^2 = {:.6g}", y, f[i], y - f[i], loss[i]));
           out.step(str("mean: {:.8g}", mse_loss(vector_of(f), truth).item()));
           out.answers("squared residual", loss);
         },
     .turn = "move one prediction from .1 to -1: its loss goes from .81 to 4.",
     .commands = "grimoire fit --model linear --data cars.csv --target mpg --out mpg.model",
     .code = "src/grimoire/op/loss.h: mse_loss\nsrc/grimoire/metric/regression.cpp: regression_scores",
     .mistake = "People say that it suits values from 1 up, as a form (1 - p)^2; in fact that is only y = 1, and y and f may be any real numbers. On "
                "probabilities it is the Brier score, and an honest one.",
     .see = "cross-entropy: the usual loss for classes\nmaximum-likelihood: normal noise leads here\nreconstruction-loss: the same for pictures\n"
            "linear-regression: where it began",
     .sources = "Gauss 1809, Theoria motus corporum coelestium, book II, section III\n"
                "Brier 1950, Verification of Forecasts Expressed in Terms of Probability",
     .ask = "Residuals 1 and 3: which share of the summed squares comes from the larger? | 9 of 10.",
     .more = "The constant that makes the mean square least is the mean; for absolute residuals it is the median. If the noise is normal with one "
             "variance, least squares is maximum likelihood. For classes with probabilities p both losses are proper: they are least in expectation at "
             "the true p. Through a softmax or a sigmoid their slopes differ: cross-entropy's is p - y, the squared residual's carries a further factor "
             "p (1 - p), which vanishes where the model is sure, wrong or not. That is why classifiers are rarely trained with it."},
    {.id = "argmax",
     .title = "Argmax",
     .names = "hard max\narg max",
     .what = "Which of several scores is the largest: the place, not the score. It is how a model's scores become one decision.",
     .picture = "A race's photo finish: the winner's number is all that is reported, not by how much.",
     .formula = "argmax x = the first i with x_i = max_j x_j",
     .symbols = "x_i: the scores\ni: their places, from 0",
     .inputs = "x = 2,1,0.1: scores",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e9, 1e9);
           const Tensor best = argmax(vector_of(x), 0);
           std::vector<double> nudged = x;  // the winner a little lower
           double& top = nudged[static_cast<size_t>(best.item())];
           top -= 1e-9 * std::max(1.0, std::abs(top));
           const double jump = argmax(vector_of(nudged), 0).item() - best.item();
           out.step(str("largest of {}: {:.6g}, at place {:.0f}", list_of(x), x[static_cast<size_t>(best.item())], best.item()));
           out.step(str("as a one-hot vector: 1 at that place, 0 elsewhere"));
           out.step(jump == 0 ? std::string("a small nudge of the scores leaves the place as it is: slope 0")
                              : str("a tie: the smallest nudge of the first moves the place by {:.0f} at once, and there is no slope", jump));
           out.answer("index", best.item());
           out.answers("one-hot", one_hot(best, static_cast<int64_t>(x.size()), Dtype::f64).to_vector<double>());
           if (jump == 0) out.answer("slope", jump);
           else out.answer("slope", "undefined: a tie");
         },
     .turn = "raise the second score past 2: the answer jumps from 0 to 1 at once.",
     .commands = "grimoire predict iris.model --data new.csv",
     .code = "src/grimoire/op/argmax.cpp: argmax\nsrc/grimoire/op/gather.cpp: one_hot",
     .mistake = "People say that argmax is a vector of 0s and a 1; in fact it is an index, and the vector is its one-hot form. Its slope is 0 nearly "
                "everywhere and undefined at ties, so nothing can be trained through it.",
     .see = "one-hot: the vector form\nsoftmax: the smooth version\nste: training past a step anyway",
     .sources = "Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.2.2.3",
     .ask = "What is the argmax of 3, 8, 8? | 1: the first of the largest, counted from 0.",
     .more = "Softmax is a soft argmax rather than a soft maximum: softmax(x / T) tends to the one-hot argmax as T falls to 0. A soft maximum is log sum "
             "exp, and softmax is its gradient. The first of several equal scores wins in this program, as in NumPy and PyTorch on a CPU."},
    {.id = "softmax",
     .title = "Softmax",
     .names = "normalised exponentials",
     .what = "Turns any list of scores into probabilities: all above 0, together 1, larger where the score is larger.",
     .picture = "Sharing a cake by applause: nobody goes away empty, but a little more applause brings a lot more cake.",
     .formula = "p_i = e^(x_i / T) / sum_j e^(x_j / T)",
     .symbols = "x_i: scores (logits), any real numbers\nT: temperature, above 0; usually 1\np_i: probabilities",
     .inputs = "x = 2,1,0.1: scores\nT = 1: temperature",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> x = in.numbers("x", -1e6, 1e6), powers;
           const double T = in.number("T", 1e-3, 1e6);
           double sum = 0, top = x[0];
           for (double& v : x) v /= T;
           for (double v : x) top = std::max(top, v);
           for (double v : x) powers.push_back(std::exp(v - top)), sum += powers.back();
           const std::vector<double> p = softmax(vector_of(x), 0).to_vector<double>();
           out.step(str("less the largest, so that nothing overflows: e^(x - {:.6g}) = {}", top, list_of(powers)));
           out.step(str("each divided by their sum, {:.8g}", sum));
           out.answers("p", p);
           out.show(bars_of("p", p));
         },
     .turn = "T = 10 levels the bars, T = .1 leaves nearly everything to the first.",
     .commands = "grimoire generate runs/names -n 1 --explain",
     .code = "src/grimoire/op/softmax.cpp: softmax",
     .mistake = "People say that its outputs are logits, or how sure the model may be; in fact logits are its inputs, and a softmax of .99 can be wrong "
                "far more often than once in a hundred.",
     .see = "argmax: its hard version\nlogit: its inputs\ncross-entropy: the loss behind it\nsoftmax-derivative: its slopes",
     .sources = "Bridle 1990, Probabilistic Interpretation of Feedforward Classification Network Outputs\n"
                "Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.2.2.3\nGuo et al. 2017, On Calibration of Modern Neural Networks",
     .ask = "What does softmax make of the scores 5, 5? | .5 and .5.\nAll scores grow by 100. What becomes of the probabilities? | Nothing: e^100 cancels.",
     .more = "Adding the same number to all scores changes nothing, hence the largest may be subtracted first. Ratios follow differences: p_i / p_j = "
             "e^(x_i - x_j). With two classes it is the sigmoid of the difference. In physics it is Boltzmann's distribution, with x as negative energy; "
             "among all distributions with the same mean score it has the largest entropy."},
    {.id = "softmax-derivative",
     .title = "Softmax derivative",
     .names = "softmax gradient\nJacobian",
     .what = "How the probabilities move when one score is nudged: its own grows, and all others pay for it.",
     .picture = "Scales with one beam: what one pan gains the others lose, and whoever has nearly nothing can lose hardly anything.",
     .formula = "d p_i / d x_j = p_i (d_ij - p_j)",
     .symbols = "p: softmax of the scores x\nd_ij: 1 where i = j, else 0",
     .inputs = "x = 2,1,0.1: scores",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e3, 1e3, 2, 100), p = softmax(vector_of(x), 0).to_vector<double>();
           const std::vector<double> d = slopes_of_softmax(x, 0);
           out.step(str("p = {}", list_of(p)));
           for (size_t i = 0; i < x.size() && i < 3; ++i) out.step(str("row {} of the matrix: {}", i + 1, list_of(slopes_of_softmax(x, i))));
           out.step(str("by hand: {:.6g} x (1 - {:.6g}),   -{:.6g} x {:.6g}", p[0], p[0], p[0], p[1]));
           out.answer("d11", d[0]);
           out.answer("d12", d[1]);
         },
     .turn = "make one score 10: all slopes shrink towards 0, a sure softmax hardly moves.",
     .code = "src/grimoire/op/softmax.cpp: softmax, with its backward",
     .mistake = "People say that the derivative is p (1 - p); in fact that is only the diagonal. Off it stands -p_i p_j, and each row sums to 0.",
     .see = "softmax: the function\ncross-entropy: with it all of this becomes p - y\nchain-rule: how the two are joined",
     .sources = "Bishop 2006, Pattern Recognition and Machine Learning, section 4.3.4",
     .ask = "p = (.5, .5). What is the matrix of slopes? | .25 on the diagonal, -.25 off it.",
     .more = "From ln p_i = x_i - ln sum_j e^x_j follows d ln p_i / d x_j = d_ij - p_j; times p_i is the formula. The matrix, called the Jacobian, is "
             "diag(p) - p p': symmetric, its rows sum to 0 since the probabilities keep the sum 1. For the loss -ln p_y the slope is p_j - d_yj: no "
             "factor p is left, so a sure and wrong model is still corrected. That is why loss and softmax are one operation in the code."},
    {.id = "logit",
     .title = "Logit",
     .names = "log-odds\nunnormalised score",
     .what = "A probability stretched onto the whole number line: 0 means even odds, and going from .5 to .9 is as long a way as from .9 to .988.",
     .picture = "A bookmaker's odds, on a scale where every doubling is a step of the same size.",
     .formula = "logit(p) = ln(p / (1 - p)),   p = 1 / (1 + e^-z)",
     .symbols = "p: a probability, strictly between 0 and 1\nz: its logit, any real number",
     .inputs = "p = 0.8: a probability",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double p = in.number("p", 1e-12, 1 - 1e-12), z = std::log(p / (1 - p));
           out.step(str("odds: {:.6g} / {:.6g} = {:.6g} to 1", p, 1 - p, p / (1 - p)));
           out.step(str("ln {:.6g} = {:.8g}", p / (1 - p), z));
           out.step(str("back, as softmax of ({:.6g}, 0): {:.6g}", z, softmax(vector_of({z, 0}), 0).at({0})));
           out.answer("logit", z);
         },
     .turn = "p = .2: the same number with a minus.",
     .commands = "grimoire generate runs/names -n 1 --explain\ngrimoire fit --model logistic --data data.csv --target y --out y.model",
     .code = "src/grimoire/op/softmax.cpp: softmax takes logits",
     .mistake = "People say that logits come out of the softmax; in fact they go in. What comes out are probabilities.",
     .see = "softmax: what turns logits back\nlogits-as-log-counts: where they can be seen\nlm-head: where a language model makes them\nsigmoid: the way back",
     .sources = "Berkson 1944, Application of the Logistic Function to Bio-Assay\nCox 1958, The Regression Analysis of Binary Sequences",
     .ask = "What is the logit of .5? | ln 1 = 0.",
     .more = "For two classes a softmax of (z, 0) is the sigmoid of z, so z is the log-odds exactly. For more classes only differences have that "
             "meaning: z_i - z_j = ln(p_i / p_j), and adding a constant to all of them changes no probability; hence \"unnormalised score\". Logistic "
             "regression says that the logit is a linear function of the columns, so a coefficient of .69 doubles the odds."},
};

}  // namespace

const Family kLoss = {"loss", "Losses", kConcepts};

}  // namespace grim::learn
