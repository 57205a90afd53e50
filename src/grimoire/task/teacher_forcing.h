// What a decoder reads while it is trained: the right token before each place, or now and then the one that it would have written there itself, so that it
// learns to go on from its own mistakes.
//   Williams and Zipser 1989, "A Learning Algorithm for Continually Running Fully Recurrent Neural Networks" (teacher forcing)
//   Bengio et al. 2015, "Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks" (a coin for each token)
#pragma once

#include "grimoire/base/rng.h"
#include "grimoire/model/seq2seq.h"

namespace grim {

// The targets as they are read, behind start(): the right token with probability `ratio`, else the likeliest behind what was read so far. What is read is no
// function of the weights to the gradient (Bengio et al. 2015, section 2.4), so that the model may be of any kind: its own words are found first, without
// dropout, and the pass that is learned from reads them all at once. A ratio of 1 costs nothing. throws: argument, a target is empty
TokenBatch read_in_training(const Seq2Seq& model, const TokenBatch& sources, const TokenBatch& targets, double ratio, Rng& rng);

}  // namespace grim
