// The tokens that encoder-decoders of our own formats know by their numbers, and their keys of config.json.
#pragma once

#include <vector>

#include "grimoire/model/config_keys.h"
#include "grimoire/model/seq2seq.h"

namespace grim {

struct WriterTokens {
  int64_t pad = 1, begin = 0, end = 2;
  int64_t start = 0;  // that a target is read behind

  void take(const SpecialTokens& tokens);  // what is not said: the end for padding and begin, the begin for the start
  void add_to(Json& config) const;
  static WriterTokens from_json(const Json& config, int64_t vocabulary);  // throws: input, a key that is missing, or a token beyond the vocabulary
  static std::vector<KeyRule> with_rules(std::vector<KeyRule> own);       // `own` and those of these keys
};

// How many tokens sources have: 0 of their `own` is as many as targets.
int64_t source_vocabulary(int64_t own, int64_t vocab_size);


// How encoder-decoders without published weights are known to be trained, as settings of a run.
inline constexpr const char* kWriterRecipe = R"({"steps": 6000, "batch_size": 64, "lr": 1e-3, "min_lr": 1e-5, "schedule": "cosine", "warmup": 200,
  "weight_decay": 0.0, "decay_all": false, "grad_clip": 1.0, "beta2": 0.98, "split": "90/5/5"})";

}  // namespace grim
