// Optimisation: how slopes become steps, when to stop, and what keeps the walk on the path.
#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/optim/schedule.h"
#include "grimoire/stats/summary.h"

namespace grim::learn {
namespace {

// Where SGD with this momentum takes w, step by step.
std::vector<double> walk(double w, const std::vector<double>& slopes, double lr, double mu, Momentum form) {
  const Tensor weight = Tensor::full({1}, w, Dtype::f64);
  Parameters parameters({{"w", weight}});
  Sgd sgd(parameters, {.momentum = mu, .form = form});
  std::vector<double> places;
  for (double g : slopes) {
    sgd.zero_grad();
    backward(weight * g);
    sgd.step(lr);
    places.push_back(weight.item());
  }
  return places;
}

struct Stop {
  size_t best = 0, last = 0;  // evaluations, from 0
};
Stop stop_of(const std::vector<double>& dev, int64_t patience) {
  Stop s;
  for (; s.last < dev.size(); ++s.last) {
    if (dev[s.last] < dev[s.best]) s.best = s.last;
    if (static_cast<int64_t>(s.last - s.best) >= patience || s.last + 1 == dev.size()) break;
  }
  return s;
}

Series numbered(const std::vector<double>& y, std::string name) {
  Series s{.name = std::move(name), .x = {}, .y = y};
  for (size_t i = 0; i < y.size(); ++i) s.x.push_back(static_cast<double>(i + 1));
  return s;
}

const Concept kConcepts[] = {
    {.id = "mini-batch",
     .title = "Mini-batch",
     .names = "batch size\nstochastic gradient descent\nstochastic gradient",
     .what = "A handful of examples from which one step's slope is estimated, because a rough slope now is worth more than an exact one much later.",
     .picture = "Tasting a spoonful rather than the whole pot: a larger spoon tells little more. It breaks if the pot is not stirred, hence the shuffling.",
     .formula = "sd of a batch's mean = s sqrt((n - B) / ((n - 1) B)),   about s / sqrt(B)",
     .symbols = "n: examples\nB: examples of a batch, drawn without putting back\ns: sd of the examples' slopes (dividing by n)",
     .inputs = "g = 4,-2,6,0: slope of each example\nB = 2: batch",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> g = in.numbers("g", -1e6, 1e6, 2, 1000);
           const auto n = static_cast<double>(g.size()), B = static_cast<double>(in.integer("B", 1, std::ssize(g)));
           const double s = std::sqrt(stats::variance(g, 0));
           const auto noise = [&](double batch) { return s * std::sqrt((n - batch) / ((n - 1) * batch)); };
           out.step(str("all {:.0f} slopes: mean {:.6g}, sd {:.6g}", n, stats::mean(g), s));
           out.step(str("batches of {:.0f}: the same mean on average, sd {:.6g}; single ones {:.6g}", B, noise(B), noise(1)));
           out.answer("sd of a batch's slope", noise(B));
           out.answer("mean of all", stats::mean(g));
         },
     .turn = "B = 1: single examples are the noisiest. B = 4, the whole set: no noise is left.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/a --batch-size 64",
     .code = "src/grimoire/data/batcher.cpp: Batcher",
     .mistake = "People say that the noise of small batches is only harm; in fact a step is bought cheaply by it, and it may help to leave poor places.",
     .see = "learning-rate: the step it feeds\nepoch: one round of batches\nstandard-error: why the root of B\nmomentum: averaging over steps",
     .sources = "Robbins and Monro 1951, A Stochastic Approximation Method\n"
                "Goodfellow, Bengio and Courville 2016, Deep Learning, section 8.1.3",
     .ask = "The batch grows from 16 to 64. What becomes of the slope's noise? | It is halved, nearly.",
     .more = "The mean over a batch is an unbiased estimate of the mean over all examples. Work grows with B and noise falls with sqrt(B), so beyond some "
             "size more steps pay better than larger batches; hardware sets the least size worth its while. When B grows k times the learning rate is "
             "often raised k times as well (Goyal et al. 2017, with a warm-up). Whether small batches find solutions that do better on new data "
             "(Keskar et al. 2017) or merely make more steps (Hoffer et al. 2017) is disputed."},
    {.id = "momentum",
     .title = "Momentum",
     .names = "heavy ball\nNesterov momentum\nSGD with momentum",
     .what = "Lets a step remember the ones before it: where slopes agree the walk speeds up, where they change sign they cancel.",
     .picture = "A ball that rolls down a gully: it does not bounce between the walls but gathers speed along the bottom, and may roll past the end.",
     .formula = "v <- mu v + g,   w <- w - lr v",
     .symbols = "g: slope at this step\nv: velocity, from 0\nmu: what is kept of it, from 0 to below 1\nlr: learning rate",
     .inputs = "w = 1: weight\ng = 1,1,1: slope at each step\nmu = 0.9: what is kept\nlr = 0.1: learning rate",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double w = in.number("w", -1e6, 1e6), mu = in.number("mu", 0, 0.999999), lr = in.number("lr", 0, 1e6);
           const std::vector<double> g = in.numbers("g", -1e6, 1e6, 1, 1000), classic = walk(w, g, lr, mu, Momentum::classic);
           for (size_t t = 0; t < g.size() && t < 3; ++t)
             out.step(str("slope {:.6g}: w moves by {:.6g} to {:.6g}", g[t], classic[t] - (t ? classic[t - 1] : w), classic[t]));
           out.step(str("a slope that stays is multiplied by up to 1 / (1 - {:.6g}) = {:.6g}", mu, 1 / (1 - mu)));
           out.answer("w in the end", classic.back());
           out.answer("by Nesterov's form", walk(w, g, lr, mu, Momentum::nesterov).back());
           out.answer("without momentum", walk(w, g, lr, 0, Momentum::classic).back());
         },
     .turn = "mu = 0: plain steps. mu = .99: the third is hardly longer yet, the limit a hundredfold.",
     .commands = "grimoire train --data names.txt --out a --optimizer sgd --momentum .9",
     .code = "src/grimoire/optim/optimizer.cpp: Sgd",
     .mistake = "People say that momentum only makes steps smoother; in fact .9 makes them ten times as long in the end, so the learning rate must shrink.",
     .see = "learning-rate: the plain step\nema: a mean of the same kind\nadam: with a step for each weight",
     .sources = "Polyak 1964, Some methods of speeding up the convergence of iteration methods\n"
                "Sutskever, Martens, Dahl and Hinton 2013, On the importance of initialization and momentum in deep learning",
     .ask = "The slope is 1 at every step, lr is .1 and mu .5. How long do steps become? | .2.",
     .more = "On a long bowl with curvatures from a to b plain descent needs a number of steps that grows with b/a, with the best momentum with sqrt(b/a) "
             "(Polyak). Nesterov's form takes the slope where the velocity will have carried the weights; here, as in PyTorch, it is w - lr (g + mu v). "
             "Some texts put the learning rate inside the velocity, v <- mu v - lr g: the same while lr stays, another walk when it changes."},
    {.id = "schedule",
     .title = "Learning-rate schedule",
     .names = "warmup\ncosine decay\n\ncosine schedule\nlearning-rate decay\nannealing",
     .what = "Changes the length of steps in the course of training: small at first, large in the middle, small again towards the end.",
     .formula = "warming up: lr (t + 1) / (w + 1)\nthen: min + (lr - min) (1 + cos(pi (t - w) / (T - w))) / 2",
     .symbols = "t: step, from 0;   w: steps of the warm-up;   T: all steps",
     .inputs = "lr = 0.001: the peak\nmin = 0.0001: at the end\nw = 100: warm-up\nT = 1000: steps\nt = 400: a step",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t warmup = in.integer("w", 0, 1000000), total = in.integer("T", 1, 1000000), step = in.integer("t", 0, 1000000);
           if (warmup >= total) in.refuse("w", "fewer steps than T");
           const Schedule s{.decay = Decay::cosine, .lr = in.number("lr", 0, 1e6), .min_lr = in.number("min", 0, 1e6), .warmup = warmup, .total = total};
           const double rate = learning_rate(s, step);
           out.step(str("step {} is {:.4g} % of the way through {}", step,
                        step < warmup ? 100.0 * static_cast<double>(step) / static_cast<double>(warmup)
                                      : std::min(100.0, 100.0 * static_cast<double>(step - warmup) / static_cast<double>(total - warmup)),
                        step < warmup ? "the warm-up" : "the cosine"));
           out.answer("rate", rate);
           out.show(Chart{.title = "rate; o: here",
                          .x_label = "step",
                          .series = {curve(0, static_cast<double>(std::max(step, total)), [&](double t) { return learning_rate(s, std::llround(t)); }),
                                     point(static_cast<double>(step), rate)}});
         },
     .turn = "t = 50: half of the peak. t = 1000: the end.",
     .commands = "grimoire train --data input.txt --out a --schedule cosine --warmup 100",
     .code = "src/grimoire/optim/schedule.cpp: learning_rate",
     .mistake = "People say that a cosine may be cut short at no loss; in fact what the small steps at its end gain is then missing.",
     .see = "learning-rate: what is scheduled\nadam: why it warms up\nearly-stopping: when to end",
     .sources = "Loshchilov and Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts\nVaswani and others 2017, Attention Is All You Need, "
                "section 5.3",
     .ask = "Half-way through a cosine from .001 down to 0: what is the rate? | .0005.",
     .more = "Large steps cross the valley fast but bounce in it; small ones settle. A warm-up helps where the first slopes are huge or Adam's running "
             "means know few steps yet; why it helps so much in transformers is argued about (Liu et al. 2020; Xiong et al. 2020). Other shapes serve: "
             "1/sqrt(t), steps, and a long constant with a short fall at the end, which can be prolonged without planning T. When runs are compared, T "
             "should be the same: Hoffmann et al. 2022 found that a cosine longer than the run misled earlier scaling laws."},
    {.id = "gradient-clipping",
     .title = "Gradient clipping",
     .names = "grad clip\ngradient norm clipping\nclip norm\n\nclipping",
     .what = "Shortens a slope that is longer than allowed, so that one freak batch cannot throw the weights far away.",
     .picture = "A speed limiter on a lorry: in town it does nothing, downhill it holds. It breaks as a cure if it acts at every step: then the rate is too "
                "high.",
     .formula = "g <- g min(1, c / (|g| + 1e-6))",
     .symbols = "g: all slopes of the model as one vector\n|g|: its length, sqrt(sum g_i^2)\nc: the longest that is allowed",
     .inputs = "g = 3,4: slopes\nc = 1: longest allowed",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> g = in.numbers("g", -1e9, 1e9, 1, 1000);
           double squares = 0;
           for (double v : g) squares += v * v;
           const double norm = std::sqrt(squares), scale = clip_scale(norm, in.number("c", 1e-9, 1e9));
           std::vector<double> clipped;
           for (double v : g) clipped.push_back(v * scale);
           out.step(str("length: sqrt {:.6g} = {:.6g}", squares, norm));
           out.step(scale < 1 ? str("too long: all are multiplied by {:.8g}", scale) : "short enough: nothing is done");
           out.answer("length", norm);
           out.answer("factor", scale);
           out.answers("g", clipped);
         },
     .turn = "c = 10: the slope is short enough and stays as it is.",
     .commands = "grimoire train --model rnn --data names.txt --out runs/rnn --grad-clip 1",
     .code = "src/grimoire/optim/optimizer.cpp: clip_scale",
     .mistake = "People say that it cuts each slope off at c; in fact the usual form shortens the whole vector and keeps its direction.",
     .see = "vanishing-gradient: why slopes explode\nlearning-rate: the first thing to lower\ngradient-stats: how long are they?",
     .sources = "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks, algorithm 1",
     .ask = "The slope has length 10 and c is 2. By what is it multiplied? | By .2.",
     .more = "Cutting single numbers at c exists too and turns the direction. With Adam, whose steps hardly depend on the slope's size, clipping matters "
             "less at once but keeps a freak batch out of the running means. The 1e-6 is PyTorch's guard against a division by 0. How often clipping acts "
             "is worth logging: about never, and it is idle; always, and it is a normalised descent."},
    {.id = "early-stopping",
     .title = "Early stopping",
     .names = "patience\noverfitting point",
     .what = "Ends training when the held-out loss stops falling, and keeps the best weights.",
     .formula = "stop when no lower loss has come for so many evaluations: the patience",
     .symbols = "patience: evaluations to wait, at least 1",
     .inputs = "dev = 2.9,2.6,2.4,2.3,2.35,2.45,2.6,2.8: held-out losses\ntrain = 2.8,2.45,2.2,2,1.85,1.7,1.6,1.5: training losses\npatience = 2: to wait",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> dev = in.numbers("dev", -1e6, 1e6, 1, 1000), train = in.numbers("train", -1e6, 1e6, dev.size(), dev.size());
           const Stop s = stop_of(dev, in.integer("patience", 1, 1000));
           out.step(str("best of the first {}: number {}, gap to training {:.6g}", s.last + 1, s.best + 1, dev[s.best] - train[s.best]));
           out.answer("kept: evaluation", static_cast<double>(s.best + 1));
           out.answer("stopped after evaluation", static_cast<double>(s.last + 1));
           out.answer("gap between the two losses", dev[s.best] - train[s.best]);
           out.show(Chart{.title = "loss at each evaluation; o: kept",
                          .series = {numbered(train, "training"), numbered(dev, "held out"), point(static_cast<double>(s.best + 1), dev[s.best])}});
         },
     .turn = "patience = 5: the end comes later, the same weights are kept.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/a --patience 5",
     .code = "src/grimoire/train/loop.cpp: patience",
     .mistake = "People say that the first rise is the end; in fact losses jitter, and some fall again.",
     .see = "overfitting: what it is against\ntrain-vs-test: what the gap says\nepoch: how long is long",
     .sources = "Prechelt 1998, Early Stopping - But When?\nGoodfellow, Bengio and Courville 2016, Deep Learning, section 7.8",
     .ask = "Losses 3, 2, 2.5, 2.4, patience 2: which evaluation is kept? | The second.",
     .more = "It is the cheapest regulariser: the number of steps is chosen on held-out data, like any other setting. For a linear model with squared loss, "
             "stopping after t steps of rate e acts much like an L2 penalty of about 1/(e t): directions with small slopes are not learned yet. The "
             "best of many held-out losses is a little too good to be true, so the figure to report comes from a third part, the test set. Very large "
             "networks may get worse and then better again with time (double descent; Nakkiran et al. 2020)."},
    {.id = "label-smoothing",
     .title = "Label smoothing",
     .names = "soft targets\nsmoothed labels",
     .what = "Tells a classifier that the right class is nearly sure instead of quite sure, so that it need not push its scores apart for ever.",
     .picture = "A teacher who gives 9.5 of 10 for the best answer: nobody then works for the last half point. It breaks if the half points told something.",
     .formula = "y_k = (1 - e) [k is right] + e / K,   loss = -sum_k y_k ln p_k",
     .symbols = "e: share that is spread over all classes\nK: classes\np: the model's probabilities",
     .inputs = "p = 0.7,0.2,0.1: the model's\nright = 0: right class, from 0\ne = 0.1: share spread",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.probabilities("p");
           if (std::ranges::min(p) <= 0) in.refuse("p", "probabilities above 0");
           const int64_t right = in.integer("right", 0, std::ssize(p) - 1);
           const double e = in.number("e", 0, 1), K = static_cast<double>(p.size());
           const Tensor logits = log(matrix_of({p})), target = Tensor::from({right}, {1});
           const double loss = cross_entropy(logits, target, {.label_smoothing = e}).item();
           out.step(str("target of the right class: {:.6g}, of the others {:.6g}", 1 - e + e / K, e / K));
           out.step(str("without smoothing: -ln {:.6g} = {:.6g}", p[static_cast<size_t>(right)], cross_entropy(logits, target).item()));
           out.answer("loss", loss);
         },
     .turn = "p = .98,.01,.01: the loss is .33. At .9333 it is .29, the least there is.",
     .commands = "grimoire explain cross-entropy",
     .code = "src/grimoire/op/cross_entropy.h: CrossEntropyOptions",
     .mistake = "People say that a smoothed loss of 0 is the goal; in fact its least value is the entropy of the smoothed target, above 0.",
     .see = "cross-entropy: the loss\ncalibration: what it may help\ndistillation: soft targets from a teacher",
     .sources = "Szegedy, Vanhoucke, Ioffe, Shlens and Wojna 2016, Rethinking the Inception Architecture for Computer Vision, section 7\n"
                "Muller, Kornblith and Hinton 2019, When Does Label Smoothing Help?",
     .ask = "Four classes, e = .2. What is the target of the right class? | .8 + .05 = .85.",
     .more = "With one-hot targets the loss falls for ever as the right logit runs away; smoothing gives it a finite best place, where the right logit lies "
             "ln((1 - e + e/K) / (e/K)) above the others. Vaswani et al. 2017 trained with e = .1 and found perplexity worse and BLEU better. Muller et "
             "al. find that it pulls the examples of one class together, which often helps calibration and harms distillation from such a model."},
};

}  // namespace

const Family kOpt = {"opt", "Optimisation", kConcepts};

}  // namespace grim::learn
