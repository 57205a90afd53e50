// Words that were encoded lately, with their tokens: most words of a text are among a few thousand. A word has two places; another that falls on them
// takes over the one that was found longer ago, so that a cache never grows. One is used by one thread at a time.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

namespace grim {

class WordCache {
 public:
  WordCache() {
    if (!memory_) throw std::bad_alloc();
    slots_ = reinterpret_cast<Slot*>((reinterpret_cast<uintptr_t>(memory_.get()) + alignof(Slot) - 1) / alignof(Slot) * alignof(Slot));
  }
  static constexpr size_t kLongest = 24, kMostTokens = 5;
  struct Key {
    uint64_t part[3] = {};
    bool operator==(const Key&) const = default;
  };
  struct alignas(64) Slot {
    Key key = {};
    int32_t ids[kMostTokens] = {};
    uint8_t begin[kMostTokens] = {}, end[kMostTokens] = {};  // bytes of the word
    uint8_t word[kMostTokens] = {};                          // the words that a part falls into are numbered from 0
    uint8_t tokens = 0, words = 0, size = 0;  // size: bytes of the key; 0: empty
    uint8_t holds_below = 255;                // see ScoreSum
  };
  static_assert(sizeof(Slot) == 64);

  // A word and its two places, fetched ahead; a null pair is no word's.
  struct Place {
    Key key = {};
    size_t size = 0;
    Slot* pair = nullptr;
  };
  // Of the word of `size` bytes at `p`, 1 to kLongest; `safe` bytes may be read there. `first` stands for the first of them.
  Place place_of(const char* p, size_t size, size_t safe, char first) {
    Key k = key_of(p, size, safe);
    k.part[0] = (k.part[0] & ~uint64_t{0xff}) | static_cast<uint8_t>(first);
    uint64_t h = (k.part[0] ^ size) * 0x9e3779b97f4a7c15u;
    h = (h ^ (h >> 32) ^ k.part[1]) * 0xd6e8feb86659fd93u;
    h = (h ^ (h >> 32) ^ k.part[2]) * 0x9e3779b97f4a7c15u;
    Slot* const pair = &slots_[h >> (65 - kBits) << 1];
    __builtin_prefetch(pair);
    return {k, size, pair};
  }
  // Where the word is, in the first of its places; or null.
  static Slot* find(const Place& p) {
    if (!p.pair || holds(p.pair[0], p)) return p.pair;
    if (!holds(p.pair[1], p)) return nullptr;
    std::swap(p.pair[0], p.pair[1]);
    return p.pair;
  }
  // The slot for a word, which has none, or whose tokens were not of use.
  static Slot& take(const Place& p) {
    if (!holds(p.pair[0], p)) p.pair[1] = p.pair[0];
    return p.pair[0];
  }

 private:
  static Key key_of(const char* p, size_t size, size_t safe) {
    Key k{};
    if (safe < kLongest) {
      std::memcpy(k.part, p, size);
      return k;
    }
    std::memcpy(k.part, p, kLongest);
    for (size_t i = 0; i < 3; ++i) k.part[i] &= kMasks[size][i];
    return k;
  }
  static constexpr auto kMasks = [] {  // by size
    std::array<std::array<uint64_t, 3>, kLongest + 1> masks{};
    for (size_t size = 0; size <= kLongest; ++size)
      for (size_t i = 0; i < size; ++i) masks[size][i / 8] |= uint64_t{0xff} << i % 8 * 8;
    return masks;
  }();
  static bool holds(const Slot& slot, const Place& p) { return slot.size == p.size && slot.key == p.key; }
  // Zeros, which are empty slots, from pages that cost nothing until a word falls on them.
  struct Zeros {
    void operator()(void* p) const { std::free(p); }
  };
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
  static constexpr int kBits = 6;  // a sanitizer marks every byte of every cache: most of the time of a run; and words fall on one another
#else
  static constexpr int kBits = 17;  // 8 MiB when all are taken
#endif
  std::unique_ptr<void, Zeros> memory_{std::calloc((size_t{1} << kBits) + 1, sizeof(Slot))};
  Slot* slots_ = nullptr;
};

// The caches of a tokenizer, as many as threads have encoded with it at once.
class WordCaches {
 public:
  class Borrowed {
   public:
    explicit Borrowed(WordCaches& all) : all_(all), cache_(all.take()) {}
    ~Borrowed() { all_.give(std::move(cache_)); }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;
    WordCache& operator*() const { return *cache_; }

   private:
    WordCaches& all_;
    std::unique_ptr<WordCache> cache_;
  };

 private:
  std::unique_ptr<WordCache> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<WordCache>();
    std::unique_ptr<WordCache> cache = std::move(free_.back());
    free_.pop_back();
    return cache;
  }
  void give(std::unique_ptr<WordCache> cache) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(cache));
  }
  std::mutex mutex_;
  std::vector<std::unique_ptr<WordCache>> free_;
};

}  // namespace grim
