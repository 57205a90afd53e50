// Machine learning and AI: rules by hand, features by hand, learned features, depth.
#include <algorithm>
#include <bit>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/op/moments.h"
#include "grimoire/op/reduce.h"
#include "grimoire/stats/counts.h"

namespace grim::learn {
namespace {

double length_of(const std::vector<double>& x) { return norm(vector_of(x)).item(); }

const Concept kConcepts[] = {
    {.id = "turing-imitation",
     .title = "Turing's imitation game",
     .names = "imitation game\nTuring test",
     .what = "A test instead of a definition: if a judge who only reads the answers cannot tell machine from person, asking whether it \"thinks\" has "
             "lost its use.",
     .picture = "A blind tasting: behind the curtain nobody's label counts, only what is in the glass. It breaks as a measure of skill: a machine must "
                "hide that it calculates too well.",
     .formula = "P(at least so many right | the judge guesses, chance 1/2)",
     .symbols = "right: how often the judge named the machine\nn: conversations, each with one machine and one person",
     .inputs = "right = 21: right verdicts\nn = 30: conversations",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 100000), right = in.integer("right", 0, n);
           const stats::TestResult t = stats::binomial_test(static_cast<double>(right), static_cast<double>(n));
           const double share = static_cast<double>(right) / static_cast<double>(n);
           out.step(str("right in {} of {}: {:.4g}; a guesser expects .5", right, n, share));
           if (t.interval) out.step(str("95 % interval of the judge's share: {:.4f} to {:.4f}", t.interval->low, t.interval->high));
           out.step(str("two-sided p-value if it were guessing:"));
           out.answer("p-value", t.p_value);
         },
     .turn = "right = 18: now the judge cannot be told from a guesser, so the machine has passed, or the test was too short.",
     .commands = "grimoire stats binomial --x 21 --n 30",
     .code = "src/grimoire/stats/counts.cpp: binomial_test",
     .mistake = "People say that Turing showed how to build a thinking machine; in fact he proposed a test, and only sketched learning as a way there.",
     .see = "hypothesis-test: how the verdict is judged\nagi: what the test does not measure\nmachine-learning: Turing's child machine",
     .sources = "Turing 1950, Computing Machinery and Intelligence, sections 1, 6 and 7\nSearle 1980, Minds, Brains, and Programs: an opposing view",
     .ask = "A judge is right in 15 of 30 conversations. Has the machine been found out? | No: that is what guessing gives.",
     .more = "Turing expected that by about 2000 an average judge would be wrong three times in ten after five minutes. Whether passing shows "
             "understanding is an open dispute: for some the behaviour is all there is to ask for, for Searle symbols can be shuffled without being "
             "understood. Both sides agree that it measures likeness to people, which is neither necessary nor sufficient for usefulness. Failing to "
             "reject guessing is weak evidence when there were few conversations: the interval says how weak."},
    {.id = "rule-based-ai",
     .title = "Rule-based AI",
     .names = "AI by rules\nexpert system",
     .what = "A program that decides by rules people wrote down: if this, then that. Every answer can be traced to a line.",
     .picture = "A recipe book: good as long as the kitchen is as the author imagined. Nothing in it says what to do when the milk is off.",
     .formula = "if condition then conclusion",
     .symbols = "T: temperature in degrees Celsius\nlimit: above it the rule fires",
     .inputs = "T = 38.5: temperature measured\nlimit = 38: the rule's threshold",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double t = in.number("T", -300, 1e6), limit = in.number("limit", -300, 1e6);
           out.step(str("rule: if T > {:.6g} then fever", limit));
           out.step(str("{:.6g} > {:.6g} is {}", t, limit, t > limit ? "true: the rule fires" : "false: no rule fires"));
           out.answer("fever", t > limit ? "yes" : "no");
           out.answer("above the limit by", t - limit);
         },
     .turn = "T = 38.0001 and 37.9999: nearly the same patient, opposite answers.",
     .mistake = "People say that rules are outdated; in fact where the rules are known and must be obeyed, such as tax or safety, writing them down "
                "beats learning them.",
     .see = "deduction: chaining such rules\nmachine-learning: finding rules from examples\ndecision-tree: rules that were learned",
     .sources = "Buchanan and Shortliffe 1984, Rule-Based Expert Systems\nRussell and Norvig 2020, Artificial Intelligence: A Modern Approach, section 1.3",
     .ask = "Where does the knowledge of an expert system come from? | From people who wrote its rules.",
     .more = "In the 1970s and 80s systems with hundreds of rules matched specialists in narrow fields (MYCIN for blood infections). They stalled on "
             "getting the knowledge out of people, on rules that contradict each other as their number grows, and on everything that people do without "
             "knowing how, such as seeing. Today the two are mixed: learned models propose, rules check."},
    {.id = "hand-made-features",
     .title = "Hand-made features",
     .names = "expert features",
     .what = "Numbers that a person chose to describe each case, so that a simple learner can work with them.",
     .picture = "A form with boxes to tick: whoever drew it decided what may matter. What has no box is lost.",
     .formula = "x -> (f_1(x), ..., f_d(x)), each f chosen by a person",
     .symbols = "x: a case as it comes, here a text\nf_j: a measurement, here how often a word occurs",
     .inputs = "text = free free cash: the text\nword = free: the word counted",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<std::string> words = in.words("text", 1);
           const std::string& word = in.text("word");
           const auto count = static_cast<double>(std::ranges::count(words, word));
           out.step(str("{} words, of which \"{}\": {:.0f}", words.size(), word, count));
           out.step(str("as features: (count {:.0f}, words {}, share {:.4g})", count, words.size(), count / static_cast<double>(words.size())));
           out.answer(str("count({})", word), count);
         },
     .turn = "text = f r e e cash: the sender adds blanks, and the feature is blind.",
     .commands = "grimoire fit --model logistic --data mail.csv --target spam --out spam.model",
     .code = "src/grimoire/data/features.h: Features",
     .mistake = "People say that learned features always win; in fact on small tables with meaningful columns well-chosen ones with a simple learner are "
                "hard to beat.",
     .see = "representation-learning: features that are learned\nrule-based-ai: nothing is learned\ninductive-bias: what the choice assumes",
     .sources = "Sebastiani 2002, Machine Learning in Automated Text Categorization\n"
                "Domingos 2012, A Few Useful Things to Know about Machine Learning, section 8",
     .ask = "\"win cash now, win\" with the features count(win), count(cash): which vector? | (2, 1).",
     .more = "Before networks learned from pixels and letters, most of the work in vision and language was in such features (SIFT for images, n-grams "
             "and word lists for text). Their strength is that they put knowledge in, and need few rows; their limit is that they hold only what the "
             "expert could put into words."},
    {.id = "representation-learning",
     .title = "Representation learning",
     .names = "learned features",
     .what = "Letting the model find its own description of each case, one in which the task becomes easy.",
     .picture = "Sorting two rings of beads, one inside the other: no straight cut parts them on the table. Note each bead's distance from the middle, "
                "and one mark on a ruler does.",
     .formula = "x -> h(x) -> y,   here h(x) = |x|",
     .symbols = "x: the case as it comes\nh: the learned description\ny: the answer",
     .inputs = "a = 0.6,0.8: a bead of the inner ring\nb = 1.2,1.6: one of the outer ring",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> a = in.numbers("a", -1e6, 1e6, 1, 100), b = in.numbers("b", -1e6, 1e6, 1, 100);
           if (b.size() != a.size()) in.refuse("b", str("as many numbers as a has: {}", a.size()));
           const double ra = length_of(a), rb = length_of(b);
           out.step(str("|a| = {:.6g}, |b| = {:.6g}", ra, rb));
           out.step(str("the outer ring surrounds the inner: no straight line parts them"));
           out.step(str("in h the threshold {:.6g} parts the rings", (ra + rb) / 2));
           out.answer("h(a)", ra);
           out.answer("h(b)", rb);
         },
     .turn = "move b inwards to (.6, -.8): now h cannot tell it from a. A description is good for a task, not in itself.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/names",
     .code = "src/grimoire/model/mlp.cpp",
     .mistake = "People say that a network finds features explicitly, as if it named them; in fact it finds them by itself while lowering the loss, and "
                "nobody need know what they mean.",
     .see = "hand-made-features: chosen by people\nautoencoder: learned without labels\ndeep-learning: many steps of it\n"
            "probing: looking for what was learned",
     .sources = "Bengio, Courville and Vincent 2013, Representation Learning: A Review and New Perspectives\n"
                "Goodfellow, Bengio and Courville 2016, Deep Learning, chapter 15",
     .ask = "What makes a representation good? | The task is simple in it: here one threshold is enough.",
     .more = "A network with one hidden layer and a linear output is a linear learner on h(x), and training moves h until classes can be parted linearly "
             "there. The same h often serves other tasks, which is why pre-training works. A kernel machine fixes h beforehand (the feature map) and "
             "learns the last step only."},
    {.id = "deep-learning",
     .title = "Deep learning",
     .names = "DL\nmany layers",
     .what = "Building a function out of many simple ones in a row and learning all of them at once.",
     .picture = "An assembly line: each station makes one small change and hands on. It breaks in one point: here all stations are trained together, "
                "from the end backwards.",
     .formula = "y = f_k(... f_2(f_1(x)))",
     .symbols = "x: the input\nf_j: the layers, simple each, with numbers that are learned\nk: the depth",
     .inputs = "x = 1: the input\nlayers = +1 *2 ^2: one step a word: + - * / ^ and a number",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<std::string> layers = in.words("layers", 1);
           if (layers.size() > 20) in.refuse("layers", "at most 20 steps");
           double x = in.number("x", -1e6, 1e6);
           for (size_t j = 0; j < layers.size(); ++j) {
             char* end = nullptr;
             const double by = std::strtod(layers[j].c_str() + 1, &end), before = x;
             if (layers[j].size() < 2 || *end || !std::isfinite(by)) in.refuse("layers", "steps such as: +1 *2 ^2");
             switch (layers[j][0]) {
               case '+': x += by; break;
               case '-': x -= by; break;
               case '*': x *= by; break;
               case '/': x /= by; break;
               case '^': x = std::pow(x, by); break;
               default: in.refuse("layers", "steps such as: +1 *2 ^2");
             }
             if (!std::isfinite(x)) in.refuse("layers", str("steps that stay finite ({} of {:.6g} does not)", layers[j], before));
             if (j < 5) out.step(str("layer {}: {:.6g} {} {:.6g} = {:.6g}", j + 1, before, layers[j].substr(0, 1), by, x));
           }
           out.answer("y", x);
         },
     .turn = "swap two layers, +1 ^2 *2: the same parts in another order are another function, 8.",
     .commands = "grimoire train --model mlp --data names.txt --out runs/names\ngrimoire train --model gpt --data names.txt --out runs/deep --n-layer 6",
     .code = "src/grimoire/autograd/tape.h\nsrc/grimoire/model/gpt.cpp",
     .mistake = "People say that more layers always help; in fact linear layers in a row are one linear layer, and very deep nets did not train at all "
                "before good initial weights, norms and residuals.",
     .see = "why-deep: what depth buys\nchain-rule: how it is trained\nrepresentation-learning: what the layers find\n"
            "residual: what made great depth trainable",
     .sources = "LeCun, Bengio and Hinton 2015, Deep Learning\nGoodfellow, Bengio and Courville 2016, Deep Learning, chapter 6",
     .ask = "What is ((x - 1) * 3)^2 at x = 2? | 9.",
     .more = "Depth is the length of the longest chain of learned steps. Between the linear maps there must be something bent (ReLU, tanh, softmax), or "
             "the chain collapses into one map. All numbers are trained at once by gradient descent, whose slopes come from the chain rule, from the "
             "loss backwards. Why plain gradient descent finds good solutions of such twisted problems is only partly understood."},
    {.id = "why-deep",
     .title = "Why depth",
     .names = "fewer units by depth",
     .what = "For some functions a deep net needs a handful of units where a flat one needs thousands, because each layer works on what the one before "
             "has folded.",
     .picture = "Cut a paper that is folded ten times, once: unfolded it has over a thousand cuts. It breaks for functions without such repetition.",
     .formula = "tent map T(x) = 2 relu(x) - 4 relu(x - 1/2), taken k times: 2^k pieces",
     .symbols = "k: how often it is applied, the depth\nunit: one ReLU; a single layer of n units bends at n places at most",
     .inputs = "k = 10: applications of the tent map",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t k = in.integer("k", 1, 16), cells = int64_t{2} << k;  // every bend lies on this grid
           const auto tents = [k](double x) {
             for (int64_t i = 0; i < k; ++i) x = 2 * x - 4 * std::max(0.0, x - 0.5);
             return x;
           };
           int64_t pieces = 1;
           double last = 1, before = 0;
           for (int64_t i = 1; i <= cells; ++i) {
             const double now = tents(static_cast<double>(i) / static_cast<double>(cells)), slope = now > before ? 1 : -1;
             if (slope != last) ++pieces;
             last = slope, before = now;
           }
           out.step(str("straight pieces between 0 and 1, counted: {}", pieces));
           out.step(str("deep: {} layers of 2 units = {}", k, 2 * k));
           out.step(str("flat: each unit bends once, so {} pieces need {}", pieces, pieces - 1));
           out.answer("units, deep", static_cast<double>(2 * k));
           out.answer("units, one layer, at least", static_cast<double>(pieces - 1));
         },
     .turn = "k = 16: 32 units against 65,535.",
     .commands = "grimoire experiment depth",
     .mistake = "People say that depth saves exponentially much; in fact for some functions. For many others, and for all that are nearly straight, it "
                "saves little.",
     .see = "folding: the idea in paper\ncomposition-prior: why such functions might be common\ndeep-learning: the general idea",
     .sources = "Telgarsky 2016, Benefits of Depth in Neural Networks\n"
                "Montufar, Pascanu, Cho and Bengio 2014, On the Number of Linear Regions of Deep Neural Networks",
     .ask = "Into how many straight pieces does the tent map, taken 5 times, fall? | 2^5 = 32.",
     .more = "The tent goes up and down once; applied to itself, each of its two slopes runs through the whole tent again, so the pieces double. A layer "
             "of n ReLUs on a line has at most n + 1 pieces, hence the exponential gap. Telgarsky proves it for approximation too: a much shallower net "
             "of fewer than exponentially many units stays a constant away. One hidden layer can approximate any continuous function, but that theorem "
             "says nothing about how many units it takes."},
    {.id = "folding",
     .title = "Folding",
     .names = "symmetry folding",
     .what = "A layer can lay parts of its input on top of each other, so that whatever follows acts on all of them at once.",
     .picture = "Paper snowflakes: fold three times, cut once, unfold: eight cuts. It breaks when the parts should differ: a fold treats them alike.",
     .formula = "regions = 2^folds",
     .symbols = "folds: how often the strip is folded in half\ncut: where the folded strip is cut, from 0 to 1",
     .inputs = "folds = 3: folds in half\ncut = 0.3: place of the one cut",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t folds = in.integer("folds", 0, 16);
           std::vector<double> cuts = {in.number("cut", 0.001, 0.999)};
           for (int64_t f = 0; f < folds; ++f) {
             const size_t layers = cuts.size();
             for (size_t i = 0; i < layers; ++i) cuts.push_back(1 - cuts[i] / 2), cuts[i] /= 2;
             if (f < 3) out.step(str("unfolded {} time(s): {} cuts", f + 1, cuts.size()));
           }
           std::ranges::sort(cuts);
           std::string places;
           for (size_t i = 0; i < cuts.size() && i < 4; ++i) places += str(" {:.4g}", cuts[i]);
           out.step(str("on the flat strip they lie at{}{}", places, cuts.size() > 4 ? " ..." : ""));
           out.answer("cuts", static_cast<double>(cuts.size()));
           out.answer("the first at", cuts[0]);
         },
     .turn = "folds = 10: 1,024 cuts by one.",
     .commands = "grimoire experiment depth",
     .mistake = "People say that a network folds exactly like paper; in fact |x| folds at a line, and a ReLU layer folds and shears: regions multiply, "
                "but need not be mirror images.",
     .see = "why-deep: counted in units\ncomposition-prior: the belief behind it",
     .sources = "Montufar, Pascanu, Cho and Bengio 2014, On the Number of Linear Regions of Deep Neural Networks, section 2",
     .ask = "How many cuts has a strip that was folded 5 times and cut once? | 32.",
     .more = "Two ReLUs make an absolute value, |x| = relu(x) + relu(-x), which lays the left half line on the right one. Whatever the next layer draws "
             "at a point appears at both its preimages; k such layers give 2^k copies on a line. With n units and d inputs a layer can fold along "
             "several directions, and Montufar and colleagues show at least (n/d)^(d(k-1)) times the regions that one layer of n units makes."},
    {.id = "composition-prior",
     .title = "Composition as a belief",
     .names = "functions of functions",
     .what = "The bet behind deep nets: what we want to learn is built from simple parts that are used again and again.",
     .picture = "Letters make words, words make sentences, sentences make stories. It breaks for a telephone book, which is only a list.",
     .formula = "x^16 = (((x^2)^2)^2)^2",
     .symbols = "n: the power wanted\nx: the number",
     .inputs = "n = 16: the power\nx = 2: the number",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 64);
           const double x = in.number("x", -100, 100);
           double value = x, flat = 1;
           int64_t products = 0;
           for (int bit = static_cast<int>(std::bit_width(static_cast<uint64_t>(n))) - 2; bit >= 0; --bit) {
             value *= value, ++products;
             if (n >> bit & 1) value *= x, ++products;
           }
           for (int64_t i = 0; i < n; ++i) flat *= x;
           out.step(str("squaring what was squared: {:.8g} after {} products", value, products));
           out.step(str("x times x times x ...: {:.8g} after {} products", flat, n - 1));
           out.answer("products by composition", static_cast<double>(products));
           out.answer("products one by one", static_cast<double>(n - 1));
           out.answer("x^n", value);
         },
     .turn = "n = 15: 6 products. Reuse pays most where the structure fits it.",
     .mistake = "People say that it is a proved fact about the world; in fact it is a belief that many tasks have rewarded, as all inductive biases are.",
     .see = "inductive-bias: the general notion\nwhy-deep: what it buys\ndeep-learning: the form that it takes",
     .sources = "Goodfellow, Bengio and Courville 2016, Deep Learning, section 6.4.1\n"
                "Lin, Tegmark and Rolnick 2017, Why Does Deep and Cheap Learning Work So Well?\n"
                "Poggio et al. 2017, Why and When Can Deep-but Not Shallow-Networks Avoid the Curse of Dimensionality: a Review\n"
                "Knuth 1997, The Art of Computer Programming 2, section 4.6.3: powers",
     .ask = "How many squarings make x^32 out of x? | 5.",
     .more = "An opinion with arguments on its side: physical processes come in steps and hierarchies (Lin, Tegmark and Rolnick), images and language "
             "visibly do, and functions that are compositions of functions of few variables can be approximated by deep nets without the curse of "
             "dimensionality (Poggio et al. 2017). On the other side stand wide shallow learners, boosted trees above all, that still win on many tables."},
};

}  // namespace

const Family kAi = {"ai", "Machine learning and AI", kConcepts};

}  // namespace grim::learn
