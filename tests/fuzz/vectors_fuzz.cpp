// Files of word vectors (vectors_target.h). Every finding becomes a file in seeds/vectors/, which tests/vectors/fuzz_seeds_test.cpp replays.
#include "fuzz/vectors_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  grim::fuzz::accepts_vectors({reinterpret_cast<const char*>(data), size});
  return 0;
}
