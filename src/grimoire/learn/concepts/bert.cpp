// BERT: encoders that read both sides, what they are pre-trained on, and the ways to use one.
#include <algorithm>
#include <cctype>
#include <cmath>

#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/stats/information.h"

namespace grim::learn {
namespace {

// The parameters of an encoder, layer by layer: tables with a norm, then L blocks of attention, feed-forward and two norms.
int64_t encoder_parameters(const Inputs& in, Worked& out, int64_t segments) {
  const int64_t L = in.integer("L", 1, 1000), C = in.integer("C", 1, 100000), F = in.integer("F", 1, 1000000);
  const int64_t V = in.integer("V", 1, 10000000), T = in.integer("T", 1, 1000000);
  const int64_t tables = (V + T + segments) * C + 2 * C, attention = 4 * (C * C + C), feed_forward = 2 * C * F + F + C, norms = 4 * C;
  out.step(str("tables of tokens, positions{} and a norm: {}", segments ? ", segments" : "", with_commas(tables)));
  out.step(str("a block: attention {} + feed-forward {} + norms {}", with_commas(attention), with_commas(feed_forward), with_commas(norms)));
  out.step(str("{} blocks: {}", L, with_commas(L * (attention + feed_forward + norms))));
  return tables + L * (attention + feed_forward + norms);
}

int64_t pooler_parameters(const Inputs& in, Worked& out) {
  const int64_t C = in.integer("C", 1, 100000);
  out.step(str("the pooler on top of [CLS], C C + C: {}", with_commas(C * C + C)));
  return C * C + C;
}

// Lower-case words and single punctuation marks: what stands before the cut into word pieces.
std::vector<std::string> words_and_marks(const Inputs& in, std::string_view name) {
  std::vector<std::string> all;
  bool open = false;
  for (const char ch : in.text(name)) {
    const auto c = static_cast<unsigned char>(ch);
    if (std::isspace(c) || std::iscntrl(c)) {
      open = false;
    } else if (c < 128 && std::ispunct(c)) {
      all.emplace_back(1, ch);
      open = false;
    } else {
      if (!open) all.emplace_back();
      all.back() += c < 128 ? static_cast<char>(std::tolower(c)) : ch;
      open = true;
    }
  }
  if (all.size() > 250) in.refuse(name, "at most 250 words and marks");
  return all;
}

// [CLS] A [SEP], or [CLS] A [SEP] B [SEP].
std::vector<std::string> framed(std::vector<std::string> a, const std::vector<std::string>& b = {}) {
  a.insert(a.begin(), "[CLS]");
  a.emplace_back("[SEP]");
  if (b.empty()) return a;
  a.insert(a.end(), b.begin(), b.end());
  a.emplace_back("[SEP]");
  return a;
}

std::string in_a_row(const std::vector<std::string>& parts) {
  std::string row = joined(parts, " ");
  if (row.size() <= 70) return row;
  size_t end = 66;
  while (end > 0 && continues_character(row[end])) --end;  // whole characters
  row.resize(end);
  row += " ...";
  return row;
}

double places_of(const std::vector<std::string>& tokens, std::string_view token) { return static_cast<double>(std::ranges::count(tokens, token)); }

const Concept kConcepts[] = {
    {.id = "autoencoding",
     .title = "Autoencoding model",
     .names = "encoder-only",
     .what = "Understanding text: such a model sees a whole passage at once, hides some words from itself and learns to put them back.",
     .picture = "A restorer who fills the gaps of a torn letter reads what comes before and after each hole. She can mend a letter, but that does "
                "not make her its author: this kind of model is poor at writing on from nothing.",
     .formula = "maximise sum over hidden places t of log P(w_t given all visible words)",
     .symbols = "n: tokens of the passage\nt: a place in it, from 1 to n\nw_t: the token that stood there",
     .inputs = "n = 5: tokens in the passage\nt = 3: the place that looks around",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 64), t = in.integer("t", 1, n);
           std::string both, left;
           for (int64_t s = 1; s <= n; ++s) both += s == t ? " ?" : " x", left += s == t ? " ?" : s < t ? " x" : " .";
           if (n <= 30) out.step("encoder:" + both), out.step("decoder:" + left + "   (x seen, . not seen)");
           out.answer("others that place t sees in an encoder", static_cast<double>(std::ranges::count(both, 'x')));
           out.answer("others that it sees in a decoder", static_cast<double>(std::ranges::count(left, 'x')));
         },
     .turn = "move t to the front: the decoder is left with nothing, the encoder sees as much as before.",
     .commands = "grimoire train --model bert --data wiki.txt --tokenizer tok --out runs/bert",
     .mistake = "People say that autoencoding means squeezing the text through a narrow code; in fact BERT has no bottleneck: "
                "what is rebuilt is only the words that were hidden.",
     .see = "mlm: the usual way of hiding\nautoregressive: the models that write\ntransformer-variants: all three kinds\nautoencoder: with a bottleneck",
     .sources = "Devlin et al. 2019, BERT, section 3.1\nYang et al. 2019, XLNet, section 2.1: the two families side by side",
     .ask = "How many other tokens can the first of five see in an encoder, and how many in a decoder? | 4 and 0.",
     .more = "The name goes back to the denoising autoencoder: damage the input, ask for the clean one. Hidden words are guessed as if they did not depend "
             "on each other, which a decoder with its chain of conditionals need not assume; XLNet was made to close that gap."},
    {.id = "bert",
     .title = "BERT",
     .names = "BERT-base",
     .what = "A ready-made reader of text: one network, trained once on much plain text, that is then adapted to classify, tag or find answers.",
     .picture = "A student who has read a whole library for its own sake and now needs a short course for any given job.",
     .formula = "parameters = (V + T + segments) C + 2 C\n           + L (4 (C^2 + C) + 2 C F + F + C + 4 C) + C^2 + C",
     .symbols = "L: blocks\nC: width\nF: width inside the feed-forward part\nV: word pieces it knows\nT: longest input",
     .inputs = "L = 12: blocks\nC = 768: width\nF = 3072: feed-forward width\nV = 30522: vocabulary\nT = 512: positions\nsegments = 2: kinds of segment",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t body = encoder_parameters(in, out, in.integer("segments", 0, 1000));
           out.answer("parameters", static_cast<double>(body + pooler_parameters(in, out)));
         },
     .turn = "L=24 C=1024 F=4096 makes it BERT-large.",
     .commands = "grimoire train --model bert --data wiki.txt --tokenizer tok --out runs/bert",
     .mistake = "People say that BERT reads left to right and right to left and joins the two, as ELMo did; in fact every block looks at both sides at once.",
     .see = "mlm: its first exercise\nnsp: its second\nfine-tuning: how it is put to work\nroberta: the same, trained longer",
     .sources = "Devlin, Chang, Lee and Toutanova 2019, BERT: Pre-training of Deep Bidirectional Transformers, section 3",
     .ask = "Which share of BERT-base's parameters stands in its 12 blocks, in words? | Nearly four fifths: 85 of 109 million.",
     .more = "The name stands for Bidirectional Encoder Representations from Transformers. The number of heads (12 of width 64) does not enter the "
             "count, since they share out the width C. The paper rounds to 110 million. The pooler, one dense layer with tanh over [CLS], was trained for "
             "next sentence prediction; the head that guesses hidden words is not in the count: it reuses the token table and adds about 0.6 million."},
    {.id = "roberta",
     .title = "RoBERTa",
     .names = "BERT without NSP",
     .what = "The same reader as BERT after a better education: more text, larger batches, longer training, and only the exercise that helps.",
     .picture = "A pupil who repeats the year with ten times the books, fresh exercises every day and without the lesson that taught nothing.",
     .formula = "parameters: as BERT's, with one kind of segment",
     .symbols = "L: blocks\nC: width\nF: width inside the feed-forward part\nV: byte-level pieces it knows\nT: positions, two of them reserved",
     .inputs = "L = 12: blocks\nC = 768: width\nF = 3072: feed-forward width\nV = 50265: vocabulary\nT = 514: positions\nsegments = 1: kinds of segment",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t body = encoder_parameters(in, out, in.integer("segments", 0, 1000));
           out.answer("parameters", static_cast<double>(body + pooler_parameters(in, out)));
         },
     .turn = "V=30522 T=512 segments=2 is BERT: nearly the whole difference in size is vocabulary.",
     .commands = "grimoire train --model roberta --data wiki.txt --tokenizer tok --out runs/r",
     .mistake = "People say that RoBERTa is a better architecture; in fact it is BERT's: the gain came from data, batch size, time, "
                "masks that change each time, and leaving out next sentence prediction.",
     .see = "bert: where it comes from\nmlm: the exercise it kept\nnsp: the one it dropped",
     .sources = "Liu et al. 2019, RoBERTa: A Robustly Optimized BERT Pretraining Approach, sections 4.1, 4.2",
     .ask = "Why has RoBERTa-base 15 million parameters more than BERT-base? | Its vocabulary: 50,265 pieces against 30,522, each 768 wide.",
     .more = "BERT hid words once, when the data were prepared, in ten variants; RoBERTa draws the hidden places anew whenever a text is read (dynamic "
             "masking, "
             "section 4.1). In section 4.2 dropping NSP matched or slightly improved the downstream scores. It was trained on about 160 GB of text; BERT on "
             "16."},
    {.id = "distilbert",
     .title = "DistilBERT",
     .names = "small BERT",
     .what = "BERT for a phone: half as many layers, taught by the full model to give nearly the same answers.",
     .picture = "The pocket edition of a reference work: half the pages, written with the big one open beside it.",
     .formula = "parameters = (V + T) C + 2 C + L (4 (C^2 + C) + 2 C F + F + C + 4 C)",
     .symbols = "L: blocks, half of BERT's\nC: width\nF: width inside the feed-forward part\nV: word pieces it knows\nT: longest input",
     .inputs = "L = 6: blocks\nC = 768: width\nF = 3072: feed-forward width\nV = 30522: vocabulary\nT = 512: positions",
     .compute = [](const Inputs& in, Worked& out) { out.answer("parameters", static_cast<double>(encoder_parameters(in, out, 0))); },
     .turn = "L=12: without pooler and segments even the full depth has only 592,128 fewer than BERT.",
     .commands = "grimoire distill A --objective mlm --data a.txt --student-layers 0,2 --out B",
     .mistake = "People say that it is faster because it has no segment embeddings; in fact those are two rows of a table: "
                "the speed comes from running half of the layers.",
     .see = "distillation: how it was taught\n97-60-40: what it keeps\nbert: its teacher",
     .sources = "Sanh, Debut, Chaumond and Wolf 2019, DistilBERT, a distilled version of BERT, section 3",
     .ask = "Half the layers, but not half the parameters: why? | The token table, 23 million, is as large as before.",
     .more = "The student starts from every second layer of the teacher. Its loss has three parts: the teacher's softened probabilities, masked language "
             "modelling, and the cosine between hidden states of both. Next sentence prediction, pooler and segments were left out."},
    {.id = "pre-training",
     .title = "Pre-training",
     .names = "general training",
     .what = "The long first part of a model's education, on raw text that nobody had to label, before any particular job is known.",
     .picture = "The academy that every detective passes through before joining a squad. It breaks in one place: no teacher marks the work, "
                "the text itself is the answer sheet.",
     .formula = "labels = share hidden x tokens",
     .symbols = "share: of the tokens that are hidden and must be guessed\ntokens: of raw text",
     .inputs = "tokens = 1000: raw text\nshare = 0.15: hidden and guessed",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double tokens = static_cast<double>(in.integer("tokens", 1, 1000000000000)), share = in.probability("share");
           out.step(str("{:.10g} x {:.6g} = {:.10g} questions with known answers, for no labelling at all", tokens, share, tokens * share));
           out.step(str("a model that predicts every next token gets {:.10g}", tokens - 1));
           out.answer("labels", tokens * share);
         },
     .turn = "share=1: every word hidden, every word a question, and nothing left to guess from.",
     .commands = "grimoire train --model bert --data wiki.txt --tokenizer tok --out runs/bert",
     .mistake = "People say that pre-training is unsupervised; in fact it is supervised learning whose labels come free with the text, "
                "which is why it is called self-supervised.",
     .see = "mlm: where the labels come from\nlanguage-modelling: the other source\nfine-tuning: what follows",
     .sources = "Devlin et al. 2019, BERT, section 3.1\nHoward and Ruder 2018, Universal Language Model Fine-tuning, section 3.1",
     .ask = "How many questions does a masked model draw from 2,000 tokens at 15 %? | 300.",
     .more = "It pays because text is plentiful and labels are dear: BERT read 3.3 billion words, while its downstream tasks have from 2,500 to 393,000 "
             "labelled "
             "examples. What is learned in the first part is shared by all of the second parts."},
    {.id = "mlm",
     .title = "Masked language modelling",
     .names = "[MASK]\n\nmasked language model\nmasked language modeling\nmasked LM",
     .what = "Teaching a model to read by hiding some words of a text and letting it guess them from both sides.",
     .picture = "A detective with a letter in which some words are blacked out, and clues on either side of each. A real detective is not also "
                "shown false words without a warning; the model is.",
     .formula = "loss = mean over chosen t of -log P(w_t given the damaged text)",
     .symbols = "t: a chosen place\nw_t: the true token there\nchosen: 15 % of the places, drawn at random",
     .inputs = "tokens = 1000: of the text\nchosen = 0.15: share that is to be guessed\nsplit = 0.8,0.1,0.1: of these: hidden, exchanged, kept",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double all = static_cast<double>(in.integer("tokens", 1, 1000000000)) * in.probability("chosen");
           const std::vector<double> split = in.probabilities("split");
           if (split.size() != 3) in.refuse("split", "three shares: hidden, exchanged, kept");
           const char* const what[] = {"become [MASK]", "become a random token", "stay as they are"};
           out.step(str("chosen, and all of them count in the loss: {:.8g}", all));
           for (size_t i = 0; i < 3; ++i) out.answer(what[i], all * split[i]);
           out.show(Bars{"", {"[MASK]", "random", "kept"}, {all * split[0], all * split[1], all * split[2]}});
         },
     .turn = "split=1,0,0: simpler, but then the model meets [MASK] in training only and never at work.",
     .commands = "grimoire train --model bert --data wiki.txt --tokenizer tok --out runs/bert",
     .code = "src/grimoire/task/mlm_data.h: MlmExamples",
     .mistake = "People say that 15 % of the words become [MASK]; in fact 15 % are chosen, and of these 80 % become [MASK], 10 % a random "
                "word, 10 % stay.",
     .see = "pre-training: what it serves\nbidirectional: why hiding is needed\nnsp: BERT's other exercise\nt5: whole spans at once",
     .sources = "Devlin et al. 2019, BERT, section 3.1 and appendix A.1\nTaylor 1953, Cloze procedure: the same test for human readers",
     .ask = "Of 1,000 tokens, how many become [MASK] in BERT's recipe? | 120: 80 % of the 150 chosen.",
     .more = "A model that sees both sides would see the word itself through the others, so plain next-word prediction is no task for it: something has to be "
             "hidden. Random and kept words make it build a good vector at every place, as it cannot tell which ones are honest. Only 15 % "
             "of the tokens give a slope, against all of them in a decoder, so it learns more slowly a step (BERT, appendix C.1)."},
    {.id = "nsp",
     .title = "Next sentence prediction",
     .what = "An exercise in which the model says whether one piece of text really followed another. It was meant to teach how sentences connect.",
     .picture = "A detective with two sheets: neighbours from one notebook, or strangers from two? Mostly the topic gives it away, so little "
                "detecting is needed.",
     .formula = "loss = -log P(the truth: follows or not)",
     .symbols = "share: of the pairs that truly follow, one half in BERT",
     .inputs = "share = 0.5: of the pairs that truly follow",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double share = in.probability("share");
           const std::vector<double> p = {share, 1 - share};
           out.step(str("without reading, the best guess is {:.6g} for 'follows' every time", share));
           out.step(str("its loss is the entropy of ({:.6g}, {:.6g})", p[0], p[1]));
           out.answer("loss of a blind guess, nats", stats::entropy(p));
           out.answer("accuracy of a blind guess", std::max(p[0], p[1]));
         },
     .turn = "share=.9: the blind loss falls to .325, and 90 % right means nothing was learned.",
     .commands = "grimoire stats entropy --x .5,.5\ngrimoire follows models/bert \"Rain fell.\" \"The street was wet.\"",
     .code = "src/grimoire/task/mlm_data.h: sentence_pairs",
     .mistake = "People say that it judges whether the second sentence makes sense after the first; in fact the wrong ones are random pieces of other "
                "documents, so the topic alone tells: BERT got 97 to 98 % right.",
     .see = "mlm: the exercise that carries\ncls: where the answer is read\nroberta: dropped it\none-or-two-inputs: how a pair looks",
     .sources = "Devlin et al. 2019, BERT, section 3.1\nLiu et al. 2019, RoBERTa, section 4.2\nLan et al. 2020, ALBERT, section 3.1: order instead",
     .ask = "Half of the pairs follow. Which loss has a model that has learned nothing? | ln 2 = .693 nats.",
     .more = "BERT's own ablation (section 5.1) lost points without NSP; RoBERTa, whose single segments were as long as the pairs, lost none. "
             "ALBERT keeps both pieces from one document and asks for their order, which cannot be read off the topic."},
    {.id = "bidirectional",
     .title = "Bidirectional reading",
     .names = "both directions",
     .what = "Letting every word be understood from what comes before and from what comes after.",
     .picture = "\"She walked along the bank ...\" stays open until the sentence goes on \"... and put her money in\". Someone who may read on is "
                "better off, unless the task is to write: then there is no after.",
     .formula = "both: n^2 pairs;   causal: n (n + 1) / 2 pairs",
     .symbols = "n: tokens of the input\npair: one place that looks at another, or at itself",
     .inputs = "n = 5: tokens",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 1, 1000);
           int64_t both = 0, causal = 0;
           for (int64_t t = 0; t < n; ++t) {
             std::string row;
             for (int64_t s = 0; s < n; ++s) ++both, causal += s <= t, row += s <= t ? " x" : " o";
             if (n <= 6) out.step(row + (t ? "" : "   x: seen by both kinds; o: by a bidirectional model only"));
           }
           out.answer("pairs, both directions", static_cast<double>(both));
           out.answer("pairs, causal", static_cast<double>(causal));
         },
     .turn = "double n: both figures grow about fourfold, and the causal share falls towards one half.",
     .commands = "grimoire fill models/bert --text \"The capital of [MASK] is Paris.\"",
     .mistake = "People say that BERT's two directions are the words before and after a sentence; in fact they are those before and after each token, "
                "within one input.",
     .see = "causal-mask: one direction only\nmlm: what makes it trainable\ncontextual-embedding: what it is good for",
     .sources = "Devlin et al. 2019, BERT, sections 1 and 3\nPeters et al. 2018, Deep Contextualized Word Representations (ELMo), section 3.1",
     .ask = "How many pairs does the causal mask leave of four tokens' 16? | 10.",
     .more = "ELMo trained a left-to-right and a right-to-left model and joined their outputs: each half was blind to the other side. In BERT every block "
             "mixes "
             "both, so the second block already sees what the right side means given the left."},
    {.id = "contextual-embedding",
     .title = "Contextual embedding",
     .names = "contextual word vectors\nbank",
     .what = "A word's list of numbers that depends on the sentence it stands in, so that one spelling can mean two things.",
     .picture = "\"Bank\": a static table hands out one printed card for the word; here a clerk writes a new card for each sentence, "
                "after reading all of it.",
     .formula = "h_t = f(w_1 ... w_n)_t,   in the simplest case  h_t = sum_s a_ts x_s",
     .symbols = "x_s: the table's vector of token s\na_ts: how much place t heeds place s; together 1\nh_t: the vector of place t after the layer",
     .inputs = "bank = 1,1: the table's vector\nriver = 2,0: a neighbour in one sentence\ncash = 0,2: a neighbour in another\n"
               "heed = 0.3: weight of the neighbour",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<double> bank = in.numbers("bank", -1e6, 1e6, 1, 100);
           const auto river = in.numbers("river", -1e6, 1e6, bank.size(), bank.size()), cash = in.numbers("cash", -1e6, 1e6, bank.size(), bank.size());
           const double a = in.probability("heed");
           double ab = 0, aa = 0, bb = 0;
           std::string here, there;
           for (size_t i = 0; i < bank.size(); ++i) {
             const double u = (1 - a) * bank[i] + a * river[i], v = (1 - a) * bank[i] + a * cash[i];
             ab += u * v, aa += u * u, bb += v * v;
             if (i < 4) here += str("{}{:.4g}", i ? ", " : "", u), there += str("{}{:.4g}", i ? ", " : "", v);
           }
           if (aa <= 0 || bb <= 0) in.refuse("bank", "vectors whose mixtures are not all zero");
           out.step(str("\"bank\" beside river ({}), beside cash ({})", here, there));
           out.step(str("their cosine, 1 in a static table: {:.6g}", ab / std::sqrt(aa * bb)));
           const char* const source = "weights all-MiniLM-L6-v2, layer 1";
           out.quote("bank: river, cash", 0.8331, source);
           out.quote("bank: cash, loan", 0.9298, source);
         },
     .turn = "heed=0: both are the table's vector again, cosine 1. heed=1: nothing of the word itself is left.",
     .commands = "grimoire features minilm --data texts.csv --word bank --out bank.npy",
     .mistake = "People say that BERT picks one of a word's senses; in fact there is no list of senses: the vector moves by degrees with the sentence.",
     .see = "static-embedding: one vector for all\nself-attention: who does the mixing\nlayer-choice: which layer's vector",
     .sources = "Peters et al. 2018, Deep Contextualized Word Representations\nEthayarajh 2019, How Contextual are Contextualized Word Representations?",
     .ask = "What is the cosine of a word's two vectors in a static table? | 1: it has only one vector.",
     .more = "The figures at the end of the calculation compare the word \"bank\" in sentences about a river, about cash and about a loan: the two money "
             "sentences "
             "agree more. Ethayarajh found that the vectors of one word drift further apart the higher the layer."},
    {.id = "fine-tuning",
     .title = "Fine-tuning",
     .names = "adapt all parameters\n\ntransfer learning",
     .what = "Turning a model that has read much into one that does your job: train it on, a little, with your labelled examples.",
     .picture = "After the academy a detective joins the fraud squad and learns its cases in weeks, not years. Unlike a person, the model can "
                "forget the academy if the course is too harsh.",
     .formula = "W = W_pre-trained - small steps;   new head: C K + K",
     .symbols = "C: width of the model\nK: classes of the new job",
     .inputs = "L = 12: blocks\nC = 768: width\nF = 3072: feed-forward width\nV = 30522: vocabulary\nT = 512: positions\nsegments = 2: kinds\nK = 2: classes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t C = in.integer("C", 1, 100000), K = in.integer("K", 1, 1000000);
           const int64_t body = encoder_parameters(in, out, in.integer("segments", 0, 1000));
           const int64_t old = body + pooler_parameters(in, out), head = C * K + K;
           out.step(str("the new head, C K + K: {}, the only part that starts from chance", with_commas(head)));
           out.answer("parameters that are trained", static_cast<double>(old + head));
         },
     .turn = "K=100: even then the head is a thousandth of the model.",
     .commands = "grimoire finetune minilm --task classify --data a.csv --out runs/a",
     .mistake = "People say that only the new head is trained; in fact fine-tuning moves all the weights, which is why its learning rate is small. "
                "With the body frozen it is feature extraction.",
     .see = "pre-training: what came before\nfeature-extractor: the body stays fixed\nlora: a small share is trained",
     .sources = "Devlin et al. 2019, BERT, section 3.2 and appendix A.3: 2e-5 to 5e-5, 2 to 4 epochs\n"
                "Howard and Ruder 2018, Universal Language Model Fine-tuning",
     .ask = "How many weights has a new two-class head on a model 768 wide? | 768 x 2 + 2 = 1,538.",
     .more = "Small data sets make it unstable: with another seed the score can collapse (BERT large, section 4.1 of its paper). Warm-up, bias correction "
             "in Adam and more epochs cure most of that (Mosbach et al. 2021)."},
    {.id = "one-or-two-inputs",
     .title = "One input or two",
     .names = "single\npair",
     .what = "How a model that takes one row of tokens is given either a text alone or two texts to compare.",
     .picture = "A greeting card: the cover is [CLS], and a divider, [SEP], closes each part, be there one or two.",
     .formula = "[CLS] A [SEP]     or     [CLS] A [SEP] B [SEP]",
     .symbols = "A: the first text\nB: the second, if there is one",
     .inputs = "A = Rain fell!: the first text\nB = The street was wet!: the second",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto a = words_and_marks(in, "A"), b = words_and_marks(in, "B");
           if (a.empty()) in.refuse("A", "a text");
           out.step("one: " + in_a_row(framed(a)));
           out.step("two: " + in_a_row(framed(a, b)));
           out.answer("tokens of the pair", static_cast<double>(framed(a, b).size()));
           out.answer("tokens of A alone", static_cast<double>(framed(a).size()));
         },
     .turn = "give your own two texts; words that the vocabulary lacks would be cut further.",
     .commands = "grimoire tokenize \"a sentence of yours\" --tokenizer models/bert --explain",
     .mistake = "People say that the last [SEP] can be left out; in fact the model has never seen an input without it, so keep it.",
     .see = "cls: the first token\nsep: the divider\nsegment: which part a token is in\nwordpiece: how words are cut",
     .sources = "Devlin et al. 2019, BERT, section 3 and figure 2",
     .ask = "How many tokens are added to a pair of texts? | Three: one [CLS] and two [SEP].",
     .more = "Pairs are for tasks that weigh two texts: does one follow from the other, do they mean the same, does the passage answer the question. "
             "The count here takes words and punctuation marks as tokens, which is right for common words."},
    {.id = "cls",
     .title = "[CLS]",
     .names = "classification token",
     .what = "A made-up first token that stands for the whole input: the classifier on top reads its vector and nothing else.",
     .picture = "The cover of a greeting card. It has no message of its own until somebody has written the summary on it; here that "
                "is what training does.",
     .formula = "logits = W h_0 + b",
     .symbols = "h_0: the last layer's vector at position 0\nW, b: the new head for the classes",
     .inputs = "A = Rain fell!: the text\nunused = 99: lines that the vocabulary reserves after [PAD]",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t unused = in.integer("unused", 0, 1000000);
           const auto row = framed(words_and_marks(in, "A"));
           out.step(in_a_row(row));
           out.step(str("an id is a line number: [PAD] 0, unused 1 to {}, [UNK] {}, [CLS] {}", unused, unused + 1, unused + 2));
           out.answer("id of [CLS]", static_cast<double>(unused + 2));
           out.answer("its position", static_cast<double>(std::ranges::find(row, "[CLS]") - row.begin()));
           out.answer("tokens in all", static_cast<double>(row.size()));
         },
     .turn = "make the text longer: [CLS] stays where it is, only [SEP] moves.",
     .commands = "grimoire tokenize \"a sentence of yours\" --tokenizer models/bert --explain",
     .mistake = "People say that [CLS] sums up the text; in fact it does so only after training for that: raw, it is often worse than averaged word vectors.",
     .see = "sep: the other marker\nfine-tuning: what gives it a meaning\ntext-classification: who reads it",
     .sources = "Devlin et al. 2019, BERT, section 3, with its footnote on C\nReimers and Gurevych 2019, Sentence-BERT, table 1",
     .ask = "At which position does [CLS] stand? | 0, always.",
     .more = "As every place attends to every other, any place could collect the summary; a fixed one that carries no word of its own is convenient. "
             "Sentence-BERT found the mean over all places to be the better sentence vector."},
    {.id = "sep",
     .title = "[SEP]",
     .names = "separator",
     .what = "A made-up token that marks where one text ends, so that the model can tell two texts in one row apart.",
     .picture = "The dividers in a greeting card: one closes each part, the last part too.",
     .formula = "[CLS] A [SEP]     or     [CLS] A [SEP] B [SEP]",
     .symbols = "A: the first text\nB: the second, if there is one",
     .inputs = "A = Rain fell!: the first text\nB = The street was wet!: the second\nunused = 99: lines that the vocabulary reserves after [PAD]",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto a = words_and_marks(in, "A"), b = words_and_marks(in, "B");
           const auto one = framed(a), two = framed(a, b);
           const int64_t unused = in.integer("unused", 0, 1000000);
           out.step(in_a_row(two));
           out.step(str("[PAD] 0, unused 1 to {}, [UNK] {}, [CLS] {}, [SEP] {}", unused, unused + 1, unused + 2, unused + 3));
           out.answer("id of [SEP]", static_cast<double>(unused + 3));
           out.answer("in a single text", places_of(one, "[SEP]"));
           out.answer("in a pair", places_of(two, "[SEP]"));
           out.answer("position of the first", static_cast<double>(std::ranges::find(two, "[SEP]") - two.begin()));
           out.answer("position of the last", static_cast<double>(two.size() - 1));
         },
     .turn = "lengthen A: both move. Lengthen B: only the last one does.",
     .commands = "grimoire tokenize \"a sentence of yours\" --tokenizer models/bert --explain",
     .mistake = "People say that BERT has three special tokens; in fact there are five: [PAD], [UNK], [CLS], [SEP] and [MASK].",
     .see = "cls: the first token\nsegment: the same told in every place\none-or-two-inputs: the whole row",
     .sources = "Devlin et al. 2019, BERT, section 3\nClark et al. 2019, What Does BERT Look At?, section 3.2",
     .ask = "How many [SEP] has a pair of texts? | Two.",
     .more = "Many heads of the trained model put most of their attention on [SEP] when they have nothing to report (Clark et al. 2019): the token serves as a "
             "resting place, as the first token does in decoders."},
    {.id = "segment",
     .title = "Segment embedding",
     .names = "token type",
     .what = "Telling the model for every token whether it belongs to the first text or to the second.",
     .picture = "Two pens: part A of the row is underlined in one colour, part B in the other.",
     .formula = "input_t = E[w_t] + P[t] + S[s_t]",
     .symbols = "s_t: 0 up to the first [SEP], then 1\nE, P, S: tables of tokens, positions, segments",
     .inputs = "A = Rain fell!: the first text\nB = The street was wet!: the second",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto row = framed(words_and_marks(in, "A"), words_and_marks(in, "B"));
           const auto zeros = std::ranges::find(row, "[SEP]") - row.begin() + 1;
           std::vector<std::string> kinds(row.size(), "0");
           for (size_t t = static_cast<size_t>(zeros); t < row.size(); ++t) kinds[t] = "1";
           out.step(in_a_row(row));
           out.step(in_a_row(kinds));
           out.answer("zeros", static_cast<double>(zeros));
           out.answer("ones", static_cast<double>(row.size()) - static_cast<double>(zeros));
         },
     .turn = "give only short texts: [CLS] and the first [SEP] are always among the zeros.",
     .commands = "grimoire tokenize \"a sentence of yours\" --tokenizer models/bert --explain",
     .mistake = "People say that segments mark sentences; in fact each is any stretch of text, and there are just two, however many sentences they hold.",
     .see = "sep: the marker between them\nembedding: the first of the three tables\nlearned-position: the second\ndistilbert: does without",
     .sources = "Devlin et al. 2019, BERT, section 3 and figure 2",
     .ask = "Which segment number has [CLS]? | 0.",
     .more = "The second table costs 2 x 768 numbers of 109 million, so leaving it out, as RoBERTa and DistilBERT do, saves nothing that can be measured: "
             "[SEP] alone tells the parts apart well enough."},
    {.id = "feature-extractor",
     .title = "Feature extractor",
     .names = "frozen features",
     .what = "Using a big model only to turn texts into numbers, and training a small, cheap model on those numbers.",
     .picture = "A taster writes a flavour profile of every dish, and a plain cook works from the profiles. The taster never learns the cook's wishes: "
                "that is what this way gives up.",
     .formula = "h = BERT(x), fixed;   y = softmax(W h + b)",
     .symbols = "h: C numbers for each token, or for the text\nW, b: all that is trained: C K + K weights\nK: classes",
     .inputs = "C = 768: width of the big model\nK = 2: classes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t C = in.integer("C", 1, 1000000), K = in.integer("K", 1, 1000000);
           out.step(str("weights {} x {} = {}, biases {}", C, K, with_commas(C * K), K));
           out.answer("numbers a token", static_cast<double>(C));
           out.answer("weights trained", static_cast<double>(C * K + K));
         },
     .turn = "K=1000: three quarters of a million weights, still under one per cent of the model.",
     .commands = "grimoire fit --model logistic --data X.npy --target 768 --out head.model\n"
                 "grimoire features minilm --data a.csv --pool mean --out X.npy",
     .mistake = "People say that frozen features are a poor substitute; in fact on CoNLL-2003 BERT's four last layers, frozen, came within .3 F1 of "
                "fine-tuning.",
     .see = "fine-tuning: everything is trained\nprecompute-saving: why it is cheap\nlayer-choice: which numbers to take",
     .sources = "Devlin et al. 2019, BERT, section 5.3 and table 7\nPeters, Ruder and Smith 2019, To Tune or Not to Tune?",
     .ask = "How many weights does a 3-class linear head on 768 features have? | 768 x 3 + 3 = 2,307.",
     .more = "It wins where there are few labels, many tasks on one corpus, or no GPU. Fine-tuning wins where the task asks for what pre-training did not "
             "need, "
             "such as the similarity of sentences."},
    {.id = "precompute-saving",
     .title = "Precomputed features",
     .names = "compute once",
     .what = "Running the big model over the texts once and keeping its output, so that every later experiment costs next to nothing.",
     .picture = "One flavour profile, written once, serves many kitchens. It has to be written again if the taster changes: features are tied to "
                "the frozen model.",
     .formula = "runs x epochs x (forward + backward)     against     1 forward",
     .symbols = "forward: one pass over all texts, cost 1\nbackward: the slopes, about 2 more\nruns: experiments that are tried",
     .inputs = "runs = 10: experiments\nepochs = 3: passes over the data in each\ncost = 3: of one training pass, in forward passes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const double runs = static_cast<double>(in.integer("runs", 1, 1000000)), epochs = static_cast<double>(in.integer("epochs", 1, 1000000));
           const double tuned = runs * epochs * in.number("cost", 1, 1000), once = 1;
           out.step(str("fine-tuning: {:.8g} runs x {:.8g} epochs x {:.6g} = {:.8g} forward passes", runs, epochs, tuned / runs / epochs, tuned));
           out.step(str("frozen: {:.8g}, whatever is tried afterwards: {:.4g} % of it", once, 100 * once / tuned));
           out.answer("forward passes, fine-tuning", tuned);
           out.answer("forward passes, frozen features", once);
         },
     .turn = "runs=1, epochs=1: even a single pass of training costs three times as much.",
     .commands = "grimoire features minilm --data a.csv --pool mean --out X.npy",
     .mistake = "People say that frozen features make answering faster; in fact a new text still needs the whole forward pass: what is saved is training.",
     .see = "feature-extractor: the method\nfine-tuning: the dear way\nbackprop: why training costs about three passes",
     .sources = "Devlin et al. 2019, BERT, section 5.3\nKaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1: backward is twice forward",
     .ask = "Five runs of 2 epochs at cost 3: how many forward passes? | 30, against 1.",
     .more = "The backward pass costs two products for each product of the forward one: one for the slopes of the inputs and one for those of the weights. "
             "The price is space: 768 floats a token are 3 kB, so a million tokens fill 3 GB; pooled, a text needs only one row."},
    {.id = "layer-choice",
     .title = "Choice of layers",
     .names = "which layer\ncombination",
     .what = "Deciding from which depth of a model its features are taken: the last layer, one in the middle, or several together.",
     .picture = "Taste by ingredient, by technique or as a whole: low layers know spelling and word kinds, middle ones grammar, high ones what the exercise of "
                "pre-training needs. The borders are blurred.",
     .formula = "concat: h = (h_L-3, h_L-2, h_L-1, h_L);   sum: h_L-3 + ... + h_L",
     .symbols = "h_l: the output of layer l, C numbers\nL: layers",
     .inputs = "layers = 4: that are put side by side\nC = 768: width",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("layers", 1, 1000), C = in.integer("C", 1, 1000000);
           out.step(str("side by side: {} x {} = {}; summed: {}", n, C, n * C, C));
           out.answer("numbers a token, side by side", static_cast<double>(n * C));
           const char* const source = "Devlin et al. 2019, table 7";
           out.quote("CoNLL dev F1, last four", 96.1, source);
           out.quote("the last layer alone", 94.9, source);
         },
     .turn = "layers=1: the last layer alone, a quarter of the numbers and 1.2 points of F1 less.",
     .commands = "grimoire probe minilm --data a.csv --layers all",
     .mistake = "People say that the last layer is the best, being the deepest; in fact it is bent towards the pre-training task: the one before it, or "
                "several, often do better.",
     .see = "feature-extractor: what they are for\nprobing: finding out what a layer knows\ncontextual-embedding: one word through the layers",
     .sources = "Devlin et al. 2019, BERT, table 7\nTenney, Das and Pavlick 2019, BERT Rediscovers the Classical NLP Pipeline",
     .ask = "How many numbers a token do four layers of width 768 give side by side? | 3,072.",
     .more = "The same table has 95.9 for a weighted sum of the last four, 95.5 for one of all twelve, 95.6 for the last but one and 96.4 for fine-tuning. "
             "A weighted sum whose weights are learned, as in ELMo, lets the task choose for itself."},
    {.id = "97-60-40",
     .title = "97, 60, 40",
     .names = "DistilBERT's figures",
     .what = "Three figures by which a small copy of a model is judged: how much of the score it keeps, how much faster and how much smaller it is.",
     .picture = "A pocket edition that keeps 97 of 100 facts, is read in three fifths of the time and weighs three fifths.",
     .formula = "kept = score_small / score;   speed-up = time / time_small;   size - 1",
     .symbols = "score: GLUE, the mean over tasks\ntime: seconds for one pass over a task on a CPU\nsize: parameters, small over large",
     .inputs = "scores = 77.0,79.5: published GLUE, small and full\nseconds = 410,668: published times\nmillions = 66,110: published sizes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto two = [&](const char* name) { return in.numbers(name, 1e-6, 1e9, 2, 2); };
           const auto score = two("scores"), time = two("seconds"), size = two("millions");
           out.step(str("{:.6g} / {:.6g},  {:.6g} / {:.6g},  {:.6g} / {:.6g} - 1", score[0], score[1], time[1], time[0], size[0], size[1]));
           out.step(str("the time falls by {:.3g} %: a speed-up is not a share of time", 100 * (1 - time[0] / time[1])));
           out.answer("score kept", score[0] / score[1]);
           out.answer("times as fast", time[1] / time[0]);
           out.answer("size, per cent", 100 * (size[0] / size[1] - 1));
         },
     .turn = "seconds=334,668: twice as fast, which is 100 % faster and 50 % less time.",
     .commands = "grimoire distill runs/sst2 --data train.tsv --student-layers 0,2,4 --out DIR",
     .mistake = "People say that 60 % faster means 60 % less time; in fact 668 s became 410 s, which is 1.63 times as fast and 39 % less time.",
     .see = "distilbert: the model\ndistillation: the method",
     .sources = "Sanh et al. 2019, DistilBERT, tables 1 and 3",
     .ask = "From 668 s to 410 s: how many times as fast? | 1.63 times.",
     .more = "The figures hold for one model, one set of tasks and one CPU with batches of one. The 97 % is a mean over nine tasks: on some the "
             "student keeps all of the score, on others it loses far more than three points."},
};

}  // namespace

const Family kBert = {"bert", "BERT and its tasks", kConcepts};

}  // namespace grim::learn
