// The memory pool behind every tensor.
//
// One virtual range is reserved at the first call, committed in 2 MiB steps with huge pages, and never given back while the
// program runs: the first touch of a page costs twenty times streaming it, so a block is worth keeping. Blocks are cached in
// size classes (four a factor of two); a training step asks for the same sizes in the same order, so from its second step on
// it runs out of the cache and allocates nothing. Under sanitizers the pool is plain malloc, so that they see every block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "grimoire/base/error.h"

namespace grim::device {

inline constexpr size_t kAlignment = 64;

// What the machine or its control groups allow the process (machine_memory of base/machine.h) is spent.
struct OutOfMemory : Error {
  OutOfMemory(const std::string& message, std::string hint = "") : Error(ErrorKind::resource, "[memory] " + message, std::move(hint)) {}
};

// At least `bytes` uninitialised bytes, 64-byte aligned. throws: OutOfMemory
void* allocate(size_t bytes);
// Likewise, for what comes and goes inside of a kernel: a part of its operands' size on each thread. A MemoryTrace (device/memory_trace.h), which scales
// what it saw by the sizes of tensors, does not see it.
void* allocate_scratch(size_t bytes);
void release(void* block, size_t bytes) noexcept;  // with the size that was asked for

// Scratch, while it lives.
struct Room {
  explicit Room(int64_t size) : bytes(static_cast<size_t>(size)), at(static_cast<char*>(allocate_scratch(bytes))) {}
  ~Room() { release(at, bytes); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  template <class T> T* of() const { return reinterpret_cast<T*>(at); }
  size_t bytes;
  char* at;
};

struct MemoryUse {
  int64_t live_bytes;       // handed out now
  int64_t peak_bytes;       // most ever handed out since reset_peak
  int64_t committed_bytes;  // taken from the system
};
MemoryUse memory_use();
void reset_peak();

// Tests: fill every block with 0xff (NaN) as it is handed out, so that a cell nobody wrote shows.
void set_poison(bool on);

}  // namespace grim::device
