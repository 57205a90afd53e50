// What the machine, or the container around this process, lets it have.
#pragma once

#include <cstdint>
#include <string>

namespace grim {

// Bytes: the machine's memory, or the smallest limit of the control groups (version 1 and 2) that this process is in.
int64_t machine_memory();
// Of this process now, in bytes: pages that only its end or itself can give back.
int64_t resident_memory();

// The smallest limit in the groups that ROOT/proc/self/cgroup names; INT64_MAX without one. `root` is "" but in tests.
int64_t cgroup_limit(const std::string& root);

}  // namespace grim
