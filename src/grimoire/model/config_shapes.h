// What a config.json says of the tensors that belong to it: where a file of weights says otherwise, the key is named that disagrees.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"
#include "grimoire/io/tensor_entry.h"

namespace grim {

// Names stand in `like` from a dot on to their end, or up to a "*" and from there to their end: "wte.weight", "encoder.layers.*.fc1.weight". A key with
// another name for the same is "hidden_size|n_embed".
struct ConfigShapes {
  struct Length {  // of a dimension, with the keys that it follows from
    std::vector<std::string_view> keys;
    int64_t length;
  };
  struct Tensors {
    std::string_view like;
    std::vector<Length> lengths;
  };
  struct Layers {  // "h.": how many numbers stand behind it
    std::string_view before, key;
    int64_t count;
  };
  struct Presence {  // such tensors are there, or are not
    std::string_view like, key;
    bool there;
  };
  std::vector<Layers> layers = {};
  std::vector<Tensors> tensors = {};
  std::vector<Presence> presence = {};
};

// What `config` says and `file`, whose tensors these are, does not, each in a sentence that names the key; no key stands in two of them for its lengths.
std::vector<std::string> contradictions(const Json& config, const ConfigShapes& shapes, std::span<const TensorEntry> tensors, std::string_view file);

}  // namespace grim
