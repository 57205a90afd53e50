#include "grimoire/base/machine.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include <sys/mman.h>
#include <unistd.h>

namespace grim {
namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

// The number that a small file of the kernel holds; kNoLimit for "max", a missing file, or version 1's "no limit" near 2^63.
int64_t limit_in(const std::string& path) {
  std::ifstream file(path);
  int64_t bytes = 0;
  return file >> bytes && bytes > 0 && bytes < int64_t{1} << 60 ? bytes : kNoLimit;
}

// A limit binds everything below it, so the group's ancestors count too. Inside a container the group's own path may lead nowhere,
// and its limits stand at the mount's root, which the walk ends with.
int64_t smallest_limit(const std::string& mount, std::string group, const char* file) {
  int64_t least = kNoLimit;
  for (;;) {
    least = std::min(least, limit_in(mount + group + "/" + file));
    const size_t slash = group.rfind('/');
    if (group.empty() || slash == std::string::npos) return least;
    group.erase(slash);
  }
}

}  // namespace

// Lines of /proc/self/cgroup: "0::/path" for version 2, "7:memory,cpu:/path" for version 1. Both may be mounted at once.
int64_t cgroup_limit(const std::string& root) {
  int64_t least = kNoLimit;
  const std::string mount = root + "/sys/fs/cgroup";
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    std::string group = line.substr(second + 1);
    while (group.ends_with('/')) group.pop_back();
    if (controllers == ",,")
      least = std::min({least, smallest_limit(mount, group, "memory.max"), smallest_limit(mount + "/unified", group, "memory.max")});
    else if (controllers.find(",memory,") != std::string::npos)
      least = std::min(least, smallest_limit(mount + "/memory", group, "memory.limit_in_bytes"));
  }
  return least;
}

int64_t machine_memory() {
  static const int64_t bytes = std::min(static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE), cgroup_limit(""));
  return bytes;
}

int64_t resident_memory() {
  std::ifstream file("/proc/self/statm");
  int64_t size = 0, resident = 0;
  return file >> size >> resident ? resident * sysconf(_SC_PAGESIZE) : 0;
}

void expect_full_use(void* block, size_t bytes) {
  constexpr uintptr_t kLargePage = 1 << 21;
  const uintptr_t begin = (reinterpret_cast<uintptr_t>(block) + kLargePage - 1) / kLargePage * kLargePage;
  const uintptr_t end = (reinterpret_cast<uintptr_t>(block) + bytes) / kLargePage * kLargePage;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
}

}  // namespace grim
