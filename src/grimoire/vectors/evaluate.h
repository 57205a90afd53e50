// How good vectors and classifiers are, as the literature and fastText's program count it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "grimoire/vectors/word_vectors.h"

namespace grim::vectors {

// Of lines with known labels and words: predicted labels that are right, out of all predicted ones and out of all that stand there.
struct LabelScore {
  std::string label;  // "" of all together
  int64_t right = 0, predicted = 0, standing = 0;
  double precision() const { return predicted > 0 ? static_cast<double>(right) / static_cast<double>(predicted) : 0; }
  double recall() const { return standing > 0 ? static_cast<double>(right) / static_cast<double>(standing) : 0; }
  double f1() const { return predicted + standing > 0 ? 2 * static_cast<double>(right) / static_cast<double>(predicted + standing) : 0; }
};
struct LabelScores {
  int64_t lines = 0, left_out = 0;  // without a known label, or without a known word
  LabelScore all;
  std::vector<LabelScore> each;
};
LabelScores score_labels(const SubwordModel& model, std::string_view text, int64_t most, double threshold);  // throws: state, no classifier

// Questions of the form of Mikolov et al. 2013a: ": section" lines, then four words a line, counted as gensim's evaluate_word_analogies does. Words are
// looked up without regard to capitals among the `most_frequent` first ones, the first spelling for all; questions with a word outside are left out. The
// answer is the nearest of all spellings among them that is none of the three words asked.
struct AnalogyScore {
  std::string section;
  int64_t right = 0, asked = 0, left_out = 0;
};
std::vector<AnalogyScore> score_analogies(const WordVectors& vectors, std::string_view questions, std::string_view source, int64_t most_frequent);

// Pairs of words and what people think of them, three fields a line: their scores beside the cosines, of pairs whose words both have a vector.
struct PairScores {
  std::vector<double> people, cosine;
  int64_t left_out = 0;
};
PairScores score_pairs(const WordVectors& vectors, std::string_view pairs, std::string_view source);  // throws: input, a line of another form

}  // namespace grim::vectors
