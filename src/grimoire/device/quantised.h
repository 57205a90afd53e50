// Matrices of few bits, and products with them. Numbers stand in blocks of 32 along K that share an f16 scale, as in ggml's Q8_0 (x = d q, q of eight signed
// bits) and Q4_0 (x = d (q - 8), q of four).
//
// A step of decoding reads every weight once and waits for memory: a quarter of the bytes is four times the speed. So that the arithmetic keeps pace, x is
// rounded to eight bits too, by blocks of 32 with a scale of their own (its largest magnitude / 127), and integers are multiplied, 64 of them with one
// instruction where the processor has AVX-512 VNNI. Sums within a block are exact; those of blocks are f32's, in the order of K: a row has the same bits
// however many stand beside it. The exception: where there is AMX more than 64 rows, a prompt's, are rounded to bf16, which is finer, as are the weights.
#pragma once

#include <cstdint>
#include <span>

#include "grimoire/device/gemm.h"

namespace grim::device {

enum class BlockType : uint8_t { q8_0, q4_0 };
inline constexpr int64_t kBlock = 32;         // numbers along K that share a scale
constexpr int64_t block_bytes(BlockType type) { return type == BlockType::q8_0 ? 34 : 18; }  // as ggml has it

// N columns of K numbers, K a multiple of 32, in panels of 16 columns: 16 of them meet one number of x at a time. Of a panel stand first the quants, block
// by block: four numbers of each column, then the next four (Q4_0: a byte holds numbers i and i + 16 of its block), Q8_0's counted from -128 up; then the
// scales, 16 of each block. What the last panel has more than N columns is 0.
struct Panels {
  BlockType type;
  int64_t N, K;
  const char* at;  // 64-byte aligned, panels_bytes of them
};
int64_t panels_bytes(BlockType type, int64_t N, int64_t K);
// From ggml's blocks, column after column (a row of a matrix (out, in)), to `at`; and from floats in their order, each rounded to such a block.
void encode_panels(BlockType type, const float* columns, int64_t N, int64_t K, char* at);
void lay_panels(BlockType type, const char* blocks, int64_t N, int64_t K, char* at);
// Columns [n, n + N) and of them numbers [k, k + K), rounded to bf16, as amx_lay_b (amx_tiles.h) lays them out; n, k and K are multiples of 32.
void amx_unpack_b(const Panels& b, int64_t n, int64_t N, int64_t k, int64_t K, char* to);
// K numbers of column n.
void unpack_column(const Panels& b, int64_t n, float* to);
// All of it, (K, N) dense; in bf16 each number is rounded once.
void unpack_panels(const Panels& b, float* to);
void unpack_panels(const Panels& b, Bf16* to);

// c (M, N) = a (M, K) b, all rows dense; the epilogue as gemm's. Several of one a, which is rounded once, one after the other; all of one K and type.
struct PanelsProduct {
  Panels b;
  float* c;
  Epilogue<float> epilogue = {};
};
void gemm(const float* a, int64_t M, std::span<const PanelsProduct> products);

}  // namespace grim::device
