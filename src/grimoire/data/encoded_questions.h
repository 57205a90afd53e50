// Questions with their texts as an encoder reads them: the question and a window of the context as a pair. Only the context is cut, in windows that share
// tokens; each knows which bytes of the context its tokens are, and where in it the answer begins and ends.
//   Devlin et al. 2019, "BERT", sections 4.2 and 4.3: a question that a window does not answer has its answer at the first token, [CLS]
// Windows and tokens of the answers are those of the example run_qa of Hugging Face's transformers.
#pragma once

#include "grimoire/data/encoded_texts.h"
#include "grimoire/data/questions.h"

namespace grim {

struct QuestionWindows {
  int64_t most = 384;    // tokens of a window, with the question and those around both
  int64_t stride = 128;  // tokens of the context that two windows share
  QuestionWindows within(int64_t context) const;  // what a model can do that reads so much: no longer ones, of which a third at most is shared
};
struct TokenSpan {
  int64_t first = 0, last = 0;  // tokens of a window, both of them in the span
  bool operator==(const TokenSpan&) const = default;
};

class EncodedQuestions : public EncodedTexts {  // whose texts are the questions
 public:
  EncodedQuestions() = default;
  // throws: input, by place: a question that leaves no room for more than the stride, a context that has no tokens, a tokenizer that does not pair
  EncodedQuestions(const Tokenizer& tokenizer, const TextQuestions& questions, const QuestionWindows& windows);

  int64_t context_begin(int64_t window) const { return context_begin_[static_cast<size_t>(window)]; }  // its first token of the context
  // The bytes of the context that its tokens from there on stand for.
  std::span<const ByteRange> context(int64_t window) const {
    const size_t w = static_cast<size_t>(window), from = offsets_begin_[w];
    return std::span(offsets_).subspan(from, offsets_begin_[w + 1] - from);
  }
  // Where the first of the right answers stands: from the last token that begins no later than it, to the first that ends no earlier. {0, 0}: the window
  // does not hold all of it, or there is none.
  TokenSpan target(int64_t window) const { return targets_[static_cast<size_t>(window)]; }
  int64_t without_answer() const;  // windows

 private:
  void add(const Encoding& pair, const TextQuestion& question, const QuestionWindows& windows, int64_t number);

  std::vector<int64_t> context_begin_;
  std::vector<size_t> offsets_begin_ = {0};
  std::vector<ByteRange> offsets_;
  std::vector<TokenSpan> targets_;
};

}  // namespace grim
