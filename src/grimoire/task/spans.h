// Span corruption: an encoder-decoder learns to write what stood in the gaps of a text.
//   Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer", section 3.1.4
#pragma once

#include "grimoire/model/seq2seq.h"
#include "grimoire/task/spans_data.h"
#include "grimoire/train/task_source.h"

namespace grim {

using SpanExamples = TextPieces;

struct SpanEvaluation : RewriteEvaluation {
  int64_t gaps = 0, exact = 0;     // filled by greedy writing, and those to the last token
  int64_t exact_by_commonest = 0;  // by whoever writes the commonest token into every gap
};
// Of at most `batches` of them; 0: all. Gaps are filled only where `write` says so: that takes a pass for each token.
enum class WriteGaps : uint8_t { no, yes };
SpanEvaluation evaluate(const Seq2Seq& model, const SpanExamples& examples, const SpanTokens& tokens, const SpanOptions& options, WriteGaps write,
                        int64_t batches = 0, const StopAsked& stop = {});

TaskDefaults spans_task_settings();

}  // namespace grim
