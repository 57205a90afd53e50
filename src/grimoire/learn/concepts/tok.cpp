// Tokens and word vectors: cutting text into pieces, and giving each piece its numbers.
#include <algorithm>

#include "grimoire/base/str.h"
#include "grimoire/classic/distance.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/text/pre_tokenizer.h"
#include "grimoire/text/utf8.h"
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

const Concept kConcepts[] = {
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
     .commands = "later: grimoire vectors train --data wiki.txt --out vectors.vec",
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
     .names = "word pieces\n\ntoken\ntokeniser",
     .what = "Cutting words into known pieces, so that a vocabulary of limited size can spell every word.",
     .picture = "Toy bricks: one large brick for each common word, and small ones from which any other word can be put together.",
     .formula = "repeat: take the longest piece of V that the rest of the word begins with",
     .symbols = "V: the pieces that are known\n##: the piece continues a word",
     .inputs = "word = tokenization: a word or a sentence to be cut\nV = token ##ization ##iz ##ation to ##ken ##s: the pieces, by id from 0",
     .compute =
         [](const Inputs& in, Worked& out) {
           Vocabulary V;
           for (const std::string& piece : in.words("V")) {
             if (V.id_of(piece) >= 0) in.refuse("V", "every piece once");
             V.add(piece, V.size());
           }
           constexpr const char* kUnknown = "[UNK]";
           if (V.id_of(kUnknown) < 0) V.add(kUnknown, V.size());
           const WordPiece model(V, {.unk_token = kUnknown});
           std::vector<AlignedText> words;
           make_pre_tokenizer(Json::object({{"type", "BertPreTokenizer"}}))->split(AlignedText(short_text(in, "word"), 0), words);
           size_t n = 0;
           for (const AlignedText& w : words) {
             std::vector<Token> tokens;
             model.tokenize(w.text(), tokens);
             for (const Token& t : tokens) {
               const std::string_view rest = std::string_view(w.text()).substr(t.begin), piece = V.token(t.id);
               if (n < 4) out.step(piece == kUnknown ? str("\"{:.40s}\": a dead end, the whole word is unknown", w.text())
                                                     : str("\"{:.40s}\": the longest piece is {}, id {}", rest, piece, t.id));
               if (++n <= 12) out.answer(str("piece {}", n), std::string(piece));
             }
           }
         },
     .turn = "take ##ization out of V: the word falls into three pieces. Take token out too: see where greed leads.",
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
     .commands = "later: grimoire vectors train --data wiki.txt --window 5 --out vectors.vec",
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
     .commands = "later: grimoire vectors train --data wiki.txt --out vectors.bin",
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
     .commands = "later: grimoire vectors show vectors.bin unfriendable",
     .mistake = "People say that subword models have no unknown words; in fact they always give an answer, which is not the same as a good one: "
                "a word without a known group gets noise or zero.",
     .see = "subword: where the groups come from\nwordpiece: the other way out\nstatic-embedding: the table that lacks the word",
     .sources = "Bojanowski et al. 2017, Enriching Word Vectors with Subword Information, sections 3.2 and 5.3",
     .ask = "Known groups (2, 1) and (0, 3). What is the unknown word's vector? | (2, 4).",
     .more = "The older remedies were one shared vector for all unknown words, or none. fastText's program divides the sum by the number of groups when it "
             "writes a word's vector; "
             "direction and cosine are the same. Character-level and byte-level models have no unknown words at all and pay with longer rows of tokens."},
};

}  // namespace

const Family kTok = {"tok", "Tokens and word vectors", kConcepts};

}  // namespace grim::learn
