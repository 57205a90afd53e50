// Reading and writing safetensors, the format in which Grimoire and Hugging Face keep weights.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "grimoire/base/files.h"
#include "grimoire/io/safetensors_header.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

using TensorMap = std::map<std::string, Tensor>;
using Metadata = std::map<std::string, std::string>;

// An open file whose header has been checked; tensors are read one by one. The numbers are read, not mapped, so a file
// that is changed or cut meanwhile gives an error and not a dead process, and saving over the file that was loaded is
// safe.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::string& path);  // throws: input
  const SafetensorsHeader& header() const { return header_; }
  const std::string& path() const { return path_; }
  bool holds(std::string_view name) const { return find(name) != nullptr; }
  // F16 becomes f32, I8, I16 and U16 become i32, U32 becomes i64; the other dtypes that Grimoire lacks are refused.
  // throws: input, no tensor of this name (with the nearest as a hint), a dtype or rank without a counterpart
  Tensor read(std::string_view name) const;
  Tensor read(const SafetensorsEntry& entry) const;  // one of header().entries

 private:
  const SafetensorsEntry* find(std::string_view name) const;
  std::string path_;
  std::unique_ptr<InFile> file_;
  SafetensorsHeader header_;
};

TensorMap read_safetensors(const std::string& path);

// Written in one order (wide elements first, then by name), so the same tensors give the same bytes. Strided tensors
// are written dense. `metadata` becomes __metadata__. The first replaces the file atomically.
void write_safetensors(const std::string& path, const TensorMap& tensors,
                       const Metadata& metadata = {{"format", "pt"}});
void write_safetensors(OutFile& out, const TensorMap& tensors, const Metadata& metadata = {{"format", "pt"}});
int64_t safetensors_bytes(const TensorMap& tensors);  // of the data, for a look at the free space first

}  // namespace grim
