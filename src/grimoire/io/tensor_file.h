// Named tensors in a file of whatever format: safetensors, PyTorch's .pt and .bin, GGUF, llama2.c's and llm.c's .bin, or shards under an index.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "grimoire/base/files.h"
#include "grimoire/io/tensor_entry.h"
#include "grimoire/io/tensor_source.h"
#include "grimoire/tensor/tensor.h"

namespace grim {

using TensorMap = std::map<std::string, Tensor>;
using Metadata = std::map<std::string, std::string>;

// An open file whose headers have been checked; tensors are read one by one. The numbers are read, not mapped, so a file that is changed or
// cut meanwhile gives an error and not a dead process, and saving over the file that was loaded is safe. What the kinds add is how to open one.
class TensorFile {
 public:
  virtual ~TensorFile() = default;
  const std::string& path() const { return path_; }
  const std::string& format() const { return format_; }  // "safetensors", "PyTorch", "GGUF", "llama2.c", "llm.c"
  const std::vector<TensorEntry>& entries() const { return entries_; }
  // What the file says about itself beside the tensors; lists by their length alone.
  const Metadata& metadata() const { return metadata_; }
  // nullptr: none. In safetensors a name that metadata() maps to a tensor's is that tensor: tied ones are stored once (sharded_files in shards.h).
  const TensorEntry* find(std::string_view name) const;
  bool holds(std::string_view name) const { return find(name) != nullptr; }

  // Dense, of dtype entry.type->becomes (stored_type.h says which).
  // throws: input, no tensor of this name (with the nearest as a hint), a type without a counterpart, a file that has shrunk
  Tensor read(std::string_view name) const;
  Tensor read(const TensorEntry& entry) const;  // one of entries()
  std::string bytes(const TensorEntry& entry) const;  // as stored, of one without strides. throws: input, a file that has shrunk

 protected:
  TensorFile(std::string path, std::string format) : path_(std::move(path)), format_(std::move(format)) {}
  void add_part(std::string path, std::unique_ptr<InFile> file) { parts_.push_back({std::move(path), std::move(file)}); }
  void add(TensorEntry entry);        // throws: input, a name that is there already
  void take_over(TensorFile&& part);  // its tensors, metadata and open files
  Metadata metadata_;

 private:
  struct Part {
    std::string path;
    std::unique_ptr<InFile> file;
  };
  std::string path_, format_;
  std::vector<Part> parts_;
  std::vector<TensorEntry> entries_;
  std::unordered_map<std::string, size_t> index_;
};

// Told by its content. throws: input, what it is instead: empty, a Git LFS pointer, a web page, one shard of several, ...
std::unique_ptr<TensorFile> open_tensor_file(const std::string& path);
bool is_unnamed_checkpoint(const std::string& path);  // llama2.c's or llm.c's, by its beginning and size; false: or there is no such file
// The same of an open file, called `path`, that is no index.
std::unique_ptr<TensorFile> open_one(const std::string& path, std::unique_ptr<InFile> file);
// Every tensor under every name that it has; tied ones share their numbers.
TensorMap read_all(const TensorFile& file);
// The same, to be read one by one; names of one place in the file share it. `file` outlives them. throws: input, a type without a counterpart
std::vector<TensorSource> sources_of(const TensorFile& file);

// Elements of a stored type, `at` bytes into a file; `what` names them in errors.
Tensor read_stored(InFile& file, uint64_t at, const StoredType& type, const Shape& shape, const std::string& what);

}  // namespace grim
