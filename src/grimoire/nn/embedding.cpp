#include "grimoire/nn/embedding.h"

namespace grim {

void compute_in_bf16(Module& root) {
  root.visit_modules([](const std::string&, Module& module) {
    if (auto* const table = dynamic_cast<Embedding*>(&module)) table->keeps_bf16 = true;
  });
}

}  // namespace grim
