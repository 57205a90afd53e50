// Word vectors from a file as the first values of a model's token embedding.
//   Kim 2014, "Convolutional Neural Networks for Sentence Classification", section 3.1: CNN-static keeps them as they are, CNN-non-static goes on training them
#pragma once

#include <string>

#include "grimoire/train/run_config.h"
#include "grimoire/train/task.h"

namespace grim {

// That the run's model has a table of token vectors. throws: usage
void check_token_table(const RunConfig& config);
// Is this the table of token vectors, by a parameter's name? In an encoder-decoder there may be one for each side.
bool is_token_table(const Architecture& architecture, const std::string& parameter);

// The rows of the tokens that are words of the file `config.embeddings` become its vectors; of a model with n-grams (fastText) also of tokens that it can put
// together. Special tokens, and words that are not there, keep the values they have. Gives a sentence that says how many were found.
// throws: as check_token_table; input, vectors of another width, none of the tokens is a word of the file, a file that is none of word vectors
std::string take_embeddings(Task& task, const RunConfig& config);

}  // namespace grim
