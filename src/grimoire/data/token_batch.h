// Texts as token ids, many at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/tensor/tensor.h"
#include "grimoire/text/tokenizer.h"

namespace grim {

// What models of text read: texts of any lengths one behind the other, so that nothing is computed for padding and nothing can be padded wrongly.
struct TokenBatch {
  Tensor ids, types;             // i64 (N,); types: 0 for the text, 1 for its pair, where the tokenizer parts them
  std::vector<int64_t> offsets;  // text i is tokens offsets[i] up to offsets[i + 1]

  int64_t texts() const { return static_cast<int64_t>(offsets.size()) - 1; }
  int64_t tokens() const { return offsets.back(); }
  int64_t longest() const;
  Tensor places() const;         // i64 (N,): of each token in its text, from 0
  Tensor firsts() const;         // i64 (texts,): where each text begins. throws: argument, one is empty

  // Without padding, and without the windows that truncation cut off. throws: argument, no encodings
  static TokenBatch of(std::span<const Encoding> encodings);
  static TokenBatch of(std::span<const std::vector<int64_t>> texts);  // of type 0
};

// The same in rows of one length, for those that want them.
struct PaddedTokens {
  Tensor ids, attention, types;  // i64 (N, T); attention: 1 for a token, 0 for padding
  std::vector<int64_t> lengths;  // tokens of each row, without padding

  // A row an encoding, of the length that `padding` gives or of the longest, if that is more. Windows that truncation cut off are left out.
  // throws: argument, no encodings
  static PaddedTokens of(std::span<const Encoding> encodings, const TokenPadding& padding = {});
};

// Each text by itself, or with the text of `pairs` at its place, on all threads: what Tokenizer::encode_with gives, in the order of the texts and the
// same for any number of threads. throws: argument, another number of pairs than texts, or a pair among the options; input, a text that has no ids
std::vector<Encoding> encode_all(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs = {},
                                 const EncodeOptions& options = {});

// The same as one batch. throws: as these two
TokenBatch encode_batch(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs = {},
                        const EncodeOptions& options = {});
// A text, or a pair of texts, for a model that reads at most so many tokens; `what` names it in errors: "the text".
// throws: input, it has more, or the tokenizer cuts it, which would then be answered for another text
TokenBatch encode_whole(const Tokenizer& tokenizer, const std::string& text, int64_t most, std::string_view what = "the text",
                        const std::optional<std::string>& pair = {});
TokenBatch encode_whole(const Tokenizer& tokenizer, std::span<const std::string> texts, int64_t most);
// Padded as the tokenizer says; with id 0, which the attention hides, where it says nothing.
PaddedTokens encode_padded(const Tokenizer& tokenizer, std::span<const std::string> texts, std::span<const std::string> pairs = {},
                           const EncodeOptions& options = {});

}  // namespace grim
