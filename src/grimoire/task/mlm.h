// Masked language modelling: encoders learn to find hidden words again, and, where they have the head for it, whether one passage follows another.
//   Devlin et al. 2019, "BERT", section 3.1; Liu et al. 2019, "RoBERTa", section 4
#pragma once

#include "grimoire/model/text_encoder.h"
#include "grimoire/task/mlm_data.h"
#include "grimoire/train/task_source.h"

namespace grim {

// How well an encoder finds hidden words and tells what follows.
struct MlmEvaluation {
  double words_loss = 0, next_loss = 0;       // nats; next: 0 without that head
  int64_t asked = 0, found = 0;               // hidden words, and those that were the likeliest
  int64_t commonest = 0;                      // of those asked, how many are the token that is asked most often
  int64_t pairs = 0, pairs_right = 0;
  bool stopped = false;
  double loss() const { return words_loss + next_loss; }
};
// Of at most `batches` of them; 0: all.
MlmEvaluation evaluate(const TextEncoder& encoder, const MlmExamples& examples, const MlmTokens& tokens, const MaskOptions& masks, int64_t batches = 0,
                       const StopAsked& stop = {});

// The examples that such an encoder is trained and judged on: pairs where it tells what follows, else whole sentences, of at most `length` tokens; 0: as
// many as it reads.
MlmExamples mlm_examples(const TextEncoder& encoder, const std::vector<TokenDocument>& documents, const MlmTokens& tokens, uint64_t seed,
                         int64_t length = 0);

TaskDefaults mlm_task_settings();

}  // namespace grim
