// Large language models: the decoders and encoder-decoders by size, experts, and what is done by prompt alone.
#include <cmath>
#include <numeric>

#include "grimoire/base/json.h"
#include "grimoire/base/str.h"
#include "grimoire/classic/distance.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/model/register.h"
#include "grimoire/nn/experts.h"
#include "grimoire/op/softmax.h"
#include "grimoire/op/sort.h"
#include "grimoire/stats/distribution.h"

namespace grim::learn {
namespace {

struct Sizes {
  int64_t L, C, V, T;
};
Sizes sizes_of(const Inputs& in) {
  return {in.integer("L", 1, 1000), in.integer("C", 1, 100000), in.integer("V", 1, 10000000), in.integer("T", 1, 10000000)};
}

int64_t gpt_parameters(const Sizes& s) {
  return parameter_count(Json::object({{"model_type", "gpt2"}, {"n_layer", s.L}, {"n_embd", s.C}, {"n_head", 1}, {"vocab_size", s.V}, {"n_positions", s.T}}));
}

int64_t attention_of(int64_t C) { return 4 * (C * C + C); }            // q, k, v and output, with biases
int64_t feed_forward_of(int64_t C, int64_t F) { return 2 * C * F + F + C; }

const Concept kConcepts[] = {
    {.id = "gpt-2",
     .title = "GPT-2",
     .what = "A writer: it continues any text by guessing the next piece again and again. It is small enough to study and to train yourself.",
     .picture = "The word suggestions above a phone's keyboard, from something that has read eight million web pages and remembers the last thousand pieces.",
     .formula = "parameters = V C + T C + L (12 C^2 + 13 C) + 2 C",
     .symbols = "L: blocks\nC: width\nV: byte-level pieces it knows\nT: context, in pieces",
     .inputs = "L = 12: blocks\nC = 768: width\nV = 50257: vocabulary\nT = 1024: context",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Sizes s = sizes_of(in);
           out.step(str("tables: {} of tokens, {} of positions", with_commas(s.V * s.C), with_commas(s.T * s.C)));
           out.step(str("{} blocks of {} each, and the last norm {}", s.L, with_commas(12 * s.C * s.C + 13 * s.C), 2 * s.C));
           out.answer("parameters", static_cast<double>(gpt_parameters(s)));
         },
     .turn = "L=48 C=1600 makes it GPT-2 XL, 1.56 billion.",
     .commands = "grimoire train --data in.txt --out gpt --n-layer 12 --n-embd 768 --dry-run\n"
                 "grimoire train --model gpt --data input.txt --out runs/shakespeare",
     .code = "src/grimoire/model/gpt.h: Gpt\nsrc/grimoire/model/register.cpp: parameter_count",
     .mistake = "People say that the output layer costs another 39 million weights; in fact it is the token table read the other way round (tied), and "
                "counted once.",
     .see = "autoregressive: how it writes\ntransformer: the block\ngpt-3: the same, larger\nbert: the reader of its size",
     .sources = "Radford et al. 2019, Language Models are Unsupervised Multitask Learners, section 2.3",
     .ask = "Where do 12 C^2 weights of a block stand? | 4 C^2 in attention (q, k, v, output), 8 C^2 in the feed-forward part.",
     .more = "The paper's table says 117 million for this size; counting the released weights gives 124 million. A block has q, k, v and output (4 C^2 + 4 C), "
             "two layers of the feed-forward part with F = 4 C (8 C^2 + 5 C), and two norms (4 C). Norms stand before each part, and one more after the "
             "last block."},
    {.id = "gpt-3",
     .title = "GPT-3",
     .what = "GPT-2 made a hundred times larger, to see what it can then do from a description or a few examples, without being trained for it.",
     .picture = "The same recipe cooked for a city instead of a family: hardly anything new in the pot, but new dishes come out.",
     .formula = "parameters ~ 12 L C^2",
     .symbols = "L: blocks\nC: width\nV: vocabulary\nT: context",
     .inputs = "L = 96: blocks\nC = 12288: width\nV = 50257: vocabulary\nT = 2048: context",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Sizes s = sizes_of(in);
           const int64_t weights = 12 * s.L * s.C * s.C, all = gpt_parameters(s);
           out.step(str("12 x {} x {}^2 = {}", s.L, s.C, with_commas(weights)));
           const double more = 100.0 * static_cast<double>(all - weights) / static_cast<double>(weights);
           out.step(str("with tables, biases and norms {:.4g} % more; in bf16 {:.4g} GB to hold", more, 2e-9 * static_cast<double>(all)));
           out.answer("weights of the blocks", static_cast<double>(weights));
           out.answer("all parameters", static_cast<double>(all));
         },
     .turn = "double C: four times the weights; double L: twice. Width is what costs.",
     .commands = "grimoire train --data in.txt --out big --n-layer 96 --n-embd 12288 --dry-run",
     .code = "src/grimoire/model/register.cpp: parameter_count",
     .mistake = "People say that GPT-3 learns from the examples in its prompt; in fact no weight changes: the examples only become part of what is continued.",
     .see = "gpt-2: the small one\nmulti-task-prompt: what size bought\nfew-shot: examples in training instead",
     .sources = "Brown et al. 2020, Language Models are Few-Shot Learners, table 2.1\n"
                "Kaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1: 12 L C^2",
     .ask = "How many weights have 10 blocks of width 1,000, by the rule of thumb? | 12 x 10 x 1000^2 = 120 million.",
     .more = "Half of its layers use a sparse, banded attention pattern, which changes the work and not the count. Whether abilities appear suddenly with "
             "size is disputed: Wei et al. 2022 (Emergent "
             "Abilities) list many, Schaeffer et al. 2023 (Are Emergent Abilities a Mirage?) trace most of the jumps to all-or-nothing scores."},
    {.id = "transformer-xl",
     .title = "Transformer-XL",
     .names = "segment memory",
     .what = "Reading a long text in pieces without forgetting the piece before: each layer also looks at what it computed last time.",
     .picture = "Reading a serial with last week's notes at hand. The notes were made from the notes of the week before, so some of it comes from long ago, "
                "thinned at each step.",
     .formula = "h_l = block([memory of h_(l-1), h_(l-1)]),   reach ~ L x M",
     .symbols = "L: layers\nM: places kept from the segment before, in every layer\nreach: the farthest token that can matter",
     .inputs = "L = 12: layers\nM = 150: places kept",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t L = in.integer("L", 1, 10000), M = in.integer("M", 0, 10000000);
           int64_t reach = 0;
           for (int64_t l = 1; l <= L; ++l) {
             reach += M;
             if (l <= 2 || l == L) out.step(str("after layer {}: {} places back", l, with_commas(reach)));
           }
           out.answer("reach in tokens", static_cast<double>(reach));
         },
     .turn = "M=0 is a plain transformer: nothing passes from piece to piece.",
     .commands = "grimoire train --model transfo-xl --memory 64 --data input.txt --out runs/xl\n"
                 "grimoire train --model transfo-xl --memory 0 --data input.txt --out runs/0",
     .code = "src/grimoire/model/transfo_xl.cpp: read_segment",
     .mistake = "People say that the memory is trained through; in fact no slope flows into it: it is read, not corrected, so the reach is wider than what "
                "can be learned at once.",
     .see = "autoregressive: what it is\nrelative-score: the positions it needs\nrnn: memory of another kind",
     .sources = "Dai et al. 2019, Transformer-XL: Attentive Language Models beyond a Fixed-Length Context, section 3.2",
     .ask = "Six layers keep 100 places each. How far back can a token matter? | About 600 places.",
     .more = "Positions must be relative: \"the third place of the piece\" would mean two things at once when pieces are joined. The attention score "
             "therefore gets terms "
             "for the distance between two places (section 3.3), the forerunner of rotary and of T5's buckets."},
    {.id = "bart",
     .title = "BART",
     .names = "denoising seq2seq",
     .what = "A model that reads a damaged text with an encoder and writes the whole one with a decoder. It suits summaries and other rewriting.",
     .picture = "An editor gets pages with holes and in the wrong order, and types the clean manuscript from the first line to the last.",
     .formula = "parameters = V C + 2 T C + 4 C + L_e encoder block + L_d decoder block",
     .symbols = "L_e, L_d: blocks of encoder and decoder\nC: width\nF: feed-forward width\nV: vocabulary, one table for all\n"
                "T: positions, two of them reserved",
     .inputs = "encoder = 6: blocks\ndecoder = 6: blocks\nC = 768: width\nF = 3072: feed-forward width\nV = 50265: vocabulary\nT = 1026: positions",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t Le = in.integer("encoder", 0, 1000), Ld = in.integer("decoder", 0, 1000);
           const int64_t C = in.integer("C", 1, 100000), F = in.integer("F", 1, 1000000);
           const int64_t tables = in.integer("V", 1, 10000000) * C + 2 * in.integer("T", 1, 10000000) * C + 4 * C;
           const int64_t encoder = attention_of(C) + feed_forward_of(C, F) + 4 * C, decoder = encoder + attention_of(C) + 2 * C;
           out.step("tables and their norms: " + with_commas(tables));
           out.step(str("encoder: {} x {}", Le, with_commas(encoder)));
           out.step(str("decoder: {} x {}, a second attention in each, to the encoder", Ld, with_commas(decoder)));
           out.answer("parameters", static_cast<double>(tables + Le * encoder + Ld * decoder));
         },
     .turn = "encoder=12 decoder=12 C=1024 F=4096 makes it BART-large.",
     .commands = "grimoire train --model bart --data wiki.txt --tokenizer tok --out runs/bart",
     .code = "src/grimoire/model/bart.h: Bart\nsrc/grimoire/task/infill.h: Infill",
     .mistake = "People say that BART fills single masks as BERT does; in fact one mask may stand for a run of words of any length, none included, so it "
                "must also find out how many are missing.",
     .see = "encoder-decoder: the shape\ntext-infilling: the damage\nt5: the neighbour\nsummarization: its best use",
     .sources = "Lewis et al. 2020, BART: Denoising Sequence-to-Sequence Pre-training, section 2.2",
     .ask = "What does a decoder block have that an encoder block lacks? | A second attention, to the encoder's states, and its norm.",
     .more = "Of five kinds of damage (masking, deletion, infilling, sentence order, rotation) the paper kept infilling with spans of length drawn from "
             "Poisson(3), 30 % of the tokens, "
             "together with shuffled sentences. Unlike T5 it writes out the whole text, not only what was missing."},
    {.id = "text-infilling",
     .title = "Text infilling",
     .names = "infilling\nspan masking\nBART objective",
     .what = "Teaching a writer by putting one mask in the place of each of some runs of words, and letting it write the whole text, so that it also finds "
             "out how much is missing.",
     .picture = "A manuscript on which coffee was spilt: under one stain lie four words, under another one, and one stain fell between two words.",
     .formula = "P(a span has k tokens) = e^-m m^k / k!,   spans = r n / m in the mean",
     .symbols = "m: tokens of a span in the mean\nr: share of the tokens that are hidden\nn: tokens of the text",
     .inputs = "tokens = 100: of the text\nrate = 0.3: share that is hidden\nmean = 3: tokens of a span",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double n = static_cast<double>(in.integer("tokens", 1, 1000000000)), rate = in.probability("rate"), mean = in.number("mean", 0.1, 100);
           const double none = std::exp(-mean);
           out.step(str("hidden: {:.6g} of {:.0f} tokens, in spans of {:.6g}", rate * n, n, mean));
           out.step(str("with no token, so that nothing is missing there: e^-{:.6g} = {:.6g}", mean, none));
           out.step(str("with one: {:.6g} x {:.6g}", none, mean));
           out.answer("masks", rate * n / mean);
           out.answer("that hide nothing, share", none);
           out.answer("that hide one token, share", none * mean);
         },
     .turn = "mean=1: more than a third of the masks hide nothing, and as many one token.",
     .commands = "grimoire train --model bart --data wiki.txt --tokenizer tok --out runs/bart",
     .code = "src/grimoire/task/infill.h: infill_spans",
     .mistake = "People say that each mask hides one word, as in BERT; in fact one mask may hide any number, none included, and which is part of the question.",
     .see = "bart: the model that is trained so\nmlm: a mask for each token\npoisson: where the lengths come from\nt5: it writes the spans alone",
     .sources = "Lewis et al. 2020, BART: Denoising Sequence-to-Sequence Pre-training, section 2.2 and table 1\n"
                "Joshi et al. 2020, SpanBERT: spans whose length can be seen",
     .ask = "A text of 100 tokens, 30 % hidden in spans of 3 in the mean: about how many masks? | 10.",
     .more = "The target is the whole text, so that the model also learns to copy what stands; that costs steps, and is what a summary or a correction "
             "needs. With T5's gaps only what was missing is written."},
    {.id = "sentence-permutation",
     .title = "Sentence permutation",
     .names = "sentence shuffling",
     .what = "Teaching a writer by showing the sentences of a text in any order and letting it write them in the right one.",
     .picture = "A stack of index cards for a speech that fell to the floor, to be put in order by what they say.",
     .formula = "orders = n!,   neighbours kept = (n - 1) / n in the mean",
     .symbols = "n: sentences\nneighbours kept: pairs of which the second still follows the first",
     .inputs = "sentences = 4: of the text",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("sentences", 1, 20);
           double orders = 1;
           for (int64_t i = 2; i <= n; ++i) orders *= static_cast<double>(i);
           out.step(str("each of the {} pairs of neighbours stays one in {} of the {:.0f} orders", n - 1, orders / static_cast<double>(n), orders));
           out.answer("orders", orders);
           out.answer("share that is the text's own", 1 / orders);
           out.answer("neighbours that still follow each other", static_cast<double>(n - 1) / static_cast<double>(n));
         },
     .turn = "sentences=10: not one in a million is left as it was.",
     .commands = "grimoire train --model bart --data wiki.txt --tokenizer tok --out runs/bart",
     .code = "src/grimoire/task/infill.h: permuted_sentences",
     .mistake = "People say that the model only sorts; in fact it writes every sentence anew, token by token, while some of their words are hidden as well.",
     .see = "text-infilling: the damage it goes with\nbart: the model\nnsp: BERT's question about order",
     .sources = "Lewis et al. 2020, BART: Denoising Sequence-to-Sequence Pre-training, section 2.2",
     .ask = "In how many orders can four sentences stand? | 24.",
     .more = "A sentence ends with a full stop, so that an abbreviation cuts one in two; nothing depends on it. Alone it taught little, as did texts "
             "that were rotated; beside infilling it helped with one kind of summaries (table 1)."},
    {.id = "t5",
     .title = "T5",
     .names = "text-to-text",
     .what = "One model and one format for every language job: text goes in with a word about the task, and text comes out.",
     .picture = "A counter with a single window: whatever the request, it is written on the same slip, and the answer comes back as a slip.",
     .formula = "parameters = V C + L_e (4 C A + 2 C F + 2 C)\n           + L_d (8 C A + 2 C F + 3 C) + 2 C + 64 H",
     .symbols = "L_e, L_d: blocks of encoder and decoder\nC: width; A = H D, all heads together\nF: feed-forward width\n"
                "H: heads, with 32 distance buckets on each side",
     .inputs = "encoder = 12: blocks\ndecoder = 12: blocks\nC = 768: width\nA = 768: heads together\nF = 3072: feed-forward width\nV = 32128: vocabulary\n"
               "H = 12: heads",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t Le = in.integer("encoder", 0, 1000), Ld = in.integer("decoder", 0, 1000);
           const int64_t C = in.integer("C", 1, 100000), A = in.integer("A", 1, 100000), F = in.integer("F", 1, 1000000);
           const int64_t table = in.integer("V", 1, 10000000) * C, buckets = 2 * 32 * in.integer("H", 1, 10000);
           const int64_t attention = 4 * C * A, encoder = attention + 2 * C * F + 2 * C, decoder = encoder + attention + C;
           out.step(str("token table {}, distance buckets {}, last norms {}", with_commas(table), buckets, 2 * C));
           out.step(str("encoder: {} x {}; no biases anywhere", Le, with_commas(encoder)));
           out.step(str("decoder: {} x {}, with attention to the encoder", Ld, with_commas(decoder)));
           out.answer("parameters", static_cast<double>(table + buckets + 2 * C + Le * encoder + Ld * decoder));
         },
     .turn = "encoder=6 decoder=6 C=512 A=512 F=2048 H=8 makes it T5-small, 60 million.",
     .commands = "grimoire train --model t5 --data wiki.txt --tokenizer tok --out runs/t5",
     .code = "src/grimoire/model/t5.h: T5\nsrc/grimoire/task/spans_data.h: random_spans",
     .mistake = "People say that T5 learns by restoring the whole damaged text; in fact it writes only the missing spans, each after a marker such as "
                "<extra_id_0>, so targets are short.",
     .see = "encoder-decoder: the shape\nbart: writes the whole text\nmulti-task-prompt: the same idea without a prefix",
     .sources = "Raffel et al. 2020, Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer, sections 2.1 and 3.1.4",
     .ask = "\"Thank you <X> me to your party\": what does T5 write if \"for inviting\" was cut out? | <X> for inviting, then a closing marker.",
     .more = "Instead of position vectors each attention score gets a learned number for the distance, in 32 buckets that widen with it, shared by all "
             "blocks of a side. "
             "Norms have a gain and no bias. 15 % of the tokens are cut out, in spans of three on average (section 3.3.4). T5 1.1 has a gated feed-forward "
             "part and an untied output."},
    {.id = "multi-task-prompt",
     .title = "One model for many tasks",
     .names = "one LLM\nmany tasks",
     .what = "Getting one language model to do many jobs by saying in words which one is wanted.",
     .picture = "One excellent reader and writer on call instead of a specialist for every desk. The specialist is often better at his own desk, and "
                "cheaper to keep.",
     .formula = "P(answer given task in words, input)",
     .symbols = "tasks: jobs to be done\nmodels: that are prompted\nweights: of one model",
     .inputs = "tasks = 3: jobs\nmodels = 1: that are prompted\nweights = 124439808: of one model",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t tasks = in.integer("tasks", 1, 1000000), models = in.integer("models", 1, 1000000);
           const double prompted = static_cast<double>(models), tuned = static_cast<double>(tasks), weights = in.number("weights", 1, 1e15);
           out.step(str("\"Translate to French: cheese =>\", \"Is this review positive? ...\", ..."));
           out.step(str("by prompt {:.12g} weights in all, by fine-tuning {:.12g}", prompted * weights, tuned * weights));
           out.answer("sets of weights, by prompt", prompted);
           out.answer("sets of weights, fine-tuned", tuned);
           out.answer("weights saved", (tuned - prompted) * weights);
         },
     .turn = "tasks=1: nothing is saved, and a small specialist is usually the better buy.",
     .commands = "grimoire ask smollm2 --task sentiment --text \"a warm film\"\n"
                 "grimoire ask smollm2 --task sentiment --data dev.tsv --beside runs/reviews",
     .mistake = "People say that this is multi-task learning; in fact that older term means training one network on several labelled tasks together; here "
                "no task is trained at all.",
     .see = "zero-shot: no examples given\ncontextual-calibration: against its habits\nfine-tuning: a model for each job\nlora: a small part for each job",
     .sources = "Radford et al. 2019, Language Models are Unsupervised Multitask Learners, section 1\n"
                "Brown et al. 2020, Language Models are Few-Shot Learners\n"
                "Caruana 1997, Multitask Learning: the older sense",
     .ask = "Five jobs by prompt and five by full fine-tuning: how many sets of weights in each case? | One and five.",
     .more = "A prompt costs its tokens on every call, and answers swing with its wording and with the order of the examples (Zhao et al. 2021, Calibrate "
             "Before Use). "
             "Fine-tuning on many tasks that are described in words (Sanh et al. 2022; Wei et al. 2022) joins both senses."},
    {.id = "contextual-calibration",
     .title = "Contextual calibration",
     .names = "calibrate before use",
     .what = "Taking out of a prompted answer what the model would have said to no question at all.",
     .picture = "A guest who says \"fine\" whatever he is asked. Only what he says beyond his habit tells something, so the habit is measured first, with an "
                "empty question.",
     .formula = "q_c = (p_c / e_c) / sum_d (p_d / e_d)",
     .symbols = "p_c: probability of answer c for this text\ne_c: the same where the text says nothing (\"N/A\")\nq_c: calibrated",
     .inputs = "p = 0.6,0.4: of each answer, for the text\ne = 0.8,0.2: of each, without content",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto p = in.numbers("p", 1e-12, 1), e = in.numbers("e", 1e-12, 1, p.size(), p.size());
           double total = 0;
           for (size_t c = 0; c < p.size(); ++c) total += p[c] / e[c];
           for (size_t c = 0; c < p.size() && c < 8; ++c) {
             out.step(str("{:.6g} / {:.6g} = {:.6g}", p[c], e[c], p[c] / e[c]));
             out.answer(str("q[{}]", c), p[c] / e[c] / total);
           }
         },
     .turn = "e = 0.5,0.5: no habit, and q is p.",
     .commands = "grimoire ask smollm2 --task sentiment --data dev.tsv --calibrate",
     .mistake = "People say that it makes the model know more; in fact it only moves the line between answers, by what three empty texts show.",
     .see = "multi-task-prompt: what is calibrated\nfew-shot: examples, which bring habits\ncalibration: probabilities that mean what they say",
     .sources = "Zhao, Wallace, Feng, Klein and Singh 2021, Calibrate Before Use: Improving Few-Shot Performance of Language Models, section 5",
     .ask = "p = .6 and .4, without content .8 and .2: which answer wins? | The second: .75 against 2.",
     .more = "The order and the labels of the examples push a model towards the label that came last or most often. The paper divides by the mean of the "
             "answers to \"N/A\", to nothing and to \"[MASK]\" in place of the text."},
    {.id = "moe",
     .title = "Mixture of experts",
     .what = "Making a model larger without making each answer slower: many parallel sub-networks are kept, and each token is sent to only a few of them.",
     .picture = "A hospital with eight specialists where each patient sees two. All eight must be on duty, and here the experts share no field "
                "that we could name: mostly they part words by spelling and kind.",
     .formula = "y = sum over the k best e of g_e(x) E_e(x);   work k / E, memory all",
     .symbols = "E: experts\nk: experts that a token visits\ng_e: weight of expert e, from the router",
     .inputs = "experts = 8: kept\nk = 2: visited by each token",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t E = in.integer("experts", 1, 100000), k = in.integer("k", 1, E);
           out.step(str("a token runs through {} of {} experts: {:.6g} of the work", k, E, double(k) / double(E)));
           out.step(str("any token may choose any expert, so all {} are held", E));
           out.answer("share of the work", double(k) / double(E));
           out.answer("share of the memory", double(E) / double(E));
           out.answer("choices of experts", std::round(std::exp(std::lgamma(double(E) + 1) - std::lgamma(double(k) + 1) - std::lgamma(double(E - k) + 1))));
         },
     .turn = "experts=64: the share of the work falls to 1/32; the share that must be held does not.",
     .commands = "grimoire train --model gpt --experts 8 --data wiki.txt --out runs/moe",
     .mistake = "People say that it saves memory because few experts are loaded; in fact every expert must be at hand, as the next token may need it: "
                "what it saves is work for each token.",
     .see = "gating: who chooses\nbalancing-loss: so that all are used\nupcycling: made of a model without experts\ntransformer: the block whose "
            "feed-forward part it replaces",
     .sources = "Shazeer et al. 2017, Outrageously Large Neural Networks: the Sparsely-Gated Mixture-of-Experts Layer\n"
                "Jiang et al. 2024, Mixtral of Experts (arXiv 2401.04088)",
     .ask = "16 experts, 2 for each token: which share of the expert work is done, and which share is held in memory? | 2/16 = .125 of the work, all of the "
            "memory.",
     .more = "The choice is made for every token in every such layer, not once for a question. Mixtral 8x7B holds 46.7 billion weights and uses 12.9 "
             "billion for a token: "
             "not 8 x 7, since attention and tables are shared."},
    {.id = "gating",
     .title = "Gating",
     .names = "router",
     .what = "The small layer that decides, for every token, which experts work on it and how much each one's answer counts.",
     .picture = "The desk in the entrance hall that sends each visitor on. The desk learns too: when an expert's answer helps, it sends more of that kind.",
     .formula = "g = softmax(the k largest scores);   all others 0",
     .symbols = "score_e: w_e x, one number for each expert\nk: experts kept\ng_e: weights, together 1",
     .inputs = "scores = 2,1,0,-1: one for each expert\nk = 2: kept",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> scores = in.numbers("scores", -1e6, 1e6);
           const int64_t n = static_cast<int64_t>(scores.size()), k = in.integer("k", 1, n);
           const Sorted best = topk(Tensor::from(scores, {n}), k);
           const auto which = best.indices.to_vector<double>(), g = softmax(best.values, 0).to_vector<double>();
           Bars bars{"weight of each expert", {}, std::vector<double>(scores.size())};
           for (size_t i = 0; i < g.size(); ++i) {
             bars.values[static_cast<size_t>(which[i])] = g[i];
             if (i < 4) out.step(str("expert {:.0f}: score {:.6g}, weight {:.6g}", which[i], best.values.at({static_cast<int64_t>(i)}), g[i]));
           }
           for (size_t e = 0; e < scores.size(); ++e) bars.labels.push_back(str("{}", e));
           out.answers("g", g);
           if (n <= 6) out.show(std::move(bars));
         },
     .turn = "k=1: the weight is 1 whatever the score. k=4: the plain softmax of all.",
     .commands = "grimoire model experts runs/moe --data wiki.txt",
     .code = "src/grimoire/op/sort.cpp: topk\nsrc/grimoire/op/softmax.cpp: softmax",
     .mistake = "People say that the router is told what each expert is good at; in fact nobody tells it: router and experts are trained together from the "
                "same loss.",
     .see = "softmax: the weights\nmoe: the whole layer\nbalancing-loss: why it does not choose the same ones always\nargmax: k = 1, and why slopes need care",
     .sources = "Shazeer et al. 2017, Outrageously Large Neural Networks, section 2.1\n"
                "Fedus, Zoph and Shazeer 2022, Switch Transformers, section 2.2: the balancing loss",
     .ask = "Scores 2, 1, 0, -1 and k = 2: what do the last two experts get? | Nothing: weight 0.",
     .more = "Which experts are chosen has no slope; the weights of the chosen ones have, and through them the router learns. Some models take the softmax "
             "of all scores "
             "first and then the k best: the weights then need not sum to 1. With k = 1 the softmax after the choice would give no slope at all, so Switch "
             "takes it before."},
    {.id = "balancing-loss",
     .title = "Balancing loss",
     .names = "auxiliary loss\nload balancing loss",
     .what = "An extra loss that grows when a router sends most tokens to the same few experts, so that all of them get something to learn.",
     .picture = "A head waiter who is scolded when one cook has a queue and others stand idle. He is not told which guest belongs to whom.",
     .formula = "L = E sum_e f_e P_e",
     .symbols = "E: experts\nf_e: share of all choices that fell on e\nP_e: e's mean probability over the tokens",
     .inputs = "scores = 2,0;1,0;3,0;0,1: the router's, a token a row\nk = 1: experts that a token visits",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<std::vector<double>> rows = in.matrix("scores");
           const auto n = static_cast<int64_t>(rows.size()), E = static_cast<int64_t>(rows[0].size()), k = in.integer("k", 1, E);
           std::vector<double> all;
           for (const auto& row : rows) all.insert(all.end(), row.begin(), row.end());
           const Tensor scores = Tensor::from(all, {n, E});
           const Routed to = routed(scores, {.experts = E, .per_token = k}, false);
           const std::vector<double> p = softmax(scores, 1).to_vector<double>();
           for (int64_t e = 0; e < E; ++e) {
             double mean = 0;
             for (int64_t i = 0; i < n; ++i) mean += p[static_cast<size_t>(i * E + e)] / static_cast<double>(n);
             if (e < 4) out.step(str("expert {}: f = {} / {}, P = {:.6g}", e, to.routing.chosen[static_cast<size_t>(e)], n * k, mean));
           }
           out.answer("loss", balance_loss(scores, to.routing).item());
           out.answer("most that it can be", static_cast<double>(E) / static_cast<double>(k));
         },
     .turn = "scores=0,0;0,0;0,0;0,0: an even router has exactly 1. scores=9,0;9,0;9,0;9,0: all to one, nearly 2.",
     .commands = "grimoire train --model gpt --experts 8 --balance-loss .01 --data a --out b",
     .code = "src/grimoire/nn/experts.cpp: balance_loss",
     .mistake = "People add up choices of all layers first; in fact each layer has experts of its own, and number 3 of one is not number 3 of the next: "
                "two layers that each send everything to one expert would look balanced.",
     .see = "gating: what is balanced\nmoe: the whole layer\nsoftmax: P",
     .sources = "Fedus, Zoph and Shazeer 2021, Switch Transformers, equations 4 to 6 (arXiv 2101.03961)\n"
                "Zoph et al. 2022, ST-MoE, section 4.1: a second loss that keeps scores small (arXiv 2202.08906)",
     .ask = "What is the loss when all 8 experts are equally likely? | 1, whoever is chosen.",
     .more = "f has no slope, since a choice is a step; P has, and f tells how steep: probability moves away from experts that are chosen often. The "
             "factor, .01, is small, since even loads are not the aim. Mixtral's programs count f over tokens, not choices, and get k where this gets 1. The "
             "z-loss beside it is the mean of (log sum e^score)^2."},
    {.id = "upcycling",
     .title = "Sparse upcycling",
     .names = "upcycling",
     .what = "Making a mixture of experts from a trained model: every expert begins as a copy of its feed-forward part, and only then do they part.",
     .picture = "A good cook copied eight times. At first it makes no difference who gets an order; what each is given from then on does.",
     .formula = "y = sum over the k best e of g_e f(x) = f(x),  since sum g_e = 1",
     .symbols = "f: the feed-forward part, in each of E experts\ng_e: weight from a router that knows nothing yet",
     .inputs = "scores = .3,-.1,.2,0: of a new router\nk = 2: visited by a token\nf = 5: what the part answers\nown = 8: its millions of numbers\nothers = 4: "
               "millions in the rest of the model",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> scores = in.numbers("scores", -1e6, 1e6);
           const auto E = static_cast<int64_t>(scores.size());
           const int64_t k = in.integer("k", 1, E);
           const double f = in.number("f", -1e6, 1e6), own = in.number("own", 0, 1e9), others = in.number("others", 0, 1e9);
           const std::vector<double> g = softmax(topk(Tensor::from(scores, {E}), k).values, 0).to_vector<double>();
           double y = 0;
           for (const double w : g) y += w * f;
           out.step(str("{} copies answer alike, and their weights add up to {:.6g}", k, std::accumulate(g.begin(), g.end(), 0.0)));
           out.answer("y", y);
           out.answer("numbers held", others + static_cast<double>(E) * own);
           out.answer("numbers used", others + static_cast<double>(k) * own);
         },
     .turn = "k=1 or k=4: y stays. The router may say what it likes.",
     .commands = "grimoire model upcycle runs/gpt --experts 8 --out upcycled",
     .code = "src/grimoire/adapt/upcycle.cpp: upcycled",
     .mistake = "People expect copies to stay copies; in fact each sees other tokens from the first step on, so that their slopes differ.",
     .see = "moe: what is made\ngating: the new part\nfine-tuning: what follows",
     .sources = "Komatsuzaki et al. 2022, Sparse Upcycling: Training Mixture-of-Experts from Dense Checkpoints (arXiv 2212.05055)",
     .ask = "Why does the mixture answer as the model did? | Its experts are equal and their weights add up to 1.",
     .more = "With weights from a softmax over all scores they add up to less than 1, and the model would begin worse than it was."},
    {.id = "rag",
     .title = "Retrieval-augmented generation",
     .what = "Letting a language model look things up: documents that fit the question are found first and put in front of it.",
     .picture = "An open-book examination. It helps only if the right page was opened, and a wrong page is quoted with the same confidence.",
     .formula = "d* = argmax_d cos(q, d);   answer ~ P(. given d*, question)",
     .symbols = "q: vector of the question\nd: vector of a document\ncos: 1 for the same direction, 0 for nothing in common",
     .inputs = "q = 1,1: the question\ndocuments = 1,0;2,2: a document a row",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> q = in.numbers("q", -1e100, 1e100);
           const auto documents = in.matrix("documents");
           if (documents[0].size() != q.size()) in.refuse("documents", str("rows of {} numbers, as q has", q.size()));
           size_t best = 0;
           std::vector<double> near;
           for (const auto& d : documents) {
             near.push_back(1 - Metric{Metric::Kind::cosine}(q.data(), d.data(), static_cast<int64_t>(q.size())));
             if (near.back() > near[best]) best = near.size() - 1;
             if (near.size() <= 4) out.step(str("cos(q, d{}) = {:.8g}", near.size(), near.back()));
           }
           out.step(str("into the prompt goes d{}", best + 1));
           out.answers("cosine", near);
           out.answer("found", str("d{}", best + 1));
         },
     .turn = "make d2 ten times longer: nothing changes, only directions count.",
     .commands = "later: grimoire rag index notes/ --out notes.index",
     .code = "src/grimoire/classic/distance.cpp: Metric",
     .mistake = "People say that retrieval stops a model from making things up; in fact it makes claims checkable: the model may still misread or ignore "
                "the page.",
     .see = "similarity: the measure\nknn: the same search\nmulti-task-prompt: where the page goes\ncontextual-embedding: the vectors",
     .sources = "Lewis et al. 2020, Retrieval-Augmented Generation for Knowledge-Intensive NLP Tasks, section 2",
     .ask = "Which document wins for q = (1, 1): (1, 0) or (2, 2)? | (2, 2): its cosine is 1.",
     .more = "The paper trained the finder and the writer together and summed over the documents found; today's systems mostly keep both fixed and paste "
             "the text into the prompt. The paper ranks by the inner product; the cosine here is that of vectors of length 1. "
             "Search by words (BM25) and search by vectors fail on different questions, so they are often joined. A page may also hold instructions: text "
             "that was "
             "retrieved is data and must never be obeyed."},
    {.id = "cot",
     .title = "Chain of thought",
     .what = "Asking a model to write down its steps before the answer, which helps where one step is too large to take at once.",
     .picture = "Doing a long multiplication on paper instead of in the head. On paper you can also check the work, though what a model writes need not be "
                "how it got there.",
     .formula = "P(majority right) = sum over j > n/2 of C(n,j) p^j (1-p)^(n-j)",
     .symbols = "n: chains that are drawn and vote\np: probability that one chain is right\nj: chains that are right",
     .inputs = "a = 17: first factor\nb = 24: second factor\nn = 3: chains that vote\np = 0.7: one chain is right",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t a = in.integer("a", 0, 1000000), b = in.integer("b", 0, 1000000), n = in.integer("n", 1, 100000);
           const double p = in.probability("p"), tens = static_cast<double>(a * (b - b % 10)), ones = static_cast<double>(a * (b % 10));
           out.step(str("{} x {} = {} x {} + {} x {} = {:.0f} + {:.0f} = {:.0f}", a, b, a, b - b % 10, a, b % 10, tens, ones, tens + ones));
           out.step(str("{} chains, each right with {:.6g}: more than {:.4g} must agree on it", n, p, double(n) / 2));
           out.answer("first step", tens);
           out.answer("second step", ones);
           out.answer("result", tens + ones);
           out.answer("majority right", stats::make_distribution("binomial", {{"n", double(n)}, {"p", p}})->sf(std::floor(double(n) / 2)));
         },
     .turn = "p=.4: now more votes make it worse. Voting only strengthens what a single chain does more often right than wrong.",
     .commands = "grimoire distribution binomial --param n=3 --param p=.7 --sf 1\nlater: grimoire reason models/smollm2 --task gsm8k",
     .code = "src/grimoire/stats/discrete.cpp: Binomial",
     .mistake = "People say that the steps show how the model reached its answer; in fact they are text that it also wrote: a hint can turn the answer and "
                "never be mentioned.",
     .see = "binomial: the vote\nmulti-task-prompt: where it is asked for\nrandom-forest: the same vote of trees",
     .sources = "Wei et al. 2022, Chain-of-Thought Prompting Elicits Reasoning in Large Language Models\n"
                "Wang et al. 2023, Self-Consistency Improves Chain of Thought Reasoning\n"
                "Turpin et al. 2023, Language Models Don't Always Say What They Think",
     .ask = "Three independent chains are right with .7 each. How often is the majority right? | .784.",
     .more = "Each written token is another pass through the network, so steps buy work, and they turn one hard jump into several easy ones. Real chains "
             "are not independent: they share "
             "the model's errors, so the vote gains less than the formula says. Wrong answers, on the other hand, scatter, and then less than half can win."},
};

}  // namespace

const Family kLlm = {"llm", "Large language models", kConcepts};

}  // namespace grim::learn
