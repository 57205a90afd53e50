#include "grimoire/base/mapped_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim {

MappedFile::MappedFile(const std::string& path) {
  size_ = static_cast<size_t>(posix_files().open(path)->size());  // the same words for a missing file as everywhere
  if (size_ == 0) return;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  void* p = fd < 0 ? MAP_FAILED : mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
  const int code = errno;
  if (fd >= 0) ::close(fd);
  GRIM_CHECK(p != MAP_FAILED, resource, "file", "cannot map {}: {}", path, std::strerror(code));
  data_ = static_cast<const char*>(p);
}

MappedFile::~MappedFile() {
  if (data_) munmap(const_cast<char*>(data_), size_);
}
MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace grim
