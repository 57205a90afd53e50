// What the machine, or the container around this process, lets it have.
#pragma once

#include <cstdint>
#include <string>

namespace grim {

// Bytes: the machine's memory, or the smallest limit of the control groups (version 1 and 2) that this process is in.
int64_t machine_memory();
// Of this process now, in bytes: pages that only its end or itself can give back.
int64_t resident_memory();

// The memory at `block` will be used from end to end soon: in large pages, where the system has them, as the first touch of a small one costs as much as
// filling it several times over. A wish; nothing is said where it is not granted.
void expect_full_use(void* block, size_t bytes);
// Room for n values of a string or vector that is about to be filled with them.
template <class Container> void reserve_to_fill(Container& to, size_t n) {
  to.reserve(n);
  expect_full_use(to.data(), n * sizeof(*to.data()));
}

// The smallest limit in the groups that ROOT/proc/self/cgroup names; INT64_MAX without one. `root` is "" but in tests.
int64_t cgroup_limit(const std::string& root);

}  // namespace grim
