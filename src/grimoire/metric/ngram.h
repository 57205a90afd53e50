// Runs of symbols (n-grams) of two texts, and how many they share. A run is known by the number of the run without its last symbol, and that
// symbol: so that runs of any length are compared exactly by one look at a table of pairs.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace grim {

// Pairs of numbers, numbered from 1 as they come. Forgetting all of them costs nothing.
class PairNumbers {
 public:
  PairNumbers();
  void clear();
  uint32_t find(uint32_t first, uint32_t second) const;  // 0: not there
  uint32_t add(uint32_t first, uint32_t second);
  uint32_t size() const { return size_; }

 private:
  struct Slot {
    uint64_t key;
    uint32_t number, age;
  };
  size_t place(uint64_t key) const;  // where it is, or would be
  void grow();

  std::vector<Slot> slots_;  // a power of two, at most half full
  uint32_t size_ = 0, age_ = 1;
};

// Words of a line, numbered from 1 as they come; they must outlive the numbers.
class WordNumbers {
 public:
  WordNumbers();
  void clear();
  uint32_t add(std::string_view word);

 private:
  struct Slot {
    uint32_t number, age;
    uint64_t hash;
  };
  std::vector<Slot> slots_;
  std::vector<std::string_view> words_;
  uint32_t age_ = 1;
};

struct NgramMatch {
  int64_t hypothesis = 0, reference = 0, shared = 0;  // runs of one length; of several references, the last one's
};

// One hypothesis beside its references.
class NgramMatcher {
 public:
  explicit NgramMatcher(int order) : order_(order) {}
  void clear();
  // Runs of 1 to `order` symbols. Of several references, each run counts as often as the one has it that has it most.
  void add_reference(std::span<const uint32_t> symbols);
  // Each run of the hypothesis is matched as long as the references have another one like it. out: `order` of them, by length.
  void match(std::span<const uint32_t> hypothesis, std::span<NgramMatch> out);

 private:
  int order_;
  PairNumbers runs_;
  std::vector<uint32_t> here_, most_, left_;  // by number of run: in this reference, in any, not yet matched
  std::vector<uint32_t> row_;
  int64_t last_ = 0;  // symbols of the last reference
};

}  // namespace grim
