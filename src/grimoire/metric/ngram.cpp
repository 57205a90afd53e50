#include "grimoire/metric/ngram.h"

#include <algorithm>
#include <functional>

namespace grim {
namespace {

constexpr size_t kFirstSlots = 1024;

uint64_t mixed(uint64_t key) {  // the finaliser of MurmurHash3 (Appleby): every bit of the key reaches every bit
  key = (key ^ key >> 33) * 0xff51afd7ed558ccdULL;
  key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53ULL;
  return key ^ key >> 33;
}

}  // namespace

PairNumbers::PairNumbers() : slots_(kFirstSlots) {}

void PairNumbers::clear() { ++age_, size_ = 0; }

size_t PairNumbers::place(uint64_t key) const {
  size_t at = mixed(key) & (slots_.size() - 1);
  while (slots_[at].age == age_ && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
  return at;
}

uint32_t PairNumbers::find(uint32_t first, uint32_t second) const {
  const Slot& slot = slots_[place(uint64_t{first} << 32 | second)];
  return slot.age == age_ ? slot.number : 0;
}

uint32_t PairNumbers::add(uint32_t first, uint32_t second) {
  const uint64_t key = uint64_t{first} << 32 | second;
  Slot& slot = slots_[place(key)];
  if (slot.age == age_) return slot.number;
  slot = {key, ++size_, age_};
  if (size_ * 2 > slots_.size()) grow();
  return size_;
}

void PairNumbers::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old)
    if (slot.age == age_) slots_[place(slot.key)] = slot;
}

WordNumbers::WordNumbers() : slots_(kFirstSlots) {}

void WordNumbers::clear() { ++age_, words_.clear(); }

uint32_t WordNumbers::add(std::string_view word) {
  if (2 * (words_.size() + 1) > slots_.size()) {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& s : old) {
      if (s.age != age_) continue;
      size_t at = s.hash & (slots_.size() - 1);
      while (slots_[at].age == age_) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = s;
    }
  }
  const uint64_t hash = std::hash<std::string_view>()(word);
  for (size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    Slot& slot = slots_[at];
    if (slot.age != age_) {
      words_.push_back(word);
      slot = {static_cast<uint32_t>(words_.size()), age_, hash};
      return slot.number;
    }
    if (slot.hash == hash && words_[slot.number - 1] == word) return slot.number;
  }
}

void NgramMatcher::clear() {
  runs_.clear();
  most_.clear();
  last_ = 0;
}

void NgramMatcher::add_reference(std::span<const uint32_t> symbols) {
  last_ = static_cast<int64_t>(symbols.size());
  here_.assign(most_.size(), 0);
  row_.assign(symbols.size(), 0);  // the numbers of the runs that begin at each place, one symbol longer in each round; 0 is the run of none
  for (size_t n = 1; n <= static_cast<size_t>(order_) && n <= symbols.size(); ++n)
    for (size_t i = 0; i + n <= symbols.size(); ++i) {
      row_[i] = runs_.add(row_[i], symbols[i + n - 1]);
      if (row_[i] > here_.size()) here_.push_back(0);
      ++here_[row_[i] - 1];
    }
  most_.resize(here_.size(), 0);
  for (size_t r = 0; r < here_.size(); ++r) most_[r] = std::max(most_[r], here_[r]);
}

void NgramMatcher::match(std::span<const uint32_t> hypothesis, std::span<NgramMatch> out) {
  const auto length = static_cast<int64_t>(hypothesis.size());
  left_ = most_;
  constexpr uint32_t kUnknown = UINT32_MAX;  // no reference has it, so none has a longer one that begins so
  row_.assign(hypothesis.size(), 0);
  for (int n = 1; n <= order_; ++n) {
    NgramMatch& m = out[static_cast<size_t>(n - 1)];
    m = {std::max<int64_t>(0, length - n + 1), std::max<int64_t>(0, last_ - n + 1), 0};
    for (int64_t i = 0; i < m.hypothesis; ++i) {
      uint32_t& run = row_[static_cast<size_t>(i)];
      if (run == kUnknown) continue;
      const uint32_t found = runs_.find(run, hypothesis[static_cast<size_t>(i + n - 1)]);
      run = found ? found : kUnknown;
      if (found && left_[found - 1] > 0) --left_[found - 1], ++m.shared;
    }
  }
}

}  // namespace grim
