// Texts as models of text read them: rows of token ids, brought to one length.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "grimoire/tensor/tensor.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

struct TokenBatch {
  Tensor ids, attention, types;  // i64 (N, T); attention: 1 for a token, 0 for padding; types: 0 for the text, 1 for its pair, where the tokenizer parts them
  std::vector<int64_t> lengths;  // tokens of each row, without padding

  // A row an encoding, of the length that `padding` gives or of the longest, if that is more. Windows that truncation cut off are left out.
  // throws: argument, no encodings
  static TokenBatch of(std::span<const Encoding> encodings, const TokenPadding& padding = {});
};

// Each text by itself, or with the text of `pairs` at its place, on all threads: what Tokenizer::encode_with gives, in the order of the texts and the
// same for any number of threads. throws: argument, another number of pairs than texts, or a pair among the options; input, a text that has no ids
std::vector<Encoding> encode_all(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs = {},
                                 const EncodeOptions& options = {});

// The same as one batch, padded as the tokenizer says; with id 0, which the attention hides, where it says nothing. throws: as these two
TokenBatch encode_batch(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs = {},
                        const EncodeOptions& options = {});

}  // namespace grim
