// Training of word and subword vectors and of linear classifiers of lines (fastText).
//
// fastText runs Hogwild: threads change shared rows without order, so no two runs are equal. Here a run has the same bits on any number of threads, by
// cutting each step by sizes alone. A batch of neighbouring samples (64 words of a text, 8 lines of labelled ones) goes through four stages, each cut into
// eight parts that touch nothing in common:
//   1. by samples:        make the samples, average their input rows (as the batch before left them);
//   2. by output rows:    each part owns the rows of one residue of the row number, and does the sigmoid steps of all samples on them one after another,
//                         rows as fresh as in descent by single samples; what it owes to a sample's inputs stays in a sum of its own;
//   3. by samples:        those sums are added up in their order;
//   4. by input rows:     each part moves the rows that it owns, sample by sample.
// So the output rows, which every sample touches (frequent words, labels, the root of a tree), are never stale, and the input rows are by a batch at most,
// about what Hogwild does to them with as many threads. Of a skip-gram's word all neighbours are asked at once with the word's one mean (Ji et al. 2016,
// Parallelizing Word2Vec in Shared and Distributed Memory): a word's n-grams are read and moved once, not once for each neighbour, which is most of the
// gain in speed on one thread. A softmax couples all rows: its second stage is one part.
#pragma once

#include <functional>
#include <memory>

#include "grimoire/vectors/subword_model.h"

namespace grim::vectors {

struct TrainingProgress {
  double share = 0;         // 0 to 1
  double loss = 0;          // mean since the last one: of a choice, or of a softmax
  double lr = 0;
  int64_t words = 0;        // of the text, read so far in all epochs
  double seconds = 0;
};
enum class GoOn : uint8_t { yes, no };
using ProgressSink = std::function<GoOn(const TrainingProgress&)>;  // told about 100 times; no: training ends there

struct Trained {
  std::shared_ptr<const SubwordModel> model;
  TrainingProgress last;
  bool ended = true;  // false: the sink said no
};

// As in fastText, an epoch of word vectors is as long as the text with its rare words, which are passed over: where they are a tenth of the text, 5 epochs
// read the others 5.6 times. Going on and classifiers read the text `epochs` times.
// throws: argument, settings; input, a text without words, or labels, that are frequent enough; numeric, numbers that are none any more
Trained train(std::string_view text, TrainingSettings settings, std::string_view source = "text", const ProgressSink& progress = {});

// Goes on from a model with new text. extended: words and labels that are new and frequent enough get rows of their own, counts go on; kept: the
// dictionary stays as it is. Of the settings epochs, lr, window, negatives, min_count, min_count_label, sampling and seed are looked at, the others are
// the model's. throws: argument, a quantised model, one that was cut down, or new words for a tree that has no place for them
enum class Vocabulary : uint8_t { extended, kept };
Trained train_on(const SubwordModel& model, std::string_view text, TrainingSettings settings, Vocabulary vocabulary, std::string_view source = "text",
                 const ProgressSink& progress = {});

// Once more with the vocabulary and the rows that a model has, whatever was cut off it. throws: as train
Trained retrained(const SubwordModel& model, std::string_view text, int64_t epochs, double lr, std::string_view source = "text",
                  const ProgressSink& progress = {});

}  // namespace grim::vectors
