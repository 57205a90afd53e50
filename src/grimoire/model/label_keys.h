// What config.json says of labels: id2label, label2id and problem_type, as transformers has them.
#pragma once

#include "grimoire/base/json.h"
#include "grimoire/model/text_encoder.h"

namespace grim {

// Their names; none where they say no more than LABEL_0, LABEL_1, ... The second: how many there are; 0 where the config does not say.
struct ConfigLabels {
  Labels set;
  int64_t count = 0;
};
ConfigLabels labels_in_config(const Json& config);                          // throws: input
void set_config_labels(Json& config, const Labels& set, int64_t count);     // names that are missing are LABEL_0, ...
std::vector<std::string> label_names(const Labels& set, int64_t count);     // likewise

}  // namespace grim
