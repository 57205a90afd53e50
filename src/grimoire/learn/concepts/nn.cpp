// Neural networks: how slopes travel back through them, and what a step does with them.
#include <cmath>
#include <map>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/learn/expression.h"
#include "grimoire/op/embedding.h"
#include "grimoire/op/index.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/optim/optimizer.h"

namespace grim::learn {
namespace {

Tensor leaf(double value) {
  const Tensor x = Tensor::scalar(value, Dtype::f64);
  requires_grad(x);
  return x;
}

// The slope of n layers h -> slope h, one after the other, as the tape gives it.
double slope_through(double slope, int64_t n) {
  const Tensor x = leaf(1);
  Tensor h = x;
  for (int64_t i = 0; i < n; ++i) h = h * slope;
  backward(h);
  return grad(x).item();
}

void differentiate_typed(const Inputs& in, Worked& out) {
  Expression e(in.text("expression"));
  std::map<std::string, double> at;
  for (const auto& [name, text] : in.all())
    if (name != "expression") at[name] = in.number(name);
  const std::vector<Expression::Node> nodes = e.differentiate(at);
  const auto name_of = [&](int k) {
    const Expression::Node& n = nodes[static_cast<size_t>(k)];
    return n.inputs.empty() ? n.text : str("u{}", k);
  };
  for (size_t i = 0; i < nodes.size() && i < 12; ++i) {
    const Expression::Node& n = nodes[i];
    if (n.inputs.empty()) continue;
    using Kind = Expression::Node::Kind;
    static constexpr const char* kSigns[] = {"", "", " + ", " - ", " * ", " / ", "^"};
    const std::string a = name_of(n.inputs[0]);
    const std::string how = n.kind == Kind::call     ? n.text + "(" + a + ")"
                            : n.kind == Kind::negate ? "-" + a
                                                     : a + kSigns[static_cast<size_t>(n.kind)] + name_of(n.inputs[1]);
    std::string slopes;
    for (size_t k = 0; k < n.inputs.size(); ++k)
      if (nodes[static_cast<size_t>(n.inputs[k])].kind != Kind::number)
        slopes += str("{}d/d{} {:.6g}", slopes.empty() ? "" : ", ", name_of(n.inputs[k]), n.local[k]);
    out.step(str("u{} = {} = {:.6g}   {}; the end's slope in it {:.6g}", i, how, n.value, slopes, n.slope));
  }
  out.answer("value", nodes.back().value);
  for (const std::string& name : e.names()) {
    constexpr double kStep = 1e-6;
    auto moved = at;
    const double step = kStep * std::max(1.0, std::abs(at[name]));
    moved[name] = at[name] + step;
    const double high = Expression(in.text("expression")).value(moved);
    moved[name] = at[name] - step;
    const double low = Expression(in.text("expression")).value(moved);
    out.step(str("check: moving {} by {:.0e} moves the end by {:.8g} times that", name, step, (high - low) / (2 * step)));
  }
  for (const std::string& name : e.names()) out.answer("d/d" + name, e.slope_in(name));
}

const Concept kConcepts[] = {
    {.id = "chain-rule",
     .title = "Chain rule",
     .names = "derivative of a composition",
     .what = "Takes the slope of a calculation that is built out of smaller ones: multiply the slopes of the steps along each path, then add the paths.",
     .picture = "Gears. If the first wheel turns twice as fast as the crank and the next three times as fast as that one, the last turns six times as fast.",
     .formula = "y = f(u), u = g(x):   dy/dx = dy/du du/dx",
     .symbols = "x: what is moved\nu: what is calculated from x on the way\ndy/du: slope of the last step alone",
     .inputs = "expression = (3*x+1)^2: a formula with + - * / ^ and functions like tanh\nx = 1: value of the variable",
     .compute = differentiate_typed,
     .turn = "the formula and the values; any names may stand in it.",
     .commands = "grimoire explain chain-rule \"tanh(w*x)\" --value w=.5 --value x=2",
     .code = "src/grimoire/learn/expression.cpp: differentiate\nsrc/grimoire/autograd/tape.cpp: backward",
     .mistake = "People say that a network needs its formula written out to be differentiated; in fact only each single operation must know "
                "its own slope, and the values of one run are enough.",
     .see = "backprop: the rule, walked from the end\nvanishing-gradient: long products\nresidual: a second path",
     .sources = "Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.5\n"
                "Griewank and Walther 2008, Evaluating Derivatives, chapter 3: forward and reverse mode",
     .ask = "What is the slope of (3x + 1)^2 at x = 1? | 2 x 4 x 3 = 24.\n"
            "A value is used in two places: what becomes of the two slopes? | They are added.",
     .more = "Write the calculation as a graph of single operations. The slope of the end in a node is the sum over the nodes that use it of "
             "(the end's slope in the user) x (the user's local slope), so one walk from the end to the start finds the slopes in all inputs: reverse mode. "
             "Walking from the start finds all outputs' slopes in one input: forward mode. A loss is one output of many inputs, so training walks back.",
     .free_names = true},
    {.id = "backprop",
     .title = "Backpropagation",
     .names = "backward pass\nreverse-mode differentiation",
     .what = "Finds how much each weight of a network contributed to its error, in one walk from the error back to the inputs.",
     .picture = "A pupil takes a hard sum apart, solves the small parts, and then chains the answers: how far does the end move if I nudge this piece?",
     .formula = "L = (w x - y)^2:   dL/du = 2 (u - y),   dL/dw = dL/du x,   u = w x",
     .symbols = "w: the weight\nx, y: input and target\nu: what the model says\nL: the loss",
     .inputs = "w = 2: weight\nx = 3: input\ny = 5: target",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Tensor w = leaf(in.number("w", -1e6, 1e6)), x = leaf(in.number("x", -1e6, 1e6)), y = leaf(in.number("y", -1e6, 1e6));
           const Tensor u = w * x, loss = square(u - y);
           double du = 0;
           on_grad(u, [&](Tensor& d) { du = d.item(); });
           out.step(str("forward: u = {:.6g} x {:.6g} = {:.6g}", w.item(), x.item(), u.item()));
           out.step(str("         L = ({:.6g} - {:.6g})^2 = {:.6g}", u.item(), y.item(), loss.item()));
           backward(loss);
           out.step(str("back through the square: dL/du = 2 x {:.6g} = {:.6g}", u.item() - y.item(), du));
           out.step(str("back through the product: dL/dw = {:.6g} x {:.6g} = {:.6g}", du, x.item(), grad(w).item()));
           out.answer("dL/dw", grad(w).item());
           out.answer("dL/dx", grad(x).item());
           out.answer("dL/dy", grad(y).item());
         },
     .turn = "set y to 6: the guess is right, and every slope is 0.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/names\ngrimoire doctor runs/names",
     .code = "src/grimoire/autograd/tape.cpp: backward\nsrc/grimoire/op/binary.cpp: the slopes of a product",
     .mistake = "People say that backpropagation is how networks learn; in fact it only measures the slopes, exactly. What to do with them is the "
                "optimiser's business.",
     .see = "chain-rule: the one rule behind it\nlearning-rate: the step that follows\nvanishing-gradient: when slopes die on the way",
     .sources = "Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors\n"
                "Linnainmaa 1970: the reverse mode\nBaydin, Pearlmutter, Radul and Siskind 2018, Automatic Differentiation in Machine Learning: a Survey",
     .ask = "w = 1, x = 2, y = 0, L = (w x - y)^2. What is dL/dw? | 2 x 2 x 2 = 8.",
     .more = "Each operation remembers its inputs and knows how to turn the slope of its result into slopes of its inputs; where a value was used twice the "
             "slopes add. "
             "Going backwards costs a small constant times the forward pass, however many weights there are. Going forwards would need one pass for each "
             "weight. "
             "The price is memory: what the forward pass made must be kept, or be made again."},
    {.id = "vanishing-gradient",
     .title = "Vanishing gradient",
     .names = "exploding gradient\nvanishing and exploding gradients",
     .what = "Why early layers of deep networks can stop learning or blow up: the slope that reaches them is a product of many factors.",
     .picture = "A rumour passed on by ten people: if each retells a quarter of it nothing arrives, and if each adds a tenth it becomes a legend.",
     .formula = "dL/dh_0 = dL/dh_n prod_i s_i",
     .symbols = "s_i: slope of layer i\nh_0, h_n: what enters and what leaves the n layers",
     .inputs = "s = 0.25: slope of each layer (.25 is the most a sigmoid has)\nn = 10: layers\nt = 1.1: slope in another network\nm = 100: its layers",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double s = in.number("s", -10, 10), t = in.number("t", -10, 10);
           const int64_t n = in.integer("n", 0, 300), m = in.integer("m", 0, 300);
           const double small = slope_through(s, n), large = slope_through(t, m);
           out.step(str("{:.6g} multiplied {} times: about {:.1g}", s, n, small));
           out.step(str("{:.6g} multiplied {} times: about {:.1g}", t, m, large));
           out.answer("slope through the first", small);
           out.answer("slope through the second", large);
         },
     .turn = "move both slopes towards 1: depth stops mattering. Residual connections, good initial weights and norms all aim there.",
     .commands = "grimoire train --model rnn --data names.txt --out runs/rnn\ngrimoire doctor runs/rnn",
     .code = "src/grimoire/train/diagnosis.cpp: diagnose\nsrc/grimoire/autograd/tape.cpp: backward",
     .mistake = "People say that a vanishing slope means a finished training; in fact the loss can be high while the early layers get no news of it.",
     .see = "chain-rule: why slopes multiply\nresidual: a path with slope 1\nkaiming: weights that keep the scale\nrnn: the same layer many times",
     .sources = "Hochreiter 1991, diploma thesis, TU Munich\nBengio, Simard and Frasconi 1994, Learning Long-Term Dependencies with Gradient Descent is "
                "Difficult\n"
                "Pascanu, Mikolov and Bengio 2013, On the difficulty of training recurrent neural networks",
     .ask = "What is the slope through 3 layers of slope .5? | .125.",
     .more = "With vectors the factors are Jacobian matrices, and what counts is their singular values: if all are below 1 "
             "every direction shrinks; one above 1 may make it grow. "
             "Exploding slopes have a crude cure, clipping their norm (--grad-clip); vanishing ones need another architecture: gates (LSTM), residuals, "
             "norms."},
    {.id = "one-hot",
     .title = "One-hot vector",
     .names = "one-hot encoding\nrow selection",
     .what = "A way to feed a name into a calculation: a list of zeros with a single 1 in the place that belongs to it.",
     .picture = "A finger that points at one row of a table: multiplying by the vector reads that row out.",
     .formula = "e_i W = row i of W",
     .symbols = "e_i: 1 in place i, else 0; places count from 0\nW: a table with a row for each name",
     .inputs = "W = 1,2;3,4;5,6: the table\ni = 1: which row",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto rows = in.matrix("W");
           const Tensor W = matrix_of(rows), i = Tensor::from({in.integer("i", 0, static_cast<int64_t>(rows.size()) - 1)}, {1});
           const Tensor e = one_hot(i, W.dim(0), Dtype::f64), y = matmul(e, W);
           out.step(str("e = ({})", list_of(e.to_vector<double>())));
           out.step(str("e W: as a product ({})", list_of(y.to_vector<double>())));
           out.step(str("     as a look-up in row {} ({})", i.item(), list_of(embedding(W, i).to_vector<double>())));
           out.answers("row", y.to_vector<double>());
         },
     .turn = "change i: another row comes out, and no arithmetic on W has happened.",
     .commands = "grimoire train --model neural-bigram --data names.txt --out runs/neural",
     .code = "src/grimoire/op/index.cpp: one_hot\nsrc/grimoire/op/embedding.cpp: the look-up",
     .mistake = "People say that numbering the names 0, 1, 2 would do as well; in fact that tells the model that 2 is twice 1 and that 1 lies between 0 and "
                "2.",
     .see = "embedding: the table itself\nneural-bigram: where it is all there is\nargmax: back from scores to a place",
     .sources = "Goodfellow, Bengio and Courville 2016, Deep Learning, section 12.4\nKarpathy 2022, makemore, part 1",
     .ask = "Which row of W does (0, 0, 1) W give? | The third, row number 2.",
     .more = "Any two one-hot vectors are equally far apart, so nothing is assumed about which names are alike; what is alike is learned in W. "
             "The product costs V x C for V names, the look-up only C: no library really multiplies. The slope goes the same way, into that one row."},
    {.id = "learning-rate",
     .title = "Learning rate",
     .names = "lr\nstep size",
     .what = "How far to move the weights along the slope at each step. It is the first setting to get right.",
     .picture = "Walking down a hill in fog: tiny steps take all day, giant ones land on the opposite slope. On a real loss the hill has millions of "
                "dimensions.",
     .formula = "w <- w - lr g",
     .symbols = "w: a weight\ng: slope of the loss in w\nlr: learning rate, above 0",
     .inputs = "w = 1: weight\ng = 2: slope\nlr = 0.1: learning rate",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double start = in.number("w", -1e6, 1e6), g = in.number("g", -1e6, 1e6), lr = in.number("lr", 0, 1e6);
           const Tensor w = Tensor::full({1}, start, Dtype::f64);
           Parameters parameters({{"w", w}});
           Sgd sgd(parameters, {});
           backward(w * g);
           sgd.step(lr);
           out.step(str("{:.6g} - {:.6g} x {:.6g} = {:.6g}", start, lr, g, w.item()));
           out.step(str("on L = w^2 each step multiplies w by 1 - 2 lr = {:.6g}: {}", 1 - 2 * lr,
                        lr == 0 || lr == 1 ? "it stays as large" : lr > 1 ? "it runs away" : "it shrinks"));
           out.answer("new weight", w.item());
         },
     .turn = "try .5, .9, 1 and 1.1 and read the second line: past 1 the walk diverges.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/a --lr 0.01",
     .code = "src/grimoire/optim/optimizer.cpp: Sgd\nsrc/grimoire/optim/schedule.cpp: learning_rate",
     .mistake = "People say that a small rate is the safe choice; in fact it can end in a worse place after the same time. The best often lies within a "
                "factor of 2 of what diverges.",
     .see = "backprop: where the slope comes from\ngradient-stats: are the steps of a good size?\nvanishing-gradient: when no rate helps",
     .sources = "Robbins and Monro 1951, A Stochastic Approximation Method\n"
                "Bengio 2012, Practical Recommendations for Gradient-Based Training of Deep Architectures, section 3.1",
     .ask = "w = 3, slope 4, rate .5. Where does the step end? | At 1.",
     .more = "On a bowl with curvature c the error is multiplied by 1 - lr c each step: below 2/c it shrinks, above it grows. The steepest direction sets "
             "the limit and the flattest "
             "the waiting time. Adam divides each slope by its recent size, so the same lr suits weights of unlike scales. A useful check is the ratio of "
             "update to weight, about 1/1000."},
};

}  // namespace

const Family kNn = {"nn", "Neural networks", kConcepts};

}  // namespace grim::learn
