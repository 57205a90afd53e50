#include "grimoire/base/files.h"

#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/error.h"
#include "grimoire/base/lock_file.h"
#include "grimoire/base/mapped_file.h"

namespace grim {
namespace {

using test::TempFolder;

// "kind|message|hint" of what the call throws.
std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& e) {
    return str("{}|{}|{}", static_cast<int>(e.kind()), e.what(), e.hint());
  }
  return "nothing was thrown";
}
std::string expected(ErrorKind kind, const std::string& rest) {
  return str("{}|[file] {}", static_cast<int>(kind), rest);
}

TEST(Files, WritesAtomicallyAndReadsBack) {
  const TempFolder folder;
  const std::string path = folder / "a.txt";
  write_atomically(path, "one");
  write_atomically(path, std::string("t\0o", 3));
  EXPECT_EQ(read_file(path), std::string("t\0o", 3));
  EXPECT_EQ(files().list(folder.path()), std::vector<std::string>{"a.txt"});  // no temporary is left
  write_atomically(folder / "empty", "");
  EXPECT_EQ(read_file(folder / "empty"), "");
}

TEST(Files, AppendKindListAndRemove) {
  const TempFolder folder;
  for (const char* part : {"x", "y"}) {
    const std::unique_ptr<OutFile> f = files().append(folder / "log");
    f->write(part);
    f->sync();
    f->close();
  }
  EXPECT_EQ(read_file(folder / "log"), "xy");
  EXPECT_EQ(files().kind(folder / "log"), FileKind::file);
  EXPECT_EQ(files().kind(folder.path()), FileKind::folder);
  EXPECT_EQ(files().kind(folder / "no"), FileKind::none);
  EXPECT_EQ(files().kind("/dev/null"), FileKind::other);
  files().make_dirs(folder / "d/e/f");
  files().make_dirs(folder / "d/e/f");
  make_durable_dirs(folder / "d/e/h/i");
  make_durable_dirs(folder / "d/e/h/i");
  EXPECT_EQ(files().kind(folder / "d/e/h/i"), FileKind::folder);
  folder.put("d/e/g", "1");
  ASSERT_EQ(symlink(folder.path().c_str(), (folder / "d/link").c_str()), 0);
  remove_all(folder / "d");
  remove_all(folder / "d");
  EXPECT_FALSE(exists(folder / "d"));
  EXPECT_TRUE(exists(folder / "log"));  // the link was removed, not what it leads to
  files().rename(folder / "log", folder / "new");
  EXPECT_EQ(read_file(folder / "new"), "xy");
  files().sync_dir(folder.path());
}

TEST(Files, SaysWhatIsWrong) {
  const TempFolder folder;
  folder.put("names.txt", "x");
  const std::string missing = folder / "nmaes.txt";
  EXPECT_EQ(refusal([&] { read_file(missing); }),
            expected(ErrorKind::input,
                     str("cannot read {}: no such file or folder|did you mean {}?", missing, folder / "names.txt")));
  EXPECT_EQ(refusal([&] { read_file(folder.path()); }),
            expected(ErrorKind::input, str("cannot read {}: it is a folder, expected a file|", folder.path())));
  EXPECT_EQ(refusal([&] { write_atomically(folder.path(), ""); }),
            expected(ErrorKind::input, str("cannot write {}: it is a folder|", folder.path())));
  EXPECT_EQ(refusal([&] { read_file("/dev/null"); }),
            expected(ErrorKind::input, "cannot read /dev/null: it is not an ordinary file|"));
  EXPECT_TRUE(refusal([&] { read_file(folder / "names.txt/x"); }).find("a part of the path is a file") !=
              std::string::npos);
  EXPECT_TRUE(refusal([&] { write_atomically(folder / "no/x", ""); }).find("is missing or closed") !=
              std::string::npos);
  for (const auto& call : std::vector<std::function<void()>>{
           [&] { files().list(missing); }, [&] { files().remove(missing); },
           [&] { files().rename(missing, missing + "2"); }, [&] { files().sync_dir(missing); },
           [&] { files().free_space(missing); }, [&] { files().make_dirs(folder / "names.txt/d"); },
           [&] { files().make_dirs(folder / "names.txt"); }})
    EXPECT_TRUE(refusal(call).starts_with(expected(ErrorKind::input, "cannot"))) << refusal(call);
  char c;
  EXPECT_TRUE(refusal([&] { files().open(folder / "names.txt")->read_at(1, &c, 1); }).find("it ends at byte 1") !=
              std::string::npos);
}

TEST(Files, FullDiskIsAResourceErrorWithNumbers) {
  const std::unique_ptr<OutFile> full = files().create("/dev/full");
  const std::string said = refusal([&] { full->write(std::string(5000, 'x')); });
  EXPECT_TRUE(said.starts_with(
      expected(ErrorKind::resource, "cannot write /dev/full: the disk is full: 5,000 more bytes needed")))
      << said;
  const TempFolder folder;
  EXPECT_NO_THROW(check_free_space(folder.path(), 1));
  EXPECT_TRUE(refusal([&] {
                check_free_space(folder.path(), INT64_MAX);
              }).find("needs 9,223,372,036,854,775,807 bytes") != std::string::npos);
}

TEST(Files, ScopedFileOpsReplaceAndComeBack) {
  struct Refusing : FileOps {
    std::unique_ptr<InFile> open(const std::string& p) override { return posix_files().open(p); }
    std::unique_ptr<OutFile> create(const std::string& p) override { return posix_files().create(p); }
    std::unique_ptr<OutFile> append(const std::string& p) override { return posix_files().append(p); }
    void rename(const std::string&, const std::string&) override { fail(ErrorKind::resource, "file", "refused"); }
    void remove(const std::string& p) override { posix_files().remove(p); }
    void sync_dir(const std::string& p) override { posix_files().sync_dir(p); }
    void make_dirs(const std::string& p) override { posix_files().make_dirs(p); }
    FileKind kind(const std::string& p) override { return posix_files().kind(p); }
    std::vector<std::string> list(const std::string& p) override { return posix_files().list(p); }
    int64_t free_space(const std::string& p) override { return posix_files().free_space(p); }
  } refusing;
  const TempFolder folder;
  folder.put("a", "old");
  {
    const ScopedFileOps scope(refusing);
    EXPECT_THROW(write_atomically(folder / "a", "new"), Error);
  }
  EXPECT_EQ(read_file(folder / "a"), "old");
  EXPECT_EQ(files().list(folder.path()).size(), 1u);  // the temporary was removed
  write_atomically(folder / "a", "new");
  EXPECT_EQ(read_file(folder / "a"), "new");
}

TEST(Files, Paths) {
  EXPECT_EQ(join_path("a", "b"), "a/b");
  EXPECT_EQ(join_path("a/", "b"), "a/b");
  EXPECT_EQ(join_path("", "b"), "b");
  EXPECT_EQ(join_path("a", "/b"), "/b");
  EXPECT_EQ(parent_folder("a/b"), "a");
  EXPECT_EQ(parent_folder("a/b/"), "a");
  EXPECT_EQ(parent_folder("a"), ".");
  EXPECT_EQ(parent_folder("/a"), "/");
  EXPECT_EQ(file_name("a/b.txt"), "b.txt");
  EXPECT_EQ(file_name("b"), "b");
}

TEST(MappedFile, ShowsTheBytes) {
  const TempFolder folder;
  MappedFile a(folder.put("x", "hello"));
  MappedFile b = std::move(a);
  EXPECT_EQ(b.bytes(), "hello");
  EXPECT_EQ(MappedFile(folder.put("e", "")).bytes(), "");
  b = MappedFile(folder.put("y", "bye"));
  EXPECT_EQ(b.bytes(), "bye");
  EXPECT_THROW(MappedFile(folder / "none"), Error);
  EXPECT_THROW(MappedFile(folder.path()), Error);
}

TEST(FolderLock, SecondWriterIsRefusedByPid) {
  const TempFolder folder;
  {
    const FolderLock lock(folder.path());
    const std::string said = refusal([&] { FolderLock second(folder.path()); });
    EXPECT_TRUE(said.find(str("in use by pid {} on ", getpid())) != std::string::npos) << said;
  }
  EXPECT_FALSE(exists(folder / ".lock"));
  const FolderLock again(folder.path());
  EXPECT_THROW(FolderLock(folder / "none"), Error);
}

TEST(FolderLock, OfADeadProcessIsTakenOver) {
  const TempFolder folder;
  const pid_t child = fork();
  if (child == 0) {
    new FolderLock(folder.path());
    _exit(0);  // dies holding it: the file stays
  }
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(exists(folder / ".lock"));
  EXPECT_NO_THROW(FolderLock(folder.path()));
}

}  // namespace
}  // namespace grim
