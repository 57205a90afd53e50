// CSV, LIBSVM, IDX, NPY, NPZ, gzip and tagged words (tables_target.h). Every finding becomes a file in seeds/tables/, which
// tests/io/fuzz_seeds_test.cpp replays.
#include "fuzz/tables_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  grim::fuzz::accepts_table({reinterpret_cast<const char*>(data), size});
  return 0;
}
