// Time, replaceable by tests: a steady clock for durations and rates, and the wall clock for stamps in files.
#pragma once

#include <cstdint>
#include <string>

namespace grim {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual double monotonic_seconds() = 0;  // since an arbitrary start; never runs backwards
  virtual int64_t unix_seconds() = 0;      // since 1970-01-01 UTC
  virtual int64_t unix_milliseconds() { return 1000 * unix_seconds(); }
};

double monotonic_seconds();
int64_t unix_milliseconds();                      // since 1970-01-01 UTC
std::string utc_timestamp();                      // now, "2026-01-31T23:59:59Z"
std::string utc_timestamp(int64_t unix_seconds);

// While one of these is alive every thread reads the given clock. Not to be nested across threads.
class ScopedClock {
 public:
  explicit ScopedClock(Clock& clock);
  ~ScopedClock();
  ScopedClock(const ScopedClock&) = delete;
  ScopedClock& operator=(const ScopedClock&) = delete;

 private:
  Clock* before_;
};

}  // namespace grim
