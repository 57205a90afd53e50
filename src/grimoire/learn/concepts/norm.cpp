// Normalisation: who shares a mean with whom.
#include <algorithm>
#include <cmath>

#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/op/norm.h"
#include "grimoire/op/view.h"

namespace grim::learn {
namespace {

constexpr double kTiny = 1e-12;  // eps: so small that the figures are those without it

// A list whose values are not all equal: its spread divides.
std::vector<double> spread_out(const Inputs& in, std::string_view name, size_t at_least = 2) {
  std::vector<double> x = in.numbers(name, -1e6, 1e6, at_least, 64);
  if (std::ranges::all_of(x, [&](double v) { return v == x[0]; })) in.refuse(name, "numbers that are not all equal");
  return x;
}

std::vector<std::vector<double>> table(const Inputs& in, std::string_view name, size_t rows, size_t columns) {
  auto x = in.matrix(name);
  if (x.size() < rows || x[0].size() < columns || x.size() * x[0].size() > 64)
    in.refuse(name, str("at least {} row{} of at least {} number{}, at most 64 in all", rows, rows == 1 ? "" : "s", columns, columns == 1 ? "" : "s"));
  for (const auto& row : x)
    for (double v : row)
      if (std::abs(v) > 1e6) in.refuse(name, "numbers from -1000000 to 1000000");
  return x;
}

double mean_of(const std::vector<double>& x) {
  double sum = 0;
  for (double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}
double sd_of(const std::vector<double>& x) {
  double sum = 0;
  for (double v : x) sum += (v - mean_of(x)) * (v - mean_of(x));
  return std::sqrt(sum / static_cast<double>(x.size()));
}

// y[0][0], y[0][1], ...: row after row.
void answer_rows(Worked& out, const Tensor& y) {
  const std::vector<double> values = y.to_vector<double>();
  const size_t columns = static_cast<size_t>(y.dim(-1));
  for (size_t i = 0; i < values.size(); ++i) out.answer(str("y[{}][{}]", i / columns, i % columns), values[i]);
}

Tensor batch_normed(const Tensor& x) { return batch_norm(x, {}, {}, {}, {}, {.eps = kTiny}); }

const Concept kConcepts[] = {
    {.id = "normalization",
     .title = "Normalisation",
     .names = "standardise\nz-score",
     .what = "Shifts and scales numbers so that they lie around 0 with a spread of 1, whatever they were before.",
     .picture = "Tidying a room where things keep moving: put all into one bag of fixed size, so that nobody loses the overview. What was right as it lay "
                "may go back (gain and bias).",
     .formula = "x^ = (x - mean) / sd,   sd = sqrt(mean of (x - mean)^2)",
     .symbols = "x: the numbers that are taken together\nmean, sd: of just these; the square mean divides by n",
     .inputs = "x = 1,2,3,4: the numbers",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = spread_out(in, "x");
           out.step(str("mean {:.6g}, sd {:.6g}", mean_of(x), sd_of(x)));
           out.step(str("first: ({:.6g} - {:.6g}) / {:.6g}", x[0], mean_of(x), sd_of(x)));
           out.answers("x^", layer_norm(vector_of(x), {}, {}, kTiny).to_vector<double>());
         },
     .turn = "multiply all by 100 or add 7 to all: nothing changes.",
     .commands = "grimoire train --model mlp --data names.txt --batch-norm --out runs/bn",
     .code = "src/grimoire/op/norm.cpp: layer_norm",
     .mistake = "People say that it makes data normal, that is bell-shaped; in fact the shape stays as it was: only place and width change.",
     .see = "layer-norm: over one sample\nbatch-norm: over the batch\ngain-and-bias: what follows it\ninit-robustness: what it is good for",
     .sources = "Ioffe and Szegedy 2015, Batch Normalization\nBa, Kiros and Hinton 2016, Layer Normalization",
     .ask = "What are 2 and 6 after normalisation? | -1 and 1.",
     .more = "All kinds compute this; they differ in which numbers share a mean: one channel over the batch (batch), one sample over its channels (layer), "
             "a group of channels (group), "
             "one channel of one sample (instance). In a network the mean and sd are part of the function, so slopes flow through them too: the slope that "
             "comes back has no part along "
             "1 and none along x^. A small eps under the root keeps equal numbers from dividing by 0."},
    {.id = "batch-norm",
     .title = "Batch normalisation",
     .names = "BatchNorm\nBN",
     .what = "Normalises each channel over the examples of a batch, so that every unit sees inputs of a steady size during training.",
     .picture = "Marking an exam on the curve: your mark depends on who else sat it.",
     .formula = "y_nc = (x_nc - mean_c) / sqrt(var_c + eps) g_c + b_c",
     .symbols = "n: example in the batch, a row\nc: channel, a column\ng, b: learned gain and bias, 1 and 0 at first\n"
                "eps: small number against division by 0",
     .inputs = "x = 1,2;3,6: a batch, a row for each example",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto rows = table(in, "x", 2, 1);
           for (size_t c = 0; c < rows[0].size() && c < 3; ++c) {
             std::vector<double> column;
             for (const auto& row : rows) column.push_back(row[c]);
             out.step(str("channel {}: ({}) has mean {:.6g} and sd {:.6g}", c, list_of(column), mean_of(column), sd_of(column)));
           }
           answer_rows(out, batch_normed(matrix_of(rows)));
         },
     .turn = "change one number of the first row: the second row's answer changes too.",
     .commands = "grimoire train --model mlp --data names.txt --batch-norm --out runs/bn",
     .code = "src/grimoire/op/norm.cpp: batch_norm\nsrc/grimoire/nn/norm.h: BatchNorm",
     .mistake = "People say that layer and group norm are simply better; in fact it depends: with large batches of images batch norm is hard to beat, with "
                "small ones it suffers.",
     .see = "normalization: the formula alone\nbatch-coupling: the side effect\nrunning-stats: without a batch\nlayer-norm: along the other axis",
     .sources = "Ioffe and Szegedy 2015, Batch Normalization, algorithm 1\n"
                "Santurkar, Tsipras, Ilyas and Madry 2018, How Does Batch Normalization Help Optimization?\n"
                "Wu and He 2018, Group Normalization, figure 1",
     .ask = "A channel holds 1 and 3 in a batch of two. What does batch norm make of them? | -1 and 1.",
     .more = "Why it helps is disputed. Its authors named internal covariate shift, the drifting of each layer's inputs; Santurkar and others found that "
             "the drift need not fall and that the loss "
             "becomes smoother instead. Agreed is the effect: higher learning rates and less care with initial weights. A bias before it is useless, since "
             "the mean takes it out again."},
    {.id = "layer-norm",
     .title = "Layer normalisation",
     .names = "LayerNorm\nLN",
     .what = "Normalises each example by itself, over its own channels; in a transformer, each token by itself.",
     .picture = "Setting the volume of each song so that all are equally loud: no song needs to know of the others.",
     .formula = "y_c = (x_c - mean) / sqrt(var + eps) g_c + b_c",
     .symbols = "c: channel\nmean, var: of this one sample over its channels\ng, b: learned gain and bias of each channel\n"
                "eps: small number against division by 0",
     .inputs = "x = 1,2;3,6: two samples, a row each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto rows = table(in, "x", 1, 2);
           for (size_t n = 0; n < rows.size() && n < 4; ++n)
             out.step(str("sample {}: ({}) has mean {:.6g} and sd {:.6g}", n, list_of(rows[n]), mean_of(rows[n]), sd_of(rows[n])));
           answer_rows(out, layer_norm(matrix_of(rows), {}, {}, kTiny));
         },
     .turn = "change one number of the first row: the second row's answer stays.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/gpt",
     .code = "src/grimoire/op/norm.cpp: layer_norm\nsrc/grimoire/nn/norm.h: LayerNorm",
     .mistake = "People say that it is g x + b; in fact x is normalised first: g (x - mean) / sqrt(var + eps) + b, with the statistics of that one sample, "
                "in training and afterwards alike.",
     .see = "normalization: the formula alone\nbatch-norm: along the other axis\nrms-norm: without the mean\ntransformer: where it stands",
     .sources = "Ba, Kiros and Hinton 2016, Layer Normalization\nXiong and others 2020, On Layer Normalization in the Transformer Architecture: before or "
                "after the sublayer",
     .ask = "A token has channels 1 and 3. What does layer norm, before gain and bias, make of them? | -1 and 1.",
     .more = "The original transformer normalised after each residual sum (post-norm); GPT-2 and most later ones normalise what enters each sublayer "
             "(pre-norm), which trains more stably without a long warm-up. "
             "Sequences of any length and batches of one are no problem, because nothing is shared between samples."},
    {.id = "post-norm",
     .title = "Post-norm and pre-norm",
     .names = "post-LN\npre-LN\npre-norm\nnorm placement",
     .what = "Where a transformer normalises: behind each sum of a layer and what it got, as the first one did, or before each layer, as most do now.",
     .picture = "A relay: either each runner is weighed and trimmed after the leg, baggage and all, or only what the next one is handed is, and the baggage "
                "goes on as it is.",
     .formula = "post: y = norm(x + f(x))        pre: y = x + f(norm(x))",
     .symbols = "x: what comes in, the stream\nf: the sub-layer, here one that multiplies by a number\nnorm: layer norm without gain",
     .inputs = "x = 1,3: channels of one token\nf = 2: what the sub-layer multiplies with",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 2);
           const double f = in.number("f", -1e6, 1e6);
           const auto norm = [](const std::vector<double>& v) {
             return layer_norm(matrix_of({v}), {}, {}, kTiny).to_vector<double>();
           };
           std::vector<double> sum, pre = norm(x);
           for (const double v : x) sum.push_back(v + f * v);
           out.step(str("post: norm of ({})", list_of(sum)));
           out.step(str("pre: ({}) + {:.6g} x ({})", list_of(x), f, list_of(pre)));
           for (size_t i = 0; i < x.size(); ++i) pre[i] = x[i] + f * pre[i];
           out.answers("post", norm(sum));
           out.answers("pre", pre);
         },
     .turn = "x = 10,30: the answer of post-norm stays, as its stream is trimmed to one size; that of pre-norm grows with the stream.",
     .commands = "grimoire train --model transformer --data a.txt --tokenizer tok --out runs/t\n"
                 "grimoire train --model t5 --data a.txt --tokenizer tok --out runs/t5",
     .code = "src/grimoire/model/bart.cpp: Bart::Block::feed_forward\nsrc/grimoire/model/t5.cpp: T5::read",
     .mistake = "People say that post-norm is simply worse; in fact the first transformers were trained so, with great success, behind a long warm-up: it "
                "is the start that is delicate.",
     .see = "layer-norm: what is computed\nresidual: the stream\nschedule: what post-norm needs\ntransformer: the layers around it",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.1\n"
                "Xiong and others 2020, On Layer Normalization in the Transformer Architecture",
     .ask = "Which of the two keeps a path from the last layer to the first on which nothing is rescaled? | Pre-norm: its stream is a plain sum.",
     .more = "With post-norm the slopes near the output are large at the start whatever the depth, and a full step there breaks what the first layers do "
             "(Xiong and others, theorem 1): hence the warm-up. With pre-norm they shrink as depth grows, and the stream needs one norm at its end."},
    {.id = "instance-norm",
     .title = "Instance normalisation",
     .names = "InstanceNorm",
     .what = "Normalises each channel of each sample over its places, which takes the contrast out of a picture and leaves its shapes.",
     .picture = "Developing every photo, and each colour in it, to the same brightness and contrast.",
     .formula = "y_nct = (x_nct - mean_nc) / sqrt(var_nc + eps)",
     .symbols = "n: sample\nc: channel\nt: place in the channel, a pixel or a time\nmean_nc, var_nc: over the places only",
     .inputs = "x = 1,3: channels of one sample, a row each; places side by side",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto rows = table(in, "x", 1, 2);
           for (size_t c = 0; c < rows.size() && c < 4; ++c)
             out.step(str("channel {}: ({}) has mean {:.6g} and sd {:.6g}", c, list_of(rows[c]), mean_of(rows[c]), sd_of(rows[c])));
           answer_rows(out, instance_norm(unsqueeze(matrix_of(rows), 0), {}, {}, kTiny));
         },
     .turn = "add a second channel, 1,3;10,30: it is normalised by itself and gives the same.",
     .code = "src/grimoire/op/norm.cpp: instance_norm\nsrc/grimoire/nn/norm.h: InstanceNorm",
     .mistake = "People say that it suits classifiers as well; in fact it wipes out how strong each channel is, which a classifier needs and a change of "
                "style does not.",
     .see = "group-norm: several channels together\nbatch-norm: several samples together\nnormalization: the formula",
     .sources = "Ulyanov, Vedaldi and Lempitsky 2016, Instance Normalization: The Missing Ingredient for Fast Stylization",
     .ask = "Over what does instance norm take its mean? | Over the places of one channel of one sample.",
     .more = "It is group norm with a group for each channel, and batch norm with a batch of one (in training)."},
    {.id = "group-norm",
     .title = "Group normalisation",
     .names = "GroupNorm",
     .what = "Normalises each sample over groups of its channels: independent of the batch, yet not as coarse as all channels at once.",
     .picture = "Section leaders in an orchestra: strings among strings and brass among brass, not everyone by one measure.",
     .formula = "y_c = (x_c - mean_G) / sqrt(var_G + eps),   G: the group of channel c",
     .symbols = "G: one run of channels / groups neighbours, at all places\nmean_G, var_G: over the group",
     .inputs = "x = 1,3,10,30: channels of one sample\ngroups = 2: into how many they are parted",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = spread_out(in, "x");
           const auto n = static_cast<int64_t>(x.size()), groups = in.integer("groups", 1, n);
           if (n % groups) in.refuse("groups", str("a number that divides {} channels", n));
           for (int64_t g = 0; g < groups && g < 4; ++g) {
             const std::vector<double> part(x.begin() + g * (n / groups), x.begin() + (g + 1) * (n / groups));
             out.step(str("group {}: ({}) has mean {:.6g} and sd {:.6g}", g, list_of(part), mean_of(part), sd_of(part)));
           }
           out.answers("y", group_norm(unsqueeze(vector_of(x), 0), groups, {}, {}, kTiny).to_vector<double>());
         },
     .turn = "one group is layer norm: the large channels now drown the small ones.",
     .code = "src/grimoire/op/norm.cpp: group_norm\nsrc/grimoire/nn/norm.h: GroupNorm",
     .mistake = "People say that groups are found in the data; in fact they are just neighbouring channels. The network learns to put together what belongs "
                "together.",
     .see = "instance-norm: a group for each channel\nlayer-norm: one group\nbatch-norm: what it replaces for small batches",
     .sources = "Wu and He 2018, Group Normalization",
     .ask = "8 channels in 4 groups: how many channels share a mean? | 2.",
     .more = "Wu and He's point was memory: detection and video allow only one or two samples a device, and batch statistics of two samples are noise. With "
             "32 samples batch norm was slightly ahead on ImageNet."},
    {.id = "rms-norm",
     .title = "RMS normalisation",
     .names = "RMSNorm\nroot mean square norm",
     .what = "Scales a token to a fixed size without moving its middle: a cheaper layer norm that most recent language models use.",
     .picture = "Turning the volume to a standard loudness, and leaving the tone alone.",
     .formula = "y_c = x_c / sqrt(mean of x^2 + eps) g_c",
     .symbols = "c: channel\ng: learned gain; there is no bias\neps: small number against division by 0",
     .inputs = "x = 3,4: channels of one token",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 1, 64);
           double square = 0;
           for (double v : x) square += v * v / static_cast<double>(x.size());
           out.step(str("mean square {:.8g}, its root {:.8g}", square, std::sqrt(square)));
           out.step(str("{:.6g} / {:.8g}", x[0], std::sqrt(square)));
           out.answers("y", rms_norm(vector_of(x), {}, kTiny).to_vector<double>());
         },
     .turn = "double both: nothing changes. Add 10 to both: it does, unlike with layer norm.",
     .commands = "grimoire train --model llama --data input.txt --out runs/llama",
     .code = "src/grimoire/op/norm.cpp: rms_norm\nsrc/grimoire/nn/norm.h: RmsNorm",
     .mistake = "People say that its output has mean 0 like layer norm's; in fact only its mean square is 1: (3, 4) stays positive.",
     .see = "layer-norm: with the mean\ngain-and-bias: what follows",
     .sources = "Zhang and Sennrich 2019, Root Mean Square Layer Normalization\nTouvron and others 2023, LLaMA, section 2.2",
     .ask = "What does RMS norm, without gain, make of (2, 2)? | (1, 1).",
     .more = "On inputs of mean 0 the two norms agree. Its authors' guess was that rescaling, not recentring, is what helps, and dropping the mean saves a "
             "pass over the channels."},
    {.id = "gain-and-bias",
     .title = "Gain and bias of a norm",
     .names = "gamma\nbeta\naffine\nscale and shift",
     .what = "Two learned numbers for each channel, by which a normalised value may get back the size and place that suit the next layer.",
     .picture = "After tidying the room, a few things go back where they were, because that was the right place.",
     .formula = "y = gamma x + beta",
     .symbols = "x: the normalised value\ngamma: gain, 1 at first\nbeta: bias, 0 at first",
     .inputs = "x = -1: a normalised value\ngamma = 2: gain\nbeta = 3: bias",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double x = in.number("x", -1e6, 1e6), gamma = in.number("gamma", -1e6, 1e6), beta = in.number("beta", -1e6, 1e6);
           const auto one = [](double v) { return Tensor::full({1}, v, Dtype::f64); };
           const Tensor y = batch_norm_eval(reshape(one(x), {1, 1}), one(gamma), one(beta), one(0), one(1), {.eps = 0});
           out.step(str("{:.6g} x {:.6g} + {:.6g} = {:.6g}", gamma, x, beta, y.item()));
           out.answer("y", y.item());
         },
     .turn = "gamma = sd and beta = mean of what came in: the norm is undone.",
     .commands = "grimoire train --model gpt --data input.txt --no-biases --out runs/gpt",
     .code = "src/grimoire/nn/norm.h: LayerNorm",
     .mistake = "People say that they undo the norm, so it could be left out; in fact the size is now a number that one slope sets, and no longer the "
                "outcome of all layers before.",
     .see = "normalization: what comes before\nbatch-norm: where it was introduced\nbias: another thing of that name",
     .sources = "Ioffe and Szegedy 2015, Batch Normalization, section 3",
     .ask = "A normalised value is .5, gamma = 4, beta = 1. What is y? | 3.",
     .more = "Without them a tanh behind a norm would always work near its straight part. They are usually left out of weight decay, since pulling gamma to "
             "0 would switch the channel off."},
    {.id = "batch-coupling",
     .title = "Coupling within a batch",
     .names = "samples depend on each other\nbatch dependence",
     .what = "With batch norm the answer for one example depends on which others happen to be in its batch.",
     .picture = "Being tall in one class photo and short in another, without having grown.",
     .formula = "y_1 = (x_1 - mean(x_1 ... x_N)) / sd(x_1 ... x_N)",
     .symbols = "x_1: the example\nx_2 ... x_N: the others of its batch\nmean, sd: over all N of them",
     .inputs = "x = 1: the example\nwith = 3,5: its company\nother = 3,11: another company",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double x = in.number("x", -1e6, 1e6);
           for (const char* name : {"with", "other"}) {
             std::vector<double> batch = in.numbers(name, -1e6, 1e6, 1, 63);
             batch.insert(batch.begin(), x);
             std::vector<std::vector<double>> rows;
             for (double v : batch) rows.push_back({v});
             const double y = batch_normed(matrix_of(rows)).at({0, 0});
             out.step(str("batch ({}): mean {:.6g}, sd {:.6g}", list_of(batch), mean_of(batch), sd_of(batch)));
             out.answer(str("{:.6g} in ({})", x, list_of(batch)), y);
           }
         },
     .turn = "move one companion far away: the rest are squeezed together.",
     .commands = "grimoire train --model mlp --data names.txt --batch-norm --out runs/bn",
     .code = "src/grimoire/op/norm.cpp: batch_norm",
     .mistake = "People say that this is a plain defect; in fact its noise also acts as a mild regulariser. It is a defect where batches are small, sorted, "
                "or secret from each other.",
     .see = "batch-norm: the cause\nrunning-stats: the way out after training\nlayer-norm: without coupling",
     .sources = "Ioffe and Szegedy 2015, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift, section 3.4\n"
                "Karpathy 2022, makemore, part 3\nWu and Johnson 2021, Rethinking Batch in BatchNorm",
     .ask = "Does layer norm couple the samples of a batch? | No, each is normalised by itself.",
     .more = "Mean and variance of a batch of N are estimates with an error of order 1/sqrt(N): the smaller the batch, the more noise each sample gets. "
             "Data-parallel training adds a question: statistics of one device's share, or of all (synchronised batch norm)."},
    {.id = "running-stats",
     .title = "Running statistics",
     .names = "running mean\ninference BN\nrunning variance",
     .what = "Averages of mean and variance gathered during training, so that later a single example can be normalised without a batch.",
     .picture = "A baker remembers how much flour a day takes on average, and no longer counts today's customers first.",
     .formula = "r <- (1 - m) r + m b",
     .symbols = "r: running mean, or running variance\nb: that of the present batch\nm: momentum, the weight of the new, from 0 to 1; .1 by habit",
     .inputs = "m = 0.1: momentum\nr = 0: running mean so far\nb = 5: mean of the present batch",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double m = in.probability("m"), start = in.number("r", -1e6, 1e6), b = in.number("b", -1e6, 1e6);
           const Tensor r = Tensor::full({1}, start, Dtype::f64), variance = Tensor::ones({1}, Dtype::f64);
           batch_norm(matrix_of({{b - 1}, {b + 1}}), {}, {}, r, variance, {.momentum = m});
           out.step(str("(1 - {:.6g}) x {:.6g} + {:.6g} x {:.6g} = {:.6g}", m, start, m, b, r.item()));
           out.step(str("after 20 more such batches the start still counts {:.3g}", std::pow(1 - m, 21)));
           out.answer("running mean", r.item());
         },
     .turn = "m = 1 keeps only the last batch; m = .001 needs thousands of batches before it can be trusted.",
     .commands = "grimoire train --model mlp --data names.txt --batch-norm --out runs/bn\ngrimoire generate runs/bn -n 10",
     .code = "src/grimoire/op/norm.cpp: batch_norm_eval\nsrc/grimoire/nn/norm.h: BatchNorm",
     .mistake = "People say that mean and standard deviation are kept; in fact it is mean and variance, and the variance kept is the unbiased one (n - 1) "
                "while the batch is divided by the biased one.",
     .see = "ema: the same average\nbatch-norm: what it serves\nbatch-coupling: what it ends",
     .sources = "Ioffe and Szegedy 2015, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift, algorithm 2\n"
                "PyTorch documentation, torch.nn.BatchNorm1d",
     .ask = "r = 10, b = 20, m = .1. What is the new r? | 11.",
     .more = "Forgetting to switch from training to inference is a classic fault: results then change with the batch, or are nonsense for a batch of one. "
             "PyTorch's momentum is the weight of the new value; elsewhere the same word is the weight of the old. With fixed statistics the norm is a "
             "linear map and can be folded into the layer before it."},
    {.id = "init-robustness",
     .title = "Robustness to initial weights",
     .names = "norm forgives bad scale\nscale invariance",
     .what = "Why networks with norms train even from badly scaled weights: a norm cancels any factor that its inputs share.",
     .picture = "A camera with automatic exposure: in dim light and in bright the picture comes out alike.",
     .formula = "LN(c x) = LN(x)   for c > 0 (but for eps)",
     .symbols = "LN: layer norm, before gain and bias\nc: factor on the weights before it, hence on x\neps: what a norm adds to the variance; of "
                "account only where x is tiny",
     .inputs = "x = 1,3: what a layer gives\nc = 10: a bad scale",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = spread_out(in, "x");
           const double c = in.number("c", 1e-3, 1e6);
           std::vector<double> scaled;
           for (double v : x) scaled.push_back(c * v);
           const auto normed = [](const std::vector<double>& v) { return layer_norm(vector_of(v), {}, {}, kTiny).to_vector<double>(); };
           out.step(str("({}) has sd {:.6g}; scaled ({}) has sd {:.6g}", list_of(x), sd_of(x), list_of(scaled), sd_of(scaled)));
           out.answers("norm of x", normed(x));
           out.answers("norm of c x", normed(scaled));
           out.answer("sd of c x without a norm", sd_of(scaled));
         },
     .turn = "let c be .01 or 1000: the norms stay, the last line does not.",
     .commands = "grimoire train --model mlp --data names.txt --batch-norm --out runs/bn\ngrimoire doctor runs/bn",
     .code = "src/grimoire/op/norm.cpp: layer_norm",
     .mistake = "People say that the scale is then of no account at all; in fact slopes shrink as the weights grow, by 1/c, so the effective learning rate "
                "changes and may have to be set anew.",
     .see = "batch-norm: the first to do it\nkaiming: care instead of forgiveness\nlearning-rate: what is left to set",
     .sources = "Ioffe and Szegedy 2015, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift, section 3.3\n"
                "Karpathy 2022, makemore, part 3\n"
                "van Laarhoven 2017, L2 Regularization versus Batch and Weight Normalization",
     .ask = "What is LN(20, 60) if LN(1, 3) = (-1, 1)? | (-1, 1).",
     .more = "From f(c w) = f(w) follows f'(c w) = f'(w) / c by differentiating in w, and w.f'(w) = 0 by differentiating in c: a step always lengthens w, "
             "which in turn makes later steps smaller. "
             "So weight decay in front of a norm mostly sets the learning rate."},
};

}  // namespace

const Family kNorm = {"norm", "Normalisation", kConcepts};

}  // namespace grim::learn
