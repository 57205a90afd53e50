// A product of bf16 numbers on the processor's own instructions, on the calling thread: one tile of gemm's.
#pragma once

#include "grimoire/device/gemm.h"

namespace grim::device {

bool has_bf16_products();               // AVX-512 BF16 or AMX
void bf16_product(const Gemm<Bf16>& g);  // needs them. throws: resource

}  // namespace grim::device
