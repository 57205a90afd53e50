// Reading and writing safetensors, the format in which Grimoire and Hugging Face keep weights.
#pragma once

#include "grimoire/io/tensor_file.h"

namespace grim {

class SafetensorsFile : public TensorFile {
 public:
  explicit SafetensorsFile(const std::string& path);  // throws: input
  SafetensorsFile(const std::string& path, std::unique_ptr<InFile> file);
};

TensorMap read_safetensors(const std::string& path);

// Written in one order (wide elements first, then by name), so the same tensors give the same bytes. Strided tensors
// are written dense. `metadata` becomes __metadata__. The first replaces the file atomically.
void write_safetensors(const std::string& path, const TensorMap& tensors,
                       const Metadata& metadata = {{"format", "pt"}});
// `floats`: the type in which floating-point tensors are written, "F32", "F16" or "BF16"; empty, and all others: that of the file that they come from,
// where this format has it, else that of their dtype.
void write_safetensors(OutFile& out, const std::vector<TensorSource>& tensors, const Metadata& metadata = {{"format", "pt"}}, const std::string& floats = "");
const StoredType& written_type(const TensorSource& tensor, const std::string& floats);  // throws: argument, a type that floats are not written in

}  // namespace grim
