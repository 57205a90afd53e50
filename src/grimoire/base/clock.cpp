#include "grimoire/base/clock.h"

#include <atomic>
#include <chrono>

#include "grimoire/base/str.h"

namespace grim {
namespace {

class SystemClock final : public Clock {
 public:
  double monotonic_seconds() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  int64_t unix_seconds() override { return since_1970<std::chrono::seconds>(); }
  int64_t unix_milliseconds() override { return since_1970<std::chrono::milliseconds>(); }

 private:
  template <class Unit> static int64_t since_1970() {
    return std::chrono::duration_cast<Unit>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
};

SystemClock system_clock;
std::atomic<Clock*> current{&system_clock};

}  // namespace

int64_t unix_milliseconds() { return current.load()->unix_milliseconds(); }
double monotonic_seconds() { return current.load()->monotonic_seconds(); }
std::string utc_timestamp() { return utc_timestamp(current.load()->unix_seconds()); }

std::string utc_timestamp(int64_t unix_seconds) {
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return str("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
             static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(), time.seconds().count());
}

ScopedClock::ScopedClock(Clock& clock) : before_(current.exchange(&clock)) {}
ScopedClock::~ScopedClock() { current = before_; }

}  // namespace grim
