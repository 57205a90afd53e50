// ggml's blocks: numbers of few bits beside a scale that they share, as GGUF files hold them (ggml-quants.c). Rows are whole blocks, one behind the other.
//
//   of 32    Q8_0, Q4_0, Q5_0   x = d q, q signed or counted from the middle
//            Q4_1, Q5_1         x = d q + m
//   of 256   Q3_K, Q6_K         x = d s q, a scale s of few bits for each 16
//            Q2_K, Q4_K, Q5_K   x = d s q - e m, scales s and m for each 16 (Q2_K) or 32
//            TQ2_0              x = d q, q of -1, 0 and 1
//
// d, e and, of blocks of 32, m are f16.
#pragma once

#include <cstdint>

namespace grim::ggml {

// From whole blocks to as many floats.
void decode_q8_0(const char* from, void* to, int64_t elements);
void decode_q4_0(const char* from, void* to, int64_t elements);
void decode_q4_1(const char* from, void* to, int64_t elements);
void decode_q5_0(const char* from, void* to, int64_t elements);
void decode_q5_1(const char* from, void* to, int64_t elements);
void decode_q2_k(const char* from, void* to, int64_t elements);
void decode_q3_k(const char* from, void* to, int64_t elements);
void decode_q4_k(const char* from, void* to, int64_t elements);
void decode_q5_k(const char* from, void* to, int64_t elements);
void decode_q6_k(const char* from, void* to, int64_t elements);
void decode_tq2_0(const char* from, void* to, int64_t elements);

// Back, bit by bit as ggml's own reference rounds.
void encode_q8_0(const float* from, char* to, int64_t elements);
void encode_q4_0(const float* from, char* to, int64_t elements);
void encode_q4_1(const float* from, char* to, int64_t elements);
void encode_q5_0(const float* from, char* to, int64_t elements);
void encode_q5_1(const float* from, char* to, int64_t elements);
void encode_tq2_0(const float* from, char* to, int64_t elements);
// The same of blocks for which the best is sought: the least sum of squared errors, each times the importance of its number (0 or more, as many as there
// are elements; null: all alike).
void encode_q4_k(const float* from, const float* importance, char* to, int64_t elements);
void encode_q5_k(const float* from, const float* importance, char* to, int64_t elements);
void encode_q6_k(const float* from, const float* importance, char* to, int64_t elements);

}  // namespace grim::ggml
