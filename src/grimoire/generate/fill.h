// What an encoder makes of a text with gaps, and of two sentences.
#pragma once

#include <string>
#include <vector>

#include "grimoire/model/text_encoder.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

struct Gap {
  struct Word {
    int64_t token = 0;
    double probability = 0;
  };
  std::vector<Word> words;  // likeliest first
};

// The likeliest tokens of each gap in the text, at most `most`, each gap by itself.
// throws: input, a tokenizer without a mask token, a text without a gap, or an encoder without that head
std::vector<Gap> fill(const TextEncoder& encoder, const Tokenizer& tokenizer, const std::string& text, int64_t most);

// The probability that `second` is what follows `first` (Devlin et al. 2019, section 3.1). throws: input, an encoder without that head
double probability_that_follows(const TextEncoder& encoder, const Tokenizer& tokenizer, const std::string& first, const std::string& second);

}  // namespace grim
