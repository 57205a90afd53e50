// Interpretability: what goes on inside a network, and how one knows.
#include <algorithm>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"

namespace grim::learn {
namespace {

double relu(double x) { return std::max(0.0, x); }

const Concept kConcepts[] = {
    {.id = "interpretability",
     .title = "Mechanistic interpretability",
     .names = "mechanistic interpretability",
     .what = "Finding out how a network comes to its answer by looking inside and by interfering: which parts cause it, and by what steps.",
     .picture = "A mechanic who pulls one plug at a time and listens to the engine. It breaks where another part takes over as soon as one is pulled.",
     .formula = "effect of a unit = output with it - output with it set to 0",
     .symbols = "w: weights of a tiny network y = sum_i w_i x_i\nx: activations of its units\nunit: the one that is taken out (ablated), from 0",
     .inputs = "w = 2,3: weights\nx = 1,1: activations\nunit = 1: the unit to take out",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> w = in.numbers("w", -1e6, 1e6, 1, 100), x = in.numbers("x", -1e6, 1e6, 1, 100);
           if (x.size() != w.size()) in.refuse("x", str("as many as w has: {}", w.size()));
           const int64_t unit = in.integer("unit", 0, static_cast<int64_t>(w.size()) - 1);
           double whole = 0, without = 0;
           std::string sum;
           for (size_t i = 0; i < w.size(); ++i) {
             whole += w[i] * x[i];
             if (static_cast<int64_t>(i) != unit) without += w[i] * x[i];
             if (i < 5) sum += str("{}{:.6g} x {:.6g}", i ? " + " : "", w[i], x[i]);
           }
           out.step(str("whole: {}{} = {:.6g}", sum, w.size() > 5 ? " + ..." : "", whole));
           out.step(str("unit {} set to 0: {:.6g}, so it caused {:.6g}", unit, without, whole - without));
           out.answer("output", whole);
           out.answer("output without the unit", without);
         },
     .turn = "unit = 0: the other part. Here the effects add up to the output; in a net with bends they need not.",
     .commands = "later: grimoire inspect ablate DIR --prompt \"The capital of France is\"",
     .mistake = "People say that each neuron stands for one thing; in fact features are mostly directions that many neurons share, and one neuron serves "
                "several.",
     .see = "probing: is it there at all?\ncircuits: how parts work together\nattention-sink: something that was found so",
     .sources = "Olah et al. 2020, Zoom In: An Introduction to Circuits\nElhage et al. 2022, Toy Models of Superposition\n"
                "Lipton 2018, The Mythos of Model Interpretability",
     .ask = "y = 4a - b at a = 1, b = 2: what does y become when b is ablated, and what was b's effect? | From 2 to 4; its effect was -2.",
     .more = "An explanation is tested by intervening: set an activation to zero, to its mean, or to its value on another input (patching), and compare "
             "the output with the prediction. Which replacement is fair is disputed: zero may be a value that never occurs. Backup parts can hide an "
             "effect (self-repair). How far whole models can be understood in this way is an open question: some hope for a full account, others point "
             "out that found explanations cover narrow behaviours and part of the loss. The short form MI also stands for mutual information."},
    {.id = "probing",
     .title = "Probing",
     .names = "neuron probe",
     .what = "Asking whether a piece of knowledge can be read off a network's activations, by training a small reader on them.",
     .picture = "Holding a letter against the light: you see what is in it, not whether anybody ever read it.",
     .formula = "selectivity = accuracy of the probe - accuracy of the control",
     .symbols = "probe: a linear reader of activations, scored on new cases\ncontrol: the same reader trained on labels dealt out at random",
     .inputs = "probe = 0.9: accuracy on the real labels\ncontrol = 0.5: accuracy on shuffled labels",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double probe = in.probability("probe"), control = in.probability("control");
           out.step(str("{:.6g} - {:.6g}", probe, control));
           if (probe - control < 0.05) out.step(str("little more than the reader could do by itself"));
           else out.step(str("the activations know something that the reader alone does not"));
           out.answer("selectivity", probe - control);
         },
     .turn = "control = .88: a reader so strong that it learns noise proves nothing.",
     .commands = "later: grimoire inspect probe DIR --data FILE",
     .mistake = "People say that a probe shows what the model uses; in fact it shows what is present. Use is shown only by removing it and seeing the "
                "answer change.",
     .see = "interpretability: cause by intervention\nfeature-extractor: the same for profit\nlayer-choice: where in the net it is best read",
     .sources = "Alain and Bengio 2016, Understanding Intermediate Layers Using Linear Classifier Probes\n"
                "Hewitt and Liang 2019, Designing and Interpreting Probes with Control Tasks",
     .ask = "A probe scores .95 and its control .93: what has been shown? | Next to nothing: selectivity is .02.",
     .more = "Linear readers are preferred, since a strong one could compute the answer itself rather than find it. Hewitt and Liang's control gives "
             "each word type a fixed random label, so that only memorising helps; fresh shuffled labels, as here, give chance on new cases. Features "
             "that are present but without influence do occur (Ravichander et al. 2021). A causal check removes the probe's direction and runs on."},
    {.id = "circuits",
     .title = "Circuits",
     .names = "features from features",
     .what = "How a network builds a later feature out of earlier ones: a small wiring diagram with weights that can be read.",
     .picture = "A door that opens if two keys are turned at once: you can see why from the lock. It breaks in large nets, where a thousand locks share "
                "the same bolts.",
     .formula = "later = relu(u a + v b + c)",
     .symbols = "a, b: earlier features, here 0 or 1\nu, v: weights\nc: bias",
     .inputs = "u = 1: weight of a\nv = 1: weight of b\nc = -1: bias",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double u = in.number("u", -1e6, 1e6), v = in.number("v", -1e6, 1e6), c = in.number("c", -1e6, 1e6);
           bool on[4];
           for (int i = 0; i < 4; ++i) {
             const double y = relu(u * (i / 2) + v * (i % 2) + c);
             out.answer(str("later({}, {})", i / 2, i % 2), y);
             on[i] = y > 0;
           }
           const char* names[] = {"never on", "AND", "a and not b", "a", "b and not a", "b", "either, not both", "OR"};
           const int code = on[1] * 4 + on[2] * 2 + on[3];
           out.step(str("the feature is on for {} of the 4 inputs", on[0] + on[1] + on[2] + on[3]));
           out.step(str("read as logic: {}", on[0] ? "on without a and b" : names[code]));
         },
     .turn = "c = 0: now it is on for either, an OR whose size counts them.",
     .commands = "later: grimoire inspect heads DIR\nlater: grimoire inspect patch DIR --prompts FILE",
     .mistake = "People say that a circuit that looks right is an explanation; in fact it must be tested: knock out everything else and see whether the "
                "behaviour stays.",
     .see = "interpretability: the programme\nprobing: finding the features\nmulti-head: heads are parts of circuits",
     .sources = "Olah et al. 2020, Zoom In: An Introduction to Circuits\n"
                "Wang et al. 2022, Interpretability in the Wild: a Circuit for Indirect Object Identification\n"
                "Elhage et al. 2021, A Mathematical Framework for Transformer Circuits\n"
                "Olsson et al. 2022, In-context Learning and Induction Heads",
     .ask = "relu(a + b - 1) with a = b = 1: which value? | 1; for every other input of 0s and 1s it is 0.",
     .more = "The best known circuit of language models is induction: one head notes which token came before each, a later head looks for the last place "
             "where the present token stood and copies what followed (Olsson et al. 2022). Tests ask for faithfulness (the circuit alone behaves as the "
             "model), completeness (nothing is left without it) and minimality. Most circuits described so far are of small models or narrow tasks; "
             "whether the method scales is open."},
};

}  // namespace

const Family kInt = {"int", "Interpretability", kConcepts};

}  // namespace grim::learn
