// One program for each parser of tensor_file_target.h: GRIM_FUZZED is accepts_gguf, accepts_pickle, ... Every finding becomes a file in
// seeds/gguf/, seeds/pickle/, ..., which tests/io/fuzz_seeds_test.cpp replays.
#include "fuzz/tensor_file_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  grim::fuzz::GRIM_FUZZED({reinterpret_cast<const char*>(data), size});
  return 0;
}
