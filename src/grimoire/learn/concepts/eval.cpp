// Scores of text: words in a row, how much of a reference is found, and how well a language model predicts.
#include <algorithm>
#include <cmath>
#include <map>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/metric/bleu.h"
#include "grimoire/metric/chrf.h"
#include "grimoire/metric/perplexity.h"
#include "grimoire/metric/rouge.h"
#include "grimoire/metric/seqeval.h"
#include "grimoire/metric/significance.h"
#include "grimoire/metric/squad.h"
#include "grimoire/metric/ter.h"
#include "grimoire/task/choices.h"
#include "grimoire/text/text_size.h"
#include "grimoire/train/rolling.h"

namespace grim::learn {
namespace {

using Grams = std::map<std::string, int64_t>;

Grams grams_of(const std::vector<std::string>& words, size_t n) {
  Grams counts;
  for (size_t i = 0; i + n <= words.size(); ++i) {
    std::string gram = words[i];
    for (size_t j = 1; j < n; ++j) gram += " " + words[i + j];
    ++counts[gram];
  }
  return counts;
}

std::vector<std::string> sentence(const Inputs& in, std::string_view name) {
  std::vector<std::string> words = in.words(name, 1);
  if (words.size() > 2000) in.refuse(name, "at most 2000 words");
  return words;
}

const Concept kConcepts[] = {
    {.id = "n-gram",
     .title = "n-gram",
     .names = "word runs",
     .what = "A run of n neighbouring words or letters. Counting such runs is the simplest way to say what a text is like.",
     .picture = "A window n words wide that slides over the text one word at a time.",
     .formula = "words w_1 ... w_T have T - n + 1 n-grams",
     .symbols = "n: length of the run; 1 unigram, 2 bigram, 3 trigram\nT: words in the text",
     .inputs = "text = the cat sat: words with blanks between them\nn = 2: length of a run",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<std::string> words = sentence(in, "text");
           const int64_t n = in.integer("n", 1, 20);
           double all = 0;
           std::string list;
           for (const auto& [gram, count] : grams_of(words, static_cast<size_t>(n))) {
             if (list.size() < 50) list += str("{}\"{}\"{}", list.empty() ? "" : ", ", gram, count > 1 ? str(" x {}", count) : "");
             all += static_cast<double>(count);
           }
           out.step(str("{} words, so {} - {} + 1 runs of {}", words.size(), words.size(), n, n));
           if (!list.empty()) out.step(str("{}", list));
           out.answer("n-grams", all);
         },
     .turn = "n = 4: longer than the text, so there is none.",
     .commands = "grimoire train --model bigram --data names.txt --out runs/bigram",
     .code = "src/grimoire/model/bigram.cpp",
     .mistake = "People say that n-grams are words with gaps, or any n words; in fact they stand side by side and in order.",
     .see = "bigram: a model out of pairs\nbleu: matches of n-grams\nsubword: n-grams of letters",
     .sources = "Shannon 1948, A Mathematical Theory of Communication, section 3\n"
                "Jurafsky and Martin 2024, Speech and Language Processing (draft), chapter 3",
     .ask = "How many trigrams has a sentence of 10 words? | 8.",
     .more = "Shannon drew texts from letter and word n-grams and saw them come closer to English with n. A model on them keeps a count for each run, "
             "and with n most runs are seen once or never, so counts must be smoothed or backed off to shorter runs. Scores such as BLEU and ROUGE "
             "compare the n-grams of two texts; what counts as a word, and whether case matters, must be said with the score."},
    {.id = "bleu",
     .title = "BLEU",
     .names = "MT score",
     .what = "Scores a translation by how many of its word runs also stand in a translation made by people. Between 0 and 1, often given times 100.",
     .picture = "Comparing a pupil's dictation with the text by overlapping snippets of one to four words. It breaks for a good sentence in other words.",
     .formula = "BLEU = BP (p_1 p_2 p_3 p_4)^(1/4),   BP = min(1, e^(1 - r/c))",
     .symbols = "p_n: share of n-grams that match one in the reference, each used only once\nr, c: words of reference and candidate\nBP: brevity penalty",
     .inputs = "candidate = the cat sat on the mat: what is judged\nreference = the cat sat on a mat: what people wrote",
     .compute =
         [](const Inputs& in, Worked& out) {
           sentence(in, "candidate"), sentence(in, "reference");  // refuses what is empty or too long
           const Bleu bleu({.tokenizer = BleuTokenizer::none, .smoothing = BleuSmoothing::none});
           const std::vector<double> n = bleu.count({in.text("candidate")}, std::vector<Lines>{{in.text("reference")}}).sums();
           const Bleu::Score s = bleu.explain(n);
           out.step(str("p_1 to p_4: {}/{}, {}/{}, {}/{}, {}/{}", n[2], n[6], n[3], n[7], n[4], n[8], n[5], n[9]));
           out.step(str("{} words for {}: brevity penalty {:.6g}", s.hypothesis_length, s.reference_length, s.brevity_penalty));
           if (s.precision.back() == 0) out.step("one of them is 0, so the score is 0: single sentences need smoothing");
           out.answer("BLEU", s.bleu / 100);
         },
     .turn = "cut the candidate to \"the cat sat on\": every run matches, and the brevity penalty takes its toll.",
     .commands = "grimoire score bleu --hyp hyp.txt --ref ref.txt",
     .code = "src/grimoire/metric/bleu.cpp: Bleu::explain",
     .mistake = "People say that it compares n-grams and that is it; in fact a match uses the reference's n-gram up, four lengths are "
                "joined by a geometric mean, short output is fined, and it is counted over a whole corpus.",
     .see = "n-gram: what is counted\ngeometric-mean: how it is joined\nrouge: recall instead\nmachine-translation: what is judged",
     .sources = "Papineni, Roukos, Ward and Zhu 2002, BLEU: a Method for Automatic Evaluation of Machine Translation, sections 2.1 to 2.3\n"
                "Post 2018, A Call for Clarity in Reporting BLEU Scores",
     .ask = "Candidate \"the the the\", reference \"the cat\": what is p_1? | 1/3.",
     .more = "Counting no n-gram more often than the reference has it is called clipping. A corpus score adds up matches and totals over all "
             "sentences before dividing; the mean of sentence scores is another number. Tokenisation "
             "and case change it by points, so scores are comparable only with the same signature (Post 2018; sacrebleu). It correlates with people's "
             "judgement between systems, weakly for single sentences, and hardly for strong systems that differ in style; learned metrics such as COMET "
             "do better there (Freitag et al. 2022), and many call for an end of BLEU as the only figure."},
    {.id = "rouge",
     .title = "ROUGE",
     .names = "summary score",
     .what = "Scores a summary by how much of a summary written by people it contains.",
     .picture = "Ticking off a shopping list: what counts is how much of the list is in the bag. It breaks for someone who buys the whole shop; hence "
                "precision beside it.",
     .formula = "R = matches / n-grams of the reference,   P = matches / n-grams of the summary\nF = 2 P R / (P + R)",
     .symbols = "matches: n-grams in both, each one of the reference used only once\nR, P, F: from 0 to 1",
     .inputs = "summary = the cat sat: what is judged\nreference = the cat sat on the mat: what people wrote\nn = 1: length of the runs",
     .compute =
         [](const Inputs& in, Worked& out) {
           sentence(in, "summary"), sentence(in, "reference");  // refuses what is empty or too long
           const auto n = static_cast<int>(in.integer("n", 1, 9));
           const size_t given = rouge_words(in.text("summary"), Stemming::none).size(), words = rouge_words(in.text("reference"), Stemming::none).size();
           if (words < static_cast<size_t>(n)) in.refuse("n", "runs that fit into the reference");
           const std::string_view reference = in.text("reference");
           const PrecisionRecall s = rouge({RougeKind::By::runs, n}, in.text("summary"), std::span(&reference, 1), Stemming::none);
           const double wanted = static_cast<double>(words - static_cast<size_t>(n) + 1);
           out.step(str("{} words of a to z and 0 to 9 for {}: {:.6g} runs in both", given, words, std::round(s.recall * wanted)));
           out.step(str("recall {:.6g}, precision {:.6g}", s.recall, s.precision));
           out.answer("recall", s.recall);
           out.answer("F", s.f1());
           out.answer("precision", s.precision);
         },
     .turn = "write the summary twice: the recall rises only as far as the reference has the words again.",
     .commands = "grimoire score rouge --hyp hyp.txt --ref ref.txt",
     .code = "src/grimoire/metric/rouge.cpp: rouge",
     .mistake = "People say that ROUGE is one number; in fact it is a family: ROUGE-N began as recall of n-grams, ROUGE-L uses the longest common "
                "subsequence, and today F is mostly reported.",
     .see = "n-gram: what is counted\nbleu: precision first\nharmonic-mean: behind F\nsummarization: what is judged",
     .sources = "Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries",
     .ask = "The reference has 8 words, the summary 4, all of them in it: what are recall and precision of ROUGE-1? | .5 and 1.",
     .more = "The original package could stem words and leave out stop words, and re-implementations differ in both, so a score should name its program "
             "and settings. A summary may repeat the reference's words and state the opposite; ROUGE cannot see it. Simply taking the first sentences of "
             "a news text (lead) is a hard baseline by this measure."},
    {.id = "chrf",
     .title = "chrF",
     .names = "chrF++\ncharacter F-score",
     .what = "Scores a translation by the runs of letters it shares with one made by people, so that a wrong ending costs a little and not the whole word.",
     .picture = "Marking a dictation letter by letter instead of word by word. It breaks for words of like letters and other meaning.",
     .formula = "chrF = (1 + b^2) P R / (b^2 P + R)",
     .symbols = "P, R: precision and recall of runs of letters, means over lengths 1 to 6\nb: 2, so that recall counts twice",
     .inputs = "candidate = the cats sit on mats: what is judged\nreference = the cat sits on a mat: what people wrote",
     .compute =
         [](const Inputs& in, Worked& out) {
           sentence(in, "candidate"), sentence(in, "reference");  // refuses what is empty or too long
           const Chrf plain, plus({.word_order = 2});
           const Lines reference = {in.text("reference")};
           const std::vector<double> n = plain.count({in.text("candidate")}, std::vector<Lines>{reference}).sums();
           out.step(str("single letters: {} of {} are in the reference, which has {}", n[2], n[0], n[1]));
           out.step(str("runs of 6: {} of {}, the reference has {}", n[17], n[15], n[16]));
           out.answer("chrF", plain.sentence(in.text("candidate"), reference));
           out.answer("chrF++", plus.sentence(in.text("candidate"), reference));
         },
     .turn = "candidate = the cat sits on mats: one letter changes many runs.",
     .commands = "grimoire score chrf --hyp hyp.txt --ref ref.txt --word-order 2",
     .code = "src/grimoire/metric/chrf.cpp: Chrf::score",
     .mistake = "People say that letters cannot judge a sentence; in fact chrF follows people's judgement better than BLEU in most languages, above all "
                "where words have many endings.",
     .see = "bleu: runs of words\nharmonic-mean: behind F\nmachine-translation: what is judged",
     .sources = "Popovic 2015, chrF: character n-gram F-score for automatic MT evaluation\nPopovic 2017, chrF++: words helping character n-grams",
     .ask = "Which counts more in chrF with b = 2, recall or precision? | Recall, twice as much.",
     .more = "Blanks are left out, so it needs no tokenizer. chrF++ joins runs of one and two words to the means. Lengths of which one side has no run are "
             "left out; the first program counted them as next to nothing instead, so that short sentences scored lower."},
    {.id = "ter",
     .title = "TER",
     .names = "translation edit rate",
     .what = "How many corrections a translation needs to become one made by people, for every hundred words of that one. Lower is better.",
     .picture = "A proof-reader who strikes out, writes in, replaces, and moves whole phrases with one arrow; each stroke costs the same.",
     .formula = "TER = 100 (insertions + deletions + replacements + shifts) / r",
     .symbols = "shift: a run of words moved elsewhere, as one edit\nr: words of the reference",
     .inputs = "candidate = on the mat the cat sits: what is judged\nreference = the cat sat on the mat: what people wrote",
     .compute =
         [](const Inputs& in, Worked& out) {
           const size_t words = sentence(in, "candidate").size();
           sentence(in, "reference");
           const Ter ter;
           const std::vector<double> n = ter.count({in.text("candidate")}, std::vector<Lines>{{in.text("reference")}}).sums();
           out.step(str("{} words against {}", words, n[1]));
           out.answer("edits", n[0]);
           out.answer("TER", ter.score(n));
         },
     .turn = "candidate = the cat sat: three words are missing, three edits.",
     .commands = "grimoire score ter --hyp hyp.txt --ref ref.txt",
     .code = "src/grimoire/metric/edit_rate.cpp: translation_edits",
     .mistake = "People say that it is at most 100; in fact a long candidate against a short reference needs more edits than that has words.",
     .see = "bleu: matches instead of edits\nmachine-translation: what is judged",
     .sources = "Snover, Dorr, Schwartz, Micciulla and Makhoul 2006, A Study of Translation Edit Rate with Targeted Human Annotation",
     .ask = "A phrase of five words stands at the wrong place. How many edits? | One shift.",
     .more = "The fewest edits with shifts are hard to find (the problem is NP-complete), so shifts are chosen greedily: of those that put matching words in "
             "their place the one that saves most, until none does. Which are tried is a matter of the program; scores follow Tercom's."},
    {.id = "entity-f1",
     .title = "F1 of spans",
     .names = "seqeval\nspan F1\nentity-level F1\nconlleval",
     .what = "Scores a tagger by whole names: one counts where its type and both its ends are right.",
     .picture = "Cutting cookies: a cookie with a piece missing is broken, however much of it is there.",
     .formula = "P = right / predicted,  R = right / true,  F1 = 2 P R / (P + R)",
     .symbols = "right: spans that stand in both, with type, begin and end\npredicted, true: all spans of either",
     .inputs = "said = B-PER O O B-LOC: a model's tags\ntrue = B-PER I-PER O B-LOC: right ones",
     .compute =
         [](const Inputs& in, Worked& out) {
           const Tags said = sentence(in, "said"), right = sentence(in, "true");
           if (said.size() != right.size()) in.refuse("said", str("{} tags, as many as true has", right.size()));
           const SeqevalScores s = seqeval(std::span(&right, 1), std::span(&said, 1));
           out.step(str("{} spans, {} predicted, {} right", s.micro.support, s.micro.predicted, s.micro.right));
           out.answer("F1", s.micro.f1);
           out.answer("precision", s.micro.precision);
           out.answer("recall", s.micro.recall);
           out.answer("share of tags that are right", s.accuracy());
         },
     .turn = "said = I-PER I-PER O B-LOC: by default an I begins a name too.",
     .commands = "grimoire score seqeval --hyp said.conll --ref right.conll --scheme IOB2",
     .code = "src/grimoire/metric/seqeval.cpp: seqeval",
     .mistake = "People say that half a name is half right; in fact it is wrong twice: a name is missed and a false one is given.",
     .see = "ner: what is judged\nprecision: its parts\nharmonic-mean: behind F1",
     .sources = "Tjong Kim Sang and De Meulder 2003, Introduction to the CoNLL-2003 Shared Task, section 2.4",
     .ask = "Every name is found, each one word too long. What is F1? | 0.",
     .more = "Programs differ in what they make of tags that break the rules: conlleval, and seqeval by default, begin a span at any I; strictly, a span must "
             "be well formed in its scheme. Scores are comparable when the reading is the same. Micro adds the spans up, macro is the mean over types."},
    {.id = "exact-match",
     .title = "Exact match and F1 of words",
     .names = "EM\nSQuAD F1\ntoken F1",
     .what = "Scores an answer by whether it is the right one, and by how many words the two share.",
     .picture = "A quiz master with a card: the same words are right, and for half of them there is half a point.",
     .formula = "EM = [a = b],   F1 = 2 P R / (P + R)",
     .symbols = "a, b: given and right answer without case, punctuation, articles\nP, R: shares of a's and b's words that both have",
     .inputs = "given = in the summer of 1969: a model's answer\nright = July 1969: reference",
     .compute =
         [](const Inputs& in, Worked& out) {
           sentence(in, "given"), sentence(in, "right");
           const std::string &given = in.text("given"), &right = in.text("right");
           out.step(str("\"{:.60s}\"", normalized_answer(given)));
           out.step(str("\"{:.60s}\"", normalized_answer(right)));
           out.answer("F1", answer_f1(given, right));
           out.answer("exact match", same_answer(given, right) ? 1.0 : 0.0);
         },
     .turn = "given = The July, 1969!: F1 1 and an exact match.",
     .commands = "grimoire score squad --hyp predictions.json --ref dev-v2.0.json\ngrimoire score exact-match --hyp answers.txt --ref right.txt --squad",
     .code = "src/grimoire/metric/squad.cpp: normalized_answer, answer_f1",
     .mistake = "People say that F1 rewards an understanding of the answer; in fact \"not in 1969\" and \"in 1969\" share all words but one.",
     .see = "question-answering: what is judged\nharmonic-mean: behind F1",
     .sources = "Rajpurkar, Zhang, Lopyrev and Liang 2016, SQuAD: 100,000+ Questions for Machine Comprehension of Text, section 6.1\n"
                "Rajpurkar, Jia and Liang 2018, Know What You Don't Know: Unanswerable Questions for SQuAD",
     .ask = "Given \"1900\", right \"the year 1900\": what is F1? | P = 1, R = 1/2: 2/3.",
     .more = "With several right answers the best one counts. Questions without an answer (SQuAD 2.0) are right when nothing is given; a threshold on how sure "
             "the model is that there is none moves points between the two kinds, and the best one is found on the development set."},
    {.id = "paired-bootstrap",
     .title = "Paired bootstrap",
     .names = "paired bootstrap resampling\nsignificance of BLEU\napproximate randomisation",
     .what = "Tells whether one system beats another or was lucky with these sentences: both are scored again on sentences drawn with repetition.",
     .picture = "Two runners over the same hundred courses, drawn anew a thousand times. It cannot show courses of a kind that was never run.",
     .formula = "p = (1 + samples with |d*| - mean |d*| > |d|) / (1 + samples)",
     .symbols = "d: difference of the scores on all lines\nd*: on a sample of as many lines, the same for both systems",
     .inputs = "new = the cat sat; a dog ran; it is late: lines between semicolons\nold = cats sat; the dog ran; it is late: of the system before\n"
               "reference = the cat sat; a dog ran; it was late: right ones\nseed = 12345: of the draws",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto lines = [&in](std::string_view name) {
             Lines all;
             for (std::string_view line : split(std::string_view(in.text(name)), ';')) all.push_back(trimmed(line));
             return all;
           };
           const Lines reference = lines("reference");
           for (const char* name : {"new", "old"})
             if (lines(name).size() != reference.size()) in.refuse(name, str("{} lines between semicolons", reference.size()));
           const Chrf chrf;
           const LineCounts fresh = chrf.count(lines("new"), std::span(&reference, 1)), old = chrf.count(lines("old"), std::span(&reference, 1));
           const PairedResult r = paired_bootstrap(chrf, old, fresh, {.seed = static_cast<uint64_t>(in.integer("seed", 0, 1000000000))});
           out.step(str("1000 samples of {} lines", reference.size()));
           out.answer("chrF of the new one", chrf.score(fresh.sums()));
           out.answer("of the old one", chrf.score(old.sums()));
           out.answer("p", r.p);
         },
     .turn = "old = the same as new: no difference, and nothing to test.",
     .commands = "grimoire score bleu --hyp new.txt --ref ref.txt --baseline old.txt",
     .code = "src/grimoire/metric/significance.cpp: paired_bootstrap",
     .mistake = "People say that half a point of BLEU is progress; in fact on a few hundred lines as much comes about by drawing others.",
     .see = "bootstrap: for one sample\np-value: what it says\npermutation-test: labels exchanged instead",
     .sources = "Koehn 2004, Statistical Significance Tests for Machine Translation Evaluation, section 4\n"
                "Riezler and Maxwell 2005, On Some Pitfalls in Automatic Evaluation and Significance Testing for MT",
     .ask = "Why are the same lines drawn for both systems? | What is hard for one is hard for the other; only the difference matters.",
     .more = "Approximate randomisation tosses a coin for each line and exchanges what the systems wrote; a difference larger than the real one is a hit. It "
             "assumes less and rejects a little less often (Riezler and Maxwell). Neither says anything of other kinds of text."},
    {.id = "bits-per-byte",
     .title = "Bits per byte",
     .names = "BPB\nbits a byte\nword perplexity\nbyte perplexity",
     .what = "How many bits a model needs for each byte of a text. It compares models whatever their tokens are.",
     .picture = "Fuel for a hundred kilometres instead of for a trip: trips differ from car to car, kilometres do not.",
     .formula = "BPB = nats / (bytes ln 2),   perplexity by word = e^(nats / words)",
     .symbols = "nats: -sum ln p over all tokens of the text\nbytes: of the text in UTF-8\nwords: runs between white space",
     .inputs = "text = the café closes: what was predicted\nnats = 12: its tokens together\ntokens = 4: that a model cuts it into",
     .compute =
         [](const Inputs& in, Worked& out) {
           const TextSize size = text_size(in.text("text"));
           if (size.words == 0) in.refuse("text", "a word or more");
           const Perplexity p{.nats = in.number("nats", 0, 1e4), .tokens = in.integer("tokens", 1, 1'000'000), .words = size.words, .bytes = size.bytes};
           out.step(str("{} words, {} bytes, {} tokens", p.words, p.bytes, p.tokens));
           out.answer("bits a byte", p.byte_bits());
           out.answer("perplexity by token", p.by_token());
           out.answer("perplexity by word", p.by_word());
         },
     .turn = "tokens = 8 with the same nats: the perplexity by token falls from 20 to 4.5, and nothing else moves.",
     .commands = "grimoire eval runs/gpt --data input.txt",
     .code = "src/grimoire/metric/perplexity.h: Perplexity\nsrc/grimoire/text/text_size.h: text_size",
     .mistake = "People say that the model with the lower perplexity predicts better; in fact a finer tokenizer makes more and easier tokens out of the same "
                "text, and lowers it without knowing more.",
     .see = "perplexity: by token\ntokenization: what decides how many there are\nnll: what is added up",
     .sources = "Gao et al. 2020, The Pile: An 800GB Dataset of Diverse Text for Language Modeling, section 3.1",
     .ask = "A model spends 800 bits on 400 bytes. How many bits a byte? | 2.",
     .more = "It is also what a compressor reaches that codes by the model: 8 bits a byte are no compression. A language whose letters take two or three "
             "bytes has fewer bits a byte at the same skill, so that it compares models, not languages."},
    {.id = "strided-perplexity",
     .title = "Strided perplexity",
     .names = "sliding window perplexity\nrolling log-likelihood\nstride",
     .what = "The perplexity of a text longer than the context, by windows that overlap: of each only the last tokens are counted.",
     .picture = "Judging a reader by the second half of each page alone, when he has read the first.",
     .formula = "windows = 1 + ceil((N - 1 - M) / S)",
     .symbols = "N: tokens of the text, longer than M\nM: context, the tokens of a window\nS: stride, those that are counted; S = M is blocks end to end",
     .inputs = "tokens = 12: of the text\ncontext = 6: of a window\nstride = 2: counted of each but the first",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t targets = in.integer("tokens", 2, 100'000) - 1, context = in.integer("context", 1, 100'000), stride = in.integer("stride", 1, context);
           const std::vector<RollingWindow> windows = rolling_windows(targets, context, stride);
           const int64_t width = std::min(context, targets);
           double before = 0;
           for (const RollingWindow& w : windows) {
             before += static_cast<double>(w.counted * (2 * width - w.counted + 1)) / 2;  // width - counted + 1 + ... + width
             if (out.steps().size() < 5) out.step(str("from token {}: {} read, the last {} predicted are counted", w.start + 1, width, w.counted));
           }
           out.answer("windows", static_cast<double>(windows.size()));
           out.answer("tokens before a counted one, in the mean", before / static_cast<double>(targets));
         },
     .turn = "stride = 6: half the windows, and 3.7 tokens to go by instead of 4.5. stride = 1: a window for nearly every token.",
     .commands = "grimoire eval runs/gpt --data input.txt --stride 32",
     .code = "src/grimoire/train/rolling.cpp: rolling_windows",
     .mistake = "People say that a model has one perplexity on a text; in fact the same weights get a better one with a smaller stride. Figures compare "
                "only where context and stride are the same.",
     .see = "perplexity: what is measured\nbits-per-byte: the same by another unit",
     .sources = "Press, Smith and Lewis 2021, Shortformer: Better Language Modeling using Shorter Inputs",
     .ask = "Why do blocks end to end make a model look worse? | The first tokens of each block are predicted from almost nothing.",
     .more = "It costs M / S times the work. S of a half or a quarter of M gives most of the gain."},
    {.id = "acc-norm",
     .title = "Accuracy by likelihood, and acc_norm",
     .names = "multiple choice\nlength-normalised accuracy\nacc_norm\nacc_bytes",
     .what = "A language model answers a question of multiple choice by what it finds the likeliest to come next; acc_norm first divides by the length.",
     .picture = "Paying by the word: the longest answer would be the dearest, however good it is.",
     .formula = "acc: argmin_c nats(c)    acc_norm: argmin_c nats(c) / length(c)",
     .symbols = "nats(c): -ln p of the choice's tokens behind the question\nlength: in characters; in bytes for acc_bytes",
     .inputs = "choices = sea ocean-depths 海洋: with blanks between them\nnats = 4,9,4.2: of each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<std::string> choices = in.words("choices", 2);
           const std::vector<double> nats = in.numbers("nats", 0, 1e6);
           if (nats.size() != choices.size()) in.refuse("nats", str("{} numbers, one a choice", choices.size()));
           for (size_t c = 0; c < std::min<size_t>(choices.size(), 5); ++c) {
             const auto bytes = static_cast<double>(choices[c].size());
             out.step(str("{}: {:.6g} nats, {} bytes: {:.6g} a byte", choices[c], nats[c], bytes, nats[c] / bytes));
           }
           const auto chosen = [&](ChoiceUnit by) { return static_cast<double>(likeliest_choice(nats, choices, by) + 1); };
           out.answer("chosen by likelihood", chosen(ChoiceUnit::whole));
           out.answer("by character", chosen(ChoiceUnit::character));
           out.answer("by byte", chosen(ChoiceUnit::byte));
         },
     .turn = "give the second 20 nats: then it is too unlikely even for its length.",
     .commands = "grimoire eval smollm2 --choices questions.jsonl",
     .code = "src/grimoire/task/choices.cpp: likeliest_choice",
     .mistake = "People say that the model writes its answer and is marked; in fact nothing is written: each choice is scored where it stands.",
     .see = "log-likelihood: what is compared\naccuracy: what is reported\nfew-shot: examples before the question",
     .sources = "Brown et al. 2020, Language Models are Few-Shot Learners, section 2.4\nGao et al. 2023, A framework for few-shot language model evaluation",
     .ask = "Which of acc and acc_norm favours short choices? | acc: every further token costs nats.",
     .more = "Which of them is reported is a custom of each benchmark, and they can differ by many points. Lengths are counted in characters or bytes since "
             "tokens are the model's own. Published numbers also depend on what joins question and choice."},
};

}  // namespace

const Family kEval = {"eval", "Scores of text", kConcepts};

}  // namespace grim::learn
