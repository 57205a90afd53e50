#include "grimoire/text/encoding.h"

#include <algorithm>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"

namespace grim {
namespace {

// f(list of a, list of b) for every list of two encodings.
template <class A, class B, class F> void each_list(A& a, B& b, F&& f) {
  f(a.ids, b.ids);
  f(a.type_ids, b.type_ids);
  f(a.offsets, b.offsets);
  f(a.words, b.words);
  f(a.sequences, b.sequences);
  f(a.special, b.special);
  f(a.attention, b.attention);
}

Encoding window(const Encoding& whole, size_t begin, size_t end) {
  Encoding part;
  each_list(part, whole, [&](auto& to, const auto& from) {
    to.assign(from.begin() + static_cast<ptrdiff_t>(begin), from.begin() + static_cast<ptrdiff_t>(end));
  });
  return part;
}

// Bytes that begin a character, before each byte of a text: places are asked for in any order.
std::vector<ByteRange> in_characters(const std::vector<ByteRange>& ranges, const std::vector<int8_t>& sequences, int8_t sequence, std::string_view text) {
  std::vector<uint32_t> characters(text.size() + 1);
  for (size_t i = 0; i < text.size(); ++i) characters[i + 1] = characters[i] + !continues_character(text[i]);
  std::vector<ByteRange> out(ranges.size());
  for (size_t i = 0; i < ranges.size(); ++i)
    if (sequences[i] == sequence) out[i] = {characters[ranges[i].begin], characters[ranges[i].end]};
  return out;
}

}  // namespace

void Encoding::reserve(size_t tokens) {
  each_list(*this, *this, [&](auto& list, auto&) { list.reserve(tokens); });
}

void Encoding::push(int64_t id, ByteRange offset, int32_t word, int64_t type_id, int8_t sequence, bool is_special) {
  ids.push_back(id);
  type_ids.push_back(type_id);
  offsets.push_back(offset);
  words.push_back(word);
  sequences.push_back(sequence);
  special.push_back(is_special);
  attention.push_back(1);
}

void Encoding::append(const Encoding& other) {
  std::vector<Encoding> windows;
  const auto combined = [&](const Encoding& left, const Encoding& right) {
    Encoding both = window(left, 0, left.size());
    each_list(both, right, [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); });
    windows.push_back(std::move(both));
  };
  for (const Encoding& left : overflowing) {
    combined(left, other);
    for (const Encoding& right : other.overflowing) combined(left, right);
  }
  for (const Encoding& right : other.overflowing) combined(*this, right);
  each_list(*this, other, [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); });
  overflowing = std::move(windows);
}

void Encoding::truncate(size_t length, size_t stride, Side cut) {
  if (size() <= length) return;
  if (length == 0) {
    Encoding whole = std::move(*this);
    *this = {};
    overflowing.push_back(std::move(whole));
    return;
  }
  GRIM_CHECK(stride < length, argument, "tokenizer", "stride: got {}, expected less than the length {}", stride, length);
  const size_t step = length - stride, n = size();
  std::vector<Encoding> windows;
  if (cut == Side::right) {
    for (size_t begin = 0;; begin += step) {
      windows.push_back(window(*this, begin, std::min(begin + length, n)));
      if (begin + length >= n) break;
    }
  } else {
    for (size_t end = n;; end -= step) {
      windows.push_back(window(*this, end > length ? end - length : 0, end));
      if (end <= length) break;
    }
  }
  Encoding first = std::move(windows.front());
  windows.erase(windows.begin());
  *this = std::move(first);
  overflowing = std::move(windows);
}

size_t TokenPadding::length_for(size_t longest) const {
  const size_t wanted = length ? static_cast<size_t>(*length) : longest, unit = static_cast<size_t>(multiple_of.value_or(0));
  return unit > 0 ? (wanted + unit - 1) / unit * unit : wanted;
}

void Encoding::pad(size_t length, const TokenPadding& padding) {
  for (Encoding& part : overflowing) part.pad(length, padding);
  if (size() >= length) return;
  const size_t more = length - size();
  const auto grow = [&](auto& list, auto value) { list.insert(padding.side == Side::left ? list.begin() : list.end(), more, value); };
  grow(ids, padding.id);
  grow(type_ids, padding.type_id);
  grow(offsets, ByteRange{});
  grow(words, int32_t{-1});
  grow(sequences, int8_t{-1});
  grow(special, uint8_t{1});
  grow(attention, uint8_t{0});
}

void truncate(const TokenTruncation& t, int64_t around, Encoding& first, Encoding* second) {
  const int64_t room = std::max<int64_t>(0, t.max_length - around);
  const auto a = static_cast<int64_t>(first.size()), b = second ? static_cast<int64_t>(second->size()) : 0;
  const auto cut = [&](Encoding& e, int64_t length) {
    GRIM_CHECK(length == 0 || std::cmp_less_equal(e.size(), length) || t.stride < length, input, "tokenizer",
               "truncation: a stride of {} in windows of {} tokens: expected less", t.stride, length);
    e.truncate(static_cast<size_t>(length), static_cast<size_t>(t.stride), t.side);
  };
  if (room == 0) {
    cut(first, 0);
    if (second) cut(*second, 0);
    return;
  }
  if (a + b <= room) return;
  if (t.strategy == TokenTruncation::Strategy::longest_first) {
    if (!second) return cut(first, room);
    // The shorter one stays whole while it fills less than half; then both get half, the longer one the odd token.
    int64_t small = std::min(a, b), large = small > room ? small : std::max(small, room - small);
    if (small + large > room) small = room / 2, large = small + room % 2;
    cut(first, a > b ? large : small);
    cut(*second, a > b ? small : large);
    return;
  }
  Encoding* const target = t.strategy == TokenTruncation::Strategy::only_first ? &first : second;
  GRIM_CHECK(target, input, "tokenizer", "truncation only of the second text: there is one text");
  const int64_t left = static_cast<int64_t>(target->size()) - (a + b - room);
  GRIM_CHECK(left > 0, input, "tokenizer", "truncation to {} tokens: the text to be cut has {}, and the rest alone {}", t.max_length, target->size(),
             a + b - static_cast<int64_t>(target->size()) + around);
  cut(*target, left);
}

std::vector<ByteRange> character_offsets(const Encoding& encoding, std::string_view text, std::string_view pair) {
  std::vector<ByteRange> out = in_characters(encoding.offsets, encoding.sequences, 0, text);
  if (std::ranges::find(encoding.sequences, int8_t{1}) != encoding.sequences.end()) {
    const std::vector<ByteRange> second = in_characters(encoding.offsets, encoding.sequences, 1, pair);
    for (size_t i = 0; i < out.size(); ++i)
      if (encoding.sequences[i] == 1) out[i] = second[i];
  }
  return out;
}

std::vector<uint8_t> tokens_within(const Encoding& encoding, std::span<const ByteRange> ranges) {
  std::vector<uint8_t> within(encoding.size());
  for (size_t i = 0; i < within.size(); ++i) {
    const ByteRange o = encoding.offsets[i];
    within[i] = encoding.sequences[i] == 0 && std::ranges::any_of(ranges, [&](const ByteRange& r) { return o.begin < r.end && r.begin < o.end; });
  }
  return within;
}

}  // namespace grim
