#include "grimoire/base/clock.h"

#include <gtest/gtest.h>

namespace grim {
namespace {

struct FakeClock : Clock {
  double seconds = 12.5;
  double monotonic_seconds() override { return seconds; }
  int64_t unix_seconds() override { return 951827696; }
};

TEST(Clock, StampsAreUtc) {
  EXPECT_EQ(utc_timestamp(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_timestamp(951827696), "2000-02-29T12:34:56Z");
  EXPECT_EQ(utc_timestamp(-1), "1969-12-31T23:59:59Z");
}

TEST(Clock, IsReplacedAndComesBack) {
  const double before = monotonic_seconds();
  {
    FakeClock fake;
    const ScopedClock scope(fake);
    EXPECT_EQ(monotonic_seconds(), 12.5);
    EXPECT_EQ(utc_timestamp(), "2000-02-29T12:34:56Z");
    EXPECT_EQ(unix_milliseconds(), 951827696000);
  }
  EXPECT_GE(monotonic_seconds(), before);
  EXPECT_GT(utc_timestamp(), "2024");
  EXPECT_GT(unix_milliseconds(), 1'704'067'200'000);  // the same moment
}

}  // namespace
}  // namespace grim
