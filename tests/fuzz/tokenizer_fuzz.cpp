// One program for each parser of tokenizer_target.h: GRIM_FUZZED is accepts_tokenizer_json, accepts_sentencepiece or accepts_vocabulary. Every finding
// becomes a file in seeds/tokenizer_json/, ..., which tests/text/fuzz_seeds_test.cpp replays.
#include "fuzz/tokenizer_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  grim::fuzz::GRIM_FUZZED({reinterpret_cast<const char*>(data), size});
  return 0;
}
