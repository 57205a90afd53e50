// What the files that call oneDNN share.
#pragma once

#include <dnnl.h>

extern "C" void omp_set_num_threads(int);  // libgomp, which oneDNN is linked against

namespace grim::device {

// oneDNN's calls from this thread run on it alone: work is shared in slices of ours.
inline void keep_onednn_on_this_thread() {
  static thread_local const bool single = (omp_set_num_threads(1), true);
  (void)single;
}

// A set of bits: all of them.
inline bool onednn_has(dnnl_cpu_isa_t isa) { return (dnnl_get_effective_cpu_isa() & isa) == isa; }

}  // namespace grim::device
