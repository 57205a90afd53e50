// Which of the processor's instructions this process computes with.
#pragma once

namespace grim::device {

// None beyond those that GRIMOIRE_ISA names, where it is set: avx2, or avx512, which is AVX-512 without bf16 and AMX. All kernels keep to it, oneDNN's too;
// results are equal to the bit where the instructions are. For a program's beginning. throws: usage, another word; state, something was computed already
void limit_instructions();

}  // namespace grim::device
