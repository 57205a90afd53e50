// Attention and transformers: what looks at what, by which numbers, and what it costs.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "grimoire/autograd/tape.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/model/t5.h"
#include "grimoire/nn/alibi.h"
#include "grimoire/nn/rotary.h"
#include "grimoire/op/arrange.h"
#include "grimoire/op/attention.h"
#include "grimoire/op/matmul.h"
#include "grimoire/op/moments.h"
#include "grimoire/op/pointwise.h"
#include "grimoire/op/reduce.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/view.h"

namespace grim::learn {
namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix small_matrix(const Inputs& in, std::string_view name, size_t rows = 0) {
  Matrix m = in.matrix(name);
  if (rows && m.size() != rows) in.refuse(name, str("{} rows", rows));
  if (m.size() * m[0].size() > 256) in.refuse(name, "at most 256 numbers");
  for (const auto& row : m)
    for (double v : row)
      if (std::abs(v) > 1e6) in.refuse(name, "numbers from -1000000 to 1000000");
  return m;
}

// x W of a vector.
std::vector<double> through(const std::vector<double>& x, const Matrix& W) { return matmul(matrix_of({x}), matrix_of(W)).to_vector<double>(); }

// Uniform attention under the causal mask: row t gives 1 / (t + 1) to each of places 0 .. t.
Tensor uniform_causal(int64_t T) {
  const Tensor allowed = tril(Tensor::ones({T, T}, Dtype::f64));
  return allowed / sum(allowed, 1, KeepDims::yes);
}

double size_of_model(const Inputs& in, std::string_view name) { return static_cast<double>(in.integer(name, 1, 1'000'000)); }

const Concept kConcepts[] = {
    {.id = "recurrence-free",
     .title = "Doing without recurrence",
     .names = "no recurrence\nparallel\nspeed up RNNs",
     .what = "Why attention trains faster than a recurrent network on modern machines: its places do not wait for each other.",
     .picture = "A meeting round a table, where all hear all at once, against a message whispered from ear to ear.",
     .formula = "steps that must follow each other: recurrent n + L - 1, attention L",
     .symbols = "n: places in the sequence\nL: layers",
     .inputs = "n = 512: places\nlayers = 1: of the network",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double n = size_of_model(in, "n"), layers = size_of_model(in, "layers");
           out.step(str("recurrent: {:.0f} places one after the other, upper layers just behind", n));
           out.step("attention: all places of a layer side by side");
           out.step(str("but it compares all pairs: {:.6g} scores a head and layer", n * n));
           out.answer("steps of a recurrent network", n + layers - 1);
           out.answer("steps of attention", layers);
           out.answer("scores", n * n);
         },
     .turn = "double n: the recurrent network needs twice the steps, attention the same, but four times the scores.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/gpt\ngrimoire train --model lstm --data input.txt --out runs/lstm",
     .code = "src/grimoire/op/attention.cpp: attention",
     .mistake = "People say that transformers do everything at once; in fact that holds for training and reading. Writing is still one token after the "
                "other, and the cost grows with n^2.",
     .see = "rnn: the thing that waits\nself-attention: how it is done\nautoregressive: where waiting is back",
     .sources = "Vaswani and others 2017, Attention Is All You Need, table 1\nGu and Dao 2023, Mamba: recurrence that can be computed side by side",
     .ask = "Which grows with the square of the length: the steps of an RNN or the scores of attention? | The scores of attention.",
     .more = "Between any two places attention has a path of one step, a recurrent network one as long as their distance, which is also why slopes arrive "
             "better. "
             "Linear recurrences can be computed in about log n steps by a scan, so newer recurrent models are parallel in training too."},
    {.id = "embedding",
     .title = "Embedding",
     .names = "input embedding\ntoken vectors\nembedding table",
     .what = "Gives every token a list of numbers to compute with: one row of a learned table.",
     .picture = "A cloakroom: you hand in a number and get what hangs on that hook. In training, what hangs there is altered to fit.",
     .formula = "x = row i of E,   E has V x d numbers",
     .symbols = "i: number of the token\nV: tokens in the vocabulary\nd: numbers for each",
     .inputs = "V = 30522: tokens (BERT's)\nd = 768: numbers each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double V = size_of_model(in, "V"), d = size_of_model(in, "d");
           out.step(str("{:.0f} x {:.0f} = {:.0f} numbers", V, d, V * d));
           out.step(str("in 4 bytes each {:.4g} MB; one look-up reads {:.0f} of them", V * d * 4 / 1e6, d));
           out.answer("numbers in the table", V * d);
         },
     .turn = "take 50257 tokens, GPT-2's: the table alone is a third of its 124 million numbers.",
     .commands = "grimoire train --model gpt --data input.txt --n-embd 128 --out runs/gpt",
     .code = "src/grimoire/op/embedding.cpp: embedding\nsrc/grimoire/nn/embedding.h: Embedding",
     .mistake = "People say that the vectors hold the meaning of a word; in fact they hold where a token starts from. What it means in this sentence is "
                "worked out in the layers above.",
     .see = "one-hot: the same as a product\nstatic-embedding: words outside of any sentence\ncontextual-embedding: after the layers\n"
            "learned-position: where it stands",
     .sources = "Bengio, Ducharme, Vincent and Jauvin 2003, A Neural Probabilistic Language Model\nDevlin, Chang, Lee and Toutanova 2019, BERT, section 3",
     .ask = "A vocabulary of 100 tokens with 8 numbers each: how large is the table? | 800 numbers.",
     .more = "The rows begin as random numbers and get slopes only when their token occurs, so rare tokens learn slowly. Many models use the same table "
             "once more at the end, as output layer."},
    {.id = "learned-position",
     .title = "Learned positions",
     .names = "positional embedding",
     .what = "Tells a transformer where each token stands, by adding a learned vector for place 0, place 1 and so on.",
     .picture = "Numbered seats: the number is stuck to whoever sits there.",
     .formula = "x + P[pos],   P has T x d numbers",
     .symbols = "pos: place, from 0\nT: longest text\nd: width, as of the tokens",
     .inputs = "T = 512: places (BERT's)\nd = 768: numbers each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double T = size_of_model(in, "T"), d = size_of_model(in, "d");
           out.step(str("{:.0f} x {:.0f} = {:.0f} numbers, added to the tokens' vectors", T, d, T * d));
           out.answer("numbers in the table", T * d);
         },
     .turn = "T = 1024, GPT-2's: the table doubles, and no text may be longer.",
     .commands = "grimoire train --model gpt --data input.txt --context 64 --out runs/gpt",
     .code = "src/grimoire/model/gpt.cpp: Gpt",
     .mistake = "People say that the model can read any length and only gets worse; in fact there is no row for place 512, so it cannot take one more token "
                "at all.",
     .see = "embedding: the table of tokens\nsinusoid: no table, a formula\nrotary: positions in the scores",
     .sources = "Gehring and others 2017, Convolutional Sequence to Sequence Learning, section 3.1\nDevlin, Chang, Lee and Toutanova 2019, BERT, section 3\n"
                "Vaswani and others 2017, Attention Is All You Need, table 3, row E",
     .ask = "Why does attention need positions at all? | Without them it gives each token the same result in whatever order the others come.",
     .more = "Vaswani and others found learned and sinusoidal positions about equal and chose the formula, hoping that it would carry over to longer texts. "
             "BERT and GPT-2 took the table; most later models took relative schemes."},
    {.id = "sinusoid",
     .title = "Sinusoidal positions",
     .names = "sin/cos positional encoding\npositional encoding",
     .what = "Tells a transformer where each token stands by a pattern of waves, fast ones and slow ones, that needs no learning.",
     .picture = "A clock with many hands: the second hand tells near moments apart, the hour hand far ones.",
     .formula = "PE[2i] = sin(pos / 10000^(2i/d)),   PE[2i+1] = cos(the same)",
     .symbols = "pos: place, from 0\nd: width, an even number\ni: pair of numbers, from 0 to d/2 - 1",
     .inputs = "pos = 1: place\nd = 4: width",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double pos = static_cast<double>(in.integer("pos", 0, 1'000'000));
           const int64_t d = in.integer("d", 2, 64);
           if (d % 2) in.refuse("d", "an even number");
           std::vector<double> code;
           for (int64_t i = 0; i < d / 2; ++i) {
             const double angle = pos / std::pow(10000, 2 * static_cast<double>(i) / static_cast<double>(d));
             code.push_back(std::sin(angle)), code.push_back(std::cos(angle));
             if (i < 3) out.step(str("pair {}: angle {:.6g}, sin {:.6g}, cos {:.6g}", i, angle, code[code.size() - 2], code.back()));
           }
           out.answers("PE", code);
         },
     .turn = "step pos from 1 to 2 to 3: the first pair swings widely, the last one hardly stirs.",
     .commands = "grimoire train --model transformer --data a.txt --tokenizer tok --out runs/t",
     .code = "src/grimoire/model/bart.h: sinusoids",
     .mistake = "People say that it rotates the tokens; in fact it is added to them. What rotates is the code itself: PE(pos + k) is PE(pos) turned by "
                "angles that depend on k alone.",
     .see = "learned-position: a table instead\nrotary: tokens that do turn\ntransformer: where it is added",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.5",
     .ask = "What is the code of place 0 for d = 2? | (0, 1).",
     .more = "By the addition theorems sin(a + b) and cos(a + b) are linear in sin a and cos a, so a fixed matrix takes PE(pos) to PE(pos + k): looking k "
             "places back is something that a linear layer can learn. "
             "Wavelengths run from 2 pi to 10000 x 2 pi. That it carries over to longer texts was a hope; in practice it does so poorly (Press, Smith and "
             "Lewis 2022)."},
    {.id = "rotary",
     .title = "Rotary positions",
     .names = "RoPE\nrotation matrix\nrotary embedding",
     .what = "Tells attention how far apart two tokens are, by turning their queries and keys by angles that grow with the place.",
     .picture = "Two dancers who turn a little with each step: seen from each other, only the difference of their steps shows.",
     .formula = "(q1, q2) -> (q1 cos a - q2 sin a, q1 sin a + q2 cos a),   a = pos theta",
     .symbols = "q1, q2: a pair of a query's (or key's) numbers\npos: place\ntheta: speed of this pair, 1 for the first",
     .inputs = "q = 1,0: a pair\npos = 1: place\ntheta = 1: speed, in radians a place",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> q = in.numbers("q", -1e6, 1e6, 2, 2);
           const double a = static_cast<double>(in.integer("pos", 0, 1'000'000)) * in.number("theta", -10, 10), c = std::cos(a), s = std::sin(a);
           const std::vector<double> turned = through(q, {{c, s}, {-s, c}});
           out.step(str("a = {:.6g}, cos a = {:.6g}, sin a = {:.6g}", a, c, s));
           out.step(str("length before {:.6g}, after {:.6g}", std::hypot(q[0], q[1]), std::hypot(turned[0], turned[1])));
           out.answers("turned q", turned);
         },
     .turn = "any pos: the length stays. Turn q at place 5 and k at place 3: their product depends on the 2 alone.",
     .commands = "grimoire train --model llama --data input.txt --out runs/llama",
     .code = "src/grimoire/op/rotary.h: rotary\nsrc/grimoire/nn/rotary.h: turns_of",
     .mistake = "People say that it is added at the bottom like other positions; in fact it turns queries and keys in every layer and leaves values and the "
                "token's vector alone.",
     .see = "sinusoid: the same angles, added\nscaled-dot: the product that sees the turn\nrotary-scaling: longer texts\nlearned-position: the table",
     .sources = "Su, Lu, Pan, Murtadha, Wen and Liu 2021, RoFormer: Enhanced Transformer with Rotary Position Embedding",
     .ask = "What does a turn by 90 degrees make of (1, 0)? | (0, 1).",
     .more = "With R(a) the rotation, (R(m t) q).(R(n t) k) = q.R((n - m) t) k, because rotations add up and the transpose turns back. Each pair of numbers "
             "has its own speed, 10000^(-2i/d). "
             "Which numbers form a pair differs between programs, neighbours or halves: checkpoints have to say."},
    {.id = "rotary-scaling",
     .title = "Rotary positions for longer texts",
     .names = "YaRN\nRoPE scaling\nposition interpolation\nNTK by parts",
     .what = "Lets a model with rotary positions read longer texts than those of its training: pairs that never came round there turn more slowly.",
     .picture = "A map stretched over a larger country: coasts are drawn out, street names keep their size, or nobody could read them.",
     .formula = "f' = (1 - g) f + g f / s,   f = theta^(-2i/R),   g = (i - a) / (b - a)\n"
                "a: the pair with L f / 2 pi = 32,   b: with 1;   q and k times 0.1 ln s + 1",
     .symbols = "f: angle a place of pair i, from 0 to R/2 - 1\ntheta: the base\nL: places in training; s: how many times as many\n"
                "g: from 0 to 1; a is rounded down, b up",
     .inputs = "i = 30: pair\nR = 128: numbers of a head that are turned\ntheta = 10000: base\nL = 4096: places in training\ns = 4: factor",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t R = in.integer("R", 2, 1024), i = in.integer("i", 0, R / 2 - 1);
           if (R % 2) in.refuse("R", "an even number");
           RotaryOptions o{.size = R, .theta = in.number("theta", 2, 1e12), .factor = in.number("s", 1, 1e6), .trained = in.integer("L", 1, 100'000'000)};
           const double f = rotary_frequencies(o)[static_cast<size_t>(i)], L = static_cast<double>(o.trained), around = 2 * std::numbers::pi;
           o.scaling = RotaryScaling::yarn;
           const double slower = rotary_frequencies(o)[static_cast<size_t>(i)];
           out.step(str("pair {} turned by {:.6g} a place, {:.6g} times round in training", i, f, L * f / around));
           out.step(str("now by {:.6g}, 1/{:.6g} of that", slower, f / slower));
           const double places = o.factor * L;
           out.step(str("a text of {:.6g} places takes it round {:.6g} times, not {:.6g}", places, places * slower / around, places * f / around));
           out.answer("times round in training", L * f / around);
           out.answer("f'", slower);
           out.answer("queries and keys times", rotary_attention_factor(o));
         },
     .turn = "i = 10: it came round often and stays as it is. i = 50: it never did, and turns four times as slowly.",
     .commands = "grimoire train --model llama --data input.txt --rope-theta 5e5 --out runs/1",
     .code = "src/grimoire/nn/rotary.cpp: yarn, rotary_attention_factor",
     .mistake = "People say that it is switched on by long texts; in fact these angles hold for short ones as well, and cost a little there. Only the dynamic "
                "kind looks at the length.",
     .see = "rotary: what is stretched\nscaled-dot: the product that grows\nalibi: positions that need no stretching",
     .sources = "Peng, Quesnelle, Fan and Shippole 2023, YaRN: Efficient Context Window Extension of Large Language Models, section 3\n"
                "Chen, Wong, Chen and Tian 2023, Extending Context Window of Large Language Models via Positional Interpolation",
     .ask = "Pair 0 turns by 1 a place. By how much with a factor of 4? | By 1 still: it came round hundreds of times.",
     .more = "Dividing all angles by s (position interpolation) blurs neighbours, which fast pairs tell apart. Llama 3.1 mixes by turns instead of pairs and "
             "leaves scores alone. A larger theta slows the slow pairs most, without a slope. Dynamic: theta grows behind the context, where nothing is read "
             "here. With s times as many keys softmax spreads out, which the last factor, squared in the scores, undoes."},
    {.id = "distance-buckets",
     .title = "Distance buckets",
     .names = "relative position bias\nrelative position buckets\nT5 bias",
     .what = "Tells attention how far apart two tokens are, by adding a learned number for the distance to their score.",
     .picture = "Milestones that are close together at the gate and further and further apart on the road: near distances are told exactly, far ones roughly.",
     .formula = "score = q.k + b[bucket(s - t)]\n"
                "bucket = E + (N - E) log(d / E) / log(M / E) from d = E on, else d",
     .symbols = "s - t: place of the key minus place of the query\nd: its size\nN: buckets of one side; E: half of them, of one distance each\n"
                "M: the distance from which all share the last",
     .inputs = "d = 20: how far the key stands before the query\nbuckets = 32: in all\nmax = 128: the distance from which all are one",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t d = in.integer("d", 0, 1'000'000), buckets = in.integer("buckets", 4, 1024), most = in.integer("max", 3, 1'000'000);
           if (buckets % 2 || most <= buckets / 2) in.refuse("buckets", "an even number, below twice max");
           const int64_t both = t5_bucket(-d, Sight::both, buckets, most), before = t5_bucket(-d, Sight::before, buckets, most);
           out.step(str("an encoder sees both sides: {} buckets for each, the first {} of one distance", buckets / 2, buckets / 4));
           out.step(str("a decoder sees one: {} buckets, the first {} of one distance", buckets, buckets / 2));
           out.answer("bucket in an encoder", static_cast<double>(both));
           out.answer("bucket in a decoder", static_cast<double>(before));
         },
     .turn = "d from 1 to 10: each its own bucket in a decoder. d from 100 to 110: one and the same.",
     .commands = "grimoire train --model t5 --data input.txt --tokenizer tok --out runs/t5",
     .code = "src/grimoire/model/t5.h: t5_bucket\nsrc/grimoire/op/attention.h: attention",
     .mistake = "People say that T5 knows no order, for nothing is added to its tokens; in fact the order is in the scores of every layer, and only there.",
     .see = "t5: the model that has them\nrotary: turns instead of a number\nsinusoid: places instead of distances",
     .sources = "Raffel et al. 2020, Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer, section 2.1\n"
                "Shaw, Uszkoreit and Vaswani 2018, Self-Attention with Relative Position Representations",
     .ask = "A decoder has 32 buckets. Which is that of the token three places back? | 3: the first sixteen hold one distance each.",
     .more = "Each head has its own numbers, and the blocks of a stack share them: 32 H numbers for an encoder and as many for a decoder, however long "
             "the text. A distance that was never met in training falls into the last bucket, so that longer texts than those are read as far ones "
             "were."},
    {.id = "alibi",
     .title = "ALiBi",
     .names = "attention with linear biases\nlinear biases\nBLOOM",
     .what = "Tells attention how far apart two tokens are, by taking a little off their score for each place between them. Nothing is learned for it.",
     .picture = "Voices in a long hall: each step further away takes off the same. Some listeners are short of hearing, others hear to the far end.",
     .formula = "score = q.k / sqrt D - m_h (t - s),   m_h = 2^(-8 h / H)",
     .symbols = "q, k: query of place t, key of place s before it\nD: their width\nm_h: slope of head h = 1 .. H",
     .inputs = "H = 8: heads\nh = 1: the head, from 1\nd = 3: how far the key stands before the query",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t H = in.integer("H", 1, 1024), h = in.integer("h", 1, H), d = in.integer("d", 0, 1'000'000);
           const std::vector<double> slopes = alibi_slopes(H);
           const double slope = slopes[static_cast<size_t>(h - 1)], off = slope * static_cast<double>(d);
           const auto [least, most] = std::ranges::minmax(slopes);
           out.step(str("slopes of the {} heads, from {:.6g} to {:.6g}", H, most, least));
           out.step(str("{:.6g} x {} places = {:.6g} off the score", slope, d, off));
           out.step(str("the weight beside a key as good in the query's own place: {:.6g}", std::exp(-off)));
           out.answer("slope", slope);
           out.answer("taken off the score", off);
         },
     .turn = "h = 8: its slope is 1/256, so that this head hears hundreds of places. H = 6: no power of two, where each second slope of 8 heads fills up those "
             "of 4.",
     .commands = "grimoire train --model bloom --data input.txt --out runs/bloom",
     .code = "src/grimoire/nn/alibi.h: alibi_slopes\nsrc/grimoire/op/attention.h: attention",
     .mistake = "People say that a model with it looks arbitrarily far; in fact a head hardly hears what is a few times 1 / m_h away. It reads texts longer "
                "than those of its training without falling apart, for what is far hardly counts.",
     .see = "distance-buckets: learned numbers instead\nrotary: turns instead\nlearned-position: a table, and its end",
     .sources = "Press, Smith and Lewis 2021, Train Short, Test Long: Attention with Linear Biases Enables Input Length Extrapolation, section 3",
     .ask = "Of 8 heads the first has the slope 1/2. What does it take off for a key 4 places before? | 2.",
     .more = "Softmax does not see what all scores of a query share, so that -m (t - s) and + m s weigh alike: programs that add a row of m s to all queries "
             "compute the same. The slopes are a geometric sequence that ends at 2^-8, chosen by trials and then kept."},
    {.id = "relative-score",
     .title = "Scores by distance",
     .names = "relative positional encoding\nrelative position\nTransformer-XL attention",
     .what = "Tells attention how far apart two tokens are, with parts of the score that know the distance and nothing of the places themselves.",
     .picture = "Asking for a letter: what it is about, how long ago it came, what is interesting anyway, and how old such letters mostly are.",
     .formula = "score = q.k + q.(W R_d) + u.k + v.(W R_d)",
     .symbols = "q, k: query, and key d places before it\nR_d: sinusoid of the distance d; W: learned\n"
                "u, v: learned, one of each a head, the same for all queries",
     .inputs = "q = 1,0: query\nk = 1,1: key\nu = 0,.5: likes of all queries\nv = .5,0: distances they like\nd = 1: how far the key stands before",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto pair = [&](const char* name) { return in.numbers(name, -1e6, 1e6, 2, 2); };
           const std::vector<double> q = pair("q"), k = pair("k"), u = pair("u"), v = pair("v");
           const double d = static_cast<double>(in.integer("d", 0, 1'000'000));
           const std::vector<double> R = {std::sin(d), std::cos(d)};
           const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) { return a[0] * b[0] + a[1] * b[1]; };
           const std::vector<double> parts = {dot(q, k), dot(q, R), dot(u, k), dot(v, R)};
           out.step(str("R = sin {0:g}, cos {0:g} = {1:.6g}, {2:.6g}; W leaves it as it is here", d, R[0], R[1]));
           out.step("for the query: the key, its distance; for all queries: the key, its distance");
           out.answers("part", parts);
           out.answer("score", parts[0] + parts[1] + parts[2] + parts[3]);
         },
     .turn = "d from 1 to 2: two parts change, two stay. With u = v = 0,0 the query decides alone.",
     .commands = "grimoire train --model transfo-xl --data input.txt --out runs/xl",
     .code = "src/grimoire/model/transfo_xl.cpp: weights, moved_to_keys",
     .mistake = "People say that it needs a table of distances for each query; in fact q.(W R_d) is worked out for all distances at once, and each row is "
                "then moved to where its keys are.",
     .see = "transformer-xl: the model that needs it\nsinusoid: what R is\ndistance-buckets: the shorter way\nrotary: by turns",
     .sources = "Dai et al. 2019, Transformer-XL: Attentive Language Models beyond a Fixed-Length Context, section 3.3 and appendix B\n"
                "Shaw, Uszkoreit and Vaswani 2018, Self-Attention with Relative Position Representations",
     .ask = "Two tokens move ten places to the right together. Which of the four parts change? | None.",
     .more = "Written with places, the score of x_t + p_t on x_s + p_s has the same four parts: x x, x p, p x, p p. The paper puts R of the distance where the "
             "key's place stood, and u and v where the query's place did, which cannot matter any more."},
    {.id = "grouped-queries",
     .title = "Grouped queries",
     .names = "GQA\ngrouped-query attention\nmulti-query attention\nMQA",
     .what = "Lets several attention heads share one set of keys and values, so that a model that writes has less to keep and to read.",
     .picture = "A library where four readers share one catalogue: each asks a question of his own, and one catalogue stands on the shelf instead of four.",
     .formula = "kept numbers = 2 L G D T",
     .symbols = "L: layers\nG: heads of keys and values\nD: width of a head\nT: tokens read so far\n2: a key and a value",
     .inputs = "L = 30: layers\nH = 9: heads of queries\nG = 3: heads of keys and values\nD = 64: width of a head\nT = 1000: tokens",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t H = in.integer("H", 1, 1024), G = in.integer("G", 1, 1024);
           if (H % G) in.refuse("G", "a divisor of H");
           const auto size = [&](const char* name) { return static_cast<double>(in.integer(name, 1, 1'000'000)); };
           const double a_head = 2 * size("L") * size("D") * size("T"), kept = a_head * static_cast<double>(G);
           out.step(str("each head of keys and values serves {} of queries", H / G));
           out.step(str("2 x {:.0f} x {} x {:.0f} x {:.0f} = {:.0f} numbers", size("L"), G, size("D"), size("T"), kept));
           out.step(str("with a set for every head: {:.0f}", a_head * static_cast<double>(H)));
           out.answer("kept numbers", kept);
           out.answer("share of what all heads would keep", static_cast<double>(G) / static_cast<double>(H));
         },
     .turn = "G = 1: one set for all, the least there is (multi-query). G = H: each head its own, as in the first transformers.",
     .commands = "grimoire train --model llama --n-kv-head 1 --data input.txt --out runs/l",
     .code = "src/grimoire/op/attention.h: attention\nsrc/grimoire/model/llama.h: LlamaConfig",
     .mistake = "People say that it makes training much cheaper; in fact the scores cost what they cost before, for there are as many queries. What shrinks is "
                "what is kept of each token, and with it the time of writing one more.",
     .see = "kept-keys: what is kept\nmulti-head: each head its own\nrotary: turns the keys before they are kept",
     .sources = "Shazeer 2019, Fast Transformer Decoding: One Write-Head is All You Need\n"
                "Ainslie, Lee-Thorp, de Jong, Zemlyanskiy, Lebron and Sanghai 2023, GQA: Training Generalized Multi-Query Transformer Models",
     .ask = "Sixteen heads of queries share four of keys and values. What share of the keys is kept? | A quarter.",
     .more = "The heads that share stand side by side: head h of the queries asks head h G / H of the keys, rounded down. Going back, the gradients of all who "
             "shared a key add up in it."},
    {.id = "kept-keys",
     .title = "Kept keys and values",
     .names = "KV cache\nkey-value cache\ndecode cache",
     .what = "Remembers what a model that writes has read, so that each new token costs one step and not the whole text again.",
     .picture = "Reading a book with notes in the margin: for the next page you look at your notes instead of starting at page one.",
     .formula = "places read with it = p + n - 1,   without it = n p + n (n - 1) / 2",
     .symbols = "p: tokens of the prompt\nn: tokens that are written",
     .inputs = "p = 100: tokens of the prompt\nn = 50: tokens written",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double p = static_cast<double>(in.integer("p", 1, 1'000'000)), n = static_cast<double>(in.integer("n", 1, 1'000'000));
           const double with = p + n - 1, without = n * p + n * (n - 1) / 2;
           out.step(str("with it: the prompt, then all written but the last, {:.0f} + {:.0f} = {:.0f}", p, n - 1, with));
           out.step(str("without it: {:.0f} for the first token, {:.0f} for the last, together {:.0f}", p, p + n - 1, without));
           out.answer("places read with it", with);
           out.answer("places read without it", without);
           out.answer("times as many", without / with);
         },
     .turn = "n = 1: no difference, there is nothing to remember yet. The longer the text, the more it saves.",
     .commands = "grimoire generate runs/gpt --prompt \"To be\" --max-tokens 60",
     .code = "src/grimoire/nn/decode_cache.h: DecodeCache\nsrc/grimoire/generate/writer.h: Writer",
     .mistake = "People say that it is an approximation; in fact a causal model's keys and values of a token cannot depend on what comes later, so that the "
                "text is the same to the letter.",
     .see = "causal-mask: why the past stays as it was\ngrouped-queries: keeps less of it\nqkv: what is kept",
     .sources = "Shazeer 2019, Fast Transformer Decoding: One Write-Head is All You Need, section 2.4",
     .ask = "A prompt has 10 tokens and 3 are written. How many places are read without it? | 10 + 11 + 12 = 33.",
     .more = "Queries are not kept: only the newest token asks. Texts of unequal lengths are kept side by side, each with its own count, and nothing is "
             "padded. What grows with the text is memory, and the time to read it for every token; that, and not arithmetic, is what bounds the speed of "
             "writing. Where a window moves over a text longer than the context, learned positions change for all of it, and it has to be read anew."},
    {.id = "transformer",
     .title = "Transformer",
     .names = "attention is all you need\ntransformer block",
     .what = "The network behind today's language models: blocks in which tokens first listen to each other and then each thinks for itself.",
     .picture = "A whisper game with magic earphones: each player hears all before him, heeds a few, adds a thought and passes on. Only that all speak at "
                "once.",
     .formula = "x <- x + attention(norm(x)),   x <- x + mlp(norm(x))\nweights of a block = 4 d^2 + 2 d F, with F = 4 d: 12 d^2",
     .symbols = "x: the tokens, d numbers each\nd: width\nF: width inside the mlp",
     .inputs = "d = 768: width\nF = 3072: width inside the mlp",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double d = size_of_model(in, "d"), F = size_of_model(in, "F");
           out.step(str("attention: q, k, v and output, 4 x {:.0f}^2 = {:.0f}", d, 4 * d * d));
           out.step(str("mlp: up and down, 2 x {:.0f} x {:.0f} = {:.0f}", d, F, 2 * d * F));
           out.answer("weights of a block", 4 * d * d + 2 * d * F);
           out.answer("share of the mlp", 2 * d * F / (4 * d * d + 2 * d * F));
         },
     .turn = "double d and F: four times the weights. Double the blocks: twice.",
     .commands = "grimoire train --model gpt --data input.txt --n-layer 4 --out runs/gpt",
     .code = "src/grimoire/model/gpt.cpp: Gpt",
     .mistake = "People say that attention is all there is; in fact two thirds of a block's weights are in the mlp, and without residual paths and norms "
                "deep ones hardly train.",
     .see = "self-attention: the listening\nresidual: the x + in front\nlayer-norm: keeps the scale\ntransformer-variants: three kinds",
     .sources = "Vaswani and others 2017, Attention Is All You Need\nRadford and others 2019, Language Models are Unsupervised Multitask Learners: norms "
                "first",
     .ask = "A block has width 10 and an mlp of 40. How many weights, biases aside? | 12 x 100 = 1200.",
     .more = "Biases and norms add a few times d. The original put the norm after the sum, GPT-2 puts it before. Attention is the only place where tokens "
             "meet; all else works on each token by itself, "
             "with the same weights. Decoders hide later places; encoders see both sides."},
    {.id = "parallel-residual",
     .title = "Parallel residual",
     .names = "parallel block\nparallel attention and feed-forward\nGPT-NeoX\nPythia",
     .what = "A block whose attention and feed-forward part read the same stream side by side, instead of one behind the other.",
     .picture = "Two advisers who are asked at the same time and do not hear each other, instead of the second commenting on the first.",
     .formula = "parallel: x + a(x) + f(x)\none behind the other: y = x + a(x),   y + f(y)",
     .symbols = "x: the stream\na: attention behind its norm; f: feed-forward behind its own; here factors",
     .inputs = "x = 1: the stream\na = .5: what attention makes of 1\nf = .2: what the feed-forward part makes of 1",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto number = [&](const char* name) { return in.number(name, -1e6, 1e6); };
           const double x = number("x"), a = number("a"), f = number("f"), mid = x + a * x;
           out.step(str("side by side: {:.6g} + {:.6g} + {:.6g}", x, a * x, f * x));
           out.step(str("one behind the other: {:.6g}, and {:.6g} of that on top", mid, f * mid));
           out.answer("side by side", x + a * x + f * x);
           out.answer("one behind the other", mid + f * mid);
           out.answer("what is missing, f of a", f * a * x);
         },
     .turn = "a = .1 and f = .1: the difference is their product, a hundredth. Blocks that change the stream little lose little.",
     .commands = "grimoire train --model gpt-neox --data input.txt --out runs/neox\ngrimoire train --model gpt-neox --no-parallel --data in.txt --out runs/1",
     .code = "src/grimoire/model/gpt_neox.cpp: Block",
     .mistake = "People say that the feed-forward part then never sees what attention found; in fact that of the next block does. It comes one block later.",
     .see = "transformer: the usual block\nresidual: the x + in front\nrotary: on a quarter of each head there",
     .sources = "Black et al. 2022, GPT-NeoX-20B: An Open-Source Autoregressive Language Model, section 2.1",
     .ask = "Which part of a usual block does a parallel one leave out? | What the feed-forward part makes of what attention has just brought.",
     .more = "It is done for speed: the four products of a block become two that can run side by side, and where a layer is spread over machines their results "
             "are summed once a block instead of twice."},
    {.id = "self-attention",
     .title = "Self-attention",
     .names = "intra-attention\nattention",
     .what = "Lets each token of a text gather from all the others what helps to understand it.",
     .picture = "A meeting round a table: each hears everybody, heeds those who matter to him, and leaves with a blend of what they said.",
     .formula = "softmax(Q K' / sqrt d) V",
     .symbols = "Q, K, V: queries, keys and values, all made from the same x\nd: numbers in a query\nK': K with rows and columns swapped",
     .inputs = "x = 1,0;0,1: two tokens; here Q = K = V = x",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Tensor x = matrix_of(small_matrix(in, "x"));
           const int64_t T = x.dim(0), d = x.dim(1);
           const Tensor scores = matmul(x, transpose(x, 0, 1)) / std::sqrt(static_cast<double>(d)), weights = softmax(scores, 1);
           const Tensor four = reshape(x, {1, 1, T, d});
           out.step("scores of token 0: " + list_of(select(scores, 0, 0).to_vector<double>()));
           out.step("what it takes away: " + list_of(select(reshape(attention(four, four, four), {T, d}), 0, 0).to_vector<double>()));
           for (int64_t t = 0; t < std::min<int64_t>(T, 4); ++t) out.answers(str("weights[{}]", t), select(weights, 0, t).to_vector<double>());
         },
     .turn = "scale x up to 10,0;0,10: each token listens to itself alone.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/gpt\ngrimoire inspect attention runs/gpt --text \"To be\"",
     .code = "src/grimoire/op/attention.cpp: attention, composed_attention\nsrc/grimoire/nn/attention.h: MultiHeadAttention",
     .mistake = "People say that it reads word order; in fact shuffle the tokens and the same results come out shuffled. Order has to be put in, by "
                "positions or by a mask.",
     .see = "scaled-dot: one score\nqkv: where the three come from\ncausal-mask: who may hear whom\nmulti-head: several at once",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2\nJain and Wallace 2019, Attention is not Explanation\n"
                "Wiegreffe and Pinter 2019, Attention is not not Explanation",
     .ask = "All scores of a token over 4 places are equal. What weight has each? | .25.",
     .more = "Whether the weights explain a model's answer is disputed: Jain and Wallace found other weights with the same answers; Wiegreffe and Pinter "
             "that this depends on what one calls an explanation. "
             "Grimoire's fused form works on tiles and never holds the whole table of scores (after Dao and others 2022); its composed twin does, and both "
             "are tested to agree."},
    {.id = "scaled-dot",
     .title = "Scaled dot product",
     .names = "scaled dot product\nscaled dot-product attention",
     .what = "The score by which attention decides: how well a query and a key point the same way, on a scale that does not grow with their length.",
     .picture = "A quiz of 64 questions scored so that chance always scatters by one point, however long the quiz is.",
     .formula = "score = q.k / sqrt d",
     .symbols = "q.k: sum of products of query and key\nd: numbers in each",
     .inputs = "qk = 8: the product q.k\nd = 64: numbers in q and k",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double qk = in.number("qk", -1e6, 1e6), d = size_of_model(in, "d"), score = qk / std::sqrt(d);
           const std::vector<double> raw = softmax(vector_of({qk, 0}), 0).to_vector<double>(), scaled = softmax(vector_of({score, 0}), 0).to_vector<double>();
           out.step(str("{:.6g} / sqrt {:.0f} = {:.6g} / {:.6g}", qk, d, qk, std::sqrt(d)));
           out.step(str("against a rival with score 0: weight {:.5f}; unscaled it would be {:.5f}", scaled[0], raw[0]));
           out.answer("score", score);
         },
     .turn = "d = 1: no scaling, and the softmax is all but decided, so its slopes are nearly 0.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/gpt",
     .code = "src/grimoire/op/attention.cpp: composed_attention",
     .mistake = "People say that one divides by the width d; in fact it is by its root, since the scatter of a sum of d products grows like sqrt d.",
     .see = "self-attention: what it is for\nsoftmax: what comes next\nfan-in-init: the same root",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2.1, footnote 4",
     .ask = "q.k = 6 with d = 9. What is the score? | 2.",
     .more = "For q and k of independent numbers with mean 0 and variance 1 each product has variance 1 and the sum has d. Dividing by sqrt d brings that "
             "back to 1, so that at the start "
             "the softmax is neither flat nor decided."},
    {.id = "qkv",
     .title = "Query, key and value",
     .names = "query\nkey\nvalue",
     .what = "The three roles that each token plays in attention: what it asks, what it can be found by, and what it gives.",
     .picture = "A teacher's question is the query, the label on each box of knowledge the key, its content the value. But here one word plays all three, "
                "through three matrices.",
     .formula = "q = x Wq,   k = x Wk,   v = x Wv",
     .symbols = "x: the token's vector in this layer, a row\nWq, Wk, Wv: learned matrices",
     .inputs = "x = 1,2: a token\nWq = 0,1;1,0: for the query\nWk = 1,0;0,1: for the key\nWv = 2,0;0,2: for the value",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x", -1e6, 1e6, 1, 16);
           for (const char* role : {"q", "k", "v"}) {
             const std::string name = str("W{}", role);
             const std::vector<double> y = through(x, small_matrix(in, name, x.size()));
             out.step(str("{} = x {} = ({})", role, name, list_of(y)));
             out.answers(role, y);
           }
         },
     .turn = "set Wv to 0,0;0,0: the token is still found, but gives nothing.",
     .commands = "grimoire inspect attention runs/gpt --text \"To be\"",
     .code = "src/grimoire/nn/attention.h: MultiHeadAttention\nsrc/grimoire/model/gpt.cpp: c_attn, the three in one",
     .mistake = "People say that Q, K and V are the word embeddings; in fact they are three learned projections of what the layer gets, and only the first "
                "layer gets embeddings.",
     .see = "scaled-dot: q meets k\nself-attention: and takes v\nqkv-self: all from one text\nkv-cross: from another text",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2",
     .ask = "Which two of the three are compared to get a score? | The query and the key.",
     .more = "Only the product Wq Wk' matters for the scores and only Wv Wo for what is moved (Elhage and others 2021), so a head is two matrices of low "
             "rank: where to look, and what to bring."},
    {.id = "qkv-self",
     .title = "Q, K and V in an encoder",
     .names = "Q K V in an encoder",
     .what = "In self-attention the questions, the labels and the contents all come from one and the same text.",
     .picture = "A class in which every pupil asks, is asked and answers.",
     .formula = "Q = X Wq,   K = X Wk,   V = X Wv;   scores: n x n",
     .symbols = "X: n tokens, a row each\nn: tokens",
     .inputs = "n = 4: tokens",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1000);
           const Tensor X = Tensor::ones({n, 1}, Dtype::f64), scores = matmul(X, transpose(X, 0, 1));
           out.step(str("each of {} tokens asks {} tokens, itself among them", n, n));
           out.answer("scores", static_cast<double>(scores.numel()));
         },
     .turn = "double n: four times the scores. That is the price of long texts.",
     .commands = "grimoire inspect attention runs/bert --text \"To be\"",
     .code = "src/grimoire/op/attention.cpp: self_attention",
     .mistake = "People say that Q = K = V there; in fact only the source is one. Three matrices make three different things of it, else every token would "
                "mostly find itself.",
     .see = "qkv: the three roles\nq-cross: when the question comes from elsewhere\nbidirectional: all see all",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2.3\nDevlin, Chang, Lee and Toutanova 2019, BERT",
     .ask = "How many scores has one head over 10 tokens without a mask? | 100.",
     .more = "In an encoder nothing is hidden, so every token sees both sides. The scores need not be symmetric: a may look at b while b looks elsewhere, "
             "since queries and keys have their own matrices."},
    {.id = "q-cross",
     .title = "Queries in cross-attention",
     .names = "Q in cross-attention",
     .what = "When a decoder looks at the source text, the questions come from what it has written so far.",
     .picture = "A translator with half a sentence on paper asks the original: what comes now?",
     .formula = "Q = D Wq;   scores: T x S",
     .symbols = "D: the decoder's states, T of them\nT: target tokens so far\nS: source tokens",
     .inputs = "T = 2: target tokens\nS = 3: source tokens",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t T = in.integer("T", 1, 1000), S = in.integer("S", 1, 1000);
           const Tensor scores = matmul(Tensor::ones({T, 1}, Dtype::f64), Tensor::ones({1, S}, Dtype::f64));
           out.step(str("each of {} target tokens asks each of {} source tokens", T, S));
           out.answer("table of scores", str("{}x{}", scores.dim(0), scores.dim(1)));
           out.answer("scores", static_cast<double>(scores.numel()));
         },
     .turn = "write one more target token: one more row, and the other rows stay.",
     .commands = "grimoire train --model t5 --data input.txt --tokenizer tok --out runs/t5",
     .code = "src/grimoire/nn/attention.h: cross",
     .mistake = "People say that the queries come from the encoder; in fact they come from the decoder, just below in the same block. The encoder supplies "
                "what is asked, not who asks.",
     .see = "kv-cross: the other side\ncross-attention: both together\nqkv: the three roles",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2.3",
     .ask = "5 target tokens look at 7 source tokens. How many rows has the table of scores? | 5.",
     .more = "The table need not be square, and has no causal mask: the source is known in full. Only padding is hidden."},
    {.id = "kv-cross",
     .title = "Keys and values in cross-attention",
     .names = "K V in cross-attention",
     .what = "When a decoder looks at the source text, what it can find and fetch is made from the encoder's final states.",
     .picture = "One library, but each reading room keeps a catalogue of its own: the books are shared, the index cards are not.",
     .formula = "K = enc Wk,   V = enc Wv,   with matrices of each decoder layer's own",
     .symbols = "enc: the encoder's states, one for each source token\nWk, Wv: matrices of this decoder layer (here single numbers)",
     .inputs = "enc = 3: states of the source\nWk = 1: for the keys\nWv = 2: for the values",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> enc = in.numbers("enc", -1e6, 1e6, 1, 20);
           const double wk = in.number("Wk", -1e6, 1e6), wv = in.number("Wv", -1e6, 1e6);
           const std::vector<double> k = (vector_of(enc) * wk).to_vector<double>(), v = (vector_of(enc) * wv).to_vector<double>();
           out.step(str("K = ({}) x {:.6g} = ({})", list_of(enc), wk, list_of(k)));
           out.step(str("V = ({}) x {:.6g} = ({})", list_of(enc), wv, list_of(v)));
           out.answers("K", k);
           out.answers("V", v);
         },
     .turn = "change Wk: where the decoder looks changes, but not what it brings back.",
     .commands = "grimoire train --model t5 --data input.txt --tokenizer tok --out runs/t5",
     .code = "src/grimoire/nn/attention.h: cross",
     .mistake = "People say that the encoder puts out K and V, and that they are equal; in fact it puts out states, and each decoder layer makes its own K "
                "and V of them with two matrices.",
     .see = "q-cross: who asks\ncross-attention: both together\nencoder-decoder: the two halves",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2.3 and figure 1",
     .ask = "A decoder has 6 layers. How many pairs of Wk and Wv has its cross-attention, heads aside? | 6.",
     .more = "The source does not change while the decoder writes, so each layer's K and V are computed once and kept."},
    {.id = "cross-attention",
     .title = "Cross-attention",
     .names = "encoder-decoder attention",
     .what = "Lets one sequence look things up in another: a translation in its source, a picture in its caption.",
     .picture = "Writing a summary with the report open beside you.",
     .formula = "softmax(Q_dec K_enc' / sqrt d) V_enc",
     .symbols = "Q_dec: queries of the sequence that is being written\nK_enc, V_enc: keys and values made from the other one\nd: numbers in a query",
     .inputs = "scores = 0,1.0986122887: of one query, already scaled (0 and ln 3)\nv = 4,8: values of the source",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> scores = in.numbers("scores", -1000, 1000, 1, 50), v = in.numbers("v", -1e6, 1e6, 1, 50);
           if (v.size() != scores.size()) in.refuse("v", str("as many as there are scores: {}", scores.size()));
           const auto S = static_cast<int64_t>(v.size());
           // A query of 1 and the scores as keys: attention over one number a head.
           const Tensor y = attention(Tensor::ones({1, 1, 1, 1}, Dtype::f64), reshape(vector_of(scores), {1, 1, S, 1}), reshape(vector_of(v), {1, 1, S, 1}));
           const std::vector<double> weights = softmax(vector_of(scores), 0).to_vector<double>();
           out.step("weights " + list_of(weights));
           std::string terms;
           for (size_t i = 0; i < v.size() && i < 4; ++i) terms += str("{}{:.5g} x {:.6g}", i ? " + " : "", weights[i], v[i]);
           out.step(terms + (S > 4 ? " + ..." : "") + str(" = {:.6g}", y.item()));
           out.answer("what the query takes away", y.item());
         },
     .turn = "make the scores equal: the plain mean, 6.",
     .commands = "grimoire train --model t5 --data input.txt --tokenizer tok --out runs/t5",
     .code = "src/grimoire/op/attention.cpp: attention\nsrc/grimoire/nn/attention.h: cross",
     .mistake = "People say that it needs a causal mask like the decoder's own attention; in fact the whole source may be seen at every step, for it was "
                "there from the start.",
     .see = "context-vector: its recurrent ancestor\nq-cross: the asking side\nkv-cross: the answering side\nself-attention: one text only",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2.3\n"
                "Bahdanau, Cho and Bengio 2015, Neural Machine Translation by Jointly Learning to Align and Translate",
     .ask = "Weights .5 and .5, values 2 and 10. What is taken away? | 6.",
     .more = "An encoder-decoder block has three parts: self-attention over the target, masked; cross-attention; mlp. Decoder-only models do without by "
             "putting the source into the same text, before the answer."},
    {.id = "causal-mask",
     .title = "Causal mask",
     .names = "masked attention\ncausal attention\nlook-ahead mask",
     .what = "Keeps each token from seeing those after it, so that a model can learn to predict them.",
     .picture = "A pupil covers the solutions below with a sheet of paper and slides it down line by line.",
     .formula = "score_ij = -inf for j > i,   so that its weight is 0",
     .symbols = "i: place that looks\nj: place looked at\nT: places; T (T + 1) / 2 of T^2 pairs stay",
     .inputs = "T = 4: places",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t T = in.integer("T", 1, 512);
           const Tensor allowed = tril(Tensor::ones({T, T}, Dtype::f64));
           for (int64_t i = 0; i < std::min<int64_t>(T, 4); ++i) {
             std::string row;
             for (int64_t j = 0; j < std::min<int64_t>(T, 24); ++j) row += allowed.at({i, j}) > 0 ? " x" : " .";
             out.step(str("place {} sees{}", i, row));
           }
           out.answer("pairs allowed", sum(allowed).item());
           out.answer("of", static_cast<double>(T * T));
         },
     .turn = "let T grow: the share allowed falls towards one half.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/gpt",
     .code = "src/grimoire/op/attention.h: AttentionMask::causal",
     .mistake = "People say that it hides words while the model writes; in fact nothing is there to hide then. It serves training, where all places are "
                "predicted in one pass and would copy their neighbour.",
     .see = "autoregressive: what it is for\nself-attention: what it masks\nbidirectional: without it\nattention-sink: a side effect",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2.3",
     .ask = "How many pairs does a causal mask allow for 3 tokens? | 6.",
     .more = "Minus infinity goes in before the softmax, so the remaining weights still sum to 1; setting weights to 0 afterwards would not do. With the "
             "mask a token's state depends only on what came "
             "before, so keys and values of the past can be kept while writing."},
    {.id = "multi-head",
     .title = "Multi-head attention",
     .names = "heads\nheads as filters",
     .what = "Runs several attentions side by side, so that a token can heed several things at once, each for its own reason.",
     .picture = "Several filters over one picture: one shows edges, one colours, and all views are laid on the table together.",
     .formula = "concat(head_1 ... head_h) Wo,   width h D",
     .symbols = "h: heads\nD: width of each\nWo: matrix that mixes their results",
     .inputs = "h = 12: heads\nD = 64: numbers in each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double h = size_of_model(in, "h"), D = size_of_model(in, "D");
           out.step(str("{:.0f} heads, each with its own table of weights over the places", h));
           out.step(str("their results side by side: {:.0f} x {:.0f} = {:.0f} numbers", h, D, h * D));
           out.answer("width", h * D);
         },
     .turn = "24 heads of 32: the same width and the same number of weights, but more and narrower views.",
     .commands = "grimoire train --model gpt --data input.txt --n-head 4 --out runs/gpt",
     .code = "src/grimoire/nn/attention.cpp: MultiHeadAttention\nsrc/grimoire/op/attention.cpp: self_attention",
     .mistake = "People say that more heads are better; in fact many can be removed from a trained model with little loss, and very narrow ones see too "
                "little.",
     .see = "self-attention: one head\nnarrow-heads: the usual split\nwide-heads: the costly one",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2.2 and table 3, row A\n"
                "Michel, Levy and Neubig 2019, Are Sixteen Heads Really Better than One?\n"
                "Voita and others 2019, Analyzing Multi-Head Self-Attention",
     .ask = "8 heads of 16 numbers: how wide is their joint result? | 128.",
     .more = "One softmax can hardly point at two places for two reasons: it would have to blend them. Separate heads keep their answers apart until Wo "
             "mixes them. Some heads have readable roles, "
             "such as the previous word or the verb's subject; many have none that anyone has named."},
    {.id = "wide-heads",
     .title = "Wide heads",
     .names = "wide attention\nfull-width heads",
     .what = "Gives every attention head the full width of the model: richer heads, at as many times the cost.",
     .picture = "Twelve experts who each read the whole file, instead of one chapter's summary each.",
     .formula = "weights of q, k, v = h 3 d^2",
     .symbols = "h: heads\nd: width of the model, and here of each head",
     .inputs = "d = 768: width\nh = 12: heads",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double d = size_of_model(in, "d"), h = static_cast<double>(in.integer("h", 1, 1000));
           out.step(str("a head: 3 x {:.0f}^2 = {:.0f}", d, 3 * d * d));
           out.step(str("{:.0f} heads: {:.0f}; narrow ones together: {:.0f}", h, h * 3 * d * d, 3 * d * d));
           out.answer("weights of q, k, v", h * 3 * d * d);
         },
     .turn = "one head: wide and narrow are the same thing.",
     .commands = "grimoire train --model gpt --data input.txt --heads wide --out runs/t",
     .code = "src/grimoire/nn/attention.h: HeadWidth::wide",
     .mistake = "People say that wide heads are the normal case; in fact nearly all transformers use narrow ones, and spend the weights saved on depth or "
                "on the mlp.",
     .see = "narrow-heads: the usual kind\nmulti-head: why several",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2.2: why narrow costs no more\n"
                "Bhojanapalli and others 2020, Low-Rank Bottleneck in Multi-head Attention Models: a case for wider heads",
     .ask = "Width 10 and 2 wide heads: how many weights have q, k and v? | 2 x 3 x 100 = 600.",
     .more = "A head of width D can only make score tables of rank D. Bhojanapalli and others argue that below the length of the text this limits it, and "
             "that a head's width should not be tied to d/h."},
    {.id = "narrow-heads",
     .title = "Narrow heads",
     .names = "narrow attention\nsplit heads",
     .what = "Splits the width among the attention heads, so that many heads together cost no more than one.",
     .picture = "Twelve reporters who each see the whole match but file a short piece.",
     .formula = "each head d/h wide;   weights of q, k, v = h 3 d (d/h) = 3 d^2",
     .symbols = "d: width of the model\nh: heads, a divisor of d",
     .inputs = "d = 768: width\nh = 12: heads",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t d = in.integer("d", 1, 1'000'000), h = in.integer("h", 1, 1'000'000);
           if (d % h) in.refuse("h", str("a divisor of d, which is {}", d));
           const auto width = static_cast<double>(d), head = static_cast<double>(d / h);
           out.step(str("a head: 3 x {} x {} = {:.0f}", d, d / h, 3 * width * head));
           out.step(str("{} heads: {:.0f}", h, static_cast<double>(h) * 3 * width * head));
           out.answer("weights of q, k, v", static_cast<double>(h) * 3 * width * head);
           out.answer("numbers in a head", head);
         },
     .turn = "more heads, 24 or 48: the weights stay, each head gets narrower.",
     .commands = "grimoire train --model gpt --data input.txt --n-head 4 --out runs/gpt",
     .code = "src/grimoire/nn/attention.h: HeadWidth::narrow",
     .mistake = "People say that each head sees only a slice of the word; in fact each projects the whole token to d/h numbers. The projection is split, "
                "not the word.",
     .see = "wide-heads: without the split\nmulti-head: why several",
     .sources = "Vaswani and others 2017, Attention Is All You Need, section 3.2.2",
     .ask = "Width 512 and 8 heads: how many numbers has each? | 64.",
     .more = "Side by side the h matrices of d x d/h are one matrix of d x d, which is how it is computed: one product, and then heads are read as strides. "
             "Slicing the input itself would indeed lose views, "
             "since no head could combine numbers from two slices."},
    {.id = "residual",
     .title = "Residual connection",
     .names = "skip connection\nshortcut",
     .what = "Adds a layer's input to its output, so that a layer only has to learn the change, and slopes have a free way down.",
     .picture = "Editing with tracked changes: the text goes through untouched, and each editor adds corrections.",
     .formula = "y = x + F(x),   slope 1 + F'",
     .symbols = "F: the layer\nF': its slope",
     .inputs = "a = 0: slope F' of one layer\nb = 0.1: slope F' of each of several\nn = 10: how many of these",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double a = in.number("a", -10, 10), b = in.number("b", -10, 10);
           const int64_t n = in.integer("n", 0, 200);
           const auto slope = [](double f, int64_t layers) {
             const Tensor x = Tensor::scalar(1, Dtype::f64);
             requires_grad(x);
             Tensor y = x;
             for (int64_t i = 0; i < layers; ++i) y = y + y * f;
             backward(y);
             return grad(x).item();
           };
           out.step(str("one layer: 1 + {:.6g} = {:.6g}", a, slope(a, 1)));
           out.step(str("{} layers: {:.6g}^{} = {:.8g}; without the connection {:.6g}^{} = {:.3g}", n, 1 + b, n, slope(b, n), b, n, std::pow(b, n)));
           out.answer("slope through one", slope(a, 1));
           out.answer("slope through several", slope(b, n));
         },
     .turn = "b = 0: the layers do nothing, and still the slope is 1. Without the connection it would be 0.",
     .commands = "grimoire train --model gpt --data input.txt --n-layer 8 --out runs/gpt",
     .code = "src/grimoire/model/gpt.cpp: Block",
     .mistake = "People say that it skips parameters; in fact none is left out. It adds a path that changes nothing beside the layer, so that slopes pass "
                "and a layer may learn to do nothing.",
     .see = "vanishing-gradient: what it cures\ntransformer: two in every block\nlayer-norm: its companion",
     .sources = "He, Zhang, Ren and Sun 2015, Deep Residual Learning for Image Recognition\n"
                "Veit, Wilber and Belongie 2016, Residual Networks Behave Like Ensembles of Relatively Shallow Networks",
     .ask = "F' = .5 in both of 2 layers with residual connections. What is the slope through them? | 1.5 x 1.5 = 2.25.",
     .more = "Multiplied out, (1 + F')^n is a sum over all ways to go through or past each layer, 2^n paths, most of them about half as long. In a "
             "transformer the sums are read as a stream that every layer "
             "reads from and adds to. Sums also grow, which is why GPT-2 starts its output projections smaller by sqrt(2 L)."},
    {.id = "lm-head",
     .title = "Language model head",
     .names = "output projection to the vocabulary",
     .what = "The last step of a language model: turns a token's final vector into a score for each word of the vocabulary.",
     .picture = "Holding a found key to every lock in the building: the better it fits, the higher the score.",
     .formula = "logits = E h,   p = softmax(logits)",
     .symbols = "h: final vector at a place\nE: V rows, one for each token of the vocabulary\np: probability of each as the next",
     .inputs = "h = 1,2: final vector\nE = 1,0;0,1;1,1: rows of three tokens",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Matrix rows = small_matrix(in, "E");
           const std::vector<double> h = in.numbers("h", -1000, 1000, rows[0].size(), rows[0].size());
           const Tensor logits = matmul(matrix_of(rows), reshape(vector_of(h), {-1, 1}));
           const std::vector<double> p = softmax(logits, 0).to_vector<double>();
           out.step("logits: " + list_of(logits.to_vector<double>()));
           out.step(str("softmax: e^{:.6g} / sum of all e^logit, and so on", logits.at({0, 0})));
           out.answers("p", p);
         },
     .turn = "double h: the same order, but surer. Its direction chooses, its length insists.",
     .commands = "grimoire train --model gpt --data input.txt --tied --out runs/gpt\ngrimoire generate runs/gpt --explain",
     .code = "src/grimoire/model/gpt.cpp: head\nsrc/grimoire/op/linear_cross_entropy.cpp",
     .mistake = "People say that it puts out a word; in fact it puts out V scores at every place. Which word is taken is decided afterwards.",
     .see = "softmax: the next step\nembedding: often the same table\nsampling: taking a word\nmulti-head: another kind of head",
     .sources = "Press and Wolf 2017, Using the Output Embedding to Improve Language Models\n"
                "Radford and others 2019, Language Models are Unsupervised Multitask Learners",
     .ask = "h = (2, 0). Which of the rows (1, 0) and (0, 5) gets the higher logit? | (1, 0), with 2 against 0.",
     .more = "With tied weights E is the embedding table, which saves V d numbers and makes input and output speak of the same directions. With V = 50257 "
             "this product is the largest of a small model; "
             "Grimoire fuses it with the loss so that all the logits never stand in memory together."},
    {.id = "attention-sink",
     .title = "Attention sink",
     .names = "first-token attention",
     .what = "Trained decoders send much of their attention to the first token, whatever it is.",
     .picture = "A vote in which nobody may abstain: whoever has no opinion votes for the chairman, who is always there.",
     .formula = "mass on token 1 after L layers = (A^L)_T1,   A_ij = 1/i for j <= i",
     .symbols = "A: attention of a head that heeds all it may see alike\nT: tokens\nL: layers",
     .inputs = "T = 4: tokens\nlayers = 3: layers",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t T = in.integer("T", 1, 200), layers = in.integer("layers", 1, 16);
           const Tensor A = uniform_causal(T);
           Tensor power = A;
           std::vector<double> mass;
           for (int64_t l = 0; l < layers; ++l, power = matmul(power, A)) mass.push_back(power.at({T - 1, 0}));
           out.step(str("token {} gives 1/{} to each token it sees: one layer {:.6g}", T, T, mass[0]));
           if (layers > 1) out.step("each layer multiplies by A again; every path ends at token 1");
           for (size_t l = 0; l < mass.size(); ++l) out.answer(str("mass on token 1 after layer {}", l + 1), mass[l]);
           out.show(bars_of("by layers", mass, 4, 1));
         },
     .turn = "more layers: it tends to 1. Nothing is learned, the mask alone does it.",
     .commands = "later: grimoire inspect sinks runs/gpt --data input.txt",
     .code = "src/grimoire/op/arrange.cpp: tril\nsrc/grimoire/op/matmul.cpp: matmul",
     .mistake = "People say that the first token gets attention because it matters; in fact any token there does. Weights must sum to 1, and this one every "
                "place can see.",
     .see = "attention-graph: the walk behind it\ncausal-mask: why token 1\nsoftmax: why it must go somewhere",
     .sources = "Xiao, Tian, Chen, Han and Lewis 2024, Efficient Streaming Language Models with Attention Sinks\n"
                "Barbero and others 2025, Why do LLMs attend to the first token? (arXiv 2504.02732)",
     .ask = "With uniform causal heads and T = 4, how much does the last token give the first in one layer? | .25.",
     .more = "Two readings stand side by side. The graph's: under a causal mask every path ends at token 1, so mass flows there as layers follow. The "
             "training's: a head that has nothing to add parks its "
             "weight where the value is small, which keeps tokens from being mixed too much (Barbero and others). In practice, dropping the first tokens "
             "from a long cache ruins a model, "
             "and keeping four of them saves it (Xiao and others)."},
    {.id = "attention-graph",
     .title = "Attention as a graph",
     .names = "attention as a graph\nmessage passing",
     .what = "Seeing attention as a network of tokens: an arrow for each glance, as thick as its weight, so that layers become walks.",
     .picture = "Rumours in a town: who hears from whom, and whose story has reached everybody after a few evenings.",
     .formula = "edge j -> i with weight A_ij for j <= i;   after L layers: A^L",
     .symbols = "A_ij: attention of token i to token j; rows sum to 1\nT: tokens, so T (T + 1) / 2 edges under a causal mask",
     .inputs = "T = 4: tokens, each heeding alike all it may see",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t T = in.integer("T", 1, 512);
           const Tensor A = uniform_causal(T), received = mean(A, 0);
           out.step("mean weight that each token receives: " + list_of(received.to_vector<double>()));
           out.answer("edges", sum(gt(A, 0)).item());
           out.answer("mean mass on token 1", received.at({0}));
           out.show(bars_of("received, by token", received.to_vector<double>(), 4, 1));
         },
     .turn = "T = 8: early tokens are seen by more and stay ahead, though nobody prefers them.",
     .commands = "later: grimoire inspect sinks runs/gpt --data input.txt",
     .code = "src/grimoire/op/arrange.cpp: tril\nsrc/grimoire/op/reduce.cpp: mean",
     .mistake = "People say that A^L shows what the model uses; in fact values, residual paths and mlps change what travels. It shows where attention could "
                "carry it.",
     .see = "attention-sink: where the walk ends\nself-attention: one glance\ncausal-mask: which arrows exist",
     .sources = "Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers\n"
                "Battaglia and others 2018, Relational inductive biases, deep learning, and graph networks",
     .ask = "How many edges has the graph of 3 tokens under a causal mask, loops counted? | 6.",
     .more = "Rows of A sum to 1, so it is the matrix of a random walk that goes from each token to an earlier one or stays; token 1 is where such walks "
             "end. With residual paths one takes (A + I) / 2 instead "
             "(attention rollout, Abnar and Zuidema): the same end, reached more slowly."},
    {.id = "transformer-variants",
     .title = "Three kinds of transformer",
     .names = "three variants\nARAES",
     .what = "Transformers come in three kinds: those that write on, those that read both ways, and those that turn one text into another.",
     .picture = "A novelist, a proofreader and an interpreter: same schooling, other desks. To remember them: AutoRegressive, AutoEncoding, Seq2seq.",
     .formula = "seen from place t: decoder t;   encoder n;   both: n + t",
     .symbols = "t: place, counted from 1\nn: tokens (of the source too, in the third kind)",
     .inputs = "n = 5: tokens\nt = 3: place",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1'000'000), t = in.integer("t", 1, n);
           out.step(str("decoder, GPT: places 1 to {}", t));
           out.step(str("encoder, BERT: all {}", n));
           out.step(str("both, T5: all {} of the source and 1 to {} of the target", n, t));
           out.answer("decoder-only sees", static_cast<double>(t));
           out.answer("encoder-only sees", static_cast<double>(n));
           out.answer("encoder and decoder see", str("{}+{}", n, t));
         },
     .turn = "t = n: decoder and encoder see the same. For all other places they do not.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/gpt\ngrimoire model show runs/gpt",
     .code = "src/grimoire/model/gpt.h: Gpt",
     .mistake = "People say that these are three inventions; in fact the blocks are the same. What differs is the mask, whether there is cross-attention, "
                "and what is trained.",
     .see = "autoregressive: decoders\nautoencoding: encoders\nencoder-decoder: both\ncausal-mask: the difference",
     .sources = "Radford and others 2018, Improving Language Understanding by Generative Pre-Training\nDevlin, Chang, Lee and Toutanova 2019, BERT\n"
                "Raffel and others 2020, Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer, section 3.2",
     .ask = "Which kind sees both sides of every token: GPT, BERT or T5's decoder? | BERT.",
     .more = "Decoders suit writing, encoders suit labels and vectors, both together suit translation. Large decoders are now used for all three, by "
             "writing the task into the text. "
             "A prefix model lies between: it sees the prompt both ways and the rest causally."},
    {.id = "autoregressive",
     .title = "Autoregressive model",
     .names = "decoder-only\nautoregression",
     .what = "Writes a text one token at a time, each chosen in the light of all before it.",
     .picture = "Walking on stepping stones that you lay yourself: each next stone is put down from where you stand.",
     .formula = "P(w) = prod_t P(w_t given w_1 ... w_(t-1))",
     .symbols = "w_t: token t\nP(w): probability of the whole text",
     .inputs = "p = 0.5,0.4,0.9: probability of each token, given those before",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.numbers("p", 1e-300, 1, 1, 100);
           const double logs = step_of_product(p, out);
           out.step(str("in logs: {:.6g}, a perplexity of {:.6g}", logs, std::exp(-logs / static_cast<double>(p.size()))));
           out.answer("P(w)", std::exp(logs));
         },
     .turn = "change the order of the numbers: the same product. Which token was hard does not matter for the whole.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/gpt\ngrimoire generate runs/gpt --prompt \"To be\"",
     .code = "src/grimoire/generate/generate.cpp: generate\nsrc/grimoire/model/gpt.cpp: loss",
     .mistake = "People say that it also trains token by token; in fact all places of a text are trained in one pass, since the right tokens before each "
                "are known. Only writing goes step by step.",
     .see = "causal-mask: how it is kept honest\nlanguage-modelling: the task\nsampling: one step\nautoencoding: the other way",
     .sources = "Bengio, Ducharme, Vincent and Jauvin 2003, A Neural Probabilistic Language Model\n"
                "Radford and others 2019, Language Models are Unsupervised Multitask Learners",
     .ask = "Three tokens with probability .5 each, given those before. How likely is the text? | .125.",
     .more = "The product is no assumption: the chain rule of probability holds for every distribution over texts, in any order of the tokens. Left to "
             "right is a choice that suits writing. "
             "Mistakes stay: nothing written is taken back."},
};

}  // namespace

const Family kAtt = {"att", "Attention and transformers", kConcepts};

}  // namespace grim::learn
