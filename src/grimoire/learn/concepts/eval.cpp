// Scores of text: words in a row, how much of a reference is found, and how well a language model predicts.
#include <algorithm>
#include <cmath>
#include <map>

#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/metric/perplexity.h"
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

// How many of `found` are in `wanted`, none counted more often than it stands there.
int64_t clipped(const Grams& found, const Grams& wanted) {
  int64_t sum = 0;
  for (const auto& [gram, count] : found)
    if (const auto w = wanted.find(gram); w != wanted.end()) sum += std::min(count, w->second);
  return sum;
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
           const std::vector<std::string> candidate = sentence(in, "candidate"), reference = sentence(in, "reference");
           double product = 1;
           std::string shares;
           for (size_t n = 1; n <= 4; ++n) {
             const int64_t right = clipped(grams_of(candidate, n), grams_of(reference, n));
             const int64_t all = candidate.size() >= n ? static_cast<int64_t>(candidate.size() - n + 1) : 0;
             shares += str("{}{}/{}", n > 1 ? ", " : "", right, all);
             product *= all ? static_cast<double>(right) / static_cast<double>(all) : 0;
           }
           const double ratio = static_cast<double>(reference.size()) / static_cast<double>(candidate.size()), bp = std::min(1.0, std::exp(1 - ratio));
           out.step(str("p_1 to p_4: {}", shares));
           out.step(str("geometric mean {:.6g}, brevity penalty {:.6g}", std::pow(product, 0.25), bp));
           if (product == 0) out.step(str("one of them is 0, so the score is 0: single sentences need smoothing"));
           out.answer("BLEU", bp * std::pow(product, 0.25));
         },
     .turn = "cut the candidate to \"the cat sat on\": every run matches, and the brevity penalty takes its toll.",
     .commands = "later: grimoire score bleu --hyp hyp.txt --ref ref.txt",
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
           const std::vector<std::string> summary = sentence(in, "summary"), reference = sentence(in, "reference");
           const auto n = static_cast<size_t>(in.integer("n", 1, 9));
           if (reference.size() < n) in.refuse("n", "runs that fit into the reference");
           const auto right = static_cast<double>(clipped(grams_of(summary, n), grams_of(reference, n)));
           const double wanted = static_cast<double>(reference.size() - n + 1), given = summary.size() >= n ? static_cast<double>(summary.size() - n + 1) : 0;
           const double recall = right / wanted, precision = given > 0 ? right / given : 0;
           out.step(str("recall {:.0f}/{:.0f}, precision {:.0f}/{:.0f}", right, wanted, right, given));
           out.answer("recall", recall);
           out.answer("F", right > 0 ? 2 * precision * recall / (precision + recall) : 0);
           out.answer("precision", precision);
         },
     .turn = "write the summary twice: the recall rises only as far as the reference has the words again.",
     .commands = "later: grimoire score rouge --hyp hyp.txt --ref ref.txt",
     .mistake = "People say that ROUGE is one number; in fact it is a family: ROUGE-N began as recall of n-grams, ROUGE-L uses the longest common "
                "subsequence, and today F is mostly reported.",
     .see = "n-gram: what is counted\nbleu: precision first\nharmonic-mean: behind F\nsummarization: what is judged",
     .sources = "Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries",
     .ask = "The reference has 8 words, the summary 4, all of them in it: what are recall and precision of ROUGE-1? | .5 and 1.",
     .more = "The original package could stem words and leave out stop words, and re-implementations differ in both, so a score should name its program "
             "and settings. A summary may repeat the reference's words and state the opposite; ROUGE cannot see it. Simply taking the first sentences of "
             "a news text (lead) is a hard baseline by this measure."},
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
