// Tasks on text: what goes in, what comes out, and how it is judged in the simplest case.
#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "grimoire/base/softmax.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/metric/classification.h"
#include "grimoire/metric/squad.h"
#include "grimoire/stats/information.h"
#include "grimoire/task/answer_spans.h"
#include "grimoire/task/lexrank.h"
#include "grimoire/text/encoding.h"

namespace grim::learn {
namespace {

// Words that two texts share, each counted as often as it occurs in both.
double shared(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::map<std::string, int64_t> left;
  for (const std::string& word : b) ++left[word];
  double n = 0;
  for (const std::string& word : a)
    if (left[word]-- > 0) ++n;
  return n;
}

std::vector<std::string> up_to(const Inputs& in, std::string_view name, size_t most = 10000) {
  auto words = in.words(name, 1);
  if (words.size() > most) in.refuse(name, str("at most {} words", most));
  return words;
}

// SQuAD's normal form: lower case, no punctuation, no articles.
std::vector<std::string> answer_words(const Inputs& in, std::string_view name) {
  std::vector<std::string> kept;
  for (std::string word : up_to(in, name)) {
    std::erase_if(word, [](unsigned char c) { return c < 128 && std::ispunct(c); });
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return c < 128 ? static_cast<char>(std::tolower(c)) : static_cast<char>(c); });
    if (!word.empty() && word != "a" && word != "an" && word != "the") kept.push_back(word);
  }
  return kept;
}

const Concept kConcepts[] = {
    {.id = "sentiment",
     .title = "Sentiment analysis",
     .what = "Telling whether a text is for or against something: a review praises or pans, a message is pleased or cross.",
     .picture = "A friend who reads the reviews for you and only nods or shakes her head. Irony escapes her now and then.",
     .formula = "accuracy of 'always positive' = positive / rows",
     .symbols = "rows: texts with a label\npositive: how many of them are labelled positive",
     .inputs = "positive = 444: published: SST-2's dev set\nrows = 872: published: SST-2's dev set",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t rows = in.integer("rows", 1, 1000000), positive = in.integer("positive", 0, rows);
           std::vector<double> y(static_cast<size_t>(rows)), always(y.size(), 1.0);
           std::fill_n(y.begin(), positive, 1.0);
           out.step(str("'positive' every time is right for {} of {}", positive, rows));
           out.step(str("'negative' every time is right for {}", rows - positive));
           out.answer("accuracy of always positive", accuracy(y, always));
         },
     .turn = "positive=800: now a model that reads nothing looks excellent. Look at the shares first.",
     .commands = "grimoire finetune minilm --task classify --data a.csv --out runs/a",
     .code = "src/grimoire/metric/classification.cpp: accuracy",
     .mistake = "People say that 90 % accuracy is good; in fact it depends on what blind guessing reaches, so state the share of the largest class beside it.",
     .see = "text-classification: more than two kinds\nfine-tuning: how it is learned\nbase-rate: why shares matter",
     .sources = "Socher et al. 2013, Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank\nWang et al. 2019, GLUE: SST-2's split",
     .ask = "Of 872 texts 444 are positive. How often is 'always positive' right? | In 50.9 % of the cases.",
     .more = "The labels of SST-2 come from film reviews, as people judged them on a scale whose neutral middle was left out; a model trained on it carries "
             "that world with it "
             "when it reads product reviews or tweets. Real texts often praise one thing and pan another, which one label cannot say."},
    {.id = "text-classification",
     .title = "Text classification",
     .names = "topic",
     .what = "Sorting texts into named boxes: topics of news, kinds of request, spam or not.",
     .picture = "The sorting office of a large firm, where each letter goes into one pigeonhole. A letter about two things has to go into one all the same.",
     .formula = "loss = -ln p_right;   blind: -ln (1/K) = ln K",
     .symbols = "K: boxes\np_right: probability that the model gives to the right one",
     .inputs = "K = 4: classes",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t K = in.integer("K", 1, 1000000);
           const double p = 1 / static_cast<double>(K);
           out.step(str("without reading each of {} classes gets {:.6g}", K, p));
           out.step(str("its surprise is ln {} nats; a first loss far above that means a bad start", K));
           out.answer("loss of a blind guess, nats", stats::surprise(p));
           out.answer("accuracy of a blind guess", p);
         },
     .turn = "K=2: ln 2 = .693, the first loss to expect in sentiment analysis.",
     .commands = "grimoire stats entropy --x .25,.25,.25,.25\ngrimoire finetune minilm --task classify --data a.csv --out runs/a",
     .code = "src/grimoire/stats/information.cpp: surprise",
     .mistake = "People say that one model must answer with one class; in fact where several can be true at once it is K yes/no questions, with a sigmoid "
                "each instead of one softmax.",
     .see = "sentiment: two boxes\ncross-entropy: the loss\ncls: where the classifier reads",
     .sources = "Zhang, Zhao and LeCun 2015, Character-level Convolutional Networks for Text Classification: AG News\n"
                "Jurafsky and Martin, Speech and Language Processing, 3rd edition draft, chapter 4",
     .ask = "What loss should a fresh 10-class model show before its first step? | About ln 10 = 2.303 nats.",
     .more = "Counted words and a linear model are hard to beat on topics, since a few words give them away; large models win where order and negation "
             "matter. If the classes "
             "are of unequal size the blind loss is the entropy of their shares, which is less than ln K."},
    {.id = "machine-translation",
     .title = "Machine translation",
     .names = "MT\ntranslation",
     .what = "Writing in one language what was said in another.",
     .picture = "An interpreter who first listens to the whole sentence and then speaks it word by word. There are many good versions, and the judge below "
                "knows one.",
     .formula = "P(y given x) = prod_t P(y_t given y_<t, x);   precision = shared / words of y",
     .symbols = "x: the source text\ny: the translation\nshared: words of y that the reference has too, as often as it has them",
     .inputs = "y = the cat eats fish: the system's\nreference = the dog likes fish: a human's",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto y = up_to(in, "y"), reference = up_to(in, "reference");
           const double n = shared(y, reference), words = static_cast<double>(y.size());
           out.step(str("{:.0f} of the system's {:.0f} words stand in the reference", n, words));
           out.answer("precision of words", n / words);
           out.answer("recall of words", n / static_cast<double>(reference.size()));
         },
     .turn = "y=the the the the: only one \"the\" counts, since the reference has one.",
     .commands = "grimoire finetune flan-t5-f32 --task translate --data de-en.tsv --out A",
     .mistake = "People say that a higher BLEU means a better translation; in fact it compares words with one of many possible versions, and over a whole "
                "corpus: "
                "a good free translation scores low.",
     .see = "bleu: the usual score\nencoder-decoder: the usual model\nsummarization: the same shape",
     .sources = "Papineni et al. 2002, BLEU: a Method for Automatic Evaluation of Machine Translation, section 2.1\n"
                "Sutskever, Vinyals and Le 2014, Sequence to Sequence Learning with Neural Networks",
     .ask = "\"the the cat\" against \"the cat sat\": how many of its three words count? | Two: the, once, and cat.",
     .more = "BLEU takes this precision for runs of one to four words, their geometric mean, and a penalty for texts that are too short; single words "
             "alone, as here, ignore order. "
             "Measures that compare meanings with a trained model follow human judgement more closely (Freitag et al. 2022 on the WMT metrics task)."},
    {.id = "summarization",
     .title = "Summarisation",
     .names = "summary",
     .what = "Making a long text short and keeping what matters.",
     .picture = "Telling a friend about a film in two sentences. Two people would choose different sentences, and one reference knows only one choice.",
     .formula = "recall = shared / words of the reference",
     .symbols = "shared: words of the reference that the summary has too",
     .inputs = "summary = the cat sat: the system's\nreference = the cat sat on the mat: a human's",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto summary = up_to(in, "summary"), reference = up_to(in, "reference");
           const double n = shared(summary, reference), all = static_cast<double>(reference.size());
           const double precision = n / static_cast<double>(summary.size()), recall = n / all;
           out.step(str("{:.0f} of the reference's {:.0f} words are kept", n, all));
           out.answer("recall of words", recall);
           out.answer("precision of words", precision);
           out.answer("F1", n > 0 ? 2 * precision * recall / (precision + recall) : 0.0);
         },
     .turn = "repeat the whole reference and add more: recall 1, which is why F1 or a limit on length belongs to it.",
     .commands = "grimoire summarize --data papers.tsv --by lead --by lexrank\ngrimoire finetune flan-t5-f32 --task summarize --data p.tsv --out A",
     .mistake = "People say that a high score means a true summary; in fact the score counts shared words: one \"not\" more turns the meaning and hardly "
                "moves it.",
     .see = "rouge: the usual score\nlexrank: by the text's own sentences\nbart: a model made for it\nmachine-translation: the same shape",
     .sources = "Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries, section 2\n"
                "Maynez et al. 2020, On Faithfulness and Factuality in Abstractive Summarization",
     .ask = "A summary has 4 of the reference's 10 words. What is its recall? | .4.",
     .more = "Picking whole sentences (extractive) cannot say anything false of its own; writing new ones (abstractive) reads better and can. For news, the "
             "first three sentences are a "
             "baseline that many systems failed to beat: the article was written that way."},
    {.id = "lexrank",
     .title = "LexRank",
     .names = "extractive summary\ncentral sentences",
     .what = "Makes a summary of a text's own sentences: those that the others resemble most.",
     .picture = "A reader who leafs from each sentence to one like it: she comes by the central ones again and again. It breaks where the point is made "
                "once, in words of its own.",
     .formula = "p(s) = d / N + (1 - d) sum_t cos(s, t) / (sum_u cos(u, t)) p(t)",
     .symbols = "cos: of the sentences' words, each weighing tf ln(N / n), as n of N have it\nd: 0.15, a leap to any sentence\np: how central a "
                "sentence is; together 1",
     .inputs = "a = the cat sat on the mat: a sentence\nb = the cat chased a dog on the mat: a sentence\nc = a dog barked: a sentence",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::vector<std::string> sentences;
           for (const char* name : {"a", "b", "c"}) up_to(in, name), sentences.push_back(in.text(name));
           const std::vector<double> p = lexrank(sentences);
           out.step("each step: 0.15 of p to all alike, the rest along the cosines");
           for (size_t i = 0; i < p.size(); ++i) out.answer(str("p({})", std::string(1, "abc"[i])), p[i]);
           out.answer("a summary of one sentence", sentences[central_sentences(p, 1).front()]);
         },
     .turn = "c=the cat sat on the mat: twice the same sentence makes both central, which is why long summaries repeat themselves.",
     .commands = "grimoire summarize --file report.txt --sentences 5\ngrimoire summarize --data papers.tsv --by lead --by lexrank --stem",
     .code = "src/grimoire/task/lexrank.cpp: lexrank",
     .mistake = "People say that it understands what matters; in fact it counts shared words: what is said most often wins, right or wrong.",
     .see = "summarization: the task\nrouge: the usual score",
     .sources = "Erkan and Radev 2004, LexRank: Graph-based Lexical Centrality as Salience in Text Summarization\n"
                "Page, Brin, Motwani and Winograd 1999, The PageRank Citation Ranking",
     .ask = "Three sentences without a common word: how central is each? | 1/3.",
     .more = "p is where the leafing reader is found in the long run, the stationary distribution of a Markov chain; the leap makes it the only one. A word "
             "that all sentences have weighs nothing, since ln(N / N) = 0. The first sentences (lead) are a hard rival wherever writers put the point "
             "first: in news, and in a paper whose abstract comes first."},
    {.id = "question-answering",
     .title = "Question answering",
     .names = "QA\nSQuAD",
     .what = "Finding the answer to a question in a given text, as the stretch of words that holds it.",
     .picture = "A highlighter pen: two marks, where to start and where to stop. What the page does not say cannot be marked.",
     .formula = "span = argmax over i <= j of s_i + e_j;   F1 = 2 P R / (P + R)",
     .symbols = "s_i, e_j: scores of a start at i and an end at j\nP: share of the given words that are right\nR: share of the right words that are given",
     .inputs = "given = in Paris: the model's answer\nright = Paris: the reference",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto given = answer_words(in, "given"), right = answer_words(in, "right");
           const double n = shared(given, right);
           const double P = given.empty() ? 0 : n / static_cast<double>(given.size()), R = right.empty() ? 0 : n / static_cast<double>(right.size());
           out.step(str("{:.0f} shared; {} given, {} right, after case, marks and articles are dropped", n, given.size(), right.size()));
           out.step(str("P = {:.6g}, R = {:.6g}", P, R));
           out.answer("F1", given.empty() && right.empty() ? 1.0 : n > 0 ? 2 * P * R / (P + R) : 0.0);
           out.answer("exact match", given == right ? 1.0 : 0.0);
         },
     .turn = "given=the Paris.: F1 1 and an exact match, as articles and full stops do not count.",
     .commands = "grimoire finetune minilm --task qa --data squad.json --out runs/qa\ngrimoire eval runs/qa --data dev.json",
     .code = "src/grimoire/task/qa.cpp\nsrc/grimoire/metric/squad.cpp: answer_f1",
     .mistake = "People say that such a model understands the question; in fact it scores places in the text: add a sentence with matching words and it "
                "often marks that one.",
     .see = "answer-span: how the marks are set\ndoc-stride: long texts\nno-answer: questions without one\nbert: the usual reader",
     .sources = "Rajpurkar et al. 2016, SQuAD: 100,000+ Questions for Machine Comprehension of Text, section 6.1\n"
                "Jia and Liang 2017, Adversarial Examples for Evaluating Reading Comprehension Systems",
     .ask = "Given \"in the year 1900\", right \"1900\": what is F1, when articles are dropped? | P = 1/3, R = 1: F1 = .5.",
     .more = "With several reference answers the best match counts. SQuAD 2.0 adds questions that the text does not answer: the model then has to mark "
             "[CLS], that is, nothing. "
             "Start and end are two softmaxes over the places; the pair with the best sum wins, with the start not after the end."},
    {.id = "answer-span",
     .title = "Answer span",
     .names = "span score\nstart and end logits",
     .what = "How a reader marks an answer: each token gets a score as its start and one as its end, and the best allowed pair wins.",
     .picture = "Two people each put a finger on a line, one where the answer begins, one where it ends. They are judged together: the end may not "
                "stand before the start.",
     .formula = "answer = argmax of s_i + e_j over i <= j < i + longest\nloss = -(ln softmax(s)_i + ln softmax(e)_j) / 2",
     .symbols = "s_i, e_j: scores of token i as the start and of token j as the end\nlongest: tokens that an answer may have",
     .inputs = "start = .5,2,3,1: a score for each token\nend = .2,1,.5,2.5: likewise\nlongest = 2: tokens",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto start = in.numbers("start"), end = in.numbers("end");
           if (end.size() != start.size()) in.refuse("end", str("{} scores, one for each token", start.size()));
           std::vector<ByteRange> tokens;
           for (uint32_t i = 0; i < start.size(); ++i) tokens.push_back({i, i + 1});
           FoundAnswers found;
           found.add_window(start, end, tokens, 0, {.longest = in.integer("longest", 1, 1000)});
           found.finish();
           for (size_t k = 0; k < std::min<size_t>(3, found.spans.size()); ++k) {
             const ScoredSpan& s = found.spans[k];
             out.step(str("tokens {} to {}: {:.6g} + {:.6g} = {:.6g}", s.bytes.begin, s.bytes.end - 1, start[s.bytes.begin], end[s.bytes.end - 1], s.score));
           }
           out.answer("first token", found.spans[0].bytes.begin);
           out.answer("last token", found.spans[0].bytes.end - 1.0);
           out.answer("score", found.spans[0].score);
           out.answer("probability among the 20 best", found.spans[0].probability);
         },
     .turn = "end=9,1,.5,2.5: the largest end stands at token 0, and the answer shrinks to it.",
     .commands = "grimoire predict runs/qa --question 'Who sang?' --text 'Ada sang.' --best 3",
     .code = "src/grimoire/task/answer_spans.cpp: FoundAnswers::add_window",
     .mistake = "People say to take the best start and the best end; in fact that pair may run backwards, so all pairs that are allowed are compared.",
     .see = "question-answering: the task\nsoftmax: scores to probabilities\nno-answer: a span that is none",
     .sources = "Devlin et al. 2019, BERT, section 4.2",
     .ask = "Starts 1, 3; ends 4.5, 2. Which span is best? | Token 0 alone: 1 + 4.5 = 5.5; the larger 3 + 4.5 would run backwards.",
     .more = "Start and end are scored apart, so that T tokens need 2 T numbers and not T (T + 1) / 2. The model therefore cannot say that an end fits one "
             "start and not another; where it matters, n-best lists show mixtures of two good answers."},
    {.id = "doc-stride",
     .title = "Document stride",
     .names = "stride of windows\nsliding windows of a text",
     .what = "Reading a text that is longer than the model in windows that overlap, so that no answer is cut by a border.",
     .picture = "A long scroll behind a small window: it is moved by less than its width, and every short line is once seen whole. A line longer than "
                "the overlap may still be cut.",
     .formula = "windows = 1 + ceil((T - room) / (room - shared)) for T > room, else 1",
     .symbols = "T: tokens of the text\nroom: those of a window, without the question and the tokens around both\nshared: tokens that two windows share",
     .inputs = "T = 900: tokens\nroom = 368: 384 less a question of 13 tokens and 3 around\nshared = 128: tokens",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t T = in.integer("T", 1, 100000), room = in.integer("room", 1, 100000), shared = in.integer("shared", 0, 100000);
           if (shared >= room) in.refuse("shared", "fewer than the window has room for");
           Encoding text;
           for (int64_t i = 0; i < T; ++i) text.push(0, {}, 0, 0, 0, false);
           text.truncate(static_cast<size_t>(room), static_cast<size_t>(shared), Side::right);
           size_t read = text.size();
           for (const Encoding& w : text.overflowing) read += w.size();
           out.step(str("each window begins {} tokens behind the one before", room - shared));
           out.answer("windows", 1.0 + static_cast<double>(text.overflowing.size()));
           out.answer("tokens of the text that are read", static_cast<double>(read));
         },
     .turn = "shared=300: nine windows and nearly four times the work, for answers of up to 300 tokens.",
     .commands = "grimoire finetune minilm --task qa --data q.json --stride 64 --out runs/qa",
     .code = "src/grimoire/data/encoded_questions.cpp",
     .mistake = "People say that a stride of 128 moves the window by 128 tokens; in fact it does so in Google's BERT, while in Hugging Face's tokenizers, "
                "and here, windows share 128.",
     .see = "question-answering: where it is used\nanswer-span: what is looked for",
     .sources = "Devlin et al. 2018, google-research/bert, run_squad: doc_stride\nHugging Face transformers, the example run_qa",
     .ask = "A text of 10 tokens, windows of 6 that share 2. How many windows? | Two: 0 to 5 and 4 to 9.",
     .more = "A window without the answer is not thrown away: it is trained to point to its first token, [CLS], so that in the end the windows of a text "
             "can be compared and the best span of all of them wins."},
    {.id = "no-answer",
     .title = "No-answer threshold",
     .names = "null score difference\nunanswerable questions",
     .what = "Saying that a text does not answer a question: when pointing nowhere scores higher than the best span by more than a threshold.",
     .picture = "An exam in which a wrong answer costs as much as an empty line: how sure you must be before you write is a matter of one number, and it "
                "is chosen on old exams.",
     .formula = "margin = s_CLS + e_CLS - max (s_i + e_j);   no answer where margin > t",
     .symbols = "s, e: scores of a start and of an end\nt: the threshold, 0 unless it was chosen on dev data",
     .inputs = "margin = -4,-1,2,0.5,3: of five questions\ntruth = right none right wrong none: the best span is right, is wrong, or there is no answer",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto margin = in.numbers("margin");
           const auto truth = up_to(in, "truth", 1000);
           if (truth.size() != margin.size()) in.refuse("truth", str("{} words, one for each margin", margin.size()));
           std::vector<Question> questions;
           for (size_t i = 0; i < truth.size(); ++i) {
             if (truth[i] != "right" && truth[i] != "wrong" && truth[i] != "none") in.refuse("truth", "right, wrong and none");
             questions.push_back({.given = "x", .right = {}, .no_answer = margin[i]});
             if (truth[i] != "none") questions.back().right.push_back(truth[i] == "right" ? "x" : "y");
           }
           const BestThreshold best = best_thresholds(questions).exact;
           const double at_zero = squad_at(questions, 0).all.exact, never = squad(questions, SquadVersion::v2).all.exact;
           out.step(str("always a span: {:.6g} of 100; t = 0: {:.6g}", never, at_zero));
           out.answer("score at t = 0", at_zero);
           out.answer("best score", best.score);
           out.answer("at t", best.threshold);
         },
     .turn = "truth=right right right wrong none: spans are right more often, and the best t rises to 2.",
     .commands = "grimoire eval runs/qa --data dev.json --null-threshold -1.5",
     .code = "src/grimoire/metric/squad.cpp: best_thresholds",
     .mistake = "People say that the best threshold on dev shows how good the model is; in fact it was chosen there, so the figure flatters it: judge on "
                "other data.",
     .see = "question-answering: the task\nanswer-span: what it is compared with\nroc: the same trade-off for classes",
     .sources = "Rajpurkar, Jia and Liang 2018, Know What You Don't Know: Unanswerable Questions for SQuAD\nDevlin et al. 2019, BERT, section 4.3",
     .ask = "The margin of a question is 1.2 and t is 2. What is answered? | The best span: 1.2 is not above 2.",
     .more = "Over several windows of a text the least of their no-answer scores counts: one window that sees an answer is enough. SQuAD 2.0 gives exact "
             "match and F1 for questions with and without an answer apart (HasAns, NoAns); moving t trades one for the other."},
    {.id = "answer-choice",
     .title = "Choosing among answers",
     .names = "choice head",
     .what = "Telling which of several given answers is right: each is read with the question and gets one number; a softmax compares them.",
     .picture = "A jury that hears each candidate alone and notes a mark. Nobody hears two at once, so that \"both of them\" is hard to judge.",
     .formula = "p_k = softmax over the answers of z_k;   loss = -ln p_right",
     .symbols = "z_k: the number that the model gives to the question with answer k",
     .inputs = "z = 1,2.5,.3: a number for each answer\nright = 1: which one is right, from 0",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto z = in.numbers("z", -1e6, 1e6, 2);
           auto p = z;
           const int64_t right = in.integer("right", 0, std::ssize(z) - 1);
           softmax_row(z.data(), p.data(), std::ssize(z));
           out.step(str("by chance {:.6g} of the answers are right", 1 / static_cast<double>(z.size())));
           out.answer("chosen", static_cast<double>(std::ranges::max_element(p) - p.begin()));
           out.answer("probability of the right one", p[static_cast<size_t>(right)]);
           out.answer("loss, nats", stats::surprise(p[static_cast<size_t>(right)]));
         },
     .turn = "z=11,12.5,10.3: nothing changes, as only differences count.",
     .commands = "grimoire finetune minilm --task choice --data q.jsonl --out runs/choices",
     .code = "src/grimoire/task/choice_scores.cpp",
     .mistake = "People say that such a model knows the subject; in fact answers may give themselves away: judge it once without the question.",
     .see = "text-classification: fixed boxes instead\nacc-norm: choosing by likelihood, untrained",
     .sources = "Devlin et al. 2019, BERT, section 4.4\nZellers et al. 2018, SWAG: a Large-Scale Adversarial Dataset for Grounded Commonsense Inference",
     .ask = "Four answers get equal numbers. What is the loss? | ln 4 = 1.386 nats, that of a blind guess."},
    {.id = "ner",
     .title = "Named entity recognition",
     .names = "named entities",
     .what = "Finding the names in a text and saying what each one is: a person, a place, a firm.",
     .picture = "Underlining names in a newspaper with coloured pens. A pen must know where a name begins when two stand side by side: that is B.",
     .formula = "tags: B-type begins a name, I-type goes on, O is outside",
     .symbols = "type: PER, LOC, ORG or any other\nspan: a B and the I of the same type that follow",
     .inputs = "words = Ada Lovelace in London: the text\ntags = B-PER I-PER O B-LOC: one for each word",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto words = up_to(in, "words", 500), tags = up_to(in, "tags", 500);
           if (tags.size() != words.size()) in.refuse("tags", str("{} tags, one for each word", words.size()));
           std::vector<std::string> spans;
           std::string type;
           for (size_t t = 0; t < tags.size(); ++t) {
             const bool inside = tags[t].starts_with("I-"), begins = tags[t].starts_with("B-");
             if (tags[t] != "O" && ((!inside && !begins) || tags[t].size() < 3)) in.refuse("tags", "O, B-TYPE and I-TYPE");
             const std::string here = tags[t] == "O" ? "" : tags[t].substr(2);
             if (begins || (inside && here != type)) spans.push_back(words[t]);  // an I of another type begins a span too
             else if (inside) spans.back() += " " + words[t];
             if (!here.empty() && here != type && spans.size() <= 4) out.step(str("{:.12s} from \"{:.40s}\"", here, words[t]));
             type = here;
           }
           out.answer("spans", static_cast<double>(spans.size()));
           for (size_t i = 0; i < spans.size() && i < 8; ++i) out.answer(str("span {}", i + 1), spans[i]);
         },
     .turn = "tags=B-PER B-PER O B-LOC: two people, Ada and Lovelace.",
     .commands = "grimoire finetune minilm --task tag --data train.conll --out runs/ner\ngrimoire predict runs/ner --text \"Ada met Bob in Rome.\"",
     .mistake = "People say that 98 % of tags right is good; in fact most words are O, so names are scored as whole spans: half a name is an error.",
     .see = "pos: a tag for every word\nfine-tuning: how it is learned\nlayer-choice: the same task by frozen features",
     .sources = "Tjong Kim Sang and De Meulder 2003, Introduction to the CoNLL-2003 Shared Task\n"
                "Ramshaw and Marcus 1995, Text Chunking using Transformation-Based Learning: the tags",
     .ask = "How many names are in B-ORG O B-PER I-PER I-PER? | Two.",
     .more = "A wrong border costs twice in F1: a name is missed and a false one is given. Where words are cut into pieces, only the first piece of a word "
             "carries its tag. An I after O is against "
             "the rules; the usual scorer forgives it and begins a span there, the strict one does not."},
    {.id = "pos",
     .title = "Part-of-speech tagging",
     .names = "part of speech",
     .what = "Naming the kind of every word in its sentence: noun, verb, adverb and so on.",
     .picture = "Colouring the words of a sentence as at school. \"Bark\" is one colour on a tree and another on a dog: the neighbours tell.",
     .formula = "simplest tagger: tag(w) = argmax_t count(w, t)",
     .symbols = "w: a word\nt: a tag\ncount: how often w had the tag t in text tagged by hand",
     .inputs = "words = dogs bark loudly: to be tagged\nseen = dogs/NOUN bark/VERB bark/VERB bark/NOUN loudly/ADV: by hand",
     .compute =
         [](const Inputs& in, Worked& out) {
           std::map<std::string, std::map<std::string, int64_t>> counts;
           for (const std::string& pair : up_to(in, "seen", 1000)) {
             const auto [word, tag] = split_once(pair, "/");
             if (word.empty() || tag.empty()) in.refuse("seen", "word/TAG, with blanks between them");
             ++counts[word][tag];
           }
           const auto words = up_to(in, "words", 20);
           for (const std::string& w : words) {
             std::string best = "X", list;  // X: Universal Dependencies' tag for the rest
             int64_t most = 0;
             for (const auto& [tag, n] : counts[w]) {
               list += str("{}{} {}", list.empty() ? "" : ", ", tag, n);
               if (n > most) most = n, best = tag;
             }
             if (&w - words.data() < 4) out.step(str("{:.20s}: {:.45s}", w, list.empty() ? "never seen" : list));
             out.answer(w, best);
           }
         },
     .turn = "words=the bark of dogs: the counts still say VERB, as this tagger never looks at neighbours.",
     .commands = "grimoire finetune minilm --task tag --data ewt.conllu --out runs/pos\ngrimoire probe minilm --task tag --data ewt.conllu",
     .mistake = "People say that 97 % right means the problem is solved; in fact in sentences of 20 words that is an error in nearly every second one.",
     .see = "ner: tags for names\nargmax: the choice\nbigram: one neighbour helps",
     .sources = "Petrov, Das and McDonald 2012, A Universal Part-of-Speech Tagset\nde Marneffe et al. 2021, Universal Dependencies\n"
                "Manning 2011, Part-of-Speech Tagging from 97 % to 100 %: Is It Time for Some Linguistics?",
     .ask = "\"bark\" was seen twice as VERB and once as NOUN. What does the simplest tagger say? | VERB, always.",
     .more = "Taking each word's commonest tag is right for about nine words in ten of English, which is the baseline to beat. With independent errors at 3 "
             "% a sentence of 20 words is free "
             "of them with probability .97^20 = .54. Universal tags are 17 in number, the same for all languages."},
    {.id = "token-classification",
     .title = "Token classification",
     .names = "sequence labelling\nfirst piece",
     .what = "Teaching an encoder one answer a word, though it reads pieces of words: the first piece of each word answers for it.",
     .picture = "A group at a table where only the first to sit down fills in the form. The others are heard, since all pieces see each other.",
     .formula = "L = -(1/W) sum_w ln p(tag_w | first piece of w)",
     .symbols = "W: words\np: what the head says of a piece, by softmax over the tags",
     .inputs = "pieces = Ada Love ##lace spoke: ## goes on with a word\ntags = B-PER I-PER O: of the words\np = .9,.8,.6: of each right tag",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto pieces = up_to(in, "pieces", 500), tags = up_to(in, "tags", 500);
           const std::vector<double> p = in.numbers("p", 1e-12, 1, 1, 500);
           std::vector<std::string> labels;
           size_t word = 0;
           double nats = 0;
           for (const std::string& piece : pieces) {
             const bool first = !piece.starts_with("##");
             if (!first && word == 0) in.refuse("pieces", "a word at the beginning");
             if (first && (word >= tags.size() || word >= p.size())) in.refuse(word >= tags.size() ? "tags" : "p", "one for each word");
             if (first && word < 4) out.step(str("{:.20s} answers {:.20s}: costs -ln {} = {:.4f}", piece, tags[word], p[word], -std::log(p[word])));
             labels.push_back(first ? tags[word] : "nothing");
             if (first) nats -= std::log(p[word++]);
           }
           if (word != tags.size() || word != p.size()) in.refuse(word != tags.size() ? "tags" : "p", str("{}, one for each word", word));
           out.answer("loss", nats / static_cast<double>(word));
           for (size_t i = 0; i < labels.size() && i < 8; ++i) out.answer(pieces[i], labels[i]);
         },
     .turn = "p=.9,.1,.6: one word that is wrong and sure outweighs the rest.",
     .commands = "grimoire finetune minilm --task tag --data train.conll --out runs/ner",
     .code = "src/grimoire/data/encoded_words.cpp: EncodedWords",
     .mistake = "People say every piece should learn the word's tag; in fact a B on each piece would mark a name of one word as several names.",
     .see = "cross-entropy: the loss\nner: tags for names\npos: tags for every word\nwordpiece: where pieces come from",
     .sources = "Devlin et al. 2019, BERT, section 5.3",
     .ask = "A word is cut into three pieces. How many of them count in a tagger's loss? | One, the first.",
     .more = "Words are cut one by one, so that no piece spans two, and batches are weighed by their words: a short sentence counts less than a long "
             "one. Other choices are the last piece, or the mean of all."},
};

}  // namespace

const Family kTask = {"task", "Tasks on text", kConcepts};

}  // namespace grim::learn
