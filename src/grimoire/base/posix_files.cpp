// The real FileOps.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/machine.h"

namespace grim {
namespace {

std::string missing_hint(const std::string& path) {
  DIR* folder = opendir(parent_folder(path).c_str());
  if (!folder) return str("the folder {} is missing or closed to you", parent_folder(path));
  std::vector<std::string> names;
  while (const dirent* entry = readdir(folder)) names.emplace_back(entry->d_name);
  closedir(folder);
  std::sort(names.begin(), names.end());
  const std::string near = nearest(file_name(path), names.data(), names.size());
  return near.empty() || near.starts_with('.') ? "" : str("did you mean {}?", join_path(parent_folder(path), near));
}

// Turns errno into an Error that says which path, what went wrong and what to do.
[[noreturn]] void fail_path(const char* doing, const std::string& path, int code) {
  const std::string what = str("cannot {} {}: ", doing, path);
  switch (code) {
    case ENOENT: fail(ErrorKind::input, "file", what + "no such file or folder", missing_hint(path));
    case EISDIR: fail(ErrorKind::input, "file", what + "it is a folder, expected a file");
    case ENOTDIR: fail(ErrorKind::input, "file", what + "a part of the path is a file, expected a folder");
    case EBADF: fail(ErrorKind::input, "file", what + "it is closed");
    case EACCES: case EPERM: fail(ErrorKind::input, "file", what + "permission denied", "check who owns it (ls -l)");
    case EROFS: fail(ErrorKind::input, "file", what + "the file system is read-only");
    case ENAMETOOLONG: case ELOOP: case ENOTEMPTY: case EEXIST: case EINVAL:
      fail(ErrorKind::input, "file", what + std::strerror(code));
    case EDQUOT: fail(ErrorKind::resource, "file", what + "your disk quota is used up", "free some space");
    case EMFILE: case ENFILE: fail(ErrorKind::resource, "file", what + "too many open files", "raise ulimit -n");
    default: fail(ErrorKind::resource, "file", what + std::strerror(code));
  }
}

template <class Call> auto retry(Call call) {  // over signals
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

int64_t free_bytes(const std::string& path) {
  struct statvfs disk;
  return statvfs(path.c_str(), &disk) == 0 ? static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize)
                                           : -1;
}

struct Descriptor {
  int fd = -1;
  explicit Descriptor(int descriptor) : fd(descriptor) {}
  ~Descriptor() { if (fd >= 0) ::close(fd); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

// N for "/dev/fd/N", the descriptors that the program was started with; -1 for any other path.
int inherited(const std::string& path) {
  constexpr std::string_view kFolder = "/dev/fd/";
  int n = -1;
  if (!path.starts_with(kFolder)) return path == "/dev/stdin" ? 0 : path == "/dev/stdout" ? 1 : path == "/dev/stderr" ? 2 : -1;
  const char* const end = path.data() + path.size();
  const auto [stop, error] = std::from_chars(path.data() + kFolder.size(), end, n);
  return error == std::errc() && stop == end ? n : -1;
}

class PosixOut final : public OutFile {
 public:
  static std::unique_ptr<OutFile> open(const std::string& path, int flags) {
    return std::make_unique<PosixOut>(path, retry([&] { return ::open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, 0666); }));
  }
  PosixOut(const std::string& path, int fd) : path_(path), file_(fd) {  // just opened, or errno says why not
    if (fd < 0) fail_path("write", path_, errno);
  }
  void write(std::string_view bytes) override {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t n =
          retry([&] { return ::write(file_.fd, bytes.data() + done, std::min<size_t>(bytes.size() - done, 1 << 30)); });
      if (n < 0 && errno == ENOSPC)
        fail(ErrorKind::resource, "file",
             static_cast<int64_t>(bytes.size() - done) > free_bytes(path_)
                 ? str("cannot write {}: the disk is full: {} more bytes needed, {} free", path_, with_commas(static_cast<int64_t>(bytes.size() - done)),
                       with_commas(free_bytes(path_)))
                 : str("cannot write {}: no space is left for it (a full device, or a quota)", path_),
             "free some space, or choose another folder");
      if (n < 0) fail_path("write", path_, errno);
      done += static_cast<size_t>(n);
    }
  }
  void sync() override {
    if (retry([&] { return ::fsync(file_.fd); }) != 0 && errno != EINVAL) fail_path("sync", path_, errno);
  }
  void close() override {
    const int fd = std::exchange(file_.fd, -1);
    if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) fail_path("close", path_, errno);
  }

 private:
  std::string path_;
  Descriptor file_;
};

class PosixIn final : public InFile {
 public:
  PosixIn(std::string path, int fd, int64_t size) : path_(std::move(path)), file_(fd), size_(size) {}
  int64_t size() override { return size_; }
  void read_at(int64_t offset, char* to, size_t bytes) override {
    for (size_t done = 0; done < bytes;) {
      const ssize_t n = retry([&] {
        return ::pread(file_.fd, to + done, std::min<size_t>(bytes - done, 1 << 30), offset + static_cast<off_t>(done));
      });
      if (n < 0) fail_path("read", path_, errno);
      GRIM_CHECK(n > 0, input, "file", "cannot read {}: it ends at byte {}, expected {} bytes from {}", path_,
                 offset + static_cast<int64_t>(done), bytes, offset);
      done += static_cast<size_t>(n);
    }
  }

 private:
  std::string path_;
  Descriptor file_;
  int64_t size_;
};

// What came out of a pipe, a terminal or another device, to its end.
class DrainedIn final : public InFile {
 public:
  DrainedIn(std::string path, int fd) : path_(std::move(path)) {
    const size_t most = static_cast<size_t>(machine_memory() / 8);
    for (size_t filled = 0;;) {
      if (filled == bytes_.size()) bytes_.resize(std::max<size_t>(1 << 16, 2 * bytes_.size()));
      const ssize_t n = retry([&] { return ::read(fd, bytes_.data() + filled, bytes_.size() - filled); });
      if (n < 0) fail_path("read", path_, errno);
      filled += static_cast<size_t>(n);
      if (filled > most)
        fail(ErrorKind::resource, "file", str("cannot read {}: more than {} bytes have come, and no end", path_, with_commas(static_cast<int64_t>(most))),
             "put them into a file first");
      if (n > 0) continue;
      bytes_.resize(filled);
      return;
    }
  }
  DrainedIn(std::string path, std::string bytes) : path_(std::move(path)), bytes_(std::move(bytes)) {}
  const std::string& bytes() const { return bytes_; }
  int64_t size() override { return static_cast<int64_t>(bytes_.size()); }
  void read_at(int64_t offset, char* to, size_t bytes) override {
    GRIM_CHECK(offset >= 0 && static_cast<size_t>(offset) + bytes <= bytes_.size(), input, "file",
               "cannot read {}: it ends at byte {}, expected {} bytes from {}", path_, bytes_.size(), bytes, offset);
    std::memcpy(to, bytes_.data() + offset, bytes);
  }

 private:
  std::string path_, bytes_;
};

// A descriptor that the program was started with gives its bytes once; who opens it again gets the same.
std::unique_ptr<InFile> drained_once(const std::string& path, int fd) {
  static std::mutex mutex;
  static std::map<int, std::string>* const kept = new std::map<int, std::string>;
  const std::lock_guard lock(mutex);
  const auto found = kept->find(fd);
  if (found != kept->end()) return std::make_unique<DrainedIn>(path, found->second);
  auto file = std::make_unique<DrainedIn>(path, fd);
  kept->emplace(fd, file->bytes());
  return file;
}

std::unique_ptr<InFile> open_in(const std::string& path) {
  struct stat info;
  if (path == "-") return drained_once("standard input", STDIN_FILENO);
  if (const int fd = inherited(path); fd >= 0 && fstat(fd, &info) == 0 && !S_ISREG(info.st_mode)) return drained_once(path, fd);
  if (stat(path.c_str(), &info) != 0) fail_path("read", path, errno);
  if (S_ISDIR(info.st_mode)) fail_path("read", path, EISDIR);
  GRIM_CHECK(!S_ISBLK(info.st_mode) && !S_ISSOCK(info.st_mode), input, "file", "cannot read {}: it is a disk or a socket", path);
  const int fd = retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); });
  if (fd < 0 || fstat(fd, &info) != 0) fail_path("read", path, errno);
  auto file = std::make_unique<PosixIn>(path, fd, info.st_size);
  // Files of /proc and the like call themselves ordinary and empty.
  if (!S_ISREG(info.st_mode) || info.st_size == 0) return std::make_unique<DrainedIn>(path, fd);
  return file;
}

class PosixFiles final : public FileOps {
 public:
  std::unique_ptr<InFile> open(const std::string& path) override { return open_in(path); }
  std::unique_ptr<OutFile> create(const std::string& path) override {
    return PosixOut::open(path, O_CREAT | O_TRUNC);
  }
  std::unique_ptr<OutFile> append(const std::string& path) override {
    return PosixOut::open(path, O_CREAT | O_APPEND);
  }
  std::unique_ptr<OutFile> write_through(const std::string& path) override {
    if (const int n = path == "-" ? STDOUT_FILENO : inherited(path); n >= 0)
      return std::make_unique<PosixOut>(path, fcntl(n, F_DUPFD_CLOEXEC, 3));
    struct stat info;
    GRIM_CHECK(stat(path.c_str(), &info) != 0 || !S_ISBLK(info.st_mode), input, "file", "cannot write {}: it is a disk", path);
    const int fd = retry([&] { return ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC); });
    GRIM_CHECK(fd >= 0 || errno != ENXIO, input, "file", "cannot write {}: nobody reads from it", path);
    auto file = std::make_unique<PosixOut>(path, fd);
    fcntl(fd, F_SETFL, O_WRONLY);  // not to wait was meant for opening alone
    return file;
  }
  std::string target(const std::string& path) override {
    std::string at = path;
    for (int links = 0; links < 40; ++links) {
      if (inherited(at) >= 0) return at;
      char text[PATH_MAX];
      const ssize_t n = readlink(at.c_str(), text, sizeof text);
      if (n < 0) return at;
      at = join_path(parent_folder(at), std::string_view(text, static_cast<size_t>(n)));
    }
    fail_path("write", path, ELOOP);
  }
  void inherit(const std::string& old, const std::string& fresh) override {
    struct stat info;
    if (stat(old.c_str(), &info) != 0 || access(old.c_str(), W_OK) != 0) fail_path("write", old, errno);
    if (chown(fresh.c_str(), info.st_uid, info.st_gid) != 0 && chown(fresh.c_str(), static_cast<uid_t>(-1), info.st_gid) != 0)
      info.st_mode &= ~static_cast<mode_t>(S_ISUID | S_ISGID);  // neither is ours to give: then no such rights either
    if (chmod(fresh.c_str(), info.st_mode & 07777) != 0) fail_path("write", fresh, errno);
  }
  void rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) fail_path("rename", errno == ENOENT ? from : to, errno);
  }
  void remove(const std::string& path) override {
    if (::remove(path.c_str()) != 0) fail_path("remove", path, errno);
  }
  void sync_dir(const std::string& folder) override {
    const Descriptor d(retry([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (d.fd < 0 || (retry([&] { return ::fsync(d.fd); }) != 0 && errno != EINVAL)) fail_path("sync", folder, errno);
  }
  void make_dirs(const std::string& folder) override {
    if (folder.empty() || kind(folder) == FileKind::folder) return;
    if (kind(folder) == FileKind::other) fail_path("make the folder", folder, EEXIST);
    if (const std::string parent = parent_folder(folder); parent != folder) make_dirs(parent);
    if (mkdir(folder.c_str(), 0777) != 0 && !(errno == EEXIST && kind(folder) == FileKind::folder))
      fail_path("make the folder", folder, errno);
  }
  FileKind kind(const std::string& path) override {
    struct stat info;
    if (path == "-" || inherited(path) >= 0) return FileKind::other;
    if (stat(path.c_str(), &info) != 0) return lstat(path.c_str(), &info) == 0 ? FileKind::other : FileKind::none;
    return S_ISREG(info.st_mode) ? FileKind::file : S_ISDIR(info.st_mode) ? FileKind::folder : FileKind::other;
  }
  std::vector<std::string> list(const std::string& folder) override {
    DIR* d = opendir(folder.c_str());
    if (!d) fail_path("list", folder, errno);
    std::vector<std::string> names;
    while (const dirent* entry = readdir(d))
      if (const std::string name = entry->d_name; name != "." && name != "..") names.push_back(name);
    closedir(d);
    std::sort(names.begin(), names.end());
    return names;
  }
  int64_t free_space(const std::string& path) override {
    const int64_t bytes = free_bytes(path);
    if (bytes < 0) fail_path("look at", path, errno);
    return bytes;
  }
};

}  // namespace

FileOps& posix_files() {
  static PosixFiles* ops = new PosixFiles;  // never destroyed: files may be written while the program ends
  return *ops;
}

}  // namespace grim
