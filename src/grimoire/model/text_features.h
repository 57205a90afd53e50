// What an encoder makes of texts, layer by layer, as vectors for others to learn from.
//   Devlin et al. 2019, "BERT", section 5.3
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "grimoire/data/encoded_texts.h"
#include "grimoire/data/encoded_words.h"
#include "grimoire/model/text_encoder.h"

namespace grim {

enum class Pool : uint8_t {
  cls,   // the vector of the first token
  mean,  // over all tokens
  max,   // of each number, over all tokens
  last,  // of the last token
  none,  // each token by itself
};

// Layer 0 is what the embeddings give, layer l what block l of layers_of() (nn/layer_numbers.h) gives.
// "-4..-1", "0,6", "all": numbers of layers, negative ones from the end, each once. throws: argument, no such layer
std::vector<int64_t> layers_in(const std::string& words, int64_t last);

struct TextFeatures {
  std::vector<Tensor> layers;   // of each that was asked for (rows, C) f32; a row a text, of Pool::none a row a token, text after text
  std::vector<int64_t> text_of;  // of each row
  bool stopped = false;
};
// Of the first window of each text. throws: argument, a layer that is not there
TextFeatures text_features(TextEncoder& encoder, const EncodedTexts& texts, const std::vector<int64_t>& layers, Pool pool,
                           const std::function<bool()>& stop = {});

// The vector of each word's first token: of each layer (words, C) f32. throws: argument, a layer that is not there
std::vector<Tensor> word_features(TextEncoder& encoder, const EncodedWords& words, const std::vector<int64_t>& layers);

enum class Combine : uint8_t { last, sum, weighted, concat };
// One matrix of several layers. `weights`: of each layer, for weighted. throws: argument, another number of weights
Tensor combined(const TextFeatures& features, Combine how, const std::vector<double>& weights = {});

}  // namespace grim
