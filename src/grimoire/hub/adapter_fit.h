// Whether an adapter belongs to a base, where its folder holds no config.json of its own: peft leaves that to the base.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/hub/model_folder.h"

namespace grim {

// A vocabulary that has grown since the base was made. `opened` has the base's config, and the adapter's tokenizer or else the base's.
void check_tokenizer(const ModelFolder& opened, const std::string& folder);  // throws: input, ids beyond the base's vocabulary
// throws: input, rows of the vocabulary that were trained, and not as many as the base's model has
void check_rows(const ModelFolder& opened, const std::string& folder, const std::vector<NamedTensor>& adapter);

// The base with the head that the adapter trained beside it and that it has not: how many labels there are the head's rows say. Null: it lacks none, or
// there is no such head.
std::unique_ptr<Pretrained> with_trained_head(const ModelFolder& opened, const AdapterConfig& config, const std::vector<NamedTensor>& adapter);

}  // namespace grim
