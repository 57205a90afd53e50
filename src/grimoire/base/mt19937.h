// The Mersenne Twister of Matsumoto and Nishimura (1998, seeding of 2002), and Python's shuffle, which runs on it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace grim {

class Mt19937 {
 public:
  Mt19937() = default;  // holds nothing; assign a seeded one before use
  explicit Mt19937(uint32_t seed);
  static Mt19937 from_key(std::span<const uint32_t> key);  // init_by_array; the key must not be empty
  uint32_t next();
  void discard(uint64_t words);

 private:
  void twist();
  std::vector<uint32_t> state_;  // 624 words
  size_t at_ = 0;
};

// order[i] = which item Python's `random.seed(seed); random.shuffle(items)` puts at place i. throws: argument, n < 0
std::vector<int64_t> python_shuffle(uint64_t seed, int64_t n);

}  // namespace grim
