// Letter n-grams of a word and the rows of their vectors (Bojanowski et al. 2017, section 3.2), to the bit as fastText has them: a file of its makers
// must find the same rows. The word stands between < and >; n counts characters of UTF-8; a single border is no n-gram.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grim::vectors {

// FNV-1a of 32 bits with every byte taken as a signed number, which differs from the usual one beyond ASCII (fastText, src/dictionary.cc, hash).
constexpr uint32_t word_hash(std::string_view word) {
  uint32_t hash = 2166136261u;
  for (const char c : word) hash = (hash ^ static_cast<uint32_t>(static_cast<int8_t>(c))) * 16777619u;
  return hash;
}

// f(n-gram) for every n-gram of min_n to max_n characters of <word>, by where it begins, then by length.
template <class F> void each_subword(std::string_view word, int64_t min_n, int64_t max_n, F&& f) {
  const std::string framed = "<" + std::string(word) + ">";
  const auto inside = [&](size_t i) { return i < framed.size() && (static_cast<uint8_t>(framed[i]) & 0xc0) == 0x80; };
  for (size_t begin = 0; begin < framed.size(); ++begin) {
    if (inside(begin)) continue;
    size_t end = begin;
    for (int64_t n = 1; n <= max_n && end < framed.size(); ++n) {
      do ++end;
      while (inside(end));
      const bool border = n == 1 && (begin == 0 || end == framed.size());
      if (n >= min_n && !border) f(std::string_view(framed).substr(begin, end - begin));
    }
  }
}

}  // namespace grim::vectors
