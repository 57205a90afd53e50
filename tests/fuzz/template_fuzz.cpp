// Chat templates (template_target.h). Every finding becomes a file in seeds/template/, which tests/text/fuzz_seeds_test.cpp replays.
#include "fuzz/template_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  grim::fuzz::accepts_template({reinterpret_cast<const char*>(data), size});
  return 0;
}
