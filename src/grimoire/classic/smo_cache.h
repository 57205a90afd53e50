// Kernel rows kept between uses, the least recently used making room. Sizes are 64-bit throughout.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "grimoire/device/memory.h"

namespace grim {

template <class T> class RowCache {
 public:
  RowCache(int64_t rows, int64_t bytes)
      : rows_(rows),
        capacity_(std::clamp<int64_t>(bytes / std::max<int64_t>(1, rows * static_cast<int64_t>(sizeof(T))), 4, std::max<int64_t>(4, rows))),
        slot_of_(static_cast<size_t>(rows), -1) {}
  ~RowCache() {
    for (Slot& s : slots_) device::release(s.data, bytes());
  }
  RowCache(const RowCache&) = delete;
  RowCache& operator=(const RowCache&) = delete;

  int64_t capacity() const { return capacity_; }
  bool holds(int64_t id, int64_t length) const { return slot_of_[id] >= 0 && slots_[slot_of_[id]].length >= length; }
  // The row's numbers, and in `length` how many of them are there already; it is then taken to hold `wanted`.
  T* take(int64_t id, int64_t wanted, int64_t& length) {
    int64_t at = slot_of_[id];
    if (at < 0) {
      at = fresh();
      slots_[at].id = id;
      slots_[at].length = 0;
      slot_of_[id] = at;
    }
    Slot& s = slots_[at];
    length = s.length;
    s.length = std::max(s.length, wanted);
    unlink(at);
    push_front(at);
    return s.data;
  }
  // Position k takes what position order[k] held, in every row that is long enough; shorter rows are forgotten.
  void permute(std::span<const int64_t> order) {
    std::vector<T> old(order.size());
    for (Slot& s : slots_) {
      if (s.length < static_cast<int64_t>(order.size())) {
        s.length = 0;
        continue;
      }
      std::copy_n(s.data, order.size(), old.begin());
      for (size_t k = 0; k < order.size(); ++k) s.data[k] = old[order[k]];
    }
  }

 private:
  struct Slot {
    T* data;
    int64_t id, length, before, after;
  };
  size_t bytes() const { return static_cast<size_t>(rows_) * sizeof(T); }
  int64_t fresh() {
    if (static_cast<int64_t>(slots_.size()) < capacity_) {
      slots_.push_back({static_cast<T*>(device::allocate(bytes())), -1, 0, -1, -1});
      push_front(static_cast<int64_t>(slots_.size()) - 1);
      return static_cast<int64_t>(slots_.size()) - 1;
    }
    slot_of_[slots_[last_].id] = -1;
    return last_;
  }
  void unlink(int64_t at) {
    Slot& s = slots_[at];
    (s.before < 0 ? first_ : slots_[s.before].after) = s.after;
    (s.after < 0 ? last_ : slots_[s.after].before) = s.before;
  }
  void push_front(int64_t at) {
    slots_[at].before = -1;
    slots_[at].after = first_;
    (first_ < 0 ? last_ : slots_[first_].before) = at;
    first_ = at;
  }

  int64_t rows_, capacity_, first_ = -1, last_ = -1;
  std::vector<int64_t> slot_of_;
  std::vector<Slot> slots_;
};

}  // namespace grim
