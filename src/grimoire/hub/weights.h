// Weights without a model: what any folder or file of tensors holds, how healthy it is, how two of them differ, and one written anew.
#pragma once

#include <string>
#include <vector>

#include "grimoire/hub/gguf_types.h"
#include "grimoire/io/checkpoint.h"
#include "grimoire/io/tensor_file.h"

namespace grim {

// Of a model folder, one whose only model is a GGUF file among them, or a file of whatever format. throws: input, as open_weights and open_tensor_file
std::unique_ptr<TensorFile> open_weights_at(const std::string& path);

struct Statistics {  // of the numbers of one tensor or of several
  int64_t count = 0, nan = 0, infinite = 0, zero = 0;
  double low = 0, high = 0, mean = 0, deviation = 0;  // of those that are finite; deviation with divisor n

  void add(const Statistics& other);
  int64_t finite() const { return count - nan - infinite; }
};
Statistics statistics_of(const Tensor& x);

// Tensors whose names begin alike: the repeated ones up to their number ("model.layers"), the others by their first two words.
struct WeightsPart {
  std::string name;
  int64_t repeats = 0;  // distinct numbers behind the name; 0: it is not repeated
  int64_t tensors = 0, parameters = 0, bytes = 0;
};
std::vector<WeightsPart> parts_of(const TensorFile& weights);  // in the order of the file

struct TensorDifference {
  enum class Kind : uint8_t { compared, shapes, missing };
  std::string name;
  Kind kind = Kind::compared;
  std::string problem = {};         // "shape (2, 3) and (3, 2)", "only in the first"; empty: they were compared, and the numbers below hold
  std::string types = {};           // "F32 and F16" where these are not one; empty: they are
  int64_t count = 0, differ = 0;    // elements, and those of other bits; of two types, those of other values (NaN equals NaN)
  double largest = 0, relative = 0; // |a - b|, and its norm over that of a
  bool equal() const { return same_values() && types.empty(); }  // to the bit
  bool same_values() const { return kind == Kind::compared && differ == 0; }
};
// By names; a whole model in a file is compared with others than its like as Hugging Face has it.
std::vector<TensorDifference> difference(const TensorFile& a, const TensorFile& b);

enum class WeightsFormat : uint8_t { safetensors, gguf };
struct ConvertOptions {
  WeightsFormat to = WeightsFormat::safetensors;
  // Of floating-point tensors: "F32", "F16", "BF16", for GGUF the quantised ones too that are written (io/stored_type.h). Empty: their bits as they are,
  // where the format has their type, else as they are read; in a GGUF model vectors are f32.
  std::string dtype = {};
  int64_t shard_bytes = 0;  // of safetensors; 0: one file
  // Of GGUF, as GgufTypes (hub/gguf_types.h) has them.
  std::vector<std::string> rules = {};
  std::shared_ptr<const ImportanceMatrix> importance = {};
  bool exact = false;

  GgufTypes gguf_types() const { return {.dtype = dtype, .rules = rules, .importance = importance, .exact = exact}; }
};
struct Converted {
  std::vector<std::string> files;  // that were written
  std::vector<std::string> notes;  // what they could not hold, in sentences
};
// A model folder with its other files (config.json, the tokenizer's, ...), whose dtype is set, or a lone file of weights; a config.json is made of what a
// GGUF file or one of llm.c says; a GGUF file made of another says all that this says. `to`: a folder that is made, or a file that ends in .safetensors or
// .gguf.
// throws: input, a folder that holds other files, a source that is malformed; argument, a dtype that the format does not hold, a number that the dtype
// does not hold
Converted convert_weights(const std::string& from, const std::string& to, const ConvertOptions& options);

// What stands in a model folder beside its weights, as convert_weights lays it out: text about the model, with `dtype` ("F32", "BF16", ...; empty: as it is)
// in its config.json; of a file that is a whole model, what it says itself; of another file nothing. `notes`: what was left behind.
std::vector<CheckpointFile> beside_weights(const std::string& path, const std::string& dtype, std::vector<std::string>& notes);
Json with_dtype(Json config, const std::string& dtype);

// What rounding to blocks does to each tensor that convert_weights writes so in a GGUF file: |w - w^| over |w|, norms over the tensor.
struct RoundedTensor {
  std::string name, type;
  int64_t numbers = 0;
  double error = 0;
};
std::vector<RoundedTensor> rounding_of(const TensorFile& weights, const GgufTypes& types);  // one tensor in memory at a time
std::string rounded_before(const TensorFile& weights);  // the type of blocks in which most of its numbers are held already; "": they are not

}  // namespace grim
