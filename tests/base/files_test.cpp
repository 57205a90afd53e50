#include "grimoire/base/files.h"

#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
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

TEST(Files, WritesGoWhereLinksLead) {
  const TempFolder folder;
  folder.put("real", "old");
  ASSERT_EQ(symlink("real", (folder / "link").c_str()), 0);
  ASSERT_EQ(symlink((folder / "link").c_str(), (folder / "second").c_str()), 0);
  ASSERT_EQ(symlink("not-yet", (folder / "dangling").c_str()), 0);
  ASSERT_EQ(symlink("loop", (folder / "loop").c_str()), 0);
  write_atomically(folder / "second", "new");
  write_atomically(folder / "dangling", "made");
  EXPECT_EQ(read_file(folder / "real"), "new");
  EXPECT_EQ(read_file(folder / "not-yet"), "made");
  EXPECT_THROW(write_atomically(folder / "loop", "x"), Error);
  char text[64];
  EXPECT_EQ(readlink((folder / "second").c_str(), text, sizeof text), static_cast<ssize_t>((folder / "link").size()));
  EXPECT_EQ(files().list(folder.path()), (std::vector<std::string>{"dangling", "link", "loop", "not-yet", "real", "second"}));
}

TEST(Files, AReplacedFilePassesOnItsPermissions) {
  const TempFolder folder;
  for (const mode_t mode : {0600, 0640, 0755, 0666}) {
    const std::string path = folder.put("file", "old");
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    if (geteuid() == 0) ASSERT_EQ(chown(path.c_str(), 12345, 23456), 0);
    write_atomically(path, "new");
    struct stat info;
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, mode);
    if (geteuid() == 0) {
      EXPECT_EQ(info.st_uid, 12345u);
      EXPECT_EQ(info.st_gid, 23456u);
    }
  }
}

TEST(Files, PipesAndDevicesAreWrittenIntoAndReadToTheirEnd) {
  const TempFolder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_NE(refusal([&] { write_atomically(pipe, "x"); }).find("nobody reads"), std::string::npos);
  std::string got;
  std::thread reader([&] { got = read_file(pipe); });
  const std::string sent(300000, 'y');
  for (int tries = 0; tries < 1000; ++tries) {
    try {
      write_atomically(pipe, sent);
      break;
    } catch (const Error&) {  // not open for reading yet
      std::this_thread::yield();
      usleep(1000);
    }
  }
  reader.join();
  EXPECT_EQ(got, sent);
  EXPECT_EQ(files().kind("/dev/null"), FileKind::other);
  EXPECT_EQ(read_file("/dev/null"), "");
  EXPECT_EQ(files().list(folder.path()), std::vector<std::string>{"pipe"});
  const std::string device = folder / "null";  // a node of our own, never the machine's
  if (mknod(device.c_str(), S_IFCHR | 0666, makedev(1, 3)) == 0) {
    write_atomically(device, "x");
    EXPECT_EQ(files().kind(device), FileKind::other);
  }
}

TEST(Files, TemporariesCanBeRemovedFromASignalHandler) {
  const TempFolder folder;
  const auto interrupted = [&](OutFile& out) {
    out.write("half");
    EXPECT_EQ(files().list(folder.path()).size(), 1u);
    remove_temporaries();
    EXPECT_TRUE(files().list(folder.path()).empty());
  };
  EXPECT_THROW(write_atomically(folder / "file", interrupted), Error);  // its rename finds nothing
  remove_temporaries();
  write_atomically(folder / "file", "whole");
  remove_temporaries();
  EXPECT_EQ(read_file(folder / "file"), "whole");
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

TEST(Files, AFullDeviceIsAResourceError) {
  const std::unique_ptr<OutFile> full = files().create("/dev/full");
  const std::string said = refusal([&] { full->write(std::string(5000, 'x')); });
  EXPECT_TRUE(said.starts_with(
      expected(ErrorKind::resource, "cannot write /dev/full: no space is left for it")))
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
