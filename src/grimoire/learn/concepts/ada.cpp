// Adaptation: smaller, cheaper and joined models made from models that exist.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/adapt/merge_method.h"
#include "grimoire/autograd/tape.h"
#include "grimoire/base/json.h"
#include "grimoire/base/str.h"
#include "grimoire/io/stored_type.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/model/register.h"
#include "grimoire/nn/dora.h"
#include "grimoire/nn/ia3.h"
#include "grimoire/op/fake_quantise.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/straight_through.h"
#include "grimoire/op/view.h"
#include "grimoire/stats/assignment.h"
#include "grimoire/task/distill.h"
#include "grimoire/tensor/copy.h"

namespace grim::learn {
namespace {

std::vector<double> softened(std::vector<double> z, double T) {
  for (double& v : z) v /= T;
  return softmax(Tensor::from(z, {static_cast<int64_t>(z.size())}), 0).to_vector<double>();
}

// Units of a hidden layer, a row (in, out) each: sum of out relu(in x).
double hidden_layer(const std::vector<std::vector<double>>& units, double x) {
  double y = 0;
  for (const auto& u : units) y += u[1] * std::max(0.0, u[0] * x);
  return y;
}
// One weight of a common start and of models made from it.
MergeCase merge_case(double base, const std::vector<double>& models, const std::vector<double>& weights) {
  MergeCase c{.base = Tensor::full({1}, base)};
  for (size_t k = 0; k < models.size(); ++k) {
    c.models.push_back(Tensor::full({1}, models[k]));
    c.of_models.push_back({{"weight", weights[k]}});
  }
  return c;
}
double six_digits(double v) { return std::stod(str("{:.6g}", v)); }  // of a number in f32

std::vector<std::vector<double>> mean_of(const std::vector<std::vector<double>>& a, const std::vector<std::vector<double>>& b) {
  auto c = a;
  for (size_t i = 0; i < a.size(); ++i) c[i] = {(a[i][0] + b[i][0]) / 2, (a[i][1] + b[i][1]) / 2};
  return c;
}

Tensor column_of(const std::vector<double>& v) { return reshape(vector_of(v), {static_cast<int64_t>(v.size()), 1}); }

const Concept kConcepts[] = {
    {.id = "distillation",
     .title = "Distillation",
     .names = "teacher\nstudent\nknowledge distillation",
     .what = "Teaching a small model to answer like a large one, doubts included, so that it does better than if it were trained on the "
             "bare labels alone.",
     .picture = "A master who does not only say \"it is a wolf\" but also \"it might be a dog, and hardly a teapot\". That ranking of wrong answers is what "
                "the pupil lives on.",
     .formula = "p_i = softmax(z / T)_i;   loss = T^2 KL(p_teacher, p_student)",
     .symbols = "z: the model's scores\nT: temperature, 1 as trained, larger is softer",
     .inputs = "z = 2,0: the teacher's scores\nT = 2: temperature",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> z = in.numbers("z", -1e6, 1e6);
           const double T = in.number("T", 1e-6, 1e6);
           const auto sharp = softened(z, 1), soft = softened(z, T);
           out.step(str("z / T = {:.6g}, {:.6g}{}", z[0] / T, z.size() > 1 ? z[1] / T : z[0] / T, z.size() > 2 ? ", ..." : ""));
           out.answer("first class at T = 1", sharp[0]);
           out.answer(str("first class at T = {:.6g}", T), soft[0]);
           Bars bars{"", {}, {}};
           for (size_t i = 0; i < z.size() && i < 3; ++i) {
             bars.labels.push_back(str("{} at 1", i)), bars.values.push_back(sharp[i]);
             bars.labels.push_back(str("{} at {:.4g}", i, T)), bars.values.push_back(soft[i]);
           }
           out.show(std::move(bars));
         },
     .turn = "T=100: all classes look alike. T=0.1: only the first is left, as a plain label.",
     .commands = "grimoire distill runs/sst2 --data train.tsv --student-layers 0,2,4 --out DIR",
     .code = "src/grimoire/task/distill.cpp: soft_loss",
     .mistake = "People say that the student copies the teacher's weights; in fact it is trained on the teacher's probabilities, and may have quite another "
                "shape.",
     .see = "distillation-loss: worked out\nsoftmax: temperature's place\ndistilbert: a famous student\nquantization: smaller by another road",
     .sources = "Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network, section 2\n"
                "Bucila, Caruana and Niculescu-Mizil 2006, Model Compression",
     .ask = "Which way do the probabilities go when the temperature rises? | Towards equal.",
     .more = "The factor T^2 keeps the slopes at one size, since they shrink with 1/T^2. For large T the loss turns into the squared difference of the "
             "scores, once their means "
             "are taken out. A part of plain cross-entropy with the true labels is usually added."},
    {.id = "distillation-loss",
     .title = "Distillation loss",
     .names = "dark knowledge\ntemperature in distillation",
     .what = "How far a student's softened answers are from its teacher's: soft targets are the teacher's probabilities of all classes, flattened by a "
             "temperature.",
     .picture = "Marking not only the right answer but giving points for near misses: who writes \"dog\" for a wolf loses less than who writes \"teapot\".",
     .formula = "loss = T^2 sum p_k ln(p_k / q_k);   slope in the student's z_k = T (q_k - p_k)",
     .symbols = "p, q: softmax(z / T) of teacher and student\nz: scores\nT: temperature",
     .inputs = "teacher = 4,2,0: its scores\nstudent = 1,0,0: its scores\nT = 2: temperature",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> z = in.numbers("teacher", -1e6, 1e6, 2, 16);
           const std::vector<double> own = in.numbers("student", -1e6, 1e6, z.size(), z.size());
           const double T = in.number("T", 1e-6, 1e6);
           const auto p = softened(z, T), q = softened(own, T);
           out.step(str("p = {:.4f}, {:.4f}{}   q = {:.4f}, {:.4f}{}", p[0], p[1], p.size() > 2 ? ", ..." : "", q[0], q[1], q.size() > 2 ? ", ..." : ""));
           const auto K = std::ssize(z);
           const Tensor scores = requires_grad(Tensor::from(own, {1, K}));
           const Tensor loss = soft_loss(scores, Tensor::from(z, {1, K}), T);
           backward(loss, Tensor::full({1}, 1, Dtype::f64));
           out.answer("loss", loss.at({0}));
           out.answer("slope in the first score", grad(scores).at({0, 0}));
           out.answer("slope in the second", grad(scores).at({0, 1}));
         },
     .turn = "student=4,2,0: nothing is left to learn. T=100: what counts are differences of scores, of unlikely classes too.",
     .commands = "grimoire distill A --data a.tsv --temperature 4 --student-layers 0,2 --out B",
     .code = "src/grimoire/task/distill.cpp: soft_loss",
     .mistake = "People say that the temperature stays on when the student is used; in fact it answers at T = 1, and is the surer for it.",
     .see = "distillation: what it is for\nkl: the loss without T\nlabel-smoothing: soft targets that know nothing\nlogit: what T divides",
     .sources = "Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network, section 2",
     .ask = "Why is the loss multiplied by T^2? | Slopes shrink with 1/T^2: it keeps their size, whatever T is.",
     .more = "With T = 1 and a teacher that is certain this is cross-entropy, slope q - y. For large T the slope nears (z_student - z_teacher) / K, once each "
             "side's mean is taken off: the student then copies scores, those of very unlikely classes as eagerly as others."},
    {.id = "peft",
     .title = "Parameter-efficient fine-tuning",
     .what = "Adapting a large model by training only a small share of its numbers, so that each new task costs megabytes instead of gigabytes.",
     .picture = "Spectacles instead of eye surgery: the eye stays as it is, and another task needs another pair.",
     .formula = "share = trained / all;   LoRA on q, k, v: trained = L r (C + 3 C)",
     .symbols = "L: layers\nC: width\nr: rank of the update in each layer\nall: parameters of the model, GPT-2's shape",
     .inputs = "L = 12: layers\nC = 768: width\nr = 8: rank",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t L = in.integer("L", 1, 1000), C = in.integer("C", 1, 100000), r = in.integer("r", 1, C), trained = L * r * (C + 3 * C);
           const int64_t all = parameter_count(Json::object(
               {{"model_type", "gpt2"}, {"n_layer", L}, {"n_embd", C}, {"n_head", 1}, {"vocab_size", 50257}, {"n_positions", 1024}}));
           out.step(str("trained: {} x {} x ({} + {}) = {}", L, r, C, 3 * C, with_commas(trained)));
           out.step(str("the model: {}", with_commas(all)));
           out.answer("share", static_cast<double>(trained) / static_cast<double>(all));
           out.answer("bytes of the adapter, bf16", 2 * static_cast<double>(trained));
         },
     .turn = "r=64: eight times the share, still under two per cent.",
     .commands = "grimoire finetune gpt2 --task lm --data n.txt --adapter lora --out A",
     .code = "src/grimoire/model/register.cpp: parameter_count",
     .mistake = "People say that it makes training as much faster as it trains fewer weights; in fact the whole model still runs forward and slopes pass "
                "through it: "
                "what shrinks most is memory.",
     .see = "lora: the commonest kind\nfine-tuning: all the weights\nquantization: for the frozen part",
     .sources = "Houlsby et al. 2019, Parameter-Efficient Transfer Learning for NLP\nHu et al. 2022, LoRA: Low-Rank Adaptation of Large Language Models",
     .ask = "Of 100 million weights 250,000 are trained. Which share is that? | .0025, a quarter of a per cent.",
     .more = "Frozen weights need no gradient and no optimiser state: AdamW keeps two more numbers for each trained weight. Other kinds train small layers "
             "in between (adapters), "
             "vectors before the input (prompt and prefix tuning), or gains (IA3). On tasks far from pre-training a small share may not suffice (Biderman "
             "et al. 2024, LoRA Learns Less and Forgets Less)."},
    {.id = "lora",
     .title = "LoRA",
     .names = "low-rank adaptation",
     .what = "Leaving a model's matrices as they are and learning a thin correction beside each, which can be put on and taken off.",
     .picture = "A transparent sheet over a printed map: corrections are drawn on the sheet. It has room for few kinds of correction, and that is mostly "
                "enough.",
     .formula = "W' = W + (alpha / r) B A",
     .symbols = "W: frozen, out x in\nA: r x in, random at first\nB: out x r, zero at first\nr: rank\nalpha: scale of the update",
     .inputs = "in = 768: columns of W\nout = 768: rows of W\nr = 8: rank",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t columns = in.integer("in", 1, 1000000), rows = in.integer("out", 1, 1000000), r = in.integer("r", 1, std::min(rows, columns));
           const double thin = static_cast<double>(r * (columns + rows)), full = static_cast<double>(rows * columns);
           out.step(str("A: {} x {}, B: {} x {}", r, columns, rows, r));
           out.step(str("{} ({} + {}) = {}", r, columns, rows, with_commas(static_cast<int64_t>(thin))));
           out.answer("weights of the update", thin);
           out.answer("weights of W", full);
           out.answer("per cent", 100 * thin / full);
         },
     .turn = "r=384: here the update has as many weights as W, and nothing is saved.",
     .commands = "grimoire finetune B --task classify --data r.csv --adapter lora --out A\ngrimoire adapter merge A --out M",
     .code = "src/grimoire/nn/lora.cpp: apply",
     .mistake = "People say that LoRA replaces the matrix by a sparse one; in fact W stays whole and the update is of low rank: all of its entries may "
                "differ from 0.",
     .see = "low-rank: what B A can be\npeft: the wish behind it\ndora: lengths apart from directions\nia3: factors instead of matrices",
     .sources = "Hu et al. 2022, LoRA: Low-Rank Adaptation of Large Language Models, section 4.1\n"
                "Aghajanyan et al. 2021, Intrinsic Dimensionality Explains the Effectiveness of Language Model Fine-Tuning",
     .ask = "How many weights has a LoRA of rank 4 on a 100 x 100 matrix? | 4 x (100 + 100) = 800.",
     .more = "As B is zero at the start, training begins at exactly the given model. After training (alpha / r) B A can be added into W once, and then "
             "costs nothing; or several adapters share "
             "one W and are chosen for each request. alpha keeps the learning rate usable when r changes; with large r a division by the root of r works "
             "better (Kalajdzievski 2023)."},
    {.id = "dora",
     .title = "DoRA",
     .names = "weight-decomposed low-rank adaptation",
     .what = "LoRA whose correction turns the columns of a matrix, while a number beside each says how long it is: fine-tuning changes the two apart, too.",
     .picture = "A compass and a pedometer: one learns where to go, the other how far. They are set apart, though a walk is always both.",
     .formula = "w' = m (w + u) / |w + u|",
     .symbols = "w: a frozen column of the matrix\nu: what B A alpha / r adds to it\nm: its length from now on, |w| at first",
     .inputs = "w = 3,4: the column\nu = 1,-1: the update\nm = 10: the length",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> w = in.numbers("w", -1e6, 1e6), u = in.numbers("u", -1e6, 1e6);
           if (u.size() != w.size()) in.refuse("u", str("{} numbers, one for each of w", w.size()));
           Rng nothing_drawn(RngMode::unset, 0);
           const NoGrad evaluated;
           const Dora dora(std::make_unique<Dense>(column_of(w)), 1, 1, nothing_drawn);
           copy_into(dora.a(), transpose(column_of(u), 0, 1));
           fill(dora.b(), 1);
           std::vector<double> sum;
           for (size_t i = 0; i < w.size(); ++i) sum.push_back(w[i] + u[i]);
           const double square = std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0);
           if (square == 0) in.refuse("u", "an update that does not take all of w away");
           out.step(str("w + u = {}, of length {:.6g}", list_of(sum), std::sqrt(square)));
           for (const NamedTensor& p : dora.parameters())
             if (p.name == "lora_magnitude_vector") fill(p.tensor, in.number("m", -1e6, 1e6));
           out.answers("w'", dora.dense().to_vector<double>());
         },
     .turn = "u=0,0, m=5: nothing has been learned, and w' is w. u=3,4: longer in its own direction, which m undoes.",
     .commands = "grimoire finetune B --task classify --data r.csv --adapter dora --out A",
     .code = "src/grimoire/nn/dora.cpp: apply",
     .mistake = "People say that it costs what LoRA does; in fact each step makes the whole W + B A once more, to know how long its columns are.",
     .see = "lora: without the lengths\npeft: the wish behind both\nlow-rank: what B A can be",
     .sources = "Liu et al. 2024, DoRA: Weight-Decomposed Low-Rank Adaptation, equation 5\n"
                "Salimans and Kingma 2016, Weight Normalization",
     .ask = "w = (3, 4), and the update is zero. What is m? | 5: the length of w, so that nothing changes at first.",
     .more = "The gradient takes |w + u| for a constant (section 4.3), which saves memory and costs no accuracy. Merged into the matrix it costs nothing; "
             "but it cannot be taken out again, since |w + u| is kept nowhere."},
    {.id = "ia3",
     .title = "IA3",
     .names = "(IA)^3\nIA^3\ninfused adapter",
     .what = "Teaching a model by a factor for each of some numbers inside it: what matters for the task is turned up, the rest down, and the matrices stay.",
     .picture = "A mixing desk behind a band: nobody plays anything new, yet the song may be another one. A tune that nobody plays no slider can bring.",
     .formula = "y = l (W x + b)",
     .symbols = "W, b: frozen\nl: a factor for each output, 1 at first",
     .inputs = "W = 1,2;3,-1: rows of W\nx = 2,1: the input\nl = .5,2: the factors",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto W = in.matrix("W");
           const std::vector<double> x = in.numbers("x", -1e6, 1e6), l = in.numbers("l", -1e6, 1e6);
           if (x.size() != W[0].size()) in.refuse("x", str("{} numbers, one for each column of W", W[0].size()));
           if (l.size() != W.size()) in.refuse("l", str("{} numbers, one for each row of W", W.size()));
           const NoGrad evaluated;
           const Ia3 ia3(std::make_unique<Dense>(copy(transpose(matrix_of(W), 0, 1))), Ia3Side::output);
           out.step(str("W x = {}", list_of(ia3.base().apply(reshape(vector_of(x), {1, -1}), {}, Activation::none).to_vector<double>())));
           copy_into(ia3.gains(), column_of(l));
           out.answers("y", ia3.apply(reshape(vector_of(x), {1, -1}), {}, Activation::none).to_vector<double>());
           out.answers("first row of l W", select(transpose(ia3.dense(), 0, 1), 0, 0).to_vector<double>());
         },
     .turn = "l=0,1: an output is shut off, and no merged matrix tells what it was.",
     .commands = "grimoire finetune B --task classify --data r.csv --adapter ia3 --out A",
     .code = "src/grimoire/nn/ia3.cpp: apply",
     .mistake = "People say that so few numbers cannot teach anything; in fact they did better than in-context examples on the tasks it was made for, if not "
                "everywhere as well as LoRA.",
     .see = "lora: an update of any direction\npeft: the wish behind it\nfew-shot: what it was to replace",
     .sources = "Liu et al. 2022, Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context Learning, section 3.3",
     .ask = "A matrix is 768 x 768. How many numbers learn beside it? | 768: one for each output.",
     .more = "It stands at keys and values, and at the input of the second layer of feed-forward parts: y = W (l x) + b. Merged it costs nothing, since l goes "
             "into the rows of W, and into b. Numbers for a task fit into some hundred kilobytes, and a batch may hold texts of several tasks, each with "
             "its own."},
    {.id = "ste",
     .title = "Straight-through estimator",
     .what = "Training through a step such as rounding, which has no useful slope, by pretending on the way back that it was not there.",
     .picture = "A clerk who rounds every bill but passes complaints on unchanged. The sender hears what to change, though not exactly, since the rounding "
                "is kept from him.",
     .formula = "forward  y = round(x);   backward  dx = dy",
     .symbols = "x: what goes in\ny: rounded\ndy: slope of the loss in y\ndx: what is handed on for x; the true slope is 0",
     .inputs = "x = 2.3: goes in\ndy = 1: slope from above",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Tensor x = Tensor::scalar(in.number("x", -1e15, 1e15), Dtype::f64);
           requires_grad(x);
           const Tensor y = round_ste(x);
           backward(y, Tensor::scalar(in.number("dy", -1e100, 1e100), Dtype::f64));
           out.step(str("round({:.8g}) = {:.8g}: flat around x, its own slope is 0", x.item(), y.item()));
           out.step(str("handed on all the same: {:.8g}", grad(x).item()));
           out.answer("y", y.item());
           out.answer("dx", grad(x).item());
         },
     .turn = "x=2.4: y does not move, which is why the true slope would teach nothing.",
     .commands = "grimoire train --model gpt --data input.txt --qat int4 --out runs/int4",
     .code = "src/grimoire/op/straight_through.cpp: round_ste",
     .mistake = "People say that it computes the slope of rounding; in fact it makes one up: a biased stand-in that works because it mostly points the "
                "right way.",
     .see = "qat: what it trains for\nquantization: rounding afterwards\nbackprop: the way back\ngating: another choice without a slope",
     .sources = "Bengio, Leonard and Courville 2013, Estimating or Propagating Gradients Through Stochastic Neurons, section 4\n"
                "Yin et al. 2019, Understanding Straight-Through Estimator in Training Activation Quantized Neural Nets",
     .ask = "Forward 2.7 is rounded to 3; the slope from above is -2. What does the straight-through estimator hand on? | -2.",
     .more = "For signs the slope is often passed only where |x| <= 1: beyond that a step cannot flip the sign soon, and weights would run away. The "
             "weights are kept in full precision and rounded "
             "in each forward pass, so that many small steps can add up to one that changes the rounded value."},
    {.id = "quantization",
     .title = "Quantisation",
     .names = "int8\nrounding weights",
     .what = "Storing a model's numbers with few bits each, so that it takes a quarter of the room and answers faster.",
     .picture = "A ruler without the small marks: every length is written as the nearest whole mark. One very long thing in the set makes all marks coarse.",
     .formula = "q = round(w / s),   w^ = s q,   s = largest / (2^(b-1) - 1)",
     .symbols = "w: a weight\ns: distance between marks\nq: a whole number of b bits\nw^: what is read back; off by at most s / 2",
     .inputs = "w = 0.3: a weight\nlargest = 1: largest size in its group\nb = 8: bits",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double largest = in.number("largest", 1e-30, 1e30), w = in.number("w", -largest, largest);
           const double marks = std::ldexp(1, static_cast<int>(in.integer("b", 2, 24)) - 1) - 1, s = largest / marks;
           const double q = round_ste(Tensor::scalar(w / s, Dtype::f64)).item();
           out.step(str("s = {:.6g} / {:.0f} = {:.8g}", largest, marks, s));
           out.step(str("w / s = {:.8g}, rounded {:.0f}", w / s, q));
           out.step(str("error {:.3g}, at most s / 2 = {:.3g}", s * q - w, s / 2));
           out.answer("q", q);
           out.answer("read back", s * q);
         },
     .turn = "largest=10: one outlier, and the marks stand ten times as far apart. b=4: only 15 values are left.",
     .commands = "grimoire quantize models/smollm2 --type q4_0 --out smollm2-q4.gguf",
     .code = "src/grimoire/op/straight_through.cpp: round_ste",
     .mistake = "People say that a quarter of the bits means four times the speed; in fact writing one token is bound by reading the weights, so there it "
                "nearly is; "
                "reading a long prompt is bound by arithmetic, and there it is not.",
     .see = "ste: training with it\ndistillation: fewer weights instead\nlora: adapting a quantised model",
     .sources = "Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, section 2\n"
                "Dettmers et al. 2022, LLM.int8(): outliers in transformers",
     .ask = "With marks s = 0.1, how is 0.27 stored, and what is read back? | As q = 3, read back as 0.3.",
     .more = "Marks are chosen for each row or each group of 32 to 128 weights, so that an outlier spoils only its group. Affine forms add a zero point for "
             "numbers that are not around 0. "
             "Weights take to it better than activations, in which a few channels are far larger than the rest."},
    {.id = "qlora",
     .title = "QLoRA",
     .names = "LoRA over a quantised model",
     .what = "Adapters that learn beside a model held in 4 or 8 bits: what is frozen takes a few bits, what learns stays exact.",
     .picture = "A book in small print with wide margins: the print saves paper and is read to the letter, and all that is written goes into the margins.",
     .formula = "bytes = N b / 8 + 16 n",
     .symbols = "N: weights that are frozen\nb: bits of each, its share of a block's scale with them\nn: weights that learn\n16: bytes of one in float32, its "
                "gradient and Adam's two moments",
     .inputs = "N = 7000000000: frozen\nn = 4000000: learning\ntype = Q4_0: of the frozen ones",
     .compute =
         [](const Inputs& in, Worked& out) {
           const StoredType* const type = stored_type(in.text("type"));
           if (!type || type->bytes == 0) in.refuse("type", str("one of {}", readable_types()));
           const double N = static_cast<double>(in.integer("N", 1, int64_t{1} << 45)), n = static_cast<double>(in.integer("n", 1, int64_t{1} << 45));
           const double b = 8.0 * static_cast<double>(type->bytes) / static_cast<double>(type->block);
           out.step(str("{} numbers take {} bytes: b = {:.6g}", type->block, type->bytes, b));
           out.step(str("all weights in float32, trained: 16 N = {:.6g} GB", 16 * N / 1e9));
           out.answer("GB of what is frozen", N * b / 8e9);
           out.answer("GB of what learns", 16 * n / 1e9);
         },
     .turn = "type=F16: LoRA over the model as it came. n=7000000000: with as many to learn, what the few bits save hardly shows.",
     .commands = "grimoire finetune M --task lm --adapter lora --base-dtype q4_0 --data B",
     .code = "src/grimoire/hub/few_bits.cpp: hold_base",
     .mistake = "People say that the model is trained in 4 bits; in fact nothing of 4 bits changes: matrices are unpacked as they are needed, products are "
                "of bf16 or float32 numbers, and gradients go through them to the adapters alone.",
     .see = "lora: what learns\nquantization: what is frozen\nbf16: what is computed with\nqat: training the rounded weights themselves",
     .sources = "Dettmers et al. 2023, QLoRA: Efficient Finetuning of Quantized LLMs, section 3\nggml, block_q4_0: the blocks that are used here",
     .ask = "A frozen matrix of 1,000,000 weights at 4.5 bits each: how many bytes? | 562,500.",
     .more = "The paper's 4-bit type puts its 16 values where normal numbers are dense (NF4), and rounds the scales too. What was learned fits the rounded "
             "model best, and makes up for some of its errors; beside the exact one it is nearly as good."},
    {.id = "qat",
     .title = "Quantisation-aware training",
     .names = "QAT\nfake quantisation",
     .what = "Training with weights rounded as they will be stored, while exact ones are kept and changed: the model learns to live with its rounding.",
     .picture = "Rehearsing in the hall where the concert will be, with its echo: what sounds wrong there is put right before the evening.",
     .formula = "w^ = d clamp(round(w / d), -8, 7);   dw = dw^, or 0 where it was clamped",
     .symbols = "w: exact weights of a block\nd: its scale; the farthest weight is -8 d\nw^: what layers compute with\ndw^: slope of the loss in w^, here 1",
     .inputs = "w = -8,7.4,7.6: weights of a block of 32, the others 0",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> given = in.numbers("w", -1e4, 1e4, 1, 32);
           std::vector<double> block = given;
           block.resize(32, 0);
           const Tensor w = Tensor::from(block, {1, 32});
           requires_grad(w);
           const Tensor held = fake_quantise(w, FakeBits::int4);
           backward(held, Tensor::full({1, 32}, 1, Dtype::f64));
           std::vector<double> y = held.to_vector<double>(), slopes = grad(w).to_vector<double>();
           y.resize(given.size()), slopes.resize(given.size());
           out.answers("w^", y);
           out.answers("dw", slopes);
         },
     .turn = "w=1,0.05,-0.02: small ones beside a large one become 0, and still get a slope, so that they may grow.",
     .commands = "grimoire train --model llama --data input.txt --qat int4 --out runs/int4\ngrimoire quantize runs/int4 --out int4.gguf",
     .code = "src/grimoire/op/fake_quantise.cpp: fake_quantise\nsrc/grimoire/nn/fake_quantised.h: FakeQuantised",
     .mistake = "People say that such a training runs on integers; in fact its products are of floating-point numbers that happen to lie on a grid. What is "
                "gained comes later, when the same numbers are stored in few bits.",
     .see = "ste: the slope of rounding\nquantization: the same afterwards\nternary: three values are enough\nqlora: adapters beside rounded weights",
     .sources = "Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, section 3",
     .ask = "With d = 1, what become 2.6 and 9 of 4 bits, from -8 to 7, and which of them still learns? | 3 and 7; 2.6 alone.",
     .more = "Exact weights are what the optimiser changes: steps too small to move a rounded one add up there until it jumps. Some begin with a share of "
             "exact training."},
    {.id = "ternary",
     .title = "Ternary weights",
     .names = "1.58 bits\nBitNet b1.58",
     .what = "Weights of -1, 0 and 1 times one number a matrix, learned as such: products become sums.",
     .picture = "A mixing desk with three settings for each channel, in, out and turned round, and one knob for the volume of all.",
     .formula = "w^ = d clamp(round(w / d), -1, 1),   d = mean |w|",
     .symbols = "w: exact weights, kept in training\nd: the mean of their sizes\nw^: what layers compute with",
     .inputs = "w = 0.25,-0.5,1,-1.25: a matrix",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> w = in.numbers("w", -1e4, 1e4);
           const Tensor all = Tensor::from(w, {1, static_cast<int64_t>(w.size())});
           out.step(str("log2 3 = {:.6g} bits tell which of three", std::log2(3.0)));
           out.answer("d", mean(abs(all)).item());
           out.answers("w^", fake_quantise(all, FakeBits::ternary).to_vector<double>());
         },
     .turn = "w=0.25,-0.5,1,-8: one large weight makes d large, and all others 0.",
     .commands = "grimoire train --model llama --data input.txt --qat ternary --out runs/t",
     .code = "src/grimoire/op/fake_quantise_cpu.cpp: ternary_row",
     .mistake = "People say that any model can be rounded so; in fact one that was trained with exact weights is ruined by it. It has to be trained that way "
                "from early on.",
     .see = "qat: how it is trained\nquantization: more values\nste: the slope of rounding",
     .sources = "Ma et al. 2024, The Era of 1-bit LLMs: All Large Language Models are in 1.58 Bits, section 2\n"
                "Rastegari et al. 2016, XNOR-Net: two values, the sign times a mean",
     .ask = "The mean size in a matrix is 0.4. What do 0.19, 0.21 and -0.9 become? | 0, 0.4 and -0.4.",
     .more = "Embeddings and the output layer keep more bits. In files a block of 256 takes 66 bytes (TQ2_0): two bits each and a scale."},
    {.id = "importance-matrix",
     .title = "Importance matrix",
     .names = "imatrix\nK quants",
     .what = "How strongly each input of a layer is used, measured on a text, so that rounding errs where it hardly matters.",
     .picture = "Packing for a trip: the shirts worn daily lie flat on top, the others are squeezed. Room is the same, and the creases are where nobody looks.",
     .formula = "s = sum v q x / sum v q^2,   least  sum v (x - s q)^2",
     .symbols = "x: weights of a block\nq: whole numbers that they were rounded to\nv: mean square of what flows into each\ns: the scale of the block",
     .inputs = "x = 1,0.3: weights\nq = 3,1: rounded\nv = 1,9: importance",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6), q = in.counts("q", -128, 127), v = in.numbers("v", 0, 1e12);
           if (q.size() != x.size()) in.refuse("q", str("{} numbers, one for each of x", x.size()));
           if (v.size() != x.size()) in.refuse("v", str("{} numbers, one for each of x", x.size()));
           const Tensor a = vector_of(x), k = vector_of(q), w = vector_of(v);
           if (sum(w * k * k).item() == 0) in.refuse("q", "a number other than 0 where v is not 0");
           const double s = sum(w * k * a).item() / sum(w * k * k).item(), alike = sum(k * a).item() / std::max(1.0, sum(k * k).item());
           out.step(str("all alike: s = {:.6g}, weighted error {:.4g}", alike, sum(w * square(a - k * alike)).item()));
           out.answer("s", s);
           out.answer("weighted error", sum(w * square(a - k * s)).item());
         },
     .turn = "v=1,1: all alike. v=9,1: now the first weight is the one to get right.",
     .commands = "grimoire imatrix smollm2 --data text.txt --out I\ngrimoire quantize smollm2 --type q4_k --imatrix I --out Q.gguf",
     .code = "src/grimoire/base/ggml_k_quants.cpp: through\nsrc/grimoire/train/importance_matrix.cpp: measure_importance",
     .mistake = "People say that it trains the model; in fact no weight learns anything. It only says which errors of rounding count.",
     .see = "quantization: what it serves\nqat: learning instead of weighing\nperplexity: how both are judged",
     .sources = "llama.cpp, tools/imatrix\nggml, quantize_row_q4_K_impl: blocks of 256 with scales of six bits",
     .ask = "x = 2, q = 1 and x = 1, q = 1, of importance 3 and 1: the best s? | (3 x 2 + 1 x 1) / 4 = 1.75.",
     .more = "The text should be of the kind that the model is used for. Squares add up over tokens; an input that is always near 0 may be rounded as it "
             "comes."},
    {.id = "bf16",
     .title = "bf16 and mixed precision",
     .names = "bfloat16\nmixed precision\nmaster weights",
     .what = "A number in two bytes: the size of a float32 kept, its digits cut to nearly three. Where sums stay in float32, models hardly notice.",
     .picture = "A wall clock without a minute hand: fit to plan a day by, and useless to add up minutes on. Who adds keeps a better clock at home.",
     .formula = "bf16(x) = the nearest of numbers 2^(e-7) apart,   2^e <= |x| < 2^(e+1)",
     .symbols = "x: a number in float32\ne: its size, of which 8 bits tell, as in float32\n7: bits of the fraction; float32 has 23, float16 has 10",
     .inputs = "x = 3.14159265: a weight\nstep = 0.001: what a step of training adds\nn = 100: steps",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto rounded = [](double v) { return static_cast<double>(static_cast<float>(Bf16(static_cast<float>(v)))); };
           const double x = in.number("x", -1e30, 1e30), step = in.number("step", -1e30, 1e30), at = rounded(x);
           const int64_t n = in.integer("n", 1, 100000);
           if (std::abs(x) < 1e-30) in.refuse("x", "a number that is not 0");
           double alone = at;
           float master = static_cast<float>(x);
           for (int64_t i = 0; i < n; ++i) alone = rounded(alone + step), master += static_cast<float>(step);
           const double gap = std::ldexp(1, std::ilogb(at) - 7);
           out.step(str("neighbours are {:.6g} apart; x is off by {:.3g} of itself", gap, std::abs(at - x) / std::abs(x)));
           out.step(str("a step of {:.6g} is {:.3g} of that way{}", step, std::abs(step) / gap, std::abs(step) < gap / 2 ? ": rounded back" : ""));
           out.answer("bf16", at);
           out.answer("after the steps, in bf16 alone", alone);
           out.answer("after them, by a float32 master", rounded(master));
         },
     .turn = "step=0.01: more than half the way, and each step jumps too far. x=0.01: small numbers lie closer, and steps count.",
     .commands = "grimoire train --model gpt --data FILE --dtype bf16 --out DIR\ngrimoire chat smollm2 --dtype bf16",
     .code = "src/grimoire/base/dtype.h: Bf16\nsrc/grimoire/optim/parameters.h: Parameters\nsrc/grimoire/nn/linear.h: hold_products_in_bf16",
     .mistake = "People say that half the bytes are half the work; in fact a processor without instructions for it widens every number first: it only reads "
                "less. That is what counts when a text is written word by word.",
     .see = "quantization: fewer bits still\nadam: whose steps are that small\nmodel-file: where types are told",
     .sources = "Kalamkar et al. 2019, A Study of BFLOAT16 for Deep Learning Training, section 3\n"
                "Micikevicius et al. 2018, Mixed Precision Training, section 3.1: a master copy of the weights",
     .ask = "Near 1 numbers of bf16 are 1/128 apart. What does 1 + 0.003 give? | 1: it is less than half the way.",
     .more = "float16 has three bits more for the fraction and three fewer for the size: gradients below 6e-8 become 0, and the loss has to be scaled up "
             "first. bf16 is the upper half of a float32, so that widening is a shift and nothing leaves its range. Sums of many products, statistics, "
             "losses and the weights that an optimiser changes stay in float32."},
    {.id = "model-file",
     .title = "Model files: safetensors and GGUF",
     .names = "safetensors\nGGUF\nweights file",
     .what = "A list of named tables of numbers, each with its type and shape, so that one program can read what another has trained.",
     .picture = "A removal van with a packing list at the door: what is in each box, how large it is and where it stands. Whoever wants one box goes straight "
                "to it.",
     .formula = "bytes = elements / block * bytes a block",
     .symbols = "elements: rows times columns\nblock: numbers that are stored together; 1 unless the type is quantised\nbits: those a number takes, its share "
                "of the block's scale with them",
     .inputs = "type = Q8_0: how numbers are stored\nrows = 49152: of the table\ncolumns = 576: of the table",
     .compute =
         [](const Inputs& in, Worked& out) {
           const StoredType* const type = stored_type(in.text("type"));
           if (!type) in.refuse("type", str("one of {}", readable_types()));
           uint64_t bytes = 0;
           const Shape shape{in.integer("rows", 1, 1 << 24), in.integer("columns", 1, 1 << 24)};
           if (!stored_bytes(*type, shape, bytes).empty()) in.refuse("columns", str("a multiple of {}, the block of {}", type->block, type->name));
           out.step(str("{} elements, of which {} take {} bytes", with_commas(shape.numel()), type->block, type->bytes));
           out.answer("bytes", static_cast<int64_t>(bytes));
           out.answer("bits", 8.0 * static_cast<double>(type->bytes) / static_cast<double>(type->block));
         },
     .turn = "type=F32: four bytes each. type=BF16: half of that. type=Q4_0: 18 bytes for 32 numbers.",
     .commands = "grimoire model show MODEL\ngrimoire model convert MODEL OUT --to gguf --dtype q8_0",
     .code = "src/grimoire/io/stored_type.h: stored_bytes",
     .mistake = "People say that a model file is the model; in fact safetensors holds numbers alone, and config.json and tokenizer.json beside it say what to "
                "do with them. GGUF carries all three. Old .bin files are pickles, which may run any program when they are opened carelessly.",
     .see = "quantization: what Q8_0 does to the numbers\nmodel-merging: of files with the same names\nlora: a small file beside a large one",
     .sources = "safetensors, Format: eight bytes of length, a header of JSON, the numbers\nggml, docs/gguf.md: GGUF version 3",
     .ask = "A table of 1,000 x 64 in F16: how many bytes? | 128,000.",
     .more = "Numbers lie as they are used and at places that the header tells, so that the file is mapped into memory and nothing is read before it is "
             "needed: two programs share one copy. A large model comes in several files and an index that says which table is in which."},
    {.id = "model-merging",
     .title = "Model merging",
     .names = "weight averaging\nmodel soup",
     .what = "Making one model out of two or more by averaging their weights, with no further training.",
     .picture = "Two students who wrote their notes in the same copy of a book can lay the pages over each other. Students with different books get a blur; "
                "and here pages are averaged, nothing is carried from one to the other.",
     .formula = "w = (1 - t) a + t b",
     .symbols = "a, b: the same weight in both models\nt: 0 is the first model, 1 the second",
     .inputs = "a = 1: weights of one model\nb = 3: weights of the other\nt = 0.5: place between them",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto a = in.numbers("a", -1e100, 1e100), b = in.numbers("b", -1e100, 1e100, a.size(), a.size());
           const double t = in.number("t", -2, 3);
           for (size_t i = 0; i < a.size(); ++i) {
             const double w = (1 - t) * a[i] + t * b[i];
             if (i < 4) out.step(str("{:.6g} x {:.6g} + {:.6g} x {:.6g} = {:.8g}", 1 - t, a[i], t, b[i], w));
             if (i < 8) out.answer(a.size() == 1 ? "w" : str("w[{}]", i), w);
           }
         },
     .turn = "t=1.5 goes past the second model: sometimes its skill grows for a while.",
     .commands = "grimoire merge soup.yml --out runs/soup",
     .code = "src/grimoire/adapt/merge_means.cpp: merge_linear",
     .mistake = "People say that any two models of one shape can be merged; in fact the loss on the line between them must be low, "
                "which holds for runs from one pre-trained start, or after their units were put in the same order.",
     .see = "valley: the condition\nre-basin: making it hold\ntask-vector: what is added instead\nema: averaging along one run",
     .sources = "Wortsman et al. 2022, Model Soups\nFrankle et al. 2020, Linear Mode Connectivity and the Lottery Ticket Hypothesis\n"
                "Ainsworth, Hayase and Srinivasa 2023, Git Re-Basin",
     .ask = "Weights 2 and 6, t = .25: what is the merged weight? | .75 x 2 + .25 x 6 = 3.",
     .more = "Task arithmetic (Ilharco et al. 2023) works with differences from the shared start: adding two adds two skills, subtracting one weakens it. "
             "TIES (Yadav et al. 2023) first drops small "
             "changes and settles quarrels about signs. Merging costs one pass over the files; what it gives has to be measured on each task."},
    {.id = "task-vector",
     .title = "Task vector",
     .names = "task arithmetic\nmodel arithmetic",
     .what = "What fine-tuning changed: the tuned weights less those it began with. Skills are added, weakened and transferred by adding, subtracting and "
             "scaling such differences.",
     .picture = "Corrections on a transparent sheet over a printed page. Several sheets can lie on it at once, or one be taken off; where two of them correct "
                "the same word, the page gets hard to read.",
     .formula = "w = b + lambda sum_k v_k (x_k - b)",
     .symbols = "b: a weight of the common start\nx_k: the same weight of model k, tuned from it\nv_k: how much model k counts; below 0 its "
                "skill is taken away\nlambda: the whole update, times this",
     .inputs = "b = 1: the start\nx = 1.4,0.7: the tuned models\nv = 1,1: how much each counts\nlambda = 1: for all of them",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto x = in.numbers("x", -1e6, 1e6, 1, 20), v = in.numbers("v", -100, 100, x.size(), x.size());
           const double b = in.number("b", -1e6, 1e6);
           MergeCase c = merge_case(b, x, v);
           c.values = {{"normalize", 0}, {"lambda", in.number("lambda", -100, 100)}};
           for (size_t k = 0; k < x.size() && k < 4; ++k) out.step(str("task vector {}: {:.6g} - {:.6g} = {:.6g}", k + 1, x[k], b, x[k] - b));
           out.answer("w", six_digits(merge_task_arithmetic(c).item()));
         },
     .turn = "v=1,-1: the second skill is taken away. x=1.4,0.6: the two cancel out, and the start is left.",
     .commands = "grimoire merge sum.yml --out runs/both",
     .code = "src/grimoire/adapt/merge_task_vectors.cpp: merge_task_arithmetic",
     .mistake = "People say that task vectors of any two models add up; in fact both must have begun at the same weights, and they add up "
                "the better the nearer to a right angle they stand.",
     .see = "model-merging: averages\nties: signs that disagree\nfine-tuning: where they come from",
     .sources = "Ilharco et al. 2023, Editing Models with Task Arithmetic, section 2",
     .ask = "Start 2, tuned to 3 and to 1.5. What is the start with both task vectors? | 2 + 1 - .5 = 2.5."},
    {.id = "ties",
     .title = "TIES merging",
     .names = "TIES-Merging",
     .what = "Adding task vectors without letting them cancel each other: small changes are dropped, each weight takes the direction that outweighs, and only "
             "those who agree are averaged.",
     .picture = "A vote on each weight, up or down, in which those who hardly care stay at home. The losers are not averaged in: that would only weaken what "
                "was decided.",
     .formula = "w = b + lambda mean of d_k over k with sign(d_k) = sign(sum_k d_k)",
     .symbols = "d_k: what model k changed, of which only the largest share is kept\nb: the common start\nlambda: the whole update, times this",
     .inputs = "d = 0.5,-0.2,0.3: what three models changed at one weight\nv = 1,1,1: how much each counts",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto d = in.numbers("d", -1e6, 1e6, 1, 20), v = in.numbers("v", -100, 100, d.size(), d.size());
           MergeCase c = merge_case(0, d, v), sum = merge_case(0, d, v);
           for (size_t k = 0; k < d.size(); ++k) c.of_models[k]["density"] = 1;
           c.values = sum.values = {{"normalize", 1}, {"lambda", 1}};
           double up = 0, down = 0;
           for (size_t k = 0; k < d.size(); ++k) (v[k] * d[k] > 0 ? up : down) += std::abs(v[k] * d[k]);
           out.step(str("up {:.6g}, down {:.6g}: the weight moves {}", up, down, up >= down ? "up" : "down"));
           out.answer("ties", six_digits(merge_ties(c).item()));
           out.answer("plain mean", six_digits(merge_task_arithmetic(sum).item()));
         },
     .turn = "d=0.5,-0.6,0.3: two smaller votes outweigh a larger one.",
     .commands = "grimoire merge ties.yml --out runs/both\ngrimoire adapter combine runs/one runs/two --method ties --out both",
     .code = "src/grimoire/adapt/merge_task_vectors.cpp: merge_ties\nsrc/grimoire/hub/sparsify.h: keep_largest, agrees",
     .mistake = "People say that most of what tuning changes is needed; in fact of many task vectors a fifth of the numbers, the largest, does nearly as well "
                "as all of them.",
     .see = "task-vector: what is merged\nmodel-merging: without a vote",
     .sources = "Yadav, Tam, Choshen, Raffel and Bansal 2023, TIES-Merging: Resolving Interference When Merging Models, section 4",
     .ask = "Two models moved a weight by .4 and -.1. What does TIES make of it, and what the mean? | .4, and .15."},
    {.id = "valley",
     .title = "Loss valley",
     .names = "linear mode connectivity\nloss barrier",
     .what = "Checking whether two trained models lie in the same bowl of the loss, so that the weights between them are good too.",
     .picture = "Two camps in the mountains. If one can walk straight from one to the other without climbing they share a valley; if not, a ridge, the "
                "barrier, lies between. "
                "In a million dimensions there may be a way round even then.",
     .formula = "barrier = max over t of L((1-t) a + t b) - ((1-t) L(a) + t L(b))",
     .symbols = "L: loss, here (w^2 - 1)^2, which is 0 at -1 and at 1\na, b: the two models\nt: from 0 to 1 along the line",
     .inputs = "a = -1: one model's weight\nb = 1: the other's",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double a = in.number("a", -10, 10), b = in.number("b", -10, 10);
           const auto L = [](double w) { return (w * w - 1) * (w * w - 1); };
           double barrier = 0, at = 0;
           Bars bars{"loss on the way from a to b", {}, {}};
           for (int i = 0; i <= 1000; ++i) {
             const double t = i / 1000.0, w = (1 - t) * a + t * b, rise = L(w) - ((1 - t) * L(a) + t * L(b));
             if (rise > barrier) barrier = rise, at = w;
             if (i % 250 == 0) bars.labels.push_back(str("w = {:.4g}", w)), bars.values.push_back(L(w));
           }
           out.step(str("at the ends L = {:.6g} and {:.6g}; the ridge stands at w = {:.4g}", L(a), L(b), at));
           out.answer("barrier", barrier);
           out.show(std::move(bars));
         },
     .turn = "a=0.8: both ends on one side, and the barrier is gone.",
     .commands = "grimoire model barrier runs/a runs/b --data wiki.txt",
     .code = "src/grimoire/adapt/barrier.cpp: loss_line",
     .mistake = "People say that a barrier means different solutions; in fact the two may compute the same function with their units in another order.",
     .see = "model-merging: what a low barrier allows\nre-basin: taking the ridge away\noverfitting: wide valleys are said to help",
     .sources = "Frankle, Dziugaite, Roy and Carbin 2020, Linear Mode Connectivity and the Lottery Ticket Hypothesis, section 2\n"
                "Garipov et al. 2018, Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs: curved ways",
     .ask = "Loss .2 at both ends and .9 half way, the highest on the line. What is the barrier? | .7.",
     .more = "Runs that share the first part of training and part only later stay connected by a line; runs from different seeds mostly do not (Frankle et "
             "al.). Between almost any two a "
             "bent way of low loss can be found (Garipov et al.). Whether all barriers vanish up to the order of units is a conjecture (Entezari et al. "
             "2022): it fails for narrow nets."},
    {.id = "re-basin",
     .title = "Re-basin",
     .names = "permutation alignment",
     .what = "Putting the hidden units of one model into the order of another before the two are averaged. Its answers do not change by that.",
     .picture = "Two shelves with the same books in another order: sort one like the other, and then compare book by book.",
     .formula = "f(x) = sum_j out_j relu(in_j x):   any order of the j gives the same f",
     .symbols = "in_j, out_j: weights into and out of unit j\nj: a hidden unit",
     .inputs = "A = 1,2;3,4: units of one model, in and out\nB = 3,4;1,2: the other's\nx = 1: the input",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto A = in.matrix("A"), B = in.matrix("B");
           const double x = in.number("x", -1e6, 1e6);
           if (A[0].size() != 2 || A.size() > 200) in.refuse("A", "at most 200 rows of two numbers, in and out");
           if (B[0].size() != 2 || B.size() != A.size()) in.refuse("B", str("{} rows of two numbers, in and out", A.size()));
           const Tensor apart = Tensor::zeros({static_cast<int64_t>(A.size()), static_cast<int64_t>(A.size())}, Dtype::f64);
           for (size_t i = 0; i < A.size(); ++i)
             for (size_t j = 0; j < B.size(); ++j)
               apart.data<double>()[i * A.size() + j] = std::pow(A[i][0] - B[j][0], 2) + std::pow(A[i][1] - B[j][1], 2);
           const stats::Assignment best = stats::least_assignment(apart);
           auto sorted = B;
           for (size_t j = 0; j < B.size(); ++j) sorted[j] = B[static_cast<size_t>(best.column[j])];
           out.step(str("in the best of all orders B's weights are off A's by {:.6g} (sum of squares)", best.cost));
           out.answer("f of A", hidden_layer(A, x));
           out.answer("f of B", hidden_layer(B, x));
           out.answer("f of the average, as they stand", hidden_layer(mean_of(A, B), x));
           out.answer("f of the average, B in A's order", hidden_layer(mean_of(A, sorted), x));
         },
     .turn = "B=3.1,4;1,2.1: not quite the same units, and the aligned average still lies between both models.",
     .commands = "grimoire model align runs/a runs/b --out runs/b-like-a",
     .code = "src/grimoire/adapt/align.cpp: match_weights\nsrc/grimoire/stats/assignment.cpp: least_assignment",
     .mistake = "People say that averaging fails because the models learned different things; in fact it may be order alone: the average of the two above "
                "gives 12 instead of 14.",
     .see = "valley: the ridge it removes\nmodel-merging: what follows",
     .sources = "Ainsworth, Hayase and Srinivasa 2023, Git Re-Basin: Merging Models modulo Permutation Symmetries\n"
                "Entezari, Sedghi, Saukh and Neyshabur 2022, The Role of Permutation Invariance in Linear Mode Connectivity of Neural Networks",
     .ask = "In how many orders can 3 hidden units stand without changing the function? | 3! = 6.",
     .more = "For real layers the orders cannot be tried out (512 units have more orders than there are atoms), so the best pairing is found as an "
             "assignment problem, on weights or on "
             "activations, layer after layer. Norms, residual paths and heads tie several layers to one order. Wide nets align well; narrow ones, and runs "
             "on little data, do not."},
};

}  // namespace

const Family kAda = {"ada", "Adaptation", kConcepts};

}  // namespace grim::learn
