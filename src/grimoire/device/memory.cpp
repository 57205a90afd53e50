#include "grimoire/device/memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>

#include <sys/mman.h>
#include "grimoire/base/error.h"
#include "grimoire/base/machine.h"
#include "grimoire/device/memory_trace.h"
#include "grimoire/device/size_class.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GRIM_PLAIN_MALLOC 1
#endif

namespace grim::device {
namespace {

struct FreeBlock {
  FreeBlock* next;
};

struct Pool {
  std::mutex mutex;
  FreeBlock* free[kClasses] = {};
  char* range = nullptr;
  size_t reserved = 0, committed = 0, used = 0;
  MemoryUse use{};
  bool poison = false;
  std::unordered_map<void*, int> larger;  // blocks in use that serve a smaller class than their own, which is said here
  MemoryTrace* trace = nullptr;
  std::unordered_map<void*, int64_t> traced;  // the blocks in it that live

  void reserve() {
    for (size_t size = size_t{1} << 40; size >= size_t{1} << 30; size >>= 1) {
      void* p = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (p == MAP_FAILED) continue;
      const auto address = reinterpret_cast<uintptr_t>(p);
      const uintptr_t start = (address + kHugePage - 1) & ~(kHugePage - 1);
      range = reinterpret_cast<char*>(start);
      reserved = size - (start - address);
      return;
    }
    throw OutOfMemory("cannot reserve address space: got less than 1 GiB", "raise the limit on virtual memory (ulimit -v)");
  }

  // The limit, less what the process holds beside the pool. That is looked up only when the pool comes near.
  size_t may_commit(size_t target) const {
    const auto allowed = static_cast<size_t>(machine_memory());
    if (target < allowed / 2) return allowed;
    const auto resident = static_cast<size_t>(resident_memory());
    return allowed - std::min(allowed, resident > committed ? resident - committed : 0);
  }

  void commit(size_t end) {
    const size_t target = (end + kHugePage - 1) & ~(kHugePage - 1);
    const size_t allowed = may_commit(target);
    if (target > allowed || target > reserved)
      throw OutOfMemory(str("out of memory: {:.2f} GiB in use, {:.2f} GiB more needed, {:.2f} GiB allowed", committed / 1073741824.0,
                            (target - committed) / 1073741824.0, allowed / 1073741824.0),
                        "a smaller batch or context needs less; a dry run predicts it");
    if (mprotect(range + committed, target - committed, PROT_READ | PROT_WRITE) != 0)
      throw OutOfMemory(str("the system refused {} bytes", target - committed));
    madvise(range + committed, target - committed, MADV_HUGEPAGE);
    committed = target;
    use.committed_bytes = static_cast<int64_t>(committed);
  }

  // Out of line: what is hardly ever done shall cost every call no more than one look at a flag.
  [[gnu::noinline, gnu::cold]] void note_taken(void* block, size_t bytes) {
    const auto k = static_cast<int64_t>(trace->sizes.size());
    trace->sizes.push_back(static_cast<double>(bytes));
    trace->events.push_back(k);
    traced[block] = k;
  }

  [[gnu::noinline, gnu::cold]] void note_released(void* block) {
    const auto found = traced.find(block);
    if (found == traced.end()) return;  // older than the trace
    trace->events.push_back(~found->second);
    traced.erase(found);
  }

  void* take(int c) {
    if (const int serving = serving_class(c, [&](int k) { return free[k] != nullptr; }); serving < kClasses) {
      FreeBlock* const block = free[serving];
      if (serving != c) larger.emplace(block, serving);
      free[serving] = block->next;
      return block;
    }
    if (!range) reserve();
    const size_t size = footprint(c);
    if (used + size > committed) commit(used + size);
    void* block = range + used;
    used += size;
    return block;
  }

  void give_back(void* block, int c) {
    if (c >= kFirstShared)
      if (const auto found = larger.find(block); found != larger.end()) {
        c = found->second;
        larger.erase(found);
      }
    auto* freed = static_cast<FreeBlock*>(block);
    freed->next = free[c];
    free[c] = freed;
  }
};

// Never destroyed: tensors with static lifetime may be released after main returns.
Pool& pool() {
  static Pool* p = new Pool;
  return *p;
}

}  // namespace

void set_poison(bool on) { pool().poison = on; }

namespace {
enum class Traced : uint8_t { no, yes };
void* hand_out(size_t bytes, Traced traced) {
  Pool& p = pool();
  const int c = class_of(bytes);
  if (bytes >= (size_t{1} << 44)) throw OutOfMemory(str("cannot allocate {} bytes", bytes));
  std::lock_guard lock(p.mutex);
#ifdef GRIM_PLAIN_MALLOC
  void* block = nullptr;
  if (static_cast<int64_t>(bytes) > machine_memory() || posix_memalign(&block, kAlignment, bytes ? bytes : 1) != 0)
    throw OutOfMemory(str("cannot allocate {} bytes", bytes));
  (void)c;
#else
  void* block = p.take(c);
#endif
  p.use.live_bytes += static_cast<int64_t>(bytes);
  if (p.use.live_bytes > p.use.peak_bytes) p.use.peak_bytes = p.use.live_bytes;
  if (p.trace && traced == Traced::yes) [[unlikely]] p.note_taken(block, bytes);
  if (p.poison) [[unlikely]] std::memset(block, 0xff, bytes);
  return block;
}
}  // namespace

void* allocate(size_t bytes) { return hand_out(bytes, Traced::yes); }
void* allocate_scratch(size_t bytes) { return hand_out(bytes, Traced::no); }

void release(void* block, size_t bytes) noexcept {
  Pool& p = pool();
  std::lock_guard lock(p.mutex);
  p.use.live_bytes -= static_cast<int64_t>(bytes);
  if (p.trace) [[unlikely]] p.note_released(block);
#ifdef GRIM_PLAIN_MALLOC
  std::free(block);
#else
  p.give_back(block, class_of(bytes));
#endif
}

MemoryRecorder::MemoryRecorder(MemoryTrace& trace) {
  std::lock_guard lock(pool().mutex);
  pool().trace = &trace;
}

MemoryRecorder::~MemoryRecorder() {
  std::lock_guard lock(pool().mutex);
  pool().trace = nullptr;
  pool().traced.clear();
}

MemoryUse memory_use() {
  std::lock_guard lock(pool().mutex);
  return pool().use;
}

void reset_peak() {
  std::lock_guard lock(pool().mutex);
  pool().use.peak_bytes = pool().use.live_bytes;
}

}  // namespace grim::device
