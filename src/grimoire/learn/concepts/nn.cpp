// Neural networks: how slopes travel back through them, and what a step does with them.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/rng.h"
#include "grimoire/base/str.h"
#include "grimoire/data/batcher.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/learn/expression.h"
#include "grimoire/op/dropout.h"
#include "grimoire/op/embedding.h"
#include "grimoire/op/gather.h"
#include "grimoire/op/linear.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/report/layout.h"

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

// n results, one after the other, in so many groups that are computed again; 0: none is. What the tape holds at most, what was computed, and the slope.
struct Chain {
  int64_t held = 0, runs = 0;
  double slope = 0;
};
Chain chain_of(int64_t n, int64_t groups) {
  Chain chain;
  int64_t now = 0;
  const auto held = [&]() -> std::shared_ptr<void> {  // while a copy of it lives
    chain.held = std::max(chain.held, ++now);
    return {nullptr, [&now](void*) { --now; }};
  };
  const auto result = [&](const Tensor& h, int64_t i) {
    ++chain.runs;
    const double factor = 1 + 1 / static_cast<double>(i + 2);
    return record(detach(h) * factor, {h}, [factor, one = held()](const Tensor& dy, Grads dx) { dx.add(0, dy * factor); });
  };
  const Tensor x = leaf(1);
  Tensor h = x;
  for (int64_t g = 0; g < std::max<int64_t>(1, groups); ++g) {
    const int64_t begin = groups > 0 ? g * n / groups : 0, end = groups > 0 ? (g + 1) * n / groups : n;
    const auto group = [&, begin, end](Tensor y) {
      for (int64_t i = begin; i < end; ++i) y = result(y, i);
      return y;
    };
    h = groups > 0 ? recomputed([group, h, input = held()] { return group(h); }) : group(h);
  }
  backward(h);
  chain.slope = grad(x).item();
  return chain;
}

void differentiate_typed(const Inputs& in, Worked& out) {
  Expression e(in.text("expression"));
  std::map<std::string, double> at;
  for (const auto& [name, text] : in.all())
    if (name != "expression") at[name] = in.number(name);
  const std::vector<std::string> names = e.names();
  for (const auto& [name, text] : in.all())
    if (name != "expression" && name != "x" && std::ranges::find(names, name) == names.end())
      throw Error(ErrorKind::usage, str("there is no '{}' in {}", name, report::shortened(in.text("expression"), 60)));
  const std::vector<Expression::Node> nodes = e.differentiate(at);
  std::vector<int> number(nodes.size(), 0);  // of the operations, from 1
  for (size_t i = 0, count = 0; i < nodes.size(); ++i)
    if (!nodes[i].inputs.empty()) number[i] = static_cast<int>(++count);
  const auto name_of = [&](int k) {
    const auto i = static_cast<size_t>(k);
    return number[i] > 0 ? str("u{}", number[i]) : nodes[i].text;
  };
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Expression::Node& n = nodes[i];
    if (n.inputs.empty() || number[i] > 8) continue;
    using Kind = Expression::Node::Kind;
    static constexpr const char* kSigns[] = {"", "", " + ", " - ", " * ", " / ", "^"};
    const std::string a = name_of(n.inputs[0]);
    const std::string how = n.kind == Kind::call     ? n.function + "(" + a + ")"
                            : n.kind == Kind::negate ? "-" + a
                                                     : a + kSigns[static_cast<size_t>(n.kind)] + name_of(n.inputs[1]);
    std::string slopes;
    for (size_t k = 0; k < n.inputs.size(); ++k)
      if (nodes[static_cast<size_t>(n.inputs[k])].kind != Kind::number)
        slopes += str("{} in {}: {:.6g}", slopes.empty() ? "slope" : ",", name_of(n.inputs[k]), n.local[k]);
    const bool kink = n.kind == Kind::call && (n.function == "relu" || n.function == "abs") && nodes[static_cast<size_t>(n.inputs[0])].value == 0;
    out.step(str("u{} = {} = {:.6g};  {}{};  of the end in u{}: {:.6g}", number[i], how, n.value, slopes, kink ? " (a kink: 0 by custom)" : "",
                 number[i], n.slope));
  }
  out.answer("value", nodes.back().value);
  for (const std::string& name : e.names()) {
    const double slope = e.slope_in(name);
    const Expression::Moved m = Expression(in.text("expression")).by_moving(name, at);
    const auto is_near = [](double a, double b) { return std::abs(a - b) <= 1e-3 * std::max(std::abs(a), std::abs(b)) + 1e-9; };
    if (is_near(m.slope, slope)) out.step(str("check: moving {} by {:.0e} moves the end by {:.8g} times that", name, m.step, m.slope));
    else if (std::isnan(m.down) && std::isnan(m.up)) out.step(str("check: the formula has no value beside this {}", name));
    else if (std::isnan(m.down)) out.step(str("check: {} can move up only; the slope there: {:.6g}", name, m.up));
    else if (std::isnan(m.up)) out.step(str("check: {} can move down only; the slope there: {:.6g}", name, m.down));
    else if (!is_near(m.down, m.up)) out.step(str("check: a kink: {:.6g} when {} moves down, {:.6g} when it moves up", m.down, name, m.up));
    else out.step(str("check: moving {} by {:.0e} gives {:.8g}: no step is both small and large enough here", name, m.step, m.slope));
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
     .names = "backward pass\nreverse-mode differentiation\n\ngradient",
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
     .code = "src/grimoire/op/gather.cpp: one_hot\nsrc/grimoire/op/embedding.cpp: the look-up",
     .mistake = "People say that numbering the names 0, 1, 2 would do as well; in fact that tells the model that 2 is twice 1 and that 1 lies between 0 and "
                "2.",
     .see = "embedding: the table itself\nneural-bigram: where it is all there is\nargmax: back from scores to a place",
     .sources = "Goodfellow, Bengio and Courville 2016, Deep Learning, section 12.4\nKarpathy 2022, makemore, part 1",
     .ask = "Which row of W does (0, 0, 1) W give? | The third, row number 2.",
     .more = "Any two one-hot vectors are equally far apart, so nothing is assumed about which names are alike; what is alike is learned in W. "
             "The product costs V x C for V names, the look-up only C: no library really multiplies. The slope goes the same way, into that one row."},
    {.id = "learning-rate",
     .title = "Learning rate",
     .names = "lr\nstep size\n\ngradient descent\nSGD",
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
     .see = "backprop: where the slope comes from\ngradient-stats: are the steps of a good size?\nvanishing-gradient: when no rate helps\n"
            "adam: a step for each weight",
     .sources = "Robbins and Monro 1951, A Stochastic Approximation Method\n"
                "Bengio 2012, Practical Recommendations for Gradient-Based Training of Deep Architectures, section 3.1",
     .ask = "w = 3, slope 4, rate .5. Where does the step end? | At 1.",
     .more = "On a bowl with curvature c the error is multiplied by 1 - lr c each step: below 2/c it shrinks, above it grows. The steepest direction sets "
             "the limit and the flattest "
             "the waiting time. Adam divides each slope by its recent size, so the same lr suits weights of unlike scales. A useful check is the ratio of "
             "update to weight, about 1/1000."},
    {.id = "neuron",
     .title = "Neuron",
     .names = "artificial neuron\nunit\n\nweighted sum\nactivation function",
     .what = "The part that neural networks are built of: it adds up its inputs, each times a weight, and bends the sum. The weights are what is learned.",
     .picture = "A committee member who listens to some more than to others, and to some with a minus sign, and then speaks up or stays silent.",
     .formula = "z = w_1 x_1 + ... + w_n x_n + b,   a = f(z)",
     .symbols = "x: inputs\nw: weights\nb: bias, a constant\nf: the bend (activation function), here relu: f(z) = max(z, 0)",
     .inputs = "x = 1,2: inputs\nw = 0.5,-1: weights\nb = 2: bias",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 1, 100), w = in.numbers("w", -1e6, 1e6, x.size(), x.size());
           const auto n = static_cast<int64_t>(x.size());
           const Tensor row = Tensor::from(x, {1, n}), weights = Tensor::from(w, {n, 1}), bias = Tensor::full({1}, in.number("b", -1e6, 1e6), Dtype::f64);
           const auto unit = [&](Activation f) { return linear(row, weights, bias, f).item(); };
           std::string sum;
           for (size_t i = 0; i < x.size() && i < 4; ++i) sum += str("{:.6g} x {:.6g} + ", w[i], x[i]);
           const double z = unit(Activation::none);
           out.step(str("z = {}{}{:.6g} = {:.6g}", sum, x.size() > 4 ? "... + " : "", bias.item(), z));
           out.step(str("relu keeps it if it is above 0, else gives 0; tanh and sigmoid flatten it"));
           out.answer("a with relu", unit(Activation::relu));
           out.answer("a with tanh", unit(Activation::tanh));
           out.answer("a with sigmoid", unit(Activation::sigmoid));
           out.answer("z", z);
         },
     .turn = "b = 1: the sum is negative, and relu gives 0. The bias sets how soon a unit speaks.",
     .commands = "grimoire explain chain-rule \"tanh(w*x)\" --value w=.5 --value x=2",
     .code = "src/grimoire/op/linear.cpp: linear",
     .mistake = "People say that such a unit works like a nerve cell; in fact it only borrowed the name: nerve cells send spikes in time, this is one "
                "weighted sum.",
     .see = "relu: the commonest bend\nbackprop: how its weights learn\nhyperplane-normal: what one unit can tell apart\nmlp: layers of them",
     .sources = "McCulloch and Pitts 1943, A Logical Calculus of the Ideas Immanent in Nervous Activity\n"
                "Rosenblatt 1958, The Perceptron: A Probabilistic Model for Information Storage and Organization in the Brain\n"
                "Minsky and Papert 1969, Perceptrons",
     .ask = "Inputs 1 and 1, weights 2 and -3, bias 0: what does a relu unit give? | 0, for the sum is -1.",
     .more = "Without a bend a stack of layers is one linear map, however deep. One unit splits its inputs by a flat border, so that it cannot compute the "
             "exclusive or of two inputs (Minsky and Papert); two units and a third on top can. A layer is many units with the same inputs: one "
             "product of matrices, which is how it is computed here."},
    {.id = "relu",
     .title = "ReLU",
     .names = "rectified linear unit\nrectifier",
     .what = "The simplest bend for a neural network: it keeps what is above 0 and turns everything else into 0.",
     .formula = "relu(x) = max(x, 0);   slope 1 for x > 0, else 0",
     .symbols = "x: what comes out of a weighted sum",
     .inputs = "x = -2,3: numbers",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e9, 1e9, 1, 100);
           const Tensor leaf = requires_grad(vector_of(x)), y = relu(leaf);
           backward(sum(y));
           const auto values = y.to_vector<double>(), slopes = grad(leaf).to_vector<double>();
           out.step(str("{} of {} numbers lie above 0 and pass", std::ranges::count_if(x, [](double v) { return v > 0; }), x.size()));
           out.answers("relu", values);
           out.answers("slope", slopes);
           const double reach = std::max(1.0, std::abs(*std::ranges::max_element(x, {}, [](double v) { return std::abs(v); })));
           out.show(Chart{.title = "relu(x); o: here",
                          .x_label = "x",
                          .series = {curve(-reach, reach, [](double v) { return relu(Tensor::scalar(v, Dtype::f64)).item(); }),
                                     {.name = "", .x = x, .y = values, .points = true}}});
         },
     .turn = "x = .001,1000: both slopes are 1; nothing saturates on that side.",
     .commands = "grimoire explain chain-rule \"relu(w*x)\" --value w=.5 --value x=2",
     .code = "src/grimoire/op/pointwise.h: relu",
     .mistake = "People say that two straight pieces cannot bend much; in fact sums of many such pieces come as near to any continuous curve as one likes.",
     .see = "neuron: where it stands\nsaturation: what it avoids on one side\nkaiming: the first weights that suit it\nfolding: what layers of it do",
     .sources = "Nair and Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines\n"
                "Glorot, Bordes and Bengio 2011, Deep Sparse Rectifier Neural Networks",
     .ask = "What are relu(-4) and relu(2.5)? | 0 and 2.5.",
     .more = "At 0 there is no slope in the strict sense; programs take 0, and it hardly ever matters. A unit whose sum is negative for every input gets "
             "no slope and does not learn (a dead unit); leaky forms give that side a small slope. GELU and SiLU are smooth relatives, common in "
             "transformers."},
    {.id = "adam",
     .title = "Adam",
     .names = "AdamW\nadaptive moment estimation\n\noptimiser",
     .what = "The usual way to move a network's weights: it averages the slopes of the last steps and gives every weight a step of its own size.",
     .picture = "Walkers with shoes of their own on one mountain: on a steep side they take short steps, on a flat one long ones, and a jolt does not turn "
                "them round at once.",
     .formula = "m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2\nw <- w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + 1e-8)",
     .symbols = "g: slope at step t = 1, 2, ...\nm, v: running means of g and g^2, from 0\nlr: learning rate",
     .inputs = "w = 1: weight\ng = 2,-1: its slope at each step\nlr = 0.1: learning rate\nb1 = 0.9: what m keeps\nb2 = 0.999: what v keeps",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Tensor w = Tensor::full({1}, in.number("w", -1e6, 1e6), Dtype::f64);
           const std::vector<double> slopes = in.numbers("g", -1e6, 1e6, 1, 1000);
           const double lr = in.number("lr", 0, 1e6);
           Parameters parameters({{"w", w}});
           Adam adam(parameters, {.beta1 = in.number("b1", 0, 0.999999), .beta2 = in.number("b2", 0, 0.999999)});
           double first = 0;
           for (size_t t = 0; t < slopes.size(); ++t) {
             const double before = w.item();
             adam.zero_grad();
             backward(w * slopes[t]);
             adam.step(lr);
             if (t == 0) first = w.item();
             if (t < 4) out.step(str("slope {:.6g}: w moves by {:.6g} to {:.8g}", slopes[t], w.item() - before, w.item()));
           }
           out.answer("w after the first step", first);
           out.answer("w in the end", w.item());
         },
     .turn = "g = 200,-100: slopes a hundred times as large, and the very same steps.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/a --optimizer adam",
     .code = "src/grimoire/optim/optimizer.cpp: Adam\nsrc/grimoire/optim/update_cpu.cpp: adam_range",
     .mistake = "People say that Adam makes the learning rate a matter of no account; in fact it is nearly the length of a step, and still the first setting "
                "to try.",
     .see = "learning-rate: the plain step\nema: the running means\nmomentum: the mean of slopes alone\nl2: AdamW's decay",
     .sources = "Kingma and Ba 2015, Adam: A Method for Stochastic Optimization, algorithm 1\n"
                "Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization\n"
                "Reddi, Kale and Kumar 2018, On the Convergence of Adam and Beyond",
     .ask = "The first slope is 5, lr is .01. How far does Adam's first step go? | .01: the first step is lr long whatever the slope.",
     .more = "After one step the corrected means are g and g^2, so the step is lr times the sign of g (but for the 1e-8). Later it is long where slopes agree "
             "and short where they change sign. Kingma and Ba propose b1 = .9, b2 = .999; the program's b2 is .99 unless asked otherwise. "
             "AdamW shrinks the weights apart from the slopes. Reddi and others give a convex problem on which Adam does not converge, and a repair "
             "(AMSGrad). SGD with momentum sometimes ends in models that do better on new data; when it does is disputed."},
    {.id = "relative-step",
     .title = "Relative step",
     .names = "scaled learning rate",
     .what = "Measures each step of the optimiser by the weights that it changes: large weights take large steps, small ones small steps.",
     .picture = "A tailor lengthens every part of a coat by one hundredth. An inch more all over would hardly show at the back and would ruin the cuffs.",
     .formula = "step = lr max(.001, RMS(w)) u,   RMS(w) = sqrt(mean of w_i^2)",
     .symbols = "w: the numbers of one parameter, a matrix say\nlr: learning rate, now a share\nu: the optimiser's step for a learning rate of 1",
     .inputs = "w = 30,-40,0,50: a parameter\nlr = 0.01: learning rate",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> numbers = in.numbers("w", -1e6, 1e6, 1, 100);
           const double lr = in.number("lr", 0, 1e6);
           const Tensor w = Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
           const double rms = std::sqrt(mean(square(w)).item());
           Parameters parameters({{"w", w}});
           Adam adam(parameters, {.eps = 0, .relative_step = true});
           backward(sum(w));
           adam.step(lr);
           out.step(str("RMS(w) = {:.6g}", rms));
           out.step(str("Adam's first step would be {:.6g} long; here it is {:.6g} times that", lr, rms));
           out.answer("RMS of the parameter", rms);
           out.answer("length of the first step", numbers[0] - w.data<double>()[0]);
         },
     .turn = "w = 0,0: what is zero still moves, by a thousandth of lr.",
     .commands = "grimoire train --model gpt --data a.txt --out g --relative-step --lr .01",
     .code = "src/grimoire/optim/optimizer.cpp: Adam::update",
     .mistake = "People say that Adam takes the scale out of training; in fact it takes the scale of the slopes out, not that of the weights.",
     .see = "adam: whose step it is\nlearning-rate: what becomes a share\nt5: is trained so",
     .sources = "Shazeer and Stern 2018, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost, section 8",
     .ask = "A matrix's numbers are about 2 in size and lr is .01. How long is a step? | About .02: a hundredth of what they are.",
     .more = "T5's embeddings begin with a spread of 1 and its other weights with less than .1: one learning rate is too small for the former or too large "
             "for the latter. Steps below a thousandth of lr are not made shorter, so that a parameter that begins at zero can leave it."},
    {.id = "dropout",
     .title = "Dropout",
     .names = "dropping units",
     .what = "Switches off random units at every training step, so that no unit comes to lean on a single other one. It is a cure for overfitting.",
     .picture = "A team in which somebody is missing every day: soon each task can be done by more than one. At the match all play.",
     .formula = "training: y_i = 0 with probability p, else x_i / (1 - p);   in use: y = x",
     .symbols = "x: activations of a layer\np: share that is dropped, below 1",
     .inputs = "x = 1,2,3,4: activations\np = 0.5: share dropped\nseed = 1: which random numbers",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 1, 100);
           const double p = in.number("p", 0, 0.99);
           const auto seed = static_cast<uint64_t>(in.integer("seed", 0, 1000000000));
           constexpr uint32_t kDraws = 1000;
           std::vector<double> mean(x.size()), first;
           double factor = 0;
           for (uint32_t step = 0; step < kDraws; ++step) {
             const auto y = dropout(vector_of(x), p, {seed, 0, step}).to_vector<double>();
             if (step == 0) first = y;
             for (size_t i = 0; i < y.size(); ++i) {
               mean[i] += y[i] / kDraws;
               if (y[i] != 0) factor = y[i] / x[i];
             }
           }
           out.step(str("what is kept is divided by 1 - {:.6g}, so that the mean stays", p));
           out.step(str("mean of {} draws: {}, against {}", kDraws, list_of(mean, 4), list_of(x, 4)));
           out.answer("what is kept is multiplied by", factor);
           out.answers("first draw", first);
           out.answer("mean of the first unit over 1000 draws", mean[0]);
         },
     .turn = "another seed drops others. p = .9: most are gone and the rest are ten times as large.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/a --dropout .2",
     .code = "src/grimoire/op/dropout.cpp: dropout\nsrc/grimoire/nn/dropout.h: only in training",
     .mistake = "People say that dropout makes a network smaller; in fact in use all units work. Who leaves it on then gets answers that change from one "
                "call to the next.",
     .see = "overfitting: what it is against\nrandom-forest: averaging many models\nl2: another penalty on leaning hard",
     .sources = "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting",
     .ask = "x = 3 is kept by a dropout with p = .25. What does it become in training? | 4: it is divided by .75.",
     .more = "Every step trains one of 2^n thinned networks that share their weights; using the whole network stands in for averaging them. The noise has "
             "a variance of x^2 p / (1 - p) in each unit. The first papers scaled the weights in use instead; dividing in training is the same and leaves "
             "the network in use untouched. Large language models that see each text once are often trained without it."},
    {.id = "recompute",
     .title = "Recomputation",
     .names = "gradient checkpointing\nactivation checkpointing\nactivation recompute",
     .what = "Keeps only what goes into each layer on the way forward, and computes the layer's inside again when its slopes are due: less memory, more time.",
     .picture = "A hiker notes the huts and not every turn, and walks each stage once more to find the way back. It breaks where a stage cannot be repeated.",
     .formula = "held at once: k + n / k instead of n;   least for k = sqrt(n)",
     .symbols = "n: results on the way forward, one a unit of memory\nk: equal groups of them, each computed again from its input",
     .inputs = "n = 96: results\nk = 6: groups",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 2000), k = in.integer("k", 1, n);
           const Chain kept = chain_of(n, 0), again = chain_of(n, k);
           out.step(str("kept: {} results when the walk back begins, each computed once", kept.held));
           out.step(str("again: {} inputs, and {} results of the group that is walked through", k, again.held - k));
           out.step(str("slopes at the start: {:.6g} and {:.6g}", kept.slope, again.slope));
           out.answer("held at once", static_cast<double>(again.held));
           out.answer("share of what is held without", static_cast<double>(again.held) / static_cast<double>(kept.held));
           out.answer("computations for each before", static_cast<double>(again.runs) / static_cast<double>(kept.runs));
           out.answer("difference of the slopes", again.slope - kept.slope);
         },
     .turn = "k = 10, about sqrt(96): the least. k = 1: all again, held as before.",
     .commands = "grimoire train --data input.txt --out a --n-layer 12 --recompute --dry-run",
     .code = "src/grimoire/autograd/tape.cpp: recomputed\nsrc/grimoire/nn/recompute.cpp: dropouts are drawn again",
     .mistake = "People say that a step then takes twice as long; in fact walking back costs twice a walk forward, so that 3 parts become 4.",
     .see = "backprop: what needs the inside of layers\nmini-batch: what the memory may go to\ndropout: must fall on the same units again",
     .sources = "Chen, Xu, Zhang and Guestrin 2016, Training Deep Nets with Sublinear Memory Cost\n"
                "Griewank and Walther 2000, Algorithm 799: revolve",
     .ask = "100 results in 10 groups: how many are held at once? | 10 inputs and 10 of a group: 20.\n"
            "Does a model learn anything else with it? | No: the numbers are the same.",
     .more = "With k equal groups k inputs are kept, and the inside of one group at a time: k + n/k, which is least where both are alike. Groups within groups "
             "go on to log(n) memory for n log(n) time (Griewank and Walther). Of a transformer the groups are its layers: of about 16 results of a layer "
             "one is kept. What the output layer and the loss hold stays as it is, and so do weights, slopes and the optimiser's state: where these are the "
             "larger part, little is won. Dropout must drop the same again; here it is a function of seed, step and place, and nothing is stored for it."},
    {.id = "epoch",
     .title = "Epoch",
     .names = "pass over the data\n\nbatch",
     .what = "One pass of training over all the data: every example has been used once. It makes lengths of training comparable.",
     .picture = "Going through a pack of flash cards once, a handful at a time, and shuffling it before the next round.",
     .formula = "epochs = steps B / n",
     .symbols = "n: training examples\nB: batch, the examples used in one step\nsteps: updates of the weights",
     .inputs = "n = 1000: training examples\nB = 32: batch\nsteps = 100: updates",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 100000), batch = in.integer("B", 1, 10000), steps = in.integer("steps", 1, 10000);
           if (steps * batch > 2000000) in.refuse("steps", "at most 2000000 examples in all, steps x B");
           Rng rng(RngMode::philox, 0, "batches");
           Batcher batcher(n, batch, Sampling::epochs, rng);
           std::vector<double> seen(static_cast<size_t>(n));
           for (int64_t step = 0; step < steps; ++step)
             for (const int64_t example : batcher.batch(step)) ++seen[static_cast<size_t>(example)];
           out.step(str("{} x {} = {} examples used, {} there are", steps, batch, steps * batch, n));
           const auto [least, most] = std::ranges::minmax(seen);
           out.step(str("dealt out just now: each example came {:.0f} to {:.0f} times", least, most));
           out.answer("epochs", static_cast<double>(steps * batch) / static_cast<double>(n));
           out.answer("steps of one epoch, rounded up", static_cast<double>((n + batch - 1) / batch));
           out.answer("least often used", least);
           out.answer("most often used", most);
         },
     .turn = "double B: the same steps are twice the epochs. Compare runs by one of the two, and say by which.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/a --steps 2000\ngrimoire doctor runs/a",
     .code = "src/grimoire/data/batcher.cpp: Batcher",
     .mistake = "People say that a model must see its data many times; in fact large language models often see most of theirs about once, and small sets "
                "are overfitted by too many rounds.",
     .see = "learning-rate: how far each step goes\noverfitting: too many rounds\ntrain-vs-test: how to tell when to stop\nmini-batch: the handful",
     .sources = "Goodfellow, Bengio and Courville 2016, Deep Learning, sections 7.8 and 8.1.3",
     .ask = "6000 examples, batches of 60: how many steps are three epochs? | 300.",
     .more = "Shuffling before every round matters when the data lie in an order, by class or by date. Some programs draw every batch afresh instead; then an "
             "epoch is only a count, and after one of them a share of about 1/e = 37 % of the examples has not been seen. The usual way to choose the "
             "number of epochs is early stopping: go on until the held-out loss has not fallen for some time."},
};

}  // namespace

const Family kNn = {"nn", "Neural networks", kConcepts};

}  // namespace grim::learn
