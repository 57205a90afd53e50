// What `model experts` says of a mixture of experts, and what `model upcycle` makes.
#pragma once

#include <string>

#include "grimoire/base/json.h"
#include "grimoire/nn/experts.h"
#include "grimoire/report/report.h"

namespace grim {

struct ExpertsView {
  report::Report page;
  Json result;
};
// With a text: of its first `tokens`, 0 for all, in blocks of the model's context, how loaded each expert is, how sure the routers are, and which words go
// where in `layer`, from the last one for -1. throws: input, as load_trained, a model without experts, one that reads windows; usage, a layer that it lacks
ExpertsView experts_view(const std::string& model, const std::string& data, int64_t tokens, int64_t layer);

// throws: input, as open_model_folder and check_new_folder; argument, as upcycled
ExpertsView upcycle_folder(const std::string& model, const std::string& out, const ExpertOptions& options, uint64_t seed);

}  // namespace grim
