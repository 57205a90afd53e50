// Initial weights, and how to see whether signals and slopes keep their scale.
#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/nn/init.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/theory/wide_net.h"
#include "grimoire/train/diagnosis.h"

namespace grim::learn {
namespace {

// Deviation of the activations after each of so many wide tanh layers; what enters has deviation 1.
std::vector<double> deviations(double gain, int64_t layers) {
  std::vector<double> all;
  for (const WideTanhLayer& layer : wide_tanh_layers(gain, layers)) all.push_back(layer.deviation);
  return all;
}

double loss_of(const std::vector<double>& logits, int64_t target) {
  return cross_entropy(matrix_of({logits}), Tensor::from({target}, {1})).item();
}

const Concept kConcepts[] = {
    {.id = "fan-in-init",
     .title = "Initial weights by fan-in",
     .names = "1/sqrt(fan-in)\nscaled init\nfan-in\n\nXavier\nXavier initialisation\nGlorot\nGlorot initialisation\ninitialisation\nweight initialisation",
     .what = "Chooses first weights of just the size that lets a layer's outputs spread as much as its inputs.",
     .picture = "A choir of ten sounds louder than one singer, so each sings more softly. It breaks when they sing in step: the root counts on independent "
                "voices.",
     .formula = "sd(w) = 1 / sqrt(n_in)   so that   sd(sum_j w_j x_j) = sd(x)",
     .symbols = "n_in: fan-in, the inputs that one unit sums up\nsd: standard deviation",
     .inputs = "n = 10: inputs of a unit",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1'000'000'000);
           out.step(str("with weights of sd 1 the sum of {} terms has sd sqrt {} = {:.6g}", n, n, std::sqrt(static_cast<double>(n))));
           out.step(str("so divide: 1 / sqrt {} = {:.8g}", n, fan_in_bound(n)));
           out.answer("sd of a weight", fan_in_bound(n));
         },
     .turn = "take n = 1000: each weight is ten times smaller than with n = 10, and the sum is as wide as before.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/names\ngrimoire doctor runs/names",
     .code = "src/grimoire/nn/init.cpp: fan_in_bound\nsrc/grimoire/nn/linear.h: Linear",
     .mistake = "People say that small random weights are all that matters; in fact the size must follow the fan-in: too small and signals fade layer by "
                "layer, too large and they saturate.",
     .see = "kaiming: the same with a gain for the activation\nactivation-stats: how to look\nsaturation: what too large does",
     .sources = "LeCun, Bottou, Orr and Muller 1998, Efficient BackProp, section 4.6\n"
                "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
     .ask = "A unit sums 100 inputs. What sd should its weights have? | .1.",
     .more = "Variances of independent terms add: Var(sum w_j x_j) = n Var(w) E(x^2). Setting it equal to E(x^2) gives Var(w) = 1/n. On the way back the "
             "slope sums over the "
             "fan-out instead, so Glorot and Bengio take the mean of both (also called Xavier "
             "initialisation): sd = sqrt(2 / (n_in + n_out)). PyTorch's Linear draws uniformly from -1/sqrt(n) to 1/sqrt(n), which has sd "
             "1/sqrt(3 n): smaller than this rule."},
    {.id = "kaiming",
     .title = "Kaiming initialisation",
     .names = "He init\n\nHe\nHe initialisation\nKaiming init",
     .what = "First weights that also make up for what the activation function takes away, so that deep networks start alive.",
     .picture = "A relay of speakers through thick walls: each must speak louder by just what his wall swallows.",
     .formula = "sd(w) = gain / sqrt(n_in)",
     .symbols = "n_in: inputs of one unit\ngain: 1 for a linear layer, sqrt 2 for relu, 5/3 for tanh",
     .inputs = "n = 30: inputs of a unit",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto n = static_cast<double>(in.integer("n", 1, 1'000'000'000));
           const auto sd = [&](Gain gain) { return gain_of(gain) / std::sqrt(n); };
           out.step(str("sqrt {:.0f} = {:.8g}", n, std::sqrt(n)));
           out.step(str("gains: tanh {:.6g}, relu {:.6g}, linear {:.6g}", gain_of(Gain::tanh), gain_of(Gain::relu), gain_of(Gain::linear)));
           out.answer("sd for tanh", sd(Gain::tanh));
           out.answer("sd for relu", sd(Gain::relu));
           out.answer("sd for a linear layer", sd(Gain::linear));
         },
     .turn = "take four times as many inputs: every weight halves.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/names\ngrimoire doctor runs/names",
     .code = "src/grimoire/nn/init.cpp: kaiming_normal\nsrc/grimoire/model/mlp.cpp: Mlp",
     .mistake = "People say that sqrt 2 belongs into every layer; in fact it is relu's, which drops half of the square mean. Other activations take other "
                "gains, and the last layer wants less.",
     .see = "fan-in-init: the same without gain\ntanh-gain: where 5/3 comes from\nlast-layer-scale: the exception\nbatch-norm: forgiveness",
     .sources = "He, Zhang, Ren and Sun 2015, Delving Deep into Rectifiers, section 2.2\nPyTorch documentation, torch.nn.init.calculate_gain",
     .ask = "A relu unit has 50 inputs. What sd should its weights have? | sqrt(2/50) = .2.",
     .more = "For relu and symmetric inputs E relu(z)^2 = E z^2 / 2: half of the energy is cut off, and the factor 2 in the variance puts it back. "
             "Residual connections and norms have made the exact figure matter less, but not the order of magnitude."},
    {.id = "tanh-gain",
     .title = "Gain of tanh",
     .names = "gain 5/3\nactivation gain",
     .what = "The factor that keeps signals from fading in a stack of tanh layers, each of which squeezes what it gets.",
     .picture = "Photocopying a photocopy: every pass is a little flatter, so one turns the contrast up by a fixed amount each time.",
     .formula = "q_0 = 1,   q_(l+1) = E tanh(gain sqrt(q_l) z)^2\nsd after l layers = sqrt(q_l)",
     .symbols = "z: a standard normal number\nq_l: mean square of the activations after layer l, of wide layers\n"
                "gain: factor on weights of sd 1 / sqrt(fan-in)",
     .inputs = "layers = 6: tanh layers in a row\ngain = 1: the plain one\nother = 1.6666667: another, 5/3",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t layers = in.integer("layers", 1, 200);
           const std::vector<double> plain = deviations(in.number("gain", 0, 100), layers), other = deviations(in.number("other", 0, 100), layers);
           out.step("sd after each layer: " + list_of(plain, 4));
           out.step("with the other gain: " + list_of(other, 4));
           out.step(str("one layer squeezes sd 1 to {:.4f}: to undo that takes a gain of {:.4f}", deviations(1, 1)[0], 1 / deviations(1, 1)[0]));
           out.answer("sd at the end", plain.back());
           out.answer("sd at the end with the other gain", other.back());
         },
     .turn = "raise layers to 50: at gain 1 the signal keeps fading, at 5/3 it holds near .65. Gain 3 holds too, but saturates.",
     .commands = "grimoire experiment initialisation\n"
                 "grimoire train --model mlp --n-layer 6 --gain 1 --data names.txt --out deep\ngrimoire doctor deep",
     .code = "src/grimoire/nn/init.cpp: gain_of",
     .mistake = "People say that 5/3 is derived; in fact it is PyTorch's round value. The gain that makes up for one squeeze of a unit normal is 1.5925.",
     .see = "kaiming: where the gain goes\nsaturation: what too much does\nactivation-stats: measure it",
     .sources = "PyTorch documentation, torch.nn.init.calculate_gain\nPoole, Lahiri, Raghu, Sohl-Dickstein and Ganguli 2016, Exponential expressivity in "
                "deep neural networks through transient chaos\n"
                "Karpathy 2022, makemore, part 3",
     .ask = "Why does a tanh layer need a gain above 1? | Because tanh makes every value smaller.",
     .more = "In wide layers sums are nearly normal, so one number a layer tells the story. At gain 1 the only resting point is 0, reached like 1/sqrt(2 "
             "l): slowly, but surely. "
             "Above 1 there is a second one, at .65 for 5/3. Slopes are multiplied by gain^2 E (1 - tanh^2)^2 a layer, which tends to 1 at gain 1 and to "
             "1.21 at 5/3: signals and slopes cannot both "
             "be kept exactly, hence norms."},
    {.id = "saturation",
     .title = "Saturation",
     .names = "squashed activations\nsaturated units",
     .what = "A unit pushed so far into the flat end of its activation that its input no longer matters and it cannot learn.",
     .picture = "A bathroom scale at its stop: whoever steps on, the needle does not move.",
     .formula = "slope of tanh at x = 1 - tanh(x)^2",
     .symbols = "x: what enters the unit\ntanh(x): from -1 to 1\nslope: from 0 to 1, what is left of the slope that comes from above",
     .inputs = "x = 3: what enters",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Tensor x = Tensor::scalar(in.number("x", -1e6, 1e6), Dtype::f64);
           requires_grad(x);
           const Tensor y = tanh(x);
           backward(y);
           out.step(str("tanh {:.6g} = {:.8f}", x.item(), y.item()));
           out.step(str("1 - {:.8f}^2 = {:.8f}", y.item(), grad(x).item()));
           out.answer("activation", y.item());
           out.answer("slope", grad(x).item());
           Bars bars{"slope at x =", {}, {}};
           for (double at : {0.0, 1.0, 2.0, 3.0}) bars.labels.push_back(str("{:.0f}", at)), bars.values.push_back(1 - std::tanh(at) * std::tanh(at));
           out.show(std::move(bars));
         },
     .turn = "go from 0 to 5: the activation hardly moves after 2, and the slope dies.",
     .commands = "grimoire experiment initialisation",
     .code = "src/grimoire/train/diagnosis.cpp: spread_of",
     .mistake = "People say that a saturated unit is a sure one and so a good one; in fact it passes next to no slope, right or wrong, and one that is "
                "saturated for every example is dead.",
     .see = "activation-stats: count them\nvanishing-gradient: what it does to layers below\ntanh-gain: weights that avoid it\nrelu: flat on one side only",
     .sources = "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks, section 3\n"
                "Karpathy 2022, makemore, part 3",
     .ask = "Where is the slope of tanh largest, and how large is it? | At 0, where it is 1.",
     .more = "Sigmoids saturate on both sides with a slope of at most 1/4. Relu has a flat side too: a unit negative for all inputs gets no slope and is dead "
             "until its inputs change."},
    {.id = "last-layer-scale",
     .title = "Scale of the last layer",
     .names = "last layer x 0.1\nconfident softmax",
     .what = "Making the last layer's first weights small, so that an untrained model admits that it knows nothing.",
     .picture = "A newcomer who shouts answers at random must first learn to be quiet: those first steps are lost.",
     .formula = "loss = -ln softmax(z)_target,   near ln V for small z",
     .symbols = "z: logits\nV: number of classes\nlogits times scale: what a smaller last layer gives",
     .inputs = "logits = 0,5,0,-5: of an untrained model\ntarget = 3: the right class, counted from 0\nscale = 0.1: factor on the last layer",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> z = in.numbers("logits", -1e4, 1e4, 2, 100);
           const int64_t target = in.integer("target", 0, static_cast<int64_t>(z.size()) - 1);
           const double loud = loss_of(z, target), scale = in.number("scale", 0, 1e3);
           out.step(str("logits {}: loss {:.6g}", list_of(z), loud));
           for (double& v : z) v *= scale;
           out.step(str("scaled {}: loss {:.6g}", list_of(z), loss_of(z, target)));
           out.answer("first loss", loud);
           out.answer("with a small last layer", loss_of(z, target));
           out.answer("of knowing nothing: ln V", loss_of(std::vector<double>(z.size(), 0), target));
         },
     .turn = "set the target to 1: the loud model is right by luck and pays little. Over many examples luck does not help.",
     .commands = "grimoire train --model mlp --last-scale .1 --data names.txt --out quiet\ngrimoire doctor quiet",
     .code = "src/grimoire/model/mlp.cpp: Mlp\nsrc/grimoire/train/diagnosis.cpp: initial_loss",
     .mistake = "People say that a steep first fall of the loss shows fast learning; in fact a start far above ln V is mostly a last layer being shrunk, "
                "which better weights give for nothing.",
     .see = "softmax: why large logits mean certainty\ncharacter-lm: ln V as the yardstick\nkaiming: the scale of the other layers",
     .sources = "Karpathy 2022, makemore, part 3",
     .ask = "What should the first loss of a classifier with 10 classes be, roughly? | ln 10 = 2.3.",
     .more = "With exactly 0 in the last layer the start is ln V and still learns, since that layer's slopes are the activations below. Zeros in all layers "
             "would not learn: all units of a layer would stay alike."},
    {.id = "activation-stats",
     .title = "Statistics of activations",
     .names = "activation histogram\nactivation distribution",
     .what = "Looking at the numbers a layer puts out, before training long: are they spread well, or dead, or at the stops?",
     .picture = "Taking a pulse: it does not tell what is wrong, but that something is.",
     .formula = "saturated = share of values with |a| > .97",
     .symbols = "a: activations of a tanh layer, from -1 to 1",
     .inputs = "a = 0,0.98,-0.99,0.5: some activations",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> a = in.numbers("a", -1, 1, 2, 1000);
           const Spread s = spread_of(vector_of(a));
           const auto share = [&](double v) { return std::abs(v) > .97; };
           out.step(str("{} of {} lie beyond .97 on either side", std::count_if(a.begin(), a.end(), share), a.size()));
           out.answer("saturated, percent", 100 * s.saturated);
           out.answer("mean", s.mean);
           out.answer("standard deviation", s.std);
           out.show(bars_of("a", a, 4));
         },
     .turn = "shrink all values to a tenth: nothing is saturated, and now the layer is nearly linear.",
     .commands = "grimoire doctor runs/names",
     .code = "src/grimoire/train/diagnosis.cpp: spread_of",
     .mistake = "People say that no saturation at all is best; in fact a tanh that is never bent is a linear layer, and a stack of those is one. A few "
                "percent is healthy.",
     .see = "saturation: what the stops do\ngradient-stats: the same look backwards\ntanh-gain: the remedy",
     .sources = "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks, section 3\n"
                "Karpathy 2022, makemore, part 3",
     .ask = "Activations .99, .1, -.98, .2, .3: what share is saturated? | 2 of 5, 40 percent.",
     .more = "The bound .97 is a habit of the lecture cited here, where the slope of tanh has fallen to .06. grimoire doctor warns from 20 percent on and "
             "draws the histogram of every layer."},
    {.id = "gradient-stats",
     .title = "Statistics of gradients",
     .names = "gradient distribution\nupdate ratio",
     .what = "Comparing the slopes that reach each layer: about equal means that all layers learn, a trend means that some stand still or run wild.",
     .picture = "Water pressure on every floor of a house: if the top floor gets a trickle, something is wrong with the pipes below.",
     .formula = "ratio = sd(slopes of the last layer) / sd(slopes of the first), ideally near 1",
     .symbols = "sd: standard deviation of the slopes of one layer's outputs",
     .inputs = "sd = 0.00264,0.00195: of each layer, the first one first",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> sd = in.numbers("sd", 1e-300, 1e100, 2, 100);
           const double ratio = sd.back() / sd.front();
           out.step(str("{:.6g} / {:.6g} = {:.6g}", sd.back(), sd.front(), ratio));
           out.step(str("for each layer on the way: {:.4g}", std::pow(ratio, 1.0 / static_cast<double>(sd.size() - 1))));
           out.answer("ratio of last to first", ratio);
           out.show(bars_of("sd", sd, 4));
         },
     .turn = "let each layer halve the slope, 1,0.5,0.25,0.125: after 10 such layers a thousandth is left.",
     .commands = "grimoire experiment initialisation\ngrimoire doctor runs/names",
     .code = "src/grimoire/train/diagnosis.cpp: diagnose",
     .mistake = "People say that large slopes mean much learning; in fact what counts is the step against the weight, lr x slope / weight: about 1/1000 a "
                "step is a good sign.",
     .see = "vanishing-gradient: the trend at its worst\nlearning-rate: sets the step\nactivation-stats: the same look forwards",
     .sources = "Karpathy 2022, makemore, part 3\n"
                "Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward neural networks, section 4",
     .ask = "Layer 1 has slopes of sd .004, layer 5 of .001. What is the ratio of last to first? | .25.",
     .more = "At too low a gain the spread of slopes changes from layer to layer one way, at too high a gain the other; with norms in between it is nearly "
             "flat. "
             "The ratio of update to weight is what grimoire doctor reports as update to data, as a power of 10."},
};

}  // namespace

const Family kInit = {"init", "Initial weights and health", kConcepts};

}  // namespace grim::learn
