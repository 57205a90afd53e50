// A small model of any architecture, and a loss of it: for what holds for all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "grimoire/model/register.h"

namespace grim::test {

std::vector<std::string> trained_architectures();  // all but those that only count
// Of a few layers and a vocabulary of 31; seeded.
std::unique_ptr<Pretrained> small_model(const Architecture& architecture, double dropout = 0, RngMode mode = RngMode::philox);
// Of what it is trained on: of the next tokens, hidden ones and which sentence follows, texts from texts. Seeded.
Tensor small_loss(const Pretrained& model, Pass& pass);

}  // namespace grim::test
