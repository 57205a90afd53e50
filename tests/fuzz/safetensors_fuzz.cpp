// clang++ -fsanitize=fuzzer,address,undefined; run with the seeds folder and -dict=safetensors.dict. Every finding
// becomes a file in seeds/safetensors/, which tests/io/fuzz_seeds_test.cpp replays.
#include "fuzz/safetensors_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  grim::fuzz::accepts_file(bytes);
  grim::fuzz::accepts_header(bytes);
  return 0;
}
