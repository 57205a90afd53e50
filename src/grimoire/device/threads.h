// The thread pool: one for the process. The caller takes part; work is cut into chunks whose bounds depend on sizes alone, never on the
// number of threads, so that results are bit-equal for one thread and for many.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace grim::device {

// At most so many threads of the pool take part in what this thread begins from now on: 1 .. 256; 0 takes every core. throws: argument
void set_thread_cap(int count);
int threads();  // those that would take part now

// A cap for a call or a run: the one before comes back at the end.
class ThreadCap {
 public:
  explicit ThreadCap(int count);
  explicit ThreadCap(int64_t count) : ThreadCap(static_cast<int>(std::clamp<int64_t>(count, -1, 1 << 20))) {}  // out of range stays so
  ~ThreadCap();
  ThreadCap(const ThreadCap&) = delete;
  ThreadCap& operator=(const ThreadCap&) = delete;

 private:
  int before_;
};

namespace detail {
using ChunkFn = void (*)(void* context, int64_t chunk);
void run_chunks(int64_t chunks, ChunkFn fn, void* context);
}  // namespace detail

// fn(chunk) for every chunk in [0, chunks), in any order and at the same time. An exception is rethrown in the caller once all
// threads have stopped. Calls from inside a chunk run in place.
template <class F> void for_chunks(int64_t chunks, F&& fn) {
  using Fn = std::remove_reference_t<F>;
  if (chunks <= 1) {
    if (chunks == 1) fn(int64_t{0});
    return;
  }
  detail::run_chunks(
      chunks, [](void* f, int64_t chunk) { (*static_cast<Fn*>(f))(chunk); }, const_cast<std::remove_const_t<Fn>*>(&fn));
}

// fn(begin, end) over [0, n) in pieces of `grain`; choose the grain so that a piece takes 10 to 50 microseconds.
template <class F> void parallel_for(int64_t n, int64_t grain, F&& fn) {
  if (n <= grain) {
    if (n > 0) fn(int64_t{0}, n);
    return;
  }
  for_chunks((n + grain - 1) / grain, [&](int64_t chunk) {
    const int64_t begin = chunk * grain;
    fn(begin, begin + grain < n ? begin + grain : n);
  });
}

}  // namespace grim::device
