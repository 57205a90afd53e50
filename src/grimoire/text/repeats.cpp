#include "grimoire/text/repeats.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {
namespace {

struct Sorter {
  std::span<const char32_t> rows;
  uint32_t longest;
  std::vector<Repeat> found;

  // Suffixes, in the lower halves, that have their first `depth` symbols in common.
  void split(std::span<uint64_t> suffixes, uint32_t depth) {
    for (uint64_t& s : suffixes) s = static_cast<uint64_t>(rows[(s & UINT32_MAX) + depth]) << 32 | (s & UINT32_MAX);
    if (depth == longest) {
      if (std::ranges::any_of(suffixes, [&](uint64_t s) { return s >> 32 != suffixes[0] >> 32; })) add(suffixes, depth);
      return;
    }
    std::ranges::sort(suffixes);
    if (depth >= 2 && suffixes.front() >> 32 != suffixes.back() >> 32) add(suffixes, depth);
    for (size_t begin = 0, end = 0; begin < suffixes.size(); begin = end) {
      while (end < suffixes.size() && suffixes[end] >> 32 == suffixes[begin] >> 32) ++end;
      if (end - begin >= 2 && suffixes[begin] >> 32 != 0) split(suffixes.subspan(begin, end - begin), depth + 1);
    }
  }
  void add(std::span<const uint64_t> suffixes, uint32_t depth) {
    const auto begin = static_cast<uint32_t>(std::ranges::min(suffixes, {}, [](uint64_t s) { return s & UINT32_MAX; }) & UINT32_MAX);
    found.push_back({begin, depth, static_cast<int64_t>(suffixes.size())});
  }
};

}  // namespace

std::vector<Repeat> repeats_in(std::span<const char32_t> rows, uint32_t longest) {
  GRIM_CHECK(rows.size() < UINT32_MAX, resource, "tokenizer", "the different words have {} characters together: expected less than 2^32", rows.size());
  std::vector<uint64_t> suffixes;
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i] != 0) suffixes.push_back(i);
  Sorter sorter{rows, longest, {}};
  if (!suffixes.empty()) sorter.split(suffixes, 0);
  return std::move(sorter.found);
}

}  // namespace grim
