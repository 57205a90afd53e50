// What was asked of the memory pool, in order, and what a pool of its own would take for it.
//
// A program asks for the same blocks in the same order whatever the sizes of its tensors. So a small run can be written down, its sizes replaced by
// those of a large one, and the memory of the large one is known before a byte of it is allocated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace grim::device {

struct MemoryTrace {
  std::vector<double> sizes;    // bytes of block 0, 1, ...; those that are foretold may lie beyond any machine
  std::vector<int64_t> events;  // k: block k is handed out; ~k: it is given back

  // Bytes that a fresh pool has handed out or keeps after the first `count` events; it takes them from the system in whole huge pages.
  double bytes(size_t count) const;
  double bytes() const { return bytes(events.size()); }
};

class MemoryRecorder {  // while it lives, all that the pool is asked for, by any thread, goes to the end of the trace; one at a time
 public:
  explicit MemoryRecorder(MemoryTrace& trace);
  ~MemoryRecorder();
  MemoryRecorder(const MemoryRecorder&) = delete;
  MemoryRecorder& operator=(const MemoryRecorder&) = delete;
};

}  // namespace grim::device
