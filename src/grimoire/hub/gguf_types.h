// Which type each tensor of a GGUF file is written in, and the rounding to it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/hub/importance_matrix.h"
#include "grimoire/io/tensor_source.h"

namespace grim {

struct GgufTypes {
  // Of floating-point tensors: "F32", "F16", "BF16" or quantised. Empty: the type that each has. As llama.cpp has it, vectors stay f32; rows that do not fill
  // blocks of 256 are rounded to its next type of 32 (Q4_K: Q5_0, Q5_K: Q5_1, Q6_K: Q8_0), those that fill no blocks are f32.
  std::string dtype = {};
  std::vector<std::string> rules = {};  // "PATTERN=TYPE", a regular expression and a type of matrices whose name it is found in; the first that fits
  std::shared_ptr<const ImportanceMatrix> importance = {};
  bool exact = false;  // dtype is for matrices alone that it holds to the bit, as one that was trained for it is: others keep what they are
};

// throws: usage, rules that are not so written, or types that are not
void check_types(const GgufTypes& types);
// `name`: in the file; `keeps_vectors`: of a file that llama.cpp does not open.
std::string type_for_gguf(const TensorSource& x, const std::string& name, const GgufTypes& types, bool keeps_vectors);
// The same tensor, whose bytes are of that type: rounded on all threads, where it is not in it already.
TensorSource rounded(const TensorSource& x, const std::string& name, const std::string& type, const GgufTypes& types);

}  // namespace grim
