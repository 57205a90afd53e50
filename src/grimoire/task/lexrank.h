// Which sentences of a text stand for all of it: a summary in the text's own words, without training.
//   Erkan and Radev 2004, "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization", Journal of Artificial Intelligence Research 22,
//   sections 3.1 and 3.3 (continuous LexRank)
//
//   a(s, w) = tf(s, w) ln(N / n(w))                        w in s so often, and in n(w) of the N sentences
//   cos(s, t) = sum_w a(s, w) a(t, w) / (|a(s)| |a(t)|)
//   p(s) = d / N + (1 - d) sum_t cos(s, t) / (sum_u cos(u, t)) p(t)
//
// A sentence is central that resembles central ones: p is where a reader is found who goes from sentence to sentence by likeness and, with probability
// d = 0.15, to any. One that shares no word with another passes its share on to all of them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace grim {

// p of each sentence; they add up to 1. Words are runs of letters, marks and digits in small letters. Time and memory grow with the words, not with the
// pairs of sentences. throws: argument, no sentence
std::vector<double> lexrank(std::span<const std::string> sentences);

// The numbers of the `most` highest scores, of equals the first, in the order of the text; all where there are no more.
std::vector<size_t> central_sentences(std::span<const double> scores, size_t most);

}  // namespace grim
