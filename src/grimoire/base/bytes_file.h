// Bytes in memory as a file that is read.
#pragma once

#include <cstring>
#include <string_view>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim {

class BytesFile : public InFile {
 public:
  explicit BytesFile(std::string_view bytes) : bytes_(bytes) {}  // which must outlive it
  int64_t size() override { return static_cast<int64_t>(bytes_.size()); }
  void read_at(int64_t offset, char* to, size_t bytes) override {
    const auto at = static_cast<uint64_t>(offset);
    GRIM_CHECK(at <= bytes_.size() && bytes <= bytes_.size() - at, input, "file", "{} bytes at {} are past the end, {}", bytes, at, bytes_.size());
    if (bytes > 0) std::memcpy(to, bytes_.data() + at, bytes);
  }

 private:
  std::string_view bytes_;
};

}  // namespace grim
