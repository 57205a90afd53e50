// Information: Shannon's measures, in bits where questions are counted and in nats where losses are.
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/stats/information.h"

namespace grim::learn {
namespace {

using namespace stats;

const Concept kConcepts[] = {
    {.id = "surprise",
     .title = "Surprise",
     .names = "surprisal\nself-information\nself information",
     .what = "How much an event tells you when it happens: nothing if it was certain, much if it was rare.",
     .picture = "\"The sun rose\" is no news; snow in July fills the front page.",
     .formula = "surprise = log2(1 / p)",
     .symbols = "p: probability of what happened, above 0, up to 1",
     .inputs = "p = 0.125: probability of the event",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double p = in.number("p", 1e-300, 1), bits = to_bits(surprise(p));
           out.step(str("1 / p = {:.6g}", 1 / p));
           out.step(str("log2 {:.6g} = {:.8g}: as many fair coin tosses in a row are as rare", 1 / p, bits));
           out.answer("surprise in bits", bits);
           const auto bits_at = [](double at) { return to_bits(surprise(at)); };
           out.show(Chart{.title = "bits of surprise; o: here", .x_label = "p", .series = {curve(std::min(p, 0.01), 1, bits_at), point(p, bits)}});
         },
     .turn = "halve p: the surprise grows by exactly one bit.",
     .commands = "grimoire stats entropy --x .5,.25,.25",
     .code = "src/grimoire/stats/information.cpp: surprise",
     .mistake = "People say that an impossible event has no surprise, since it never comes; in fact log2(1/p) grows without bound as p falls to 0.",
     .see = "entropy: the surprise to expect\nnll: a model's mean surprise at real text",
     .sources = "Shannon 1948, A Mathematical Theory of Communication, section 6\nCover and Thomas 2006, Elements of Information Theory, section 2.1",
     .ask = "How many bits of surprise has a fair die's six? | log2 6 = 2.585 bits.",
     .more = "Of all functions of p only a logarithm makes the surprises of independent events add: log 1/(p q) = log 1/p + log 1/q. "
             "The base only sets the unit: 2 gives bits, e gives nats, and 1 nat = 1/ln 2 = 1.4427 bits."},
    {.id = "entropy",
     .title = "Entropy",
     .names = "Shannon entropy",
     .what = "How uncertain a draw is: the number of yes/no questions that it takes on average when you ask as cleverly as possible.",
     .picture = "Guessing a friend's coffee order. If it is always the same you need not ask; if it is anything on the menu you ask for long.",
     .formula = "H(p) = -sum_i p_i log2 p_i,   0 log 0 = 0",
     .symbols = "p_i: probability of outcome i; together 1\nH: entropy in bits, from 0 to log2 of the number of outcomes",
     .inputs = "p = 0.5,0.25,0.25: probabilities of the outcomes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.probabilities("p");
           for (size_t i = 0; i < p.size() && i < 6; ++i)
             if (p[i] > 0) out.step(str("{:.6g} x log2(1 / {:.6g}) = {:.6g} x {:.6g} = {:.6g}", p[i], p[i], p[i], -std::log2(p[i]), -p[i] * std::log2(p[i])));
           out.step(str("the most that {} outcomes can have: log2 {} = {:.6g}", p.size(), p.size(), std::log2(static_cast<double>(p.size()))));
           out.answer("entropy in bits", to_bits(entropy(p)));
           if (p.size() != 2) return;
           const auto coin = [](double at) { return to_bits(entropy(std::vector<double>{at, 1 - at})); };
           out.show(Chart{.title = "entropy of a coin; o: here", .x_label = "p", .series = {curve(0, 1, coin), point(p[0], coin(p[0]))}});
         },
     .turn = "even out the probabilities and the entropy rises; make one of them 1 and it is 0.",
     .commands = "grimoire stats entropy --x .5,.25,.25",
     .code = "src/grimoire/stats/information.cpp: entropy",
     .mistake = "People say that entropy measures disorder in the data; in fact it belongs to the probabilities. "
                "A shuffled and a sorted deck have no entropy of their own: what you know about the order has.",
     .see = "surprise: one outcome's share\ncross-entropy: the same with a wrong model\nperplexity: the same as a number of choices\n"
            "impurity: in a decision tree",
     .sources = "Shannon 1948, A Mathematical Theory of Communication, section 6\nCover and Thomas 2006, Elements of Information Theory, section 5.4: codes",
     .ask = "What is the entropy of a fair coin, and of one that always shows heads? | 1 bit and 0 bits.\n"
            "Which distribution over 8 outcomes has the largest entropy, and how large is it? | The uniform one: log2 8 = 3 bits.",
     .more = "It is the mean surprise, E log2(1/p). A code word of length log2(1/p_i) for outcome i makes the mean length H, and no "
             "code that can be read back is shorter (Shannon's source coding theorem). For a single draw it takes up to one question more; for many draws "
             "asked together H is reached. That the uniform distribution has the most follows "
             "from the concave logarithm: H(p) = log2 n - KL(p, uniform), and a divergence is never negative."},
    {.id = "cross-entropy",
     .title = "Cross-entropy",
     .names = "CE loss\nlog loss\ncross entropy loss",
     .what = "How surprised a model is on average by what really happens. It is the loss that classifiers and language models are trained with.",
     .picture = "Packing for the forecast: the worse it matches the weather that comes, the more you carry for nothing.",
     .formula = "H(y, p) = -sum_i y_i ln p_i",
     .symbols = "y_i: what is true, often 1 for the right class and 0 elsewhere\np_i: the model's probabilities, together 1\n"
                "H: in nats, from 0 up without bound",
     .inputs = "y = 1,0,0: the truth\np = 0.7,0.2,0.1: the model's probabilities",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> y = in.probabilities("y"), p = in.probabilities("p");
           if (p.size() != y.size()) in.refuse("p", str("as many as y has: {}", y.size()));
           for (size_t i = 0; i < y.size() && i < 6; ++i)
             if (y[i] > 0) out.step(str("-{:.6g} x ln {:.6g} = {:.8g}", y[i], p[i], p[i] > 0 ? -y[i] * std::log(p[i]) : INFINITY));
           out.step(str("no model can have less than the entropy of y: {:.6g}", entropy(y)));
           out.answer("cross-entropy in nats", cross_entropy(y, p));
         },
     .turn = "take probability from the right class: at .5 the loss is .69, at .1 it is 2.30, at .01 it is 4.61.",
     .commands = "grimoire stats kl --x 1,0,0 --y .7,.2,.1\ngrimoire experiment bayes-risk",
     .code = "src/grimoire/op/cross_entropy.cpp: cross_entropy\nsrc/grimoire/stats/information.cpp: cross_entropy",
     .mistake = "People say that it beats the squared error because it is steeper in p; in fact what counts is the slope in the score before the softmax. "
                "There it is p - y, while the squared error's has a factor p (1 - p) that dies exactly when the model is sure and wrong.",
     .see = "kl: what of it the model could save\nnll: the same over a text\nsquared-residual: the other loss\nsoftmax: where p comes from",
     .sources = "Cover and Thomas 2006, Elements of Information Theory, section 5.4\nGoodfellow, Bengio and Courville 2016, Deep Learning, section 6.2",
     .ask = "The right class got probability .5. What is the loss? | -ln .5 = .693 nats.",
     .more = "H(y, p) = H(y) + KL(y, p): the first part belongs to the data, the second is what training can remove. With p = softmax(z) and a "
             "one-hot y the loss is log(sum_j e^z_j) - z_right, so its slope in z_i is p_i - y_i."},
    {.id = "kl",
     .title = "KL divergence",
     .names = "Kullback-Leibler divergence\nrelative entropy\nKL",
     .what = "How many extra bits or nats it costs to describe draws from one distribution with a code made for another.",
     .picture = "Using last year's menu to plan this year's shopping: what is wasted measures how far they are apart.",
     .formula = "KL(P, Q) = sum_i P_i ln(P_i / Q_i)",
     .symbols = "P: the distribution that the draws come from\nQ: the one that was assumed\nKL: in nats, from 0 up; infinite where Q_i = 0 < P_i",
     .inputs = "P = 0.5,0.5: the truth\nQ = 0.9,0.1: the assumption",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.probabilities("P"), q = in.probabilities("Q");
           if (p.size() != q.size()) in.refuse("Q", str("as many as P has: {}", p.size()));
           for (size_t i = 0; i < p.size() && i < 6; ++i)
             if (p[i] > 0) out.step(str("{:.6g} x ln({:.6g} / {:.6g}) = {:.8g}", p[i], p[i], q[i], p[i] * std::log(p[i] / q[i])));
           out.answer("KL(P, Q)", kl_divergence(p, q));
           out.answer("KL(Q, P)", kl_divergence(q, p));
         },
     .turn = "swap P and Q: the value changes. Make them equal: it is 0.",
     .commands = "grimoire stats kl --x .5,.5 --y .9,.1",
     .code = "src/grimoire/stats/information.cpp: kl_divergence",
     .mistake = "People say that it measures how similar two distributions are; in fact larger means more different, and it is no distance: "
                "KL(P, Q) and KL(Q, P) differ, and there is no triangle inequality.",
     .see = "entropy: the cost with the right code\ncross-entropy: the whole cost\nvae-regularizer: between two normals",
     .sources = "Kullback and Leibler 1951, On Information and Sufficiency\n"
                "Cover and Thomas 2006, Elements of Information Theory, theorem 5.4.3: the cost of a wrong code",
     .ask = "When is KL(P, Q) infinite? | When Q gives probability 0 to something that P can produce.",
     .more = "It is never negative (Gibbs): -KL = sum P ln(Q/P) <= ln sum P (Q/P) <= ln 1 = 0 by Jensen, with equality only at P = Q. Minimising "
             "KL(data, model) over the model is maximum likelihood: it spreads over all that was seen. Minimising KL(model, data) settles on one mode."},
    {.id = "perplexity",
     .title = "Perplexity",
     .names = "PPL",
     .what = "How many equally likely next words a language model is torn between, on average over a text. Lower is better; 1 is certainty.",
     .picture = "Doors in a corridor. At each step the model faces so many doors and does not know which one opens.",
     .formula = "PPL = (p_1 p_2 ... p_N)^(-1/N) = e^(mean NLL)",
     .symbols = "p_t: the model's probability of the t-th token, knowing those before it\nN: tokens judged",
     .inputs = "p = 0.5,0.25,0.125,0.125: the model's probability of each token that came",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.numbers("p", 1e-300, 1);
           double nats = 0;
           for (double v : p) nats += surprise(v);
           const double mean = nats / static_cast<double>(p.size());
           out.step(str("mean surprise: {:.8g} nats = {:.8g} bits", mean, to_bits(mean)));
           out.step(str("e^{:.8g} = 2^{:.8g}", mean, to_bits(mean)));
           out.answer("perplexity", std::exp(mean));
         },
     .turn = "make one token very unlikely: a single bad guess raises the whole text's figure.",
     .commands = "grimoire demo\ngrimoire train --model bigram --data names.txt --out run",
     .code = "src/grimoire/stats/information.cpp: perplexity\nsrc/grimoire/command/eval.cpp",
     .mistake = "People say that the model with the lower perplexity is the better one; in fact figures compare only on the same text, with the same "
                "tokenizer and the same length of context: a model with larger tokens has fewer and harder guesses.",
     .see = "branching-factor: the uniform case\nnll: its logarithm\ngeometric-mean: the mean behind it",
     .sources = "Jelinek, Mercer, Bahl and Baker 1977, Perplexity: a measure of the difficulty of speech recognition tasks",
     .ask = "A model gives each of four tokens probability .5. What is its perplexity? | 2: at each step it is torn between two.",
     .more = "It is the inverse of the geometric mean of the probabilities, because the logarithm turns the product of the chain rule "
             "P(w_1) P(w_2 given w_1) ... into a sum. Per-token figures turn into per-character ones by the number of each in the text: "
             "bits per character = NLL x tokens / characters / ln 2."},
    {.id = "branching-factor",
     .title = "Branching factor",
     .names = "effective choices\neffective number of choices",
     .what = "The number of equally likely choices at each step: what perplexity is when nothing is known but the alphabet.",
     .picture = "Guessing the digits of a phone number: ten doors at every step, whatever came before.",
     .formula = "PPL = (prod 1/n)^(-1/N) = n for a uniform choice among n",
     .symbols = "n: choices at each step",
     .inputs = "n = 10: equally likely choices",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1000000);
           const std::vector<double> p(static_cast<size_t>(n), 1.0 / static_cast<double>(n));
           out.step(str("entropy of {} equal shares: log2 {} = {:.6g} bits", n, n, to_bits(entropy(p))));
           out.answer("branching factor", perplexity(p));
         },
     .turn = "n = 27 letters: a model of names has to beat 27.",
     .commands = "grimoire stats entropy --x .1,.1,.1,.1,.1,.1,.1,.1,.1,.1",
     .code = "src/grimoire/stats/information.cpp: perplexity",
     .mistake = "People say that perplexity counts the words that can follow; in fact unlikely ones count for less: "
                "ten possible words of which one has .91 make an effective 1.6 choices.",
     .see = "perplexity: with what came before\nentropy: its logarithm",
     .sources = "Jelinek 1997, Statistical Methods for Speech Recognition, section 8.3",
     .ask = "What is the branching factor of random text over 27 letters? | 27."},
    {.id = "mutual-information",
     .title = "Mutual information",
     .names = "information between variables",
     .what = "How much knowing one thing tells you about another, in bits: 0 if they are independent, more for any kind of dependence.",
     .picture = "Clouds and rain: a look at the sky saves part of the question whether to take an umbrella. What it saves is the mutual information.",
     .formula = "I(X; Y) = sum_xy p(x, y) log2( p(x, y) / (p(x) p(y)) ) = H(X) + H(Y) - H(X, Y)",
     .symbols = "p(x, y): probability of both together; all of them sum to 1\np(x), p(y): sums of its rows and columns",
     .inputs = "p = 0.4,0.1;0.1,0.4: joint table, rows between semicolons",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto table = in.matrix("p");
           std::vector<double> rows, columns(table[0].size(), 0), joint, apart;
           double sum = 0;
           for (const auto& row : table) {
             rows.push_back(0);
             for (size_t j = 0; j < row.size(); ++j) {
               if (row[j] < 0 || row[j] > 1) in.refuse("p", "probabilities from 0 to 1");
               joint.push_back(row[j]), rows.back() += row[j], columns[j] += row[j], sum += row[j];
             }
           }
           if (std::abs(sum - 1) > 1e-6) in.refuse("p", str("a table that sums to 1 (this one sums to {:.6g})", sum));
           for (double x : rows)
             for (double y : columns) apart.push_back(x * y);
           out.step(str("H(X) = {:.6g}, H(Y) = {:.6g}, H(X, Y) = {:.6g} bits", to_bits(entropy(rows)), to_bits(entropy(columns)), to_bits(entropy(joint))));
           out.step(str("H(X) + H(Y) - H(X, Y) = {:.6g}", to_bits(entropy(rows) + entropy(columns) - entropy(joint))));
           out.answer("mutual information in bits", to_bits(kl_divergence(joint, apart)));
         },
     .turn = "p = .25,.25;.25,.25: independent, 0 bits. p = .5,0;0,.5: one tells all of the other, 1 bit.",
     .commands = "grimoire stats chi-square --table \"40,10;10,40\"",
     .code = "src/grimoire/stats/information.cpp: kl_divergence, entropy",
     .mistake = "People say that no correlation means nothing to be told; in fact y = x^2 has correlation 0 over symmetric x, and x tells all of y.",
     .see = "entropy: what there is to be told\nkl: its form here\ninformation-gain: the same in a decision tree",
     .sources = "Shannon 1948, A Mathematical Theory of Communication, section 12\nCover and Thomas 2006, Elements of Information Theory, section 2.3",
     .ask = "Y is a copy of X, a fair coin. What is their mutual information? | 1 bit: all of H(Y).",
     .more = "It is the divergence between what happens together and what would happen if the two were independent, hence never negative, and 0 only for "
             "independence. It is symmetric, and no processing of X alone can raise it (data processing inequality). Estimated from few counts it comes "
             "out too large, since chance looks like dependence. The information gain of a split is the mutual information of split and class. The short "
             "form MI also stands for mechanistic interpretability."},
};

}  // namespace

const Family kInfo = {"info", "Information", kConcepts};

}  // namespace grim::learn
