// Files, through a seam that tests can replace: everything Grimoire writes, and everything it must read back after a
// crash, goes through FileOps, so that a test can fail the N-th operation or lose what was never synced.
// Errors: input for a path that is missing, of the wrong kind or not permitted; resource for a full or failing disk.
// "-" is standard input where a file is read and standard output where one is written.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace grim {

class OutFile {  // being written; destroying it closes it without a word
 public:
  virtual ~OutFile() = default;
  virtual void write(std::string_view bytes) = 0;  // all of them
  virtual void sync() = 0;                         // until they are on the disk
  virtual void close() = 0;
};

class InFile {  // being read
 public:
  virtual ~InFile() = default;
  virtual int64_t size() = 0;
  virtual void read_at(int64_t offset, char* to, size_t bytes) = 0;  // exactly. throws: input, the file ends before
};

enum class FileKind : uint8_t { none, file, folder, other };

class FileOps {
 public:
  virtual ~FileOps() = default;
  virtual std::unique_ptr<InFile> open(const std::string& path) = 0;  // what is no ordinary file (a pipe) is read to its end
  virtual std::unique_ptr<OutFile> create(const std::string& path) = 0;  // empties a file that exists
  virtual std::unique_ptr<OutFile> append(const std::string& path) = 0;  // makes the file when missing
  virtual void rename(const std::string& from, const std::string& to) = 0;  // replaces a file; not a filled folder
  virtual void remove(const std::string& path) = 0;                         // a file or an empty folder
  virtual void sync_dir(const std::string& folder) = 0;                     // makes names in it durable
  virtual void make_dirs(const std::string& folder) = 0;                    // with parents; fine when it exists
  virtual FileKind kind(const std::string& path) = 0;                       // follows links
  virtual std::vector<std::string> list(const std::string& folder) = 0;     // names, sorted
  virtual int64_t free_space(const std::string& path) = 0;                  // bytes, on the disk that holds it

  // What a file that stands already asks of its writer; the real ones, unless they are replaced too.
  // Into a pipe or a character device, which stays what it is. throws: input, a disk
  virtual std::unique_ptr<OutFile> write_through(const std::string& path);
  virtual std::string target(const std::string& path);  // where links lead, also when nothing is there yet
  // Before `fresh` takes the place of `old`: its permissions and group, and its owner where the system allows.
  // throws: input, `old` may not be written
  virtual void inherit(const std::string& old, const std::string& fresh);
};

FileOps& files();       // the current ones
FileOps& posix_files(); // the real ones

class ScopedFileOps {  // while alive, files() gives these, in every thread
 public:
  explicit ScopedFileOps(FileOps& ops);
  ~ScopedFileOps();
  ScopedFileOps(const ScopedFileOps&) = delete;
  ScopedFileOps& operator=(const ScopedFileOps&) = delete;

 private:
  FileOps* before_;
};

std::string read_file(const std::string& path);  // whole
// What downloads leave in the place of a file: a pointer of Git LFS, a web page. throws: input, saying so and what to do
void refuse_stand_in(std::string_view bytes, std::string_view path);
bool exists(const std::string& path);

// Readers see the old file or the new one, never a part, also after a power cut: a temporary name in the same folder,
// write, sync, rename, sync the folder. On failure the old file stands and the temporary one is removed. Links are
// followed and stay; a file that is replaced passes on its permissions; pipes and devices are written into.
void write_atomically(const std::string& path, std::string_view bytes);
void write_atomically(const std::string& path, const std::function<void(OutFile&)>& write);

// Removes what write_atomically has begun and not finished. Async-signal-safe: for a handler that ends the process.
void remove_temporaries() noexcept;

// A file, or a folder with what is in it; fine when missing; links are removed, not followed.
void remove_all(const std::string& path);
// throws: resource, "needs 1,000 bytes, 10 are free", before a long job starts that could not save.
void check_free_space(const std::string& folder, int64_t bytes);
// make_dirs whose new names survive a power cut.
void make_durable_dirs(const std::string& folder);

std::string join_path(std::string_view folder, std::string_view name);
std::string absolute_path(const std::string& path);
std::string parent_folder(std::string_view path);  // "." for a bare name
std::string file_name(std::string_view path);      // after the last '/'

}  // namespace grim
