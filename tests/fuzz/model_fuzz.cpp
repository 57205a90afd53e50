// Fitted models with lies in them (model_target.h). Every finding becomes a file in seeds/model/, which
// tests/classic/model_lies_test.cpp replays.
#include "fuzz/model_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<grim::fuzz::FittedModel> models = grim::fuzz::fitted_models();
  grim::fuzz::accepts_model(models, {reinterpret_cast<const char*>(data), size});
  return 0;
}
