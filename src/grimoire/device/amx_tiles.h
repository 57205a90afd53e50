// The matrix unit of newer Intel processors (AMX), for kernels that keep their operands laid out as its registers want them.
//
// The unit has eight registers of 16 rows of 64 bytes. Four hold 32 x 32 sums; two of A (16 rows of 32 numbers) meet two of B, in each row of which the
// numbers of two rows of B lie in pairs, column by column: 32 x 32 x 32 multiply-adds for 4 KiB that are loaded. Hence an operand is laid into such
// registers' shape first: A in blocks of 32 rows, B in blocks of 32 columns, each block one step of kAmxStepBytes after another along K. What a block
// has more than the operand is 0. Numbers below the normal ones count as 0.
// Intel, Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
#pragma once

#include <cstdint>

#include "grimoire/base/dtype.h"

namespace grim::device {

bool has_amx();  // and the system lets us use it. All else here needs it.

constexpr int64_t kAmxSide = 32;  // of a block of sums, and the numbers that a step adds up
constexpr int64_t kAmxStepBytes = 2 * kAmxSide * kAmxSide;
constexpr int64_t amx_whole(int64_t n) { return (n + kAmxSide - 1) / kAmxSide * kAmxSide; }
constexpr int64_t amx_bytes(int64_t n, int64_t K) { return amx_whole(n) * amx_whole(K) * 2; }  // of n rows of A, or n columns of B; 64-byte aligned

// A (M, K) and B (K, N); one of the two strides is 1. Rows of numbers that are rounded to the nearest (to even), as Bf16(float) rounds but for those below
// the normal ones, are dense.
void amx_lay_a(const Bf16* a, int64_t a_row, int64_t a_col, int64_t M, int64_t K, char* to);
void amx_lay_b(const Bf16* b, int64_t b_row, int64_t b_col, int64_t N, int64_t K, char* to);
void amx_round_a(const float* a, int64_t a_row, int64_t M, int64_t K, char* to);
void amx_round_b(const float* b, int64_t b_row, int64_t N, int64_t K, char* to);

// The registers of the calling thread are the unit's while this lives.
class AmxRegisters {
 public:
  AmxRegisters();
  ~AmxRegisters();
  AmxRegisters(const AmxRegisters&) = delete;
  AmxRegisters& operator=(const AmxRegisters&) = delete;
};

// Operands as they are laid out; from one block to the next are block_steps steps.
struct AmxOperand {
  const char* at;
  int64_t block_steps;
};
// c (32 down, 32 across), rows c_row apart, = A B of K = 32 steps; added to what is there where `adds`. Needs AmxRegisters.
void amx_multiply(const AmxOperand& a, int64_t down, const AmxOperand& b, int64_t across, int64_t steps, float* c, int64_t c_row, bool adds);

}  // namespace grim::device
