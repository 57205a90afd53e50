// MappedFile: a file read through the page cache without copying it. For large data that is visited sparsely (token
// streams); weights are read, not mapped, because a file that shrinks while it is mapped kills the process.
#pragma once

#include <string>
#include <string_view>

namespace grim {

class MappedFile {
 public:
  explicit MappedFile(const std::string& path);  // read-only. throws: input, missing or not an ordinary file
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace grim
