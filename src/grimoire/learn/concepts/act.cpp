// Activations: the bends between the layers of a network, and the plainest network that needs them.
#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/op/linear.h"
#include "grimoire/op/pointwise.h"

namespace grim::learn {
namespace {

using Op = Tensor (*)(const Tensor&);

struct Bend {
  double value, slope;
};
Bend bend(Op f, double x) {
  const Tensor leaf = requires_grad(Tensor::scalar(x, Dtype::f64)), y = f(leaf);
  backward(y);
  return {y.item(), grad(leaf).item()};
}

Series drawn(Op f, double low, double high, std::string name = "") {
  Series s = curve(low, high, [](double v) { return v; }, std::move(name));
  s.y = f(vector_of(s.x)).to_vector<double>();
  return s;
}

// From -6 to 6, or as far as the reader's place, which is marked.
Chart with_place(std::string title, Op f, double x, double y) {
  const double reach = std::max(6.0, std::ceil(std::abs(x)));
  return {.title = std::move(title), .x_label = "x", .series = {drawn(f, -reach, reach), point(x, y)}};
}

const Concept kConcepts[] = {
    {.id = "sigmoid",
     .title = "Sigmoid",
     .names = "logistic function\nlogistic sigmoid\nexpit",
     .what = "Squeezes any number into the range from 0 to 1, so that a score can be read as a probability.",
     .formula = "s(x) = 1 / (1 + e^-x),   slope s(x) (1 - s(x))",
     .symbols = "x: any number: a score, in log-odds\ns(x): above 0, below 1; one half at x = 0",
     .inputs = "x = 2: a score",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double x = in.number("x", -500, 500);
           const auto [value, slope] = bend(sigmoid, x);
           out.step(str("1 / (1 + {:.6g}) = {:.8g};   {:.6g} x {:.6g} = {:.6g}", std::exp(-x), value, value, 1 - value, slope));
           out.answer("s(x)", value);
           out.answer("slope", slope);
           out.show(with_place("s(x); o: here", sigmoid, x, value));
         },
     .turn = "x = 6, then 12: the value hardly moves any more, and the slope is nearly gone.",
     .commands = "grimoire explain chain-rule \"sigmoid(w*x)\" --value w=.5 --value x=2",
     .code = "src/grimoire/op/pointwise.h: sigmoid",
     .mistake = "People say that its output is a probability; in fact it only looks like one. Training on a proper loss, and a check, make it one.",
     .see = "logit: its inverse\ntanh: the same, from -1 to 1\nlogistic-regression: where it serves\nsaturation: its weakness",
     .sources = "Verhulst 1845, Recherches mathematiques sur la loi d'accroissement de la population\n"
                "Goodfellow, Bengio and Courville 2016, Deep Learning, section 3.10",
     .ask = "What is the sigmoid of 0, and its slope there? | .5, with slope .25.\nWhat are s(x) and s(-x) together? | 1.",
     .more = "It is the softmax of two scores, x and 0: e^x / (e^x + 1). Its slope is at most 1/4, so a chain of ten sigmoids passes on less than a "
             "millionth of a slope, which is why hidden layers left it for tanh and then for relu. It lives on where a number from 0 to 1 is wanted: at "
             "the output of a yes/no model, and in the gates of LSTM and GRU. Programs use 1 / (1 + e^-x) for x above 0 and e^x / (1 + e^x) below, "
             "so that nothing overflows."},
    {.id = "tanh",
     .title = "Tanh",
     .names = "hyperbolic tangent",
     .what = "Squeezes any number into the range from -1 to 1, leaving small ones nearly as they are. It was the usual bend of networks before relu.",
     .formula = "tanh x = (e^x - e^-x) / (e^x + e^-x) = 2 s(2x) - 1,   slope 1 - tanh(x)^2",
     .symbols = "x: any number\ns: the sigmoid",
     .inputs = "x = 1: a number",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double x = in.number("x", -300, 300);
           const auto [value, slope] = bend(tanh, x);
           out.step(str("2 s({:.6g}) - 1 = 2 x {:.6g} - 1 = {:.8g};   1 - {:.6g}^2 = {:.6g}", 2 * x, bend(sigmoid, 2 * x).value, value, value, slope));
           out.answer("tanh x", value);
           out.answer("slope", slope);
           out.show(with_place("tanh x; o: here", tanh, x, value));
         },
     .turn = "x = .1: the result is nearly x, with slope .99. x = 4: it is at the stop.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/names",
     .code = "src/grimoire/op/pointwise.h: tanh",
     .mistake = "People say that tanh and the sigmoid are rivals; in fact they are one curve, stretched and moved. What differs is that tanh is centred on 0.",
     .see = "sigmoid: the same from 0 to 1\nsaturation: its flat ends\ntanh-gain: what a stack of them needs\nrelu: what came after",
     .sources = "LeCun, Bottou, Orr and Muller 1998, Efficient BackProp, section 4.4",
     .ask = "What is the largest slope of tanh, and where? | 1, at x = 0.",
     .more = "LeCun and others advise a bend that is centred on 0: if all inputs of a unit are positive, the slopes in its weights all have one sign, and "
             "the walk downhill must zigzag. Near 0 tanh x = x - x^3/3 + ..., so a stack of small tanh layers is almost linear. LSTM and GRU use it for "
             "what is remembered, and sigmoids for how much."},
    {.id = "gelu",
     .title = "GELU",
     .names = "Gaussian error linear unit\nSiLU\nSwish",
     .what = "A relu with its corner rounded off: the usual bend inside transformers.",
     .formula = "gelu(x) = x P(Z <= x),   silu(x) = x s(x)",
     .symbols = "Z: a standard normal number\ns: the sigmoid; with b inside, x s(b x), SiLU is called Swish",
     .inputs = "x = 1: a number",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double x = in.number("x", -300, 300);
           const Bend g = bend(gelu, x), s = bend(silu, x);
           out.step(str("share of normal numbers up to {:.6g}, times {:.6g}: {:.8g}, with slope {:.6g}", x, x, g.value, g.slope));
           out.answer("gelu", g.value);
           out.answer("GPT-2's shortcut by tanh", bend(gelu_tanh, x).value);
           out.answer("silu", s.value);
           double low = -4, high = 2;
           Chart c{.title = "silu(x) and gelu(x)" + make_room(x, low, high, INFINITY), .x_label = "x"};
           c.series = {drawn(silu, low, high, "silu"), drawn(gelu, low, high, "gelu"), point(x, g.value)};
           out.show(std::move(c));
         },
     .turn = "x = -1: a little below 0, unlike relu. x = -10: nothing is left.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/a",
     .code = "src/grimoire/op/pointwise.h: gelu, gelu_tanh, silu\nsrc/grimoire/op/linear.h: Activation",
     .mistake = "People say that it always rises; in fact it dips to -.17 near x = -.75 before it rises.",
     .see = "relu: the sharp corner\nnormal-distribution: the share\nsigmoid: the share in SiLU\nmlp: where it stands",
     .sources = "Hendrycks and Gimpel 2016, Gaussian Error Linear Units\nRamachandran, Zoph and Le 2017, Searching for Activation Functions\n"
                "Elfwing, Uchibe and Doya 2018, Sigmoid-weighted linear units for neural network function approximation in reinforcement learning",
     .ask = "To what do gelu(x) and relu(x) both tend for large x? | To x.",
     .more = "Hendrycks and Gimpel start from dropping a unit at random: keep x with the probability that a normal number lies below it; the mean of that "
             "is x P(Z <= x). BERT and GPT-2 use it, GPT-2 with the approximation x/2 (1 + tanh(sqrt(2/pi) (x + .044715 x^3))). SwiGLU, in Llama and "
             "others, multiplies silu of one linear map by another. Why smooth bends do a little better than relu is not settled."},
    {.id = "gated-unit",
     .title = "Gated linear unit",
     .names = "GLU\nSwiGLU\ngated feed-forward",
     .what = "A unit with two inputs made from the same token: one says what, the other how much of it. The feed-forward part of most recent language models.",
     .picture = "A tap: the pipe brings the water, the handle decides how much of it comes out.",
     .formula = "y = silu(g) u,   g = x W,   u = x V",
     .symbols = "x: a token's numbers\nW, V: two matrices\ng: the gate, from W\nu: what it lets through, from V",
     .inputs = "g = 1: the gate, before its bend\nu = 2: what it lets through",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double g = in.number("g", -300, 300), u = in.number("u", -1e6, 1e6);
           const Bend open = bend(silu, g);
           out.step(str("silu({:.6g}) = {:.6g}, times {:.6g} = {:.6g}", g, open.value, u, open.value * u));
           out.step(str("slopes: {:.6g} by u, which does not depend on u; {:.6g} by g", open.value, open.slope * u));
           out.answer("y", open.value * u);
         },
     .turn = "g = -10: shut, whatever u is. g = 10: ten times u; unlike a sigmoid this gate has no upper end.",
     .commands = "grimoire train --model llama --data input.txt --out runs/llama",
     .code = "src/grimoire/model/llama.cpp: FeedForward",
     .mistake = "People say that it is an activation; in fact it is a layer of two matrices, so that the whole has three where a plain feed-forward has two. "
                "At equal size its middle is therefore only two thirds as wide.",
     .see = "gelu: silu's curve\nmlp: the plain form\nlstm: gates that remember",
     .sources = "Dauphin, Fan, Auli and Grangier 2017, Language Modeling with Gated Convolutional Networks\nShazeer 2020, GLU Variants Improve Transformer",
     .ask = "A gate of 0 meets u = 5. What comes out? | 0: silu(0) = 0.",
     .more = "A product of two linear maps is already a bend: it can square a number, which no single layer of relus can. Shazeer compares five gates, finds "
             "them a little better than relu at equal size, and gives no reason but divine benevolence."},
    {.id = "mlp",
     .title = "Feed-forward network",
     .names = "multilayer perceptron\nMLP\nXOR\n\nfeed-forward\nfully connected network\nuniversal approximation\nperceptron\nhidden layer",
     .what = "Layers of units one after the other, each unit fed by all of the layer before. A bend between them lets it compute what no single layer can.",
     .picture = "Two clerks and a chief: one reports that somebody signed, the other that both did. From the two reports the chief knows whether exactly one "
                "did.",
     .formula = "h = relu(x W + b),   y = h v",
     .symbols = "x: inputs, here two of 0 or 1\nW: a row for each input, a column for each hidden unit\nb: a bias for each hidden unit\nv: their weights in y",
     .inputs = "W = 1,1;1,1: first layer\nb = 0,-1: its biases\nv = 1,-2: second layer",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Tensor W = matrix_of(in.matrix("W"));
           const auto units = static_cast<size_t>(W.dim(1));
           if (W.dim(0) != 2 || units > 100) in.refuse("W", "two rows, one for each input, and at most 100 columns");
           const std::vector<double> b = in.numbers("b", -1e6, 1e6, units, units), v = in.numbers("v", -1e6, 1e6, units, units);
           const Tensor x = matrix_of({{0, 0}, {0, 1}, {1, 0}, {1, 1}}), h = linear(x, W, vector_of(b), Activation::relu);
           const Tensor y = linear(h, Tensor::from(v, {W.dim(1), 1}));
           const std::vector<double> hidden = h.to_vector<double>();
           for (size_t i = 1; i < 4; ++i) {
             const auto row = hidden.begin() + static_cast<std::ptrdiff_t>(i * units);
             out.step(str("inputs {:.0f}, {:.0f}: hidden {}", x.at({static_cast<int64_t>(i), 0}), x.at({static_cast<int64_t>(i), 1}),
                          list_of({row, row + static_cast<std::ptrdiff_t>(units)}, 4)));
           }
           const char* names[] = {"y(0, 0)", "y(0, 1)", "y(1, 0)", "y(1, 1)"};
           for (int64_t i = 0; i < 4; ++i) out.answer(names[i], y.at({i, 0}));
         },
     .turn = "v = 1,-1 gives the OR of the inputs instead; b = -1,-1 with v = 1,0 their AND.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/names",
     .code = "src/grimoire/model/mlp.cpp: Mlp\nsrc/grimoire/op/linear.cpp: linear",
     .mistake = "People say that more layers alone make it stronger; in fact without a bend between them they fold into one linear map.",
     .see = "neuron: one unit\nbackprop: how the weights are found\nwhy-deep: when layers pay\ngelu: the bend in transformers",
     .sources = "Minsky and Papert 1969, Perceptrons\nCybenko 1989, Approximation by Superpositions of a Sigmoidal Function\n"
                "Hornik, Stinchcombe and White 1989, Multilayer Feedforward Networks are Universal Approximators",
     .ask = "Why can one linear layer not compute XOR? | A flat border cannot part (0,0) and (1,1) from (0,1) and (1,0).",
     .more = "Universal approximation: with enough hidden units one hidden layer comes as close as wished to any continuous function on a bounded region "
             "(Cybenko; Hornik and others). It says neither how many units that takes nor that training finds them. In a transformer each block has "
             "such a network of two layers, the same at every place, usually four times as wide inside."},
};

}  // namespace

const Family kAct = {"act", "Activations", kConcepts};

}  // namespace grim::learn
