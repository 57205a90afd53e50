// Alignment: making a system do what is wanted. Where the field argues, entries say so and take no side.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/op/softmax.h"
#include "grimoire/stats/information.h"

namespace grim::learn {
namespace {

std::vector<double> softmax_of(const std::vector<double>& z) { return softmax(Tensor::from(z, {static_cast<int64_t>(z.size())}), 0).to_vector<double>(); }

// The policy that maximises reward - b KL(policy, p0): p0 e^(r / b), made to sum to 1.
std::vector<double> best_policy(const Inputs& in, Worked& out) {
  const auto p0 = in.probabilities("p0"), r = in.numbers("r", -1e6, 1e6, p0.size(), p0.size());
  const double b = in.number("b", 1e-6, 1e6);
  std::vector<double> z;
  for (size_t i = 0; i < p0.size(); ++i) {
    z.push_back(p0[i] > 0 ? std::log(p0[i]) + r[i] / b : -INFINITY);
    if (i < 3) out.step(str("{:.6g} x e^({:.6g} / {:.6g}) = {:.6g}", p0[i], r[i], b, p0[i] * std::exp(r[i] / b)));
  }
  return softmax_of(z);
}

std::string listed(const std::vector<std::string>& words) {
  return words.empty() ? "nothing" : joined(words, " ");
}

const Concept kConcepts[] = {
    {.id = "rlhf",
     .title = "RL from human feedback",
     .names = "reinforcement learning",
     .what = "Training a model towards answers that people prefer, on a leash that keeps it from straying far from how it wrote before.",
     .picture = "A cook who learns from guests' choices between two plates. Without the leash he would soon serve whatever wins the vote, sugar for instance.",
     .formula = "maximise E r - b KL(p, p0);   the best p is p0 e^(r/b) / Z",
     .symbols = "p0: the model before, after supervised training\nr: reward of an answer\nb: strength of the leash, above 0\nZ: makes the sum 1",
     .inputs = "p0 = 0.5,0.5: the model before\nr = 1,0: reward of each answer\nb = 1: the leash",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto p = best_policy(in, out);
           out.answers("p", p);
           if (p.size() <= 5) {
             Bars bars{"after", {}, p};
             for (size_t i = 0; i < p.size(); ++i) bars.labels.push_back(str("{}", i));
             out.show(std::move(bars));
           }
         },
     .turn = "b=0.1: the better answer takes all. b=100: next to nothing moves.",
     .commands = "later: grimoire align ppo models/smollm2 --data prompts.jsonl --out runs/ppo",
     .code = "src/grimoire/op/softmax.cpp: softmax",
     .mistake = "People say that people score the answers while the model trains; in fact they mostly compare pairs beforehand, a reward model learns from "
                "that, "
                "and it scores.",
     .see = "reward-model: where r comes from\nkl: the leash\nmode-narrowing: the price\nalignment: the wider aim",
     .sources = "Christiano et al. 2017, Deep Reinforcement Learning from Human Preferences\n"
                "Ouyang et al. 2022, Training Language Models to Follow Instructions with Human Feedback, section 3\n"
                "Rafailov et al. 2023, Direct Preference Optimization, section 4: the closed form",
     .ask = "What happens to the model as b grows without bound? | It stays p0.",
     .more = "Three steps: supervised training on demonstrations, a reward model from comparisons, then reinforcement learning (PPO in the paper) with the "
             "KL penalty. That the closed form is the best follows by "
             "rewriting the aim as -b KL(p, p*) + b ln Z, which is largest at p = p*. DPO turns the same formula round: the reward is b ln(p/p0) up to a "
             "constant, so p "
             "can be fitted to the comparisons without a reward model."},
    {.id = "reward-model",
     .title = "Reward model",
     .names = "preference model",
     .what = "Turning people's choices between two answers into one number for any answer, so that a machine can be trained on it.",
     .picture = "Chess ratings: only games between pairs are seen, and still each player gets a number. It rates what wins the judges over, true or not.",
     .formula = "P(a beats b) = sigmoid(r_a - r_b);   loss = -ln P(the one that was chosen)",
     .symbols = "r_a, r_b: scores of the two answers; only their difference counts\nsigmoid(x): 1 / (1 + e^-x)",
     .inputs = "a = 3: score of the chosen answer\nb = 1: score of the other",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double a = in.number("a", -300, 300), b = in.number("b", -300, 300);
           const double p = softmax_of({a, b})[0];
           out.step(str("difference {:.6g}: 1 / (1 + e^{:.6g}) = {:.8g}", a - b, b - a, p));
           out.step(str("slope of the loss in a: {:.6g}", p - 1));
           out.answer("P(a beats b)", p);
           out.answer("loss", stats::surprise(p));
         },
     .turn = "add 10 to both: nothing changes. Swap them: the loss becomes 2.127.",
     .commands = "later: grimoire align reward models/smollm2 --data pairs.jsonl --out runs/reward",
     .code = "src/grimoire/op/softmax.cpp: softmax\nsrc/grimoire/stats/information.cpp: surprise",
     .mistake = "People say that it knows which answers are good; in fact it knows which ones labellers preferred, longer ones for instance, and only near "
                "what they saw.",
     .see = "logit: the same curve\nrlhf: who uses it\nutility: a number for how good something is",
     .sources = "Bradley and Terry 1952, Rank Analysis of Incomplete Block Designs\n"
                "Stiennon et al. 2020, Learning to Summarize from Human Feedback\n"
                "Gao, Schulman and Hilton 2023, Scaling Laws for Reward Model Overoptimization",
     .ask = "Two answers have equal scores. What is P(a beats b), and what is the loss? | .5 and ln 2 = .693.",
     .more = "It is logistic regression on differences. Optimised hard, the true quality first rises with the learned reward and then falls, and the fall "
             "comes later with a larger "
             "reward model and more data (Gao et al.): the measure stops being good once it is the target. If labellers disagree the model can only learn "
             "the mixture."},
    {.id = "mode-narrowing",
     .title = "Narrowed answers",
     .names = "less diversity after RL",
     .what = "Seeing how much variety a model loses when it is trained towards a reward: it says the same few things more often.",
     .picture = "A comedian who learns which jokes work tells fewer and fewer of them. For a calculator that would be no loss.",
     .formula = "H(p*) = -sum p* ln p*,   p* = p0 e^(r/b) / Z",
     .symbols = "p0: the model before\np*: the best one after, for reward r and leash b\nH: entropy in nats",
     .inputs = "p0 = 0.5,0.5: the model before\nr = 1,0: reward of each answer\nb = 1: the leash",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto p = best_policy(in, out);
           const double before = stats::entropy(in.probabilities("p0")), after = stats::entropy(p);
           out.step(str("as many equally likely answers as that: {:.6g}, then {:.6g}", std::exp(before), std::exp(after)));
           out.answer("entropy before, nats", before);
           out.answer("entropy after, nats", after);
         },
     .turn = "b=0.2: the entropy all but vanishes. r=1,1: a reward that is the same for all takes nothing away.",
     .commands = "grimoire stats entropy --x .731,.269\nlater: grimoire align ppo models/smollm2 --data prompts.jsonl --out runs/ppo",
     .code = "src/grimoire/stats/information.cpp: entropy",
     .mistake = "People say that reinforcement learning always makes a model repeat itself; in fact it narrows where rewards differ, and how far is set by "
                "the leash.",
     .see = "entropy: the measure\nrlhf: the cause\nsampling: temperature brings some back",
     .sources = "Kirk et al. 2024, Understanding the Effects of RLHF on LLM Generalisation and Diversity\n"
                "Korbak, Perez and Buckley 2022, RL with KL Penalties is Better Viewed as Bayesian Inference",
     .ask = "From (.5, .5) to (1, 0): how much entropy is lost? | All of it: ln 2 = .693 nats.",
     .more = "Kirk et al. measured less diverse outputs after RLHF than after supervised training, along with better generalisation to new inputs. Without "
             "the KL term the optimum puts everything on the "
             "best answer; with it the optimum is a Bayesian update of p0 with evidence e^(r/b) (Korbak et al.)."},
    {.id = "alignment",
     .title = "Alignment",
     .names = "nice AI\nvalue alignment",
     .what = "Making a system pursue what people want of it, and not only what was written down as its goal.",
     .picture = "King Midas got what he asked for. Evolution is quoted as another case: its trainer's goal was offspring, and people with contraceptives "
                "kept the drives and dropped the goal. "
                "The likeness breaks, as evolution wanted nothing.",
     .formula = "regret = wish(best for wish) - wish(best for proxy)",
     .symbols = "proxy: what is measured and optimised, here x itself\nwish: what is wanted, here -|x - place|\nx: choices 0, 1, ... up to most",
     .inputs = "most = 9: choices go up to it\nplace = 4: where the wish is fulfilled",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t most = in.integer("most", 1, 100000), place = in.integer("place", 0, 100000);
           const auto wish = [&](int64_t x) { return 0 - std::abs(static_cast<double>(x - place)); };
           int64_t by_proxy = 0, by_wish = 0;
           for (int64_t x = 0; x <= most; ++x) {
             if (x > by_proxy) by_proxy = x;
             if (wish(x) > wish(by_wish)) by_wish = x;
           }
           out.step(str("the proxy says: the more the better; the wish says: {}", place));
           out.step(str("wish({}) = {:.6g}, wish({}) = {:.6g}", by_wish, wish(by_wish), by_proxy, wish(by_proxy)));
           out.answer("the proxy picks", static_cast<double>(by_proxy));
           out.answer("the wish picks", static_cast<double>(by_wish));
           out.answer("regret", wish(by_wish) - wish(by_proxy));
         },
     .turn = "most=4: no conflict. The stronger the optimiser, the further the two come apart.",
     .commands = "later: grimoire align check models/smollm2 --data prompts.jsonl",
     .mistake = "People say that an aligned system is one that obeys; in fact a stated goal, obeyed to the letter, is what the trouble starts from.",
     .see = "do-what-i-mean: letter and intent\nutility: goals as numbers\nrlhf: one method\ngenetic-fitness: the comparison with evolution",
     .sources = "Amodei et al. 2016, Concrete Problems in AI Safety\nRussell 2019, Human Compatible (opinion)\n"
                "Ngo, Chan and Mindermann 2024, The Alignment Problem from a Deep Learning Perspective (opinion)",
     .ask = "The proxy picks 9, whose wish value is -5; the best has 0. What is the regret? | 5.",
     .more = "How hard the problem is, is an open question. Some hold that systems much abler than people could not be corrected, and that the matter is "
             "urgent (Bostrom 2014; Russell 2019). Others hold "
             "that the harms of today's systems come first (Gebru, Bender and others 2023, on the pause letter), or that such scenarios rest on doubtful "
             "premises (Mitchell 2019). Whose "
             "wishes count is a question of politics, not of mathematics."},
    {.id = "do-what-i-mean",
     .title = "Do what I mean",
     .names = "intent\nnot letter",
     .what = "Acting on what a person intends and not on the letter of the request, which always leaves something out.",
     .picture = "A servant told to clear the desk who throws away the half-written letter. A good one asks, and asking all day is no help either.",
     .formula = "act = argmax E[intended value given the words and the situation]",
     .symbols = "words: what was said\nsituation: what anyone would take into account",
     .inputs = "files = 1.tmp 2.tmp notes: in the folder\nopen = 2.tmp: in use right now",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto files = in.words("files"), open = in.words("open", 0);
           std::vector<std::string> stated, meant;
           for (const std::string& f : files) {
             if (!f.ends_with(".tmp")) continue;
             stated.push_back(f);
             if (std::ranges::find(open, f) == open.end()) meant.push_back(f);
           }
           if (listed(stated).size() > 60) in.refuse("files", "fewer or shorter names");
           out.step(str("said: \"delete *.tmp\""));
           out.step(str("left out, since it went without saying: \"but not what is in use\""));
           out.answer("to the letter, deleted", listed(stated));
           out.answer("as meant, deleted", listed(meant));
         },
     .turn = "open=1.tmp 2.tmp: as meant, nothing is deleted, and a word to the user would be in place.",
     .commands = "later: grimoire align check models/smollm2 --data prompts.jsonl",
     .mistake = "People say that a more exact order solves it; in fact no list of exceptions is complete: what is missing has to come from knowing what "
                "people care about.",
     .see = "alignment: the general case\nutility: intent as a number\npaperclip: the letter in the extreme",
     .sources = "Krakovna et al. 2020, Specification Gaming: the Flip Side of AI Ingenuity (a collection of cases)\n"
                "Hadfield-Menell et al. 2016, Cooperative Inverse Reinforcement Learning\n"
                "Teitelman 1972, Do What I Mean: the Programmer's Assistant",
     .ask = "\"Delete *.tmp\" with one of two such files open: how many go, to the letter and as meant? | Two and one.",
     .more = "One formal version: the machine does not know the person's utility, and learns it from what the person does; it then has a reason to ask and "
             "to let itself be stopped. "
             "Guessing intent has a risk of its own, since a wrong guess overrides what was said."},
    {.id = "utility",
     .title = "Utility",
     .names = "utility function",
     .what = "One number for how much an outcome is wanted, so that uncertain choices can be compared by their average.",
     .picture = "The price you would put on each prize of a lottery. Real people do not stick to such prices: they shy at losses and love certainty.",
     .formula = "E U = sum_i p_i u_i;   choose the largest",
     .symbols = "p_i: probability of outcome i; together 1\nu_i: utility of outcome i; scale and zero are free",
     .inputs = "p = 0.5,0.5: the gamble's probabilities\nu = 10,0: utilities of its outcomes\nsure = 4: utility of the sure thing",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto p = in.probabilities("p"), u = in.numbers("u", -1e100, 1e100, p.size(), p.size());
           const double sure = in.number("sure", -1e100, 1e100), expected = std::inner_product(p.begin(), p.end(), u.begin(), 0.0);
           for (size_t i = 0; i < p.size() && i < 4; ++i) out.step(str("{:.6g} x {:.6g} = {:.6g}", p[i], u[i], p[i] * u[i]));
           out.answer("E U of the gamble", expected);
           out.answer("choice", expected > sure ? "the gamble" : expected < sure ? "the sure thing" : "either");
         },
     .turn = "sure=6: now the sure thing wins. Add 100 to all three utilities: no choice changes.",
     .mistake = "People say that utility is money; in fact for most people the second million is worth less than the first: utility is a curve over money, "
                "and it bends.",
     .see = "risk: the same with a loss\nalignment: whose utility\npaperclip: one that leaves things out\nbasilisk: tiny probabilities",
     .sources = "von Neumann and Morgenstern 1944, Theory of Games and Economic Behavior, section 3\nKahneman and Tversky 1979, Prospect Theory",
     .ask = "A gamble gives 8 with probability .25 and else 0; the sure thing is worth 3. Which one has more expected utility? | The sure thing: 2 against 3.",
     .more = "Whoever prefers consistently (completely, transitively, with continuity and independence) acts as if maximising some expected utility: that "
             "is von Neumann and Morgenstern's theorem. Whether people should, "
             "and whether a machine has to be built so, is disputed; that people often do not is well documented."},
    {.id = "paperclip",
     .title = "Paperclip maximiser",
     .what = "A thought experiment about a goal that leaves out everything else: a very able machine told only to make paperclips.",
     .picture = "A factory with one dial on the wall and orders to turn it up. A real firm has laws, bills and neighbours; that they are missing here is "
                "the point of the story.",
     .formula = "max c:  all to clips;    max c + k ln(units - c):  rest = k",
     .symbols = "units: of material\nc: made into clips\nk: how much the rest is cared for",
     .inputs = "units = 10: of material\nk = 2: care for the rest",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double units = in.number("units", 1e-6, 1e12), k = in.number("k", 0, 1e12);
           const double rest = std::min(k, units);  // slope 1 - k / rest = 0
           out.step(str("only clips: every unit adds 1, so all {:.8g} go", units));
           out.step(str("with {:.6g} ln(rest): stop where a clip's 1 = {:.6g} / rest", k, k));
           out.answer("clips, nothing else counted", units);
           out.answer("clips, with care for the rest", units - rest);
           out.answer("rest", rest);
         },
     .turn = "k=0.001: a term that is there, however small, still keeps a little; a term that is missing keeps nothing.",
     .mistake = "People say that it predicts what machines will do; in fact it is a thought experiment: it shows that a goal can be harmless in itself and "
                "its pursuit without limit not.",
     .see = "utility: the goal as a number\ndo-what-i-mean: what was left out\nl2: a penalty term at work",
     .sources = "Bostrom 2003, Ethical Issues in Advanced Artificial Intelligence (thought experiment)\nBostrom 2014, Superintelligence, chapter 8 (opinion)",
     .ask = "20 units, utility c + 5 ln(rest): how many clips are made? | 15: the rest is 5.",
     .more = "The argument has two parts: almost any goal is served by more resources and by not being switched off (Omohundro 2008; Turner et al. 2021 "
             "prove a version for some "
             "decision problems), and how able a system is says nothing about what it wants. Critics answer that nobody builds such a single-minded "
             "maximiser, and that ability and understanding may "
             "come together. The question is open."},
    {.id = "basilisk",
     .title = "Roko's basilisk",
     .what = "A thought experiment that tries to frighten with arithmetic: a tiny chance times an endless punishment. Here it serves as an exercise in "
             "expected values.",
     .picture = "A stranger demands your purse and promises a reward of any size tomorrow. If you name your doubt, he raises the promise.",
     .formula = "expected loss = p x loss",
     .symbols = "p: probability of the story\nloss: what the story threatens",
     .inputs = "p = 1e-12: probability of the story\nloss = 1e12: what it threatens",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double p = in.probability("p"), loss = in.number("loss", 0, 1e290);
           out.step(str("{:.4g} x {:.4g} = {:.6g}", p, loss, p * loss));
           out.step(str("with the opposite story just as likely: {:.4g} x ({:.4g} - {:.4g}) = 0", p, loss, loss));
           out.answer("expected loss", p * loss);
         },
     .turn = "loss=1e15: the teller raises the stake at no cost, and the product with it, though no evidence was added.",
     .mistake = "People say that a large enough stake settles the matter; in fact the product is only as good as p: give the opposite story the same p, and "
                "the two cancel.",
     .see = "utility: the rule that is strained\nbayes: where a probability should come from",
     .sources = "Roko 2010, a post on the forum LessWrong (thought experiment)\nBostrom 2009, Pascal's Mugging (Analysis 69)",
     .ask = "p is a billionth and the stake is raised from 10^9 to 10^12. What becomes of the expected loss? | It goes from 1 to 1,000, without any new "
            "evidence.",
     .more = "The story: a future machine might punish those who knew of it and did not help to build it. Replies: threats that nobody can check bind "
             "nobody; once the machine exists, punishing gains it nothing; "
             "and among possible machines some would punish the helpers. Bounded utilities, or prior probabilities that fall faster than "
             "stakes rise, keep such sums finite; which repair is right is disputed."},
    {.id = "genetic-fitness",
     .title = "Inclusive fitness",
     .names = "inclusive genetic fitness\n\ncontraception",
     .what = "What natural selection adds up for a gene: help given to relatives counts, weighted by how closely related they are.",
     .picture = "Lending within a family whose purse is half shared: what your sister gains is half yours. Nobody keeps this account; it only describes "
                "which genes spread.",
     .formula = "a helping gene spreads if r b > c",
     .symbols = "r: relatedness, 1/2 for full siblings\nb: what the helped one gains, in offspring\nc: what it costs the helper",
     .inputs = "r = 0.5: relatedness\nb = 3: gain of the helped\nc = 1: cost of the helper",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double r = in.probability("r"), b = in.number("b", 0, 1e100), c = in.number("c", 0, 1e100);
           out.step(str("r b = {:.6g} x {:.6g} = {:.6g}, against c = {:.6g}", r, b, r * b, c));
           out.answer("r b", r * b);
           out.answer("the gene spreads", r * b > c ? "yes" : "no");
         },
     .turn = "r=0.125, a cousin: 3/8 is less than 1. \"Two brothers or eight cousins\" is the break-even.",
     .mistake = "People say that contraception proves that trained systems turn against their trainer; in fact it is an analogy: evolution has no wish that "
                "could be betrayed.",
     .see = "alignment: what the analogy is used for\nutility: adding up gains\nlearning-rate: evolution has no slope to follow",
     .sources = "Hamilton 1964, The Genetical Evolution of Social Behaviour\nHubinger et al. 2019, Risks from Learned Optimization (opinion): the analogy",
     .ask = "A half-sibling, r = .25, gains 5 offspring at a cost of 1. Does the gene for helping spread? | Yes: 1.25 > 1.",
     .more = "Those who use the analogy argue that optimising for one thing (offspring) produced minds that want others (sweetness, company), and that "
             "training may do the same. Those who reject it answer that a trainer "
             "looks inside, corrects each step and writes the data, which evolution does not. Hamilton's rule itself holds under assumptions on how "
             "gains add; how general it is has been disputed (Nowak, Tarnita and Wilson 2010, and the replies)."},
    {.id = "e-acc",
     .title = "Effective accelerationism",
     .names = "e/acc",
     .what = "A movement that wants technology, AI above all, to be developed faster and with few restraints. This entry states its claim and the replies, "
             "and takes no side.",
     .picture = "A town that argues about its river: let it run and build mills, or build dams first. What both sides fear is different, and so they talk "
                "past each other.",
     .formula = "holding is an equilibrium if  hold >= attack  against others who hold",
     .symbols = "hold: what a power gets by keeping the peace\nattack: what it gets by attacking those who keep it",
     .inputs = "hold = 3: against others who hold\nattack = 2: against others who hold",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double hold = in.number("hold", -1e100, 1e100), attack = in.number("attack", -1e100, 1e100);
           out.step(str("turning to attack alone changes {:.6g} to {:.6g}", hold, attack));
           out.step(str("a gain of {:.6g}: {}", attack - hold, attack > hold ? "somebody will" : "nobody has a reason to"));
           out.answer("holding is an equilibrium", hold >= attack ? "yes" : "no");
           out.answer("gain of attacking", attack - hold);
         },
     .turn = "attack=4, say because a first strike cannot be answered: the balance is gone.",
     .mistake = "People say that e/acc is a theory of many AIs that keep each other in check; in fact that is one strand: its core is the wish for faster "
                "progress.",
     .see = "alignment: the worry on the other side\nutility: what each side maximises",
     .sources = "Beff Jezos and bayeslord 2022, Notes on e/acc Principles and Tenets (opinion)\nAndreessen 2023, The Techno-Optimist Manifesto (opinion)\n"
                "Buterin 2023, My Techno-Optimism (opinion, between the sides)",
     .ask = "Hold pays 5 and attack pays 6 against others who hold. Is holding an equilibrium? | No: attacking gains 1.",
     .more = "For: progress has paid so far, delay costs lives too, and power spread over many is safer than power held by a few regulators. Against: some "
             "harms cannot be undone, a balance holds only "
             "while defence is as easy as attack, and a race leaves no time for care (Bostrom 2019, The Vulnerable World Hypothesis). Both are opinions "
             "about an uncertain future. The little game above "
             "only shows on what the balance hangs."},
    {.id = "agi",
     .title = "Artificial general intelligence",
     .what = "A name for a machine as able as people in nearly everything. There is no agreed measure of it, so nothing is computed here.",
     .picture = "\"Fit for anything\" said of an athlete: all understand it, and no two judges would set the same test.",
     .formula = "none that is agreed on",
     .symbols = "general: in as many tasks as a person, or more\nintelligence: skill, or the speed of gaining skill: the field differs",
     .turn = "ask of any claim that it is here, or near: by which test, against whom, and who ran it?",
     .mistake = "People say that passing one test would show it; in fact many tests that were named for it, from chess to "
                "examinations, were passed by systems that fail at other things.",
     .see = "turing-imitation: the oldest test\nmachine-learning: what there is\nalignment: why it is discussed",
     .sources = "Legg and Hutter 2007, Universal Intelligence: one definition\nChollet 2019, On the Measure of Intelligence: another\n"
                "Morris et al. 2024, Levels of AGI (opinion): a ladder",
     .ask = "Which measure of general intelligence in machines is agreed on? | None.",
     .more = "Legg and Hutter average performance over all computable worlds, simple ones weighing more; that cannot be computed. Chollet measures how "
             "little experience a system needs to gain a skill, and made puzzles for it. "
             "Morris et al. rank systems by depth and breadth against shares of skilled adults. When it will come, and whether the word "
             "is of use at all, is a matter of opinion; surveys of experts spread over many decades."},
};

}  // namespace

const Family kAln = {"aln", "Alignment", kConcepts};

}  // namespace grim::learn
