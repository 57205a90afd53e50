// Pairs of texts as token ids, and how well a model writes the one from the other.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "grimoire/data/parallel_text.h"
#include "grimoire/data/token_batch.h"
#include "grimoire/model/seq2seq.h"
#include "grimoire/text/tokenizer.h"
#include "grimoire/train/task.h"

namespace grim {

class PairExamples {
 public:
  using Ids = std::vector<std::vector<int64_t>>;
  PairExamples() = default;
  PairExamples(Ids sources, Ids targets);  // numbered as they come
  PairExamples(Ids sources, Ids targets, std::vector<int64_t> numbers)
      : sources_(std::move(sources)), targets_(std::move(targets)), numbers_(std::move(numbers)) {}
  int64_t rows() const { return static_cast<int64_t>(sources_.size()); }
  const Ids& sources() const { return sources_; }
  const Ids& targets() const { return targets_; }
  const std::vector<int64_t>& numbers() const { return numbers_; }  // in the text that they were encoded from
  int64_t target_tokens(std::span<const int64_t> rows) const;
  int64_t tokens(std::span<const int64_t> rows) const;  // of both sides
  int64_t longest() const;  // tokens of the longest text of either side
  PairExamples part(int64_t begin, int64_t end) const;
  PairExamples picked(const std::vector<int64_t>& rows) const;  // those, in that order

  struct Batch {
    TokenBatch sources, targets;  // targets with their end, without a start
  };
  Batch batch(std::span<const int64_t> rows) const;

 private:
  Ids sources_, targets_;
  std::vector<int64_t> numbers_;
};

struct EncodedPairs {
  PairExamples pairs;
  int64_t left_out = 0;  // pairs of which one side has more than `most` tokens
};
// Sources as the tokenizer encodes a text, as whoever writes with the model gives them; targets likewise, with `end` behind them where it puts none.
EncodedPairs encode_pairs(const ParallelText& text, const Tokenizer& tokenizer, int64_t end, int64_t most);

// Pairs whose sources have `low` to `high` tokens.
struct LengthBucket {
  int64_t low = 0, high = 0, pairs = 0, tokens = 0;  // tokens: of the targets
  double loss = 0;                                   // nats a token of the targets
};
struct PairEvaluation {
  double loss = 0;  // nats a token of the targets, each with its end
  int64_t tokens = 0, pairs = 0;
  bool stopped = false;
  std::vector<LengthBucket> buckets;  // by length, those without a pair left out
};
// Of at most `batches` of them; 0: all.
PairEvaluation evaluate(const Seq2Seq& model, const PairExamples& examples, int64_t batches = 0, const StopAsked& stop = {});

inline constexpr int64_t kLongestWritten = 200;  // tokens of a text, whatever its source
// What the model writes of each source, the likeliest token each time: UTF-8 whatever its tokens are, U+FFFD for bytes that are no character. Fewer where it is
// stopped.
std::vector<std::string> write_all(const Seq2Seq& model, const Tokenizer& tokenizer, const PairExamples::Ids& sources, int64_t end,
                                   const StopAsked& stop = {});

}  // namespace grim
