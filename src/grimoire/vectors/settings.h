// What word and subword vectors are trained with. Names and defaults are those of fastText (github.com/facebookresearch/fastText, src/args.cc), so that
// its recipes carry over.
#pragma once

#include <cstdint>

#include "grimoire/base/option.h"

namespace grim::vectors {

// The numbers are those of fastText's files.
enum class Kind : int32_t {
  cbow = 1,        // the word in the middle from the mean of those around it (Mikolov et al. 2013a, section 3.1)
  skipgram = 2,    // those around it from the word in the middle (section 3.2)
  supervised = 3,  // the label of a line from the mean of what stands in it (Joulin et al. 2016)
};
enum class Loss : int32_t {
  hierarchical_softmax = 1,  // a binary choice at each node on the way to a leaf of a Huffman tree (Mikolov et al. 2013b, section 2.1)
  negative_sampling = 2,     // the right one told from some drawn ones (section 2.2)
  softmax = 3,               // the right one against all others
  one_vs_all = 4,            // each label by itself, yes or no: a line may have several
};

struct TrainingSettings {
  Kind kind = Kind::skipgram;
  Loss loss = Loss::negative_sampling;
  int64_t dim = 100;           // numbers a vector
  int64_t epochs = 5;          // times through the text: train() says what is counted
  double lr = 0.05;            // falls to 0 along a line
  int64_t window = 5;          // words on either side at most: the reach is drawn from 1 to this for every word
  int64_t min_count = 5;       // words that occur less often are left out
  int64_t min_count_label = 0;
  int64_t negatives = 5;
  int64_t word_ngrams = 1;     // supervised: runs of up to so many words have vectors too
  int64_t bucket = 2000000;    // rows that all n-grams share by their hashes
  int64_t min_n = 3, max_n = 6;  // letters of an n-gram; max_n 0: words alone
  double sampling = 1e-4;      // words with a larger share of the text are thinned out
  int64_t seed = 0;

  // With what fastText takes where nothing is said for this kind.
  static TrainingSettings defaults(Kind kind);
  Options options();           // of all kinds; those of one say so
  // n-grams of letters or words have rows of their own
  bool has_ngrams() const { return max_n > 0 || (kind == Kind::supervised && word_ngrams > 1); }
  void check() const;          // throws: argument, settings that do not go together
};

}  // namespace grim::vectors
