#include "grimoire/base/files.h"

#include <atomic>

#include <unistd.h>

#include "grimoire/base/error.h"

namespace grim {
namespace {
std::atomic<FileOps*> current{nullptr};
std::atomic<uint64_t> temporary_count{0};
}  // namespace

FileOps& files() {
  FileOps* ops = current.load();
  return ops ? *ops : posix_files();
}

ScopedFileOps::ScopedFileOps(FileOps& ops) : before_(current.exchange(&ops)) {}
ScopedFileOps::~ScopedFileOps() { current = before_; }

std::string read_file(const std::string& path) {
  const std::unique_ptr<InFile> file = files().open(path);
  std::string bytes(static_cast<size_t>(file->size()), '\0');
  file->read_at(0, bytes.data(), bytes.size());
  return bytes;
}

bool exists(const std::string& path) { return files().kind(path) != FileKind::none; }

void write_atomically(const std::string& path, std::string_view bytes) {
  write_atomically(path, [&](OutFile& file) { file.write(bytes); });
}

void write_atomically(const std::string& path, const std::function<void(OutFile&)>& write) {
  GRIM_CHECK(files().kind(path) != FileKind::folder, input, "file", "cannot write {}: it is a folder", path);
  const std::string temporary = str("{}.tmp-{}-{}", path, getpid(), temporary_count.fetch_add(1));
  try {
    const std::unique_ptr<OutFile> file = files().create(temporary);
    write(*file);
    file->sync();
    file->close();
    files().rename(temporary, path);
  } catch (...) {
    try {
      files().remove(temporary);
    } catch (...) {  // the first error is the one to tell
    }
    throw;
  }
  files().sync_dir(parent_folder(path));
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
