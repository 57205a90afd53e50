// Drawing text: how a model's distribution over the next token is shaped before one is taken.
#include <algorithm>
#include <cmath>

#include "grimoire/generate/generate.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/stats/information.h"

namespace grim::learn {
namespace {

std::vector<double> shaped(const std::vector<double>& logits, const GenerationConfig& config) {
  const std::vector<float> p = shape_distribution({logits.begin(), logits.end()}, config);
  return {p.begin(), p.end()};
}

std::vector<double> logits_of(const Inputs& in) { return in.numbers("x", -1e4, 1e4, 1, 100); }
// Of probabilities: the softmax gives them back.
std::vector<double> logs_of(const std::vector<double>& p) {
  std::vector<double> logs;
  for (double v : p) logs.push_back(std::log(std::max(v, 1e-300)));
  return logs;
}

size_t greedy(const std::vector<double>& p) {
  const std::vector<double> one = shaped(logs_of(p), {.temperature = 0});
  return static_cast<size_t>(std::ranges::max_element(one) - one.begin());
}

const Concept kConcepts[] = {
    {.id = "temperature",
     .title = "Temperature",
     .names = "sampling temperature\nsoftmax temperature",
     .what = "A single knob for how daring a text generator is: low takes the likeliest words, high gives the others a chance.",
     .picture = "One menu for a shy guest and a curious one. Too hot, and stones are dishes.",
     .formula = "p_i = e^(x_i / T) / sum_j e^(x_j / T)",
     .symbols = "x_i: logits, the model's scores\nT: temperature, above 0; 1 leaves the model as it is",
     .inputs = "x = 2,1,0,-1: logits\nT = 0.5: temperature",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = logits_of(in);
           const double T = in.number("T", 0.01, 1000);
           const std::vector<double> p = shaped(x, {.temperature = T}), own = shaped(x, {});
           out.step("at T = 1: " + list_of(own));
           out.step(str("effective choices e^entropy: {:.4g} at T = 1, {:.4g} now", std::exp(stats::entropy(own)), std::exp(stats::entropy(p))));
           out.answers("p", p);
           out.show(bars_of("p", p, 6));
         },
     .turn = "T = .1: one word takes nearly all. T = 10: they are nearly alike.",
     .commands = "grimoire generate runs/names -n 10 --temperature 0.5",
     .code = "src/grimoire/generate/shaping.cpp: distribution_of",
     .mistake = "People say that a temperature of 0 makes answers right; in fact it makes them repeatable. The likeliest text can be wrong or dull.",
     .see = "softmax: what is shaped\nsampling: the draw itself\ntop-p: cutting the tail instead\ngreedy-decoding: T = 0",
     .sources = "Ackley, Hinton and Sejnowski 1985, A Learning Algorithm for Boltzmann Machines\n"
                "Holtzman, Buys, Du, Forbes and Choi 2020, The Curious Case of Neural Text Degeneration",
     .ask = "T is halved: what becomes of odds of 3 to 1 between two words? | They become 9 to 1: the odds are squared.",
     .more = "The odds of two words are e^((x_i - x_j) / T), so T is a power on the odds: p_i^(1/T), rescaled. As T falls to 0 the draw becomes the argmax, "
             "as it grows uniform; the entropy rises all the way. The name is from physics, where a state of energy E has probability "
             "proportional to e^(-E/T). On held-out data the T that gives the least loss tells whether a model is too sure (calibration)."},
    {.id = "top-k",
     .title = "Top-k sampling",
     .names = "top k\nk likeliest",
     .what = "Draws only among the k likeliest words, so that the many unlikely ones, which add up, cannot derail the text.",
     .picture = "A casting in which only the first five on the list are heard. It breaks when two are right, or when fifty are.",
     .formula = "p'_i = p_i / (sum of the k largest) for those, else 0",
     .symbols = "p: the model's probabilities\nk: how many are kept",
     .inputs = "x = 2,1,0,-1: logits\nk = 2: kept",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = logits_of(in), own = shaped(x, {}), p = shaped(x, {.top_k = in.integer("k", 1, 1000)});
           double kept = 0;
           for (size_t i = 0; i < p.size(); ++i) kept += p[i] > 0 ? own[i] : 0;
           out.step("the model's own: " + list_of(own));
           out.step(str("kept together: {:.6g}; each is divided by that", kept));
           out.answers("p", p);
           out.show(bars_of("p", p, 6));
         },
     .turn = "k = 1 is the greedy choice, k = 4 leaves all as it is.",
     .commands = "grimoire generate runs/names -n 10 --top-k 5",
     .code = "src/grimoire/generate/shaping.cpp: distribution_of",
     .mistake = "People say that one k suits all; in fact after \"New York\" few words are right, after \"the\" thousands.",
     .see = "sampling: the draw\ntop-p: a number that adapts\ntemperature: shaping without cutting",
     .sources = "Fan, Lewis and Dauphin 2018, Hierarchical Neural Story Generation",
     .ask = "p = .5, .3, .2 and k = 2: what are the new probabilities? | .625 and .375.",
     .more = "The tail of a language model holds tens of thousands of words of tiny probability; in a text of a hundred words one of them will be drawn, and "
             "what follows is built on it. Fan and others took k = 10, GPT-2's samples k = 40. Where several cuts are set this program takes the temperature "
             "first, then k, then p. A text so drawn comes from another distribution than the model's own, so its perplexity says little."},
    {.id = "top-p",
     .title = "Top-p sampling",
     .names = "nucleus sampling\nnucleus",
     .what = "Draws among the fewest words that together hold a share p of the probability: few where the model is sure, many where it is not.",
     .picture = "Inviting the best until nine tenths of the votes are covered: some years three are enough, in others thirty.",
     .formula = "keep the likeliest until they reach p together, then divide by their sum",
     .symbols = "p: share to be covered, above 0, up to 1",
     .inputs = "x = 2,1,0,-1: logits\np = 0.9: share",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = logits_of(in), own = shaped(x, {}), p = shaped(x, {.top_p = in.number("p", 1e-6, 1)});
           double kept = 0;
           for (size_t i = 0; i < p.size(); ++i) kept += p[i] > 0 ? own[i] : 0;
           out.step("the model's own: " + list_of(own));
           out.step(str("{} kept, together {:.6g}", std::ranges::count_if(p, [](double v) { return v > 0; }), kept));
           out.answers("p", p);
           out.show(bars_of("p", p, 6));
         },
     .turn = "x = 9,1,0,-1: the model is sure, and one word is the whole nucleus.",
     .commands = "grimoire generate runs/names -n 10 --top-p 0.9",
     .code = "src/grimoire/generate/shaping.cpp: distribution_of",
     .mistake = "People say that p is how likely a word must be; in fact it bounds a sum: a word of 1 % is in if the likelier ones do not yet reach p.",
     .see = "sampling: the draw\ntop-k: a fixed number\ntemperature: shaping without cutting",
     .sources = "Holtzman, Buys, Du, Forbes and Choi 2020, The Curious Case of Neural Text Degeneration, section 3.1",
     .ask = "Probabilities .5, .3, .2 and p = .6: which words are kept? | The first two: .5 is not enough.",
     .more = "Holtzman and others saw that the likeliest text repeats itself and the plain draw wanders off, and that people's words are not the likeliest "
             "ones: they come from a head whose size changes. p = .9 to .95 is common. Ties at the edge are cut by place. Later ideas scale the cut with "
             "the largest probability (min-p), or keep words of typical surprise (Meister et al. 2023); which reads best is a matter of the task."},
    {.id = "greedy-decoding",
     .title = "Greedy decoding",
     .names = "greedy search\ngreedy sampling",
     .what = "Writes by taking the likeliest word at each step. It is quick and repeatable, and need not find the likeliest sentence.",
     .picture = "Always turning into the widest street: it may end in a square with many poor exits, while the lane beside led straight home.",
     .formula = "w_t = argmax_w P(w | w_1 ... w_(t-1))",
     .symbols = "first: how often each word came at the beginning\nnext: a row for each of them: how often each word came after it",
     .inputs = "first = 6,4: counts\nnext = 5,5;9,1: counts, a row for each first word",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> first = in.counts("first", 1, 1e9, 1, 50);
           const auto rows = in.count_matrix("next");
           if (rows.size() != first.size()) in.refuse("next", str("a row for each of the {} first words", first.size()));
           const std::vector<double> p = stats::shares_of(first);
           std::vector<std::vector<double>> q;
           for (const auto& row : rows) {
             if (row.size() > 50 || std::ranges::min(row) <= 0) in.refuse("next", "at most 50 counts above 0 in a row");
             q.push_back(stats::shares_of(row));
           }
           const size_t g = greedy(p), then = greedy(q[g]);
           size_t best = 0;
           for (size_t i = 0; i < p.size(); ++i)
             if (p[i] * std::ranges::max(q[i]) > p[best] * std::ranges::max(q[best])) best = i;
           out.step(str("greedy: word {}, then {}: {:.6g} x {:.6g}", g, then, p[g], q[g][then]));
           out.step(str("best:   word {}, then {}: {:.6g} x {:.6g}", best, greedy(q[best]), p[best], std::ranges::max(q[best])));
           out.answer("probability of the greedy pair", p[g] * q[g][then]);
           out.answer("of the likeliest pair", p[best] * std::ranges::max(q[best]));
         },
     .turn = "next = 9,1;9,1: greedy is right this time.",
     .commands = "grimoire generate runs/names -n 1 --temperature 0",
     .code = "src/grimoire/generate/shaping.cpp: distribution_of",
     .mistake = "People say that the best words make the best sentence; in fact a likely word can lead where nothing is likely.",
     .see = "argmax: one step of it\ngreedy: the same trap in trees\ntemperature: leaving it\nautoregressive: why step by step",
     .sources = "Holtzman, Buys, Du, Forbes and Choi 2020, The Curious Case of Neural Text Degeneration\nSutskever, Vinyals and Le 2014, Sequence to "
                "Sequence Learning with Neural Networks, section 3.2: beam search",
     .ask = "First words .6 and .4; the best that follows has .5 and .9. Which pair is likeliest? | The second: .36 against .30.",
     .more = "Trying all sentences of T words costs V^T. Beam search keeps the b best beginnings at every step and is greedy for b = 1; for translation it "
             "helps, with the score divided by a power of the length. For open text the likeliest continuation tends to loop, and the loop feeds itself: "
             "each repetition makes the next more likely. Greedy answers are the same each time only if rounding is, too; other batch sizes or machines can "
             "flip a near tie."},
};

}  // namespace

const Family kDraw = {"draw", "Drawing text", kConcepts};

}  // namespace grim::learn
