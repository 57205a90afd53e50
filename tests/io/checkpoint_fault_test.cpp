// Failing operations and power cuts at every point of a save: what was saved before must load, always.
#include <algorithm>
#include <csignal>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/temp_folder.h"
#include "grimoire/base/rng.h"
#include "grimoire/io/checkpoint.h"
#include "io/fault_files.h"

namespace grim {
namespace {

using test::FaultFiles;
using test::TempFolder;

void save(const std::string& folder, int64_t step, char fill) {
  save_checkpoint(str("{}/step-{}", folder, step),
                  {{"model.bin", [fill](OutFile& out) {
                      for (int i = 0; i < 3; ++i) out.write(std::string(700, fill));
                    }},
                   {"state.txt", std::string(1, fill)}},
                  Json::object({{"fill", std::string(1, fill)}}));
}

// Checks that `found` is whole, and gives what it was filled with.
char fill_of(const FoundCheckpoint& found) {
  if (!found) return '?';
  const char fill = found.manifest.about.text("fill")[0];
  EXPECT_EQ(read_file(found.path + "/model.bin"), std::string(2100, fill));
  EXPECT_EQ(read_file(found.path + "/state.txt"), std::string(1, fill));
  return fill;
}

// The second save is of a new step, or replaces the only checkpoint there is.
class CheckpointFault : public testing::TestWithParam<int64_t> {};
INSTANTIATE_TEST_SUITE_P(NewAndReplaced, CheckpointFault, testing::Values(2, 1));

TEST_P(CheckpointFault, EveryFailingOperation) {
  for (bool for_ever : {false, true}) {
    bool finished = false;
    for (int64_t n = 0; !finished; ++n) {
      ASSERT_LT(n, 100);
      const TempFolder folder;
      save(folder.path(), 1, 'a');
      FaultFiles faulty;
      faulty.fail_at = n;
      faulty.for_ever = for_ever;
      {
        const ScopedFileOps scope(faulty);
        try {
          save(folder.path(), GetParam(), 'b');
          finished = faulty.count <= n;
        } catch (const Error& e) {
          EXPECT_NE(std::string(e.what()).find(str("injected fault at operation {}", n)), std::string::npos)
              << e.what();
        }
      }
      const char fill = fill_of(newest_valid_checkpoint(folder.path()));
      EXPECT_TRUE(fill == 'a' || fill == 'b') << "after failing operation " << n;
      EXPECT_TRUE(!finished || fill == 'b');
      tidy_checkpoints(folder.path());
      EXPECT_EQ(fill_of(newest_valid_checkpoint(folder.path())), fill) << n;
      for (const std::string& name : files().list(folder.path()))
        EXPECT_EQ(name.find(".tmp-"), std::string::npos) << name;
      save(folder.path(), GetParam(), 'c');  // the next one succeeds
      EXPECT_EQ(fill_of(newest_valid_checkpoint(folder.path())), 'c');
    }
  }
}

TEST_P(CheckpointFault, EveryPowerCut) {
  const TempFolder before, live;
  save(before.path(), 1, 'a');
  save(live.path(), 1, 'a');
  FaultFiles recording;
  {
    const ScopedFileOps scope(recording);
    save(live.path(), GetParam(), 'b');
    prune_checkpoints(live.path(), 1);
  }
  const test::ForgetfulDisk start(before.path());
  // Paths of the journal are under `live`; the disk is loaded from `before`: move them over.
  for (test::Operation& op : recording.journal)
    for (std::string* path : {&op.path, &op.other})
      if (path->starts_with(live.path())) *path = before.path() + path->substr(live.path().size());
  const auto last_sync =
      std::find_if(recording.journal.rbegin(), recording.journal.rend(),
                   [](const test::Operation& op) { return op.kind == test::Operation::Kind::sync_dir; });
  const auto durable = static_cast<size_t>(recording.journal.rend() - last_sync);  // entries until the save returned
  ASSERT_GT(durable, 10u);
  for (size_t cut = 0; cut <= recording.journal.size(); ++cut) {
    test::ForgetfulDisk disk = start;
    for (size_t i = 0; i < cut; ++i) disk.apply(recording.journal[i]);
    for (uint32_t damage = 0; damage < 30; ++damage) {
      Rng rng(RngMode::philox, cut, "cut", damage);
      const TempFolder after;
      disk.cut_into(after.path(),
                    [&](size_t n) { return static_cast<size_t>(rng.randint(0, static_cast<int64_t>(n))); });
      const char fill = fill_of(newest_valid_checkpoint(after.path()));
      ASSERT_TRUE(fill == 'a' || fill == 'b') << "cut before operation " << cut << ", damage " << damage;
      ASSERT_TRUE(cut < durable || fill == 'b') << "a save that returned was lost";
      tidy_checkpoints(after.path());
      ASSERT_EQ(fill_of(newest_valid_checkpoint(after.path())), fill);
    }
  }
}

// The first save of a run makes the folders above it; they must be there after a power cut too.
TEST(CheckpointPowerCut, FoldersAboveAreDurable) {
  const TempFolder live;
  const test::ForgetfulDisk empty(live.path());
  FaultFiles recording;
  {
    const ScopedFileOps scope(recording);
    save(live / "runs/one/checkpoints", 1, 'a');
  }
  test::ForgetfulDisk disk = empty;
  for (const test::Operation& op : recording.journal) disk.apply(op);
  for (uint32_t damage = 0; damage < 30; ++damage) {
    Rng rng(RngMode::philox, 0, "cut", damage);
    const TempFolder after;
    disk.cut_into(after.path(), [&](size_t n) { return static_cast<size_t>(rng.randint(0, static_cast<int64_t>(n))); });
    ASSERT_EQ(fill_of(newest_valid_checkpoint(after / "runs/one/checkpoints")), 'a');
  }
}

// A process that does nothing but save is killed at random moments; what it had finished must load.
TEST(CheckpointKill, SixtyKillsLoseNothing) {
  const TempFolder folder;
  Rng rng(RngMode::philox, 1, "kill");
  int64_t step = 0;
  for (int round = 0; round < 60; ++round) {
    int finished[2];
    ASSERT_EQ(pipe(finished), 0);
    const pid_t child = fork();
    if (child == 0) {
      for (char fill = 'a';; fill = static_cast<char>(fill == 'z' ? 'a' : fill + 1)) {
        save(folder.path(), ++step, fill);
        if (write(finished[1], &step, sizeof step) < 0) _exit(1);
        prune_checkpoints(folder.path(), 2);
      }
    }
    usleep(static_cast<useconds_t>(rng.randint(500, 12000)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    close(finished[1]);
    int64_t last = step;
    while (read(finished[0], &last, sizeof last) > 0) step = last;
    close(finished[0]);
    const FoundCheckpoint found = newest_valid_checkpoint(folder.path());
    if (step > 0) {
      ASSERT_NE(fill_of(found), '?');
      const std::string name = file_name(found.path);
      ASSERT_GE(std::stoll(name.substr(5)), step) << "the last finished save was lost";
    }
    tidy_checkpoints(folder.path());
  }
  EXPECT_GT(step, 10);
}

// The order that the promise rests on, as the operations happened.
TEST(CheckpointOrder, FilesThenManifestThenRenameThenParent) {
  const TempFolder folder;
  FaultFiles recording;
  {
    const ScopedFileOps scope(recording);
    save(folder.path(), 5, 'a');
  }
  std::string order;
  for (const test::Operation& op : recording.journal) {
    using Kind = test::Operation::Kind;
    const std::string name = file_name(op.path);
    switch (op.kind) {
      case Kind::make_dir: order += "make "; break;
      case Kind::create: order += "create:" + name + " "; break;
      case Kind::write: break;
      case Kind::sync: order += "sync:" + name + " "; break;
      case Kind::sync_dir: order += op.path == folder.path() ? "sync-parent " : "sync-folder "; break;
      case Kind::rename: order += "rename "; break;
      case Kind::remove: order += "remove "; break;
    }
  }
  EXPECT_EQ(order, "make create:model.bin sync:model.bin create:state.txt sync:state.txt sync-folder "
                   "create:manifest.json sync:manifest.json sync-folder sync-parent rename sync-parent ");
}

}  // namespace
}  // namespace grim
