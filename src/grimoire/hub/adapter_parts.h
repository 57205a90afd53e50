// What an adapter's folder holds, layer by layer, without the model that it was made for.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "grimoire/hub/adapter_config.h"
#include "grimoire/hub/low_rank.h"

namespace grim {

struct AdapterLayer {
  LowRank update = {};    // of LoRA and DoRA
  Tensor magnitude = {};  // of DoRA (out,)
  Tensor gains = {};      // of IA3 (out, 1) or (1, in)
  int64_t numbers() const;
};
struct AdapterParts {
  AdapterConfig config;
  std::map<std::string, AdapterLayer> layers;  // by path
  std::vector<NamedTensor> whole;              // of modules that learned whole
  int64_t numbers() const;
};
// Config.base as the folder has it, where there is no such folder. throws: input, tensors that do not belong together
AdapterParts read_adapter_parts(const std::string& folder);

}  // namespace grim
