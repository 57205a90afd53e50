// Sequences before attention: convolutions, recurrence, and the way from one sequence to another.
#include <algorithm>
#include <cmath>

#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/model/tcn.h"
#include "grimoire/nn/recurrent.h"
#include "grimoire/op/conv1d.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"
#include "grimoire/tensor/copy.h"

namespace grim::learn {
namespace {

double sigmoid_of(double x) { return sigmoid(Tensor::scalar(x, Dtype::f64)).item(); }

// One step of a cell of one unit whose gates have these scores, in the cell's order; `u` is the memory's weight in the last of them.
RecurrentState gated_step(Cell kind, const std::vector<double>& scores, double u, double h, double c) {
  Module root;
  Rng rng(RngMode::philox, 0, "explain", 0);
  const RecurrentCell cell("cell", root, kind, 1, 1, rng, Dtype::f64);
  const auto gates = std::ssize(scores);
  for (int64_t i = 0; i < gates; ++i) cell.hh.weight().data<double>()[i] = i + 1 == gates ? u : 0, cell.hh.bias().data<double>()[i] = 0;
  const auto one = [](double v) { return Tensor::full({1, 1}, v, Dtype::f64); };
  return cell.step(Tensor::from(scores, {1, gates}), {one(h), one(c)});
}

const Concept kConcepts[] = {
    {.id = "conv1d",
     .title = "1-D convolution",
     .names = "1-D convolution\nWaveNet\ntemporal convolution",
     .what = "Reads a sequence through a small sliding window that computes the same thing at every place.",
     .picture = "A comb drawn along a rope feels for the same knot everywhere. To feel for larger patterns, other combs go over what the first one felt.",
     .formula = "y_t = sum_i k_i x_(t+i)\nreach of L layers = 1 + L (K - 1);   doubling gaps: 1 + (2^L - 1)(K - 1)",
     .symbols = "x: the sequence\nk: kernel of K weights, learned\nL: layers, one on top of the other",
     .inputs = "x = 1,2,3,4: sequence\nk = 1,0,-1: kernel\nlayers = 4: of this kernel's size",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 1, 100), k = in.numbers("k", -1e6, 1e6, 1, 100);
           if (k.size() > x.size()) in.refuse("k", str("at most {} weights, as many as x has numbers", x.size()));
           const int64_t T = std::ssize(x), K = std::ssize(k), layers = in.integer("layers", 1, 40);
           const std::vector<double> y = conv1d(reshape(vector_of(x), {1, 1, T}), reshape(vector_of(k), {1, 1, K})).to_vector<double>();
           std::string terms;
           for (size_t i = 0; i < k.size() && i < 5; ++i) terms += str("{}{:.6g} x {:.6g}", i ? " + " : "", k[i], x[i]);
           out.step(str("y_0 = {}{} = {:.6g}", terms, k.size() > 5 ? " + ..." : "", y[0]));
           out.step(str("{} layers of {} weights see 1 + {} x {} places", layers, K, layers, K - 1));
           out.answers("y", y);
           out.answer("places seen", static_cast<double>(1 + layers * (K - 1)));
           out.answer("with gaps that double", 1 + (std::pow(2, layers) - 1) * static_cast<double>(K - 1));
         },
     .turn = "raise layers to 10: the plain stack sees 21 places, the dilated one 2047.",
     .commands = "grimoire train --model wavenet --data names.txt --out runs/wavenet",
     .code = "src/grimoire/op/conv1d.cpp: conv1d\nsrc/grimoire/model/wavenet.cpp: WaveNet",
     .mistake = "People say that convolutions cannot read long inputs; in fact the reach grows by K - 1 a layer, and by powers when the gaps grow: WaveNet "
                "hears thousands of samples.",
     .see = "rnn: one step after the other\nself-attention: all places at once\ncharacter-lm: a use for it",
     .sources = "van den Oord and others 2016, WaveNet: A Generative Model for Raw Audio, section 2.1\n"
                "Gehring and others 2017, Convolutional Sequence to Sequence Learning\n"
                "Vaswani and others 2017, Attention Is All You Need, table 1",
     .ask = "How many places do 2 layers with kernels of 3 see? | 5.",
     .more = "What networks call convolution does not flip the kernel; mathematicians call it correlation. For learned kernels it makes no difference. "
             "Padding only on the left (causal) keeps y_t from seeing x after t, which is what a language model needs. All places are computed side by "
             "side, unlike in a recurrent network."},
    {.id = "rnn",
     .title = "Recurrent network",
     .names = "RNN\nElman network",
     .what = "Reads a sequence one item at a time and carries along a memory that each item changes a little.",
     .picture = "Reading with one sticky note: at each word you rewrite it from what it says and what you see.",
     .formula = "h_t = tanh(U h_(t-1) + W x_t)",
     .symbols = "h_t: memory after item t, from -1 to 1; h_0 = 0\nx_t: item t\nU, W: weights, the same at every step",
     .inputs = "U = 0.5: weight of the memory\nW = 1: weight of the item\nx = 1,0,0: the sequence",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double U = in.number("U", -100, 100), W = in.number("W", -100, 100);
           Module root;
           Rng rng(RngMode::philox, 0, "explain", 0);
           const RecurrentCell cell("cell", root, Cell::rnn, 1, 1, rng, Dtype::f64);
           *cell.hh.weight().data<double>() = U, *cell.ih.weight().data<double>() = W;
           *cell.hh.bias().data<double>() = *cell.ih.bias().data<double>() = 0;
           RecurrentState state = cell.zero_state(1);
           std::vector<double> h;
           for (double x : in.numbers("x", -100, 100, 1, 100)) {
             const double before = state.h.item();
             state = cell(Tensor::full({1, 1}, x, Dtype::f64), state);
             h.push_back(state.h.item());
             if (h.size() <= 3) out.step(str("tanh({:.6g} x {:.6g} + {:.6g} x {:.6g}) = {:.6g}", U, before, W, x, h.back()));
           }
           out.answers("h", h);
         },
     .turn = "U = 2: the memory of the first item stays. U = .1: it is gone at once.",
     .commands = "grimoire train --model rnn --data names.txt --out runs/rnn\ngrimoire train --model lstm --data names.txt --out runs/lstm",
     .code = "src/grimoire/nn/recurrent.cpp: RecurrentCell\nsrc/grimoire/model/recurrent.cpp: Recurrent",
     .mistake = "People say that an RNN has a layer for each item; in fact one layer is used over and over. Unrolled it looks deep, and its slopes suffer "
                "as if it were.",
     .see = "vanishing-gradient: why memory fades\nlstm: memory behind gates\nencoder-decoder: two of them\nrecurrence-free: doing without",
     .sources = "Elman 1990, Finding Structure in Time\nHochreiter and Schmidhuber 1997, Long Short-Term Memory\n"
                "Cho and others 2014, Learning Phrase Representations using RNN Encoder-Decoder: the GRU",
     .ask = "h is .8, U = 0, W = 1 and the next x is 0. What is the new h? | tanh 0 = 0: everything is forgotten.",
     .more = "The slope from h_t back to h_0 is a product of t factors U (1 - h^2): memory of distant items fades or explodes. LSTM and GRU add gates, "
             "numbers from 0 to 1 that say how much to keep, so that "
             "a path with slope near 1 exists. Steps cannot be done side by side, since each needs the one before."},
    {.id = "lstm",
     .title = "LSTM",
     .names = "long short-term memory\nforget gate",
     .what = "A recurrent network whose memory is guarded by gates, so that what was read long ago can stay.",
     .picture = "A notebook with a clerk: one stamp says what to strike out, one what to write down, one what to read aloud. It breaks as all three act by "
                "degrees.",
     .formula = "c <- s(f) c + s(i) tanh(g),   h = s(o) tanh(c)",
     .symbols = "f, i, o: scores of the gates: forget, input, output; sums over x and h\ng: what might be written\n"
                "c: memory;   h: what is shown;   s: sigmoid, from 0 to 1",
     .inputs = "f = 3: forget gate\ni = 0: input gate\ng = 1: to be written\no = 1: output gate\nc = 0.8: memory before",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto score = [&](const char* name) { return in.number(name, -500, 500); };
           const RecurrentState after = gated_step(Cell::lstm, {score("i"), score("f"), score("g"), score("o")}, 0, 0, in.number("c", -1e6, 1e6));
           const double keep = sigmoid_of(score("f")), write = sigmoid_of(score("i"));
           out.step(str("keeps {:.4g} of {:.6g} and writes {:.4g} of tanh {:.6g} = {:.4g}", keep, in.number("c"), write, score("g"), std::tanh(score("g"))));
           out.step(str("shows {:.4g} of tanh {:.6g}", sigmoid_of(score("o")), after.c.item()));
           out.answer("c", after.c.item());
           out.answer("h", after.h.item());
         },
     .turn = "f = 10, i = -10: the memory stays as it is, however often the step is made.",
     .commands = "grimoire train --model lstm --data names.txt --out runs/lstm",
     .code = "src/grimoire/nn/recurrent.cpp: lstm_step",
     .mistake = "People say that it remembers for ever; in fact a forget gate of .99 leaves a third after a hundred steps. It made long memory "
                "learnable, not free.",
     .see = "rnn: without gates\nvanishing-gradient: what it cures\ngru: with fewer gates\nresidual: the same idea in depth",
     .sources = "Hochreiter and Schmidhuber 1997, Long Short-Term Memory\nGers, Schmidhuber and Cummins 2000, Learning to Forget: Continual Prediction with "
                "LSTM",
     .ask = "The forget gate is 1 and the input gate 0. What becomes of c? | It stays as it is.",
     .more = "From one c to the next the slope is s(f): near 1 for an open gate, so slopes survive many steps; in a plain network it is a weight times a "
             "slope of tanh. The 1997 form had no forget gate; Gers and others added it, and starting its bias at 1 helps (Jozefowicz et al. 2015). "
             "Per unit it has four weighted sums where a plain one has one. Large language models left it, mainly since its steps must be made "
             "one after the other."},
    {.id = "gru",
     .title = "GRU",
     .names = "gated recurrent unit\nupdate gate",
     .what = "A lighter LSTM: one memory, and a single gate that decides how much of it is kept and how much is replaced.",
     .picture = "A slider between the old photograph and the new one.",
     .formula = "n = tanh(a + s(r) u h),   h <- (1 - s(z)) n + s(z) h",
     .symbols = "z: score of the update gate;   r: of the reset gate\na: what x gives;   u: weight of the memory in n\n"
                "h: memory;   s: sigmoid, from 0 to 1",
     .inputs = "z = 1: update gate\nr = 0: reset gate\na = 0.5: from the input\nu = 1: weight\nh = 0.8: memory before",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double z = in.number("z", -500, 500), r = in.number("r", -500, 500), a = in.number("a", -1e6, 1e6), u = in.number("u", -1e6, 1e6),
                        h = in.number("h", -1e6, 1e6);
           const double n = gated_step(Cell::gru, {r, -500, a}, u, h, 0).h.item(), after = gated_step(Cell::gru, {r, z, a}, u, h, 0).h.item();
           out.step(str("n = tanh({:.6g} + {:.4g} x {:.6g} x {:.6g}) = {:.6g}", a, sigmoid_of(r), u, h, n));
           out.step(str("{:.4g} of n and {:.4g} of the old {:.6g}", sigmoid_of(-z), sigmoid_of(z), h));
           out.answer("h", after);
           out.answer("n", n);
         },
     .turn = "z = 10: the old memory stays. r = -10: n no longer hears of it.",
     .commands = "grimoire train --model gru --data names.txt --out runs/gru",
     .code = "src/grimoire/nn/recurrent.cpp: gru_step",
     .mistake = "People say that z near 1 means new; in fact books differ: here, as in Cho's paper and PyTorch, it means keep.",
     .see = "lstm: with a separate memory\nrnn: without gates\nema: a fixed gate",
     .sources = "Cho and others 2014, Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation\n"
                "Chung, Gulcehre, Cho and Bengio 2014, Empirical Evaluation of Gated Recurrent Neural Networks on Sequence Modeling",
     .ask = "s(z) is .5, n is 0 and h is 1. What is the new h? | .5.",
     .more = "The new memory is a weighted mean of the old and the candidate, an exponential moving average whose weight is learned and changes with the "
             "input. It has three weighted sums a unit against the LSTM's four. Which of the two is better depends on the task (Chung and others). Cho's paper "
             "applies the reset gate to h before the product with the weights, PyTorch and this program after it; with one number they agree."},
    {.id = "encoder-bottleneck",
     .title = "Encoder bottleneck",
     .names = "fixed context vector\nbottleneck of the encoder",
     .what = "The weak spot of early translators: a whole sentence had to fit into one vector of fixed size, however long it was.",
     .picture = "Retelling a novel from notes on one postcard: for a short story that works.",
     .formula = "n d numbers pressed into c",
     .symbols = "n: words\nd: numbers that stand for a word\nc: size of the vector that is handed on",
     .inputs = "n = 50: words\nd = 256: numbers a word\nc = 256: size of the vector",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto n = static_cast<double>(in.integer("n", 1, 1'000'000)), d = static_cast<double>(in.integer("d", 1, 1'000'000)),
                      c = static_cast<double>(in.integer("c", 1, 1'000'000));
           out.step(str("{:.0f} x {:.0f} = {:.0f} numbers go in, {:.0f} come out", n, d, n * d, c));
           out.answer("numbers in for each number out", n * d / c);
         },
     .turn = "let the sentence grow to 500 words: the vector stays, and 500 to 1 must fit.",
     .commands = "grimoire train --model rnn-seq2seq --data pairs.tsv --out runs/s2s",
     .mistake = "People say that a larger vector solves it; in fact any fixed size is outgrown by longer texts. Looking back at all states, attention, "
                "grows along with them.",
     .see = "context-vector: the way out\nencoder-decoder: where it sits\nbottleneck: one that is wanted",
     .sources = "Sutskever, Vinyals and Le 2014, Sequence to Sequence Learning with Neural Networks\n"
                "Cho, van Merrienboer, Bahdanau and Bengio 2014, On the Properties of Neural Machine Translation: quality falls with length",
     .ask = "What stays the same when the sentence gets longer? | The size of the vector that is handed on.",
     .more = "The figures are an upper bound on the squeeze, not a measure of lost information: words repeat and predict each other. That quality falls "
             "with length was measured by Cho and others in 2014; Sutskever and others "
             "softened it by deep LSTMs and by reading the source backwards, which brings its beginning close to the translation's. Measured by this program "
             "on captions of pictures (Multi30k, German to English), 1.6 million weights each: BLEU 9.6 with one vector, 26.3 with attention; of sources with "
             "6 to 10 tokens 15.5 and 44.0, with 26 to 30 tokens 7.5 and 19.5. Both halve: here the gap is there at every length."},
    {.id = "context-vector",
     .title = "Context vector",
     .names = "RNN attention\nBahdanau\nadditive attention",
     .what = "Lets a translator look back at the whole source before each word it writes, and blend what matters just now.",
     .picture = "Translating with a finger on the page: for every word you look where it comes from.",
     .formula = "c = sum_i a_i h_i,   a = softmax(scores)",
     .symbols = "h_i: encoder's state at source word i\nscores: how well each fits the word to be written\na_i: attention weights, together 1",
     .inputs = "scores = 1,2: one for each source word\nh = 1,3: their states",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> scores = in.numbers("scores", -1000, 1000, 1, 50), h = in.numbers("h", -1e6, 1e6, 1, 50);
           if (h.size() != scores.size()) in.refuse("h", str("as many as there are scores: {}", scores.size()));
           const std::vector<double> a = softmax(vector_of(scores), 0).to_vector<double>();
           double c = 0;
           std::string terms;
           for (size_t i = 0; i < a.size(); ++i) {
             c += a[i] * h[i];
             if (i < 4) terms += str("{}{:.5f} x {:.6g}", i ? " + " : "", a[i], h[i]);
           }
           out.step("softmax of the scores: " + list_of(a));
           out.step(terms + (a.size() > 4 ? " + ..." : "") + str(" = {:.8g}", c));
           out.answer("c", c);
           out.answers("a", a);
         },
     .turn = "raise the second score to 10: nearly all attention goes there, and c is its state.",
     .commands = "grimoire train --model rnn-attention --data pairs.tsv --out runs/att",
     .code = "src/grimoire/op/softmax.cpp: softmax",
     .mistake = "People say that it is one vector for the sentence; in fact there is a new one for each word that is written, with other weights.",
     .see = "softmax: the weights\nencoder-bottleneck: what it ends\ncross-attention: the same in a transformer",
     .sources = "Bahdanau, Cho and Bengio 2015, Neural Machine Translation by Jointly Learning to Align and Translate, section 3.1\n"
                "Luong, Pham and Manning 2015, Effective Approaches to Attention-based Neural Machine Translation",
     .ask = "Two equal scores, states 2 and 6. What is c? | 4.",
     .more = "Bahdanau's score is a small network, v.tanh(W s + U h_i), of the decoder's state s and the source state h_i; Luong's is an inner product, "
             "from which the transformer's is a step. "
             "Everything is smooth, so where to look is learned by descent, with no labelled alignments."},
    {.id = "encoder-decoder",
     .title = "Encoder-decoder",
     .names = "seq2seq\nsequence to sequence\nencoder-decoder model",
     .what = "Turns one sequence into another of any length: one half reads it all, the other writes word by word.",
     .picture = "An interpreter who hears the whole sentence out and then speaks, minding what he has said already.",
     .formula = "P(y given x) = prod_t P(y_t given y_1 ... y_(t-1), encoder(x))",
     .symbols = "x: the source\ny_t: word t of the target\nencoder(x): states made from the source",
     .inputs = "p = 0.5,0.4: probability of each target word",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.numbers("p", 1e-300, 1, 1, 100);
           const double logs = step_of_product(p, out);
           out.step(str("the loss of training is its mean log: {:.6g} nats a word", -logs / static_cast<double>(p.size())));
           out.answer("P(y given x)", std::exp(logs));
         },
     .turn = "add a word: the product can only fall, which is why beam search divides by length.",
     .commands = "grimoire train --model rnn-seq2seq --data pairs.tsv --out runs/s2s\n"
                 "grimoire train --model t5 --data input.txt --tokenizer tok --out runs/t5",
     .mistake = "People say that in training the decoder reads its own words; in fact it is given the right ones so far (teacher forcing), and meets its "
                "own mistakes only when it writes.",
     .see = "encoder-bottleneck: its first weakness\ncontext-vector: the remedy\ntransformer-variants: who has which half\nautoregressive: the writing half",
     .sources = "Sutskever, Vinyals and Le 2014, Sequence to Sequence Learning with Neural Networks\n"
                "Cho and others 2014, Learning Phrase Representations using RNN Encoder-Decoder",
     .ask = "Two target words with probability .5 each, given what came before. How likely is the pair? | .25.",
     .more = "The two halves may be recurrent, convolutional or transformers, and need not be of one kind. The lengths differ freely: the decoder ends when "
             "it writes the end mark. "
             "The gap between training on right words and writing on one's own is called exposure bias; how much it harms is disputed (Bengio and others "
             "2015; He and others 2021)."},
    {.id = "teacher-forcing",
     .title = "Teacher forcing",
     .names = "scheduled sampling\nteacher forcing ratio",
     .what = "Training a writer of words on the right words so far instead of its own. A ratio below 1 gives it its own ones now and then.",
     .picture = "A pupil reads aloud and is put right after every word: quick to learn, but nobody has practised how to find back.",
     .formula = "P(all n words read are right) = (r + (1 - r) q)^n",
     .symbols = "r: share of right words that are given, the ratio\nq: how often the model's own word is right\nn: words",
     .inputs = "n = 10: words\nq = .9: own words that are right\nr = .5: ratio",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto n = static_cast<double>(in.integer("n", 1, 10'000));
           const double q = in.probability("q"), r = in.probability("r"), each = r + (1 - r) * q;
           out.step(str("a word that is read is right with {:.6g} + {:.6g} x {:.6g} = {:.6g}", r, 1 - r, q, each));
           out.step(str("{:.0f} of them: {:.6g}^{:.0f}", n, each, n));
           out.answer("all right with this ratio", std::pow(each, n));
           out.answer("when it writes by itself", std::pow(q, n));
         },
     .turn = "set r to 1: training never sees a wrong word, whatever happens in use.",
     .commands = "grimoire train --model rnn-seq2seq --data p.tsv --teacher-forcing .5 --out s",
     .code = "src/grimoire/task/teacher_forcing.cpp: read_in_training",
     .mistake = "People say that a ratio below 1 is always better; in fact its objective no longer has the data's distribution as its best answer, and "
                "transformers are trained with 1.",
     .see = "encoder-decoder: who is trained so\nautoregressive: how it is used\nbeam-search: other help for a writer",
     .sources = "Williams and Zipser 1989, A Learning Algorithm for Continually Running Fully Recurrent Neural Networks\n"
                "Bengio, Vinyals, Jaitly and Shazeer 2015, Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks\n"
                "Huszar 2015, How (not) to Train your Generative Model: why the objective is not consistent",
     .ask = "What does a decoder read in training with a ratio of 1? | The right words before each place.",
     .more = "The formula takes mistakes to be independent, which flatters: one wrong word makes the next likelier to be wrong. With the right words all "
             "places are worked out at once; with its own ones the model has to write first. No gradient flows through the choice of a word."},
    {.id = "conv-seq2seq",
     .title = "Convolutional sequence to sequence",
     .names = "ConvS2S\nconvolutional seq2seq",
     .what = "Translates with stacks of small windows on both sides and a look at the source in every layer: all places at once, none after the other.",
     .picture = "Readers in a row, each hearing the three in front of him and saying what it comes to: soon the last knows of all.",
     .formula = "y = (x + GLU(conv(x))) sqrt(1/2)\nGLU(a, b) = a sigmoid(b)",
     .symbols = "x: what a layer is given\na, b: the two halves that its window gives\nsqrt(1/2): keeps the variance of a sum of two",
     .inputs = "x = 1: given\na = 2: first half\nb = 0: second half, the gate\nlayers = 10: one on the other",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double x = in.number("x", -1e6, 1e6), a = in.number("a", -1e6, 1e6), b = in.number("b", -1e6, 1e6);
           const auto layers = static_cast<double>(in.integer("layers", 1, 100));
           const double gate = sigmoid_of(b), y = (x + a * gate) * std::sqrt(0.5);
           out.step(str("GLU = {:.6g} x {:.6g} = {:.6g}", a, gate, a * gate));
           out.step(str("({:.6g} + {:.6g}) x 0.707107 = {:.6g}", x, a * gate, y));
           out.answer("y", y);
           out.answer("variance without the scale", std::pow(2, layers));
           out.answer("with it", std::pow(2 * 0.5, layers));
         },
     .turn = "set b to -20: the gate shuts, and the layer hands on what it was given.",
     .commands = "grimoire train --model conv-seq2seq --data pairs.tsv --out runs/conv",
     .code = "src/grimoire/model/conv_seq2seq.cpp: ConvSeq2Seq",
     .mistake = "People say that only attention made training parallel; in fact these convolutions, weeks older, work all places out at once too.",
     .see = "conv1d: its window\ngated-unit: such gates elsewhere\ncontext-vector: its look at the source\nencoder-decoder: the frame",
     .sources = "Gehring, Auli, Grangier, Yarats and Dauphin 2017, Convolutional Sequence to Sequence Learning, sections 3.1 to 3.4\n"
                "Dauphin, Fan, Auli and Grangier 2017, Language Modeling with Gated Convolutional Networks",
     .ask = "A gate of 0 before its sigmoid: which share of a passes? | Half.",
     .more = "The variances are those of independent parts of equal variance, which is what first weights are scaled for. A query is the layer's state with "
             "the last word's embedding added; what is fetched is the encoder's output with its word's embedding added, so that the word itself arrives too."},
    {.id = "tcn",
     .title = "Temporal convolutional network",
     .names = "TCN\ndilated causal convolution",
     .what = "A language model of convolutions that look only back, each block twice as far as the one before.",
     .picture = "Looking back along a road at 1, 2, 4 and 8 steps: few looks, a long way. What lies between them others have seen.",
     .formula = "reach = 1 + 2 (K - 1)(2^L - 1)",
     .symbols = "K: places of a kernel\nL: blocks of two convolutions each\nreach: places that the last output depends on",
     .inputs = "K = 3: kernel\nL = 5: blocks",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t K = in.integer("K", 2, 1000), L = in.integer("L", 1, 30);
           const TcnConfig config{.n_layer = L, .kernel_size = K};
           out.step(str("gaps of 1 to {} between the places of a kernel", int64_t{1} << (L - 1)));
           out.step(str("1 + 2 x {} x {} = {}", K - 1, (int64_t{1} << L) - 1, config.looks_back_on()));
           out.answer("reach", static_cast<double>(config.looks_back_on()));
           out.answer("without gaps", static_cast<double>(1 + 2 * (K - 1) * L));
         },
     .turn = "one block more doubles the reach; a wider kernel only stretches it.",
     .commands = "grimoire train --model tcn --data input.txt --out runs/tcn",
     .code = "src/grimoire/model/tcn.cpp: Tcn",
     .mistake = "People say that recurrent networks remember further because their memory has no end; in fact they forget within some tens of steps, and what "
                "a network of this kind sees is known beforehand.",
     .see = "conv1d: one layer of it\nvanishing-gradient: what ends a recurrent memory\nlstm: its rival",
     .sources = "Bai, Kolter and Koltun 2018, An Empirical Evaluation of Generic Convolutional and Recurrent Networks for Sequence Modeling\n"
                "van den Oord and others 2016, WaveNet: A Generative Model for Raw Audio",
     .ask = "What happens to the reach when a block is added? | It about doubles.",
     .more = "Each block is two convolutions with relu, weight norm and dropout, and a way around them. Training works all places out at once; writing needs "
             "the last places of every layer, where a recurrent network needs one state."},
    {.id = "text-cnn",
     .title = "Convolutional text classifier",
     .names = "Kim's CNN\nmax-over-time pooling\nTextCNN",
     .what = "Labels a text by small windows over its word vectors: of each filter only its loudest answer counts, wherever it stood.",
     .picture = "A panel of readers, each with one phrase to look for. They do not say where they found it, only how much it was like theirs.",
     .formula = "c_i = relu(w . x_(i:i+K-1) + b);   feature = max over i of c_i",
     .symbols = "x: a vector for each word\nw: filter, K rows as long as a word's\nb: its bias\nc_i: its answer where the window begins at word i",
     .inputs = "x = 1,0;0,1;1,1;0,0: words, a row each\nw = 1,-1;0,2: filter, a row for each word of its window\nb = -0.5: bias",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto rows = in.matrix("x"), filter = in.matrix("w");
           const int64_t T = std::ssize(rows), E = std::ssize(rows.front()), K = std::ssize(filter);
           if (std::ssize(filter.front()) != E) in.refuse("w", str("rows of {} numbers, as the words have", E));
           if (K > T) in.refuse("w", str("at most {} rows, as many as there are words", T));
           const auto columns = [&](const auto& of) {  // (1, E, length)
             std::vector<double> flat;
             for (const auto& row : of) flat.insert(flat.end(), row.begin(), row.end());
             return contiguous(transpose(reshape(vector_of(flat), {1, std::ssize(of), E}), 1, 2));
           };
           const Tensor c = relu(conv1d(columns(rows), columns(filter)) + in.number("b"));
           const std::vector<double> answers = c.to_vector<double>();
           const auto most = std::ranges::max_element(answers) - answers.begin();
           out.step(str("{} windows of {} words", T - K + 1, K));
           out.answers("c", answers);
           out.answer("feature", answers[static_cast<size_t>(most)]);
           out.answer("found at word", static_cast<double>(most + 1));
         },
     .turn = "put 0,0 before the first word: the feature stays, only its place moves.",
     .commands = "grimoire train --model text-cnn --data reviews.tsv --out runs/cnn\n"
                 "grimoire train --model text-cnn --data a.tsv --embeddings w.vec --out runs/a",
     .code = "src/grimoire/model/text_cnn.cpp: TextCnn::pooled",
     .mistake = "People say that the largest value throws the order of the words away; in fact that within a window counts, only that of the windows is lost.",
     .see = "conv1d: the sliding window\nstatic-embedding: what it may begin with\nnaive-bayes: words without windows",
     .sources = "Kim 2014, Convolutional Neural Networks for Sentence Classification, section 2\n"
                "Collobert and others 2011, Natural Language Processing (Almost) from Scratch",
     .ask = "How many features do 100 filters of each of the sizes 3, 4 and 5 give? | 300, however long the text is.",
     .more = "Kim's table 2 tells four kinds apart: word vectors drawn at random; given and kept as they are (static); given and trained on (non-static); and "
             "both side by side. Dropout on the features is the only regularisation that his results hang on, with a bound on the norm of the last layer's "
             "rows, which is not kept here."},
};

}  // namespace

const Family kSeq = {"seq", "Sequences", kConcepts};

}  // namespace grim::learn
