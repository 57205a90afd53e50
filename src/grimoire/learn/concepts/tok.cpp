// Tokens and word vectors: cutting text into pieces, and giving each piece its numbers.
#include <algorithm>

#include <cmath>
#include <memory>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/str.h"
#include "grimoire/base/utf8.h"
#include "grimoire/classic/distance.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/report/layout.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/chat_template.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/pre_tokenizer.h"
#include "grimoire/text/train_bpe.h"
#include "grimoire/text/unigram.h"
#include "grimoire/text/wordpiece.h"

namespace grim::learn {
namespace {

std::string text_of(std::span<const char32_t> letters) {
  std::string text;
  for (const char32_t c : letters) append_utf8(text, c);
  return text;
}

std::string in_a_row(const std::vector<std::string>& parts) {
  std::string row;
  for (size_t i = 0; i < parts.size() && row.size() < 55; ++i) row += (row.empty() ? "" : " ") + parts[i];
  return row.size() < 55 ? row : row + " ...";
}

const std::string& short_text(const Inputs& in, std::string_view name) {
  const std::string& text = in.text(name);
  if (text.empty() || text.size() > 200) in.refuse(name, "a text of at most 200 bytes");
  return text;
}
const std::string& short_word(const Inputs& in, std::string_view name) {
  if (in.text(name).find(' ') != std::string::npos) in.refuse(name, "one word of at most 200 bytes");
  return short_text(in, name);
}

std::vector<std::string> words_in(const std::string& text, const char* pre_tokenizer = "Whitespace") {
  std::vector<std::string> words;
  for (const AlignedText& w : make_pre_tokenizer(Json::object({{"type", pre_tokenizer}}))->words(AlignedText(text, 0))) words.emplace_back(w.text());
  return words;
}

// The pieces of a sentence: all of them with their ids in rows of a terminal's width, and the first as answers, numbered from 1.
class Pieces {
 public:
  void put(std::string_view piece, int64_t id) {
    if (++count_ <= kMostAnswers) answers_.emplace_back(piece);
    const std::string next = str("{} {}", report::shortened(piece, 60), id);
    if (report::display_width(rows_.back()) + 3 + report::display_width(next) > kColumns) rows_.emplace_back();
    rows_.back() += (rows_.back().empty() ? "" : rows_.back() == kHead ? " " : " | ") + next;
  }
  size_t count() const { return count_; }
  void tell(Worked& out, bool rows = true) const {
    for (size_t i = 0; rows && i < rows_.size(); ++i) out.step(rows_[i]);
    for (size_t i = 0; i < answers_.size(); ++i) out.answer(str("piece {}", i + 1), answers_[i]);
  }

 private:
  static constexpr size_t kMostAnswers = 12, kColumns = 76;
  static constexpr std::string_view kHead = "pieces and ids:";
  size_t count_ = 0;
  std::vector<std::string> answers_, rows_{std::string(kHead)};
};

bool looks_like_a_path(std::string_view text) {
  constexpr std::string_view kEndings[] = {".json", ".model", ".txt", ".tiktoken", ".bin", ".gguf", ".spm"};
  const bool ends = std::ranges::any_of(kEndings, [&](std::string_view ending) { return text.size() > ending.size() && text.ends_with(ending); });
  return ends || (text.size() > 1 && (text.find('/') != text.npos || text[0] == '~'));
}

// An input that may also name a model's folder or a tokenizer's file: then that tokenizer cuts the sentence.
// throws: input, one that is not there, or of another kind than `kind` is a tokenizer.json's model type
bool answered_by_tokenizer(const Inputs& in, std::string_view name, const std::string& kind, const std::string& sentence, Worked& out) {
  const std::string& path = in.text(name);
  if (path.empty() || path.find_first_of(" \n") != std::string::npos) return false;
  if (!exists(path)) {
    if (looks_like_a_path(path))
      fail(ErrorKind::input, "explain", str("{}: '{}' does not exist", name, path), "expected a tokenizer's folder or file, or words with spaces between them");
    return false;
  }
  const std::shared_ptr<const Tokenizer> tokenizer = open_tokenizer(path);
  const auto* const pipeline = dynamic_cast<const PipelineTokenizer*>(tokenizer.get());
  const std::string found = pipeline ? pipeline->model().type() : "characters";
  GRIM_CHECK(found == kind, input, "explain", "{}: its tokenizer is {}, expected {}, whose pieces are shown here", path, found, kind);
  Pieces pieces;
  for (const int64_t id : tokenizer->encode(sentence)) pieces.put(tokenizer->token(id), id);
  pieces.tell(out);
  out.step(str("{} pieces of the {} that {} knows", pieces.count(), with_commas(tokenizer->vocab_size()), path));
  return true;
}

// The pieces that an entry was given itself, each once, by id from 0.
// throws: usage, one twice; input, a single one that no sentence of this kind can have: the name of a folder that is not there
Vocabulary vocabulary_in(const Inputs& in, const std::string& sentence) {
  Vocabulary V;
  const std::vector<std::string> pieces = in.words("V");
  const std::string_view only = pieces[0];
  if (pieces.size() == 1 && sentence.find(only.starts_with("##") ? only.substr(2) : only) == std::string::npos)
    fail(ErrorKind::input, "explain", str("V: '{}' does not exist, and as a piece it is nowhere in the sentence", only),
         "expected a tokenizer's folder or file, or words with spaces between them");
  for (const std::string& piece : pieces) {
    if (V.id_of(piece) >= 0) in.refuse("V", "every piece once");
    V.add(piece, V.size());
  }
  return V;
}

// Byte-pair encoding learned from a text, and the rules in their order.
struct SmallBpe {
  TrainedBpe trained;
  int64_t characters;
  std::unique_ptr<Bpe> model;
};
SmallBpe learned_bpe(const std::string& text, const std::string& alphabet, int64_t merges) {
  WordCounts words(100'000);
  for (const std::string& w : words_in(text)) words.add(w, 1);
  BpeTraining training{.vocab_size = 1 << 24};
  for (const char32_t c : code_points(alphabet))
    if (c != U' ') training.initial_alphabet.push_back(c);
  SmallBpe bpe{train_bpe(words, training), 0, nullptr};
  bpe.characters = bpe.trained.vocabulary.size() - std::ssize(bpe.trained.merges);
  if (std::ssize(bpe.trained.merges) > merges) bpe.trained.merges.resize(static_cast<size_t>(merges));
  bpe.model = std::make_unique<Bpe>(bpe.trained.vocabulary, bpe.trained.merges, BpeOptions{});
  return bpe;
}

const Concept kConcepts[] = {
    {.id = "tokenization",
     .title = "Tokenization",
     .names = "tokenisation\n\ntoken\ntokeniser\ntokenizer",
     .what = "Cutting a text into the units that a model reads, each with a number: characters, words, or pieces between the two.",
     .picture = "Posting a house: brick by brick the parcel list is endless, as whole walls nothing fits another house. Panels of some sizes do for all.",
     .formula = "text -> t_1 ... t_n, each of V;   fewer kinds, longer rows",
     .symbols = "V: the vocabulary, the kinds of token\nn: tokens of the text",
     .inputs = "text = the cat sat on the mat with the hat: to be cut\nmerges = 8: pairs of neighbours that become pieces",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::string& text = short_text(in, "text");
           const int64_t merges = in.integer("merges", 0, 10000);
           const std::vector<std::string> words = words_in(text);
           if (words.empty()) in.refuse("text", "a word");
           const SmallBpe bpe = learned_bpe(text, "", merges);
           std::vector<Token> pieces;
           std::string row;
           for (const std::string& w : words) {
             const size_t first = pieces.size();
             bpe.model->tokenize(w, pieces);
             for (size_t i = first; i < pieces.size() && row.size() < 50; ++i) row += str("{} ", bpe.model->vocabulary().token(pieces[i].id));
           }
           std::vector<std::string> kinds = words;
           std::ranges::sort(kinds);
           const auto different = std::ranges::unique(kinds).begin() - kinds.begin();
           out.step(str("pieces: {}{}", row, row.size() < 50 ? "" : "..."));
           out.step(str("kinds: {} words; {} characters and {} joins of them", different, bpe.characters, bpe.trained.merges.size()));
           out.answer("characters", static_cast<double>(code_points(text).size()));
           out.answer("words", static_cast<double>(words.size()));
           out.answer("pieces", static_cast<double>(pieces.size()));
         },
     .turn = "merges=0: every piece is a character. merges=99: every piece is a word, and a new word is a stranger again.",
     .commands = "grimoire tokenize \"a sentence of yours\" --tokenizer models/bert --explain\n"
                 "grimoire tokenizer compare models/a models/b input.txt",
     .code = "src/grimoire/text/tokenizer.h: Tokenizer\nsrc/grimoire/text/pipeline_tokenizer.h: PipelineTokenizer",
     .mistake = "People say that a token is a word; in fact it is whatever the vocabulary's training made one: a common English word is a single token, the "
                "same word in a rare script may be ten.",
     .see = "bpe: pieces by merging\nwordpiece: pieces by the longest match\nunigram-pieces: pieces by probability\noov: what words alone run into",
     .sources = "Sennrich, Haddow and Birch 2016, Neural Machine Translation of Rare Words with Subword Units\n"
                "Radford et al. 2019, Language Models are Unsupervised Multitask Learners, section 2.2",
     .ask = "What does a larger vocabulary buy, and at what price? | Shorter rows; a larger table, whose rare rows are seldom trained.",
     .more = "Perplexities of models with different tokenizers do not compare, because the tokens that they are an average over differ: bits a byte do. "
             "Byte-level vocabularies know all 256 bytes, so no text has an unknown part."},
    {.id = "bpe",
     .title = "Byte-pair encoding",
     .names = "BPE\nbyte pair encoding\n\nbyte-level BPE",
     .what = "Learning pieces of words by joining, again and again, the two neighbours that stand together most often.",
     .picture = "Shorthand that grows by use: whatever two signs you keep writing side by side get one sign of their own. It knows counts, no grammar.",
     .formula = "repeat: (a, b) = the most frequent pair of neighbours;  V = V + {ab}",
     .symbols = "V: the pieces, at first single characters\na, b: pieces side by side in a word",
     .inputs = "word = lowest: a word or a sentence to be cut\n"
               "text = low low low low low lower lower newest newest newest newest newest newest widest widest widest: to learn from, or a tokenizer's folder\n"
               "merges = 10: joins that are learned",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::string& sentence = short_text(in, "word");
           const int64_t merges = in.integer("merges", 0, 10000);
           if (answered_by_tokenizer(in, "text", "BPE", sentence, out)) return;
           const SmallBpe bpe = learned_bpe(in.text("text"), sentence, merges);
           const Vocabulary& V = bpe.model->vocabulary();
           std::vector<std::string> joins;
           for (const Bpe::Merge& m : bpe.trained.merges) joins.push_back(str("{}+{}", V.token(m.left), V.token(m.right)));
           out.step(str("joins: {}", in_a_row(joins)));
           Pieces pieces;
           for (const std::string& w : words_in(sentence)) {
             std::vector<Token> tokens;
             bpe.model->tokenize(w, tokens);
             for (const Token& t : tokens) pieces.put(V.token(t.id), t.id);
           }
           if (pieces.count() == 0) in.refuse("word", "a word");
           pieces.tell(out);
         },
     .turn = "merges=2: est is a piece already, low is not yet. text=models/smollm2: pieces of a real vocabulary.",
     .commands = "grimoire tokenizer train --kind byte-bpe --data input.txt --out mine\n"
                 "grimoire tokenize \"a sentence of yours\" --tokenizer mine --explain",
     .code = "src/grimoire/text/train_bpe.cpp: train_bpe\nsrc/grimoire/text/bpe.cpp: Bpe",
     .mistake = "People say that it takes the longest piece that fits; in fact the joins are replayed in the order in which they were learned, and an early "
                "one can stand in the way of a longer piece.",
     .see = "tokenization: why pieces\nwordpiece: the longest piece instead\nunigram-pieces: the likeliest cut instead\nbigram: counting neighbours",
     .sources = "Gage 1994, A New Algorithm for Data Compression\n"
                "Sennrich, Haddow and Birch 2016, Neural Machine Translation of Rare Words with Subword Units, section 3.2\n"
                "Radford et al. 2019, Language Models are Unsupervised Multitask Learners, section 2.2",
     .ask = "aaabdaaabac: which pair is joined first? | aa: it stands there four times.",
     .more = "GPT-2 begins with the 256 bytes and not with characters, so that no text has an unknown part, and cuts texts at word borders first, so that no "
             "piece spans two words. Of pairs that are equally frequent, the one that was numbered first goes first here, as in the reference."},
    {.id = "unigram-pieces",
     .title = "Unigram tokenization",
     .names = "unigram tokenizer\nSentencePiece\n\nunigram",
     .what = "Cutting words by giving every piece a probability and taking the cut whose pieces multiply to the most.",
     .picture = "A jigsaw with spare pieces: several ways fill the frame, and you take the one made of the most usual pieces. Each piece is judged alone, "
                "whatever lies beside it.",
     .formula = "argmax over x_1 ... x_m = word  of  p(x_1) p(x_2) ... p(x_m)",
     .symbols = "x_i: pieces of V that make up the word\np: count of a piece over the sum of all",
     .inputs = "word = unhug: a word or a sentence to be cut\nV = h u g hu ug p pu n un b bu s hug gs ugs: the pieces, by id from 0, or a tokenizer's folder\n"
               "counts = 15,36,20,15,20,17,17,16,16,4,4,5,15,5,5: of each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::string& sentence = short_text(in, "word");
           if (answered_by_tokenizer(in, "V", "Unigram", sentence, out)) return;
           Vocabulary V = vocabulary_in(in, sentence);
           const std::vector<double> counts = in.counts("counts", 1);
           if (std::ssize(counts) != V.size()) in.refuse("counts", str("{} counts, one for each piece", V.size()));
           double sum = 0;
           for (const double c : counts) sum += c;
           std::vector<double> scores;
           for (const double c : counts) scores.push_back(std::log(c / sum));
           const int64_t unknown = V.size();
           constexpr const char* kUnknown = "<unk>";
           if (V.id_of(kUnknown) >= 0) in.refuse("V", "pieces other than <unk>");
           V.add(kUnknown, unknown);
           scores.push_back(std::log(1 / sum) - 10);
           const Unigram model(V, scores, {.unk_id = unknown});
           std::vector<Token> tokens;
           for (const std::string& w : words_in(sentence)) model.tokenize(w, tokens);
           if (tokens.empty()) in.refuse("word", "a word");
           double probability = 1;
           std::string product;
           for (const Token& t : tokens) {
             const double count = t.id == unknown ? 0 : counts[static_cast<size_t>(t.id)];
             probability *= count / sum;
             if (product.size() < 50) product += str("{}{:.15g}/{:.15g}", product.empty() ? "" : " x ", count, sum);
           }
           out.step(str("{}{} = {:.6g}", product, product.size() < 50 ? "" : " ...", probability));
           out.answer("probability of the cut", probability);
           Pieces pieces;
           for (const Token& t : tokens) pieces.put(V.token(t.id), t.id);
           pieces.tell(out);
         },
     .turn = "make hug rare (its count 1): now a cut into three pieces is likelier.",
     .commands = "grimoire tokenizer train --kind unigram --data input.txt --out mine\n"
                 "grimoire tokenize \"a sentence of yours\" --tokenizer mine --explain",
     .code = "src/grimoire/text/unigram.cpp: Unigram\nsrc/grimoire/text/train_unigram.cpp: train_unigram",
     .mistake = "People say that it is the same as BPE with other counts; in fact it goes the other way: training begins with far too many pieces and drops "
                "those whose loss costs the least.",
     .see = "tokenization: why pieces\nbpe: growing instead of dropping\nmaximum-likelihood: where the probabilities come from",
     .sources = "Kudo 2018, Subword Regularization, section 3.2\nKudo and Richardson 2018, SentencePiece",
     .ask = "Is the cut with the fewest pieces always taken? | No, the one with the largest product; each piece is a factor below 1, so few help.",
     .more = "The probabilities are fitted by EM on all cuts of all words, weighted by how likely each is. Viterbi's recursion finds the best cut in time "
             "linear in the length of the word. T5, ALBERT and XLM-R cut so."},
    {.id = "static-embedding",
     .title = "Static embedding",
     .names = "word2vec\nGloVe",
     .what = "A table that gives every word of a language one list of numbers, so that words of similar use lie close together.",
     .picture = "A card index with one card for each word. Whoever asks for \"bank\" gets the same card, for a stroll by the river and for a loan.",
     .formula = "v = row of E for the word;   cos(u, v) = u.v / (|u| |v|)",
     .symbols = "E: the table, a row a word\ncos: 1 for the same direction, 0 for nothing in common",
     .inputs = "words = bank river cash: of the table\nE = 1,1;2,0.5;0.5,2: a row for each\nhere = bank: the word, or its row, in one sentence\n"
               "there = bank: and in another",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto words = in.words("words");
           const auto E = in.matrix("E");
           if (E.size() != words.size()) in.refuse("E", str("{} rows, one for each word", words.size()));
           const auto row_of = [&](std::string_view name) {
             const auto found = std::ranges::find(words, in.text(name));
             if (found != words.end()) return static_cast<size_t>(found - words.begin());
             return static_cast<size_t>(in.integer(name, 1, static_cast<int64_t>(words.size())) - 1);
           };
           const auto near = [&](size_t a, size_t b) {
             return 1 - Metric{Metric::Kind::cosine}(E[a].data(), E[b].data(), static_cast<int64_t>(E[a].size()));
           };
           const size_t here = row_of("here"), there = row_of("there");
           for (size_t w = 0; w < words.size() && w < 3; ++w) out.step(str("cos({}, {}) = {:.6g}", words[here], words[w], near(here, w)));
           out.answer("cosine here and there", near(here, there));
           for (size_t w = 0; w < words.size() && w < 8; ++w)
             if (w != here) out.answer("to " + words[w], near(here, w));
         },
     .turn = "there=river: another row, another vector. No sentence is asked anywhere.",
     .commands = "grimoire vectors train --data wiki.txt --out vectors.vec",
     .code = "src/grimoire/op/embedding.h: embedding\nsrc/grimoire/classic/distance.cpp: Metric",
     .mistake = "People say that the nearest words mean the same; in fact they are used alike: \"hot\" and \"cold\" are close neighbours.",
     .see = "one-hot: how a row is picked\nskip-gram: how the table is learned\ncontextual-embedding: one vector a sentence\nsimilarity: the measure",
     .sources = "Mikolov et al. 2013, Efficient Estimation of Word Representations in Vector Space\n"
                "Pennington, Socher and Manning 2014, GloVe: Global Vectors for Word Representation",
     .ask = "Two sentences contain \"bank\". How many vectors does a static table give it? | One.",
     .more = "Differences can carry meaning: in many tables king - man + woman lies nearest to queen, once the three words themselves are left out of the "
             "search. "
             "The several senses of a word share its one vector, weighted by how often each occurs (Arora et al. 2018). Such tables also keep the "
             "prejudices of their texts."},
    {.id = "wordpiece",
     .title = "WordPiece",
     .names = "word pieces",
     .what = "Cutting words into known pieces, so that a vocabulary of limited size can spell every word.",
     .picture = "Toy bricks: one large brick for each common word, and small ones from which any other word can be put together.",
     .formula = "repeat: take the longest piece of V that the rest of the word begins with",
     .symbols = "V: the pieces that are known\n##: the piece continues a word",
     .inputs = "word = tokenization: a word or a sentence to be cut\n"
               "V = token ##ization ##iz ##ation to ##ken ##s: the pieces, by id from 0, or a tokenizer's folder",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::string& sentence = short_text(in, "word");
           if (answered_by_tokenizer(in, "V", "WordPiece", sentence, out)) return;
           Vocabulary V = vocabulary_in(in, sentence);
           constexpr const char* kUnknown = "[UNK]";
           if (V.id_of(kUnknown) < 0) V.add(kUnknown, V.size());
           const WordPiece model(V, {.unk_token = kUnknown});
           Pieces pieces;
           constexpr size_t kExplained = 4;
           for (const std::string& w : words_in(sentence, "BertPreTokenizer")) {
             std::vector<Token> tokens;
             model.tokenize(w, tokens);
             for (const Token& t : tokens) {
               const std::string_view rest = std::string_view(w).substr(t.begin), piece = V.token(t.id);
               if (pieces.count() < kExplained) out.step(piece == kUnknown ? str("\"{:.40s}\": a dead end, the whole word is unknown", w)
                                                                           : str("\"{:.40s}\": the longest piece is {}, id {}", rest, piece, t.id));
               pieces.put(piece, t.id);
             }
           }
           pieces.tell(out, pieces.count() > kExplained);
         },
     .turn = "take ##ization out of V: the word falls into three pieces. Take token out too: see where greed leads. V=models/bert: your own sentence in "
             "BERT's pieces.",
     .commands = "grimoire tokenize \"a sentence of yours\" --tokenizer models/bert --explain\n"
                 "grimoire tokenizer train --kind wordpiece --data input.txt --out mine",
     .code = "src/grimoire/text/wordpiece.cpp: WordPiece\nsrc/grimoire/text/train_bpe.cpp: train_bpe",
     .mistake = "People say that the cut follows the parts of speech and endings of a language; in fact the pieces come from counts, and the longest match "
                "decides.",
     .see = "oov: the trouble it avoids\none-or-two-inputs: the row of tokens\nsubword: pieces for vectors instead",
     .sources = "Schuster and Nakajima 2012, Japanese and Korean Voice Search: the vocabulary\n"
                "Wu et al. 2016, Google's Neural Machine Translation System, section 4.1\n"
                "Devlin et al. 2019, BERT, section 3",
     .ask = "V = un ##happy ##hap ##py. How is \"unhappy\" cut? | un ##happy: the longest piece wins.",
     .more = "The vocabulary is built from single characters by joining, again and again, the pair whose join raises the likelihood of the corpus most; "
             "byte-pair encoding joins the "
             "most frequent pair, and so does today's WordPiece training, here too. If any stretch of a word has no piece "
             "the whole word becomes [UNK], which with all single characters in V is rare."},
    {.id = "skip-gram",
     .title = "Skip-gram",
     .names = "word2vec skip-gram",
     .what = "Learning word vectors by a guessing game: from one word, name the words that stand around it.",
     .picture = "You know a word by the company it keeps. The game itself is of no interest: what is kept is the table of numbers that it leaves behind.",
     .formula = "maximise sum over pairs (c, o) of log P(o given c)",
     .symbols = "c: the word in the middle\no: a word at most `window` places away\nwindow: how far neighbours reach on either side",
     .inputs = "words = a b c: the text\nwindow = 1: reach",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto words = in.words("words");
           if (words.size() > 1000) in.refuse("words", "at most 1000 words");
           const int64_t n = static_cast<int64_t>(words.size()), window = in.integer("window", 1, 1000);
           double pairs = 0;
           for (int64_t c = 0; c < n; ++c) {
             std::vector<std::string> around;
             for (int64_t o = std::max<int64_t>(0, c - window); o <= std::min(n - 1, c + window); ++o)
               if (o != c) around.push_back(words[static_cast<size_t>(o)]);
             pairs += static_cast<double>(around.size());
             if (c < 5) out.step(str("{:.20s} -> {}", words[static_cast<size_t>(c)], in_a_row(around)));
           }
           out.answer("pairs", pairs);
         },
     .turn = "window=2: every word of three meets every other, six pairs.",
     .commands = "grimoire vectors train --data wiki.txt --window 5 --out vectors.vec",
     .mistake = "People say that word2vec is deep learning; in fact it has no hidden layer with a bend in it: two tables and a dot product.",
     .see = "static-embedding: the table it leaves\nbigram: the neighbour on one side only\nsubword: with pieces of words",
     .sources = "Mikolov et al. 2013, Efficient Estimation of Word Representations in Vector Space, section 3.2\n"
                "Mikolov et al. 2013, Distributed Representations of Words and Phrases, section 2\n"
                "Levy and Goldberg 2014, Neural Word Embedding as Implicit Matrix Factorization",
     .ask = "How many pairs do four words give with a window of 1? | Six: two words have one neighbour, two have two.",
     .more = "A softmax over the whole vocabulary for every pair would be slow, so the true pair is instead told apart from a few random ones (negative "
             "sampling), drawn by "
             "word counts to the power 3/4. Frequent words are thinned out, and the window is drawn anew for each word. Levy and Goldberg (2014) "
             "showed that this factorises a table of pointwise mutual information, shifted by log k."},
    {.id = "subword",
     .title = "Subword vectors",
     .names = "subword n-grams\nfastText",
     .what = "Building a word's vector from the vectors of its letter groups, so that related words share what they have in common.",
     .picture = "A stranger's name that you can still place: the ending tells the country, the beginning the family.",
     .formula = "score(w, c) = sum over g in G_w of z_g . v_c",
     .symbols = "G_w: the n-grams of <w>, and <w> itself\nz_g: vector of a group g of letters\nv_c: vector of the neighbour\nn: letters in a group",
     .inputs = "word = where: to be taken apart\nn = 3: letters in a group",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto letters = code_points("<" + short_word(in, "word") + ">");
           const auto n = static_cast<size_t>(in.integer("n", 1, 100));
           std::vector<std::string> groups;
           for (size_t at = 0; at + n <= letters.size(); ++at) groups.push_back(text_of(std::span(letters).subspan(at, n)));
           if (n != letters.size()) groups.push_back(text_of(letters));
           out.step(str("the word with its borders: {:.60s}", text_of(letters)));
           out.step(str("groups of {} in it: {}, and the word itself", n, letters.size() >= n ? letters.size() - n + 1 : 0));
           for (size_t i = 0; i < groups.size() && i < 12; ++i) out.answer(str("group {}", i + 1), groups[i]);
         },
     .turn = "word=her: the group her is in both words, the whole <her> only in this one.",
     .commands = "grimoire vectors train --data wiki.txt --out vectors.bin",
     .mistake = "People say that the groups enlarge the vocabulary; in fact they sit in a second table, hashed into about two million rows, and a word adds "
                "up its own.",
     .see = "oov: what it is good for\nskip-gram: the game it is trained by\nwordpiece: cutting without overlap\nn-gram: the same with words",
     .sources = "Bojanowski, Grave, Joulin and Mikolov 2017, Enriching Word Vectors with Subword Information, section 3.2",
     .ask = "Which groups of three has \"cat\" with its borders? | <ca, cat, at>.",
     .more = "fastText takes all groups of 3 to 6 letters. The borders matter: the word \"her\" is the sequence <her>, which is not the group her inside "
             "\"where\". "
             "Two groups that fall on the same row share a vector. The gain is largest for languages with many endings and for rare words."},
    {.id = "oov",
     .title = "Out-of-vocabulary word",
     .names = "unknown word vector",
     .what = "What to do with a word that the model has never met: put its vector together from the pieces that it has met.",
     .picture = "You have never heard \"unfriendable\", but you know un-, friend and -able. It fails for names and for words that only look alike.",
     .formula = "v(w) = sum over g in G_w of z_g",
     .symbols = "G_w: the word's letter groups that have a vector\nz_g: the vector of group g",
     .inputs = "z = 1,0;0,2: the known groups' vectors, a row each",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto z = in.matrix("z");
           std::vector<double> sum(z[0].size());
           for (const auto& row : z) std::ranges::transform(sum, row, sum.begin(), std::plus<>());
           std::string line;
           for (size_t g = 0; g < z.size() && g < 4; ++g) {
             std::string row;
             for (size_t i = 0; i < z[g].size() && i < 2; ++i) row += str("{}{:.5g}", i ? ", " : "", z[g][i]);
             line += str("{}({}{})", g ? " + " : "", row, z[g].size() > 2 ? ", ..." : "");
           }
           out.step(line + (z.size() > 4 ? " + ..." : ""));
           out.step(str("{} known groups; a plain table of words would have nothing to say", z.size()));
           out.answers("v", sum);
         },
     .turn = "add a third group, z=1,0;0,2;-1,0: groups that disagree cancel out.",
     .commands = "grimoire vectors show vectors.bin unfriendable",
     .mistake = "People say that subword models have no unknown words; in fact they always give an answer, which is not the same as a good one: "
                "a word without a known group gets noise or zero.",
     .see = "subword: where the groups come from\nwordpiece: the other way out\nstatic-embedding: the table that lacks the word",
     .sources = "Bojanowski et al. 2017, Enriching Word Vectors with Subword Information, sections 3.2 and 5.3",
     .ask = "Known groups (2, 1) and (0, 3). What is the unknown word's vector? | (2, 4).",
     .more = "The older remedies were one shared vector for all unknown words, or none. fastText's program divides the sum by the number of groups when it "
             "writes a word's vector; "
             "direction and cosine are the same. Character-level and byte-level models have no unknown words at all and pay with longer rows of tokens."},
    {.id = "chat-template",
     .title = "Chat template",
     .what = "A small program that comes with a chat model and lays out a conversation as the one text that the model was trained to go on with.",
     .picture = "The form of a play: who speaks stands before every line, in a fixed way. An actor who learned from one form is lost with another.",
     .formula = "text = template(messages);   answer = what the model writes behind it",
     .symbols = "messages: who says what, in order\ntemplate: a program in Jinja's language",
     .inputs = "user = Hello: what is asked\nsystem = Be brief.: how to behave\n"
               "template = {% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}<|assistant|>: the program",
     .compute =
         [](const Inputs& in, Worked& out) {
           const auto message = [&](const char* role) { return Json::object({{"role", role}, {"content", short_text(in, role)}}); };
           const Json messages = Json::array({message("system"), message("user")});
           std::string text;
           try {
             text = render_chat(in.text("template"), messages);
           } catch (const Error& e) {
             in.refuse("template", str("a chat template ({:.100s})", e.what()));
           }
           const std::vector<char32_t> letters = code_points(text);
           for (size_t at = 0; at < letters.size() && at < 180; at += 60)
             out.step(text_of(std::span(letters).subspan(at, std::min<size_t>(60, letters.size() - at))));
           out.answer("the text begins", text_of(std::span(letters).first(std::min<size_t>(40, letters.size()))));
           out.answer("characters", static_cast<double>(letters.size()));
         },
     .turn = "drop the last <|assistant|> from the template: nothing says any more whose turn it is.",
     .commands = "grimoire model convert models/smollm2/model.gguf models/smollm2-folder",
     .code = "src/grimoire/text/chat_template.cpp: ChatTemplate\nsrc/grimoire/text/jinja/evaluator.cpp: Evaluator",
     .mistake = "People say that the markers are mere decoration; in fact they are tokens of their own that training has given a meaning. A model that gets "
                "another model's template answers worse, without an error.",
     .see = "tokenization: what the text goes through next\nautoregressive: how the answer is written",
     .sources = "Hugging Face transformers, apply_chat_template\nJinja 3, Template Designer Documentation",
     .ask = "Who decides how a conversation is laid out: the user, the program or the model? | The model: its template comes with its weights.",
     .more = "A user who writes a marker into a message must not gain the system's voice: the text of messages is therefore cut without looking for special "
             "tokens in it where nobody vouches for it. Templates are programs from strangers, so they run here with a budget of steps, memory and output."},
};

}  // namespace

const Family kTok = {"tok", "Tokens and word vectors", kConcepts};

}  // namespace grim::learn
