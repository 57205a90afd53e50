// PCG-64 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number Generation"; XSL-RR 128/64), seeded
// and drawn from as numpy.random.default_rng(seed) is, number for number: for results that are to equal those of programs that use it.
#pragma once

#include <cstdint>

namespace grim {

class Pcg64 {
 public:
  explicit Pcg64(uint64_t seed);
  uint64_t next();
  uint32_t next32();              // the two halves of a number, the lower first
  uint32_t below(uint32_t bound);  // integers(bound), bound >= 1: Lemire 2019, "Fast Random Integer Generation in an Interval"
  bool coin();                    // integers(2, dtype=bool): a bit of a half, from the lowest up

 private:
  uint64_t state_high_ = 0, state_low_ = 0, step_high_ = 0, step_low_ = 0;
  uint32_t half_ = 0, bits_ = 0;
  int bits_left_ = 0;
  bool has_half_ = false;
};

}  // namespace grim
