// Our side of tokenizers.py: a tokenizer over documents, or the loading of one.
//   bench_tokenizers ids|offsets TOKENIZER DOCUMENTS     documents end in the byte 0x1e; every round of a line on stdin
//   bench_tokenizers load TOKENIZER
//   bench_tokenizers hostile TOKENIZER                   a character or two over and over: what 1 MB takes, and how often as long as 100 kB
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <limits>
#include <string>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/text/tokenizer.h"

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

struct Unit {
  const char *name, *text;
};
constexpr Unit kUnits[] = {{"a", "a"},
                           {"space", " "},
                           {"line end", "\n"},
                           {"tab", "\t"},
                           {"e acute", "\u00e9"},
                           {"combining acute", "\u0301"},
                           {"Han", "\u6f22"},
                           {"emoji", "\U0001f642"},
                           {"digit", "7"},
                           {"bracket", "("},
                           {"apostrophe", "'"},
                           {"control", "\x01"},
                           {"zero width", "\u200d"},
                           {"ab", "ab"},
                           {"ab, space", "ab "},
                           {"a, space", "a "},
                           {"space, line end", " \n"},
                           {"a, combining", "a\u0301"},
                           {"capital, small", "Aa"},
                           {"mark", "\u2581"},
                           {"no UTF-8", "\x80"}};

// The best processor time of some rounds: others on the machine count less.
template <class F> double seconds_of(F&& encode, const Unit& unit, size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit.text;
  std::clock_t best = std::numeric_limits<std::clock_t>::max();
  for (int round = 0; round < 4; ++round) {
    const std::clock_t start = std::clock();
    encode(text);
    best = std::min(best, std::clock() - start);
  }
  return static_cast<double>(best) / CLOCKS_PER_SEC;
}

int hostile(const std::string& path) {
  const auto tokenizer = grim::load_tokenizer(path);
  const auto ids = [&](const std::string& text) { tokenizer->encode(text); };
  const auto offsets = [&](const std::string& text) { tokenizer->encode_with(text, {.special_tokens = false}); };
  for (const Unit& unit : kUnits) {
    try {
      const double small = seconds_of(ids, unit, 100'000), large = seconds_of(ids, unit, 1'000'000), whole = seconds_of(offsets, unit, 1'000'000);
      std::printf("%s|%.4f|%.1f|%.4f\n", unit.name, large, large / small, whole);
    } catch (const grim::Error& e) {
      std::printf("%s|refused|%s\n", unit.name, e.what());
    }
    std::fflush(stdout);
  }
  return 0;
}

int run(const std::string& task, const std::string& path, const std::string& documents) {
  using namespace grim;
  const double begin = now();
  const auto tokenizer = load_tokenizer(path);
  if (task == "load") {
    std::printf("%.6f 0\n", now() - begin);
    return 0;
  }
  const std::string text = read_file(documents);
  for (std::string line; std::getline(std::cin, line);) {  // a line asks for a round
    size_t tokens = 0;
    const double start = now();
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\x1e', at), text.size());
      const std::string_view document = std::string_view(text).substr(at, end - at);
      tokens += task == "ids" ? tokenizer->encode(document).size() : tokenizer->encode_with(document, {.special_tokens = false}).size();
      at = end + 1;
    }
    std::printf("%.6f %zu\n", now() - start, tokens);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_tokenizers ids|offsets|load|hostile TOKENIZER [DOCUMENTS]\n");
    return 2;
  }
  try {
    return std::string(argv[1]) == "hostile" ? hostile(argv[2]) : run(argv[1], argv[2], argc > 3 ? argv[3] : "");
  } catch (const grim::Error& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 3;
  }
}
