#include "grimoire/base/files.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>

#include <limits.h>
#include <strings.h>
#include <unistd.h>

#include "grimoire/base/error.h"
#include "grimoire/base/machine.h"

namespace grim {
namespace {
std::atomic<FileOps*> current{nullptr};
std::atomic<uint64_t> temporary_count{0};

// Names of temporary files, where a signal handler can read them. Beyond 16 writers at once a name goes unrecorded.
struct Slot {
  std::atomic<int> state{0};  // 0 free, 1 being filled, 2 holds a name
  char path[PATH_MAX];
};
Slot slots[16];

class Temporary {
 public:
  explicit Temporary(const std::string& path) {
    if (path.size() >= PATH_MAX) return;
    for (Slot& s : slots) {
      int free = 0;
      if (!s.state.compare_exchange_strong(free, 1)) continue;
      std::memcpy(s.path, path.c_str(), path.size() + 1);
      s.state = 2;
      slot_ = &s;
      return;
    }
  }
  ~Temporary() { if (slot_) slot_->state = 0; }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

 private:
  Slot* slot_ = nullptr;
};
}  // namespace

void remove_temporaries() noexcept {
  for (Slot& s : slots)
    if (s.state == 2) ::unlink(s.path);
}

FileOps& files() {
  FileOps* ops = current.load();
  return ops ? *ops : posix_files();
}

std::unique_ptr<OutFile> FileOps::write_through(const std::string& path) { return posix_files().write_through(path); }
std::string FileOps::target(const std::string& path) { return posix_files().target(path); }
void FileOps::inherit(const std::string& old, const std::string& fresh) { posix_files().inherit(old, fresh); }

ScopedFileOps::ScopedFileOps(FileOps& ops) : before_(current.exchange(&ops)) {}
ScopedFileOps::~ScopedFileOps() { current = before_; }

std::string read_file(const std::string& path) {
  const std::unique_ptr<InFile> file = files().open(path);
  if (file->size() > machine_memory() / 2)  // it would not fit beside what is made of it
    fail(ErrorKind::resource, "file",
         str("cannot read {}: it has {} bytes, {} of memory are allowed", path, with_commas(file->size()), with_commas(machine_memory())),
         "take a part of it");
  constexpr size_t kReadAhead = 64;  // room for parsers that look behind the end, so that they need no copy (Json::parse)
  std::string bytes;
  reserve_to_fill(bytes, static_cast<size_t>(file->size()) + kReadAhead);
  bytes.resize(static_cast<size_t>(file->size()));
  file->read_at(0, bytes.data(), bytes.size());
  return bytes;
}

bool exists(const std::string& path) { return files().kind(path) != FileKind::none; }

void write_atomically(const std::string& path, std::string_view bytes) {
  write_atomically(path, [&](OutFile& file) { file.write(bytes); });
}

void write_atomically(const std::string& path, const std::function<void(OutFile&)>& write) {
  const std::string target = files().target(path);
  const FileKind old = files().kind(target);
  GRIM_CHECK(old != FileKind::folder, input, "file", "cannot write {}: it is a folder", path);
  if (old == FileKind::other) {
    const std::unique_ptr<OutFile> file = files().write_through(target);
    write(*file);
    file->close();
    return;
  }
  const std::string temporary = str("{}.tmp-{}-{}", target, getpid(), temporary_count.fetch_add(1));
  const Temporary recorded(temporary);
  try {
    const std::unique_ptr<OutFile> file = files().create(temporary);
    if (old == FileKind::file) files().inherit(target, temporary);
    write(*file);
    file->sync();
    file->close();
    files().rename(temporary, target);
  } catch (...) {
    try {
      files().remove(temporary);
    } catch (...) {  // the first error is the one to tell
    }
    throw;
  }
  files().sync_dir(parent_folder(target));
}

void refuse_stand_in(std::string_view bytes, std::string_view path) {
  const auto refuse = [&](const std::string& problem, const char* hint) { fail(ErrorKind::input, "file", str("{}: {}", path, problem), hint); };
  if (bytes.starts_with("version https://git-lfs")) {
    std::string about(bytes.substr(0, std::min<size_t>(bytes.find('\0'), 200)));
    std::replace(about.begin(), about.end(), '\n', ' ');
    refuse(str("this is a Git LFS pointer, not the file itself: {}", about), "fetch the real file with 'git lfs pull'");
  }
  const std::string_view text = bytes.substr(std::min(bytes.find_first_not_of(" \t\r\n"), bytes.size()));
  for (const std::string_view page : {"<!doctype", "<!--", "<?xml", "<html", "<head>", "<body", "<script"})
    if (text.size() >= page.size() && strncasecmp(text.data(), page.data(), page.size()) == 0)
      refuse("this is a web page (HTML or XML), not the file itself", "the download was redirected or refused; fetch the file itself");
}

void remove_all(const std::string& path) {
  const FileKind kind = files().kind(path);
  if (kind == FileKind::folder) {
    char target[8];
    const bool link = readlink(path.c_str(), target, sizeof target) >= 0;
    if (!link)
      for (const std::string& name : files().list(path)) remove_all(join_path(path, name));
  }
  if (kind != FileKind::none) files().remove(path);
}

void check_free_space(const std::string& folder, int64_t bytes) {
  const int64_t free = files().free_space(folder);
  if (free < bytes)
    fail(ErrorKind::resource, "file",
         str("not enough space in {}: needs {} bytes, {} are free", folder, with_commas(bytes), with_commas(free)),
         "free some space, or choose another folder");
}

void make_durable_dirs(const std::string& folder) {
  if (files().kind(folder) == FileKind::folder) return;
  const std::string parent = parent_folder(folder);
  if (parent != folder) make_durable_dirs(parent);
  files().make_dirs(folder);
  files().sync_dir(parent);
}

std::string join_path(std::string_view folder, std::string_view name) {
  if (folder.empty() || name.starts_with('/')) return std::string(name);
  std::string path(folder);
  if (!path.ends_with('/')) path += '/';
  return path += name;
}

std::string absolute_path(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

std::string parent_folder(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

std::string file_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

}  // namespace grim
