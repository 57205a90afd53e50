// How well a model predicts a text: one sum of surprises, shared out over different units.
//   Jelinek, Mercer, Bahl and Baker 1977, "Perplexity: a measure of the difficulty of speech recognition tasks"
//   Gao et al. 2020, "The Pile", section 3.1 (bits a byte)
// A mean over tokens compares only models that cut the text alike. A text has the same words and bytes for all, so that means over these compare.
#pragma once

#include <cstdint>

namespace grim {

struct Perplexity {
  double nats = 0;           // -sum ln p of all that was predicted
  int64_t tokens = 0;        // predicted
  int64_t words = 0, bytes = 0;  // of the text that these tokens make up

  double token_nats() const;  // cross-entropy; NaN where there is no such unit, here and below
  double token_bits() const;
  double by_token() const;    // exp of the nats of each
  double by_word() const;
  double by_byte() const;
  double byte_bits() const;   // log2 of by_byte
};

}  // namespace grim
