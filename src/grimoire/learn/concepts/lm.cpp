// Language models, from counting pairs of characters on.
#include <algorithm>
#include <cmath>

#include "grimoire/autograd/tape.h"
#include "grimoire/base/utf8.h"
#include "grimoire/data/windows.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/model/ngram.h"
#include "grimoire/op/cross_entropy.h"
#include "grimoire/op/embedding.h"
#include "grimoire/op/softmax.h"
#include "grimoire/optim/optimizer.h"
#include "grimoire/stats/information.h"
#include "grimoire/text/char_tokenizer.h"

namespace grim::learn {
namespace {

// Text in UTF-8 of a length that can be shown.
void check_text(const Inputs& in, std::string_view name) {
  const std::string& text = in.text(name);
  if (find_utf8_fault(text)) in.refuse(name, "text in UTF-8");
  if (count_code_points(text) > 1000) in.refuse(name, "at most 1000 characters");
}

std::vector<std::string> items_of(const Inputs& in, std::string_view name) {
  check_text(in, name);
  return in.words(name);
}

// Every pair of neighbours in the words, their ends marked.
struct Pairs {
  CharTokenizer tokenizer;
  Examples examples;  // x (N, 1), y (N)
};
Pairs pairs_of(const std::vector<std::string>& words) {
  Pairs p{CharTokenizer::of_items(words), {}};
  std::vector<Ids> ids;
  for (const std::string& word : words) ids.push_back(p.tokenizer.encode(word));
  p.examples = context_windows(ids, 1);
  return p;
}

std::vector<double> counts_of(const Inputs& in, std::string_view name) {
  return in.counts(name, 0, 1e12, 2, 100);
}

const Concept kConcepts[] = {
    {.id = "log-likelihood",
     .title = "Log-likelihood",
     .names = "log prob\nproduct to sum\nunderflow\nlog probability",
     .what = "The logarithm of the probability of data: a sum instead of a product, and so a number that a computer can hold.",
     .picture = "Counting the noughts of a huge bill rather than writing it out.",
     .formula = "ln prod_i p_i = sum_i ln p_i",
     .symbols = "p_i: probability of the i-th observation, above 0, up to 1",
     .inputs = "p = 0.1: probability of each\nn = 400: how many",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double p = in.number("p", 1e-300, 1);
           const int64_t n = in.integer("n", 0, 1'000'000);
           double product = 1, sum = 0;
           for (int64_t i = 0; i < n; ++i) product *= p, sum -= stats::surprise(p);
           out.step(str("{:.6g} multiplied {} times in double precision: {:.6g}", p, n, product));
           out.step(str("no number between 0 and 4.9e-324 fits there; the sum {} x {:.8g} does", n, std::log(p)));
           out.answer("product", product);
           out.answer("log-likelihood", sum);
         },
     .turn = "lower n until the product is no longer 0: p = .1 holds out to n = 323.",
     .commands = "grimoire eval runs/names --data names.txt",
     .code = "src/grimoire/stats/distribution.h: log_likelihood\nsrc/grimoire/stats/information.cpp: surprise",
     .mistake = "People say that the product is the maximum likelihood; in fact it is the likelihood. Maximum likelihood is the choice of the parameters "
                "that make it largest.",
     .see = "nll: its mean, with the sign turned\nmaximum-likelihood: what is done with it\nprobability-vs-likelihood: which of the two it is",
     .sources = "Bishop 2006, Pattern Recognition and Machine Learning, section 1.2.4\nKarpathy 2022, makemore, part 1",
     .ask = "Why does the best parameter stay the same under the logarithm? | Because the logarithm only rises: larger stays larger.",
     .more = "Three gifts at once: no underflow, sums whose slopes are taken term by term, and independent parts that simply add. A probability is at most "
             "1, so the log-likelihood "
             "of discrete data is at most 0; of densities it can be positive."},
    {.id = "nll",
     .title = "Negative log-likelihood",
     .names = "NLL\nNLL loss",
     .what = "How badly, on average, a model predicted what came: 0 if it was always sure and right, more the more it was surprised.",
     .picture = "A forecaster who pays for each day by how unlikely he called its weather.",
     .formula = "NLL = -(1/N) sum_i ln p_i",
     .symbols = "p_i: probability that the model gave to what came at place i\nN: places\nNLL: in nats, from 0 up; divide by ln 2 for bits",
     .inputs = "p = 0.5,0.25: what the model gave to what came",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.numbers("p", 1e-300, 1);
           double sum = 0;
           for (size_t i = 0; i < p.size(); ++i) {
             sum += stats::surprise(p[i]);
             if (i < 4) out.step(str("-ln {:.6g} = {:.8g}", p[i], stats::surprise(p[i])));
           }
           const double nll = sum / static_cast<double>(p.size());
           out.step(str("sum {:.8g}, divided by {}", sum, p.size()));
           out.answer("NLL in nats", nll);
           out.answer("in bits", stats::to_bits(nll));
           out.answer("as perplexity", std::exp(nll));
         },
     .turn = "set one p to .001: a single bad surprise costs 6.9 nats and rules the mean.",
     .commands = "grimoire eval runs/names --data names.txt",
     .code = "src/grimoire/op/loss.cpp: nll_loss\nsrc/grimoire/train/lm_data.cpp: evaluate",
     .mistake = "People say that NLL and cross-entropy are different losses; in fact it is the cross-entropy between what was seen and the model. Libraries "
                "differ only in whether they take logits or log-probabilities.",
     .see = "log-likelihood: the sum itself\ncross-entropy: the same in general\nperplexity: its exponential\nsurprise: one term",
     .sources = "Goodfellow, Bengio and Courville 2016, Deep Learning, section 5.5\nKarpathy 2022, makemore, part 1",
     .ask = "A model gave .1 to everything that came. What is its NLL? | ln 10 = 2.303 nats.",
     .more = "Minimising it is maximum likelihood, since the mean and the sign move no optimum. A model that calls what happened impossible has infinite "
             "loss, which is why counts are smoothed."},
    {.id = "logits-as-log-counts",
     .title = "Logits as log-counts",
     .names = "log counts",
     .what = "A way to read a network's raw scores: raised to e they behave like counts, and counts become probabilities by dividing.",
     .picture = "Sound levels: decibels add where loudness multiplies, and both tell of the same noise.",
     .formula = "softmax(ln N) = N / sum N",
     .symbols = "N: how often each thing was counted, above 0\nln N: the logits",
     .inputs = "N = 1,3: counts",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> counts = in.counts("N", 1, 1e12, 2, 100);
           std::vector<double> logits;
           for (double n : counts) logits.push_back(std::log(n));
           const std::vector<double> p = softmax(vector_of(logits), 0).to_vector<double>();
           out.step("by logits: ln -> " + list_of(logits) + " -> softmax -> " + list_of(p));
           out.step("by counts: each over the sum -> " + list_of(stats::shares_of(counts)));
           out.answers("logit", logits);
           out.answers("p", p);
         },
     .turn = "double all counts: every logit rises by ln 2 and the probabilities stay.",
     .commands = "grimoire train --model bigram --data names.txt --out runs/bigram",
     .code = "src/grimoire/op/softmax.cpp: softmax\nsrc/grimoire/model/bigram.cpp: logits",
     .mistake = "People say that a logit of 0 means probability one half; in fact that holds for two classes with the other logit at 0 too. Only "
                "differences of logits mean anything.",
     .see = "bigram: where counts come from\nsoftmax: the way to probabilities\nlogit: log-odds\nneural-bigram: logits that are learned",
     .sources = "Karpathy 2022, makemore, part 1",
     .ask = "Counts 2 and 6. What probabilities does softmax of their logarithms give? | .25 and .75.",
     .more = "The softmax subtracts ln sum e^z, so adding a constant to all logits changes nothing: log-counts are one choice among many. A count of 0 "
             "would need a logit of minus infinity."},
    {.id = "l2-smoothing",
     .title = "Smoothing",
     .names = "add-one\nLaplace smoothing\n\nL2 pulls towards uniform",
     .what = "Keeps a model from calling unseen things impossible, by mixing what was counted with a little of everything.",
     .picture = "A new restaurant with one bad review: you do not quite believe it is the worst in town.",
     .formula = "p_i = (n_i + a) / (N + a V)",
     .symbols = "n_i: how often i was seen; N: all sightings\na: added to every count, from 0 up\nV: how many things there are",
     .inputs = "n = 0,3: counts\na = 1: added to each",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> n = counts_of(in, "n");
           const double a = in.number("a", 0, 1e12);
           double sum = 0;
           for (double& v : n) sum += v, v += a;
           const auto V = static_cast<double>(n.size());
           if (sum + a * V <= 0) in.refuse("n", "a count above 0, or a above 0");
           for (size_t i = 0; i < n.size() && i < 4; ++i) out.step(str("({:.6g} + {:.6g}) / ({:.6g} + {:.6g} x {})", n[i] - a, a, sum, a, n.size()));
           out.step(str("so much of the uniform 1/{} is mixed in: {:.6g}", n.size(), a * V / (sum + a * V)));
           out.answers("p", stats::shares_of(n));
         },
     .turn = "let a grow: the shares approach 1/V. With a = 0 the unseen has probability 0 and an infinite loss when it comes.",
     .commands = "grimoire train --model bigram --data names.txt --smoothing 1 --out runs/b\n"
                 "grimoire train --model neural-bigram --data names.txt --l2 0.01 --out runs/n",
     .code = "src/grimoire/model/bigram.cpp: probabilities\nsrc/grimoire/optim/optimizer.h: SgdOptions",
     .mistake = "People say that an L2 penalty does exactly the same; in fact only the direction agrees: both lead to the uniform distribution, but no a "
                "gives the same figures as a given penalty.",
     .see = "bigram: what is smoothed\nl2: the penalty\nneural-bigram: where the penalty works\noverfitting: what both are against",
     .sources = "Laplace 1814, A Philosophical Essay on Probabilities\nChen and Goodman 1999, An empirical study of smoothing techniques for language "
                "modeling\nKarpathy 2022, makemore, part 1",
     .ask = "Counts 0 and 2, a = 1. What are the probabilities? | .25 and .75.",
     .more = "Weights of 0 make all logits equal, hence all classes equally likely: pulling weights to 0 pulls the model towards uniform. Adding a to each "
             "count is what Bayes gives with a "
             "Dirichlet prior of a imagined sightings of each thing. For words, where V is large, better ways exist that look at shorter contexts (Chen and "
             "Goodman)."},
    {.id = "character-lm",
     .title = "Character-level language model",
     .names = "character-level language model\nchar LM",
     .what = "Predicts text letter by letter: given the letters so far, how likely is each as the next?",
     .picture = "Hangman with a perfect memory for how words go on.",
     .formula = "P(next character given those before);   knowing nothing: NLL = ln V",
     .symbols = "V: number of different characters, ends of items included",
     .inputs = "V = 27: 26 letters and the end of a name",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t V = in.integer("V", 1, 1'000'000);
           const double loss = cross_entropy(Tensor::zeros({1, V}, Dtype::f64), Tensor::from({int64_t{0}}, {1})).item();
           out.step(str("all {} characters equally likely: p = {:.6g}", V, 1.0 / static_cast<double>(V)));
           out.step(str("-ln p = ln {} = {:.8g}", V, loss));
           out.answer("loss of knowing nothing, in nats", loss);
           out.answer("in bits", stats::to_bits(loss));
         },
     .turn = "V = 65, as in a text with capitals and stops: 4.17 nats to start from.",
     .commands = "grimoire demo\ngrimoire train --model mlp --data names.txt --out runs/names",
     .code = "src/grimoire/text/char_tokenizer.cpp: CharTokenizer\nsrc/grimoire/model/mlp.cpp: Mlp",
     .mistake = "People say that its loss can be compared with a word model's; in fact one pays for each letter and the other for each word: compare bits "
                "per character of the same text.",
     .see = "bigram: the simplest one\nperplexity: V for knowing nothing\nlanguage-modelling: the task\nwordpiece: between letters and words",
     .sources = "Shannon 1951, Prediction and Entropy of Printed English\nKarpathy 2022, makemore, part 1",
     .ask = "A text has 10 different characters. What loss should an untrained model start with? | ln 10 = 2.303 nats.",
     .more = "Shannon let people guess letters and put English between .6 and 1.3 bits a letter, of log2 27 = 4.75 at most. Letters need no vocabulary and "
             "know no unknown word; the price is long sequences."},
    {.id = "bigram",
     .title = "Bigram model",
     .names = "bigram counts\nbigram language model",
     .what = "Predicts the next character from the last one alone, by counting how often each pair occurs.",
     .picture = "Guessing the next domino from the number on the last one, however long the row.",
     .formula = "P(b given a) = N(a, b) / sum_c N(a, c)",
     .symbols = "N(a, b): how often b follows a\na, b, c: characters; a dot marks both ends of a word",
     .inputs = "words = emma: one or more",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Pairs p = pairs_of(items_of(in, "words"));
           const std::vector<int64_t> x = p.examples.x.to_vector<int64_t>(), y = p.examples.y.to_vector<int64_t>();
           std::string list;
           std::vector<double> after(static_cast<size_t>(p.tokenizer.vocab_size()));
           for (size_t i = 0; i < x.size(); ++i) {
             if (i < 16) list += str("{}{}{}", i ? " " : "", p.tokenizer.token(x[i]), p.tokenizer.token(y[i]));
             if (x[i] == y[0]) ++after[static_cast<size_t>(y[i])];
           }
           out.step("pairs: " + list + (x.size() > 16 ? " ..." : ""));
           std::string shares;
           for (size_t v = 0; v < after.size() && shares.size() < 50; ++v)
             if (after[v] > 0)
               shares += str("{}{} {:.3g}", shares.empty() ? "" : ", ", p.tokenizer.token(static_cast<int64_t>(v)), stats::shares_of(after)[v]);
           out.step(str("after {}: {}", p.tokenizer.token(y[0]), shares));
           out.answer("bigrams", static_cast<double>(x.size()));
           out.quote("NLL on names.txt, unsmoothed", 2.454014, "Karpathy, makemore 1");
         },
     .turn = "add a word, emma ava: ends count too, so a word of n letters gives n + 1 pairs.",
     .commands = "grimoire train --model bigram --data names.txt --out runs/bigram\ngrimoire generate runs/bigram -n 10",
     .code = "src/grimoire/model/bigram.cpp: Bigram\nsrc/grimoire/data/windows.cpp: context_windows",
     .mistake = "People say that a network could beat the counts on their own ground; in fact for one character of context the counts are the optimum on "
                "the training text. A network wins by looking further back.",
     .see = "count-matrix: the table\nbigram-pairs: the pairs in code\nneural-bigram: the same by descent\nn-gram: longer runs",
     .sources = "Markov 1913, An Example of Statistical Investigation of the Text Eugene Onegin\n"
                "Shannon 1948, A Mathematical Theory of Communication, section 3\n"
                "Karpathy 2022, makemore, part 1",
     .ask = "How many bigrams has \"ava\", its ends counted? | 4: .a, av, va, a.",
     .more = "Counting is maximum likelihood: with a Lagrange multiplier for sum_b P(b given a) = 1 the optimum is N(a, b) over the row's sum. A context of "
             "k characters needs V^(k+1) cells, "
             "most of them empty, which is where counting ends and networks begin."},
    {.id = "bigram-pairs",
     .title = "Pairs of neighbours",
     .names = "zip(w, w[1:])\nneighbouring pairs",
     .what = "Walks over a word two letters at a time: each letter together with the one that follows it.",
     .picture = "Two copies of a strip of film, one shifted by a frame, read side by side.",
     .formula = "(w_1, w_2), (w_2, w_3), ..., (w_(n-1), w_n)",
     .symbols = "w: the word\nn: its letters, which make n - 1 pairs",
     .inputs = "w = emma: a word",
     .compute =
         [](const Inputs& in, Worked& out) {
           check_text(in, "w");
           const std::vector<char32_t> w = code_points(in.text("w"));
           if (w.size() < 2 || w.size() > 60) in.refuse("w", "a word of 2 to 60 letters");
           std::string pairs, top, below;
           for (size_t i = 0; i + 1 < w.size(); ++i) {
             if (i) pairs += ' ', top += ' ', below += ' ';
             append_utf8(pairs, w[i]), append_utf8(pairs, w[i + 1]);
             append_utf8(top, w[i]), append_utf8(below, w[i + 1]);
           }
           if (w.size() <= 30) out.step("w without its last letter:  " + top), out.step("w without its first letter: " + below);
           out.answer("pairs", pairs);
           out.answer("how many", static_cast<double>(w.size() - 1));
         },
     .turn = "put dots around the word, .emma. : now the pairs also say how words begin and end.",
     .commands = "grimoire train --model bigram --data names.txt --out runs/bigram",
     .code = "src/grimoire/data/windows.cpp: context_windows",
     .mistake = "People say that a word of n letters has n pairs; in fact it has n - 1, or n + 1 with both ends marked.",
     .see = "bigram: what the pairs are counted for\nn-gram: longer runs\nskip-gram: pairs at a distance",
     .sources = "Karpathy 2022, makemore, part 1\nPython documentation, zip",
     .ask = "How many pairs of neighbours has a word of 6 letters, its ends not marked? | 5.",
     .more = "In Python zip stops at the shorter list, so zip(w, w[1:]) needs no end test. In this library the same comes from a window: the last k ids "
             "before each id, and the id itself."},
    {.id = "count-matrix",
     .title = "Count matrix",
     .names = "2-D counts\ncount table",
     .what = "A table with a row for each character and a column for each that may follow: every pair has its cell to count in.",
     .picture = "A road atlas's table of distances, but with how often each journey was made.",
     .formula = "N[a, b] <- N[a, b] + 1   for every pair (a, b)",
     .symbols = "a: the character before, a row\nb: the one after, a column\nV: characters, so V x V cells",
     .inputs = "V = 27: characters, the end mark among them",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto V = static_cast<double>(in.integer("V", 1, 1'000'000));
           out.step(str("{:.0f} x {:.0f} = {:.0f} cells for pairs", V, V, V * V));
           out.step(str("for triples it would be {:.6g}, for runs of five {:.6g}", V * V * V, std::pow(V, 5)));
           out.answer("cells", V * V);
           out.quote("cells that names.txt uses", 627.0, "tests/golden/makemore.json");
         },
     .turn = "V = 50257, GPT-2's tokens: two and a half thousand million cells for pairs alone.",
     .commands = "grimoire train --model bigram --data names.txt --out runs/bigram",
     .code = "src/grimoire/model/bigram.cpp: count",
     .mistake = "People say that an empty cell means impossible; in fact it was not seen yet. Give it a little (smoothing), or the first such pair costs an "
                "infinite loss.",
     .see = "bigram: what it is for\nrow-normalize: from counts to probabilities\nl2-smoothing: empty cells",
     .sources = "Karpathy 2022, makemore, part 1",
     .ask = "How many cells has a count matrix over 10 characters? | 100.",
     .more = "A dictionary of pairs would do for counting; the matrix makes the next steps one operation each: divide rows by their sums, pick a row, draw "
             "from it."},
    {.id = "row-normalize",
     .title = "Rows that sum to one",
     .names = "rows sum to one\nkeepdim\nrow normalisation",
     .what = "Turns rows of counts into rows of probabilities by dividing each by its own sum.",
     .picture = "Each guest's share of his own bottle, whatever its size.",
     .formula = "P[a, b] = N[a, b] / sum_c N[a, c]",
     .symbols = "N: counts, not below 0\nP: probabilities; each row sums to 1",
     .inputs = "N = 1,3: a row of counts, or several between semicolons",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto rows = in.matrix("N");
           if (rows.size() * rows[0].size() > 100) in.refuse("N", "at most 100 counts");
           for (size_t r = 0; r < rows.size(); ++r) {
             double sum = 0;
             for (double v : rows[r]) sum += v < 0 || v > 1e12 ? NAN : v;
             if (!(sum > 0)) in.refuse("N", "counts from 0 up, and one above 0 in every row");
             const std::vector<double> p = stats::shares_of(rows[r]);
             if (r < 4) out.step(str("({}) / {:.6g} = ({})", list_of(rows[r]), sum, list_of(p)));
             for (size_t c = 0; c < p.size(); ++c) out.answer(str("P[{}][{}]", r, c), p[c]);
           }
         },
     .turn = "give two rows, 1,3;10,30: both become the same distribution.",
     .commands = "grimoire train --model bigram --data names.txt --out runs/bigram",
     .code = "src/grimoire/stats/information.cpp: shares_of\nsrc/grimoire/model/bigram.cpp: probabilities",
     .mistake = "People say that any matrix will do, say one of random normal numbers; in fact its rows then sum to 1 but hold negative numbers, which are "
                "no probabilities: use counts, or exponentials.",
     .see = "count-matrix: what is divided\nsoftmax: the same for scores of any sign\nbigram: the use",
     .sources = "Karpathy 2022, makemore, part 1\nNumPy documentation, Broadcasting",
     .ask = "What does the row (2, 2, 4) become? | (.25, .25, .5).",
     .more = "The classic fault is silent: for a square N the expression N / N.sum(1), without keepdim, divides columns instead of rows. The sum of shape "
             "(V) is stretched as a row; "
             "kept as (V, 1) it is stretched as a column. Check that a row sums to 1."},
    {.id = "n-gram-model",
     .title = "n-gram model",
     .names = "trigram model\ntrigram\nn-gram language model\nbackoff\nbacking off\nadd-k smoothing\nLidstone smoothing\ninterpolated n-gram",
     .what = "Predicts the next letter from the last n - 1, by counting what followed them; where that was seen too seldom, shorter memories help out.",
     .picture = "Asking for the way: whoever knows the street answers, else whoever knows the quarter; the more often he was there, the more he counts.",
     .formula = "p_m(w given c) = (N(c w) + k p_(m-1)(w given c')) / (N(c) + k)\np of no letter at all: 1 / V",
     .symbols = "N(c w): how often w followed the m letters c\nc': c without its first letter\nk: smoothing, from 0 up\nV: letters, the end mark among them",
     .inputs = "words = onyx only no: to count in\nbefore = on: the last two letters\nnext = y: the letter asked about\nk = 1: smoothing",
     .compute =
         [](const Inputs& in, Worked& out) {
           constexpr int64_t kContext = 2;
           const std::vector<std::string> words = items_of(in, "words");
           const CharTokenizer tokenizer = CharTokenizer::of_items(words);
           const auto known = [&](std::string_view name, size_t letters) {
             check_text(in, name);
             const std::vector<char32_t> all = code_points(in.text(name));
             if (all.size() != letters || !std::ranges::all_of(all, [&](char32_t c) { return tokenizer.knows(c); }))
               in.refuse(name, str("{} of the words' letters", letters));
             return tokenizer.encode(in.text(name));
           };
           std::vector<Ids> ids;
           for (const std::string& word : words) ids.push_back(tokenizer.encode(word));
           const Ids before = known("before", kContext), next = known("next", 1);
           Ngram model({.vocab_size = tokenizer.vocab_size(), .context = kContext, .smoothing = in.number("k", 0, 1e6)});
           const Examples seen = context_windows(ids, kContext);
           model.count(seen.x, seen.y);
           std::vector<double> p(static_cast<size_t>(tokenizer.vocab_size()));
           for (int64_t m = 0; m <= kContext; ++m) {
             model.probabilities(before.data() + kContext, m, p.data());
             const std::string after = tokenizer.decode(std::span(before).last(static_cast<size_t>(m)));
             out.step(str("after {}: p({}) = {:.6g}", m == 0 ? "anything" : after, in.text("next"), p[static_cast<size_t>(next[0])]));
             out.answer(str("p_{}", m), p[static_cast<size_t>(next[0])]);
           }
         },
     .turn = "set k = 0: the longest memory alone speaks, and what it never saw is impossible; k = 100: it is hardly heard.",
     .commands = "grimoire train --model ngram --data names.txt --context 3 --out runs/ngram",
     .code = "src/grimoire/model/ngram.cpp: Ngram",
     .mistake = "People say that a longer n is always better; in fact past some n most contexts were never seen, and train falls while dev rises.",
     .see = "bigram: n = 2\nl2-smoothing: what adding to counts does\nn-gram: the runs themselves\nlanguage-modelling: the task",
     .sources = "MacKay and Peto 1995, A Hierarchical Dirichlet Language Model\nChen and Goodman 1999, An Empirical Study of Smoothing Techniques",
     .ask = "A context was never seen, and k is above 0. What does an interpolated n-gram model answer? | What the context one letter shorter answers.",
     .more = "The formula is the mean of a Dirichlet prior of weight k about the shorter prediction: k is how many times one would have to see a context "
             "before believing it half. Kneser and Ney replace the counts below by numbers of different contexts, which is better still."},
    {.id = "neural-bigram",
     .title = "Neural bigram",
     .names = "one-layer bigram",
     .what = "The bigram model as the smallest of networks: a table of logits, found by descent instead of by counting.",
     .picture = "Tuning 729 knobs by ear until the radio plays what one could have looked up.",
     .formula = "logits = e_a W,   P(b given a) = softmax(logits)_b",
     .symbols = "e_a: one-hot vector of the last character a\nW: V x V weights, learned\nb: the next character",
     .inputs = "words = emma ava: the training text\nlr = 5: learning rate\nsteps = 50: of descent on all pairs",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Pairs p = pairs_of(items_of(in, "words"));
           const double lr = in.number("lr", 0, 1000);
           const int64_t V = p.tokenizer.vocab_size(), N = p.examples.y.numel(), steps = in.integer("steps", 1, 2000);
           const Tensor W = Tensor::zeros({V, V}, Dtype::f64), x = Tensor::from(p.examples.x.to_vector<int64_t>(), {N});
           Parameters parameters({{"W", W}});
           Sgd sgd(parameters, {});
           double loss = 0, first = 0;
           for (int64_t i = 0; i <= steps; ++i) {
             sgd.zero_grad();
             const Tensor mean = cross_entropy(embedding(W, x), p.examples.y);
             loss = mean.item();
             if (i == 0) first = loss;
             backward(mean);
             if (i < steps) sgd.step(lr);
           }
           std::vector<double> pairs(static_cast<size_t>(V * V)), lasts(static_cast<size_t>(V));
           for (int64_t i = 0; i < N; ++i) {
             const auto a = static_cast<size_t>(x.at({i})), b = static_cast<size_t>(p.examples.y.at({i}));
             ++pairs[a * static_cast<size_t>(V) + b], ++lasts[a];
           }
           const double counted = stats::entropy(stats::shares_of(pairs)) - stats::entropy(stats::shares_of(lasts));
           out.step(str("W = 0: loss {:.6f}, that is ln {}", first, V));
           out.step(str("after {} steps: loss {:.6f}", steps, loss));
           out.step(str("the counting bigram, its optimum: {:.6f}", counted));
           out.quote("on names.txt after 99 steps", 2.490130, "tests/golden/makemore.json");
         },
     .turn = "more steps: the loss creeps towards the counts' and never gets below.",
     .commands = "grimoire train --model neural-bigram --data names.txt --out runs/neural",
     .code = "src/grimoire/model/neural_bigram.cpp: NeuralBigram\nsrc/grimoire/op/embedding.cpp: embedding",
     .mistake = "People say that learning must beat counting; in fact both fit the same table, and counting finds the best one at once. The gain is that "
                "the network's recipe goes on where tables end.",
     .see = "bigram: its optimum\none-hot: why it is a look-up\nlogits-as-log-counts: what W becomes\nl2-smoothing: the penalty's effect",
     .sources = "Karpathy 2022, makemore, part 1; recomputed by tools/golden/makemore.py\n"
                "Bengio, Ducharme, Vincent and Jauvin 2003, A Neural Probabilistic Language Model: "
                "the next step",
     .ask = "What does row a of W hold after training, up to a constant? | The logarithms of the counts of what follows a.",
     .more = "The slope in a row is (softmax - observed shares), weighted by how often the row's character occurs, so it is 0 exactly at the counts' "
             "probabilities. Cells never seen have their optimum at minus "
             "infinity; a penalty on W^2 keeps them finite, and so smooths. The figure 2.490130 contains it, with weight .01, and comes from steps of 50."},
    {.id = "sampling",
     .title = "Sampling",
     .names = "making new names\ndrawing",
     .what = "Draws the next character or word by its probability, so that a model writes new text instead of always the same.",
     .picture = "A wheel of fortune with sectors as wide as the probabilities.",
     .formula = "take the first i with p_0 + ... + p_i > u",
     .symbols = "p_i: probability of item i, from place 0 on; together 1\nu: a random number, from 0 to just below 1",
     .inputs = "p = 0.5,0.3,0.2: probabilities\nu = 0.6: the draw",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.probabilities("p");
           const double u = in.number("u", 0, 0.999999999);
           std::vector<double> edges;
           double sum = 0;
           size_t taken = p.size();
           for (size_t i = 0; i < p.size(); ++i) {
             edges.push_back(sum += p[i]);
             if (taken == p.size() && sum > u) taken = i;
           }
           while (taken == p.size() || p[taken] == 0) --taken;  // sums to just below 1 by rounding
           out.step("running sums: " + list_of(edges));
           out.step(str("the first above {:.6g} is number {}", u, taken));
           out.answer("index", static_cast<double>(taken));
           out.show(bars_of("p", p));
         },
     .turn = "let u run from 0 to 1: item 0 comes for half of the way, item 2 for the last fifth.",
     .commands = "grimoire generate runs/names -n 10\ngrimoire generate runs/names --temperature 0.5",
     .code = "src/grimoire/generate/generate.cpp: generate\nsrc/grimoire/tensor/random.cpp: multinomial",
     .mistake = "People say that the likeliest token each time gives the likeliest text; in fact greedy steps can miss it, and the likeliest text is often "
                "dull repetition anyway.",
     .see = "softmax: where p comes from\nargmax: no chance at all\nautoregressive: one draw after the other\ntemperature: shaping p first",
     .sources = "Holtzman, Buys, Du, Forbes and Choi 2020, The Curious Case of Neural Text Degeneration\nKarpathy 2022, makemore, part 1",
     .ask = "p = (.2, .8) and u = .5. Which index is drawn? | 1.",
     .more = "Dividing the logits by a temperature below 1 sharpens the wheel, above 1 evens it out. Top-k and top-p cut off the many unlikely items whose "
             "small probabilities add up."},
    {.id = "language-modelling",
     .title = "Language modelling",
     .names = "LM\nnext-word prediction\nlanguage model\n\nlanguage modeling",
     .what = "Learning how text goes on: for every beginning, a probability for each word that may come next.",
     .picture = "The three words above a phone's keyboard are the top of such a distribution; the whole of it has a number for every word there is.",
     .formula = "P(w given the words before), for every w;   together 1",
     .symbols = "w: a possible next word",
     .inputs = "text = a b a b a c: what was read\nafter = a: the last word",
     .compute =
         [](const Inputs& in, Worked& out) {
           check_text(in, "text"), check_text(in, "after");
           const std::vector<std::string> words = in.words("text", 2);
           std::vector<std::string> known = words, next;
           std::ranges::sort(known);
           known.erase(std::ranges::unique(known).begin(), known.end());
           for (size_t i = 0; i + 1 < words.size(); ++i)
             if (words[i] == in.text("after")) next.push_back(words[i + 1]);
           if (next.empty()) out.step(str("{} never came before another word: the shares of all words", in.text("after"))), next = words;
           else out.step(str("after {} came {} words", in.text("after"), next.size()));
           for (const std::string& word : known) {
             const auto n = std::ranges::count(next, word);
             if (n) out.answer("P(" + word + ")", static_cast<double>(n) / static_cast<double>(next.size()));
           }
         },
     .turn = "ask after b: a is certain. Ask after a word that never came: the model falls back on the shares of all words.",
     .commands = "grimoire train --model gpt --data input.txt --out runs/gpt\ngrimoire eval runs/gpt --data input.txt",
     .code = "src/grimoire/model/causal_lm.h: CausalLm",
     .mistake = "People say that a language model picks the next word; in fact it gives a distribution, and picking is a separate step that you control.",
     .see = "bigram: the simplest model\nsampling: picking\nperplexity: how good it is\nautoregressive: whole texts",
     .sources = "Shannon 1948, A Mathematical Theory of Communication, section 3\nJurafsky and Martin, Speech and Language Processing, chapter 3",
     .ask = "In \"x y x y x z\", how likely is y after x? | 2/3.",
     .more = "The text is its own label: each place gives a task for free, which is why such models can be trained on all that was ever written. By the "
             "chain rule of probability the product of all "
             "the next-word probabilities is the probability of the text."},
};

}  // namespace

const Family kLm = {"lm", "Language models", kConcepts};

}  // namespace grim::learn
