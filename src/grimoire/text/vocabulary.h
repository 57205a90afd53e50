// Tokens by id and ids by token. The texts lie end to end in one block, and the hash table holds ids alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grimoire/base/json.h"

namespace grim {

class Vocabulary {
 public:
  static constexpr int32_t kNone = -1;

  void reserve(size_t tokens, size_t bytes);
  // throws: input, the token or the id is taken, the id is not in 0 to 2^24, or far beyond the number of tokens that are there or were reserved
  void add(std::string_view token, int64_t id);
  int32_t id_of(std::string_view token) const;             // kNone when there is none
  void prefetch(std::string_view token) const;             // so that add() or id_of() a little later need not wait for memory
  std::string_view token(int64_t id) const;                // empty for an id that has none
  bool has(int64_t id) const { return id >= 0 && id < size() && places_[static_cast<size_t>(id)].begin != kAbsent; }
  int64_t size() const { return static_cast<int64_t>(places_.size()); }  // the largest id and one more
  int64_t count() const { return count_; }                 // tokens; less than size() where ids have gaps
  Json to_json() const;                                    // {"token": id}, by id
  size_t longest() const { return longest_; }              // bytes

 private:
  static constexpr uint32_t kAbsent = UINT32_MAX;
  struct Slot {
    uint32_t tag = 0;  // bits of the hash that did not choose the place: another token is told without a look at its text
    int32_t id = kNone;
  };
  struct Place {
    uint32_t begin = kAbsent, bytes = 0;
  };

  std::string text_;
  std::vector<Place> places_;    // by id
  std::vector<Slot> slots_;      // open addressing, a power of two
  int64_t count_ = 0;
  size_t longest_ = 0;
};

uint64_t token_hash(std::string_view bytes);  // XXH3

}  // namespace grim
