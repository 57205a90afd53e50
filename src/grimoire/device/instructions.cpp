#include "grimoire/device/instructions.h"

#include <cstdlib>
#include <string_view>

#include <dnnl.h>
#include <hwy/targets.h>

#include "grimoire/base/error.h"

namespace grim::device {

void limit_instructions() {
  const char* const asked = std::getenv("GRIMOIRE_ISA");
  if (!asked) return;
  const std::string_view most = asked;
  if (most != "avx2" && most != "avx512")
    throw Error(ErrorKind::usage, str("environment: GRIMOIRE_ISA: got '{}', expected avx2 or avx512", most), "unset it for all that the processor has");
  hwy::DisableTargets((most == "avx2" ? HWY_AVX2 : HWY_AVX3) - 1);  // better targets have lower bits
  GRIM_CHECK(dnnl_set_max_cpu_isa(most == "avx2" ? dnnl_cpu_isa_avx2 : dnnl_cpu_isa_avx512_core) == dnnl_success, state, "environment",
             "GRIMOIRE_ISA: oneDNN has chosen its instructions already");
}

}  // namespace grim::device
