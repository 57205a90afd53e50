// What an encoder with a head for tokens says of the words of sentences, and how right it is.
#pragma once

#include <string>
#include <vector>

#include "grimoire/data/encoded_words.h"
#include "grimoire/metric/seqeval.h"
#include "grimoire/model/text_encoder.h"
#include "grimoire/train/task.h"

namespace grim {

struct TagAnswers {
  Tensor probabilities;  // (words, K) f32
  bool stopped = false;

  int64_t likeliest(int64_t word) const;
};
TagAnswers answer_words(const TextEncoder& encoder, const EncodedWords& words, const StopAsked& stop = {});

// The tags that stand there. throws: input, fewer than two
Labels tags_in(const TaggedSentences& sentences);
// Are they O, B-TYPE, I-TYPE and the like (E, S, L, U), so that runs of them mark spans?
bool marks_spans(const Labels& set);
// Of each word the number of its tag; -1 for one that is not in the set. throws: input, none is
std::vector<int64_t> tag_numbers(const TaggedSentences& sentences, const Labels& set);

struct TagScores {
  double loss = 0;                     // nats a word, over words whose tag is in the set
  double accuracy = 0;                 // of words; a tag that is not in the set is never right
  SeqevalScores spans = {};            // where tags mark spans: as conlleval reads them
  double score = 0;                    // F1 of all spans together, or the accuracy
  int64_t unknown = 0;                 // words whose tag is not in the set
  std::vector<double> confusion = {};  // K x K, true by predicted
};
TagScores score_tags(const TagAnswers& answers, const TaggedSentences& truth, const Labels& set);
// What its score is called.
const char* tag_score_name(const Labels& set);

// The predicted tags of each sentence.
std::vector<Tags> said_tags(const TagAnswers& answers, const TaggedSentences& sentences, const Labels& set);

}  // namespace grim
