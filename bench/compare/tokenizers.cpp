// Our side of tokenizers.py: a tokenizer over documents, or the loading of one.
//   bench_tokenizers ids|offsets TOKENIZER DOCUMENTS     documents end in the byte 0x1e; every round of a line on stdin
//   bench_tokenizers load TOKENIZER
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/text/tokenizer.h"

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

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
    std::fprintf(stderr, "usage: bench_tokenizers ids|offsets|load TOKENIZER [DOCUMENTS]\n");
    return 2;
  }
  try {
    return run(argv[1], argv[2], argc > 3 ? argv[3] : "");
  } catch (const grim::Error& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 3;
  }
}
