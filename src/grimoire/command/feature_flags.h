// What features and probe share: which layers of an encoder, and how its tokens become a vector.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "grimoire/base/option.h"
#include "grimoire/command/command.h"
#include "grimoire/command/weights_flag.h"
#include "grimoire/data/text_table.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/model/text_features.h"

namespace grim {

inline const std::vector<std::string> kPools = {"cls", "mean", "max", "last", "none"};  // in the order of Pool

struct FeatureFlags {
  std::string layers = "-1", text_column, pair_column;
  WeightType weights = WeightType::automatic;
  Pool pool = Pool::mean;
  int64_t max_length = 0, threads = 0;

  Options options() {
    return {{.name = "layers", .help = "which: 0 are the embeddings, -1 is the last; -4..-1, 0,6 or all", .target = &layers, .basic = true},
            {.name = "pool", .help = "how the vectors of its tokens become one of a text", .target = by_choice(&pool), .choices = kPools, .basic = true},
            {.name = "text-column", .help = "column of the texts, by name or number from 0; else it is found", .target = &text_column},
            {.name = "pair-column", .help = "column of the texts beside them", .target = &pair_column},
            {.name = "max-length", .help = "tokens read of a text; 0: as many as the model reads", .target = &max_length, .low = 0},
            weights_flag(&weights),
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads, .low = 0, .high = 256}};
  }
  EncodedTexts encode(const TrainedEncoder& trained, const LabelledTexts& texts, Console& console) const {
    const EncodedTexts encoded(*trained.tokenizer, texts.texts, texts.pairs, {.most = most(trained)}, texts.places);
    if (encoded.longer() > 0) console.say(str("of {} of {} texts only the first {} tokens are read", encoded.longer(), encoded.texts(), most(trained)));
    return encoded;
  }
  int64_t most(const TrainedEncoder& trained) const {
    return max_length > 0 ? std::min(max_length, trained.model->context()) : trained.model->context();
  }
};

}  // namespace grim
