// The most memory that a piece of work holds.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace grim::test {

// Of this process, in kB: "VmRSS" now, "VmHWM" at most since the mark was taken back. Below 0: the system does not say.
inline int64_t resident(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1));
  return -1;
}

// In bytes, beyond what was held before; below 0 where it cannot be told: the mark cannot be taken back, or a sanitizer's memory counts too.
template <class Work> int64_t peak_memory_of(Work&& work) {
  std::ofstream("/proc/self/clear_refs") << "5";
  const int64_t before = resident("VmRSS"), peak = resident("VmHWM");
  work();
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return -1;
#endif
  return before < 0 || peak > before + 1000 ? -1 : 1024 * (resident("VmHWM") - before);
}

}  // namespace grim::test
