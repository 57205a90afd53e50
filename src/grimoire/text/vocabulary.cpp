#include "grimoire/text/vocabulary.h"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "grimoire/base/error.h"
#include "grimoire/base/machine.h"

namespace grim {

uint64_t token_hash(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

void Vocabulary::reserve(size_t tokens, size_t bytes) {
  text_.reserve(bytes);
  places_.reserve(tokens);
  if (slots_.size() >= 2 * tokens) return;
  size_t n = 16;
  while (n < 2 * tokens) n *= 2;
  slots_.clear();
  reserve_to_fill(slots_, n);
  slots_.resize(n);
  for (int64_t id = 0; id < size(); ++id)
    if (has(id)) {
      const uint64_t hash = token_hash(token(id));
      size_t at = hash & (n - 1);
      while (slots_[at].id != kNone) at = (at + 1) & (n - 1);
      slots_[at] = {static_cast<uint32_t>(hash >> 32), static_cast<int32_t>(id)};
    }
}

void Vocabulary::add(std::string_view token, int64_t id) {
  GRIM_CHECK(id >= 0 && id < (1 << 24), input, "tokenizer", "token '{}': id {} is outside 0 to {}", token, id, (1 << 24) - 1);
  GRIM_CHECK(!has(id), input, "tokenizer", "tokens '{}' and '{}' have the same id {}", this->token(id), token, id);
  if (slots_.size() < 2 * static_cast<size_t>(count_ + 1)) reserve(std::max<size_t>(16, 2 * static_cast<size_t>(count_)), text_.size());
  constexpr int64_t kGap = 1 << 16, kHoles = 64;  // each id takes memory and time, also one that no token has
  const int64_t most = kGap + kHoles * static_cast<int64_t>(slots_.size());
  GRIM_CHECK(id < most, input, "tokenizer", "token '{}': id {} is far beyond the number of tokens: expected less than {}", token, id, most);
  const size_t mask = slots_.size() - 1;
  const uint64_t hash = token_hash(token);
  const auto tag = static_cast<uint32_t>(hash >> 32);
  size_t at = hash & mask;
  for (; slots_[at].id != kNone; at = (at + 1) & mask)
    GRIM_CHECK(slots_[at].tag != tag || this->token(slots_[at].id) != token, input, "tokenizer", "token '{}' has two ids, {} and {}", token, slots_[at].id, id);
  slots_[at] = {tag, static_cast<int32_t>(id)};
  if (id >= size()) places_.resize(static_cast<size_t>(id) + 1);
  places_[static_cast<size_t>(id)] = {static_cast<uint32_t>(text_.size()), static_cast<uint32_t>(token.size())};
  text_ += token;
  longest_ = std::max(longest_, token.size());
  ++count_;
}

void Vocabulary::prefetch(std::string_view token) const {
  if (!slots_.empty()) __builtin_prefetch(&slots_[token_hash(token) & (slots_.size() - 1)]);
}

int32_t Vocabulary::id_of(std::string_view token) const {
  if (slots_.empty() || token.size() > longest_) return kNone;
  const size_t mask = slots_.size() - 1;
  const uint64_t hash = token_hash(token);
  const auto tag = static_cast<uint32_t>(hash >> 32);
  for (size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.id == kNone || (slot.tag == tag && this->token(slot.id) == token)) return slot.id;
  }
}

std::string_view Vocabulary::token(int64_t id) const {
  if (!has(id)) return {};
  const Place& p = places_[static_cast<size_t>(id)];
  return std::string_view(text_).substr(p.begin, p.bytes);
}

Json Vocabulary::to_json() const {
  Json vocab = Json::object();
  for (int64_t id = 0; id < size(); ++id)
    if (has(id)) vocab.append(token(id), id);
  return vocab;
}

}  // namespace grim
