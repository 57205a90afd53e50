// Drawing text: how a model's distribution over the next token is shaped before one is taken.
#include <algorithm>
#include <cmath>

#include "grimoire/generate/beams.h"
#include "grimoire/generate/contrastive.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/learn/concepts/worked.h"
#include "grimoire/model/bigram.h"
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

// A model that has seen so many pairs of words; its token 0 stands before them.
std::unique_ptr<Bigram> bigram_of(const Inputs& in, const std::vector<double>& first, const std::vector<std::vector<double>>& next) {
  std::vector<int64_t> from, to;
  const auto add = [&](int64_t word, const std::vector<double>& counts) {
    if (counts.size() != first.size()) in.refuse("next", str("{} counts in a row", first.size()));
    for (size_t i = 0; i < counts.size(); ++i) {
      if (counts[i] > 1000) in.refuse("next", "counts of at most 1000");
      from.insert(from.end(), static_cast<size_t>(counts[i]), word);
      to.insert(to.end(), static_cast<size_t>(counts[i]), static_cast<int64_t>(i + 1));
    }
  };
  add(0, first);
  for (size_t i = 0; i < next.size(); ++i) add(static_cast<int64_t>(i + 1), next[i]);
  auto model = std::make_unique<Bigram>(BigramConfig{.vocab_size = static_cast<int64_t>(first.size() + 1), .smoothing = 0});
  const auto n = static_cast<int64_t>(from.size());
  model->count(Tensor::from(from, {n, 1}), Tensor::from(to, {n}));
  return model;
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
     .see = "sampling: the draw\ntop-k: a fixed number\nmin-p: by the likeliest one\ntemperature: shaping without cutting",
     .sources = "Holtzman, Buys, Du, Forbes and Choi 2020, The Curious Case of Neural Text Degeneration, section 3.1",
     .ask = "Probabilities .5, .3, .2 and p = .6: which words are kept? | The first two: .5 is not enough.",
     .more = "Holtzman and others saw that the likeliest text repeats itself and the plain draw wanders off, and that people's words are not the likeliest "
             "ones: they come from a head whose size changes. p = .9 to .95 is common. Ties at the edge are cut by place. Later ideas scale the cut with "
             "the largest probability (min-p), or keep words of typical surprise (Meister et al. 2023); which reads best is a matter of the task."},
    {.id = "min-p",
     .title = "Min-p sampling",
     .names = "minimum probability sampling",
     .what = "Draws only among the words that have at least a given share of the likeliest one's probability.",
     .picture = "A choir that keeps whoever reaches half the loudness of its loudest: one star, and few remain; many equals, and all do.",
     .formula = "keep i if p_i >= m max_j p_j, then divide by the sum of those kept",
     .symbols = "p: the model's probabilities\nm: the share, from 0 to 1",
     .inputs = "x = 2,1,0,-1: logits\nm = 0.2: share",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = logits_of(in), own = shaped(x, {}), p = shaped(x, {.min_p = in.number("m", 0, 1)});
           out.step("the model's own: " + list_of(own));
           const double top = std::ranges::max(own), least = in.number("m", 0, 1) * top;
           out.step(str("at least {:.6g} x {:.6g} = {:.6g} is kept", in.number("m", 0, 1), top, least));
           out.answers("p", p);
           out.show(bars_of("p", p, 6));
         },
     .turn = "x = 1,1,0,-1: the two likeliest are equal, and a third comes in.",
     .commands = "grimoire generate runs/names -n 10 --min-p 0.1",
     .code = "src/grimoire/generate/shaping.cpp: cut_below",
     .mistake = "People say that m is the least probability of a word; in fact it is a share of the likeliest one's: beside .02 a word of .002 may come.",
     .see = "top-p: a bound on the sum instead\ntop-k: a fixed number\ntypical-p: by surprise\ntemperature: shaping without cutting",
     .sources = "Nguyen, Baker, Neo, Roush, Kirsch and Shwartz-Ziv 2024, Turning Up the Heat: Min-p Sampling for Creative and Coherent LLM Outputs",
     .ask = "Probabilities .5, .3, .15, .05 and m = .2: which words are kept? | The first three: the bound is .1.",
     .more = "In logits it is a plain distance: x_i >= max x + ln m. It is cheap, for no sorting is needed, and it holds at high temperatures, where top-p "
             "lets a long flat tail in. Whether texts so drawn are better liked is disputed."},
    {.id = "typical-p",
     .title = "Locally typical sampling",
     .names = "typical sampling\nlocally typical decoding",
     .what = "Draws among the words that are about as surprising as one expects here: neither the obvious nor the absurd.",
     .picture = "A witness: too smooth sounds rehearsed, too wild invented; life is in between.",
     .formula = "keep those with the smallest |-ln p_i - H| until they reach t together",
     .symbols = "p: the model's probabilities\nH: their entropy in nats, the surprise to be expected\nt: share to be covered, above 0, up to 1",
     .inputs = "x = 2,1,0,-1: logits\nt = 0.5: share",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> x = logits_of(in), own = shaped(x, {}), p = shaped(x, {.typical_p = in.number("t", 1e-6, 1)});
           const double h = stats::entropy(own);
           std::vector<double> apart;
           for (const double v : own) apart.push_back(std::abs(-std::log(std::max(v, 1e-300)) - h));
           out.step("the model's own: " + list_of(own));
           out.step(str("H = {:.6g}; apart from it: {}", h, list_of(apart)));
           out.answers("p", p);
           out.show(bars_of("p", p, 6));
         },
     .turn = "t = 0.2: the second word alone is left, though the first is likelier.",
     .commands = "grimoire generate runs/names -n 10 --typical-p 0.9",
     .code = "src/grimoire/generate/shaping.cpp: cut_to_typical",
     .mistake = "People say that every cut keeps the likeliest word; in fact this one may drop it: where many words are right, the likeliest is too plain.",
     .see = "entropy: the surprise to be expected\ntop-p: from the top down",
     .sources = "Meister, Pimentel, Wiher and Cotterell 2023, Locally Typical Sampling",
     .ask = "All words are equally likely. Which are kept for t = .5? | All: each is exactly as surprising as expected, and none comes before another.",
     .more = "The thought is that people spread what they say evenly: each word carries about the information that the listener expects. "
             "Values of .2 to .95 are in use."},
    {.id = "beam-search",
     .title = "Beam search",
     .names = "beams\nbeam decoding",
     .what = "Writes by keeping the b likeliest beginnings at every step, and at the end gives the best of the finished texts.",
     .picture = "Several scouts in a maze who call each other back: whoever stands worst gives up, and joins the one with the best prospect.",
     .formula = "B_t = the b best (y, w) with y in B_(t-1), by ln P(y, w)\nscore = ln P(y) / |y|^a",
     .symbols = "b: beams\nfirst: how often each word came at the beginning\nnext: a row for each of them: how often each word came "
                "after it\na: length penalty; here all texts are two words long",
     .inputs = "first = 6,4: counts\nnext = 5,5;9,1: counts, a row for each first word\nb = 2: beams",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> first = in.counts("first", 1, 1000, 1, 20);
           const auto rows = in.count_matrix("next");
           if (rows.size() != first.size()) in.refuse("next", str("a row for each of the {} first words", first.size()));
           const std::unique_ptr<Bigram> model = bigram_of(in, first, rows);
           const auto best = [&](int64_t beams) {
             const GenerationConfig config{.max_new_tokens = 2, .num_beams = beams, .length_penalty = 0};
             return search_beams(*model, std::vector<int64_t>{0}, config, {}, [&](const BeamStep& s) {
               for (const BeamStep::Beam& beam : s.beams)
                 if (beams > 1 && beam.log_probability > -1e9) out.step(str("held: word {}, P = {:.6g}", beam.text.back() - 1, std::exp(beam.log_probability)));
               return true;
             });
           };
           const std::vector<BeamText> found = best(in.integer("b", 1, 20));
           out.step(str("the best: word {}, then {}", found[0].tokens[0] - 1, found[0].tokens[1] - 1));
           out.answer("probability of what the beams find", std::exp(found[0].score));
           out.answer("of the greedy text", std::exp(best(1)[0].score));
         },
     .turn = "b = 1: a single beam is the greedy choice.",
     .commands = "grimoire generate runs/names --beams 4 -n 4\ngrimoire generate runs/names --beams 4 --explain",
     .code = "src/grimoire/generate/beams.h: search_beams",
     .mistake = "People say that more beams make better texts; in fact they make likelier ones: translations get worse beyond some ten, for the likeliest text "
                "of all is often too short, or empty.",
     .see = "greedy-decoding: one beam\nautoregressive: why step by step\nsampling: drawing instead",
     .sources = "Lowerre 1976, The Harpy Speech Recognition System\nSutskever, Vinyals and Le 2014, Sequence to Sequence Learning with Neural Networks, "
                "section 3.2\nStahlberg and Byrne 2019, On NMT Search Errors and Model Errors: Cat Got Your Tongue?\n"
                "Vijayakumar, Cogswell, Selvaraju, Sun, Lee, Crandall and Batra 2018, Diverse Beam Search",
     .ask = "Four beams, 50,000 words: among how many beginnings does a step choose? | 200,000, of which it keeps four.",
     .more = "Every word costs probability, so that plain ln P prefers short texts: it is divided by a power a of the length, a = 1 being the mean per word. "
             "The search ends when enough texts are finished, or when the best beam can no longer overtake the worst of them. Beams of one text resemble each "
             "other; groups of beams that lose probability for saying what another group says differ more. The kept keys and values follow their beams: "
             "where one parts into two, so do they."},
    {.id = "repetition-penalty",
     .title = "Repetition penalty",
     .names = "frequency penalty\npresence penalty",
     .what = "Makes words that the text already holds less likely, so that it does not turn in circles.",
     .picture = "A talk in which every repeated phrase costs a coin: one still repeats what matters, and no longer out of habit.",
     .formula = "x_w <- x_w / r if x_w > 0, else x_w r;   x_w <- x_w - n_w f - [n_w > 0] g",
     .symbols = "x_w: logit of word w\nn_w: how often it was written\nr: repetition penalty, 1 is none\nf, g: frequency and presence penalty, 0 is none",
     .inputs = "x = 2,1,-1: logits\nn = 3,0,1: times written\nr = 1: repetition penalty\nf = 0.5: frequency penalty\ng = 0.2: presence penalty",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<double> x = logits_of(in);
           const std::vector<double> n = in.numbers("n", 0, 1000, x.size(), x.size());
           std::vector<int64_t> text;
           for (size_t w = 0; w < n.size(); ++w) text.insert(text.end(), static_cast<size_t>(n[w]), static_cast<int64_t>(w));
           std::vector<float> logits(x.begin(), x.end());
           process(logits, {.text = text}, {.repetition_penalty = in.number("r", 0.01, 100), .frequency_penalty = in.number("f", -2, 2),
                                            .presence_penalty = in.number("g", -2, 2)});
           x.assign(logits.begin(), logits.end());
           out.step("before: " + list_of(shaped(logits_of(in), {})));
           out.answers("x", x);
           out.answers("p", shaped(x, {}));
         },
     .turn = "r = 2, f = 0, g = 0: the first logit is halved, the last doubled: both become less likely.",
     .commands = "grimoire generate smollm2 --prompt \"I say\" --repetition-penalty 1.2",
     .code = "src/grimoire/generate/shaping.cpp: process",
     .mistake = "People say that it only removes loops; in fact it also punishes commas, names and every word that a text needs twice.",
     .see = "greedy-decoding: where loops come from\ntemperature: shaping without memory",
     .sources = "Keskar, McCann, Varshney, Xiong and Socher 2019, CTRL: A Conditional Transformer Language Model, section 4.1",
     .ask = "A logit of -2, r = 1.5: what becomes of it? | -3: dividing would have made the word likelier.",
     .more = "The first form looks at the prompt too, the two others, of OpenAI's API, only at what was written. None knows meaning."},
    {.id = "prompt-lookup",
     .title = "Prompt lookup",
     .names = "n-gram speculation\nspeculative decoding",
     .what = "Guesses the next words from what the text said before and has the model check all of them in one pass: the text is the same, sooner.",
     .picture = "A secretary who finishes your sentence from the last letter: if right, you nod; if not, you say the word yourself.",
     .formula = "expected words a pass = 1 + a + a^2 + ... + a^k",
     .symbols = "k: words guessed ahead\na: probability that a guess is right",
     .inputs = "a = 0.6: chance of a guess\nk = 4: guessed ahead",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double a = in.number("a", 0, 1);
           const int64_t k = in.integer("k", 0, 1000);
           double words = 0, all = 1;
           for (int64_t i = 0; i <= k; ++i, all *= a) words += all;
           out.step("the model's own word, then guess i if all up to it were right: a^i");
           out.answer("words a pass", words);
           out.answer("places read for a word", static_cast<double>(k + 1) / words);
         },
     .turn = "a = 0: every pass gives one word, as without guesses, and reads five places for it.",
     .commands = "grimoire generate smollm2 --prompt \"one two one two\" --lookup 8",
     .code = "src/grimoire/generate/writer.cpp: looked_up",
     .mistake = "People say that guesses change the text; in fact each is kept only if it is the very word that the model would have written.",
     .see = "kept-keys: what wrong guesses are cut from\ngreedy-decoding: the text it keeps",
     .sources = "Leviathan, Kalman and Matias 2023, Fast Inference from Transformers via Speculative Decoding\nSaxena 2023, Prompt Lookup Decoding",
     .ask = "All guesses are right, k = 3. How many words does a pass give? | Four.",
     .more = "It pays because a pass is bound by reading the weights: five places cost little more than one. Summaries and code repeat their input most."},
    {.id = "contrastive-search",
     .title = "Contrastive search",
     .names = "degeneration penalty",
     .what = "Of the k likeliest words it takes one that is likely and whose state in the model is unlike those of the words before.",
     .picture = "Casting the next player: good, but not the double of one already on stage.",
     .formula = "argmax over the k likeliest v: (1 - a) p_v - a s_v",
     .symbols = "p_v: probability of v\ns_v: its largest cosine with a word before\na: weight of the penalty, from 0 to 1",
     .inputs = "p = 0.5,0.3,0.1: probabilities\ns = 0.95,0.4,0.3: largest cosines\na = 0.6: weight",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> p = in.numbers("p", 0, 1, 1, 100), s = in.numbers("s", -1, 1, p.size(), p.size());
           const double a = in.number("a", 0, 1);
           std::vector<double> score;
           for (size_t i = 0; i < p.size(); ++i) score.push_back(contrast(p[i], s[i], a));
           out.answers("score", score);
           out.answer("taken", static_cast<double>(std::ranges::max_element(score) - score.begin()));
         },
     .turn = "a = 0: the likeliest word, as in greedy decoding.",
     .commands = "grimoire generate smollm2 --prompt \"DeepMind is\" --contrastive 0.6 --top-k 6",
     .code = "src/grimoire/generate/contrastive.h: contrast",
     .mistake = "People say that variety needs chance; in fact nothing is drawn here, and the same prompt gives the same text.",
     .see = "greedy-decoding: a = 0\ntop-k: the candidates\nrepetition-penalty: counts words instead",
     .sources = "Su, Lan, Wang, Yogatama, Kong and Collier 2022, A Contrastive Framework for Neural Text Generation",
     .ask = "Two words have p = .4 and .3, s = .9 and .9. Which is taken? | The likelier one: equal penalties cancel.",
     .more = "Each candidate has to be read before its state is known, so a step costs k rows. It wants a model whose states differ from word "
             "to word; where all point the same way the penalty is a constant."},
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
     .see = "argmax: one step of it\nbeam-search: several beginnings at a time\ngreedy: the same trap in trees\nautoregressive: why step by step",
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
