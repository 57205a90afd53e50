// How a text is judged that is longer than what a model looks back on.
//   Press, Smith and Lewis 2021, "Shortformer: Better Language Modeling using Shorter Inputs" (sliding windows)
// Blocks that lie end to end predict their first tokens from almost nothing. Windows that overlap predict every token but those of the first window from
// `context - stride` tokens or more, at context / stride times the cost. The windows are those of EleutherAI's harness (get_rolling_token_windows, its
// context_len being context - stride + 1); those of the loop in transformers' guide to perplexity too, whose max_length counts the last target with the
// context (context + 1), except that its last window is shorter where this one is moved back.
#pragma once

#include <span>
#include <vector>

#include "grimoire/train/lm_data.h"

namespace grim {

struct RollingWindow {
  int64_t start;    // of its first token; its targets stand one further
  int64_t counted;  // the last so many of its targets
};
// All of min(context, targets) tokens: every target is counted once. The first window counts all of its own, each other `stride` or, at the end, what is left.
std::vector<RollingWindow> rolling_windows(int64_t targets, int64_t context, int64_t stride);

// throws: argument, a context that is not the model's or shorter, a stride that is not the context or shorter, a model that reads windows; input, fewer
// than two tokens
void check_rolling(const CausalLm& model, std::span<const int64_t> ids, int64_t context, int64_t stride);
// Every token but the first is predicted once. throws: as check_rolling
Evaluation evaluate_rolling(const CausalLm& model, std::span<const int64_t> ids, int64_t context, int64_t stride);

}  // namespace grim
