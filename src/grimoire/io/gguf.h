// GGUF, the format of llama.cpp: tensors, and all that describes a model as typed pairs.
#pragma once

#include "grimoire/io/gguf_header.h"
#include "grimoire/io/tensor_file.h"

namespace grim {

class GgufFile : public TensorFile {
 public:
  explicit GgufFile(const std::string& path);  // throws: input
  GgufFile(const std::string& path, std::unique_ptr<InFile> file);
  const std::vector<GgufPair>& pairs() const { return pairs_; }  // in the order of the file
  const GgufValue* value(std::string_view key) const;            // nullptr: none

  // throws: input, no such key (with the nearest as a hint), or a value of another kind
  int64_t integer(std::string_view key) const;  // any integer or boolean
  double real(std::string_view key) const;      // integers too
  const std::string& text(std::string_view key) const;
  const std::vector<int64_t>& integers(std::string_view key) const;
  const std::vector<double>& reals(std::string_view key) const;
  const std::vector<std::string>& texts(std::string_view key) const;

 private:
  template <class T> const std::vector<T>& values(std::string_view key, bool array, const char* expected) const;
  std::vector<GgufPair> pairs_;
};

struct GgufTensor {
  TensorSource source;  // 1 to 4 axes, none of them empty
  std::string type;     // "F32", "F16", "BF16", "Q8_0", ... of floating-point tensors (Q8_0: rows of a multiple of 32); "F64", "I32", "I64" as they are

  GgufTensor(TensorSource read_later, std::string stored) : source(std::move(read_later)), type(std::move(stored)) {}
  GgufTensor(std::string name, const Tensor& x, std::string stored) : GgufTensor(TensorSource::of(std::move(name), x), std::move(stored)) {}
};

// In the order given, one tensor in memory at a time; with general.alignment 32, or what `pairs` say. The first replaces the file atomically.
// throws: argument, a type, shape, name or key that the format does not hold
void write_gguf(const std::string& path, const std::vector<GgufPair>& pairs, const std::vector<GgufTensor>& tensors);
void write_gguf(OutFile& out, const std::vector<GgufPair>& pairs, const std::vector<GgufTensor>& tensors);

}  // namespace grim
