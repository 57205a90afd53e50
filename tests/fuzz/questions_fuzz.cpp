// Files of questions (questions_target.h). Every finding becomes a file in seeds/questions/, which tests/data/fuzz_seeds_test.cpp replays.
#include "fuzz/questions_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  grim::fuzz::accepts_questions({reinterpret_cast<const char*>(data), size});
  return 0;
}
