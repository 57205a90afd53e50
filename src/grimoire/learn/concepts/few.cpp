// Few examples: recognising what was hardly ever seen, by comparing.
#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/classic/distance.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/stats/summary.h"

namespace grim::learn {
namespace {

double cosine(const std::vector<double>& a, const std::vector<double>& b) {
  return 1 - Metric{.kind = Metric::Kind::cosine}(a.data(), b.data(), static_cast<int64_t>(a.size()));
}

// A vector of the same length as `like`, not all 0.
std::vector<double> direction(const Inputs& in, std::string_view name, size_t like = 0) {
  std::vector<double> v = in.numbers(name, -1e6, 1e6, 1, 1000);
  if (like && v.size() != like) in.refuse(name, str("{} numbers, as many as the first vector has", like));
  if (std::ranges::all_of(v, [](double x) { return x == 0; })) in.refuse(name, "a vector that is not all 0");
  return v;
}

double length_of(const std::vector<double>& v) {
  double sum = 0;
  for (double x : v) sum += x * x;
  return std::sqrt(sum);
}

std::string dot_of(const std::vector<double>& a, const std::vector<double>& b) {
  std::string text;
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (i < 4) text += str("{}{:.6g} x {:.6g}", i ? " + " : "", a[i], b[i]);
    sum += a[i] * b[i];
  }
  return text + (a.size() > 4 ? " + ..." : "") + str(" = {:.6g}", sum);
}

const Concept kConcepts[] = {
    {.id = "few-shot",
     .title = "Few-shot learning",
     .names = "N-way K-shot",
     .what = "Recognising new classes from a handful of examples each, by comparing with them in a space that was learned on other classes.",
     .picture = "Shown one okapi, a child knows the next one: not from that picture alone, but because it has learned from all other animals what to "
                "look at.",
     .formula = "class of x = argmin_c |f(x) - mean of f over the examples of c|",
     .symbols = "N: new classes (ways)\nK: examples of each (shots)\nf: the learned embedding, here one number",
     .inputs = "shots = -1,1;3,5: f of the examples, classes between semicolons\nx = 1.5: f of the case in question",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto shots = in.matrix("shots");
           const double x = in.number("x", -1e9, 1e9);
           size_t best = 0;
           std::vector<double> distance;
           for (size_t c = 0; c < shots.size(); ++c) {
             if (std::ranges::any_of(shots[c], [](double v) { return std::abs(v) > 1e9; })) in.refuse("shots", "numbers from -1e9 to 1e9");
             const double centre = stats::mean(shots[c]);
             distance.push_back(std::abs(x - centre));
             if (distance[c] < distance[best]) best = c;
             if (c < 4) out.step(str("class {}: mean {:.6g}, distance {:.6g}", c, centre, distance[c]));
           }
           out.answer("class", static_cast<double>(best));
           out.answer("distance", distance[best]);
         },
     .turn = "x = 2.5: nearer to the other mean, so class 1.",
     .commands = "later: grimoire fewshot train --data IMAGES --out DIR\nlater: grimoire fewshot eval DIR --way 5 --shot 1",
     .mistake = "People say that it learns from five pictures; in fact it learned to compare from many thousands. Five are enough for the new class only.",
     .see = "siamese: comparing pairs\nzero-shot: no example at all\nknn: the same vote without learned f",
     .sources = "Snell, Swersky and Zemel 2017, Prototypical Networks for Few-shot Learning\n"
                "Lake, Salakhutdinov and Tenenbaum 2015, Human-Level Concept Learning through Probabilistic Program Induction",
     .ask = "5-way 2-shot: how many labelled examples of the new classes are there? | 10.",
     .more = "Training imitates the test: each step draws N classes with K examples and some queries (an episode), and lowers the cross-entropy of a "
             "softmax over negative distances. In language models the word has a second meaning: a few worked examples stand in the prompt and no weight "
             "changes (Brown et al. 2020). Scores are means over many episodes and need an interval; N-way accuracy falls with N, so N belongs beside it."},
    {.id = "zero-shot",
     .title = "Zero-shot learning",
     .names = "no example",
     .what = "Recognising a class of which no example was ever seen, from a description of it.",
     .picture = "\"A zebra is a striped horse\": enough to know one when it comes. It breaks for what the description leaves out.",
     .formula = "class of q = argmax_c cos(q, description of c)",
     .symbols = "q: the case, as a vector in the space of descriptions\ncat, dog: descriptions as vectors",
     .inputs = "q = 1,2: the case\ncat = 1,1: one description\ndog = 1,0: another one",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> q = direction(in, "q"), cat = direction(in, "cat", q.size()), dog = direction(in, "dog", q.size());
           const double c = cosine(q, cat), d = cosine(q, dog);
           out.step(str("q . cat: {}, over {:.6g} x {:.6g}", dot_of(q, cat), length_of(q), length_of(cat)));
           out.step(str("q . dog: {}, over {:.6g} x {:.6g}", dot_of(q, dog), length_of(q), length_of(dog)));
           out.answer("cos to cat", c);
           out.answer("cos to dog", d);
           out.answer("class", c >= d ? "cat" : "dog");
           out.show(Bars{"", {"cat", "dog"}, {c, d}});
         },
     .turn = "q = 2,.5: it leans the other way, and is a dog.",
     .commands = "later: grimoire fewshot eval DIR --shot 0 --names classes.txt",
     .code = "src/grimoire/classic/distance.cpp: Metric",
     .mistake = "People say that nothing was learned beforehand; in fact cases and descriptions must have been brought into one space, on other classes.",
     .see = "few-shot: with examples\nsimilarity: the measure\nmulti-task-prompt: a task from its description\nrag: finding texts in the same way",
     .sources = "Palatucci, Pomerleau, Hinton and Mitchell 2009, Zero-Shot Learning with Semantic Output Codes\n"
                "Radford et al. 2021, Learning Transferable Visual Models from Natural Language Supervision",
     .ask = "What takes the place of examples in zero-shot learning? | A description of the class.",
     .more = "The shared space may be made of attributes (striped, four legs), of word vectors, or of two encoders trained so that a picture and its "
             "caption come near each other (CLIP). For language models it means a prompt that only states the task (GPT-2, GPT-3). Published scores "
             "deserve one question: did the training text of a large model perhaps hold the very classes, or even the test?"},
    {.id = "siamese",
     .title = "Siamese network",
     .names = "siamese net\ncontrastive loss",
     .what = "One network used twice: it turns both things into vectors, and their distance says whether they are the same.",
     .picture = "Twins who describe two faces in the same words, so that only the descriptions need comparing.",
     .formula = "same: d^2;   different: max(0, margin - d)^2",
     .symbols = "d: distance of f(a) and f(b), from 0 up; both by one f\nmargin: how far different things should be apart",
     .inputs = "d = 0.6: distance of the two vectors\nmargin = 1: wanted between different things\nsame = no: are they the same, yes or no",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double d = in.number("d", 0, 1e6), margin = in.number("margin", 0, 1e6);
           const std::string& same = in.text("same");
           if (same != "yes" && same != "no") in.refuse("same", "yes or no");
           const double lacking = std::max(0.0, margin - d), loss = same == "yes" ? d * d : lacking * lacking;
           out.step(str("as the same: {:.6g}^2 = {:.6g}", d, d * d));
           out.step(str("as different: max(0, {:.6g} - {:.6g})^2 = {:.6g}", margin, d, lacking * lacking));
           if (same == "yes") out.step(str("they are the same: pulled together"));
           else out.step(lacking > 0 ? str("they differ: pushed apart") : str("they differ, and are far enough apart"));
           out.answer("loss", loss);
         },
     .turn = "d = 1.2: different and far enough, no loss, no slope.",
     .commands = "later: grimoire image same A.png B.png\nlater: grimoire fewshot train --data IMAGES --out DIR",
     .mistake = "People say that it needs no example of a new class; in fact it needs one to compare with. With none it is zero-shot and wants a "
                "description.",
     .see = "similarity: comparing by angle\nfew-shot: new classes by it\ndistance: kinds of d",
     .sources = "Bromley, Guyon, LeCun, Sackinger and Shah 1993, Signature Verification Using a Siamese Time Delay Neural Network\n"
                "Hadsell, Chopra and LeCun 2006, Dimensionality Reduction by Learning an Invariant Mapping",
     .ask = "Different things, d = .3, margin 1: what is the loss? | .7^2 = .49.",
     .more = "Sharing the weights makes the comparison symmetric and halves what must be learned. Without the second term f could map everything to one "
             "point and be content; the margin keeps it from pushing for ever. Most random pairs soon cost nothing, so pairs that are hard are looked "
             "for (mining). The triplet loss compares distances to a same and to a different thing directly (Schroff et al. 2015)."},
    {.id = "similarity",
     .title = "Learned similarity",
     .names = "cosine similarity",
     .what = "How alike two things are, as the angle between their vectors; learning moves the vectors so that the angle means what we want it to.",
     .picture = "Two compass needles: what counts is whether they point the same way, not how long they are. It breaks when length carries meaning too.",
     .formula = "cos(f(a), f(b)) = f(a) . f(b) / (|f(a)| |f(b)|)",
     .symbols = "f: the learned embedding\ncos: from -1 (opposite) over 0 (at right angles) to 1 (same direction)",
     .inputs = "a = 1,2: f of one thing\nb = 2,1: f of the other",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> a = direction(in, "a"), b = direction(in, "b", a.size());
           out.step(str("a . b: {}", dot_of(a, b)));
           out.step(str("|a| |b| = {:.6g} x {:.6g} = {:.6g}", length_of(a), length_of(b), length_of(a) * length_of(b)));
           out.answer("similarity", cosine(a, b));
           out.answer("angle in degrees", std::acos(std::clamp(cosine(a, b), -1.0, 1.0)) * 180 / 3.14159265358979323846);
         },
     .turn = "b = 20,10: ten times as long, the same similarity.",
     .commands = "grimoire validate --model knn --data d.csv --target y --param metric=cosine",
     .code = "src/grimoire/classic/distance.cpp: Metric",
     .mistake = "People say that a cosine of .8 means 80 % alike; in fact its scale depends on the embedding. In some, two random texts already have .7.",
     .see = "siamese: how it is learned\ndistance: other measures\nzero-shot: what it is used for\ncontextual-embedding: vectors of words",
     .sources = "Manning, Raghavan and Schutze 2008, Introduction to Information Retrieval, section 6.3\n"
                "Ethayarajh 2019, How Contextual Are Contextualized Word Representations?",
     .ask = "What is the cosine of (1, 0) and (0, 3)? | 0: they are at right angles.",
     .more = "For vectors of length 1 it ranks pairs as Euclidean distance does: |a - b|^2 = 2 - 2 cos. It ignores length, which in word vectors goes with "
             "frequency and in images with contrast. Embeddings of trained language models often fill only a narrow cone (Ethayarajh 2019), so cosines "
             "are compared with those of random pairs, or the mean is taken off first. Whether a similarity is any good is measured by a task: "
             "retrieval, verification, agreement with people."},
};

}  // namespace

const Family kFew = {"few", "Few examples", kConcepts};

}  // namespace grim::learn
