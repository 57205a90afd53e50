// How models are to be merged, as mergekit's YAML files say it: which models, or which layers of them, by what method, with what parameters.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

// A number that may depend on the tensor: the first rule counts whose filter is a part of the tensor's name. Several values are a curve along the
// layers, straight between them: the first is that of the first layer and of what stands in none, the last that of the last.
struct MergeRule {
  std::string filter;  // "" or "*": of any tensor
  std::vector<double> values;
};
struct MergeSetting {
  std::vector<MergeRule> rules;
  std::optional<double> at(std::string_view tensor, double t) const;  // t: 0 at the first layer, 1 at the last
};
using MergeSettings = std::map<std::string, MergeSetting>;

struct MergeSource {
  std::string model;
  int64_t first = 0, last = -1;  // its layers, the last one left out; last < 0: all
  MergeSettings settings = {};
  int line = 0;
  std::string data = {};         // a text of its task, for methods that ask what the model learned there; not mergekit's
};
struct MergeSlice {  // layers one behind the other, each made of the sources' layers at the same place
  std::vector<MergeSource> sources;
  MergeSettings settings = {};
  int line = 0;
};

struct TokenRule {            // what becomes of a token's embedding
  std::string model = {};     // whose embedding it gets; "": as others
  int64_t id = -1;            // of that model, where another token stands in; < 0: the token of this name
  bool zero = false, force = false;  // zeros; also where models have the token themselves
};

struct MergeConfig {
  std::string source;                // the file, for messages
  std::string method, base;          // base "": none
  std::vector<MergeSlice> slices;    // `models` is one slice of whole models
  MergeSettings settings = {};
  std::string dtype = {}, out_dtype = {};       // "float32", "float16", "bfloat16"; "": as they are
  std::string tokenizer = {};                   // "union", "base", or the model whose tokenizer it is; "": the base's as it is
  std::map<std::string, TokenRule> tokens = {};
  int64_t pad_to_multiple_of = 0;               // rows of embeddings
  std::string text = {};                        // as it was read

  std::vector<std::string> models() const;  // each once, in the order of the file, base first
};

// throws: input, "FILE: line 3: ..." where it is no YAML, or a key is not known (with the nearest), is missing, or has a value of another kind
MergeConfig parse_merge_config(const std::string& yaml, const std::string& source);

}  // namespace grim
