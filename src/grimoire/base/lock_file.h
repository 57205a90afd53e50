// FolderLock: one writer at a time in a run folder. The lock is the kernel's (flock), so it ends with the process that
// held it, however that died: a lock file left behind by a crash is simply taken over.
#pragma once

#include <string>

namespace grim {

class FolderLock {
 public:
  // Takes FOLDER/.lock. throws: state, when another process (or another FolderLock) holds it, naming its pid, host and
  // start.
  explicit FolderLock(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::string path_;
  int fd_ = -1;
};

}  // namespace grim
