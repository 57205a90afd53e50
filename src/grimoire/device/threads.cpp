#include "grimoire/device/threads.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <csignal>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "grimoire/base/error.h"

namespace grim::device {
namespace {

void pause_cpu() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

void wait_while_equal(std::atomic<uint32_t>& word, uint32_t value) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}
void wake_all(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAKE_PRIVATE, INT32_MAX, nullptr, nullptr, 0);
}

constexpr int kSpins = 2000;  // about 50 us of `pause`, then sleep

thread_local bool inside_chunk = false;

class Pool {
 public:
  explicit Pool(int count) {
    // Signals go to the program's own threads: a handler must not run on top of a generated kernel's stack.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 1; i < count; ++i) workers_.emplace_back([this, i] { work(static_cast<uint32_t>(i)); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~Pool() {
    stop_ = true;
    begin_round(0);
    for (std::thread& t : workers_) t.join();
  }
  int size() const { return static_cast<int>(workers_.size()) + 1; }

  void run(int64_t chunks, detail::ChunkFn fn, void* context, int participants) {
    fn_ = fn;
    context_ = context;
    chunks_ = chunks;
    error_ = nullptr;
    next_.store(0, std::memory_order_relaxed);
    busy_.store(static_cast<uint32_t>(participants - 1), std::memory_order_relaxed);
    begin_round(static_cast<uint32_t>(participants));
    drain();
    for (int spin = 0;; ++spin) {
      const uint32_t left = busy_.load(std::memory_order_acquire);
      if (left == 0) break;
      if (spin < kSpins)
        pause_cpu();
      else
        std::this_thread::yield();
    }
    if (error_) std::rethrow_exception(error_);
  }

 private:
  // A round's number and how many take part, the caller among them, are one word: a thread that was left out and wakes late reads both of
  // one round.
  static constexpr uint32_t kParticipants = 512;
  void begin_round(uint32_t participants) {
    const uint32_t next = round_.load(std::memory_order_relaxed) / kParticipants + 1;
    round_.store(next * kParticipants + participants);  // seq_cst: pairs with the sleeper's announcement
    if (sleepers_.load() > 0) wake_all(round_);
  }

  void drain() {
    inside_chunk = true;
    for (;;) {
      const int64_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= chunks_) break;
      try {
        fn_(context_, chunk);
      } catch (...) {
        std::lock_guard lock(error_mutex_);
        if (!error_) error_ = std::current_exception();
        next_.store(chunks_, std::memory_order_relaxed);
      }
    }
    inside_chunk = false;
  }

  void work(uint32_t number) {
    uint32_t seen = 0;
    for (;;) {
      uint32_t now;
      for (int spin = 0; (now = round_.load(std::memory_order_acquire)) == seen; ++spin) {
        if (spin < kSpins) {
          pause_cpu();
          continue;
        }
        sleepers_.fetch_add(1);
        if (round_.load() == seen) wait_while_equal(round_, seen);
        sleepers_.fetch_sub(1);
        spin = 0;
      }
      seen = now;
      if (stop_) return;
      if (number >= seen % kParticipants) continue;
      drain();
      busy_.fetch_sub(1, std::memory_order_release);
    }
  }

  std::vector<std::thread> workers_;
  detail::ChunkFn fn_ = nullptr;
  void* context_ = nullptr;
  int64_t chunks_ = 0;
  std::exception_ptr error_;
  std::mutex error_mutex_;
  std::atomic<bool> stop_{false};
  alignas(64) std::atomic<uint32_t> round_{0};
  alignas(64) std::atomic<int64_t> next_{0};
  alignas(64) std::atomic<uint32_t> busy_{0};
  alignas(64) std::atomic<uint32_t> sleepers_{0};
};

struct Shared {
  std::mutex mutex;  // one parallel region at a time; a second thread's region runs in place
  std::unique_ptr<Pool> pool;
};
Shared& shared() {
  static Shared* s = new Shared;
  return *s;
}

thread_local int cap = 0;  // 0: none

int machine_cores() {
  const unsigned cores = std::thread::hardware_concurrency();
  return cores == 0 ? 1 : static_cast<int>(cores);
}

}  // namespace

void set_thread_cap(int count) {
  GRIM_CHECK(count >= 0 && count <= 256, argument, "threads", "got {}, expected 0 to 256", count);
  cap = count;
}

int threads() { return cap ? cap : machine_cores(); }

ThreadCap::ThreadCap(int count) : before_(cap) { set_thread_cap(count); }
ThreadCap::~ThreadCap() { cap = before_; }

void detail::run_chunks(int64_t chunks, ChunkFn fn, void* context) {
  Shared& s = shared();
  const int participants = threads();
  std::unique_lock<std::mutex> lock(s.mutex, std::defer_lock);
  if (participants == 1 || inside_chunk || !lock.try_lock()) {
    for (int64_t chunk = 0; chunk < chunks; ++chunk) fn(context, chunk);
    return;
  }
  if (!s.pool || s.pool->size() < participants) s.pool = std::make_unique<Pool>(std::max(participants, machine_cores()));
  s.pool->run(chunks, fn, context, participants);
}

}  // namespace grim::device
