#include "grimoire/base/machine.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/temp_folder.h"

namespace grim {
namespace {

constexpr int64_t kNone = std::numeric_limits<int64_t>::max();

class Groups : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) {
    posix_files().make_dirs(parent_folder(folder_ / path));
    folder_.put(path, text);
  }
  int64_t limit() { return cgroup_limit(folder_.path()); }
  test::TempFolder folder_;
};

TEST_F(Groups, NoneAndUnlimited) {
  EXPECT_EQ(limit(), kNone);
  put("proc/self/cgroup", "0::/user.slice\n");
  EXPECT_EQ(limit(), kNone);
  put("sys/fs/cgroup/user.slice/memory.max", "max\n");
  EXPECT_EQ(limit(), kNone);
}

TEST_F(Groups, VersionTwoTakesTheSmallestOfAllAncestors) {
  put("proc/self/cgroup", "0::/a/b/c\n");
  put("sys/fs/cgroup/a/b/c/memory.max", "max\n");
  put("sys/fs/cgroup/a/b/memory.max", "300000000\n");
  put("sys/fs/cgroup/a/memory.max", "200000000\n");
  EXPECT_EQ(limit(), 200000000);
  put("sys/fs/cgroup/a/b/c/memory.max", "100000000\n");
  EXPECT_EQ(limit(), 100000000);
}

TEST_F(Groups, InsideAContainerTheLimitStandsAtTheRoot) {
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/memory.max", "512000000\n");
  EXPECT_EQ(limit(), 512000000);
  put("proc/self/cgroup", "0::/docker/0123\n");  // the host's path, which is not mounted here
  EXPECT_EQ(limit(), 512000000);
}

TEST_F(Groups, VersionOne) {
  put("proc/self/cgroup", "12:cpu,cpuacct:/x\n7:memory:/docker/abc\n1:name=systemd:/y\n");
  put("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "400000000\n");
  EXPECT_EQ(limit(), 400000000);
  put("sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n");  // how version 1 says: none
  EXPECT_EQ(limit(), kNone);
  put("sys/fs/cgroup/memory/memory.limit_in_bytes", "600000000\n");
  EXPECT_EQ(limit(), 600000000);
}

TEST_F(Groups, BothAtOnce) {
  put("proc/self/cgroup", "5:memory:/one\n0::/two\n");
  put("sys/fs/cgroup/memory/one/memory.limit_in_bytes", "700000000\n");
  put("sys/fs/cgroup/unified/two/memory.max", "650000000\n");
  EXPECT_EQ(limit(), 650000000);
}

TEST(Machine, HasMemory) {
  EXPECT_GT(machine_memory(), 1 << 20);
  EXPECT_GT(resident_memory(), 1 << 20);
}

}  // namespace
}  // namespace grim
