// Generative models: hidden causes, compression, noise to pictures.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/metric/regression.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/stats/bayes.h"
#include "grimoire/stats/counts.h"
#include "grimoire/stats/distribution.h"
#include "grimoire/stats/information.h"
#include "grimoire/stats/linalg.h"

namespace grim::learn {
namespace {

using namespace stats;

// x = a x0 + b e: one step of diffusion from clean to noisy, at a share ab of signal.
struct Mixing {
  double signal, noise;
};
Mixing mixing_of(const Inputs& in) {
  const double ab = in.number("ab", 1e-12, 1);
  return {std::sqrt(ab), std::sqrt(1 - ab)};
}

const Concept kConcepts[] = {
    {.id = "latent-variable",
     .title = "Latent variable",
     .names = "hidden cause",
     .what = "Explaining what is seen by something that is not: a hidden cause is drawn first, and what we see is drawn given that cause.",
     .picture = "Wet shoes in the hall: it rained, or somebody watered the garden. You see shoes only, and reason back to the weather.",
     .formula = "p(x) = sum_z p(z) p(x given z)",
     .symbols = "z: the hidden cause\nx: what is seen\np(z): how common the cause is; together 1",
     .inputs = "prior = 0.5,0.5: p(z) of each cause\nlikelihood = 0.9,0.1: p(x given z) of each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto prior = in.probabilities("prior"), likelihood = in.numbers("likelihood", 0, 1, prior.size(), prior.size());
           for (size_t i = 0; i < prior.size() && i < 4; ++i) out.step(str("{:.6g} x {:.6g} = {:.6g}", prior[i], likelihood[i], prior[i] * likelihood[i]));
           const double p = std::inner_product(prior.begin(), prior.end(), likelihood.begin(), 0.0);
           out.answer("p(x)", p);
           if (p > 0) out.answer("p(first cause given x)", posterior(prior, likelihood)[0]);
         },
     .turn = "likelihood=0.5,0.5: x is as likely under both causes, and tells nothing about them.",
     .commands = "grimoire stats bayes --prior .5,.5 --likelihood .9,.1",
     .code = "src/grimoire/stats/bayes.cpp: posterior",
     .mistake = "People say that a latent variable is a fact of nature that the model discovers; in fact it belongs to the model: several sets of hidden "
                "causes can explain the data equally well.",
     .see = "bayes: reasoning back\nvae: with a network for p(x given z)\nexplanatory-factors: causes worth having",
     .sources = "Bishop 2006, Pattern Recognition and Machine Learning, chapter 9",
     .ask = "Causes .2 and .8, p(x given z) 1 and .5. What is p(x)? | .2 + .4 = .6.",
     .more = "Mixtures of normals, factor analysis, topic models, hidden Markov models, VAEs and diffusion models are all of this form. The sum over z is "
             "what makes them hard: with many causes it cannot be "
             "written out, and one maximises a lower bound instead (EM, variational methods)."},
    {.id = "explanatory-factors",
     .title = "Explanatory factors",
     .names = "true factors",
     .what = "The few things that really vary behind many measured numbers: a face picture has a million pixels, but only pose, light and who it is.",
     .picture = "The shadow play: many grey spots move on the wall, and two hands move behind. From the shadows alone it can be hard to say which hand did "
                "what.",
     .formula = "x = g(z),   fewer z than x;   linear g: factors = rank of the data",
     .symbols = "x: what is measured, D numbers\nz: the factors, K < D of them\ng: how factors make measurements",
     .inputs = "g = 1,2,3: each measurement for one unit of z\nz = -1,0,2: the factor in three samples",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto g = in.numbers("g", -1e6, 1e6, 1, 200), z = in.numbers("z", -1e6, 1e6, 1, 200);
           std::vector<double> x;
           for (const double one : z)
             for (const double by : g) x.push_back(one * by);
           const Tensor s = svd(Tensor::from(x, {static_cast<int64_t>(z.size()), static_cast<int64_t>(g.size())})).s;
           const auto values = s.to_vector<double>();
           const auto factors = std::ranges::count_if(values, [&](double v) { return v > 1e-10 * values[0]; });
           out.step(str("{} samples of {} numbers", z.size(), g.size()));
           const double second = values.size() > 1 && values[1] > 1e-10 * values[0] ? values[1] : 0;
           out.step(str("singular values: {:.6g}, then {:.3g}", values[0], second));
           out.answer("factors", values[0] > 0 ? static_cast<double>(factors) : 0);
           out.answer("numbers", static_cast<double>(g.size()));
           out.answer("size of the factor", values[0]);
         },
     .turn = "make g as long as you like: there stays one factor.",
     .commands = "grimoire stats pca --data measurements.csv",
     .code = "src/grimoire/stats/linalg.h: svd",
     .mistake = "People say that enough data reveals the true factors; in fact without labels or further assumptions different sets of factors fit equally "
                "well, and no method can tell them apart.",
     .see = "low-rank: the linear case\nlatent-variable: the same in probabilities\nbottleneck: making a net find few",
     .sources = "Bengio, Courville and Vincent 2013, Representation Learning: A Review and New Perspectives, section 3\n"
                "Locatello et al. 2019, Challenging Common Assumptions in the Unsupervised Learning of Disentangled Representations, theorem 1",
     .ask = "x = (z, -z, 5 z). How many factors and how many numbers? | One factor, three numbers.",
     .more = "Locatello et al. show that for any model with independent factors there is another one with the same data and completely mixed factors. What "
             "helps: a few labels, knowing which factor changed "
             "between two pictures, several environments, or a restricted g."},
    {.id = "autoencoder",
     .title = "Autoencoder",
     .names = "encoder and decoder",
     .what = "Learning to describe things briefly: one net squeezes the input into a short code, another rebuilds it, and both are judged by the result.",
     .picture = "A game of telegrams: describe a picture in ten words, and the other side draws it. The two players may invent a language nobody else "
                "understands.",
     .formula = "z = f(x),   x^ = g(z),   loss = mean (x - x^)^2",
     .symbols = "x: input\nz: the code, shorter than x\nf, g: encoder, decoder; here the mean, and writing it out again",
     .inputs = "x = 1,3: input",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto x = in.numbers("x", -1e100, 1e100, 1, 1000);
           const double z = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
           const std::vector<double> rebuilt(x.size(), z);
           out.step(str("encode: the mean of {} numbers is z = {:.8g}", x.size(), z));
           out.step(str("decode: {} times {:.8g}", x.size(), z));
           out.answer("z", z);
           for (size_t i = 0; i < x.size() && i < 6; ++i) out.answer(str("x^[{}]", i), rebuilt[i]);
           out.answer("mean squared error", regression_scores(x, rebuilt).mse);
         },
     .turn = "x=2,2: rebuilt without loss. This code is made for inputs whose numbers are alike.",
     .commands = "later: grimoire train --model autoencoder --data images/ --out runs/ae",
     .code = "src/grimoire/metric/regression.cpp: regression_scores",
     .mistake = "People say that an autoencoder can make new pictures; in fact a code chosen at random mostly decodes to rubbish: nothing asks the codes to "
                "fill their space. "
                "A VAE does.",
     .see = "bottleneck: why it cannot just copy\nreconstruction-loss: the judge\nvae: with codes that can be drawn\n"
            "representation-learning: the wish behind it",
     .sources = "Hinton and Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural Networks\n"
                "Goodfellow, Bengio and Courville 2016, Deep Learning, chapter 14",
     .ask = "The code is the mean. How is (0, 4) rebuilt, and with which mean squared error? | As (2, 2), with error 4.",
     .more = "With linear nets and squared error the best code spans the same space as the first principal components (Baldi and Hornik 1989). Instead of a "
             "short code one can ask for few active units (sparse), "
             "or for the clean version of a damaged input (denoising)."},
    {.id = "bottleneck",
     .title = "Bottleneck",
     .names = "latent space",
     .what = "The narrow place in the middle of a net, through which everything must pass, so that only the essential gets through.",
     .picture = "A suitcase for a week: what fits in shows what you cannot do without. A clever packer can cheat, and so can a deep net.",
     .formula = "ratio = dim x / dim z",
     .symbols = "dim x: numbers in\ndim z: numbers in the code",
     .inputs = "x = 784: numbers in, a 28 x 28 picture\nz = 32: numbers in the code",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double x = static_cast<double>(in.integer("x", 1, 1000000000)), z = static_cast<double>(in.integer("z", 1, 1000000000));
           out.step(str("{:.10g} / {:.10g}", x, z));
           out.step(str("in bytes: a picture has {:.10g}, a code of floats {:.10g}", x, 4 * z));
           out.answer("ratio", x / z);
         },
     .turn = "z=784: no bottleneck, and the net may learn to copy.",
     .commands = "grimoire stats pca --data digits.csv\nlater: grimoire image latent runs/ae",
     .mistake = "People say that the ratio of the numbers is the compression; in fact a number of the code is a float of 4 bytes where a pixel was one: "
                "24.5 to 1 is 6 to 1 in bytes.",
     .see = "autoencoder: the whole\nlow-rank: the linear bottleneck\nencoder-bottleneck: the same name in translation",
     .sources = "Hinton and Salakhutdinov 2006, Reducing the Dimensionality of Data with Neural Networks",
     .ask = "1,000 numbers are squeezed into 50. What is the ratio? | 20 to 1.",
     .more = "A narrow code alone does not force understanding: with enough capacity on both sides even one real number could index every training picture. "
             "What keeps it honest is that the "
             "decoder is smooth and must also serve pictures that it has not seen."},
    {.id = "reconstruction-loss",
     .title = "Reconstruction loss",
     .names = "rebuild error",
     .what = "How far the rebuilt thing is from the original: what an autoencoder is trained to make small.",
     .picture = "Laying a tracing over the drawing. A line that is only shifted by a hair counts as wrong everywhere, though no eye minds it.",
     .formula = "mean over i of (x_i - x^_i)^2",
     .symbols = "x: the original\nx^: the rebuilt one",
     .inputs = "x = 1,2: the original\nrebuilt = 1.5,2: by the decoder",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto x = in.numbers("x", -1e100, 1e100), rebuilt = in.numbers("rebuilt", -1e100, 1e100, x.size(), x.size());
           for (size_t i = 0; i < x.size() && i < 4; ++i)
             out.step(str("({:.6g} - {:.6g})^2 = {:.6g}", x[i], rebuilt[i], (x[i] - rebuilt[i]) * (x[i] - rebuilt[i])));
           const auto scores = regression_scores(x, rebuilt);
           out.answer("mean squared error", scores.mse);
           out.answer("mean absolute error", scores.mae);
         },
     .turn = "spread an error over two numbers, rebuilt=1.25,2.25: the mean is halved. Squares forgive small errors and punish large ones.",
     .commands = "later: grimoire image reconstruct runs/ae --data images/",
     .code = "src/grimoire/metric/regression.cpp: regression_scores\nsrc/grimoire/op/loss.h: mse_loss",
     .mistake = "People say that a lower error means a better picture; in fact squared error prefers a blur to a sharp edge one pixel off.",
     .see = "squared-residual: the same for one number\nautoencoder: where it is used\nvae: with a second term",
     .sources = "Goodfellow, Bengio and Courville 2016, Deep Learning, section 14.1\n"
                "Zhang et al. 2018, The Unreasonable Effectiveness of Deep Features as a Perceptual Metric",
     .ask = "(0, 0) is rebuilt as (1, 0). What is the mean squared error? | .5.",
     .more = "As a likelihood: squared error belongs to normal noise of fixed size, cross-entropy to pixels that are on or off. If several originals are "
             "possible the best answer under squared error is their mean, "
             "which may look like none of them: hence the blur."},
    {.id = "vae",
     .title = "Variational autoencoder",
     .names = "ELBO",
     .what = "An autoencoder whose codes can be drawn at random: it learns to rebuild, and at the same time keeps all codes together in a plain cloud.",
     .picture = "A library where every book must be found again from its shelf mark, and the marks must fill the shelves without gaps. The two wishes pull "
                "against each other.",
     .formula = "ELBO = E_q log p(x given z) - KL(q(z given x), p(z))  <=  log p(x)",
     .symbols = "q(z given x): the encoder's cloud of codes for x\np(x given z): the decoder\np(z): the plain cloud, a standard normal",
     .inputs = "rebuild = -80.04: measured, E log p(x given z) in nats of a small VAE on MNIST\nkl = 25.23: KL of its codes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double rebuild = in.number("rebuild", -1e12, 1e12), kl = in.number("kl", 0, 1e12);
           out.step(str("{:.8g} - {:.8g}: what rebuilding gains less what the codes cost", rebuild, kl));
           out.step(str("the codes carry {:.4g} bits a picture", to_bits(kl)));
           out.answer("ELBO in nats", rebuild - kl);
         },
     .turn = "kl=0: then q is the prior for every x, the code says nothing, and rebuilding would suffer.",
     .commands = "later: grimoire train --model vae --data images/ --out runs/vae",
     .code = "src/grimoire/stats/information.cpp: kl_normal",
     .mistake = "People say that a VAE computes the probability of a picture; in fact it is trained on a lower bound: the gap is KL(q, p(z given x)) and "
                "stays unknown.",
     .see = "autoencoder: without the cloud\nvae-regularizer: the second term\nreparameterization: how slopes get through\nkl: the measure",
     .sources = "Kingma and Welling 2014, Auto-Encoding Variational Bayes, section 2\nRezende, Mohamed and Wierstra 2014, Stochastic Backpropagation\n"
                "pytorch/examples, vae: the model of the example, ten epochs",
     .ask = "E log p(x given z) = -90 and KL = 20. What is the ELBO? | -110.",
     .more = "log p(x) = ELBO + KL(q, p(z given x)), and the last is never negative: that is the whole proof of the bound. The usual complaints are blurred "
             "pictures and codes that are ignored when the decoder is strong "
             "(posterior collapse); remedies are a weight on the KL that grows slowly, free bits, or a larger weight to sort the factors (beta-VAE, Higgins "
             "et al. 2017)."},
    {.id = "vae-encoder",
     .title = "VAE encoder",
     .names = "q(z|x)\nmean and sd",
     .what = "The half of a VAE that answers a picture with a small cloud of codes instead of one: a middle and a width.",
     .picture = "A witness who marks a circle on the map and not a point. She is right to admit what she does not know.",
     .formula = "z given x ~ N(mu(x), sd(x)^2)",
     .symbols = "mu(x): middle of the cloud, a net's output\nsd(x): its width, another output, above 0",
     .inputs = "mu = 1: middle\nsd = 0.5: width\nshare = 0.95: of the codes that the interval holds",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double mu = in.number("mu", -1e6, 1e6), sd = in.number("sd", 1e-9, 1e6), share = in.number("share", 1e-6, 0.999999);
           const auto q = make_distribution("normal", {{"mean", mu}, {"sd", sd}});
           const double low = q->quantile((1 - share) / 2), high = q->isf((1 - share) / 2);
           out.step(str("{:.6g} +- {:.6g} x {:.6g}", mu, (high - mu) / sd, sd));
           out.answer("from", low);
           out.answer("to", high);
         },
     .turn = "sd=0.01: nearly a point, as in a plain autoencoder; the KL term makes that dear.",
     .commands = "grimoire distribution normal --param sd=.5 --quantile .025,.975",
     .code = "src/grimoire/stats/distribution.h: make_distribution",
     .mistake = "People say that mean and sd describe the picture; in fact they describe the code given the picture.",
     .see = "vae: the whole\nvae-decoder: the other half\nreparameterization: drawing from the cloud",
     .sources = "Kingma and Welling 2014, Auto-Encoding Variational Bayes, section 3 and appendix C",
     .ask = "mu = 0, sd = 1: where do 95 % of the codes lie? | Between -1.96 and 1.96.",
     .more = "The net gives log sd^2, so that any output is allowed. One width for each number of the code (a diagonal normal) is a simplification: the "
             "true p(z given x) may be bent or have several peaks, "
             "and the difference is part of the bound's gap. One net for all x instead of one fit for each is called amortised inference."},
    {.id = "vae-decoder",
     .title = "VAE decoder",
     .names = "p(x|z)",
     .what = "The half of a VAE that turns a code into a picture: for every pixel it says how likely it is to be on.",
     .picture = "A sketch in pencil: dark where the artist is sure, grey where she is not. The grey is doubt, not a grey thing.",
     .formula = "-log p(x given z) = -sum_i [x_i ln p_i + (1 - x_i) ln(1 - p_i)]",
     .symbols = "p_i: the decoder's probability that pixel i is on\nx_i: the pixel, 0 or 1",
     .inputs = "p = 0.9: for one pixel\nx = 1: what the pixel is",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double p = in.number("p", 1e-12, 1 - 1e-12), x = in.probability("x");
           const std::vector<double> truth = {x, 1 - x}, said = {p, 1 - p};
           out.step(str("-({:.6g} x ln {:.6g} + {:.6g} x ln {:.6g})", x, p, 1 - x, 1 - p));
           out.answer("loss of the pixel, nats", cross_entropy(truth, said));
         },
     .turn = "x=0: sure and wrong costs ln 10 = 2.303.",
     .commands = "later: grimoire image make runs/vae -n 16 --out grid.png",
     .code = "src/grimoire/stats/information.cpp: cross_entropy",
     .mistake = "People say that the decoder draws the picture; in fact it gives a distribution: what is usually shown is its mean, which is smoother than "
                "any draw from it.",
     .see = "vae-encoder: the other half\ncross-entropy: the loss\nreconstruction-loss: with normal pixels\ngenerator: without probabilities",
     .sources = "Kingma and Welling 2014, Auto-Encoding Variational Bayes, appendix C",
     .ask = "The decoder says p = .5 for a pixel. What does the pixel cost, on or off? | ln 2 = .693 nats.",
     .more = "For grey pixels the same formula is often used with x between 0 and 1, which is no longer the logarithm of a probability; figures found in "
             "this way compare only among themselves. "
             "Given z the pixels are independent, so what hangs together must be said by the code."},
    {.id = "vae-regularizer",
     .title = "VAE regulariser",
     .names = "KL to the prior",
     .what = "The price that a VAE pays for codes far from the middle, or for widths other than 1, so that all pictures share one cloud.",
     .picture = "A rubber band from every code to the middle. Useful information has to be worth the pull.",
     .formula = "KL(N(mu, s^2), N(0, 1)) = (mu^2 + s^2 - 1 - ln s^2) / 2",
     .symbols = "mu: middle of the code's cloud\ns: its width, above 0",
     .inputs = "mu = 1: middle\ns = 1: width",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double mu = in.number("mu", -1e6, 1e6), s = in.number("s", 1e-9, 1e6);
           out.step(str("({:.6g} + {:.6g} - 1 - {:.6g}) / 2", mu * mu, s * s, 2 * std::log(s)));
           out.step(str("for a middle other than 0: {:.6g}; for a width other than 1: {:.6g}", mu * mu / 2, kl_normal(0, s, 0, 1)));
           out.answer("KL in nats", kl_normal(mu, s, 0, 1));
         },
     .turn = "mu=0: it is 0 at s=1 and rises either way, faster towards 0.",
     .commands = "later: grimoire train --model vae --data images/ --out runs/vae",
     .code = "src/grimoire/stats/information.cpp: kl_normal",
     .mistake = "People say that it only keeps the numbers small, like weight decay; in fact it counts information: how many nats the code tells about the "
                "picture.",
     .see = "kl: the measure\nvae: the whole\nl2: the part mu^2 / 2\ncontinuity: what it is good for",
     .sources = "Kingma and Welling 2014, Auto-Encoding Variational Bayes, appendix B",
     .ask = "mu = 2, s = 1: what is the KL? | 4 / 2 = 2 nats.",
     .more = "Averaged over the data it is the information between picture and code plus the distance of all codes together from the prior (Hoffman and "
             "Johnson 2016). "
             "Numbers of the code that are not worth their price end at mu = 0, s = 1 and are ignored by the decoder."},
    {.id = "continuity",
     .title = "Continuity of codes",
     .names = "near codes\nnear images",
     .what = "A wish for the codes of an autoencoder: neighbours among them should decode to similar pictures, so that one can walk from one to "
             "another.",
     .picture = "A dimmer instead of a row of switches: a small turn, a small change.",
     .formula = "|g(z + dz) - g(z)| <= slope |dz|",
     .symbols = "g: decoder, here slope x z\ndz: a step among the codes",
     .inputs = "slope = 2: of the decoder\ndz = 0.1: step",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double slope = in.number("slope", -1e6, 1e6), dz = in.number("dz", -1e6, 1e6), z = 0.5;
           const auto g = [&](double code) { return slope * code; };
           out.step(str("g({:.6g}) = {:.6g}, g({:.6g}) = {:.6g}", z, g(z), z + dz, g(z + dz)));
           out.answer("change of the picture", std::abs(slope * dz));
         },
     .turn = "slope=200: the same step now jumps. A decoder of high slope memorises.",
     .commands = "later: grimoire image latent runs/vae",
     .mistake = "People say that any autoencoder has it, nets being continuous; in fact a continuous decoder may still be so steep between two codes that "
                "what lies there is no picture.",
     .see = "completeness: the other wish\nvae-regularizer: what brings it\nvae: the model",
     .sources = "Bowman et al. 2016, Generating Sentences from a Continuous Space\nKingma and Welling 2019, An Introduction to Variational Autoencoders",
     .ask = "A decoder has slope 3. How much can a step of .2 change the picture? | At most .6.",
     .more = "The noise of the encoder does it: all codes in a cloud around mu must decode to the same picture, so the decoder cannot be steep there. One "
             "shows it by "
             "walking between the codes of two pictures and looking at every step."},
    {.id = "completeness",
     .title = "Completeness of codes",
     .names = "every code decodes",
     .what = "A wish for the codes of an autoencoder: whichever is drawn, a sensible picture should come out.",
     .picture = "A keyboard on which every key sounds. In a plain autoencoder most keys are mute, since training never touched them.",
     .formula = "share = pictures judged real / codes drawn from the prior",
     .symbols = "prior: where codes are drawn from, a standard normal\nreal: by a judge that is told in advance",
     .inputs = "real = 9: judged real\ndrawn = 10: codes drawn",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t drawn = in.integer("drawn", 1, 1000000000), real = in.integer("real", 0, drawn);
           const auto interval = proportion_interval(static_cast<double>(real), static_cast<double>(drawn));
           out.step(str("{} / {}", real, drawn));
           out.step(str("95 % interval of the true share (Wilson): {:.3g} to {:.3g}", interval.low, interval.high));
           out.answer("share", static_cast<double>(real) / static_cast<double>(drawn));
         },
     .turn = "real=900 drawn=1000: the same share, and an interval of a tenth of the width.",
     .commands = "grimoire stats interval --x 9 --n 10",
     .code = "src/grimoire/stats/counts.cpp: proportion_interval",
     .mistake = "People say that good pictures prove it; in fact one must draw codes from the prior and count all of them: codes of known pictures always "
                "decode well.",
     .see = "continuity: the other wish\nautoencoder: lacks it\nvae: is made for it",
     .sources = "Makhzani et al. 2016, Adversarial Autoencoders\nKingma and Welling 2019, An Introduction to Variational Autoencoders",
     .ask = "Of 50 drawn codes 40 look real. What is the share? | .8.",
     .more = "Even a VAE has holes: the clouds of all pictures together need not equal the prior, and draws from where they are thin look wrong. A second "
             "model of the codes (a flow, or diffusion among codes) "
             "fills that gap. \"Real\" needs a judge, such as a classifier's confidence or people who see them mixed with true ones."},
    {.id = "reparameterization",
     .title = "Reparameterisation trick",
     .what = "Letting slopes pass through a random draw: the randomness is drawn apart, and middle and width only shift and stretch it.",
     .picture = "Dice thrown in another room, and you only decide what is done with the number. For given dice your part is plain arithmetic, and so has "
                "slopes.",
     .formula = "z = mu + s e,   e ~ N(0, 1);   dz/dmu = 1,  dz/ds = e",
     .symbols = "mu, s: middle and width, outputs of a net\ne: the noise, drawn without any parameter",
     .inputs = "mu = 1: middle\ns = 0.5: width\ne = -0.4: the draw",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Tensor mu = Tensor::scalar(in.number("mu", -1e100, 1e100), Dtype::f64), s = Tensor::scalar(in.number("s", 0, 1e100), Dtype::f64);
           const Tensor e = Tensor::scalar(in.number("e", -1e100, 1e100), Dtype::f64);
           requires_grad(mu), requires_grad(s);
           const Tensor z = mu + s * e;
           backward(z);
           out.step(str("{:.6g} + {:.6g} x {:.6g} = {:.6g}", mu.item(), s.item(), e.item(), z.item()));
           out.step(str("dz/dmu = {:.6g} by the tape that trains every model here", grad(mu).item()));
           out.answer("z", z.item());
           out.answer("dz/ds", grad(s).item());
         },
     .turn = "e=0: no slope in s, as the draw lies in the middle whatever the width.",
     .commands = "later: grimoire train --model vae --data images/ --out runs/vae",
     .code = "src/grimoire/autograd/tape.h: backward",
     .mistake = "People say that mean and width are fixed so that backpropagation works; in fact both are trained through their slopes: only the noise is "
                "fixed.",
     .see = "backprop: the way back\nvae-encoder: where mu and s come from\nste: another way past a step\nsampling: draws without slopes",
     .sources = "Kingma and Welling 2014, Auto-Encoding Variational Bayes, section 2.4\nRezende, Mohamed and Wierstra 2014, Stochastic Backpropagation",
     .ask = "z = 2 + .3 e with e = 1. What are z and dz/ds? | 2.3 and 1.",
     .more = "The other way, weighting log-probabilities by the result (REINFORCE), works for any draw but with far more noise. Discrete draws have no such "
             "form; the Gumbel-softmax (Jang et al. 2017) is "
             "a smooth stand-in. \"Reparameterise\" means that the same distribution is written with the randomness moved to the outside."},
    {.id = "density-estimation",
     .title = "Density estimation",
     .names = "p(x)",
     .what = "Learning how likely every possible thing is from examples alone, so that odd ones stand out and new ones can be judged.",
     .picture = "Sand strewn where each example fell: the heaps show what is usual. In many dimensions the sand is never enough.",
     .formula = "score = mean over new x of log p(x)",
     .symbols = "p: the estimated density; its area is 1, its height may pass 1\nx: examples that it has not seen",
     .inputs = "x = 0: new examples\nmean = 0: of the normal that was fitted\nsd = 1: its deviation",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto x = in.numbers("x", -1e6, 1e6);
           const auto p = make_distribution("normal", {{"mean", in.number("mean", -1e6, 1e6)}, {"sd", in.number("sd", 1e-6, 1e6)}});
           for (size_t i = 0; i < x.size() && i < 3; ++i) out.step(str("p({:.6g}) = {:.8g}, log {:.8g}", x[i], p->pdf(x[i]), p->log_pdf(x[i])));
           out.answer("mean log p", p->log_likelihood(x) / static_cast<double>(x.size()));
         },
     .turn = "sd=0.1: the height at 0 is 4 and the log positive. Now try x=1: a narrow guess pays dearly.",
     .commands = "grimoire distribution normal --pdf 0\ngrimoire fit --model kde --data points.csv --out density.model",
     .code = "src/grimoire/classic/density.h: KernelDensity\nsrc/grimoire/stats/distribution.h: Distribution",
     .mistake = "People say that a density is a probability and so at most 1; in fact only its area over a range is a probability.",
     .see = "knn-density: without a formula\nmaximum-likelihood: fitting one\nvae: a lower bound of it\ngan: draws without it",
     .sources = "Silverman 1986, Density Estimation for Statistics and Data Analysis\nBishop 2006, Pattern Recognition and Machine Learning, section 2.5",
     .ask = "How high is the density of the uniform distribution on [0, 1/2]? | 2.",
     .more = "Kinds: a named family, histograms, kernels, neighbours, mixtures; among nets those that give p exactly (autoregressive, flows), a bound on it "
             "(VAE, diffusion), or no p at all (GAN). A high density "
             "does not make a typical example: in 100 dimensions almost no draw of a normal lies near its peak (Nalisnick et al. 2019)."},
    {.id = "gan",
     .title = "Generative adversarial network",
     .names = "adversarial nets",
     .what = "Learning to make pictures in a contest: one net forges, another tries to tell forged from real, and each makes the other better.",
     .picture = "A forger and a bank clerk who learn from each other. In life the clerk is not asked to tell the forger just where the note gave itself "
                "away; here he is.",
     .formula = "min_G max_D  E ln D(x) + E ln(1 - D(G(z)))",
     .symbols = "G: makes a picture from noise z\nD: probability that a picture is real\nx: real pictures",
     .inputs = "real = 0.5: D on real pictures\nforged = 0.5: D on forged ones",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto real = in.numbers("real", 1e-300, 1), forged = in.numbers("forged", 0, 1 - 1e-15);
           const auto mean_log = [](const std::vector<double>& p, bool flip) {
             double sum = 0;
             for (const double v : p) sum -= surprise(flip ? 1 - v : v);
             return sum / static_cast<double>(p.size());
           };
           const double a = mean_log(real, false), b = mean_log(forged, true);
           out.step(str("mean ln D(x) = {:.8g}", a));
           out.step(str("mean ln(1 - D(G(z))) = {:.8g}", b));
           out.answer("value of the game", a + b);
         },
     .turn = "real=0.9 forged=0.1: the clerk wins, the value rises to -.21; at 0 he is never wrong.",
     .commands = "later: grimoire train --model gan --data images/ --out runs/gan",
     .code = "src/grimoire/stats/information.cpp: surprise",
     .mistake = "People say that a falling loss shows progress; in fact the value is a score between two players who both move: look at pictures, or at a "
                "measure such as FID.",
     .see = "generator: the forger\ndiscriminator: the clerk\nvae: a model with a likelihood\ndiffusion: what mostly replaced it",
     .sources = "Goodfellow et al. 2014, Generative Adversarial Nets, sections 3 and 4, theorem 1",
     .ask = "What is the value when the clerk can only guess, D = 1/2? | -ln 4 = -1.386.",
     .more = "For the best D the value is -ln 4 + 2 JS(real, forged), so that the forger minimises the Jensen-Shannon divergence. In practice G maximises "
             "ln D(G(z)) instead, which has slopes where it is losing. Typical failures: "
             "mode collapse (a few pictures again and again) and circling. Remedies: Wasserstein distance with a gradient penalty, spectral norm. A GAN "
             "gives no density."},
    {.id = "generator",
     .title = "Generator",
     .names = "noise to data",
     .what = "A machine that turns plain random numbers into things that look as if they came from the data.",
     .picture = "A cam that turns even rotation into a complicated movement: simple in, patterned out.",
     .formula = "x = G(u),  u uniform;   G = F^-1 gives x the distribution F",
     .symbols = "u: noise, from 0 to 1\nG: here -ln u, which makes an exponential\nF: the distribution that is wanted",
     .inputs = "u = 0.5: noise",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto u = in.numbers("u", 1e-300, 1);
           const auto wanted = make_distribution("exponential", {{"rate", 1}});
           std::vector<double> x;
           for (const double v : u) {
             x.push_back(wanted->isf(v));
             if (x.size() <= 3) out.step(str("u = {:.6g}: the x that is passed with probability u is {:.8g}", v, x.back()));
             if (x.size() <= 8) out.answer(u.size() == 1 ? "x" : str("x[{}]", x.size() - 1), x.back());
           }
         },
     .turn = "u=.9,.7,.5,.3,.1: even steps of noise, and the x crowd near 0, as an exponential must.",
     .commands = "grimoire distribution exponential --isf .5\nlater: grimoire image make runs/gan -n 16 --out grid.png",
     .code = "src/grimoire/stats/distribution.h: Distribution::isf",
     .mistake = "People say that a generator stores pictures and pastes them together; in fact it is one fixed function: all variety comes from the noise, "
                "though parts may be learned by heart.",
     .see = "sampling: the same for words\ndiscriminator: its opponent\nvae-decoder: with probabilities",
     .sources = "Devroye 1986, Non-Uniform Random Variate Generation, section II.2\nGoodfellow et al. 2014, Generative Adversarial Nets, section 3",
     .ask = "Which x does -ln u make of u = 1? | 0.",
     .more = "In one dimension the inverse distribution function is such a G, exactly. For pictures no F is known, and a net is trained so that a judge "
             "cannot tell its output from real data. If the noise has "
             "fewer dimensions than the picture the outputs lie on a thin sheet, and densities in the usual sense do not exist."},
    {.id = "discriminator",
     .title = "Discriminator",
     .names = "real or fake",
     .what = "The judge in a contest of nets: it says how likely a given thing is to be real and not forged.",
     .picture = "A bank clerk with a lamp. A perfect one would be of no use to the forger: \"no\" to everything teaches nothing.",
     .formula = "best D(x) = p(x) / (p(x) + q(x))",
     .symbols = "p: density of the real\nq: density of the forged\nD: from 0, forged, to 1, real",
     .inputs = "p = 0.3: real, at this x\nq = 0.1: forged, at this x",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double p = in.number("p", 0, 1e100), q = in.number("q", 0, 1e100);
           if (p + q <= 0) in.refuse("q", "something above 0, if p is 0");
           const std::vector<double> even = {0.5, 0.5}, density = {p, q};
           out.step(str("{:.6g} / ({:.6g} + {:.6g})", p, p, q));
           if (p > 0 && q > 0) out.step(str("its logit is ln(p / q) = {:.6g}", std::log(p / q)));
           out.answer("D(x)", posterior(even, density)[0]);
         },
     .turn = "q=0.3: forged as often as real, and the best judge can only say 1/2.",
     .commands = "grimoire stats bayes --prior .5,.5 --likelihood .3,.1",
     .code = "src/grimoire/stats/bayes.cpp: posterior",
     .mistake = "People say that D = 1/2 means that the judge is bad; in fact it is where the best judge ends when the forger is perfect.",
     .see = "bayes: the same formula\ngan: the contest\ngenerator: the opponent\nlogit: the ratio's logarithm",
     .sources = "Goodfellow et al. 2014, Generative Adversarial Nets, proposition 1",
     .ask = "At some x real things are four times as dense as forged ones. What does the best judge say? | 4/5 = .8.",
     .more = "A classifier trained on two samples of equal size estimates the ratio of their densities: that is useful beyond GANs, for shifted data and "
             "for comparing samples. Where the two do not overlap D is 0 or 1 and flat, "
             "so that the forger gets no slope; noise, penalties on the slope and other distances help."},
    {.id = "diffusion",
     .title = "Diffusion",
     .names = "forward noise",
     .what = "Destroying a picture by noise in small known steps, so that a net can learn to undo each step and in the end make pictures out of nothing but "
             "noise.",
     .picture = "Ink spreading in water. Nobody can unmix ink; a net can learn the way back only because it has seen many drops spread.",
     .formula = "x_t = sqrt(ab) x + sqrt(1 - ab) e,   e ~ N(0, 1)",
     .symbols = "x: clean\nab: share of the variance that is signal at step t, from 1 down to 0\ne: noise",
     .inputs = "x = 2: clean\ne = -1: noise\nab = 0.25: share of the variance that is signal",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Mixing m = mixing_of(in);
           const double x = in.number("x", -1e100, 1e100), e = in.number("e", -1e100, 1e100);
           out.step(str("{:.6g} x {:.6g} + {:.6g} x {:.6g}", m.signal, x, m.noise, e));
           out.answer("x_t", m.signal * x + m.noise * e);
           Bars bars{"what is left of x as ab falls", {}, {}};
           for (const double ab : {1.0, 0.75, 0.5, 0.25, 0.0}) bars.labels.push_back(str("{:.2f}", ab)), bars.values.push_back(std::sqrt(ab) * x);
           out.show(std::move(bars));
         },
     .turn = "ab=1: clean. ab=0.0001: noise, with 1 % of x in it.",
     .commands = "later: grimoire train --model diffusion --data images/ --out runs/diffusion",
     .mistake = "People say that the net learns to add noise; in fact adding is fixed and needs no net: what is learned is to tell, from a noisy picture, "
                "the noise in it.",
     .see = "denoising: the way back\nvae: one step instead of many\nglide: with words",
     .sources = "Sohl-Dickstein et al. 2015, Deep Unsupervised Learning using Nonequilibrium Thermodynamics\n"
                "Ho, Jain and Abbeel 2020, Denoising Diffusion Probabilistic Models, section 2",
     .ask = "ab = 0.64: by which factors are picture and noise weighted? | .8 and .6.",
     .more = "The step from one moment to the next is x_t = sqrt(1 - beta) x_(t-1) + sqrt(beta) e; as sums of normals are normal, any moment can be reached "
             "in one jump with ab = prod (1 - beta). If x has variance 1, so has "
             "every x_t: the squares of the two weights sum to 1."},
    {.id = "denoising",
     .title = "Denoising",
     .names = "reverse process",
     .what = "Guessing the noise in a picture and taking it away: the step by which diffusion models make pictures.",
     .picture = "A restorer who cleans one thin layer after another. Her first touch on a grey canvas decides what the picture will be; it was never there "
                "before.",
     .formula = "x = (x_t - sqrt(1 - ab) e) / sqrt(ab)",
     .symbols = "x_t: noisy\ne: the noise that the net believes in\nab: share of the variance that is signal, above 0",
     .inputs = "noisy = 0.1339746: x_t\ne = -1: the net's guess of the noise\nab = 0.25: share of the variance that is signal",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Mixing m = mixing_of(in);
           const double noisy = in.number("noisy", -1e100, 1e100), e = in.number("e", -1e100, 1e100);
           out.step(str("({:.8g} - {:.8g} x {:.6g}) / {:.6g}", noisy, m.noise, e, m.signal));
           out.step(str("a guess wrong by .1 would move the answer by {:.4g}", 0.1 * m.noise / m.signal));
           out.answer("x", (noisy - m.noise * e) / m.signal);
         },
     .turn = "ab=0.01: little signal is left, and a small error in e is blown up tenfold. Hence the many small steps.",
     .commands = "later: grimoire image make runs/diffusion -n 16 --sampler ddim --steps 25 --out grid.png",
     .mistake = "People say that the process finds the way back to the input picture; in fact generation starts from pure noise and ends at a new one.",
     .see = "diffusion: the way out\nautoencoder: denoising ones came first\nglide: steering by words",
     .sources = "Ho, Jain and Abbeel 2020, Denoising Diffusion Probabilistic Models, section 3.2 and algorithm 2\n"
                "Song, Meng and Ermon 2021, Denoising Diffusion Implicit Models",
     .ask = "x_t = 1, e = 0, ab = .25: which clean x does the net believe in? | 1 / .5 = 2.",
     .more = "In training a random moment is drawn, noise is added in one jump, and the loss is the squared error of the guessed noise. To generate, one "
             "goes back a small step towards the guessed x, adds fresh noise (DDPM) or none (DDIM), and guesses "
             "again. The guessed noise is, up to a factor, the slope of log p(x_t): the score (Song and Ermon 2019)."},
    {.id = "glide",
     .title = "GLIDE and guidance",
     .names = "text to image\nguidance",
     .what = "Making a picture from a caption, with a dial for how strictly the words are followed.",
     .picture = "Asking a painter twice, once with the title and once without, and then exaggerating the difference. Turned too far, every picture becomes "
                "a caricature of its title.",
     .formula = "guided = u + s (c - u)",
     .symbols = "u: the net's guess without the caption\nc: its guess with it\ns: strength; 1 is the plain guess with the caption",
     .inputs = "u = 1: without the caption\nc = 1.5: with it\ns = 3: strength",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto u = in.numbers("u", -1e100, 1e100), c = in.numbers("c", -1e100, 1e100, u.size(), u.size());
           const double s = in.number("s", -1000, 1000);
           for (size_t i = 0; i < u.size() && i < 8; ++i) {
             const double guided = u[i] + s * (c[i] - u[i]);
             if (i < 3) out.step(str("{:.6g} + {:.6g} x ({:.6g} - {:.6g}) = {:.6g}", u[i], s, c[i], u[i], guided));
             out.answer(u.size() == 1 ? "guided" : str("guided[{}]", i), guided);
           }
         },
     .turn = "s=0: the caption is ignored. s=1: as trained. s=10: far outside of both guesses.",
     .commands = "later: grimoire image make runs/glide --prompt \"two threes\" --guidance 3 --out grid.png",
     .mistake = "People say that GLIDE is the next version of DALL-E; in fact it is a diffusion model, DALL-E an autoregressive one; people preferred "
                "GLIDE's pictures, and DALL-E 2 came after both.",
     .see = "diffusion: what is guided\nglide-edit: changing a part\nmulti-task-prompt: words as the control",
     .sources = "Nichol et al. 2022, GLIDE: Towards Photorealistic Image Generation and Editing with Text-Guided Diffusion Models (arXiv 2112.10741)\n"
                "Ho and Salimans 2021, Classifier-Free Diffusion Guidance",
     .ask = "u = 0, c = 2, s = 1.5: what is the guided guess? | 3.",
     .more = "GLIDE has 3.5 billion parameters, and an upsampler. Against DALL-E judges preferred it for realism in 87 % and for caption likeness in 69 % "
             "of the cases; its FID on COCO, without training on it, was 12.24. One net serves for u and c: in "
             "fine-tuning a fifth of the captions were replaced by an empty one. More strength means better likeness and less variety."},
    {.id = "glide-edit",
     .title = "Inpainting",
     .names = "mask",
     .what = "Changing only a part of a picture: what is marked stays as it is, and the rest is drawn anew so that it fits.",
     .picture = "Painting over one corner of a photograph, with the rest under tape. The new corner has to match the light of what is kept.",
     .formula = "x = m old + (1 - m) new",
     .symbols = "m: the mask, 1 where the old pixel is kept\nold, new: the picture before, and what the model draws",
     .inputs = "m = 1,0: mask, 1 keeps\nold = 5,5: before\nnew = 9,9: drawn",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto m = in.numbers("m", 0, 1), old = in.numbers("old", -1e100, 1e100, m.size(), m.size());
           const auto drawn = in.numbers("new", -1e100, 1e100, m.size(), m.size());
           for (size_t i = 0; i < m.size() && i < 16; ++i) {
             const double x = m[i] * old[i] + (1 - m[i]) * drawn[i];
             if (i < 3) out.step(str("{:.6g} x {:.6g} + {:.6g} x {:.6g} = {:.6g}", m[i], old[i], 1 - m[i], drawn[i], x));
             out.answer(str("x[{}]", i), x);
           }
         },
     .turn = "m=1,1: nothing changes. m=0.5,0: a soft edge.",
     .commands = "later: grimoire image edit runs/glide --image a.png --mask m.png --prompt \"a hat\" --out b.png",
     .mistake = "People say that a mask is always white where the picture is kept; in fact programs differ, and many draw where it is white: check before a "
                "long run.",
     .see = "glide: the model\ndenoising: the step that is repeated\nmlm: hidden words instead of pixels",
     .sources = "Nichol et al. 2022, GLIDE, section 3 (arXiv 2112.10741)\nLugmayr et al. 2022, RePaint: Inpainting using Denoising Diffusion Probabilistic "
                "Models",
     .ask = "Mask 0,1 with 1 = keep, old 2,2, new 7,7: which pixels come out? | 7 and 2.",
     .more = "The simple way pastes the known pixels, with the noise of the moment, into every step of denoising; the model then sees its surroundings only "
             "through that and edges may show. GLIDE was fine-tuned for it instead: "
             "the net gets the masked picture and the mask as extra channels, with weights that start at zero."},
};

}  // namespace

const Family kGen = {"gen", "Generative models", kConcepts};

}  // namespace grim::learn
