#include "grimoire/base/lock_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim {
namespace {

std::string read_small(int fd) {
  char text[256];
  const ssize_t n = pread(fd, text, sizeof text, 0);
  std::string s(text, n > 0 ? static_cast<size_t>(n) : 0);
  while (!s.empty() && s.back() == '\n') s.pop_back();
  return s.empty() ? "an unknown process" : s;
}

// Between open and flock the holder may have removed the file: then the lock is on a file without a name.
bool still_named(int fd, const std::string& path) {
  struct stat held, named;
  return fstat(fd, &held) == 0 && stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

}  // namespace

FolderLock::FolderLock(const std::string& folder) : path_(join_path(folder, ".lock")) {
  for (;;) {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    GRIM_CHECK(fd_ >= 0, input, "lock", "cannot make {}: {}", path_, std::strerror(errno));
    if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      const int code = errno;
      const std::string holder = read_small(fd_);
      ::close(fd_);
      GRIM_CHECK(code == EWOULDBLOCK, resource, "lock", "cannot lock {}: {}", path_, std::strerror(code));
      fail(ErrorKind::resource, "lock", str("the folder {} is in use by {}", folder, holder),
           "wait for it to finish, stop it, or choose another folder");
    }
    if (still_named(fd_, path_)) break;
    ::close(fd_);
  }
  char host[128] = "";
  gethostname(host, sizeof host - 1);
  const std::string text = str("pid {} on {} since {}\n", getpid(), host, utc_timestamp());
  if (ftruncate(fd_, 0) != 0 || pwrite(fd_, text.data(), text.size(), 0) < 0) return;  // held all the same
}

FolderLock::~FolderLock() {
  unlink(path_.c_str());
  ::close(fd_);
}

}  // namespace grim
