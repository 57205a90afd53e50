// Products of bf16 numbers on the matrix unit of newer Intel processors (AMX).
#pragma once

#include "grimoire/device/gemm.h"
#include "grimoire/device/quantised.h"

namespace grim::device {

// gemm's, of a K that is not 0. Needs has_amx().
void amx_gemm(const Gemm<Bf16>& g, const Epilogue<float>& epilogue);
void amx_gemm_rounded(std::span<const RoundedGemm> products);  // not empty
void amx_gemm_panels(const float* a, int64_t M, std::span<const PanelsProduct> products);  // likewise; a is rounded to bf16, and so is what the panels hold

}  // namespace grim::device
