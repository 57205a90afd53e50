// What there is to tell of texts that a model writes from others: how near they come to those that are right, also by the length of what was read, and those
// that come least near.
#pragma once

#include <string>
#include <vector>

#include "grimoire/task/seq2seq_data.h"

namespace grim {

enum class TextScore : uint8_t { bleu, rouge };  // of translations; of summaries, ROUGE-L's F without stems
const char* score_name(TextScore score);         // "BLEU", from 0 to 100; "ROUGE-L", from 0 to 1

struct WrittenTexts {
  std::vector<std::string> sources, texts, references;  // as many; what was written stands in one line
  std::vector<int64_t> source_tokens, numbers;          // of their pairs in the text, from 0
};
// What the model writes of these of the examples, which are pairs of `text`. Fewer where it is stopped.
WrittenTexts written_by(const Seq2Seq& model, const Tokenizer& tokenizer, const PairExamples& examples, const ParallelText& text, int64_t end,
                        const StopAsked& stop = {});

// Nats a token by the length of the source; the same in the result as "by_length".
void add_lengths(std::vector<report::Block>& blocks, Json& result, const std::vector<LengthBucket>& buckets);
// BLEU with its interval, its signature and by the length of the source; in the result "bleu", "bleu_half_width", "bleu_by_length" and "bleu_signature".
void add_bleu(std::vector<report::Block>& blocks, Json& result, const WrittenTexts& written, const std::vector<LengthBucket>& buckets);

// `e`: of all examples of the part, `written`: of all or of some.
Examination examined_pairs(const PairEvaluation& e, const WrittenTexts& written, TextScore score);

}  // namespace grim
