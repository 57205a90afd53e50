// Word vectors: how tables of them are learned, made small, and asked.
#include <algorithm>
#include <cmath>

#include "grimoire/base/sigmoid.h"
#include "grimoire/base/str.h"
#include "grimoire/classic/distance.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/vectors/label_tree.h"
#include "grimoire/vectors/word_vectors.h"

namespace grim::learn {
namespace {

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// A matrix whose rows are as long as the vector.
std::vector<std::vector<double>> rows_beside(const Inputs& in, std::string_view name, size_t length) {
  auto rows = in.matrix(name);
  if (rows.front().size() != length) in.refuse(name, str("rows of {} numbers", length));
  return rows;
}

const Concept kConcepts[] = {
    {.id = "cbow",
     .title = "Continuous bag of words",
     .names = "CBOW",
     .what = "Learning word vectors by the game of the missing word: from the mean of the words around a gap, name the word in it.",
     .picture = "A cloze test in which the words around the gap are shaken in a bag: which ones there are counts, their order does not.",
     .formula = "h = mean of v_c;   score = u_w . h",
     .symbols = "v_c: vector of a word around the gap\nu_w: output vector of the word in it\nh: the one vector that stands for the surroundings",
     .inputs = "v = 1,0;0,2: the words around, a row each\nu = 1,1: output vector of the word in the gap",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto v = in.matrix("v");
           const std::vector<double> u = rows_beside(in, "u", v.front().size()).front();
           std::vector<double> h(u.size());
           for (const auto& row : v)
             for (size_t i = 0; i < h.size(); ++i) h[i] += row[i] / static_cast<double>(v.size());
           const double score = dot(u, h);
           out.step(str("mean of {} vectors, then u . h = {:.6g}", v.size(), score));
           out.answers("h", h);
           out.answer("score", score);
           out.answer("sigmoid of it", sigmoid(score));
         },
     .turn = "v=0,2;1,0: the same words in another order give the same mean.",
     .commands = "grimoire vectors train --kind cbow --data wiki.txt --out vectors.bin",
     .code = "src/grimoire/vectors/sample_maker.cpp: add_cbow",
     .mistake = "People say that CBOW is skip-gram backwards and just as good for rare words; in fact a rare word is one of many in each mean, and is moved "
                "by a share of the step.",
     .see = "skip-gram: the other way round\nnegative-sampling: how the score is trained\nstatic-embedding: the table it leaves",
     .sources = "Mikolov et al. 2013, Efficient Estimation of Word Representations in Vector Space, section 3.1",
     .ask = "Words (2, 0) and (0, 4) stand around a gap. What is h? | (1, 2).",
     .more = "One guess a position instead of one for each neighbour makes it several times faster than skip-gram. With n-grams of letters the mean goes over "
             "all of their rows."},
    {.id = "negative-sampling",
     .title = "Negative sampling",
     .names = "SGNS\nskip-gram with negative sampling",
     .what = "Training without a softmax over all words: the right word is told from a few that are drawn, each a yes or a no.",
     .picture = "A line-up: the witness need not compare the suspect with everybody in town, only with five others drawn from the street.",
     .formula = "loss = -log sigmoid(u_o . v) - sum over k of log sigmoid(-u_k . v)",
     .symbols = "v: vector of the word that is given\nu_o: output vector of the right word\nu_k: those of the words that were drawn",
     .inputs = "v = 1,0.5: given\nright = 2,1: of the right word\nwrong = 0,1;-1,1: of the drawn ones, a row each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> v = in.matrix("v").front(), right = rows_beside(in, "right", v.size()).front();
           double loss = -std::log(sigmoid(dot(right, v)));
           out.step(str("right: -log sigmoid({:.6g}) = {:.6g}", dot(right, v), loss));
           std::vector<double> slope(v.size());
           for (size_t i = 0; i < v.size(); ++i) slope[i] = (sigmoid(dot(right, v)) - 1) * right[i];
           for (const auto& u : rows_beside(in, "wrong", v.size())) {
             const double own = -std::log(sigmoid(-dot(u, v)));
             out.step(str("wrong: -log sigmoid({:.6g}) = {:.6g}", -dot(u, v), own));
             loss += own;
             for (size_t i = 0; i < v.size(); ++i) slope[i] += sigmoid(dot(u, v)) * u[i];
           }
           out.answer("loss", loss);
           out.answers("slope in v", slope);
         },
     .turn = "right=4,2: the right word is told more surely, and what is left of the loss is the wrong ones'.",
     .commands = "grimoire vectors train --data wiki.txt --negatives 10 --out vectors.bin",
     .code = "src/grimoire/vectors/train_cpu.cpp: logistic_f32",
     .mistake = "People say that it approximates the softmax; in fact its scores are no logarithms of probabilities of words: they lean to pointwise mutual "
                "information minus log k.",
     .see = "skip-gram: where it is used\nhierarchical-softmax: the other short cut\nsigmoid: the yes or no\nsoftmax: what is saved",
     .sources = "Mikolov et al. 2013, Distributed Representations of Words and Phrases, section 2.2\n"
                "Levy and Goldberg 2014, Neural Word Embedding as Implicit Matrix Factorization",
     .ask = "How many rows of the output table does one pair touch with five negatives? | Six: the right word's and five drawn ones.",
     .more = "Words are drawn by their counts to a power below 1, so that rare ones come up more often than they occur: 3/4 in word2vec, 1/2 in fastText. "
             "A drawn word that is the right one is drawn again."},
    {.id = "hierarchical-softmax",
     .title = "Hierarchical softmax",
     .what = "Naming one of many words by a row of yes-or-no questions, so that a guess costs the depth of a tree and not the size of the vocabulary.",
     .picture = "Twenty questions, asked so that common answers need only a few. It breaks where a question high up has no sensible answer.",
     .formula = "P(w) = product over nodes n on the way to w of sigmoid(+-u_n . h)",
     .symbols = "u_n: vector of an inner node\nh: what is known\n+-: plus where the way goes right",
     .inputs = "counts = 8,4,2,1,1: how often each word occurs, falling\nword = 5: its place, from 1",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> counts = in.counts("counts");
           if (!std::ranges::is_sorted(counts, std::greater<>())) in.refuse("counts", "counts that fall");
           const vectors::LabelTree tree(std::vector<int64_t>(counts.begin(), counts.end()));
           const int64_t word = in.integer("word", 1, static_cast<int64_t>(counts.size())) - 1;
           const auto steps_to = [&](int64_t leaf) {
             double steps = 0;
             tree.each_step(leaf, [&](int64_t, bool) { ++steps; });
             return steps;
           };
           double all = 0, sum = 0;
           for (size_t w = 0; w < counts.size(); ++w) {
             all += counts[w];
             sum += counts[w] * steps_to(static_cast<int64_t>(w));
             if (w < 6) out.step(str("word {}: {:.0f} decisions", w + 1, steps_to(static_cast<int64_t>(w))));
           }
           if (all == 0) in.refuse("counts", "a count above 0");
           out.answer("decisions for the word", steps_to(word));
           out.answer("decisions a word of the text", sum / all);
         },
     .turn = "counts=1,1,1,1 word=4: words of one count lie equally deep, log2 of how many there are.",
     .commands = "grimoire vectors train --data a.txt --loss hierarchical-softmax --out a.bin",
     .code = "src/grimoire/vectors/label_tree.cpp: LabelTree",
     .mistake = "People say that the tree sorts words by meaning; in fact a Huffman tree knows counts alone, and words of one branch have nothing in common.",
     .see = "softmax: what it stands in for\nnegative-sampling: the other short cut\nentropy: the least mean depth",
     .sources = "Morin and Bengio 2005, Hierarchical Probabilistic Neural Network Language Model\n"
                "Mikolov et al. 2013, Distributed Representations of Words and Phrases, section 2.1",
     .ask = "Four words of equal counts. How many decisions does each take? | Two.",
     .more = "Probabilities add up to 1 by themselves: each node shares its own among its two branches. Predicting the best label visits few leaves, for a "
             "branch less likely than what was found can be left out. The mean depth lies within one of the entropy in bits."},
    {.id = "product-quantization",
     .title = "Product quantisation",
     .names = "PQ\nproduct quantization",
     .what = "Storing a vector as a few bytes: it is cut into parts, and each part is replaced by the number of the nearest of 256 typical ones.",
     .picture = "A face from an identikit: one of a few noses, one of a few chins. Few drawings of each make very many faces.",
     .formula = "x ~ (c_1[i_1], c_2[i_2], ...),   i_p = arg min over j of |x_p - c_p[j]|^2",
     .symbols = "x_p: part p of the vector\nc_p: the centroids of that part\ni_p: the byte that is kept",
     .inputs = "x = 0.9,0.1,-0.8,0.7: a vector\nc = 1,0;-1,1;0,-1: centroids, here the same for every part",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = in.numbers("x");
           const auto c = in.matrix("c");
           const size_t width = c.front().size();
           if (x.size() % width != 0) in.refuse("x", str("parts of {} numbers", width));
           const Metric squared{.kind = Metric::Kind::l2};
           double error = 0;
           std::vector<double> codes;
           for (size_t p = 0; p < x.size(); p += width) {
             size_t best = 0;
             std::vector<double> distances;
             for (const auto& centroid : c) distances.push_back(std::pow(squared(x.data() + p, centroid.data(), static_cast<int64_t>(width)), 2));
             best = static_cast<size_t>(std::ranges::min_element(distances) - distances.begin());
             if (codes.size() < 4) out.step(str("part {}: centroid {} is nearest, {:.6g} off, squared", codes.size() + 1, best + 1, distances[best]));
             codes.push_back(static_cast<double>(best + 1));
             error += distances[best];
           }
           out.answers("code", codes);
           out.answer("squared error", error);
         },
     .turn = "c=1,0;-1,1;0,-1;-0.8,0.7: one more centroid where a part lies takes its error away.",
     .commands = "grimoire vectors quantize reviews.bin reviews.ftz --qnorm",
     .code = "src/grimoire/vectors/product_quantizer.cpp: ProductQuantizer",
     .mistake = "People say that 256 codes are too coarse for a vector; in fact 50 parts have 256^50 combinations, and each part has only two numbers to keep.",
     .see = "k-means: how centroids are found\nstatic-embedding: what is made small",
     .sources = "Jegou, Douze and Schmid 2011, Product Quantization for Nearest Neighbor Search\n"
                "Joulin et al. 2016, FastText.zip: Compressing Text Classification Models, section 3.2",
     .ask = "A vector of 100 f32 in parts of two, a byte each. How many times smaller is it? | Eight: 50 bytes for 400.",
     .more = "Centroids are found by k-means in each part by itself. Products with a vector need only a table of 256 per part. Keeping lengths apart, a byte "
             "each, leaves directions to be quantised, which loses less where lengths differ."},
    {.id = "word-analogy",
     .title = "Word analogy",
     .names = "3CosAdd\nking - man + woman",
     .what = "Asking a table of word vectors: a is to b as c is to which word? By going from c the way that leads from a to b.",
     .picture = "Directions to a stranger: from the station two blocks north. The same two blocks from another place lead to something alike, or into a river.",
     .formula = "arg max over w of cos(w, b - a + c), w none of the three",
     .symbols = "a, b, c: vectors of length 1\nw: any other word of the table",
     .inputs = "words = man king woman queen apple: of the table\nE = 1,0;1,2;0.2,1;0.3,3;-2,0.1: a row for each\nask = man king woman: a, b and c",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto words = in.words("words"), asked = in.words("ask");
           const auto E = in.matrix("E");
           if (E.size() != words.size()) in.refuse("E", str("{} rows, one for each word", words.size()));
           if (asked.size() != 3) in.refuse("ask", "three words");
           for (const std::string& w : asked)
             if (std::ranges::find(words, w) == words.end()) in.refuse("ask", "words of the table");
           vectors::Table table(static_cast<int64_t>(E.size()), static_cast<int64_t>(E.front().size()));
           for (size_t r = 0; r < E.size(); ++r)
             std::ranges::transform(E[r], table.row(static_cast<int64_t>(r)), [](double x) { return static_cast<float>(x); });
           for (size_t i = 0; i < words.size(); ++i)
             if (std::ranges::find(words, words[i]) != words.begin() + static_cast<int64_t>(i)) in.refuse("words", "each word once");
           const vectors::WordVectors v(words, std::move(table));
           const auto best = v.analogy(asked[0], asked[1], asked[2], 3);
           if (best.empty()) in.refuse("words", "a word beside the three");
           for (const auto& n : best) out.step(str("{:.30s}: {:.4f}", words[static_cast<size_t>(n.word)], n.similarity));
           out.answer("cosine to the nearest", best.front().similarity);
           out.answer("nearest", words[static_cast<size_t>(best.front().word)]);
         },
     .turn = "E=1,0;1,2;0.2,1;-1,0;0.3,3: king - man + woman points to apple as soon as its row lies there. The arithmetic knows no meaning.",
     .commands = "grimoire vectors analogy vectors.bin man king woman",
     .code = "src/grimoire/vectors/word_vectors.cpp: analogy",
     .mistake = "People say that king - man + woman is queen; in fact it is nearest to king itself in most tables: the three words are left out of the search.",
     .see = "static-embedding: the table\nsimilarity: the measure\nskip-gram: how it is learned",
     .sources = "Mikolov, Yih and Zweig 2013, Linguistic Regularities in Continuous Space Word Representations, section 4\n"
                "Levy and Goldberg 2014, Linguistic Regularities in Sparse and Explicit Word Representations\n"
                "Linzen 2016, Issues in Evaluating Semantic Spaces Using Word Analogies",
     .ask = "Which three words are left out of the search? | The three that were asked with.",
     .more = "Since vectors have length 1, the sum of three cosines is compared: like b, like c, unlike a. Levy and Goldberg (2014) multiply them instead "
             "(3CosMul). Much of the score comes from c's own neighbours (Linzen 2016)."},
};

}  // namespace

const Family kVec = {"vec", "Word vectors", kConcepts};

}  // namespace grim::learn
